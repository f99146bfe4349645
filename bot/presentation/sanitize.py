"""Texts of articles and users without what nobody sees, or with it made seen: it could hide words, or steer what shows them."""

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
# What a terminal obeys, what breaks a line or turns its direction, and halves of characters.
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Only the characters that are seen, with ``\\n`` for every break of a line."""
    text = _BLANK.sub("", _SPACES.sub(" ", _BREAKS.sub("\n", text)))
    return "".join(character for at, character in enumerate(text) if character == "\n" or _seen(text, at, character))


def escaped(text: str) -> str:
    """The text as a terminal or a log may show it: what would steer it is written as JSON writes it, so that JSON stays what it was.

    Only ``\\n`` is left as it is.
    """
    return _STEERING.sub(lambda steering: f"\\u{ord(steering[0]):04x}", text)


def in_a_line(text: str) -> str:
    """The same, on one line, whatever stands in it."""
    return escaped(text).replace("\n", "\\n")


def _seen(text: str, at: int, character: str) -> bool:
    if character in _JOINERS:
        around = text[at - 1 : at] + text[at + 1 : at + 2]
        return len(around) == 2 and not around.isascii() and around.isprintable()
    return unicodedata.category(character) not in _UNSEEN
