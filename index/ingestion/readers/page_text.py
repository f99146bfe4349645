"""The text of a page, a block on each line: trafilatura finds what its article is, and the blocks are told apart here.

Before it looks, what pages put around and into an article is taken out by the structure of the page (:func:`_prune`), containers
that an article is spread over are put together, and breaks are marked. What it takes for the article is then written as lines
(:func:`_lines`), without such as are furniture by their words (:mod:`index.ingestion.readers.furniture`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import dropwhile, islice
from typing import Any, TypeAlias

from index.ingestion.readers.furniture import is_furniture, is_stamp

Element: TypeAlias = Any
"""An element of lxml, which has no types."""

_BREAK = "\u2424"  # stands for <br> while trafilatura has the page: it keeps what is text
_ROW = "\t"  # stands before a row of a table until lines are put together
_CLOSED = re.compile(r"[.!?:;。！？：；…][\"'”»’)\]」』]*$")
_BULLET = re.compile(r"[-*•‣▪·–—]\s|\d{1,2}[.)]\s")
_MARKED = re.compile(r"(?:[-*•‣▪·–—]\s+)+")

_HEADINGS = {"head": 1} | {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    "p head h1 h2 h3 h4 h5 h6 list ul ol item li table row tr cell td th quote blockquote pre code div section article main body "
    "header footer figure figcaption dl dt dd details summary address center hr form fieldset".split()
)
_ITEMS = frozenset(("item", "li"))
_UNREAD = frozenset("script style noscript template svg head title button select option textarea iframe graphic img".split())

_AROUND = frozenset(("nav", "footer", "aside", "dialog", "figcaption", "button", "form"))
_INLINE = frozenset("h1 a span td th head title meta link script".split())
_NEVER_BY_NAME = frozenset(("article", "table", "tr", "header"))
_ROLES = frozenset("navigation contentinfo complementary banner dialog alertdialog search menu".split())
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:related|recommend(?:ed|ations?)|read-?(?:more|also|next)|see-?also|more-?(?:stories|on|from|news)|newsletter|"
    r"share|sharing|social|sharedaddy|cookies?|consent|gdpr|paywall|promo|promoted|advert\w*|ads?|sponsor\w*|outbrain|taboola|"
    r"breadcrumbs?|comments?|comment-?list|disqus|byline|tags?|tag-?list|tag-?cloud|caption|wp-caption-text|credits?|most-?(?:read|popular)|trending|"
    r"teasers?|up-?next|also-?like|author-?(?:bio|box|card)|subscri(?:be|ption)\w*|sign-?up|toc|table-of-contents|skip-?link|pagination|"
    r"post-?nav\w*|print-?only|sr-only|visually-hidden|screen-reader-text)(?:$|[\s_-])",
    re.IGNORECASE,
)
_BODY = re.compile(
    r"(?:article|story|post|entry|body|content|news)[\s_-]*(?:__)?(?:body|content|text|copy|container|inner)|articleBody|main-?text|fulltext",
    re.IGNORECASE,
)
_DEK = re.compile(
    r"(?:^|[\s_-])(?:dek|deck|standfirst|sub-?titles?|sub-?heading|sub-?headline|lede?|chap[oô]|chapeau|sapo|vorspann|intro(?:duction|text)?|"
    r"entradilla|bajada|sottotitolo|occhiello|sommario|summary|abstract|excerpt|linha-?fina|article-description|zhaiyao|daoyu)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MOST = 0.4  # of a page's text; what has more is the article, whatever its class says
_LINKED = 0.75  # of a block's text that is in links, with which it leads elsewhere
_ALL_LINKED = 0.95  # likewise, of a whole page
_DEK_LENGTHS = range(30, 600)  # characters
_FEW_PARAGRAPHS = 0.2  # of a page's text; where they have less, its containers are its paragraphs
_CELL_LIMIT = 2000  # characters; a longer cell lays out a page
_FEW = 200  # characters; a text that is shorter is compared with what else the page has
_LONGER = 1.25  # times, as much as a text has to be longer to be taken for the better one
_KEY = 40  # characters by which a line is known again
_NEAR = 13  # elements from the headline on, among which its standfirst is
_MANY = 10_000  # elements; a page with more is looked at once
_WORD = re.compile(r"\w[\w.+-]*")


@dataclass(frozen=True, slots=True)
class _Extent:
    """How much text an element has, in characters: all of it, and what is in links."""

    text: int
    linked: int


@dataclass(frozen=True, slots=True)
class _Title:
    """A page's headline, folded, and the names and numbers in it, of which an article has one or more in its text."""

    head: str
    names: frozenset[str]


