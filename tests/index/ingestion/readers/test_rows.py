"""Tables of articles: one a row, known by its address or its number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.api import Index
from index.ingestion.readers.documents.rows import Row, from_rows
from index.ingestion.sources import files

CSV = """Title,URL,Published,Text,Publisher,Language
Aurora opens,https://a.example/1,2026-03-02,"Aurora can be used by everybody.

It costs ""$20"".",The Daily,en
Boreal,,2026-03-03,Boreal is delayed.,,
Nothing,https://a.example/3,2026-03-04,,,
Wrong day,,soon,Cirrus is out.,,
"""


def rows(content: str, suffix: str = ".csv") -> list[Row]:
    return from_rows(content.encode(), "file:/a", suffix)


def test_each_row_is_an_article_or_says_why_it_is_none() -> None:
    first, second, third, fourth = rows(CSV)
    assert first.draft is not None
    assert first.draft.text == 'Aurora can be used by everybody.\n\nIt costs "$20".'
    assert (first.draft.title, first.draft.url, first.draft.publisher) == ("Aurora opens", "https://a.example/1", "The Daily")
    assert first.source == first.draft.source == "file:/a#https://a.example/1"
    assert second.source == "file:/a#2"
    assert second.draft is not None
    assert second.draft.published is not None
    assert third.problem == "row 3 has no text."
    assert fourth.problem is not None
    assert fourth.problem.startswith("row 4: “soon” is not a date")


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_told(delimiter: str) -> None:
    [row] = rows(f"title{delimiter}text\nAurora{delimiter}It is out, and free.\n")
    assert row.draft is not None
    assert row.draft.text == "It is out, and free."


def test_each_line_of_json_is_an_article() -> None:
    lines = [
        json.dumps({"headline": "Aurora", "link": "https://a.example/1", "date": "2026-03-02", "body": "It is out.", "id": 7}),
        "[]",
        "{",
    ]
    first, second, third = rows("\n".join([lines[0], "", *lines[1:]]), ".jsonl")
    assert first.draft is not None
    assert (first.draft.title, first.draft.text) == ("Aurora", "It is out.")
    assert second.problem == "row 2 is no JSON object; write one on each line."
    assert third.problem == "row 3 is no JSON; write one object on each line."


def test_rows_of_one_address_are_kept_apart() -> None:
    assert [row.source for row in rows("url,text\nhttps://a.example/,One.\nhttps://a.example/,Two.\n")] == [
        "file:/a#https://a.example/",
        "file:/a#2",
    ]


@pytest.mark.parametrize(
    ("content", "suffix", "problem"),
    [
        ("", ".csv", "no column of texts"),
        ("title,url\nAurora,x\n", ".csv", "no column of texts"),
        ("text\n", ".csv", "no row"),
        ("", ".jsonl", "no row"),
        ("text\n" + "x" * 2_000_001, ".csv", "more than 2,000,000 characters"),
        ("text\n" + "a b\n" * 10_001, ".csv", "more than 10,000 rows"),
    ],
)
def test_what_is_no_table_of_articles_is_refused(content: str, suffix: str, problem: str) -> None:
    with pytest.raises(files.ArticleError, match=problem):
        rows(content, suffix)


async def test_rows_are_added_updated_and_refused_one_by_one(index: Index, tmp_path: Path) -> None:
    path = tmp_path / "articles.csv"
    path.write_text(CSV, encoding="utf-8")
    outcomes = await index.add([str(tmp_path)])
    assert [outcome.change for outcome in outcomes] == ["added", "added", "failed", "failed"]
    assert outcomes[2].detail == f"{path}: row 3 has no text."
    path.write_text(CSV.replace("delayed", "out").replace("Nothing,https://a.example/3,2026-03-04,,,\n", ""), encoding="utf-8")
    assert [outcome.change for outcome in await index.add([str(path)])] == ["unchanged", "updated", "failed"]
    sent = await index.add([], uploads={"a.csv": CSV.encode(), "b.csv": b"x"})
    assert [outcome.change for outcome in sent] == ["duplicate", "added", "failed", "failed", "failed"]
    assert sent[-1].detail is not None
    assert sent[-1].detail.startswith("b.csv: it has no column of texts")


def test_a_folder_tells_what_it_leaves_out(tmp_path: Path) -> None:
    for name in ("a.md", "b.png", "c/d.PNG", "c/e.zip", ".hidden/f.png", "g"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert files.left_out([str(tmp_path), str(tmp_path / "b.png")]) == {".png": 2, ".zip": 1, "": 1}
