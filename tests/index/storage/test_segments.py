"""A large index: clusters on the disk, what was added since beside them, and what was removed passed over."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
from collections.abc import AsyncIterator, Collection, Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.settings import Settings
from index import open_index
from index.embedding.learned import language_space
from index.model.articles import EVERYBODY
from index.model.errors import DataError
from index.storage.vector_index import ann, segments
from index.storage.vector_index import files as vectors
from index.storage.vector_index.ann import Clustered
from index.storage.vector_index.snapshot import Vectors
from index.text.proper_names import Spellings
from tests.support.articles import write
from tests.support.layouts import DIMENSION, FIRST_DAY, SPACE, STEPS, Opened, entry, opening, random_rows

THEIRS = "slack:T2"
SCOPES = (EVERYBODY, THEIRS)
LAST_DAY = 9


@pytest.fixture(autouse=True)
def every_index_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 0)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty data folder, to be copied: its tables are made once."""
    folder = tmp_path_factory.mktemp("empty") / "data"

    async def make() -> None:
        async with opening(folder):
            pass

    asyncio.run(make())
    return folder


@pytest.fixture
def languages_stay(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of a language's mean is taken out: then vectors do not depend on what else is there."""
    monkeypatch.setattr(language_space, "_CORPUS_SHARE", 0.0)
    yield


Truth = dict[str, tuple[int, str, np.ndarray]]
"""What is there: by key, the day, the scope and the vectors of an article."""

CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 4), st.integers(0, LAST_DAY), st.sampled_from(SCOPES)),
        st.tuples(st.just("replace"), st.integers(0, 99)),
        st.tuples(st.just("remove"), st.integers(0, 99)),
        st.tuples(st.sampled_from(["look", "reopen", "lay out"])),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=30)
@given(changes=CHANGES, seed=st.integers(0, 2**31), few=st.sampled_from([0, 1000]))
async def test_what_is_laid_out_and_what_has_changed_since_answer_as_one_exact_index(
    empty: Path, changes: list[tuple[Any, ...]], seed: int, few: int
) -> None:
    dice = np.random.default_rng(seed)
    truth: Truth = {}
    with TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patch:
        patch.setattr(language_space, "_CORPUS_SHARE", 0.0)
        patch.setattr(ann, "_FEW", few)  # by clusters, or one by one
        folder = Path(scratch) / "data"
        shutil.copytree(empty, folder)
        async with opening(folder) as opened:
            await add(opened, truth, dice, keys=["first", "second"], day=0, scope=EVERYBODY)
            loaded: Vectors | None = await opened.load()
            for turn, (change, *details) in enumerate(changes):
                if change == "add":
                    count, day, scope = details
                    await add(opened, truth, dice, keys=[f"{turn}.{number}" for number in range(count)], day=day, scope=scope)
                elif change in ("replace", "remove") and truth:
                    key = sorted(truth)[details[0] % len(truth)]
                    if change == "replace":
                        await add(opened, truth, dice, keys=[key], day=0, scope=truth[key][1])
                    else:
                        await opened.store.remove([key], truth.pop(key)[1])
                elif change == "reopen":
                    loaded = None
                elif change == "lay out" and truth:
                    await opened.lay_out()
                loaded = await opened.load(loaded)
                check(loaded, truth, dice)


async def add(opened: Opened, truth: Truth, dice: np.random.Generator, *, keys: Collection[str], day: int, scope: str) -> None:
    """Add articles, each in place of one with the same key."""
    for key in keys:
        truth[key] = day, scope, random_rows(dice, int(dice.integers(1, 4)))
    await opened.add([entry(key, day, scope, truth[key][2]) for key in keys])


