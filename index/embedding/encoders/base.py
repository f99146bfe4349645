"""The encoder: questions and passages to vectors that can be compared across languages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from index.embedding.encoders.lazy_tokenizer import Tokenized
from index.embedding.encoders.tokenizer import BATCH_TOKENS, Inputs, TextTokenizer, batches, own
from index.text import passages

_QUESTION_TOKENS = 16
"""A question alone is filled up to a multiple of so many tokens: almost all are of one shape then, and OpenVINO, which plans anew for each
shape that differs from the one before, takes 4.3 ms for one instead of 5.4 (11 to 16 tokens, bf16, two cores)."""

Vectors: TypeAlias = npt.NDArray[np.float32]
"""One vector a row: shape (texts or tokens, dimension)."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as the encoder sees it.

    Attributes:
        vector: of unit length. Shape (dimension,).
        tokens: the contextual vector of each token of the text itself, as the model made it. Shape (tokens, dimension).
        spans: where each of these tokens stands in the text, in code points.
        pieces: each token's number in the vocabulary.
    """

    vector: npt.NDArray[np.float32]
    tokens: Vectors
    spans: tuple[tuple[int, int], ...]
    pieces: tuple[int, ...]


@dataclass(frozen=True)
class Layers:
    """What the encoder made of a text, and three of its layers of each token.

    Attributes:
        vector: of unit length; what stands before the text is in it. Shape (dimension,).
        tokens: the vectors of two middle layers, then the last one's, in half precision, for there are many. Shape (tokens, 3 * dimension).
        spans: where each token stands in the text, in code points.
    """

    vector: npt.NDArray[np.float32]
    tokens: npt.NDArray[np.float16]
    spans: tuple[tuple[int, int], ...]

    @cached_property
    def mean(self) -> npt.NDArray[np.float32]:
        """The mean of the tokens. Shape (3 * dimension,)."""
        mean: npt.NDArray[np.float32] = self.tokens.sum(axis=0, dtype=np.float32) / max(1, len(self.tokens))
        return mean

    @property
    def middle(self) -> npt.NDArray[np.float16]:
        """The two middle layers. Shape (tokens, 2 * dimension)."""
        return self.tokens[:, : self.tokens.shape[1] * 2 // 3]


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a model beside its weights.

    Attributes:
        name: for people.
        folder: where it was loaded from, where that is a folder.
        fingerprint: two models with the same one make comparable vectors of the same texts.
        dimension: the length of a vector.
        query, passage: what is put before each text of that kind.
        inputs: the names of what it is given.
        padding: the piece that fills short texts up.
        longest: the most tokens of a text, where there is a limit.
    """

    name: str
    folder: str | None
    fingerprint: str
    dimension: int
    query: str
    passage: str
    inputs: tuple[str, ...]
    padding: int
    longest: int | None


class Output(IntEnum):
    """What a model makes of a batch of texts.

    Attributes:
        VECTORS: as its own modules pool the tokens. Shape (texts, dimension).
        TOKENS: the last layer. Shape (texts, tokens, features).
        MIDDLE: the middle layer (of twelve the sixth) and that at two thirds (the eighth). Shape (texts, tokens, 2 * features).
    """

    VECTORS = 0
    TOKENS = 1
    MIDDLE = 2