@dataclass(slots=True)
class _Row:
    cells: list[str] = field(default_factory=list)
    heads: int = 0


def main_text(tree: Element, address: str | None = None) -> str:
    """The main text of a page by the contract of :attr:`index.ingestion.readers.draft.Draft.text`; empty where there is none.

    Args:
        tree: the page as lxml parsed it; it is changed.
        address: where it stands on the web, if it does.
    """
    title, dek = _title(tree), _description(tree)
    for unread in list(tree.iter("script", "style")):
        if unread.get("type") != "application/ld+json":  # by which trafilatura knows a forum
            unread.drop_tree()
    _mark_breaks(tree)
    extents = _extents(tree)
    _join_containers(tree, extents)
    _prune(tree, extents)
    _name_paragraphs(tree, extents)
    lines = _kept(_lines(_body(tree, address)))
    text = "\n".join(lines)
    if len(extents) < _MANY and (len(text) < _FEW or not _is_of(title, text)):
        lines = _better(tree, address, title, lines)
    return _joined(_with_dek(tree, dek, _with_headings(tree, lines)))


def _body(tree: Element, address: str | None, *, recall: bool = False) -> Element | None:
    import trafilatura
    from trafilatura.settings import Document

    page = trafilatura.bare_extraction(
        tree, url=address, include_comments=False, include_tables=True, favor_recall=recall, with_metadata=False
    )
    return page.body if isinstance(page, Document) else None


def _better(tree: Element, address: str | None, title: _Title, lines: list[str]) -> list[str]:
    """What else may be the article: what is found when recall is favoured, else all that the page's main part shows."""
    main = next(iter(tree.xpath("(//article | //main | //*[@role='main'])[1] | //body[not(.//article | .//main)]")), tree)
    whole = _kept(_lines(main))
    if sum(map(len, whole)) <= _LONGER * sum(map(len, lines)):
        return lines  # there is hardly more to be found
    wider = _kept(_lines(_body(tree, address, recall=True)))
    candidates = [lines, wider]
    if len("\n".join(wider)) < _FEW or not _is_of(title, "\n".join(wider)):
        candidates.append(whole)
    named = [each for each in candidates if _is_of(title, "\n".join(each))] or candidates
    best = named[0]
    for each in named[1:]:
        if sum(map(len, each)) > _LONGER * sum(map(len, best)):
            best = each
    return best


def _title(tree: Element) -> _Title:
    heads = tree.xpath("//h1") or tree.xpath("//title")
    head = " ".join(heads[0].text_content().split())[:300].casefold() if heads else ""
    written = heads[0].text_content()[:300] if heads else ""
    words = (word.rstrip(".+-") for word in _WORD.findall(written))
    return _Title(head, frozenset(word.casefold() for word in words if _is_name(word)))


def _is_name(word: str) -> bool:
    """Whether a word of a headline is written like a name or a number in Latin letters, and long enough to mean something."""
    return word[0].isascii() and (word[0].isupper() or any(map(str.isdigit, word))) and (len(word) > 2 or word.isdigit())


def _is_of(title: _Title, text: str) -> bool:
    """Whether a text has a name or a number of a headline beside the headline itself; any has where a headline has no names."""
    folded = text.casefold()
    if title.head:
        folded = folded.replace(title.head, " ", 1)
    return not title.names or any(name in folded for name in title.names)


def _description(tree: Element) -> str:
    metas = tree.xpath("//meta[@name='description' or @property='og:description']/@content")
    return " ".join(metas[0].split()) if metas else ""


def _mark_breaks(tree: Element) -> None:
    for element in tree.iter("pre"):
        for inner in element.iter():
            inner.text = (inner.text or "").replace("\n", f" {_BREAK} ")
            if inner is not element:
                inner.tail = (inner.tail or "").replace("\n", f" {_BREAK} ")
    for element in list(tree.iter("br")):
        element.tail = f" {_BREAK} {element.tail or ''}"
        element.drop_tag()


