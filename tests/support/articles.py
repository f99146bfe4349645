"""Articles for tests, and a look at what became of them in the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from index import Answer
from index.embedding.encoders.base import TextEncoder
from index.ingestion.readers.draft import Draft
from index.ingestion.sources import files

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "bot" / "on_terminal" / "samples"
SORA_ARTICLE = ROOT.parent / "shared" / "articles" / "sora-retard.txt"


def write(path: Path, text: str, **said: str) -> Path:
    """A Markdown file with ``said`` as its front matter, if anything is said."""
    path.parent.mkdir(parents=True, exist_ok=True)
    matter = "".join(f"{name}: {value}\n" for name, value in said.items())
    path.write_text(f"---\n{matter}---\n\n{text}" if said else text, encoding="utf-8")
    return path


def put(path: Path, content: bytes) -> Path:
    """A file of any bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def news(folder: Path, count: int) -> list[Path]:
    """Small dated articles about invented products, each with text of its own."""
    products = ("Aurora", "Borealis", "Cirrus", "Drift", "Ember", "Fathom", "Glint", "Harbor", "Islet", "Juniper", "Kestrel", "Lumen")
    return [
        write(
            folder / f"{number:02}-{(name := products[number % len(products)]).lower()}.md",
            f"{name} {number} will ship on {1 + number % 28} May. Its maker says that testers liked it.\n\n"
            f"The price of {name} is {number + 9} dollars.",
            title=f"{name} {number} gets a date",
            published=f"2025-{1 + number % 12:02}-10",
        )
        for number in range(count)
    ]


def draft_of(path: Path) -> Draft:
    """What is read of a file, without an index.

    Raises:
        ArticleError: it is none.
    """
    return files.parse(path.name, files.load(path), files.source_of(path), shown=str(path))


def stored_texts(data: Path) -> dict[str, str]:
    """The whole text of every article, by its id."""
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
        return dict(database.execute("SELECT id, text FROM articles"))


def check_stored(data: Path) -> int:
    """Assert that every article is whole in the live generation: passages, sentences, words, vectors. Returns how many there are."""
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        texts = dict(database.execute("SELECT number, text FROM articles"))
        rows = database.execute(
            "SELECT p.article, p.start, p.end, p.text, p.sentences, p.vectors, w.terms FROM passages p "
            "JOIN generations g ON g.id = p.generation AND g.live = 1 LEFT JOIN passage_words w ON w.rowid = p.id ORDER BY p.start"
        ).fetchall()
        orphans = "SELECT count(*) FROM passage_words WHERE rowid NOT IN (SELECT id FROM passages)"
        assert database.execute(orphans).fetchone() == (0,)
    covered: dict[int, str] = {}
    for article, start, end, text, packed, vectors, terms in rows:
        assert texts[article][start:end] == text
        sentences = np.frombuffer(packed, "<i4").reshape(-1, 2)
        assert all(start <= first < last <= end for first, last in sentences)
        matrix = np.frombuffer(vectors, "<f2").reshape(1 + len(sentences), -1).astype(np.float32)
        assert np.allclose(np.linalg.norm(matrix, axis=1), 1, atol=0.01)
        assert terms
        covered[article] = covered.get(article, "") + text
    assert covered.keys() == texts.keys()
    for article, text in texts.items():  # nothing of an article is missing
        assert _letters(covered[article]) == _letters(text)
    return len(texts)


def check_quotes(answer: Answer, texts: Mapping[str, str]) -> None:
    """Assert what is promised of all quotes: verbatim, short, none over another."""
    assert len(answer.quotes) <= 5
    taken: list[tuple[str, int, int]] = []
    for quote in answer.quotes:
        assert quote.text == texts[quote.article.id][quote.start : quote.end]
        assert 0 < len(quote.text) <= 400
        assert not any(quote.article.id == id_ and quote.start < end and start < quote.end for id_, start, end in taken)
        taken.append((quote.article.id, quote.start, quote.end))
    said = [" ".join(quote.text.split()) for quote in answer.quotes]
    assert len(set(said)) == len(said)
    assert (answer.reason is None) == answer.answered == bool(answer.quotes)


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text))


class CountingEncoder:
    """The real encoder, and how many passages and sentences went through it."""

    def __init__(self, real: TextEncoder) -> None:
        self.real = real
        self.passages = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.real, name)
        if "passages" not in name:
            return found

        def counted(texts: Sequence[str]) -> Any:
            self.passages += len(texts)
            return found(texts)

        return counted


class RememberingEncoder:
    """The real encoder, which encodes each text once."""

    def __init__(self, real: TextEncoder) -> None:
        self.real = real
        self.fingerprint = real.fingerprint
        self.card = real.card
        self._made: dict[tuple[str, ...], Any] = {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.real, name)
        if not any(kind in name for kind in ("passages", "queries", "layers")):
            return found

        def remembered(*given: Sequence[str]) -> Any:
            asked = [(name, *one) for one in zip(*given, strict=True)]
            new = [one for one in dict.fromkeys(asked) if one not in self._made]
            self._made.update(zip(new, found(*([one[at] for one in new] for at in range(1, len(given) + 1))), strict=True))
            rows = [self._made[one] for one in asked]
            return np.stack(rows) if rows and isinstance(rows[0], np.ndarray) else rows or found(*given)

        return remembered
