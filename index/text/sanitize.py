"""Text that can be kept and shown."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with U+FFFD for what no database keeps: NUL, where SQLite ends a text, and lone halves of damaged UTF-16."""
    return _UNSTORABLE.sub("\ufffd", text)
