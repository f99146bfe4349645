"""The names that the articles speak of, found without any catalogue.

A term is a name when the articles write it like one (see :func:`index.words.case`) at least twice as often as in lower case.
Chat is all lower case and full of typos, so a question's names are found by comparing with these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from index.words import Word

_MOSTLY = 2  # times as often written like a name as in lower case
_SHORTEST_TYPO = 4  # letters: shorter words are too near to each other


@dataclass(frozen=True)
class Names:
    """The names of a corpus, and which articles they stand in.

    Attributes:
        terms: the names, sorted.
        bounds, holders: the articles (positions, ascending) that hold name i are ``holders[bounds[i]:bounds[i + 1]]``.
        articles: how many articles there are.
    """

    terms: tuple[str, ...]
    bounds: npt.NDArray[np.int64]
    holders: npt.NDArray[np.int64]
    articles: int
    _places: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {term: place for place, term in enumerate(self.terms)})

    @classmethod
    def of(cls, terms: Iterable[str], capitals: Sequence[Iterable[str]]) -> Names:
        """From the terms that are names, and for each article those of its terms that are written with a capital."""
        names = tuple(sorted(terms))
        places = {term: place for place, term in enumerate(names)}
        held: list[list[int]] = [[] for _ in names]
        for article, some in enumerate(capitals):
            for term in some:
                if term in places:
                    held[places[term]].append(article)
        bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(articles) for articles in held], dtype=np.int64)])
        return cls(names, bounds, np.array([article for articles in held for article in articles], np.int64), len(capitals))

    def __contains__(self, term: str) -> bool:
        return term in self._places

    def holding(self, term: str) -> npt.NDArray[np.int64]:
        """The positions of the articles that hold a name."""
        place = self._places[term]
        return self.holders[self.bounds[place] : self.bounds[place + 1]]

    def asked(self, question: Iterable[Word], known: Mapping[str, int]) -> dict[str, str]:
        """The names in a question: the term as it was typed, to the name that is meant.

        Args:
            known: the question's terms that stand anywhere in the articles; only others can be typos.
        """
        found = {}
        for word in question:
            if word.full in self:
                found[word.full] = word.full
            elif word.alphabetic and word.term not in known and len(word.full) >= _SHORTEST_TYPO:
                meant = self._meant(word.full)
                if meant:
                    found[word.full] = meant
        return found

    def _meant(self, typed: str) -> str | None:
        """The name that differs by one letter too many, too few, or two swapped ("klling"); no letter is replaced ("solar")."""
        from rapidfuzz.distance import OSA

        for name in self._by_initial.get(typed[0], ()):
            near = abs(len(name) - len(typed)) <= 1 and len(name) >= _SHORTEST_TYPO - 1
            if near and (len(name) != len(typed) or sorted(name) == sorted(typed)) and OSA.distance(name, typed, score_cutoff=1) == 1:
                return name
        return None

    @cached_property
    def _by_initial(self) -> dict[str, list[str]]:
        grouped: dict[str, list[str]] = {}
        for term in self.terms:
            grouped.setdefault(term[0], []).append(term)
        return grouped


def are_names(counts: Mapping[str, tuple[int, int]]) -> set[str]:
    """Which terms are names, from how often each is written like a name and how often in lower case."""
    return {term for term, (names, common) in counts.items() if len(term) > 1 and names > 0 and names >= _MOSTLY * common}
