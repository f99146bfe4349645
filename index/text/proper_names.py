"""The names that the articles speak of, found without any catalogue.

A term is a name when the articles write it like one (see :func:`index.text.words.case`) at least twice as often as in lower case.
Chat is all lower case and full of typos, so a question's names are found by comparing with these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from index.text.typos import SpellingIndex
from index.text.words import Word

_MOSTLY = 2  # times as often written like a name as in lower case


@dataclass(frozen=True)
class Names:
    """The names of the articles of some scopes, and which of these articles they stand in.

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

    def __contains__(self, term: str) -> bool:
        return term in self._places

    def holding(self, term: str) -> npt.NDArray[np.int64]:
        """The positions of the articles that hold a name."""
        place = self._places[term]
        return self.holders[self.bounds[place] : self.bounds[place + 1]]

    def asked(self, question: Iterable[Word], known: Collection[str]) -> dict[str, str]:
        """The names in a question: the term as it was typed, to the name that is meant.

        Args:
            known: the question's terms that stand anywhere in the articles; only others can be typos.
        """
        found = {}
        for word in {word.full: word for word in question}.values():
            if word.full in self:
                found[word.full] = word.full
            elif word.alphabetic and word.term not in known and (meant := self._spelled.nearest(word.full)):
                found[word.full] = meant
        return found

    @cached_property
    def _spelled(self) -> SpellingIndex:
        return SpellingIndex(self.terms)


@dataclass(frozen=True)
class Spellings:
    """How the articles of each scope write the words that any scope writes like a name: the names of any scopes follow from it.

    Attributes:
        terms: the words, sorted.
        counts: a row for each word of each scope: the place of the word, the code of the scope, how often the word is written
            like a name there, and how often like an ordinary word. Shape (rows, 4).
        bounds, holders: the articles (positions, ascending) that have word i with a capital are ``holders[bounds[i]:bounds[i + 1]]``.
    """

    terms: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    bounds: npt.NDArray[np.int64]
    holders: npt.NDArray[np.int64]

    @classmethod
    def of(cls, spellings: Sequence[Mapping[str, tuple[int, int]]], capitals: Sequence[Iterable[str]]) -> Self:
        """From what is counted in each scope, by its code, and for each article those of its words that are written with a capital."""
        terms = tuple(sorted({word for of_scope in spellings for word in of_scope if len(word) > 1}))
        places = {term: place for place, term in enumerate(terms)}
        rows = [
            (places[word], code, names, common)
            for code, of_scope in enumerate(spellings)
            for word, (names, common) in of_scope.items()
            if word in places
        ]
        held: list[list[int]] = [[] for _ in terms]
        for article, some in enumerate(capitals):
            for term in some:
                if term in places:
                    held[places[term]].append(article)
        holders = np.array([article for articles in held for article in articles], np.int64)
        return cls(terms, np.array(rows, np.int64).reshape(-1, 4), _bounds([len(articles) for articles in held]), holders)

    def and_those_of(self, spellings: Sequence[Mapping[str, tuple[int, int]]], capitals: Sequence[Iterable[str]], first: int) -> Spellings:
        """With those of more articles, whose positions begin at ``first`` (see :meth:`of`)."""
        more = Spellings.of(spellings, ())
        terms = tuple(sorted({*self.terms, *more.terms}))
        places = {term: place for place, term in enumerate(terms)}
        old, new = (np.array([places[term] for term in one.terms], np.int64) for one in (self, more))
        counts = [np.column_stack([at[one.counts[:, 0]], one.counts[:, 1:]]) for at, one in ((old, self), (new, more))]
        held = sorted((places[term], article) for article, some in enumerate(capitals, first) for term in some if term in places)
        of_words, holders = np.array(held, np.int64).reshape(-1, 2).T
        lengths = np.zeros(len(terms), np.int64)
        lengths[old] = np.diff(self.bounds)
        holders = np.insert(self.holders, np.cumsum(lengths)[of_words], holders)
        return Spellings(terms, np.concatenate(counts), _bounds(lengths + np.bincount(of_words, minlength=len(terms))), holders)

    def names(self, codes: Sequence[int], articles: npt.NDArray[np.bool_]) -> Names:
        """The names of some scopes.

        Args:
            articles: which articles are of these scopes. Shape (articles,).
        """
        counts = self.counts[np.isin(self.counts[:, 1], codes)]
        names, common = (np.bincount(counts[:, 0], counts[:, column], len(self.terms)) for column in (2, 3))
        chosen = (names > 0) & (names >= _MOSTLY * common)
        words = np.repeat(np.arange(len(self.terms)), np.diff(self.bounds))  # of each holder
        held = chosen[words] & articles[self.holders]
        holding = np.bincount(words[held], minlength=len(self.terms))[chosen]
        terms = tuple(self.terms[place] for place in np.flatnonzero(chosen).tolist())
        return Names(terms, _bounds(holding), self.holders[held], int(articles.sum()))


def _bounds(lengths: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Where each of several runs begins, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
