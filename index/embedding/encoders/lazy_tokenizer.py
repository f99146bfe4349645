"""A Unigram tokenizer that is not loaded: of its pieces only those are looked up that stand in a text.

Of all ways to cut a text into pieces a Unigram tokenizer takes the most likely one (Kudo, arXiv 1804.10959), so pieces that do not
stand in the text change nothing. The pieces of a model in a hundred languages are a quarter of a million, which take the
``tokenizers`` library 0.7 s and 280 MB to load; here they lie in a file that is mapped, a trie of 2 MB, and what cuts is that library
still, with some hundred pieces.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from marisa_trie import Trie

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_SKELETON, _PIECES, _NUMBERS, _LIKELIHOODS = FILES = ("skeleton.json", "pieces.marisa", "numbers.npy", "likelihoods.npy")

_LONGEST = 16  # code points of a piece: what those who make such tokenizers leave at that
_KEPT = 8  # the first pieces have their own numbers in any text: the special ones are among them
_TOGETHER = 6000  # code points of texts that are cut together
_MOST = _TOGETHER * _LONGEST  # different pieces that may stand in them
_WORDS = 8192  # whose pieces are remembered: nine of ten words of an article are among the last ones


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
    pieces = [piece for piece, _ in model["vocab"]]
    special = {one["id"] for one in said["added_tokens"]}
    trie = Trie(pieces)
    fits = len(trie) == len(pieces) and max(map(len, pieces)) <= _LONGEST and model["unk_id"] < _KEPT
    if not fits or any(_KEPT <= one <= _KEPT + _MOST for one in special):
        return ()
    trie.save(str(folder / _PIECES))
    numbers = np.zeros(len(pieces), np.int32)
    numbers[[trie[piece] for piece in pieces]] = np.arange(len(pieces))
    np.save(folder / _NUMBERS, numbers)
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
        self._said = (folder / _SKELETON).read_text(encoding="utf-8")
        model = json.loads(self._said)["model"]
        self._longest = longest
        self._own = threading.local()
        self._first: list[str] = [piece for piece, _ in model["vocab"]]
        self._unknown: int = model["unk_id"]
        self._trie = Trie().mmap(str(folder / _PIECES))
        self._numbers: npt.NDArray[np.int32] = np.load(folder / _NUMBERS, mmap_mode="r")
        self._likelihoods: npt.NDArray[np.float64] = np.load(folder / _LIKELIHOODS, mmap_mode="r")
        self._rarest = int(np.flatnonzero(self._numbers == self._likelihoods.argmin())[0])  # what no piece matches costs so much, and more
        self._kept = {self._trie[piece] for piece in self._first}
        self._special = [one.content for one in self._skeleton.get_added_tokens_decoder().values()]
        self._standing_in_word = lru_cache(_WORDS)(self._look_up)

    @property
    def _skeleton(self) -> Tokenizer:
        """The tokenizer without its pieces; each thread has its own, for it is given others for each text."""
        from tokenizers import Tokenizer

        if not hasattr(self._own, "skeleton"):
            self._own.skeleton = cutting_off(Tokenizer.from_str(self._said), self._longest)
        skeleton: Tokenizer = self._own.skeleton
        return skeleton

    def tokenize(self, texts: Sequence[str], *, special: bool = True) -> Sequence[Tokenized] | None:
        """As the whole tokenizer does it; None where a text is too long, or holds what is special to it.

        Args:
            special: whether what is put around a text is put there.
        """
        if any(len(text) > _TOGETHER for text in texts) or any(one in text for text in texts for one in self._special):
            return None
        return [made for some in _slices(texts) for made in self._cut(some, special)]

    def _cut(self, texts: Sequence[str], special: bool) -> Iterator[Tokenized]:
        """Some texts in pieces, which are those that stand in any of them."""
        from tokenizers import models

        skeleton = self._skeleton
        standing = {place for text in texts for word in self._words(text) for place in self._standing(word)}
        places = sorted((standing | {self._rarest}) - self._kept)
        numbers = [*range(_KEPT), *self._numbers[places].tolist()]
        pieces = [*self._first, *map(self._trie.restore_key, places)]
        skeleton.model = models.Unigram(list(zip(pieces, self._likelihoods[numbers].tolist(), strict=True)), self._unknown, False)
        for text in skeleton.encode_batch(texts, add_special_tokens=special):
            # A number beyond these is a special piece's own.
            yield _Found([numbers[one] if one < len(numbers) else one for one in text.ids], text.type_ids, text.offsets)

    def _words(self, text: str) -> list[str]:
        """What pieces are looked for in."""
        normalizer: Any = self._skeleton.normalizer
        cutter: Any = self._skeleton.pre_tokenizer
        normal: str = normalizer.normalize_str(text) if normalizer else text
        return [word for word, _ in cutter.pre_tokenize_str(normal)] if cutter else [normal]

    def _standing(self, word: str) -> Sequence[int]:
        """The same as :meth:`_look_up`, which is remembered of what is a word indeed, not a Chinese sentence."""
        return self._standing_in_word(word) if len(word) <= _LONGEST else self._look_up(word)

    def _look_up(self, word: str) -> Sequence[int]:
        """The places in the trie of all pieces that stand in a word."""
        found = (self._trie.iter_prefixes_with_ids(word[start : start + _LONGEST]) for start in range(len(word)))
        return tuple({place for some in found for _, place in some})


def _slices(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts in order, some at a time."""
    some: list[str] = []
    for text in texts:
        if some and sum(map(len, some)) + len(text) > _TOGETHER:
            yield some
            some = []
        some.append(text)
    if some:
        yield some