def _extents(tree: Element) -> dict[Element, _Extent]:
    """How much text each element has, in one pass."""
    from lxml import etree

    extents: dict[Element, _Extent] = {}
    begun: list[tuple[int, int]] = []
    text = linked = links = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        unread = element.tag in _UNREAD
        if event == "start":
            begun.append((text, linked))
            links += element.tag == "a"
            more = 0 if unread else len((element.text or "").strip())
        else:
            links -= element.tag == "a"
            before = begun.pop()
            extents[element] = _Extent(text - before[0], linked - before[1])
            more = len((element.tail or "").strip())
        text += more
        linked += more if links else 0
    return extents


def _join_containers(tree: Element, extents: dict[Element, _Extent]) -> None:
    """Puts the parts of an article that is spread over containers of one kind, with other things between them, into the first."""
    alike: dict[tuple[str, str, Element], list[Element]] = defaultdict(list)
    for element in tree.iter("div", "section"):
        name = element.get("class") or element.get("data-component") or ""
        if not _BODY.search(name) or extents[element].text < 80 or element.find(".//h1") is not None:
            continue
        if any(child.tag == "p" for child in element.iter("p")):
            article = next(element.iterancestors("article"), None)
            alike[element.tag, name, article].append(element)
    for (_, _, article), parts in alike.items():
        if article is None and len(list(tree.iter("article"))) > 1:
            continue
        first, ends = parts[0], set(parts[0].iterancestors())
        for part in parts[1:]:
            if (
                first in part.iterancestors()
                or part in ends
                or any(_FURNITURE.search(up.get("class") or "") for up in part.iterancestors())
            ):
                continue
            if _share_linked(extents[part]) < 0.5:
                first.append(part)


def _share_linked(extent: _Extent) -> float:
    return extent.linked / extent.text if extent.text else 0.0


def _prune(tree: Element, extents: dict[Element, _Extent]) -> None:
    """Takes out what stands around the article, or between its paragraphs, by tags, roles, classes and links."""
    page = extents.get(tree, _Extent(0, 0))
    if page.linked >= _ALL_LINKED * page.text:
        return  # a list of links is all that there is, as in a feed's words
    whole = max(1, page.text)
    gone: list[Element] = []
    for element in tree.iter():
        extent = extents.get(element)
        if extent is None or element.tag in ("html", "body", "main") or extent.text > _MOST * whole:
            continue
        if _is_around(element, extent):
            gone.append(element)
    for element in gone:
        if element.getparent() is not None:
            element.drop_tree()


def _is_around(element: Element, extent: _Extent) -> bool:
    tag, name = element.tag, f"{element.get('class') or ''} {element.get('id') or ''}"
    if tag in _INLINE:
        return False
    if tag in _AROUND or element.get("role") in _ROLES or (tag not in _NEVER_BY_NAME and name != " " and _FURNITURE.search(name)):
        return element.find(".//h1") is None
    if tag == "pre":
        return element.find("code") is not None
    if tag == "p" and extent.text > 25 and extent.linked == extent.text:
        # a paragraph that is a link alone leads to another article, unless it is a sentence
        return not _CLOSED.search(element.text_content().strip()[-_KEY:])
    if tag in ("ul", "ol") and len(element) >= 3 and extent.text and extent.linked >= _ALL_LINKED * extent.text:
        return next(element.iterancestors("ul", "ol"), None) is None and element.getparent().tag != "body"
    return (tag in ("h2", "h3", "h4", "h5") or (tag in ("p", "div") and extent.text < 40)) and _heads_links(element)


def _heads_links(element: Element) -> bool:
    """Whether an element is a heading of other articles; their list is named as such, so that it goes as well."""
    after = element.getnext()
    if after is None or after.tag not in ("ul", "ol", "div") or not is_furniture(f"# {_plain(element)}"):
        return False
    if len(after) and _share_linked(_Extent(len(after.text_content().strip()), _linked(after))) >= _LINKED:
        after.set("class", "related")
    return True


