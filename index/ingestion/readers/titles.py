"""What a page is called, and who publishes it.

A page says its title in many places, and each is wrong in its own way: ``<title>`` and what is meant for social media have the name
of the site in them, an ``h1`` may be the site's logo, all may be cut. What several places agree on is the title.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from index.text.languages import LANGUAGES
from index.text.sanitize import storable

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_LONGEST = 1_000  # characters of what can be a title or a name
_JSON_LIMIT = 500_000  # characters of JSON-LD that are read on a page
_NODES = 2_000  # objects and lists of it that are looked at
_HEADINGS = 5  # of a page that can be its title
_SITE_WORDS = 5  # the most words of a site's name
_STEM = 12  # letters and digits that a cut title must have before it is completed

_SEPARATOR = re.compile(r"\s(?:[|·•–—»«›‹/\\~¦┃｜-]|::|:)\s|[|｜¦┃_]|(?<=\S):\s|：")
_TAG = re.compile(r"<[/!]?[a-zA-Z][^<>]*>")
_SPACE_BEFORE_MARK = re.compile(r"(?<=\w)[ ]([,.;)])")
_CUT = re.compile(r"(?:…|\.\.\.|\[…\])$")
_FILE = re.compile(r"^\S+\.(?:docx?|pdf|indd|pptx?|xlsx?|odt|rtf|txt|html?|tex|dvi|qxd|pages)$", re.IGNORECASE)
_OFFICE = re.compile(
    r"^(?:Microsoft (?:Word|PowerPoint|Excel)|PowerPoint[ -]Pr[eä]senta\w*|Slide \d|Layout \d|Binder ?\d|Print)\b", re.IGNORECASE
)
_SITE_ENDS = ("online", "news", "blog", "magazine", "com", "net", "org", "de", "fr", "es", "it", "newsroom", "pressroom", "press")
_NO_TITLES = frozenset(
    (
        *("untitled", "untitleddocument", "notitle", "title", "document", "index", "default", "null", "undefined", "none", "slide1"),
        *("microsoftword", "newtab", "article", "post", "page", "wordpress", "justamoment", "loading"),
    )
)
_ARTICLES = frozenset(
    (
        *("article", "newsarticle", "blogposting", "techarticle", "reportagenewsarticle", "analysisnewsarticle", "opinionnewsarticle"),
        *("liveblogposting", "report", "scholarlyarticle", "socialmediaposting", "reviewnewsarticle", "review", "advertisercontentarticle"),
    )
)
_META = frozenset(
    (
        *("og:title", "twitter:title", "headline", "citation_title", "dc.title", "dcterms.title", "parsely-title", "og:site_name"),
        *("application-name", "twitter:site", "apple-mobile-web-app-title"),
    )
)
_SPACED = frozenset(("span", "div", "p", "br", "small", "header", "h2", "h3"))


def _key(text: str) -> str:
    """Letters and digits alone, by which titles and names are compared."""
    return "".join(filter(str.isalnum, text.casefold()))


_MENU = frozenset(_key(heading) for language in LANGUAGES.values() for heading in language.pages.menu)


def title_of(page: HtmlElement, host: str | None = None) -> str | None:
    """The title of the article on a page, without the name of its site; None where the page states none.

    Args:
        page: the whole page, with its head.
        host: of the page's address.
    """
    stated = _stated(page)
    headings = [text for heading in page.xpath("(//h1)[position() <= $most]", most=_HEADINGS) if (text := clean(_text(heading)))]
    sites = _site_keys(page, stated, host)
    whole = {"h1": headings, "headline": stated["headline"], "social": stated["social"], "title": stated["title"]}
    certain = {_key(text) for text in (*headings, *whole["headline"]) if _key(text) not in sites}
    weights: dict[str, float] = {}
    spelled: dict[str, str] = {}
    candidates = [
        (weight / max(len(texts), 1), stripped)
        for (kind, texts), weight in zip(whole.items(), (3.2, 3.0, 2.8, 2.4), strict=True)
        for text in texts
        if is_title(stripped := text if kind == "h1" else _without_site(text, sites, certain)) and _key(stripped) not in sites
    ]
    candidates = [(weight, _completed(text, [other for _, other in candidates])) for weight, text in candidates]
    for weight, text in candidates:
        key = _key(text)
        spelled.setdefault(key, text)
        weights[key] = weights.get(key, 0) + weight
    return spelled[max(weights, key=lambda key: weights[key])] if weights else None


def publisher_of(page: HtmlElement) -> str | None:
    """Who publishes a page, as it states it itself: never the name of an account, nor an author's."""
    stated = _stated(page)
    return next((name for name in stated["site"] if not name.startswith("@") and any(map(str.isalnum, name))), None)


