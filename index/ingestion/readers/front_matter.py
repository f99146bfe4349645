"""What an article says of itself above its text: front matter, in YAML between lines of ``---`` or in TOML between lines of ``+++``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import yaml

from index.ingestion.readers.draft import Draft
from index.ingestion.readers.published import Stated, required, stated, told_by
from index.ingestion.web.address import is_address, parse
from index.model.articles import Precision
from index.model.errors import ArticleError
from index.text import language
from index.text.sanitize import storable

_LIMIT = 10_000  # characters: people write some hundreds, and to understand more may take seconds
_YAML = re.compile(r"\s*---[^\S\n]*\r?\n(.*?)^---[^\S\n]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\s*\+\+\+[^\S\n]*\r?\n(.*?)^\+\+\+[^\S\n]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_OPENED = re.compile(r"\s*(---|\+\+\+)[^\S\n]*\r?\n\s*\w+\s*[:=]")
_NAMES = {
    "title": ("title", "headline"),
    "url": ("url", "link", "canonical", "canonicalurl", "permalink", "source"),
    "publisher": ("publisher", "site", "sitename", "outlet", "publication"),
    "published": ("published", "date", "pubdate", "publishdate", "publishedat", "datepublished", "publicationdate", "created"),
    "updated": ("updated", "lastmod", "modified", "lastmodified", "datemodified", "updatedat"),
    "language": ("language", "lang", "locale"),
}
"""What is understood, and the names that people and programs have for it, the surest first; in any case, with or without hyphens."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What is understood of front matter; None is what it does not say."""

    title: str | None = None
    url: str | None = None
    publisher: str | None = None
    published: Stated | None = None
    updated: Stated | None = None
    language: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Matter:
        """What is understood of values by name, in lower case without hyphens.

        Raises:
            ArticleError: a day of publication that is none.
        """
        known = {name: next((values[one] for one in names if one in values), None) for name, names in _NAMES.items()}
        language_tag, published, updated = known["language"], known["published"], known["updated"]
        return cls(
            title=known["title"],
            url=known["url"],
            publisher=known["publisher"],
            published=required(published, language_tag or "") if published else None,
            updated=stated(updated, language_tag or "") if updated else None,
            language=re.split("[-_]", language_tag)[0].lower() if language_tag else None,
        )

    def draft(self, source: str, text: str) -> Draft:
        """The article with a text that stands below it. A day that it does not say is the one that the text tells as its own.

        Raises:
            ArticleError: there is no text.
        """
        text = text.strip()
        if not any(map(str.isalnum, text)):
            raise ArticleError("there is no text in it.")
        told = None if self.published else told_by(text, self.language or language.detect(text), datetime.now(UTC))
        published = Stated(told, Precision.INFERRED) if told else self.published
        return Draft(
            source=source,
            text=text,
            title=self.title,
            url=str(parse(self.url)) if self.url and is_address(self.url) else None,  # what makes sites has paths there
            publisher=self.publisher,
            published=published and published.moment,
            precision=published.precision if published else Precision.DAY,
            updated=self.updated and self.updated.moment,
            language=self.language,
        )


def take(text: str) -> tuple[Matter, str]:
    """The front matter of a text, and the text after it.

    Raises:
        ArticleError: it cannot be understood (the line is named, or what cannot be).
    """
    for block, read in ((_YAML.match(text), _yaml), (_TOML.match(text), _toml)):
        if block:
            return Matter.of(_checked(block.group(1), read, first_line=text[: block.start(1)].count("\n") + 1)), text[block.end() :]
    if opened := _OPENED.match(text):
        mark = opened.group(1)
        raise ArticleError(f"the front matter that opens with {mark} on line 1 is never closed; end it with a line of {mark}.")
    return Matter(), text


def _checked(matter: str, read: Callable[[str, int], object], first_line: int) -> Mapping[str, str]:
    """The texts in front matter, by name in lower case without hyphens; what is no text or list of them is left out."""
    if len(matter) > _LIMIT:
        raise ArticleError(f"the front matter has more than {_LIMIT:,} characters; shorten it.")
    values = read(matter, first_line)
    if values in (None, ""):
        return {}
    if not isinstance(values, dict):
        raise ArticleError(f"the front matter on line {first_line} is not a list of `name: value` lines.")
    texts = ((str(name), value if isinstance(value, str) else _iso(value)) for name, value in values.items())
    return {re.sub(r"[\W_]", "", name).lower(): storable(value).strip() for name, value in texts if value and value.strip()}


def _iso(value: object) -> str | None:
    """A day or a time, which TOML reads by itself."""
    return value.isoformat() if isinstance(value, date) else None


def _yaml(matter: str, first_line: int) -> object:
    try:
        return yaml.load(matter, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = first_line + (error.problem_mark.line if error.problem_mark else 0)
        raise ArticleError(f"the front matter is broken on line {line} ({error.problem or 'not YAML'}); mend that line.") from None
    except yaml.YAMLError:
        raise ArticleError("the front matter holds characters that YAML does not allow; remove them.") from None
    except RecursionError:
        raise ArticleError(f"the front matter on line {first_line} is nested too deeply; write `name: value` lines.") from None


def _toml(matter: str, first_line: int) -> object:
    try:
        return tomllib.loads(matter.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise ArticleError(f"the front matter that opens on line {first_line - 1} is broken ({error}); mend it.") from None
    except RecursionError:
        raise ArticleError(f'the front matter on line {first_line} is nested too deeply; write `name = "value"` lines.') from None
