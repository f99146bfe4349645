"""Parts of an article carry the days that their headings say."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.ingestion.readers.draft import Draft
from index.ingestion.readers.sections import dated
from index.model.articles import Precision

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)


def said(text: str, language: str = "en", day: date | None = DAY) -> list[tuple[str, str | None]]:
    """The first line of each section, and its day."""
    return [(text[part.start :].splitlines()[0], part.day.isoformat() if part.day else None) for part in dated(text, language, day, NOW)]


@pytest.mark.parametrize(
    ("language", "one", "other", "days"),
    [
        ("en", "# 3.2 - 10 November 2026", "# 3.1 - 2 October 2026", ("2026-11-10", "2026-10-02")),
        ("en", "## 2026-11-10", "## 2026-10-02", ("2026-11-10", "2026-10-02")),
        ("en", "## [1.2.0] - 2026-11-10", "## [1.1.0] - 2026-10-02", ("2026-11-10", "2026-10-02")),
        ("en", "## v1.2 (2026-11-10)", "## v1.1 (2026-10-02)", ("2026-11-10", "2026-10-02")),
        ("en", "### November 10, 2026: faster films", "### October 2, 2026: longer films", ("2026-11-10", "2026-10-02")),
        ("en", "**November 10, 2026**", "**October 2, 2026**", ("2026-11-10", "2026-10-02")),
        ("en", "November 10, 2026", "October 2, 2026", ("2026-11-10", "2026-10-02")),
        ("en", "## March 5", "## February 2", ("2026-03-05", "2026-02-02")),
        ("en", "## January 5", "## December 12", ("2026-01-05", "2025-12-12")),
        ("de", "## Version 3.2 vom 10. November 2026", "## Version 3.1 vom 2. Oktober 2026", ("2026-11-10", "2026-10-02")),
        ("de", "## 10.11.2026", "## 02.10.2026", ("2026-11-10", "2026-10-02")),
        ("fr", "## 10 novembre 2026", "## 2 octobre 2026", ("2026-11-10", "2026-10-02")),
        ("es", "## 10 de noviembre de 2026", "## 2 de octubre de 2026", ("2026-11-10", "2026-10-02")),
        ("it", "## 10 novembre 2026", "## 2 ottobre 2026", ("2026-11-10", "2026-10-02")),
        ("pt", "## 10 de novembro de 2026", "## 2 de outubro de 2026", ("2026-11-10", "2026-10-02")),
        ("ja", "## 2026年11月10日", "## 2026年10月2日", ("2026-11-10", "2026-10-02")),
        ("zh", "## 版本 3.2 - 2026年11月10日", "## 版本 3.1 - 2026年10月2日", ("2026-11-10", "2026-10-02")),
        ("ja", "## 3月5日", "## 2月2日", ("2026-03-05", "2026-02-02")),
    ],
)
def test_headings_that_say_their_day_begin_sections(language: str, one: str, other: str, days: tuple[str, str]) -> None:
    text = f"# Aurora\n\nWhat is new.\n\n{one}\n\nFilms are made at once.\n\n{other}\n\nFilms may be longer."
    assert said(text, language) == [(one, days[0]), (other, days[1])]


@pytest.mark.parametrize(
    ("language", "line", "day"),
    [
        ("en", "Update, 5 March: Aurora is out again.", "2026-03-05"),
        ("en", "UPDATE (March 5, 2026): Aurora is out again.", "2026-03-05"),
        ("en", "**Update, March 5:** Aurora is out again.", "2026-03-05"),
        ("en", "Updated on March 5, 2026: Aurora is out again.", "2026-03-05"),
        ("de", "Aktualisierung vom 5. März: Aurora ist wieder da.", "2026-03-05"),
        ("fr", "Mise à jour du 5 mars 2026 : Aurora revient.", "2026-03-05"),
        ("es", "Actualización, 5 de marzo: Aurora vuelve.", "2026-03-05"),
        ("it", "Aggiornamento del 5 marzo: Aurora torna.", "2026-03-05"),
        ("pt", "Atualização, 5 de março: Aurora volta.", "2026-03-05"),
        ("ja", "【2026年3月5日更新】Aurora が再開した。", "2026-03-05"),
    ],
)
def test_an_update_is_its_paragraph_alone(language: str, line: str, day: str) -> None:
    text = f"Aurora was closed.\n\n{line}\n\nIt was closed for a week."
    parts = dated(text, language, DAY, NOW)
    assert [(part.day.isoformat() if part.day else None) for part in parts] == [day, None]
    assert text[parts[0].start :].startswith(line)
    assert text[parts[1].start :].strip().startswith("It was closed")


@pytest.mark.parametrize(
    "text",
    [
        "# What changed since 3 May 2026\n\nMuch.\n\n# What comes by 4 June 2026\n\nMore.",
        "# 10 November 2026\n\nOne day alone is no changelog.",
        "# Aurora 2\n\nIt is out.\n\n# Aurora 3\n\nIt is not.",
        "# Version 1.2\n\nOne.\n\n# Version 1.3\n\nOther.",
        "Aurora was updated on March 5. It is out.",
        "## February 2026\n\nOne.\n\n## January 2026\n\nOther.",
        "# 1 January 2031\n\nA plan.\n\n# 2 January 2031\n\nAnother.",
        "",
    ],
)
def test_other_headings_begin_none(text: str) -> None:
    assert said(text) == []


def test_a_heading_without_a_day_ends_sections_of_its_level_and_below() -> None:
    text = "# Aurora\n\n## 2026-11-10\n\nA.\n\n### Repairs\n\nB.\n\n## 2026-10-02\n\nC.\n\n## About\n\nD.\n\n### 2026-09-01\n\nE."
    assert said(text) == [
        ("## 2026-11-10", "2026-11-10"),
        ("## 2026-10-02", "2026-10-02"),
        ("## About", None),
        ("### 2026-09-01", "2026-09-01"),
    ]


def test_a_heading_just_below_its_day_belongs_to_it() -> None:
    text = "November 10, 2026\n\n## Faster films\n\nA.\n\nOctober 2, 2026\n\n## Longer films\n\nB.\n\n## About us\n\nC."
    assert said(text) == [("November 10, 2026", "2026-11-10"), ("October 2, 2026", "2026-10-02"), ("## About us", None)]


def test_a_year_stands_above_and_a_day_to_come_is_none() -> None:
    text = "# 2024\n\n## November 10\n\nA.\n\n## May 5\n\nB."
    assert said(text, day=None) == [("## November 10", "2024-11-10"), ("## May 5", "2024-05-05")]
    assert said("## 2027-01-01\n\nA.\n\n## 2026-10-02\n\nB.\n\n## 2026-10-01\n\nC.")[0] == ("## 2027-01-01", None)


def test_an_undated_article_has_the_day_of_its_newest_section() -> None:
    article = Draft("file:/a", "# Aurora\n\n## 2025-10-02\n\nIt is quicker.\n\n## 2025-11-10\n\nIt is out.").article()
    assert article.published == datetime(2025, 11, 10, tzinfo=UTC)
    assert (article.precision, len(article.sections)) == (Precision.INFERRED, 2)


@given(
    st.lists(
        st.sampled_from(["# 2026-01-02", "## 3 May", "Update, 5 March: a", "May 3, 2026", "text", "", "# a", "更新"]) | st.text(max_size=40)
    )
)
def test_no_text_raises_and_sections_are_in_order(lines: list[str]) -> None:
    text = "\n".join(lines)
    starts = [part.start for part in dated(text, "en", DAY, NOW)]
    assert starts == sorted(set(starts))
    assert all(start < len(text) for start in starts)


@pytest.mark.parametrize(
    "unit", ["# 2026-01-02\n", "2026-01-02\n", "1\n", "# ", "Update, 5 March: ", "#" * 50 + "\n", "**2026", "\n", "(" * 30 + "\n"]
)
def test_long_texts_take_no_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.process_time()
    dated(text, "en", DAY, NOW)
    assert time.process_time() - started < 3