class TextEncoder(ABC):
    """An encoder, whatever runs its model. Calls may come from any thread, several at once.

    Attributes:
        fingerprint: of the model and of how articles are cut: what two encoders with the same one make of articles can be mixed.

    Args:
        engine: what runs it, for people ("torch-bf16").
        budget: tokens of a forward pass.
    """

    def __init__(self, card: Card, engine: str, tokenizer: TextTokenizer, budget: int = BATCH_TOKENS) -> None:
        self.card = card
        self.name = card.name
        self.folder = card.folder
        self.engine = engine
        self.dimension = card.dimension
        self.fingerprint = f"{card.fingerprint}-{passages.VERSION}"
        self.tokenizer = tokenizer
        self._budget = budget

    @abstractmethod
    def use(self, cores: int) -> None:
        """Let what the calling thread asks from now on have so many cores."""

    @abstractmethod
    def _run(self, given: Iterable[Inputs], wanted: Sequence[Output], *, asked: bool) -> Iterator[list[Vectors]]:
        """What is wanted of each batch, in the same order.

        Args:
            asked: whether they are questions, which somebody waits for.
        """

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a question. Shape (questions, dimension)."""
        return self._encode(texts, asked=True)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a passage or sentence. Shape (passages, dimension)."""
        return self._encode(texts, asked=False)

    def queries_with_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        """Questions with what the model made of each of their tokens, in the same pass."""
        return self._with_tokens(texts, asked=True)

    def passages_with_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        """The same for passages."""
        return self._with_tokens(texts, asked=False)

    def layers(self, texts: Sequence[str], heads: Sequence[str] | None = None) -> list[Layers]:
        """What two middle layers and the last one make of each token of these passages.

        Args:
            heads: what stands before each of them when it is encoded, and is not told of.
        """
        made: dict[int, Layers] = {}
        before = heads or [""] * len(texts)
        whole = [head + text for head, text in zip(before, texts, strict=True)]
        for at, text, (vector, middle, last) in self._each(whole, (Output.VECTORS, Output.MIDDLE, Output.TOKENS), asked=False):
            mine = own(text, len(self.card.passage) + len(before[at]))
            tokens = np.concatenate([middle[mine.rows], last[mine.rows]], axis=1, dtype=np.float16, casting="same_kind")
            made[at] = Layers(unit(vector[None, :])[0], tokens, mine.spans)
        return [made[at] for at in range(len(texts))]

    def pieces(self, words: Sequence[str]) -> list[Sequence[int]]:
        """The tokens of each of some words by itself."""
        return self.tokenizer.pieces(words)

    def piece_scores(self) -> npt.NDArray[np.float32]:
        """The log-probability of each token in the text that the tokenizer was made from. Shape (vocabulary,)."""
        return self.tokenizer.piece_scores()

    def _encode(self, texts: Sequence[str], *, asked: bool) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for at, _, (vector,) in self._each(texts, (Output.VECTORS,), asked=asked):
            vectors[at] = vector
        return unit(vectors)

    def _with_tokens(self, texts: Sequence[str], *, asked: bool) -> list[Encoded]:
        made: dict[int, Encoded] = {}
        prefix = len(self._prefix(asked))
        for at, text, (vector, tokens) in self._each(texts, (Output.VECTORS, Output.TOKENS), asked=asked):
            mine = own(text, prefix)
            made[at] = Encoded(unit(vector[None, :])[0], tokens[mine.rows], mine.spans, mine.pieces)
        return [made[at] for at in range(len(texts))]

    def _prefix(self, asked: bool) -> str:
        return self.card.query if asked else self.card.passage

    def _each(self, texts: Sequence[str], wanted: Sequence[Output], *, asked: bool) -> Iterator[tuple[int, Tokenized, list[Vectors]]]:
        """Each text's place, its tokens and what is wanted of it, in any order."""
        prefix = self._prefix(asked)
        tokenized = self.tokenizer.tokenize([prefix + text for text in texts])
        together = list(batches([len(text.ids) for text in tokenized], self._budget))
        multiple = _QUESTION_TOKENS if asked and len(texts) == 1 else 1
        given = (self.tokenizer.batch([tokenized[at] for at in some], multiple) for some in together)
        for some, made in zip(together, self._run(given, wanted, asked=asked), strict=True):
            for row, at in enumerate(some):
                yield at, tokenized[at], [output[row] for output in made]


def unit(vectors: Vectors) -> Vectors:
    """Rows of length one."""
    scaled: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return scaled
