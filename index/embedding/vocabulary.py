"""A Unigram tokenizer that is not loaded: of its pieces only those are looked up that stand in a text.

Of all ways to cut a text into pieces a Unigram tokenizer takes the most likely one (Kudo, arXiv 1804.10959), so pieces that do not
stand in the text change nothing. The pieces of a model in a hundred languages are a quarter of a million, which take the
``tokenizers`` library 0.7 s and 280 MB to load; here they lie sorted in a file that is mapped, and what cuts is that library still, with
some hundred pieces.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_SKELETON, _PIECES, _NUMBERS, _LIKELIHOODS = FILES = ("skeleton.json", "pieces.npy", "numbers.npy", "likelihoods.npy")

_LONGEST = 64  # bytes of a piece
_KEPT = 8  # the first pieces have their own numbers in any text: the special ones are among them
_MOST = 20_000  # different pieces that may stand in some texts; more would take as long as all
_TEXT = 4000  # code points of a text that is worth it


class Tokenized(Protocol):
    """A text in pieces, as the ``tokenizers`` library tells it."""

    @property
    def ids(self) -> Sequence[int]:
        """The numbers of its pieces in the vocabulary, special ones included."""

    @property
    def type_ids(self) -> Sequence[int]:
        """Of which text each is, for a model that is given several."""

    @property
    def offsets(self) -> Sequence[tuple[int, int]]:
        """Where each stands in the text, in code points; ``(0, 0)`` for special ones."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Of pieces that were looked up."""

    ids: Sequence[int]
    type_ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]


def cutting_off(tokenizer: Tokenizer, longest: int | None) -> Tokenizer:
    """The tokenizer, which from now on gives each text as many tokens as it has, at most ``longest``, where there is a limit."""
    tokenizer.no_padding()
    if longest is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(longest)
    return tokenizer


def write(tokenizer: str, folder: Path) -> Sequence[str]:
    """Lay out the pieces of a tokenizer, given as JSON, in some files, whose names it tells; in none where all pieces are needed."""
    said = json.loads(tokenizer)
    model = said["model"]
    if model.get("type") != "Unigram" or model.get("byte_fallback") or model["unk_id"] is None:
        return ()
    pieces = [piece.encode() for piece, _ in model["vocab"]]
    special = {one["id"] for one in said["added_tokens"]}
    if max(map(len, pieces)) > _LONGEST or any(_KEPT <= one <= _KEPT + _MOST for one in special) or model["unk_id"] >= _KEPT:
        return ()
    listed = np.array(pieces)
    order = np.argsort(listed)
    np.save(folder / _PIECES, listed[order])
    np.save(folder / _NUMBERS, order.astype(np.int32))
    np.save(folder / _LIKELIHOODS, np.array([score for _, score in model["vocab"]], np.float64))
    model["vocab"] = model["vocab"][:_KEPT]
    (folder / _SKELETON).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return FILES


class Vocabulary:
    """What :func:`write` laid out. Calls may come from any thread.

    Raises:
        OSError, ValueError: the files cannot be read.
    """

    def __init__(self, folder: Path, longest: int | None) -> None:
        from tokenizers import Tokenizer

        said = (folder / _SKELETON).read_text(encoding="utf-8")
        model = json.loads(said)["model"]
        self._skeleton = cutting_off(Tokenizer.from_str(said), longest)
        self._first: list[str] = [piece for piece, _ in model["vocab"]]
        self._unknown: int = model["unk_id"]
        self._pieces: npt.NDArray[np.bytes_] = np.load(folder / _PIECES, mmap_mode="r")
        self._numbers: npt.NDArray[np.int32] = np.load(folder / _NUMBERS, mmap_mode="r")
        self._likelihoods: npt.NDArray[np.float64] = np.load(folder / _LIKELIHOODS, mmap_mode="r")
        self._rarest = int(np.flatnonzero(self._numbers == self._likelihoods.argmin())[0])  # what no piece matches costs so much, and more
        self._longest = self._pieces.itemsize
        self._special = [one.content for one in self._skeleton.get_added_tokens_decoder().values()]
        self._lock = threading.Lock()

    def tokenize(self, texts: Sequence[str], *, special: bool = True) -> Sequence[Tokenized] | None:
        """As the whole tokenizer does it; None for texts that it does faster, or that hold what is special to it.

        Args:
            special: whether what is put around a text is put there.
        """
        from tokenizers import models

        if sum(map(len, texts)) > _TEXT or any(one in text for text in texts for one in self._special):
            return None
        with self._lock:
            places = self._standing(texts)
            if places is None:
                return None
            numbers = [*range(_KEPT), *self._numbers[places].tolist()]
            pieces = [*self._first, *(piece.decode() for piece in self._pieces[places].tolist())]
            self._skeleton.model = models.Unigram(list(zip(pieces, self._likelihoods[numbers].tolist(), strict=True)), self._unknown, False)
            made = self._skeleton.encode_batch(texts, add_special_tokens=special)
        # A number beyond these is a special piece's own.
        ids = [[numbers[one] if one < len(numbers) else one for one in text.ids] for text in made]
        return [_Found(own, text.type_ids, text.offsets) for own, text in zip(ids, made, strict=True)]

    def _standing(self, texts: Sequence[str]) -> npt.NDArray[np.int64] | None:
        """The places in the file of those pieces that may stand in texts, but for the first ones; None if there may be too many."""
        runs = {run for text in texts for word in self._words(text) for run in self._runs(word)}
        if len(runs) > _MOST:
            return None
        coded = [run for run in map(str.encode, runs) if len(run) <= self._longest]
        wanted = np.array(coded, self._pieces.dtype)
        places = np.minimum(np.searchsorted(self._pieces, wanted), len(self._pieces) - 1)
        found = np.append(places[self._pieces[places] == wanted], self._rarest)
        return np.unique(found[self._numbers[found] >= _KEPT])

    def _words(self, text: str) -> list[str]:
        """What pieces are looked for in."""
        normalizer: Any = self._skeleton.normalizer
        cutter: Any = self._skeleton.pre_tokenizer
        normal: str = normalizer.normalize_str(text) if normalizer else text
        return [word for word, _ in cutter.pre_tokenize_str(normal)] if cutter else [normal]

    def _runs(self, word: str) -> Iterator[str]:
        """All that may be a piece of a word."""
        return (word[start:end] for start in range(len(word)) for end in range(start + 1, min(start + self._longest, len(word)) + 1))
