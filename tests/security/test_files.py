"""Whatever stands at a path or in a file, reading it neither waits nor fails the rest: each file is read, or refused in one sentence."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.on_terminal import cli
from index.api import Index
from index.embedding.encoders import bundled
from index.ingestion.readers import plain_text
from index.ingestion.sources import files, opml
from index.model.articles import Outcome
from index.model.errors import ArticleError, FeedError, ModelError
from tests.support.articles import put, write

Told = Callable[..., str]

pytestmark = [pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs the files of POSIX"), pytest.mark.model]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs a command that fails; returns its one sentence."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platformdirs.user_log_path", lambda _name: tmp_path / "log")

    def run(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["shipdate", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        (sentence,) = capsys.readouterr().err.strip().splitlines()
        assert ended.value.code == 1
        assert "mistake of ours" not in sentence
        return sentence

    return run


@pytest.fixture
def stranger() -> Iterator[None]:
    """Whoever runs this owns nothing, and may do nothing with what is root's; root itself may do anything with anything."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


async def added(index: Index, *sources: Path) -> list[Outcome]:
    """What becomes of these, soon."""
    await index.engine()
    return await asyncio.wait_for(index.add(list(map(str, sources))), 60)


# Paths


def odd(folder: Path) -> dict[str, Path]:
    """Whatever a file system may hold beside files and folders, each called as an article is."""
    folder.mkdir(exist_ok=True)
    os.mkfifo(folder / "pipe.md")
    with suppress(OSError), socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "socket.md"))
    targets = {
        "device.md": "/dev/zero",
        "tty.md": "/dev/tty",
        "random.txt": "/dev/urandom",
        "itself.md": "itself.md",
        "turns.md": "round.md",
        "round.md": "turns.md",
        "nothing.md": "nothing",
        "to-pipe.md": "pipe.md",
        "memory.txt": "/proc/self/mem",
        "pages.txt": "/proc/self/pagemap",
        "deep.md": "itself.md/itself.md/a.md",
    }
    for name, target in targets.items():
        (folder / name).symlink_to(target)
    return {path.name: path for path in folder.iterdir()}


async def test_pipes_devices_sockets_and_loops_are_refused_at_once_and_the_others_are_added(index: Index, tmp_path: Path) -> None:
    """A pipe called ``x.md`` once kept an addition waiting for ever."""
    paths = odd(tmp_path / "articles")
    good = write(tmp_path / "articles" / "good.md", "Aurora ships on 4 May.")
    outcomes = {Path(outcome.source).name: outcome for outcome in await added(index, tmp_path / "articles")}
    assert outcomes.pop(good.name).change == "added"
    assert outcomes
    for outcome in outcomes.values():
        assert outcome.change == "failed", outcome
        assert outcome.detail
        assert "\n" not in outcome.detail
    for name in ("pipe.md", "socket.md", "device.md", "to-pipe.md"):
        if name in paths:
            with pytest.raises(ArticleError, match="is no file, but a folder, a pipe, a device"):
                files.load(paths[name])


def test_a_pipe_that_somebody_writes_to_is_no_article_either(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.md")
    held = os.open(tmp_path / "a.md", os.O_RDWR)
    os.write(held, b"Aurora")
    with pytest.raises(ArticleError, match="no file"):
        files.load(tmp_path / "a.md")
    os.close(held)


def test_a_pipe_that_takes_the_place_of_a_file_while_it_is_opened_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    os.mkfifo(path)
    ordinary = write(tmp_path / "b.md", "Aurora.").stat()
    monkeypatch.setattr(Path, "stat", lambda _self, **_: ordinary)
    with pytest.raises(ArticleError, match="no file"):
        files.load(path)


async def test_a_source_may_be_any_text(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too long for the file system, no path at all, in a folder that is gone, or of nobody's home."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    odd_names = ["x" * 5000, "a\0b.md", "\ud800.md", "\udcff.md", "a.md", "~nobody-of-that-name/a.md", "/" * 5000 + "a.md", "a\nb.md"]
    for outcome in await asyncio.wait_for(index.add(odd_names), 60):
        assert outcome.change == "failed", outcome
        outcome.source.encode()


@given(st.text(st.characters(exclude_characters="/")).filter(lambda name: not name.startswith(("~", "."))))
def test_every_path_has_a_name_that_can_be_kept(name: str) -> None:
    source = files.source_of(Path(f"/nowhere/{name}"))
    assert "\0" not in source
    source.encode()


def test_a_list_of_feeds_is_not_waited_for(told: Told, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "feeds.opml")
    for place in (tmp_path / "feeds.opml", "/dev/zero", tmp_path):
        assert str(place) in told("--data", tmp_path / "data", "feeds", "import", place)


# What stands in a file


async def test_front_matter_that_cannot_be_understood_costs_its_own_article_only(index: Index, tmp_path: Path) -> None:
    """Nested without end, of aliases that multiply, of numbers without end, or endless itself."""
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    matters = {
        "list": "a: " + "[" * 9_000,
        "closed": "a: " + "[" * 4_000 + "]" * 4_000,
        "map": "a: " + "{a: " * 2_000,
        "block": "".join(f"{' ' * n}a:\n" for n in range(120)),
        "dashes": "- " * 4_000 + "a",
        "question": "? " * 4_000 + "a",
        "tags": "!a " * 3_000 + "a",
        "itself": "a: &a [*a]\ntitle: *a",
        "key": "? &a [*a]\n: b",
        "number": f"title: {'9' * 9_000}\npublished: {'9' * 900}",
        "long": "".join(f"a{n}: b\n" for n in range(400_000)),
    }
    for name, matter in matters.items():
        put(tmp_path / f"{name}.md", f"---\n{matter}\n---\n\nAurora {name} ships on 4 May.".encode())
    put(tmp_path / "laughs.md", f"---\n{laughs}---\n\nBorealis ships on 5 June.".encode())
    write(tmp_path / "good.md", "Cirrus ships on 6 July.", title="Cirrus")
    outcomes = {Path(outcome.source).stem: outcome for outcome in await added(index, tmp_path)}
    assert outcomes.keys() == {*matters, "laughs", "good"}
    assert outcomes["good"].change == outcomes["laughs"].change == "added"
    assert {outcomes[name].change for name in ("list", "closed", "map", "dashes", "number", "long")} == {"failed"}
    for outcome in outcomes.values():
        assert outcome.detail is None or "\n" not in outcome.detail


@given(st.text(st.sampled_from("[]{}&*!|>-?:, \nab\"'#%@`"), max_size=60), st.integers(1, 400))
def test_any_front_matter_is_read_or_refused(matter: str, times: int) -> None:
    with suppress(ArticleError):
        plain_text.from_text(f"---\n{matter * times}\n---\n\nAurora.".encode(), "file:a.md")


def test_a_list_of_feeds_may_be_nested_as_deeply_as_it_likes() -> None:
    deep = "<outline text='a'>" * 20_000 + "<outline xmlUrl='https://a.example/feed'/>"
    assert opml.read(f"<opml version='2.0'><body>{deep}</body></opml>") == {"https://a.example/feed": None}
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 30))
    with suppress(FeedError):
        opml.read(
            f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">{laughs}]><opml version="2.0"><body><outline text="&a29;"/></body></opml>'
        )


