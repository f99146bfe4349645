"""Texts to batches of tokens: the same for whatever runs the model."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

from index.embedding.encoders.lazy_tokenizer import Tokenized, Vocabulary, cutting_off

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BATCH_TOKENS = 512
"""Tokens a forward pass on a CPU, padding included; more gains nothing, and twice as many take 100 MB more. Texts of about equally many
tokens go together: by characters, as sentence-transformers sorts them, a third of what is computed on news in several scripts would
be padding."""

Inputs: TypeAlias = dict[str, npt.NDArray[np.int64]]
"""What a model is given of a batch, by the names of its inputs. Shapes (texts, tokens)."""

_FIELDS: Mapping[str, Callable[[Tokenized], Sequence[int]]] = {
    "input_ids": lambda text: text.ids,
    "attention_mask": lambda text: [1] * len(text.ids),
    "token_type_ids": lambda text: text.type_ids,
}
_REMEMBERED = 4096  # words
_ANY_PIECE = -10.0  # the log-probability of a piece where the tokenizer knows none


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
        load: the tokenizer itself, which is asked for when it is needed.
        inputs: the names of the model's inputs.
        padding: the piece that fills short texts up; the model is told to look away.
        longest: tokens a text has at most, where there is a limit; the rest is cut off.
        scores: those of :meth:`piece_scores`, where they are known already.
        vocabulary: what does as well, but for texts that are very long or hold what is special to the tokenizer.
    """

    def __init__(
        self,
        load: Callable[[], Tokenizer],
        *,
        inputs: Sequence[str],
        padding: int,
        longest: int | None,
        scores: npt.NDArray[np.float32] | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self._load = load
        self._inputs = inputs
        self._padding = padding
        self._longest = longest
        self._scores = scores
        self._vocabulary = vocabulary
        self._loaded: Tokenizer | None = None
        self._lock = threading.Lock()
        self._known: LRUCache[str, Sequence[int]] = LRUCache(_REMEMBERED)

    @property
    def _whole(self) -> Tokenizer:
        with self._lock:
            if self._loaded is None:
                self._loaded = cutting_off(self._load(), self._longest)
            return self._loaded

    def tokenize(self, texts: Sequence[str], *, special: bool = True) -> Sequence[Tokenized]:
        """The tokens of each text.

        Args:
            special: whether what the model wants around a text is put there.
        """
        if self._vocabulary and not self._loaded and (made := self._vocabulary.tokenize(texts, special=special)):
            return made
        encoded: Sequence[Tokenized] = self._whole.encode_batch(texts, add_special_tokens=special)
        return encoded

    def batch(self, texts: Sequence[Tokenized], multiple: int = 1) -> Inputs:
        """Some texts, filled up to the longest.

        Args:
            multiple: of how many tokens the length is to be.
        """
        length = -(-max(len(text.ids) for text in texts) // multiple) * multiple
        made = {name: np.full((len(texts), length), self._padding if name == "input_ids" else 0, np.int64) for name in self._inputs}
        for name, rows in made.items():
            for row, text in zip(rows, texts, strict=True):
                row[: len(text.ids)] = _FIELDS[name](text)
        return made

    def length(self, text: str) -> int:
        """How many tokens a text has, special ones included."""
        return len(self.tokenize([text])[0].ids)

    def pieces(self, words: Sequence[str]) -> list[Sequence[int]]:
        """The tokens of each word by itself: of many in little more time than of one, of those that were asked for lately in none."""
        with self._lock:
            found = {word: self._known[word] for word in words if word in self._known}
        if missing := [word for word in dict.fromkeys(words) if word not in found]:
            found |= {word: text.ids for word, text in zip(missing, self.tokenize(missing, special=False), strict=True)}
            with self._lock:
                self._known.update(found)
        return [found[word] for word in words]

    def piece_scores(self) -> npt.NDArray[np.float32]:
        """From a Unigram tokenizer's own table; the same for all tokens where the tokenizer is of another kind."""
        if self._scores is None:
            model = json.loads(self._whole.to_str())["model"]
            if model.get("type") == "Unigram":
                self._scores = np.array([score for _, score in model["vocab"]], np.float32)
            else:
                self._scores = np.full(self._whole.get_vocab_size(), _ANY_PIECE, np.float32)
        return self._scores

    def said(self) -> str:
        """The tokenizer as JSON, without a space too many: 250,000 pieces load in two thirds of the time."""
        return json.dumps(json.loads(self._whole.to_str()), ensure_ascii=False, separators=(",", ":"))


def own(text: Tokenized, prefix: int) -> Own:
    """The text's own tokens.

    Args:
        prefix: how many code points stand before it.
    """
    offsets, ids = text.offsets, text.ids
    rows = [at for at, (_, end) in enumerate(offsets) if end > prefix]
    spans = tuple((max(offsets[at][0] - prefix, 0), offsets[at][1] - prefix) for at in rows)
    return Own(rows, spans, tuple(ids[at] for at in rows))


def batches(counts: Sequence[int], budget: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Which texts go together, by how many tokens each has; the longest come first, so that all cores end at about the same time."""
    batch: list[int] = []
    for at in sorted(range(len(counts)), key=lambda at: -counts[at]):
        if batch and counts[batch[0]] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch
