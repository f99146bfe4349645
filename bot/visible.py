"""Texts of articles and users without what nobody sees: it could hide words, or turn the direction of what stands beside it."""

from __future__ import annotations

import re
import unicodedata

_BREAKS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile("[\t\x1f]")
_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji are written with them
# Neither of these is a format character for Unicode, and each is shown as nothing: fillers, the combining grapheme joiner, empty Braille,
# and the selectors of variants but those of emoji.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0d\U000e0100-\U000e01ef]")
_UNSEEN = frozenset(("Cc", "Cf", "Co", "Cs", "Cn"))


def visible(text: str) -> str:
    """Only the characters that are seen, with ``\\n`` for every break of a line."""
    text = _BLANK.sub("", _SPACES.sub(" ", _BREAKS.sub("\n", text)))
    return "".join(character for at, character in enumerate(text) if character == "\n" or _seen(text, at, character))


def _seen(text: str, at: int, character: str) -> bool:
    if character in _JOINERS:
        around = text[at - 1 : at] + text[at + 1 : at + 2]
        return len(around) == 2 and not around.isascii() and around.isprintable()
    return unicodedata.category(character) not in _UNSEEN
