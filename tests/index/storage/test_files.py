"""The vector files: a cache that is never trusted. Whatever happens to them, answers stay the same."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.settings import Settings
from index import open_index
from index.api import Index
from index.storage.vector_index import files as vectors
from tests.support.articles import SAMPLES, write

pytestmark = pytest.mark.model

QUESTIONS = ["When will Sora ship?", "Qui teste Sora à Hollywood ?"]
LOGGER = "index.storage.vector_index.files"

Said = list[tuple[str, int, int]]


async def said(index: Index, as_of: date | None = None) -> list[Said]:
    answers = [await index.ask(question, as_of=as_of) for question in QUESTIONS]
    return [[(quote.article.id, quote.start, quote.end) for quote in answer.quotes] for answer in answers]


@pytest.fixture(scope="module")
async def whole(samples: Index, tmp_path_factory: pytest.TempPathFactory, samples_data: Path) -> tuple[Path, list[Said]]:
    """A data folder with its vector files, and what it answers."""
    expected = await said(samples)
    assert sum(map(bool, expected)) == len(QUESTIONS)
    place = tmp_path_factory.mktemp("whole") / "data"
    shutil.copytree(samples_data, place)
    return place, expected


@pytest.fixture
def folder(whole: tuple[Path, list[Said]], tmp_path: Path) -> Path:
    """The one generation of a data folder that may be damaged."""
    shutil.copytree(whole[0], tmp_path / "data")
    (generation,) = (tmp_path / "data" / "vectors").iterdir()
    return generation


async def check_made_again(folder: Path, expected: list[Said], caplog: pytest.LogCaptureFixture, *, told: bool) -> None:
    """Assert that a new process answers as ever, says (once) that it made the files again, and that the next has nothing to say."""
    settings = Settings(data=folder.parent.parent)
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger=LOGGER):
        async with open_index(settings) as index:
            assert await said(index) == expected
        if told:
            assert len(caplog.messages) == 1
            assert str(folder) in caplog.messages[0]
        caplog.clear()
        async with open_index(settings) as index:
            assert await said(index) == expected
        assert caplog.messages == []
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def written(folder: Path) -> dict[str, int]:
    """When each file of a folder was."""
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


async def test_whole_files_are_used_in_silence(folder: Path, whole: tuple[Path, list[Said]], caplog: pytest.LogCaptureFixture) -> None:
    before = written(folder)
    await check_made_again(folder, whole[1], caplog, told=False)
    assert written(folder) == before


def flip(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b""), id="emptied"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), id="cut"),
        pytest.param(flip, id="flipped"),
        pytest.param(Path.unlink, id="missing"),
    ],
)
async def test_each_file_that_is_damaged_is_made_again(
    folder: Path, whole: tuple[Path, list[Said]], caplog: pytest.LogCaptureFixture, damage: Callable[[Path], object]
) -> None:
    files = written(folder)
    assert len(files) > 5
    for name in files:
        damage(folder / name)
        # Without its manifest a generation is none, and making it is nothing to speak of.
        await check_made_again(folder, whole[1], caplog, told=(folder / "manifest.json").exists())
        assert written(folder).keys() == files.keys()


async def test_a_missing_generation_is_made_again(folder: Path, whole: tuple[Path, list[Said]], caplog: pytest.LogCaptureFixture) -> None:
    shutil.rmtree(folder.parent)
    await check_made_again(folder, whole[1], caplog, told=False)


@pytest.mark.parametrize(("name", "value"), [("layout", 0), ("fingerprint", "other:0"), ("languages", "0")])
async def test_a_foreign_generation_is_made_again(
    folder: Path, whole: tuple[Path, list[Said]], caplog: pytest.LogCaptureFixture, name: str, value: object
) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, name: value}), encoding="utf-8")
    await check_made_again(folder, whole[1], caplog, told=True)


@pytest.mark.parametrize("manifest", ["null", "[]", "{}", '"text"', '{"layout": 1, "checksums": {}}', '{"checksums": null}'])
async def test_a_manifest_of_another_make_is_not_trusted(
    folder: Path, whole: tuple[Path, list[Said]], caplog: pytest.LogCaptureFixture, manifest: str
) -> None:
    (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    await check_made_again(folder, whole[1], caplog, told=True)


async def test_a_manifest_that_leaves_out_a_checksum_is_not_trusted(
    folder: Path, whole: tuple[Path, list[Said]], caplog: pytest.LogCaptureFixture
) -> None:
    """Two accidents at once, but one of them would go unseen."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "checksums": {}}), encoding="utf-8")
    await check_made_again(folder, whole[1], caplog, told=True)


async def test_what_a_killed_writer_left_is_swept_up(folder: Path, tmp_path: Path) -> None:
    (folder.parent / "partial-abandoned").mkdir()
    (folder.parent / "partial-abandoned" / "ids.npy").write_bytes(b"half")
    async with open_index(Settings(data=folder.parent.parent)) as index:
        await index.add([str(write(tmp_path / "a.md", "Aurora ships in May."))])
    assert len(list(folder.parent.iterdir())) == 1


async def test_files_that_cannot_be_written_cost_no_answer(
    folder: Path, whole: tuple[Path, list[Said]], caplog: pytest.LogCaptureFixture
) -> None:
    place = folder.parent
    shutil.rmtree(place)
    place.write_text("a file in the folder's place", encoding="utf-8")
    with caplog.at_level(logging.WARNING, logger=LOGGER):
        async with open_index(Settings(data=place.parent)) as index:
            assert await said(index) == whole[1]
    assert "cannot be written" in caplog.text


async def test_a_graph_finds_what_the_exact_search_finds(
    whole: tuple[Path, list[Said]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: Index
) -> None:
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 0)
    shutil.copytree(whole[0], tmp_path / "data", ignore=shutil.ignore_patterns("vectors"))
    for _ in range(2):  # made from the database, then read from its files
        async with open_index(Settings(data=tmp_path / "data")) as index:
            assert await said(index) == whole[1]
            for day in (date(2024, 7, 1), date(2024, 12, 31), date(1999, 1, 1)):
                assert await said(index, day) == await said(samples, day)


async def test_few_visible_passages_are_searched_exactly_whatever_the_graph_would_find(
    whole: tuple[Path, list[Said]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 0)
    shutil.copytree(whole[0], tmp_path / "data", ignore=shutil.ignore_patterns("vectors"))
    async with open_index(Settings(data=tmp_path / "data")) as index:
        assert await said(index) == whole[1]  # a graph is made
        monkeypatch.setattr(vectors, "EXACT_LIMIT", 1000)
        monkeypatch.setattr(vectors.faiss.IndexHNSWSQ, "search", None)
        assert await said(index) == whole[1]


async def test_sample_articles_are_the_ones_answered_from(samples: Index) -> None:
    assert len(await samples.list()) == len(list(SAMPLES.iterdir()))


async def test_missing_vector_files_are_made_again_and_that_is_said(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = folder.parent.parent
    shutil.rmtree(data / "vectors")
    async with open_index(Settings(data=data)) as index:
        assert all(await said(index))
    assert "missing" in caplog.text
    assert (data / "vectors").is_dir()
