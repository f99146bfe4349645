"""How names are compared: "Gen-3 Alpha", "gen3 alpha" and "GEN 3 ALPHA" are one name; "Gen-3" and "Gen-30" are two.

A name is a sequence of words, numbers and single Chinese or Japanese characters, without case, accents, spaces or hyphens.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from index.model.articles import Span
from index.text.scripts import CJK, COMPATIBLE_HAN, ITERATION_MARK
from index.text.typos import SpellingIndex
from index.text.words import unmarked

Key: TypeAlias = tuple[str, ...]
"""A name's parts, folded."""

_CJK = ITERATION_MARK + CJK + COMPATIBLE_HAN
_PART = re.compile(rf"[{_CJK}]|\d+(?:\.\d+)*|[^\W\d_{_CJK}]+|(?<=\w)\+(?![\w+])")
_JOINT = re.compile("['’ \u00a0\u202f._·・•\\-\u2010-\u2013]?")
_CHARACTER = re.compile(f"[{_CJK}]")
_NOUGHT = re.compile(r"(?:\.0)+\Z")


@dataclass(frozen=True, slots=True)
class Part(Span):
    """One part of a text as names are compared.

    Attributes:
        key: folded; a number without ".0" at its end.
        raw: as it is written.
        joined: whether only a space, a hyphen, a point or nothing stands between it and the part before.
    """

    key: str
    raw: str
    joined: bool

    @property
    def number(self) -> bool:
        """Whether it is a number."""
        return self.raw[0].isdecimal()

    @property
    def cjk(self) -> bool:
        """Whether it is a Chinese, Japanese or Korean character."""
        return _CHARACTER.fullmatch(self.raw) is not None

    @property
    def capital(self) -> bool:
        """Whether it has a capital letter."""
        return any(letter.isupper() for letter in self.raw)


def parts(text: str) -> list[Part]:
    """The parts of a text, in order; their offsets are those of ``text`` as it is."""
    flat = text if unicodedata.is_normalized("NFKC", text) else "".join(map(_compatible, text))
    found: list[Part] = []
    end = 0
    for match in _PART.finditer(flat):
        joined = bool(found) and _JOINT.fullmatch(flat, end, match.start()) is not None
        folded = _fold(match.group())
        if folded:
            found.append(Part(match.start(), match.end(), folded, match.group(), joined))
            end = match.end()
    return found


def key(name: str) -> Key:
    """What a name is compared by; empty where it has neither letter nor digit."""
    return tuple(part.key for part in parts(unicodedata.normalize("NFC", name)))


_LONG = 8  # letters: in longer names two mistakes are still few


def nearest(typed: str, names: SpellingIndex) -> str | None:
    """The name that was probably meant by a mistyped word (see :meth:`index.text.typos.SpellingIndex.nearest`)."""
    return names.nearest(typed, _LONG)


def slug(name: Sequence[str]) -> str:
    """A readable id of a key: ``gen-3-alpha``. Characters of scripts without spaces stay together."""
    joined = ""
    for before, part in zip(("", *name), ("plus" if part == "+" else part for part in name), strict=False):
        cjk = _CHARACTER.match(part) and _CHARACTER.match(before)
        joined += part if not joined or cjk else f"-{part}"
    return joined


def _compatible(character: str) -> str:
    """Full-width letters as ordinary ones, where that keeps the length."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def _fold(part: str) -> str:
    if part[0].isdecimal():
        return _NOUGHT.sub("", part)
    if part.isascii():
        return part.lower()
    if len(part) == 1 and _CHARACTER.fullmatch(part):
        return part  # か and が are two
    return unmarked(part.casefold())
