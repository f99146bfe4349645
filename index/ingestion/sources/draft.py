"""What was read, before it is an article: bytes decoded, front matter and HTML metadata taken apart, gaps filled in."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import yaml

from index.ingestion.sources import page_checks
from index.ingestion.sources.address import AddressError, is_address, parse
from index.model.articles import EVERYBODY, Article, article_id
from index.model.errors import ArticleError
from index.text import language
from index.text.sanitize import storable

TEXT_LIMIT = 2_000_000
"""The longest text of an article, in characters: two long books. What unfolds to more is no article."""

NAME_LIMIT = 300
"""The longest title, or name of a publisher, in characters; a title stands before each sentence that is embedded."""

_HEADING_LIMIT = 120  # characters of a first line that serves as a title
_MATTER_LIMIT = 10_000  # characters of front matter: people write some hundreds, and to understand more may take seconds
_SHOWN = 40  # characters of what is no date
_CHAOS = 0.02  # of charset-normalizer: a difference that says nothing
_FRONT_MATTER = re.compile(r"\s*---[^\S\n]*\r?\n(.*?)^---[^\S\n]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_OPENED = re.compile(r"\s*---[^\S\n]*\r?\n\s*\w+:")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"))
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_HEAD = 1024  # bytes in which a page names its encoding
_WEB_BEGAN = 1991
_AHEAD = timedelta(days=1)
_SET = datetime(2020, 1, 1, tzinfo=UTC)  # before Shipdate was written: a clock that shows less was never set
_EVER = {"min_date": "1900-01-01", "max_date": "2999-12-31"}
_UTF16_BE = (codecs.BOM_UTF16_BE, "utf-16")


@dataclass(frozen=True, slots=True)
class Draft:
    """An article's text, and what it says of itself; whatever it does not say is None.

    Attributes:
        etag, modified: by which its web server can be asked whether it has changed.

    Raises:
        ArticleError: the text is longer than :data:`TEXT_LIMIT`.
    """

    source: str
    text: str
    title: str | None = None
    url: str | None = None
    publisher: str | None = None
    published: datetime | None = None
    language: str | None = None
    etag: str | None = None
    modified: str | None = None

    def __post_init__(self) -> None:
        if len(self.text) > TEXT_LIMIT:
            raise ArticleError(f"it has {len(self.text):,} characters of text; at most {TEXT_LIMIT:,} can be read, so split it.")

    @property
    def digest(self) -> str:
        """Changes exactly when the article does, in its text or in what it says of itself."""
        said = (self.text, self.title, self.url, self.publisher, self.published and self.published.isoformat(), self.language)
        return sha256(repr(said).encode()).hexdigest()

    @property
    def text_digest(self) -> str:
        """The same for two articles with the same words, whatever their white space."""
        return sha256(" ".join(self.text.split()).encode()).hexdigest()

    def article(self, scope: str = EVERYBODY) -> Article:
        """The article, with title and language worked out where it does not say them. A missing date stays missing."""
        return Article(
            id=article_id(self.source, scope),
            source=self.source,
            url=self.url or self.source,
            title=shortened(self.title) if self.title else _first_line(self.text),
            text=self.text,
            language=self.language or language.detect(self.text),
            publisher=shortened(self.publisher) if self.publisher else None,
            published=self.published,
            scope=scope,
        )


def shortened(name: str, limit: int = NAME_LIMIT - 2) -> str:
    """A title or a name; what goes beyond the limit is cut after a word, and an ellipsis put in its place."""
    if len(name) <= limit:
        return name
    return name[:limit].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"


def from_text(content: bytes, source: str, *, charset: str | None = None) -> Draft:
    """A Markdown or plain text file, with or without YAML front matter.

    Args:
        charset: its encoding, as its server names it.

    Raises:
        ArticleError: binary, empty, or with front matter that cannot be understood (the line is named, or what cannot be).
    """
    text = decode(content, charset)
    said: Mapping[str, str] = {}
    if matter := _FRONT_MATTER.match(text):
        said = _front_matter(matter.group(1), first_line=text[: matter.start(1)].count("\n") + 1)
        text = text[matter.end() :]
    elif _OPENED.match(text):
        raise ArticleError("the front matter that opens with --- on line 1 is never closed; end it with a line of ---.")
    text = text.strip()
    if not any(map(str.isalnum, text)):
        raise ArticleError("there is no text in it.")
    published = said.get("published")
    return Draft(
        source=source,
        text=text,
        title=said.get("title"),
        url=str(parse(url)) if (url := said.get("url")) and is_address(url) else None,  # what makes sites has paths there
        publisher=said.get("publisher"),
        published=moment(published) if published else None,
        language=said.get("language"),
    )


def from_html(content: bytes, source: str, *, address: str | None = None, charset: str | None = None) -> Draft:
    """A web page: its main text and its metadata, by trafilatura. Menus, comments and advertisements are left out.

    Args:
        address: where it stands on the web, if it does.
        charset: its encoding, as its server names it.

    Raises:
        ArticleError: binary, or no article can be found in the page; the text says what was seen instead.
    """
    import trafilatura
    from trafilatura.settings import Document

    page = decode(content, charset or _named_in(content))
    # A date is only taken from where a page states it: the wider search would guess one from any digits on the page. A date
    # that cannot be is found, too, and not believed afterwards; else the next best digits would be taken.
    found = trafilatura.bare_extraction(
        page,
        url=address,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        date_extraction_params={"extensive_search": False, "original_date": True, **_EVER},
    )
    text = (found.text or "" if isinstance(found, Document) else "").strip()
    if len(text) < page_checks.SHORT and (instead := page_checks.seen(page, text)):
        raise ArticleError(instead)
    if not isinstance(found, Document) or not any(map(str.isalnum, text)):
        raise ArticleError("no article text can be found in this page.")
    return Draft(
        source=source,
        text=text,
        title=found.title,
        url=_spelled(found.url),
        publisher=found.sitename or found.author,
        published=credible(moment(found.date)) if found.date else None,
        language=found.language,
    )


def _spelled(url: str | None) -> str | None:
    """The address that a page names; None where it is none."""
    try:
        return str(parse(url)) if url else None
    except AddressError:
        return None


def credible(published: datetime | None) -> datetime | None:
    """The date that a machine wrote, unless it is older than the web or not yet come: then nobody knows it."""
    return None if published is None or published.year < _WEB_BEGAN or is_to_come(published, datetime.now(UTC)) else published


def is_to_come(published: datetime, now: datetime) -> bool:
    """Whether a date lies further ahead than time zones and clocks that go wrong explain; by a clock that was never set, none does."""
    return published - _AHEAD > now >= _SET


def _named_in(content: bytes) -> str | None:
    """The encoding that a page names at its head."""
    named = _META_CHARSET.search(content[:_HEAD])
    return named.group(1).decode("ascii") if named else None


def decode(content: bytes, named: str | None = None) -> str:
    """Text in whatever encoding it is in: by its byte-order mark, as UTF-8, as it is ``named``, else by charset-normalizer's best guess.

    Raises:
        ArticleError: it is not text.
    """
    for mark, encoding in (*_BOMS, _UTF16_BE):
        if content.startswith(mark):
            return storable(content.decode(encoding, errors="replace").removeprefix("\ufeff"))
    if b"\0" in content:
        raise ArticleError("this is not a text file.")
    try:
        return storable(content.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    with suppress(LookupError, ValueError):  # unknown, or not true
        if named:
            return storable(content.decode(named))
    from charset_normalizer import from_bytes

    matches = from_bytes(content)
    best = matches.best()
    if best is None:
        raise ArticleError("its encoding cannot be told; save it as UTF-8.")
    # Western European texts are taken for Central European or Baltic ones, which differ in a few letters; they are far commoner.
    western = (match for match in matches if match.encoding == "cp1252" and match.chaos <= best.chaos + _CHAOS)
    return storable(str(next(western, best)))


def _front_matter(matter: str, first_line: int) -> dict[str, str]:
    if len(matter) > _MATTER_LIMIT:
        raise ArticleError(f"the front matter has more than {_MATTER_LIMIT:,} characters; shorten it.")
    try:
        said = yaml.load(matter, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = first_line + (error.problem_mark.line if error.problem_mark else 0)
        raise ArticleError(f"the front matter is broken on line {line} ({error.problem or 'not YAML'}); mend that line.") from None
    except yaml.YAMLError:
        raise ArticleError("the front matter holds characters that YAML does not allow; remove them.") from None
    except RecursionError:
        raise ArticleError(f"the front matter on line {first_line} is nested too deeply; write `name: value` lines.") from None
    if said in (None, ""):
        return {}
    if not isinstance(said, dict):
        raise ArticleError(f"the front matter on line {first_line} is not a list of `name: value` lines.")
    return {str(name): storable(value).strip() for name, value in said.items() if isinstance(value, str) and value.strip()}


def moment(text: str) -> datetime:
    """An ISO 8601 date or time; in UTC where it names no offset.

    Raises:
        ArticleError: it is none.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        found.astimezone(UTC)  # the last hours of the year 9999 have no such time
    except (ValueError, OverflowError):
        raise ArticleError(f"“{text[:_SHOWN]}” is not a date; write it as 2024-12-09 or 2024-12-09T18:00:00Z.") from None
    return found


def _first_line(text: str) -> str:
    line = next(line for line in text.splitlines() if any(map(str.isalnum, line))).strip().lstrip("#").strip()
    return shortened(line, _HEADING_LIMIT)