def clean(text: str | None) -> str:
    """A title or a name without markup, on one line; empty where it is too long to be either. Entities are read, those of entities too."""
    if not text or len(text) > 4 * _LONGEST:
        return ""
    unescaped = _TAG.sub("", html.unescape(html.unescape(text)))
    visible = "".join(mark for mark in unescaped if mark in "\n\t\r" or unicodedata.category(mark) not in ("Cc", "Cf", "Cs"))
    folded = " ".join(storable(visible).split())
    return folded if len(folded) <= _LONGEST else ""


def is_title(text: str | None) -> bool:
    """Whether a text can be the title of an article, rather than the name of a file, a menu or nothing at all."""
    if not text or not any(map(str.isalnum, text)):
        return False
    key = _key(text)
    return not (_FILE.match(text) or _OFFICE.match(text) or key in _NO_TITLES or key in _MENU)


def _stated(page: HtmlElement) -> dict[str, list[str]]:
    """What the head of a page says: titles and names of the site, by where they stand, cleaned."""
    meta: dict[str, str] = {}
    for element in page.iter("meta"):
        name = (element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
        if name in _META and (text := clean(element.get("content"))):
            meta.setdefault(name, text)
    headlines, publishers = [], []
    for node in json_ld(page):
        if _types(node) & _ARTICLES:
            headlines.append(clean(_string(node.get("headline")) or _string(node.get("name"))))
            publishers.append(clean(_name(node.get("publisher"))))
    headlines += [clean(_text(element)) for element in page.xpath("(//*[@itemprop='headline'])[position() <= 2]")]
    headlines += [meta.get(name, "") for name in ("headline", "citation_title", "dc.title", "dcterms.title", "parsely-title")]
    return {
        "title": [text for element in page.xpath("(//head//title | /html/title)[1]") if (text := clean(_text(element)))],
        "social": _distinct(meta.get(name, "") for name in ("og:title", "twitter:title")),
        "headline": _distinct(headlines)[:2],
        "site": _distinct([meta.get("og:site_name", ""), *list(filter(None, publishers))[:1], meta.get("application-name", "")]),
        "hints": _distinct([meta.get("twitter:site", "").removeprefix("@"), meta.get("apple-mobile-web-app-title", ""), *publishers]),
    }


def json_ld(page: HtmlElement) -> Iterator[Mapping[str, object]]:
    """The objects of a page's JSON-LD, outermost first; what cannot be read is left out."""
    left = _JSON_LIMIT
    waiting: list[object] = []
    for script in page.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and (text := script.text):
            left -= len(text)
            if left < 0:
                break
            try:
                waiting.append(json.loads(text, strict=False))
            except (ValueError, RecursionError):
                continue
    for place, node in enumerate(waiting):  # which grows as it is read
        if place == _NODES:
            return
        if isinstance(node, dict):
            yield node
            waiting += [value for value in node.values() if isinstance(value, dict | list)]
        elif isinstance(node, list):
            waiting += [value for value in node if isinstance(value, dict | list)]


def _types(node: Mapping[str, object]) -> set[str]:
    kinds = node.get("@type")
    return {kind.rsplit("/", 1)[-1].lower() for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)}


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _name(value: object) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    return _string(value.get("name")) if isinstance(value, dict) else _string(value)


def _distinct(texts: Iterable[str]) -> list[str]:
    return list({_key(text): text for text in texts if text}.values())


def _text(element: HtmlElement) -> str:
    """The words of a heading; parts that stand on lines or in boxes of their own are kept apart."""
    from lxml.etree import iterwalk

    parts: list[str] = []
    for event, child in iterwalk(element, events=("start", "end")):
        is_apart = child is not element and child.tag in _SPACED
        # A letter that is set apart is the beginning of a word.
        if is_apart and (event == "end" or child.tag != "span") and len((child.text or "").strip()) != 1:
            parts.append(" ")
        if event == "start":
            parts.append((child.text or "") if child.tag not in ("script", "style") else "")
        elif child is not element:
            parts.append(child.tail or "")
    return _SPACE_BEFORE_MARK.sub(r"\1", "".join(parts))


