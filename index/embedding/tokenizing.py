"""Texts to batches of tokens: the same for whatever runs the model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

BATCH_TOKENS = 1024
"""Tokens a forward pass on a CPU, padding included; more gains nothing. Texts of about equally many tokens go together: by
characters, as sentence-transformers sorts them, a third of what is computed on news in several scripts would be padding."""

Inputs: TypeAlias = dict[str, npt.NDArray[np.int64]]
"""What a model is given of a batch, by the names of its inputs. Shapes (texts, tokens)."""

_ANY_PIECE = -10.0  # the log-probability of a piece where the tokenizer knows none
_FIELDS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}


@dataclass(frozen=True, slots=True)
class Own:
    """Those tokens of a text that are neither its prefix's nor special.

    Attributes:
        rows: their places among all.
        spans: where each stands in the text, in code points.
        pieces: each one's number in the vocabulary.
    """

    rows: list[int]
    spans: tuple[tuple[int, int], ...]
    pieces: tuple[int, ...]


class TextTokenizer:
    """A model's tokenizer.

    Args:
        inputs: the names of the model's inputs.
        padding: the piece that fills short texts up; the model is told to look away.
        longest: tokens a text has at most, where there is a limit; the rest is cut off.
        scores: those of :meth:`piece_scores`, where they are known already.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        inputs: Sequence[str],
        padding: int,
        longest: int | None,
        scores: npt.NDArray[np.float32] | None = None,
    ) -> None:
        self._tokenizer = tokenizer
        self._inputs = inputs
        self._padding = padding
        self._scores = scores
        tokenizer.no_padding()
        if longest is None:
            tokenizer.no_truncation()
        else:
            tokenizer.enable_truncation(longest)

    def tokenize(self, texts: Sequence[str]) -> list[Encoding]:
        """The tokens of each text, special ones included."""
        encoded: list[Encoding] = self._tokenizer.encode_batch(texts)
        return encoded

    def batch(self, texts: Sequence[Encoding]) -> Inputs:
        """Some texts, filled up to the longest."""
        length = max(len(text.ids) for text in texts)
        made = {name: np.full((len(texts), length), self._padding if name == "input_ids" else 0, np.int64) for name in self._inputs}
        for name, rows in made.items():
            for row, text in zip(rows, texts, strict=True):
                row[: len(text.ids)] = getattr(text, _FIELDS[name])
        return made

    def length(self, text: str) -> int:
        """How many tokens a text has, special ones included."""
        return len(self._tokenizer.encode(text).ids)

    def pieces(self, word: str) -> Sequence[int]:
        """The tokens of a word by itself."""
        ids: list[int] = self._tokenizer.encode(word, add_special_tokens=False).ids
        return ids

    def piece_scores(self) -> npt.NDArray[np.float32]:
        """From a Unigram tokenizer's own table; the same for all tokens where the tokenizer is of another kind."""
        if self._scores is None:
            model = json.loads(self._tokenizer.to_str())["model"]
            if model.get("type") == "Unigram":
                self._scores = np.array([score for _, score in model["vocab"]], np.float32)
            else:
                self._scores = np.full(self._tokenizer.get_vocab_size(), _ANY_PIECE, np.float32)
        return self._scores

    def compact(self) -> str:
        """The tokenizer as JSON without a space too many: 250,000 pieces load in two thirds of the time."""
        return json.dumps(json.loads(self._tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))


def own(text: Encoding, prefix: int) -> Own:
    """The text's own tokens.

    Args:
        prefix: how many code points stand before it.
    """
    offsets, ids = text.offsets, text.ids
    rows = [at for at, (_, end) in enumerate(offsets) if end > prefix]
    spans = tuple((max(offsets[at][0] - prefix, 0), offsets[at][1] - prefix) for at in rows)
    return Own(rows, spans, tuple(ids[at] for at in rows))


def batches(counts: Sequence[int], budget: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Which texts go together, by how many tokens each has."""
    batch: list[int] = []
    for at in sorted(range(len(counts)), key=lambda at: counts[at]):
        if batch and counts[at] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch
