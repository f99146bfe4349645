"""Which products a text speaks of: those of the catalogue in all their spellings, and any other name by the way it is written.

The longest name wins: "Gen-3 Alpha Turbo" is not "Gen-3 Alpha". A known name with a number or a word such as "Pro" behind it
that the catalogue does not know is a version of its own: when Kling 9 comes, nobody has to add it first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from index.model.articles import Span
from index.storage.catalogue import Catalogue, Product
from index.text.languages import LANGUAGES, WITHOUT_CAPITALS
from index.text.name_keys import Key, Part, key, parts, slug

VERSION = 1
"""Raised whenever the same text would be found to speak of other products."""

QUALIFIERS = frozenset(
    "turbo pro plus mini max ultra lite flash nano preview fast high standard studio alpha beta air instruct thinking".split()
)
"""Words that make another version of the name before them."""

LONGEST_SHORT = 3
"""Parts of a name that stands for a longer one."""

_LONGEST_OPEN = 5  # parts of a name that is in no catalogue
_AI = frozenset(key(word) for language in LANGUAGES.values() for word in language.ai)
_TRADE = frozenset(
    "ai agent agents api app apps assistant audio browser chat code desktop enterprise image images labs live memory mode model"
    " music notes plugins research search store team video videos vision voice web".split()
)


@dataclass(frozen=True, slots=True)
class Mention(Span):
    """A product named in a text.

    Attributes:
        product: its id; of a name that is in no catalogue, one made from the name (see :func:`index.text.name_keys.slug`).
        known: whether it is of the catalogue, or a version of what is.
    """

    product: str
    known: bool


@dataclass(frozen=True, slots=True)
class Context:
    """What an article shows about the names in it.

    Attributes:
        proven: the ids of those products with ordinary names that something in it shows to be meant.
        short: the shorter names that it uses: with Humane in the article, "AI Pin" is the Humane AI Pin.
        common: its words that stand somewhere in small letters: at the head of a sentence they begin no name ("The R1").
        titled: those that its title has with a capital: at the head of a sentence they are names, unless they are common.
    """

    proven: frozenset[str]
    short: Mapping[Key, Product]
    common: Collection[str]
    titled: Collection[str]


class Mentions:
    """Finds mentions with one catalogue; making it takes a few hundredths of a second."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._by_first: dict[str, list[tuple[Key, Product]]] = {}
        for spelled, product in catalogue.spelled.items():
            self._by_first.setdefault(spelled[0], []).append((spelled, product))
        for choices in self._by_first.values():
            choices.sort(key=lambda choice: -len(choice[0]))
        self._short: dict[Key, list[tuple[Key, Product]]] = {}
        for spelled, product in catalogue.spelled.items():
            for at in range(max(1, len(spelled) - LONGEST_SHORT), len(spelled)):
                if spelled[at:] not in catalogue.spelled and _stands_alone(spelled[at:]) and spelled[at:] not in catalogue.makers:
                    self._short.setdefault(spelled[at:], []).append((spelled[:at], product))
        self._makers = {maker for maker in catalogue.makers if len(maker) <= _LONGEST_OPEN}
        self._contexts = {
            product.id: (frozenset(map(key, (product.maker, *product.context))) | _AI) - {(), *map(key, product.spellings)}
            for product in catalogue.products.values()
            if product.ordinary
        }

    @property
    def digest(self) -> str:
        """Two with the same digest find the same mentions."""
        return f"{VERSION}-{self.catalogue.digest}"

    def context(self, title: str, text: str) -> Context:
        """What a whole article shows about the names in it."""
        whole = parts(f"{title}\n{text}")
        found = [part.key for part in whole]
        held = {tuple(found[at : at + length]) for length in range(1, LONGEST_SHORT + 1) for at in range(len(found) - length + 1)}
        proven = frozenset(id_ for id_, context in self._contexts.items() if not context.isdisjoint(held))
        short = {}
        for name in held & self._short.keys():
            meant = {product.id: product for left_out, product in self._short[name] if left_out in held or key(product.maker) in held}
            if len(meant) == 1:
                short[name] = next(iter(meant.values()))
        common = frozenset(part.key for part in whole if part.raw.islower())
        return Context(proven, short, common, frozenset(part.key for part in parts(title) if part.capital) - common)

    def makers(self, text: str) -> set[Key]:
        """The makers that a text names."""
        found = [part.key for part in parts(text)]
        runs = {tuple(found[at : at + length]) for length in range(1, 4) for at in range(len(found) - length + 1)}
        return runs & self._makers

    def may_go_on(self, product: str, text: str) -> bool:
        """Whether a sentence without a product's name can go on about this one: not when it is about another maker."""
        known = self.catalogue.products.get(product) or self.catalogue.products.get(parent_of(product, self.catalogue) or "")
        named = self.makers(text)
        return known is None or not named or key(known.maker) in named

    def shortened(self, name: Key) -> Collection[str]:
        """The ids of the products that a shorter name can stand for."""
        return {product.id for _, product in self._short.get(name, ())}

    def find(self, text: str, language: str, context: Context | None = None) -> list[Mention]:
        """The products that a sentence speaks of, in order; a maker is none.

        Args:
            context: that of the article; None in a question, where everything is about AI and nobody minds the case.
        """
        return self.find_in(parts(text), language, context)

    def find_in(self, found: Sequence[Part], language: str, context: Context | None = None) -> list[Mention]:
        """The same in the parts of a sentence."""
        mentions: list[Mention] = []
        at = 0
        while at < len(found):
            known = self._known(found, at, context)
            maker = next((length for length in range(3, 1, -1) if tuple(part.key for part in found[at : at + length]) in self._makers), 0)
            if maker and context is not None and (known is None or known[1] < maker):
                at += maker  # Pika Labs is not Pika
                continue
            mention, length = known or self._open(found, at, language, context) or (None, 1)
            if mention:
                mentions.append(mention)
            at += length
        return mentions

    def _known(self, found: Sequence[Part], at: int, context: Context | None) -> tuple[Mention, int] | None:
        """The longest name of the catalogue at a part, and how many parts it takes."""
        first = found[at]
        for spelled, product in self._choices(first):
            run = found[at : at + len(spelled)]
            if len(run) < len(spelled) or not all(_says(part, wanted, part is run[-1]) for part, wanted in zip(run, spelled, strict=True)):
                continue
            if any(not part.joined for part in run[1:]) or (context is not None and not _looks(run, product, context.proven)):
                continue
            extra = _version(found[at + len(run) : at + len(run) + 2], context is None)
            id_ = product.id if not extra else f"{product.id}-{slug([part.key for part in extra])}"
            return Mention(first.start, (*run, *extra)[-1].end, id_, True), len(run) + len(extra)
        return None

    def _choices(self, first: Part) -> Iterable[tuple[Key, Product]]:
        yield from self._by_first.get(first.key, ())
        if first.key.endswith("s"):  # the genitive: "Soras Ende"
            yield from (choice for choice in self._by_first.get(first.key[:-1], ()) if len(choice[0]) == 1)

    def _open(self, found: Sequence[Part], at: int, language: str, context: Context | None) -> tuple[Mention | None, int] | None:
        """The name that is written like one from a part on, and how many parts it takes; no mention where it is a maker alone."""
        if context is None or not _like_a_name(found[at], language):
            return None
        end = at + 1
        while end < len(found) and found[end].joined and end - at < _LONGEST_OPEN:
            if not (found[end].number or _like_a_name(found[end], language)) or self._known(found, end, context):
                break
            end += 1
        run = list(found[at:end])
        if at == 0 and len(run) > 1 and run[0].key in context.common:
            run = run[1:]
        while run and (maker := next((m for m in self._makers if tuple(part.key for part in run[: len(m)]) == m), None)):
            run = run[len(maker) :]
        product = context.short.get(tuple(part.key for part in run))
        if product and (len(run) > 1 or run[0].start > 0):
            return Mention(run[0].start, run[-1].end, product.id, True), end - at
        if not run or (end - at == 1 and at == 0 and _says_nothing(run[0], language, context)):
            return None, end - at
        return Mention(run[0].start, run[-1].end, slug([part.key for part in run]), False), end - at