def check(loaded: Vectors, truth: Truth, dice: np.random.Generator) -> None:
    """Compare with every vector, for several filters."""
    moved = {key: SPACE.queries(rows.astype(np.float16).astype(np.float32).reshape(-1, DIMENSION)) for key, (_, _, rows) in truth.items()}
    for scopes in ((EVERYBODY,), (THEIRS,), SCOPES):
        assert loaded.known(scopes).passages == sum(len(rows) for _, scope, rows in truth.values() if scope in scopes)
        for day in (0, LAST_DAY // 2, LAST_DAY):
            as_of = (FIRST_DAY + timedelta(days=day)).date()
            query = SPACE.queries(random_rows(dice, 1)[0, :1])[0]
            visible = loaded.visible(as_of, scopes).passages
            expected = sorted(
                (
                    float(rows @ query)
                    for key, (published, scope, _) in truth.items()
                    if published <= day and scope in scopes
                    for rows in moved[key][::3]
                ),
                reverse=True,
            )
            found = loaded.nearest(query, 5, visible).tolist()
            assert len(found) == len(set(found)) == min(5, len(expected))
            if found:
                assert (loaded.passages(np.array(found)) @ query).tolist() == pytest.approx(expected[:5], abs=2e-3)
            assert loaded.positions(loaded.ids[found]).tolist() == found
            for at in found:
                rows = loaded.sentence_rows(at).astype(np.float32)
                assert min(np.abs(rows - of[start + 1 : start + 3]).max() for of in moved.values() for start in range(0, len(of), 3)) < 2e-3


@pytest.mark.slow
@pytest.mark.parametrize("share", [1.0, 0.1, 0.01])
def test_clusters_miss_few_of_the_nearest_and_find_none_that_may_not_be_seen(tmp_path: Path, share: float) -> None:
    dice = np.random.default_rng(2)
    rows = np.repeat(random_rows(dice, 100).reshape(-1, DIMENSION), 100, axis=0)
    rows += 0.1 * dice.standard_normal(rows.shape).astype(np.float32)
    exact = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    np.save(tmp_path / ann.EXACT_FILE, exact)
    Clustered.write(tmp_path, exact)
    clustered = Clustered.read(tmp_path)
    visible = dice.random(len(exact)) < share
    hits = 0
    for query in random_rows(dice, 34).reshape(-1, DIMENSION)[:100]:
        scores, found = clustered.nearest(query, 10, visible)
        assert visible[found].all()
        expected = np.where(visible, exact.astype(np.float32) @ query, -1)
        assert scores == pytest.approx(expected[found], abs=1e-5)
        assert (np.diff(scores) <= 0).all()
        hits += np.count_nonzero(scores >= np.sort(expected)[-10] - 1e-6)
    assert hits >= (1000 if share == 0.01 else 980)  # 300 are few, and compared one by one


@pytest.fixture
async def laid_out(empty: Path, tmp_path: Path, languages_stay: None) -> AsyncIterator[tuple[Path, Truth, np.random.Generator]]:
    """A folder that was laid out, and has changed since."""
    dice, truth = np.random.default_rng(0), {}
    shutil.copytree(empty, tmp_path / "data")
    async with opening(tmp_path / "data") as opened:
        await add(opened, truth, dice, keys="abcde", day=1, scope=EVERYBODY)
        await opened.load()
        await add(opened, truth, dice, keys="fgh", day=2, scope=THEIRS)
        await opened.store.remove(["a"], truth.pop("a")[1])
    yield tmp_path / "data", truth, dice


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
async def test_a_process_killed_while_it_lays_out_leaves_the_old_or_the_new(
    laid_out: tuple[Path, Truth, np.random.Generator], step: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder, truth, dice = laid_out
    killed = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.support.layouts", str(folder), step)
    assert await killed.wait() == 9
    async with opening(folder) as opened:
        check(await opened.load(), truth, dice)
        await add(opened, truth, dice, keys="bz", day=3, scope=EVERYBODY)
        check(await opened.load(), truth, dice)
        await opened.lay_out()
        check(await opened.load(), truth, dice)
    assert caplog.messages == []
    assert len(list((folder / "vectors").iterdir())) == 1


@pytest.mark.parametrize("name", ["passages.faiss", "passages.npy", "sentences.npy"])
async def test_a_long_file_that_was_cut_or_is_another_is_not_trusted_and_a_flipped_byte_is_found_by_the_doctor(
    laid_out: tuple[Path, Truth, np.random.Generator], name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder, truth, dice = laid_out
    monkeypatch.setattr(vectors, "_READ_WHOLE", 256)
    monkeypatch.setattr(vectors, "_BLOCK", 16)
    monkeypatch.setattr(vectors, "_BLOCKS", 4)
    async with opening(folder) as opened:
        await opened.lay_out()
        generation = await opened.store.live()
        assert generation
        files = vectors.VectorFiles(folder / "vectors")
        assert files.whole(generation)
        (place,) = (folder / "vectors").iterdir()
        content = (place / name).read_bytes()
        middle = len(content) // 2
        (place / name).write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        assert files.load(generation, SPACE, expected=True)
        assert files.whole(generation) is False
        for damaged in (content[:-1], content + b"\0", content[:-1] + bytes([content[-1] ^ 1]), b"\0" * len(content)):
            (place / name).write_bytes(damaged)
            caplog.clear()
            check(await opened.load(), truth, dice)
            assert len(caplog.messages) == 1
            assert "damaged" in caplog.text


async def test_no_room_for_the_files_of_a_large_index_is_said(
    laid_out: tuple[Path, Truth, np.random.Generator], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, truth, dice = laid_out

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with opening(folder) as opened:
        with monkeypatch.context() as patch:
            patch.setattr(Clustered, "write", full)
            with pytest.raises(DataError, match="free some space"):
                await opened.lay_out()
        check(await opened.load(), truth, dice)


async def test_an_index_that_has_become_small_is_laid_out_as_a_small_one(
    laid_out: tuple[Path, Truth, np.random.Generator], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, truth, dice = laid_out
    async with opening(folder) as opened:
        assert (await opened.load()).frozen
        monkeypatch.setattr(vectors, "EXACT_LIMIT", 1000)
        loaded = await opened.load()
        assert loaded.frozen is None
        check(loaded, truth, dice)


async def test_common_words_are_counted_when_all_is_laid_out(
    laid_out: tuple[Path, Truth, np.random.Generator], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, truth, _ = laid_out
    monkeypatch.setattr(segments, "COMMON", 2)
    async with opening(folder) as opened:
        await opened.lay_out()
        known = (await opened.load()).known(SCOPES)
        exact = await opened.store.frequencies(["ships", "nowhere"], SCOPES)
        assert exact["ships"] == sum(len(rows) for *_, rows in truth.values())
        assert sum(of_scope["ships"] for of_scope in known.common.values()) == exact["ships"]
        assert await opened.store.frequencies(["ships", "nowhere"], SCOPES, known.common) == exact
        assert not (await opened.load()).known(("slack:nobody",)).common


def test_spellings_of_more_articles_are_as_if_all_had_been_counted_at_once() -> None:
    dice = np.random.default_rng(1)
    every = [f"w{number}" for number in range(30)]
    capitals = [sorted({every[at] for at in dice.integers(0, 30, 5)}) for _ in range(20)]
    first, second = ({one: (int(dice.integers(1, 9)), int(dice.integers(0, 3))) for one in some} for some in (every[:20], every[10:]))
    both = {one: tuple(sum(pair) for pair in zip(first.get(one, (0, 0)), second.get(one, (0, 0)), strict=True)) for one in every}
    whole = Spellings.of([both], capitals)  # type: ignore[list-item]
    known = [[one for one in some if one in first] for some in capitals[:12]]
    added = Spellings.of([first], known).and_those_of([second], capitals[12:], 12)
    for names, as_one in ((added.names([0], np.ones(20, np.bool_)), whole.names([0], np.ones(20, np.bool_))),):
        assert names.terms == as_one.terms
        for term in names.terms:
            late = names.holding(term).tolist()
            assert late == [at for at in as_one.holding(term).tolist() if at >= 12 or term in first]


async def test_articles_come_and_go_without_all_being_laid_out_again(samples_data: Path, samples: object, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(samples_data, data, ignore=shutil.ignore_patterns("vectors"))
    aurora = write(
        tmp_path / "aurora.md", "Zephyrine will ship on 3 May 2026, its maker says.", title="Zephyrine gets a date", published="2026-04-01"
    )
    async with open_index(Settings(data=data)) as index:
        before = (await index.ask("When will Sora ship?")).quotes
        base = list((data / "vectors").iterdir())
        await index.add([str(aurora)])
        (first, *_) = (await index.ask("When will Zephyrine ship?", as_of=date(2026, 5, 1))).quotes
        assert first.text.startswith("Zephyrine will ship on 3 May")
        assert not (await index.ask("When will Zephyrine ship?", as_of=date(2026, 3, 1))).quotes
    async with open_index(Settings(data=data)) as index:
        assert (await index.ask("When will Zephyrine ship?", as_of=date(2026, 5, 1))).quotes[0] == first
        assert await index.remove([str(aurora)])
        assert all(one.article.title != first.article.title for one in (await index.ask("When will Zephyrine ship?")).quotes)
        assert [(one.article, one.start) for one in (await index.ask("When will Sora ship?")).quotes] == [
            (one.article, one.start) for one in before
        ]
    assert list((data / "vectors").iterdir()) == base


async def test_all_is_laid_out_again_when_much_has_changed_and_a_forgotten_workspace_leaves_nothing(
    samples_data: Path, samples: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(segments, "_LEAST", 0)
    monkeypatch.setattr(segments, "_SHARE", 0.0)
    data = tmp_path / "data"
    shutil.copytree(samples_data, data, ignore=shutil.ignore_patterns("vectors"))
    with caplog.at_level(logging.WARNING):
        async with open_index(Settings(data=data)) as index:
            await index.ask("When will Sora ship?")
            (base,) = (data / "vectors").iterdir()
            await index.add([str(write(tmp_path / "a.md", "Zephyrine will ship on 3 May 2026."))], scope=THEIRS)
        (again,) = (data / "vectors").iterdir()
        assert again != base
        async with open_index(Settings(data=data)) as index:
            assert (await index.ask("When will Zephyrine ship?", scopes=[EVERYBODY, THEIRS])).quotes
            assert not any("Zephyrine" in one.text for one in (await index.ask("When will Zephyrine ship?")).quotes)
            assert (await index.remains(THEIRS))["vector files"] == 1
            await index.forget(THEIRS)
            assert not any((await index.remains(THEIRS)).values())
    assert "cannot be" not in caplog.text
