"""Pages that come instead of an article: "not found" with status 200, log-ins, cookie notices, scripts that would draw it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from index.text.languages import LANGUAGES, PageWords

SHORT = 600
"""Characters; what has more text than this is an article, whatever else the page shows."""

_HARDLY = 120  # characters: all that a page says that wants a password first, or leaves the rest to a script


def _alternatives(kind: Callable[[PageWords], Iterable[str]]) -> str:
    """What any language has, as alternatives of a pattern."""
    return "|".join(dict.fromkeys(pattern for language in LANGUAGES.values() for pattern in kind(language.pages)))


_MISSING = re.compile(rf"^(?:error\W+)?404\b(?! media)|{_alternatives(lambda words: words.missing)}", re.IGNORECASE)
_LOGIN = re.compile(rf"^\W*(?:{_alternatives(lambda words: words.log_in)})\b", re.IGNORECASE)
_COOKIES = re.compile(_alternatives(lambda words: words.cookies), re.IGNORECASE)
_SCRIPT = re.compile(
    rf"(?:{_alternatives(lambda words: words.before_script)})\W+(?:\w+\W+){{0,3}}?java ?script"
    rf"|java ?script\W+(?:\w+\W+){{0,3}}?(?:{_alternatives(lambda words: words.behind_script)})",
    re.IGNORECASE,
)


def seen(page: str, text: str) -> str | None:
    """What a page with little text is, as a sentence; None if nothing but little text can be seen.

    Args:
        page: its HTML.
        text: what was taken for its article, shorter than :data:`SHORT`.
    """
    from trafilatura import load_html

    tree = load_html(page)
    if tree is None:
        return None
    heads = [" ".join(head.text_content().split()) for head in tree.xpath("//title | //h1")]
    scripts, asked = bool(tree.xpath("//script")), " ".join(head.text_content() for head in tree.xpath("//noscript"))
    for hidden in tree.xpath("//script | //style | //noscript | //title"):
        hidden.drop_tree()
    shown = " ".join(tree.text_content().split())
    if any(map(_MISSING.search, heads)):
        return "the server says 200, but the page says that there is nothing at this address."
    if any(map(_LOGIN.search, heads)) or (len(text) < _HARDLY and tree.xpath("//input[@type='password']")):
        return "it asks for a log-in, so there is no article to be read."
    lines = (text or shown).splitlines()
    if 0 < sum(map(len, lines)) <= 2 * sum(len(line) for line in lines if _COOKIES.search(line)):
        return "it shows a notice on cookies instead of an article."
    if len(text or shown) < _HARDLY and (_SCRIPT.search(f"{asked} {shown}") or (scripts and not shown)):
        return "it shows nothing without JavaScript, so there is no article to be read."
    return None
