"""Which products people mean by what they type: any spelling, small mistakes included, in the catalogue or only in the articles."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from index.launches.catalogue import Catalogue
from index.launches.mentions import QUALIFIERS, Mention, Mentions, parent_of
from index.launches.naming import Key, key, nearest, parts, slug

_NO_PRODUCTS = frozenset("ai api app apps android chrome iphone ipad ios mac macos pixel web windows".split())
"""What is written like a name and stands in many questions, but is where a product runs."""

_LONGEST = 5  # parts of a name

_WHOLE, _WORD = 200.0, 150.0  # for a name that goes on as it was typed, or whose later word does; likeness alone gives up to 100
_TOLD = 5.0  # for one that the articles tell something of
_ALIKE = 70  # of 100
_TRIED = 400  # spellings


@dataclass(frozen=True)
class Products:
    """The products that can be asked about.

    Attributes:
        claimed: the ids of those that the articles claim something about, sorted.
    """

    mentions: Mentions
    claimed: Sequence[str]

    @property
    def catalogue(self) -> Catalogue:
        """What the mentions are found with."""
        return self.mentions.catalogue

    def named(self, name: str) -> tuple[str, str]:
        """The product that a name means, and how it is shown: the nearest known one, else a new one of that name."""
        asked = key(name)
        for candidate in (asked, self._corrected(asked)):
            for meant in (candidate, self._without_maker(candidate)):
                product = self.catalogue.spelled.get(meant)
                if product:
                    return product.id, product.name
                found = self.mentions.find(" ".join(meant), "")
                if len(found) == 1 and found[0].end == len(" ".join(meant)) and found[0].start == 0:
                    return found[0].product, self.shown(found[0].product)
                short = [id_ for id_ in self.mentions.shortened(meant) if self._is_claimed(id_)]
                if len(short) == 1:
                    return short[0], self.shown(short[0])
                if meant and self._is_claimed(slug(meant)):
                    return slug(meant), " ".join(name.split()) if meant == asked else self.shown(slug(meant))
        inside = self.mentions.find(name, "") or self._inside(name)
        if inside:  # "Humane's pin of last year" is still that pin
            longest = max(inside, key=lambda mention: mention.end - mention.start)
            return longest.product, self.shown(longest.product)
        return slug(asked), " ".join(name.split())

    def _short(self, question: str) -> list[Mention]:
        """Shorter names of several parts ("opus 4", "ai pin"), or with a capital: a lone small word ("search") means too much."""
        found = parts(question)
        return [
            one
            for one in self._inside(question)
            if sum(one.start <= part.start < one.end for part in found) > 1
            or any(part.start == one.start and part.start > 0 and part.capital for part in found)
        ]

    def _inside(self, name: str) -> list[Mention]:
        """The shorter names in a longer description that stand for one product of the articles."""
        found = parts(name)
        inside = []
        for at in range(len(found)):
            for end in range(len(found), at, -1):
                meant = [id_ for id_ in self.mentions.shortened(tuple(part.key for part in found[at:end])) if self._is_claimed(id_)]
                if len(meant) == 1:
                    inside.append(Mention(found[at].start, found[end - 1].end, meant[0], True))
        return inside

    def asked(self, question: str, is_name: Callable[[str], bool], is_word: Callable[[str], bool]) -> list[Mention]:
        """The products in a question, in order, each as often as it is named.

        Args:
            is_name: whether the articles write a folded word like a name; only such words can be names in no catalogue.
            is_word: whether something is an ordinary word, so that it is no mistyped name ("solar" is not Sora).
        """
        found = self.mentions.find(question, "") or self._short(question) or self._mistyped(question, is_word)
        return sorted(found or self._open(question, is_name), key=lambda one: (one.start, one.end))

    def suggested(self, typed: str, limit: int) -> list[tuple[str, str]]:
        """What somebody who types a name probably means: ids and names, the likeliest first.

        Names that go on as typed come first, then those with a word that does, then those that are nearly so; among equals, those
        that the articles tell something of. Takes some milliseconds for ten thousand names.
        """
        from rapidfuzz import fuzz, process

        sought = " ".join(key(typed))
        if not sought:
            return [(id_, self.shown(id_)) for id_ in self._suggestible if self._is_claimed(id_)][:limit]
        likely: dict[str, float] = {}
        for spelling, near, at in process.extract(sought, self._spellings, scorer=fuzz.WRatio, score_cutoff=_ALIKE, limit=_TRIED):
            goes_on = _WHOLE if spelling.startswith(sought) else _WORD if f" {sought}" in spelling else 0.0
            id_ = self._spelled[at]
            score = max(near, goes_on) + (_TOLD if self._is_claimed(id_) else 0.0)
            likely[id_] = max(score, likely.get(id_, 0.0))
        best = sorted(likely, key=lambda id_: (-likely[id_], len(id_)))[:limit]
        return [(id_, self.shown(id_)) for id_ in best]

    def relations(self, product: str) -> Mapping[str, int]:
        """The product (0), its versions (1) and the families that it belongs to (-1), with all their ids in the articles."""
        related = {product: 0}
        parent = parent_of(product, self.catalogue)
        while parent and parent not in related:
            related[parent] = -1
            parent = parent_of(parent, self.catalogue)
        for version in self._versions(product):
            related.setdefault(version, 1)
        if product not in self.catalogue.products:
            for claimed in self._longer.get(product.split("-", maxsplit=1)[0], ()):
                if claimed.endswith(f"-{product}"):  # "Meta Movie Gen"
                    related.setdefault(claimed, 0)
        return related

    def shown(self, product: str) -> str:
        """A product's name for people."""
        if product in self.catalogue.products:
            return self.catalogue.products[product].name
        parent = parent_of(product, self.catalogue)
        if parent is not None and parent in self.catalogue.products:
            return f"{self.catalogue.products[parent].name} {_title(product.removeprefix(f'{parent}-'))}"
        return _title(product)

    def _versions(self, product: str) -> Iterator[str]:
        yield from self._children.get(product, ())
        for child in self._children.get(product, ()):
            yield from self._versions(child)
        at = bisect_left(self.claimed, f"{product}-")
        while at < len(self.claimed) and self.claimed[at].startswith(f"{product}-"):
            first = self.claimed[at].removeprefix(f"{product}-").split("-")[0]
            if first in QUALIFIERS or first[0].isdecimal():
                yield self.claimed[at]
            at += 1

    def _is_claimed(self, product: str) -> bool:
        at = bisect_left(self.claimed, product)
        return at < len(self.claimed) and self.claimed[at] == product

    def _without_maker(self, name: Key) -> Key:
        return next((name[length:] for length in range(len(name) - 1, 0, -1) if name[:length] in self.catalogue.makers), name)

    def _corrected(self, name: Key) -> Key:
        return tuple(part if part in self._vocabulary else nearest(part, self._vocabulary) or part for part in name)

    def _open(self, question: str, is_name: Callable[[str], bool]) -> Iterator[Mention]:
        found = parts(question)
        at = 0
        while at < len(found):
            for length in range(min(_LONGEST, len(found) - at), 0, -1):
                run = found[at : at + length]
                named = all(is_name(part.key) and part.key not in _NO_PRODUCTS for part in run if not part.number)
                named = named and not run[0].number
                if named and all(part.joined for part in run[1:]) and self._is_claimed(slug([part.key for part in run])):
                    yield Mention(run[0].start, run[-1].end, slug([part.key for part in run]), False)
                    at += length - 1
                    break
            at += 1

    def _mistyped(self, question: str, is_word: Callable[[str], bool]) -> list[Mention]:
        found = parts(question)
        known = self._catalogue_vocabulary
        meant = [part.key if part.key in known or is_word(part.key) else nearest(part.key, known) or part.key for part in found]
        if meant == [part.key for part in found]:
            return []
        text, places = "", []
        for part, word in zip(found, meant, strict=True):
            text += ("" if part.joined and not text.endswith(" ") and part.number else " ") + word
            places.append((len(text) - len(word), len(text)))
        named = []
        for one in self.mentions.find(text, ""):
            own = [at for at, (start, end) in enumerate(places) if one.start < end and start < one.end]
            if any(found[at].key != meant[at] for at in own):
                named.append(replace(one, start=found[own[0]].start, end=found[own[-1]].end))
        return named

    @cached_property
    def _suggestible(self) -> Sequence[str]:
        """All ids: those of the catalogue in its order, then those that only the articles know."""
        return list(dict.fromkeys((*self.catalogue.products, *self.claimed)))

    @cached_property
    def _spelled(self) -> Sequence[str]:
        """The id that each of :attr:`_spellings` names."""
        return [id_ for id_ in self._suggestible for _ in self._written(id_)]

    @cached_property
    def _spellings(self) -> Sequence[str]:
        return [" ".join(key(spelling)) for id_ in self._suggestible for spelling in self._written(id_)]

    def _written(self, product: str) -> Sequence[str]:
        known = self.catalogue.products.get(product)
        return known.spellings if known else (self.shown(product),)

    @cached_property
    def _children(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for product in self.catalogue.products.values():
            if product.parent:
                found.setdefault(product.parent, []).append(product.id)
        return found

    @cached_property
    def _longer(self) -> Mapping[str, Sequence[str]]:
        """The claimed ids by each of their words but the first."""
        found: dict[str, list[str]] = {}
        for product in self.claimed:
            for word in product.split("-")[1:]:
                found.setdefault(word, []).append(product)
        return found

    @cached_property
    def _catalogue_vocabulary(self) -> Collection[str]:
        return {part for spelled in self.catalogue.spelled for part in spelled}

    @cached_property
    def _vocabulary(self) -> Collection[str]:
        return {*self._catalogue_vocabulary, *(word for product in self.claimed for word in product.split("-"))}


def _title(words: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in words.split("-"))
