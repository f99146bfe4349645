"""Pages that come instead of an article, though the server says 200: "not found", walls of all kinds, scripts, lists of headlines.

An article that is refused is worse than such a page that gets in: a page with much text is an article whatever else it shows, and what
a short one says counts only where it is most of what it says, in its heading or its text. News tell of walls, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from typing import TYPE_CHECKING

from index.ingestion.readers.feed_links import feed_of
from index.ingestion.web.address import AddressError, parse
from index.text.languages import LANGUAGES, PageWords

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SHORT = 600
"""Characters; what has more text than this is an article, unless it is a list of headlines."""

_HARDLY = 120  # characters: all that a page says that wants a password first, or leaves the rest to a script
_NEXT_TO_NOTHING = 60  # characters: less than a sentence of news has
_MOST = 0.6  # of a heading
_SUBJECT = 0.3  # of a sentence: what it is about, rather than mentions
_HALF = 0.5  # of a text
_HEADING = 300  # characters of a heading that are looked at
_HEADLINES = 10  # that a page of them has
_HEADLINE = 20  # characters of one
_PROSE = 60  # characters outside links: less is a date or a name
_TOLD = 400  # characters of prose in one piece: more than teasers have
_SOON = 30  # seconds after which a page leads on to another


def _alternatives(kind: Callable[[PageWords], Iterable[str]]) -> str:
    """What any language has, as alternatives of a pattern."""
    return "|".join(dict.fromkeys(pattern for language in LANGUAGES.values() for pattern in kind(language.pages)))


def _any(kind: Callable[[PageWords], Iterable[str]]) -> re.Pattern[str]:
    return re.compile(_alternatives(kind), re.IGNORECASE)


_MISSING = re.compile(rf"(?:\w+\W{{1,3}})?404(?:\W{{1,3}}not found)?(?! media)|{_alternatives(lambda words: words.missing)}", re.IGNORECASE)
_LOGIN = re.compile(rf"^\W*(?:{_alternatives(lambda words: words.log_in)})\b", re.IGNORECASE)
_COOKIES = _any(lambda words: words.cookies)
_SCRIPT = re.compile(
    rf"(?:{_alternatives(lambda words: words.before_script)})\W+(?:\w+\W+){{0,3}}?java ?script"
    rf"|java ?script\W+(?:\w+\W+){{0,3}}?(?:{_alternatives(lambda words: words.behind_script)}|not available)",
    re.IGNORECASE,
)
_NO_SCRIPT = re.compile(r"java ?script is (?:not available|disabled|required)", re.IGNORECASE)
_WALLS = (
    (_MISSING, "the server says 200, but the page says that there is nothing at this address."),
    (_any(lambda words: words.challenge), "it asks whether a human is reading, and shows no article to a program."),
    (_any(lambda words: words.denied), "it says that access is denied, so there is no article to be read."),
    (_any(lambda words: words.broken), "it says that the site is out of order for now; try again later."),
    (_any(lambda words: words.parked), "it says that the domain is for sale, so there is no article to be read."),
    (_any(lambda words: words.age), "it asks how old the reader is, so there is no article to be read."),
    (_any(lambda words: words.subscribe), "it leaves the article to subscribers; add a page that everybody can read."),
    (_NO_SCRIPT, "it shows nothing without JavaScript, so there is no article to be read."),
)
_BORDER = re.compile(r"\s[|·•–—»«-]\s|[|｜]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n")
_REFRESH = re.compile(r"\s*(\d{1,6})(?:\.\d{0,6})?\s{0,9}[;,]\s{0,9}url\s{0,9}=\s{0,9}[\"']?([^\"'\s]{1,2000})", re.IGNORECASE)
_CLOSED = frozenset(("header", "nav", "footer", "aside", "dialog"))
_BLOCKS = frozenset(
    (
        *(
            "p",
            "div",
            "li",
            "ul",
            "ol",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "section",
            "article",
            "main",
            "header",
            "footer",
            "nav",
            "aside",
        ),
        *("table", "tr", "td", "th", "blockquote", "pre", "dl", "dt", "dd", "figure", "figcaption", "form", "body", "br", "hr", "time"),
    )
)
_ARTICLE_KINDS = re.compile(r'"@type"\s{0,9}:\s{0,9}\[?\s{0,9}"(?:\w{0,20}Article|BlogPosting|LiveBlogPosting|Report)"')


def seen(tree: HtmlElement, text: str, address: str | None = None) -> str | None:
    """What a page is that is no article, as a sentence; None where it may be one.

    Args:
        tree: its HTML, which stays as it is.
        text: what was taken for its article.
        address: where it stands on the web, if it does.
    """
    if len(text) < SHORT and (wall := _instead(deepcopy(tree), text, address)):
        return wall
    return _headlines(tree, address)


def _instead(tree: HtmlElement, text: str, address: str | None) -> str | None:
    """What stands in the place of an article, on a page with little text, whose tree is taken apart."""
    heads = [" ".join(head.text_content()[:_HEADING].split()) for head in tree.xpath("//title | //h1")]
    scripts, asked = bool(tree.xpath("//script")), " ".join(head.text_content() for head in tree.xpath("//noscript"))
    refresh = next((match for meta in tree.iter("meta") if (match := _refresh(meta))), None)
    for hidden in tree.xpath("//script | //style | //noscript | //title"):
        hidden.drop_tree()
    shown = " ".join(tree.text_content().split())
    body = text or shown
    if refresh and len(text) < _HARDLY and (target := _joined(address, refresh.group(2))) and target != address:
        return f"it leads on to {target} without a word; add that address."
    sentences = [sentence for sentence in _SENTENCE_END.split(body) if sentence.strip(" #") not in heads] if len(body) < SHORT else []
    parts = [part for head in heads for part in (head, *_BORDER.split(head))]
    if wall := _wall(parts, sentences):
        return wall
    if _wants_log_in(tree, heads, parts, text):
        return "it asks for a log-in, so there is no article to be read."
    if _told_share(_COOKIES, sentences) >= _HALF and not _is_article(tree):
        return "it shows a notice on cookies instead of an article."
    if len(body) < _HARDLY and (_SCRIPT.search(f"{asked} {shown}") or (scripts and not shown)):
        return "it shows nothing without JavaScript, so there is no article to be read."
    return None


def _wall(parts: Iterable[str], sentences: Sequence[str]) -> str | None:
    """What most of a heading, or of a text, says that stands in the place of an article."""
    for pattern, wall in _WALLS:
        if any(_share(pattern, part) >= _MOST for part in parts) or _told_share(pattern, sentences, _SUBJECT) > _HALF:
            return wall
    return None


def _wants_log_in(tree: HtmlElement, heads: Iterable[str], parts: Iterable[str], text: str) -> bool:
    if any(_share(_LOGIN, part) >= _MOST for part in parts):
        return True
    if any(map(_LOGIN.search, heads)):
        return len(text) < _HARDLY and bool(tree.xpath("//input"))
    return len(text) < _NEXT_TO_NOTHING and _asks_password(tree)


def _share(pattern: re.Pattern[str], text: str) -> float:
    """The part of a heading that a pattern covers."""
    letters = sum(map(str.isalnum, text))
    return sum(sum(map(str.isalnum, match.group())) for match in pattern.finditer(text)) / letters if letters else 0.0


def _told_share(pattern: re.Pattern[str], sentences: Sequence[str], least: float = 0.0) -> float:
    """The part of a text that is sentences of which a pattern covers something, and at least a given part."""
    whole = sum(map(len, sentences))
    told = sum(len(sentence) for sentence in sentences if (share := _share(pattern, sentence)) > 0 and share >= least)
    return told / whole if whole else 0.0


def _refresh(meta: HtmlElement) -> re.Match[str] | None:
    """Where a page leads on to by itself."""
    if (meta.get("http-equiv") or "").strip().lower() != "refresh":
        return None
    match = _REFRESH.match(meta.get("content") or "")
    return match if match and int(match.group(1)) <= _SOON else None


def _joined(address: str | None, reference: str) -> str | None:
    with suppress(AddressError):
        return str((parse(address).join(reference) if address else parse(reference)).document)
    return None


def _asks_password(tree: HtmlElement) -> bool:
    """Whether a password is asked for where an article would stand, rather than in a menu."""
    fields = tree.xpath("//input[@type='password']")
    return any(not any(above.tag in _CLOSED for above in field.iterancestors()) for field in fields)


def _is_article(tree: HtmlElement) -> bool:
    """Whether a page says of itself that it is an article."""
    return bool(tree.xpath("//meta[@property='og:type' and @content='article'] | //meta[@property='article:published_time']"))


def _headlines(tree: HtmlElement, address: str | None) -> str | None:
    """That a page is a list of headlines, and which feed it names; None where it may be an article."""
    if tree.find(".//title") is None or _is_article(tree) or tree.xpath("//*[@itemprop='articleBody']"):
        return None
    if any(_ARTICLE_KINDS.search(script.text or "") for script in tree.xpath("//script[contains(@type, 'ld+json')]")):
        return None
    told = longest = 0
    headlines: dict[str, int] = {}
    for length, linked, target in _blocks(tree):
        if linked > length / 2:
            if linked >= _HEADLINE and target:
                headlines.setdefault(target, linked)
                told = 0
        elif length - linked >= _PROSE:
            told += length - linked
            longest = max(longest, told)
    if len(headlines) < _HEADLINES or longest >= _TOLD or sum(headlines.values()) < longest:
        return None
    feed = feed_of(tree, parse(address) if address else None)
    offer = f"add its feed instead: `shipdate feeds add {feed}`." if feed else "add the articles that it leads to, or a feed."
    return f"it is a page of {len(headlines)} headlines, no article; {offer}"


def _blocks(tree: HtmlElement) -> Iterator[tuple[int, int, str | None]]:
    """For each piece of text between the borders of blocks: its length, how much of it is linked (Chinese and Japanese characters count
    twice), and where to, unless within the page."""
    from lxml.etree import iterwalk

    length = linked = hidden = 0
    target: str | None = None
    link: str | None = None
    for event, element in iterwalk(tree, events=("start", "end")):
        tag = element.tag
        if tag in _BLOCKS:
            if length:
                yield length, linked, target
            length, linked, target = 0, 0, None
        if tag in ("script", "style", "noscript", "template", "head", "select"):
            hidden += 1 if event == "start" else -1
        if tag == "a":
            href = (element.get("href") or "").strip() if event == "start" else ""
            link = href if href and not href.startswith(("#", "javascript:", "mailto:")) else None
        piece = (element.text if event == "start" else element.tail) or ""
        if hidden or not isinstance(tag, str) or not (words := piece.strip()):
            continue
        size = len(words) + sum(mark > "\u2e80" for mark in words)
        length += size
        if link:
            linked, target = linked + size, link
    if length:
        yield length, linked, target