def _name_paragraphs(tree: Element, extents: dict[Element, _Extent]) -> None:
    """Makes paragraphs of what are some by their place: standfirsts in headings; the innermost containers where a page has none."""
    for element in tree.iter("h2", "h3", "h4"):
        name = element.get("class") or ""
        if name and _DEK.search(name) and extents[element].text > _DEK_LENGTHS.start:
            element.tag = "p"
    whole = extents[tree].text if tree in extents else 0
    if sum(extents[each].text for each in tree.iter("p", "li", "pre", "td") if each in extents) > _FEW_PARAGRAPHS * whole:
        return
    for element in tree.iter("div"):
        extent = extents.get(element)
        if extent and extent.text and _share_linked(extent) < 0.5 and not any(child.tag in _BLOCKS for child in element):
            element.tag = "p"


def _with_headings(tree: Element, lines: list[str]) -> list[str]:
    """The lines, with such headings before them as stand there on the page and were lost."""
    places = {_key(line): place for place, line in reversed(list(enumerate(lines))) if line}
    before: dict[int, str] = {}
    heading = ""
    for element in tree.iter("h2", "h3", "h4", "p", "li"):
        key = _key("".join(islice(element.itertext(), _KEY)))
        if element.tag in _HEADINGS:
            heading = "" if key in places else f"# {_plain(element)}"
        elif key:
            place = places.get(key)
            if heading and place is not None and not is_furniture(heading):
                before.setdefault(place, heading)
            heading = ""
    return [line for place, each in enumerate(lines) for line in ((before[place], each) if place in before else (each,))]


def _key(text: str) -> str:
    """By what a line of the text, and the block that it is from, are known to be the same."""
    return "".join(text[: 4 * _KEY].replace(_BREAK, " ").lstrip("#- \t\n").split())[:_KEY]


def _linked(element: Element) -> int:
    return sum(len(link.text_content().strip()) for link in element.iter("a"))


def _lines(body: Element | None) -> Iterator[str]:  # noqa: PLR0912 - a branch for each kind of block
    """What an element shows, a block on each line; an empty line is where a list or a table ends.

    Args:
        body: in HTML, or in the tags of TEI that trafilatura uses.
    """
    from lxml import etree

    if body is None:
        return
    walk = etree.iterwalk(body, events=("start", "end"))
    parts: list[str] = []
    prefix = ""
    term = ""
    for event, element in walk:
        tag = element.tag
        if not isinstance(tag, str) or (tag in _UNREAD and not (tag == "head" and element is not body)):
            if event == "start":
                walk.skip_subtree()
            elif element is not body:
                parts.append(element.tail or "")
            continue
        block = tag in _BLOCKS
        if block:
            lines = list(_block(parts, prefix))
            if term and lines and (tag in ("dd", "item", "dl", "list") or event == "end"):
                lines[0], term = f"{_ROW}{term.rstrip(':：')}: {_MARKED.sub('', lines[0])}", ""
            yield from lines
            parts = []
        if event == "start":
            rend = element.get("rend") or ""
            if tag == "table":
                yield from _table(element)
                walk.skip_subtree()
                continue
            if tag == "dt" or rend.startswith("dt"):
                if term:
                    yield f"- {term}"
                term = _plain(element)
                walk.skip_subtree()
                continue
            if tag in _HEADINGS:
                prefix = "# "
            elif tag in _ITEMS or tag == "dd":
                prefix = "- "
            parts.append(element.text or "")
        else:
            if tag in _HEADINGS or tag in _ITEMS or tag in ("dd", "p"):
                prefix = "" if not (tag == "p" and _in_item(element)) else prefix
            if tag in ("list", "ul", "ol", "dl", "table") and next(element.iterancestors("list", "ul", "ol"), None) is None:
                yield ""
            if element is not body:
                parts.append(element.tail or "")
    yield from _block(parts, prefix)


