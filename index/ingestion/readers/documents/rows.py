"""Many articles in one file: each row of a .csv, each line of a .jsonl is one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from index.ingestion.readers.decoding import decode
from index.ingestion.readers.draft import TEXT_LIMIT, Draft
from index.ingestion.web.address import is_address, parse
from index.model.errors import ArticleError
from index.text.sanitize import storable

_ROWS = 10_000
_COLUMNS = {
    "title": ("title", "headline"),
    "url": ("url", "link", "address"),
    "published": ("published", "date", "published_at", "pubdate"),
    "text": ("text", "content", "body", "article"),
    "publisher": ("publisher", "source", "site"),
    "language": ("language", "lang"),
}
_SUGGESTED = "name its columns title, url, published and text"


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        source: its article's.
        draft: the article.
        problem: why there is none, as one sentence.
    """

    source: str
    draft: Draft | None = None
    problem: str | None = None


def from_rows(content: bytes, source: str, suffix: str) -> list[Row]:
    """The articles of a table, in order. A row is known by its address, else by its number.

    Args:
        source: of the file.
        suffix: .csv, .tsv or .jsonl.

    Raises:
        ArticleError: it is no such table, has no column of texts, or too many rows.
    """
    text = decode(content)
    read = _lines(text) if suffix == ".jsonl" else _records(text)
    rows: dict[str, Row] = {}
    for number, values in read:
        if len(rows) >= _ROWS:
            raise ArticleError(f"it has more than {_ROWS:,} rows, so split it.")
        name = f"{source}#{number}"
        if isinstance(values, str):
            rows[name] = Row(name, problem=f"row {number} {values}")
            continue
        said = {name: storable(values[key]).strip() for name, keys in _COLUMNS.items() for key in reversed(keys) if values.get(key)}
        if is_address(said.get("url", "")) and (own := f"{source}#{parse(said['url'])}") not in rows:
            name = own
        try:
            rows[name] = Row(name, _draft(name, said))
        except ArticleError as error:
            rows[name] = Row(name, problem=f"row {number}: {error}" if said.get("text") else f"row {number} has no text.")
    if not rows:
        raise ArticleError("there is no row in it.")
    return list(rows.values())


def _draft(source: str, said: Mapping[str, str]) -> Draft:
    from index.ingestion.readers import plain_text  # as all that reads, in a worker alone
    from index.ingestion.readers.published import required

    url, published = said.get("url", ""), said.get("published")
    body = plain_text.from_text(said.get("text", "").encode(), source)
    day = required(published) if published else None
    return replace(
        body,
        title=" ".join(said.get("title", "").split()) or None,
        url=str(parse(url)) if is_address(url) else None,
        publisher=said.get("publisher"),
        published=day.moment if day else body.published,
        precision=day.precision if day else body.precision,
        language=said.get("language"),
    )


def _records(text: str) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    """The rows of a table whose first line names its columns; the row below is number 1."""
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    csv.field_size_limit(TEXT_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if not set(names) & set(_COLUMNS["text"]):
            raise ArticleError(f"it has no column of texts; {_SUGGESTED}.")
        number = 0
        for cells in reader:
            if any(map(str.strip, cells)):
                number += 1
                yield number, dict(zip(names, cells, strict=False))
    except csv.Error:
        raise ArticleError(f"it is broken at line {reader.line_num:,}, or a cell there has more than {TEXT_LIMIT:,} characters.") from None


def _lines(text: str) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    """The objects, one on each line."""
    for number, line in enumerate((line for line in text.split("\n") if line.strip()), 1):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            yield number, "is no JSON; write one object on each line."
            continue
        if not isinstance(value, dict):
            yield number, "is no JSON object; write one on each line."
            continue
        yield number, {name.lower(): text for name, text in value.items() if isinstance(text, str)}