def parent_of(product: str, catalogue: Catalogue) -> str | None:
    """The family that a product is a version of; by its name where the catalogue does not say ("kling-9" is a Kling)."""
    if product in catalogue.products:
        return catalogue.products[product].parent
    words = product.split("-")
    stem = len(words)
    while stem > 1 and (words[stem - 1] in QUALIFIERS or words[stem - 1][0].isdecimal()):
        stem -= 1
    return "-".join(words[:-1]) if stem < len(words) else None


def _says(part: Part, wanted: str, last: bool) -> bool:
    return part.key == wanted or (last and part.capital and part.key == f"{wanted}s")


def _looks(run: Sequence[Part], product: Product, proven: frozenset[str]) -> bool:
    """Whether an article means the product: with a capital or a number where its name is a word, and in the right company."""
    written = any(part.capital or part.number or part.cjk for part in run) or product.name.islower()
    return written and (not product.ordinary or product.id in proven)


def _says_nothing(first: Part, language: str, context: Context) -> bool:
    """Whether the capital of a sentence's first word is just that."""
    if language in WITHOUT_CAPITALS or any(letter.isupper() for letter in first.raw[1:]):
        return False
    return first.key not in context.titled


def _stands_alone(name: Key) -> bool:
    """Whether the end of a name can stand for it: a word, or a letter with a number; no number alone, no half Chinese word."""
    words = [part for part in name if not part[0].isdecimal() and part not in QUALIFIERS and part not in _TRADE]
    return bool(words) and (len(words[0]) > 1 or len(name) > 1) and all(part[0].isascii() for part in name)


def _version(following: Sequence[Part], question: bool) -> list[Part]:
    """The number, or word such as "Pro", that makes another version of the name before it; and a word behind the number."""
    extra: list[Part] = []
    for part in following:
        qualifies = part.key in QUALIFIERS and (question or part.capital)
        if not part.joined or not (qualifies or (part.number and not extra and len(part.key.split(".")[0]) <= 2)):
            break
        extra.append(part)
    return extra


def _like_a_name(part: Part, language: str) -> bool:
    if part.number or part.cjk:
        return False
    return part.capital or (language in WITHOUT_CAPITALS and part.raw.isascii())
