"""How the word index keeps scopes apart: the terms of a workspace's articles carry a mark that no text can contain.

What is looked up for a question is its terms as each scope that it may see writes them, so that no statistic of the word
index can tell anything of another scope. Everybody's terms carry no mark. A mark is two private-use characters, which FTS5
takes for letters and which :func:`index.text.words.words` takes for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

FIRST, LAST = "\ue000", "\uf8ff"
"""The private-use characters."""

_LENGTH, _DIGITS = 2, 4096
_MARKS = re.compile(f"[{FIRST}-{LAST}]+")


def mark(number: int) -> str:
    """The mark of a scope, by its number in the table of scopes."""
    high, low = divmod(number, _DIGITS)
    return chr(ord(FIRST) + high) + chr(ord(FIRST) + low)


def marked(terms: Iterable[str], own: str) -> str:
    """Terms as they are written for one scope: separated by spaces, each behind the scope's own mark."""
    return " ".join(own + term for term in terms)


def unmarked(terms: str) -> str:
    """What :func:`marked` was given, separated by spaces."""
    return _MARKS.sub("", terms)


def split(term: str) -> tuple[str, str]:
    """The mark of a term (empty for one of everybody's), and the term without it."""
    return (term[:_LENGTH], term[_LENGTH:]) if FIRST <= term[:1] <= LAST else ("", term)
