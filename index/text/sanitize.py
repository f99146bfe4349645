"""Text that can be kept and shown."""

from __future__ import annotations

import re

_LINE_ENDS = re.compile("\r\n?|[\v\f\x85]")
_COLOUR = re.compile(r"\x1b\[[0-9;?]{0,40}[A-Za-z]")
_CONTROLS = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with U+FFFD for what no database keeps: NUL, where SQLite ends a text, and lone halves of damaged UTF-16."""
    return _UNSTORABLE.sub("\ufffd", text)


def readable(text: str) -> str:
    """The text without control characters, a terminal's colours and lone surrogates; all line ends are ``\\n``."""
    return _CONTROLS.sub("", _COLOUR.sub("", _LINE_ENDS.sub("\n", text)))
