"""From a query to candidates: the visible passages that are nearest to it by their vectors, or share its rarest terms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from index.retrieval.query import Query
from index.storage.store.base import Store, StoredPassage
from index.storage.vector_index.snapshot import Vectors

PASSAGE_WEIGHT, SENTENCE_WEIGHT = 0.82, 1.18
"""Of a passage's cosine with the question, and of its sentence's: in the order of candidates as in the score of sentences."""

_NEAREST = 20  # passages from the vectors
_MATCHING = 10  # passages from the terms


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may hold an answer.

    Attributes:
        article: the position of its article among the vectors' articles.
        cosine: its own with the question.
        sentence_cosines: its sentences'. Shape (sentences,).
    """

    passage: StoredPassage
    article: int
    cosine: float
    sentence_cosines: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """A candidate before its passage is read: ``id`` is the passage's; see :class:`Candidate`."""

    id: int
    article: int
    cosine: float
    sentence_cosines: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The passages whose sentences are ranked.

    Attributes:
        nearest_first: the one that is nearest to the question in meaning first.
        complete: False when a passage was gone before it could be read: the articles have just changed.
    """

    nearest_first: tuple[Candidate, ...]
    complete: bool


async def find_candidates(
    query: Query, vector: npt.NDArray[np.float32], *, as_of: date, scopes: Collection[str], store: Store, vectors: Vectors
) -> Candidates:
    """The candidates among what these scopes had published by ``as_of``.

    Args:
        vector: the question's, without its language. Shape (dimension,).
    """
    visible = vectors.visible(as_of, scopes).passages
    nearest = vectors.nearest(vector, _NEAREST, visible)
    matching = _best_matches(query.term_matches, vectors, visible)
    neighbours = _nearest_first(np.union1d(nearest, matching), vector, vectors)
    passages = await _read([neighbour.id for neighbour in neighbours], store, vectors)
    nearest_first = tuple(
        Candidate(passages[neighbour.id], neighbour.article, neighbour.cosine, neighbour.sentence_cosines)
        for neighbour in neighbours
        if neighbour.id in passages
    )
    return Candidates(nearest_first, complete=len(passages) == len(neighbours))


def _best_matches(term_matches: Mapping[int, float], vectors: Vectors, visible: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Positions of the visible passages that match the terms best; of equal ones the newer.

    Args:
        visible: shape (passages,).
    """
    positions = vectors.positions(np.fromiter(term_matches, np.int64, len(term_matches)))
    kept = positions >= 0
    kept[kept] = visible[positions[kept]]
    matching, scores = positions[kept], np.fromiter(term_matches.values(), np.float64, len(term_matches))[kept]
    best_first = np.lexsort((matching, -vectors.days[vectors.articles[matching]], -scores))
    best: npt.NDArray[np.int64] = matching[best_first[:_MATCHING]]
    return best


def _nearest_first(positions: npt.NDArray[np.int64], vector: npt.NDArray[np.float32], vectors: Vectors) -> Sequence[_Neighbour]:
    """The passages at these positions with their cosines, the one that is nearest in meaning, with its nearest sentence, first."""
    if not len(positions):
        return ()
    sentences = [vectors.sentence_rows(position) for position in positions.tolist()]
    sentence_cosines = np.concatenate(sentences).astype(np.float32) @ vector
    ends = np.cumsum([len(rows) for rows in sentences])
    starts = np.concatenate([[0], ends[:-1]])
    cosines = vectors.passages(positions) @ vector
    nearness = PASSAGE_WEIGHT * cosines + SENTENCE_WEIGHT * np.maximum.reduceat(sentence_cosines, starts)
    order = np.argsort(-nearness, kind="stable")
    columns = (vectors.ids[positions], vectors.articles[positions], cosines, starts, ends)
    return [
        _Neighbour(id_, article, cosine, sentence_cosines[start:end])
        for id_, article, cosine, start, end in zip(*(column[order].tolist() for column in columns), strict=True)
    ]


async def _read(ids: Sequence[int], store: Store, vectors: Vectors) -> Mapping[int, StoredPassage]:
    """These passages, but for those that are gone; what was read before in the same state is remembered."""
    remembered = {id_: vectors.read[id_] for id_ in ids if id_ in vectors.read}
    missing = [id_ for id_ in ids if id_ not in remembered]
    if not missing:
        return remembered
    read = {passage.id: passage for passage in await store.passages(missing)}
    vectors.read.update(read)
    return remembered | read