def _in_item(element: Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag in _ITEMS and element is parent[0]


def _block(parts: list[str], prefix: str) -> Iterator[str]:
    """The lines of one block's text: paragraphs end at two breaks, lines at one that stands between sentences."""
    text = "".join(parts)
    if not text or text.isspace():
        return
    if _BREAK not in text:
        yield _written(" ".join(text.split()), prefix)
        return
    pieces: list[str] = []
    for piece in text.split(_BREAK):
        line = " ".join(piece.split())
        if pieces and (not line or _CLOSED.search(pieces[-1][-_KEY:]) or _BULLET.match(line)):
            yield _written(" ".join(pieces), prefix)
            pieces = []
        if line:
            pieces.append(line)
    if pieces:
        yield _written(" ".join(pieces), prefix)


def _written(line: str, prefix: str) -> str:
    if prefix == "# ":
        return f"# {line}"
    marked = _MARKED.match(line)
    if marked and any(map(str.isalnum, line[marked.end() :])):
        return f"- {line[marked.end() :]}"
    return prefix + line


def _plain(element: Element) -> str:
    """All that an element shows, on one line."""
    return " ".join("".join(element.itertext()).replace(_BREAK, " ").split())


def _table(table: Element) -> Iterator[str]:
    """The rows of a table, each with the names of its columns; or its cells as blocks where it lays out a page."""
    rows: list[_Row] = []
    for element in table.iter("row", "tr"):
        row = _Row()
        for cell in element:
            if cell.tag in ("cell", "td", "th"):
                row.cells.append(_plain(cell))
                row.heads += cell.tag == "th" or cell.get("role") == "head"
        if any(row.cells):
            rows.append(row)
    width = max((len(row.cells) for row in rows), default=0)
    if width < 2 or any(len(cell) > _CELL_LIMIT for row in rows for cell in row.cells):
        yield from (cell for row in rows for cell in row.cells if cell)
        return
    columns: list[str] = []
    if rows[0].heads == len(rows[0].cells) or (width > 2 and len(rows) > 1 and _are_names(rows[0].cells, rows[1].cells)):
        columns = rows.pop(0).cells
    yield ""
    for row in rows:
        if columns and row.heads < max(2, len(row.cells)):
            named = zip((*columns, *[""] * len(row.cells)), row.cells, strict=False)
            yield _ROW + "; ".join(f"{column}: {cell}" if column else cell for column, cell in named if cell)
        elif len(row.cells) == 2 and all(row.cells):
            yield f"{_ROW}{row.cells[0].rstrip(':：')}: {row.cells[1]}"
        else:
            yield _ROW + "; ".join(filter(None, row.cells))
    yield ""


def _are_names(first: list[str], second: list[str]) -> bool:
    """Whether a first row without marks of a header has the names of columns: short words, above figures."""
    return all(cell and len(cell) < 30 and not any(map(str.isdigit, cell)) for cell in first) and any(
        any(map(str.isdigit, cell)) for cell in second
    )


def _kept(lines: Iterable[str]) -> list[str]:
    """Those that are text. A day that stands by itself is one after the first paragraph, where it heads what follows."""
    kept: list[str] = []
    begun = False
    for line in lines:
        if line and not line.startswith(_ROW) and is_furniture(line) and not (begun and is_stamp(line)):
            continue
        if line and line != "- " and kept and line == kept[-1]:
            continue
        kept.append(line)
        begun = begun or len(line) > 80
    while kept and (not kept[-1] or kept[-1].startswith("# ")):
        kept.pop()
    return kept


def _with_dek(tree: Element, description: str, lines: list[str]) -> list[str]:
    """The lines, with the standfirst before them where it is in a container of its own."""
    heads = tree.xpath("//h1")
    if not heads or not lines:
        return lines
    squeezed = "".join("".join(lines).split())
    following = dropwhile(lambda each: each is not heads[0], tree.iter("h1", "p", "div", "h2", "h3", "span"))
    for element in islice(following, 1, _NEAR):
        if element.xpath("boolean(.//p | .//div | .//h2 | .//ul)"):
            continue
        text = _plain(element)
        if len(text) not in _DEK_LENGTHS or is_furniture(text) or _linked(element) > len(text) // 2:
            continue
        name = " ".join(f"{each.get('class') or ''} {each.get('id') or ''}" for each in (element, element.getparent()))
        if not (_DEK.search(name) or (description and text == description)):
            continue
        if "".join(text.split()) in squeezed:
            return lines
        start = 1 if lines[0].startswith("# ") else 0
        return [*lines[:start], text, *lines[start:]]
    return lines


def _joined(lines: Iterable[str]) -> str:
    """Lines with blank ones between blocks, except between the items of one list and the rows of one table."""
    written: list[str] = []
    before = ""
    gap = True
    for line in lines:
        if not line:
            gap = True
            continue
        together = not gap and line.startswith("- ") and before.startswith("- ")
        row = not gap and line.startswith(_ROW) and before.startswith(_ROW)
        if written and not (together or row):
            written.append("")
        written.append(line.lstrip(_ROW))
        before, gap = line, False
    return "\n".join(written)
