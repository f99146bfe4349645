"""Which products people mean by what they type: any spelling, small mistakes included, in the catalogue or only in the articles."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import nlargest

from index.launches.mentions import LONGEST_SHORT, QUALIFIERS, Mention, Mentions, parent_of
from index.storage.catalogue import Catalogue
from index.text.name_keys import Key, Part, key, nearest, parts, slug
from index.text.typos import SpellingIndex

_NO_PRODUCTS = frozenset("ai api app apps android chrome iphone ipad ios mac macos pixel web windows".split())
"""What is written like a name and stands in many questions, but is where a product runs."""

_LONGEST = 5  # parts of a name
_VERSION = 2  # parts that a version adds to a name
_FAMILIES = 8  # a product of a family of a family ...

_WHOLE, _WORD = 200.0, 150.0  # for a name that goes on as it was typed, or whose later word does; likeness alone gives up to 100
_TOLD = 5.0  # for one that the articles tell something of
_ALIKE = 70  # of 100
_TRIED = 400  # spellings
_TOGETHER = 2000  # spellings that are compared before other threads get their turn


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
        for candidate in (asked, self._corrected(asked)) if len(asked) <= self._longest else ():
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
        inside = self.mentions.find(name, "") or [one for one, _ in self._inside(parts(name))]
        if inside:  # "Humane's pin of last year" is still that pin
            longest = max(inside, key=lambda mention: mention.end - mention.start)
            return longest.product, self.shown(longest.product)
        return slug(asked), " ".join(name.split())

    def _short(self, found: Sequence[Part]) -> list[Mention]:
        """Shorter names of several parts ("opus 4", "ai pin"), or with a capital: a lone small word ("search") means too much."""
        return [one for one, run in self._inside(found) if len(run) > 1 or (run[0].start > 0 and run[0].capital)]

    def _inside(self, found: Sequence[Part]) -> list[tuple[Mention, Sequence[Part]]]:
        """The shorter names in a longer description that stand for one product of the articles, each with its parts."""
        inside = []
        keys = tuple(part.key for part in found)
        for at in range(len(found)):
            for end in range(min(at + LONGEST_SHORT, len(found)), at, -1):
                meant = [id_ for id_ in self.mentions.shortened(keys[at:end]) if self._is_claimed(id_)]
                if len(meant) == 1:
                    inside.append((Mention(found[at].start, found[end - 1].end, meant[0], True), found[at:end]))
        return inside

    def asked(self, question: str, is_name: Callable[[str], bool], is_word: Callable[[str], bool]) -> list[Mention]:
        """The products in a question, in order, each as often as it is named.

        Args:
            is_name: whether the articles write a folded word like a name; only such words can be names in no catalogue.
            is_word: whether something is an ordinary word, so that it is no mistyped name ("solar" is not Sora).
        """
        found = parts(question)
        named = self.mentions.find_in(found, "") or self._short(found) or self._mistyped(found, is_word)
        return sorted(named or self._open(found, is_name), key=lambda one: (one.start, one.end))

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
        found: list[tuple[str, float, int]] = []
        for first in range(0, len(self._spellings), _TOGETHER):
            some = dict(enumerate(self._spellings[first : first + _TOGETHER], first))
            found += process.extract(sought, some, scorer=fuzz.WRatio, score_cutoff=_ALIKE, limit=_TRIED)
        for spelling, near, at in nlargest(_TRIED, found, key=lambda one: one[1]):
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
        while parent and parent not in related and len(related) <= _FAMILIES:
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
        known, spelled = self._vocabulary
        return tuple(part if part in known else nearest(part, spelled) or part for part in name)

    def _open(self, found: Sequence[Part], is_name: Callable[[str], bool]) -> Iterator[Mention]:
        named = [part.number or (part.key not in _NO_PRODUCTS and is_name(part.key)) for part in found]
        at = 0
        while at < len(found):
            end = at
            if not found[at].number:
                while end < min(at + _LONGEST, len(found)) and named[end] and (end == at or found[end].joined):
                    end += 1
            while end > at and not self._is_claimed(slug([part.key for part in found[at:end]])):
                end -= 1
            if end > at:
                yield Mention(found[at].start, found[end - 1].end, slug([part.key for part in found[at:end]]), False)
            at = max(end, at + 1)

    def _mistyped(self, found: Sequence[Part], is_word: Callable[[str], bool]) -> list[Mention]:
        known, spelled = self._catalogue_vocabulary
        meant: dict[str, str] = {}
        for typed in {part.key for part in found} - known:
            name = nearest(typed, spelled)
            if name and not is_word(typed):
                meant[typed] = name
        if not meant:
            return []
        text, starts, ends = "", [], []
        for part in found:
            text += ("" if part.joined and not text.endswith(" ") and part.number else " ") + (word := meant.get(part.key, part.key))
            starts.append(len(text) - len(word))
            ends.append(len(text))
        named = []
        for one in self.mentions.find(text, ""):
            own = found[bisect_right(ends, one.start) : bisect_left(starts, one.end)]
            if any(part.key in meant for part in own):
                named.append(replace(one, start=own[0].start, end=own[-1].end))
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
    def _longest(self) -> int:
        """Parts of the longest name that is anything's as a whole, with a maker in front and a version behind it."""
        claimed = max((product.count("-") + 1 for product in self.claimed), default=0)
        spelled = max(map(len, self.catalogue.spelled), default=0)
        return max(claimed, spelled, _LONGEST) + max(map(len, self.catalogue.makers), default=0) + _VERSION

    @cached_property
    def _catalogue_vocabulary(self) -> tuple[frozenset[str], SpellingIndex]:
        words = frozenset(part for spelled in self.catalogue.spelled for part in spelled)
        return words, SpellingIndex(words)

    @cached_property
    def _vocabulary(self) -> tuple[frozenset[str], SpellingIndex]:
        words = self._catalogue_vocabulary[0].union(word for product in self.claimed for word in product.split("-"))
        return words, SpellingIndex(words)


def _title(words: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in words.split("-"))