def _site_keys(page: HtmlElement, stated: Mapping[str, list[str]], host: str | None) -> frozenset[str]:
    """By what the name of the site can be known."""
    names = [*stated["site"], *stated["hints"]]
    for link in page.xpath("(//a[@href='/' or @rel='home'])[position() <= 4]"):
        names += [clean(text) for text in (_text(link), link.get("title"), *link.xpath("(.//img/@alt)[1]"))]
    for feed in page.xpath("(//link[@type='application/rss+xml' or @type='application/atom+xml']/@title)[position() <= 2]"):
        names.append(_SEPARATOR.split(clean(feed), maxsplit=1)[0])
    keys = {_key(name) for name in names if name and len(name.split()) <= _SITE_WORDS}
    if host:
        labels = host.lower().removeprefix("www.").split(".")
        keys |= {label for label in labels[:-1] if len(label) > 2 and label not in ("com", "org", "gov")}
        keys |= {"".join(labels), "".join(labels[-2:]), "".join(labels[:-1])}
    own = {_key(text) for text in (*stated["title"], *stated["headline"])}
    keys = {key for key in keys if key} - _MENU
    return frozenset(keys - own if len(keys - own) else keys)


def _is_site(part: str, sites: Collection[str]) -> bool:
    key = _key(part)
    bare = key.removeprefix("the")
    if key in sites or bare in sites:
        return True
    if len(part.split()) > _SITE_WORDS:
        return False
    return any(len(site) > 2 and bare.startswith(site) and bare[len(site) :] in _SITE_ENDS for site in sites)


def _without_site(title: str, sites: Collection[str], certain: Collection[str]) -> str:
    """A title without the names of its site and section, where it can be known that they are these.

    Args:
        certain: keys of what headings of the article say, which name no site.
    """
    if _key(title) in certain:
        return title
    borders = [(0, 0), *(match.span() for match in _SEPARATOR.finditer(title)), (len(title), len(title))]
    parts = [title[before[1] : after[0]].strip() for before, after in pairwise(borders)]
    first, last = 0, len(parts) - 1

    def span(start: int, end: int) -> str:
        return title[borders[start][1] : borders[end + 1][0]].strip()

    by_site = False
    while last > first and _is_site(parts[last], sites) and borders[last][0] != borders[last][1]:
        if title[borders[last][0] : borders[last][1]].strip() in (":", "："):
            break
        last, by_site = last - 1, True
    while first < last and _is_site(parts[first], sites):
        colon = title[borders[first + 1][0] : borders[first + 1][1]].strip() in (":", "：")
        rest = span(first + 1, last)
        # "Claude: a guide" is a title of a site of that name: only a whole headline can stand behind a colon.
        if colon and _key(rest) not in certain and (len(rest.split()) < 3 or rest[0].islower()):
            break
        first, by_site = first + 1, True
    # What stands beside a heading is a section, or a site whose name is stated nowhere.
    for start in range(first, last + 1):
        for end in range(last, start - 1, -1):
            if (start, end) == (first, last) or _key(span(start, end)) not in certain:
                continue
            beside = [part for place, part in enumerate(parts) if not start <= place <= end]
            by_bar = all(title[slice(*borders[place])].strip() not in (":", "：") for place in range(end + 1, len(parts)))
            if all(len(part.split()) <= _SITE_WORDS for part in beside) and (by_site or (by_bar and len(span(start, end).split()) > 1)):
                return span(start, end)
        if last - first > 8:
            break
    if by_site:
        while last > first and _key(parts[last]) in _MENU:
            last -= 1
    return span(first, last)


def _completed(text: str, others: Iterable[str]) -> str:
    """A title that ends in an ellipsis, as another place has it whole."""
    if not (cut := _CUT.search(text)):
        return text
    stem = _key(text[: cut.start()])
    if len(stem) < _STEM and not any(mark > "\u3040" for mark in stem):
        return text
    return max((other for other in others if _key(other).startswith(stem) and not _CUT.search(other)), key=len, default=text)
