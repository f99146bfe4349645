"""Texts of articles and users, made harmless: they are shown as they are, and format, mention, link and hide nothing.

Discord shows any character that is no letter, digit or space literally after a backslash
(https://support.discord.com/hc/en-us/articles/210298617); where that is not enough, a character is left out or replaced.
"""

from __future__ import annotations

import re
import unicodedata

from discord.utils import escape_mentions

from bot.presentation.sanitize import visible
from index import AddressError, parse_address

LINK_LIMIT = 512
"""Characters of a link button's address."""

ELLIPSIS = "…"

_SPECIAL = re.compile(r"[\\*_~`|\[\]<]|:(?=//)")  # formatting, code, spoilers, masked links; <@1>, <t:1>, <:emoji:1>; bare addresses
_AT_START = re.compile(r"^(?:[#>+-]|\d+(?=[.)]))")  # headings, quotes, lists, small print
_ENDS = {ord(character): f"%{ord(character):02X}" for character in "()<>\\"}
_BRACKETS = str.maketrans("[]", "()")
_RIGHT_TO_LEFT = frozenset(("R", "AL"))


def plain(text: str) -> str:
    """What is visible of it, on one line."""
    return " ".join(visible(text).split())


def clip(text: str, limit: int) -> str:
    """At most ``limit`` characters of a text, cut between words where there are any."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head.rpartition(" ")[0] or head).rstrip() + ELLIPSIS


def escape(text: str, *, limit: int | None = None) -> str:
    """As Markdown that shows the text itself, wherever on a line it is put.

    Args:
        limit: the most characters of the text that are shown.
    """
    shown = plain(text)
    shown = clip(shown, limit) if limit else shown
    marked = _AT_START.sub(_escaped_start, _SPECIAL.sub(r"\\\g<0>", shown))
    return escape_mentions(_isolated(marked))


def link(title: str, url: str | None, *, limit: int) -> str:
    """A title that leads to an address; only the title where that is none that can be linked.

    Args:
        limit: the most characters of the title that are shown.
    """
    shown = escape(plain(title).translate(_BRACKETS), limit=limit)
    target = address(url)
    return f"[{shown}]({target})" if target and shown else shown


def address(url: str | None) -> str | None:
    """An address of the web such that nothing in it ends a link; None where it is none, or too long."""
    try:
        written = str(parse_address(url or "")).translate(_ENDS)
    except AddressError:
        return None
    return written if len(written) <= LINK_LIMIT else None


def _escaped_start(match: re.Match[str]) -> str:
    start = match[0]
    return f"{start}\\" if start.isdigit() else f"\\{start}"


def _isolated(text: str) -> str:
    """Writing from right to left must not turn round what stands beside it."""
    return f"\u2068{text}\u2069" if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text) else text
