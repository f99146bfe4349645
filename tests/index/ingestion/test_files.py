"""Articles from files: what is read, what is worked out, what is refused and in which words."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.ingestion.sources import files
from index.model.articles import Article
from index.model.errors import ArticleError
from tests.support.articles import SAMPLES, draft_of, write

FRENCH = "Le modèle de génération vidéo sort aujourd'hui en France. Son prix est de vingt euros."
PAGE = """<!doctype html>
<html lang="en"><head><title>Aurora is out | The Daily</title>
<meta property="og:title" content="Aurora is out">
<meta property="og:site_name" content="The Daily">
<meta property="article:published_time" content="2025-03-04T10:00:00Z">
<link rel="canonical" href="https://daily.example/aurora"></head>
<body><nav><a href="/">Home</a> <a href="/about">About our newspaper</a></nav>
<article><h1>Aurora is out</h1>
<p>The video generator Aurora can be used by everybody from today, its maker said on Tuesday in a long statement.</p>
<p>It costs twenty dollars a month, and all customers of the older service may go on using it for another year.</p>
<p>Testers who had waited since the autumn praised its speed, while others found fault with the sound of voices.</p></article>
<footer>All rights reserved. Cookie settings.</footer></body></html>"""


def read(path: Path) -> Article:
    return draft_of(path).article()


def refusal(path: Path) -> str:
    """The sentence that refuses a file; it always names the file."""
    with pytest.raises(ArticleError) as refused:
        draft_of(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_front_matter_says_everything(tmp_path: Path) -> None:
    article = read(
        write(
            tmp_path / "a.md",
            "It is out.",
            title="Aurora is out",
            url="https://daily.example/aurora",
            publisher="The Daily",
            published="2025-03-04T10:00:00+01:00",
            language="en",
        )
    )
    assert (article.title, article.url, article.publisher, article.language) == (
        "Aurora is out",
        "https://daily.example/aurora",
        "The Daily",
        "en",
    )
    assert article.published == datetime(2025, 3, 4, 9, tzinfo=UTC)
    assert article.text == "It is out."
    assert article.source == f"file:{tmp_path / 'a.md'}"


def test_what_is_missing_is_worked_out(tmp_path: Path) -> None:
    article = read(write(tmp_path / "a.txt", FRENCH))
    assert (article.language, article.url) == ("fr", f"file:{tmp_path / 'a.txt'}")
    assert article.title == FRENCH


def test_a_missing_date_stays_missing(tmp_path: Path) -> None:
    assert read(write(tmp_path / "2025-03-04-a.md", "It is out, as it has been since 4 March 2025.")).published is None
    assert read(write(tmp_path / "b.md", "It is out.", published="")).published is None


def test_the_heading_is_the_title(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.md", "\n\n## Aurora is out\n\nFrom today.")).title == "Aurora is out"


def test_the_title_is_the_first_line_that_says_something(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.md", "#\n\nAurora is out")).title == "Aurora is out"


def test_a_long_first_line_becomes_a_short_title(tmp_path: Path) -> None:
    title = read(write(tmp_path / "a.txt", "Aurora is out, and people like it. " * 30)).title
    assert len(title) <= 125
    assert title.endswith("…")


def test_a_byte_order_mark_and_windows_line_ends_do_not_hide_the_front_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes("---\r\ntitle: Aurora\r\npublished: 2025-03-04\r\n---\r\n\r\nIt is out.\r\n".encode("utf-8-sig"))
    assert (read(path).title, read(path).text) == ("Aurora", "It is out.")


def test_a_line_of_dashes_is_not_front_matter(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.md", "---\n\nAurora is out.\n\nIt is good.")).text.endswith("It is good.")


@pytest.mark.parametrize(
    ("matter", "line"),
    [("title: Aurora\npublished: [2025\n", 4), ('title: "Aurora\n', 3), ("title: Aurora\n\tbad: tab\n", 3), ("a: b: c\n", 2)],
)
def test_broken_front_matter_names_its_line(tmp_path: Path, matter: str, line: int) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"---\n{matter}---\n\nIt is out.\n", encoding="utf-8")
    assert f"line {line}" in refusal(path)


def test_front_matter_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\ntitle: Aurora\n\nIt is out.\n", encoding="utf-8")
    assert "never closed" in refusal(path)


def test_front_matter_that_is_a_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\n- title\n- url\n---\nIt is out.\n", encoding="utf-8")
    assert "line 2" in refusal(path)


@pytest.mark.parametrize("published", ["yesterday", "2025-13-01", "04/03/2025", "25"])
def test_a_date_that_is_none_is_shown_with_how_to_write_it(tmp_path: Path, published: str) -> None:
    sentence = refusal(write(tmp_path / "a.md", "It is out.", published=published))
    assert published in sentence
    assert "2024-12-09" in sentence


def test_a_bare_date_is_midnight_in_utc(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.md", "It is out.", published="2025-03-04")).published == datetime(2025, 3, 4, tzinfo=UTC)


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=OFFSETS))
def test_every_iso_date_is_kept_to_the_microsecond(moment: datetime) -> None:
    with TemporaryDirectory() as folder:
        found = read(write(Path(folder, "a.md"), "It is out.", published=moment.isoformat())).published
    assert found == moment
    assert found is not None
    assert found.utcoffset() == moment.utcoffset()


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1).filter(lambda text: any(map(str.isalnum, text)))


@given(TEXT, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_unicode_text_is_read_as_it_was_written(text: str, encoding: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.txt")
        path.write_bytes(f"Aurora. {text} End".encode(encoding))
        assert read(path).text == f"Aurora. {text} End"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", (SAMPLES / "2024-06-10-sora-hollywood.md").read_text(encoding="utf-8").partition("---\n\n")[2].strip()),
        ("latin-1", FRENCH),
        ("cp1251", "Новая модель для создания видео вышла сегодня в Москве. Она стоит двадцать долларов. " * 3 + "Да."),
        ("shift_jis", "新しい動画生成モデルが今日公開されました。料金は月に二十ドルです。" * 4),
        ("gb18030", "新的视频生成模型今天发布了。价格是每月二十美元，所有人都可以使用。" * 4),
    ],
)
def test_an_old_encoding_is_told(tmp_path: Path, encoding: str, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    assert read(path).text == text


@given(st.binary(max_size=400), st.sampled_from(["a.md", "a.html"]))
def test_any_bytes_are_an_article_that_can_be_stored_or_refused_in_one_sentence(content: bytes, name: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        try:
            article = read(path)
        except ArticleError:
            return
    for said in (article.title, article.text, article.url, article.publisher or ""):
        assert said.encode("utf-8").find(b"\0") == -1
    assert any(map(str.isalnum, article.text))


@pytest.mark.parametrize("title", [r'"\ud800 Aurora"', r'"Aurora \0"', r'"\uDFFF"'])
def test_front_matter_cannot_smuggle_in_what_cannot_be_stored(tmp_path: Path, title: str) -> None:
    found = read(write(tmp_path / "a.md", "It is out.", title=title)).title
    assert "\0" not in found
    found.encode("utf-8")


NAMES = st.sampled_from(["title", "url", "publisher", "published", "language", "tags"])


@given(st.dictionaries(NAMES, st.text(st.characters(exclude_categories=["Cs"]), max_size=30)))
def test_any_front_matter_is_understood_or_refused_in_one_sentence(said: dict[str, str]) -> None:
    with TemporaryDirectory() as folder:
        path = write(Path(folder, "a.md"), "It is out.", **said)
        try:
            assert read(path).text.endswith("It is out.")
        except ArticleError as refused:
            assert str(path) in str(refused)


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))
    assert "not a text file" in refusal(path)


@pytest.mark.parametrize("content", ["", " \n\t\n", "---\ntitle: Aurora\n---\n", "--- ***"])
def test_a_file_without_text_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.md"
    path.write_text(content, encoding="utf-8")
    assert "no text" in refusal(path)


def test_a_file_over_the_size_limit_is_refused_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"word " * (files.SIZE_LIMIT // 5 + 1))
    assert "5.0 MB" in refusal(path)


def test_a_file_of_exactly_the_size_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("世".encode() * (files.SIZE_LIMIT // 3) + b"!" * (files.SIZE_LIMIT % 3))
    assert path.stat().st_size == files.SIZE_LIMIT
    assert len(draft_of(path).text) == files.SIZE_LIMIT // 3 + files.SIZE_LIMIT % 3


@pytest.mark.parametrize("name", ["missing.md", "missing", "missing.pdf"])
def test_a_path_that_does_not_exist_is_said_not_to_exist(tmp_path: Path, name: str) -> None:
    assert "does not exist" in refusal(tmp_path / name)


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    refusal(tmp_path / f"{'a' * 300}.md")


def test_a_file_of_another_kind_is_refused_with_the_kinds_that_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"%PDF-1.7")
    assert ".md" in refusal(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.md", "It is out.")
    path.chmod(0)
    assert "cannot be read" in refusal(path)


def test_a_web_page_gives_its_article_and_what_it_says_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(PAGE, encoding="utf-8")
    article = read(path)
    assert "costs twenty dollars a month" in article.text
    assert "About our newspaper" not in article.text
    assert "Cookie settings" not in article.text
    assert (article.title, article.publisher, article.url, article.language) == (
        "Aurora is out",
        "The Daily",
        "https://daily.example/aurora",
        "en",
    )
    assert article.published is not None
    assert article.published.date().isoformat() == "2025-03-04"


def test_a_web_page_without_a_date_stays_undated(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(PAGE.replace('<meta property="article:published_time" content="2025-03-04T10:00:00Z">', ""), encoding="utf-8")
    assert read(path).published is None


def test_a_web_page_without_an_article_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><body><p>…</p></body></html>", encoding="utf-8")
    assert "no article text" in refusal(path)


def test_a_folder_is_searched_in_order_without_hidden_and_other_files(tmp_path: Path) -> None:
    for name in ("b.md", "a.TXT", "c/d.html", "c/e.markdown", ".hidden.md", ".git/f.md", "g.png", "h.md.bak"):
        write(tmp_path / name, "It is out.")
    assert [str(path.relative_to(tmp_path)) for path in files.find([tmp_path])] == ["a.TXT", "b.md", "c/d.html", "c/e.markdown"]


def test_a_folder_that_links_to_itself_is_searched_once(tmp_path: Path) -> None:
    write(tmp_path / "a.md", "It is out.")
    (tmp_path / "again").symlink_to(tmp_path)
    assert list(files.find([tmp_path])) == [tmp_path / "a.md"]
