"""From bytes to text: control characters are dropped, and binary files known by their kind."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from index.ingestion.readers.decoding import decode
from index.model.errors import ArticleError

PROSE = "Aurora is open to everybody from today. It costs twenty dollars a month.\n" * 40


@pytest.mark.parametrize("stray", ["\0", "\x1b", "\x07", "\x1b[31m", "\x7f"])
def test_a_stray_control_character_is_dropped(stray: str) -> None:
    assert decode((PROSE + stray + PROSE).encode()) == PROSE * 2


def test_half_a_character_of_damaged_utf16_is_dropped() -> None:
    assert decode(b"\xff\xfe" + "Aurora \ud800is out.".encode("utf-16-le", "surrogatepass")).replace("\ufffd", "") == "Aurora is out."


def test_a_page_break_ends_a_line() -> None:
    assert decode(b"Aurora is out.\fIt is good.\r\nYes.\rSo.") == "Aurora is out.\nIt is good.\nYes.\nSo."


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        "视频模型 Aurora 今天发布。\n价格是每月 20 元。\n" * 9,
        "Модель вышла сегодня. Она стоит 20 долларов.\n" * 9,
        "모델이 오늘 나왔다. 값은 20 달러다.\n" * 9,
    ],
)
def test_utf16_without_a_mark_is_read(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "head",
    [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"PK\x03\x04",
        b"\x1f\x8b\x08",
        b"\x7fELF",
        b"%PDF-1.7\n",
        b"\0\0\0\x18ftypmp42",
    ],
)
def test_a_binary_file_is_known_by_how_it_begins(head: bytes) -> None:
    with pytest.raises(ArticleError, match="not a text file"):
        decode(head + PROSE.encode())


@pytest.mark.parametrize("encoding", ["cp1252", "gb18030", "shift_jis", "utf-8"])
@pytest.mark.parametrize("place", [41, 42])
def test_a_stray_nul_does_not_make_another_encoding_of_a_text(encoding: str, place: int) -> None:
    texts = {"gb18030": "新的视频生成模型今天公开了。", "shift_jis": "新しい動画生成モデルが今日公開されました。"}
    text = texts.get(encoding, "Le modèle déjà annoncé sort aujourd'hui à Noël. ") * 20
    content = text.encode(encoding)
    assert decode(content[:place] + b"\0" + content[place:]) == decode(content)


@pytest.mark.parametrize("controls", ["\x08\0 0000\x1f\x08\x08\x7f", "\0a\x01b\x02c"])
def test_few_characters_with_many_controls_are_no_utf16(controls: str) -> None:
    with suppress(ArticleError):
        assert "It is out." in decode(f"---\ntitle: {controls}\n---\nIt is out.".encode())


def test_many_control_bytes_make_a_binary_file() -> None:
    with pytest.raises(ArticleError, match="not a text file"):
        decode(bytes(range(256)) * 20)


@pytest.mark.parametrize("content", [b"a" * 5_000_000, b"\n" * 5_000_000, b"\x1b[" * 2_500_000, b"a\0" * 2_500_000])
def test_what_it_takes_grows_as_the_content_does(content: bytes) -> None:
    started = time.thread_time()
    decode(content)
    assert time.thread_time() - started < 5