# Settings, and what can be made again


@pytest.mark.parametrize(
    "content",
    [
        "EMBEDDING_MODEL=é\n".encode("latin-1"),
        "EMBEDDING_MODEL=a\n".encode("utf-16"),
        "EMBEDDING_MODEL=a\n".encode("utf-16-le"),
        "EMBEDDING_MODEL=a\n".encode("utf-16-be"),
        "EMBEDDING_MODEL=a\n".encode("utf-32"),
        bytes(range(256)),
    ],
)
def test_settings_in_another_encoding_are_refused_with_what_to_do(told: Told, tmp_path: Path, content: bytes) -> None:
    put(tmp_path / ".env", content)
    sentence = told("--data", tmp_path / "data", "index", "list")
    assert ".env is not text in UTF-8; save it as UTF-8." in sentence


def test_settings_with_a_byte_order_mark_are_read(told: Told, tmp_path: Path) -> None:
    """As Windows writes them: the first setting was once taken for another one, and ignored."""
    put(tmp_path / ".env", "ALLOW_PRIVATE_NETWORK=perhaps\n".encode("utf-8-sig"))
    assert "ALLOW_PRIVATE_NETWORK is set to 'perhaps'" in told("--data", tmp_path / "data", "index", "list")


def test_settings_of_somebody_else_are_told(told: Told, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    told("--data", write(tmp_path / "file", "a file in its place"), "index", "list")
    put(tmp_path / ".env", b"").chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    request.getfixturevalue("stranger")
    assert ".env cannot be read (Permission denied)" in told("--data", tmp_path / "data", "index", "list")


def test_a_home_folder_of_nobody_is_told(told: Told) -> None:
    assert "~nobody-of-that-name" in told("--data", "~nobody-of-that-name/data", "index", "list")


@pytest.mark.parametrize("mode", [0, 0o500], ids=["closed", "read-only"])
def test_a_cache_folder_of_somebody_else_is_told_with_what_to_do(
    tmp_path: Path, mode: int, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(mode)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    packed = put(tmp_path / "packed.bin", b"weights")
    monkeypatch.setattr(bundled, "_SHA256", "6bc3f9d69faec65e0d8b3a6a2b2f5a1b" * 2)
    monkeypatch.setattr(bundled.hashlib, "sha256", lambda _content: type("Digest", (), {"hexdigest": lambda _self: bundled._SHA256})())
    request.getfixturevalue("stranger")
    with pytest.raises(ModelError, match="SHIPDATE_CACHE") as refused:
        bundled.unpack(packed, cache)
    assert str(cache) in str(refused.value)


def test_a_data_folder_of_somebody_else_is_told(told: Told, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    write(tmp_path / "file", "a file in its place")
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    commands = (("index", "list"), ("index", "add", "a.md"), ("backup", "b.zip"), ("restore", "b.zip", "--yes"))
    for words in commands:
        told("--data", tmp_path / "file", *words)
    request.getfixturevalue("stranger")
    for words in commands:
        assert "closed" in told("--data", tmp_path / "closed" / "data", *words) or words[0] == "restore"
    assert "closed" in told("--data", tmp_path / "file", "backup", tmp_path / "closed" / "b.zip")
