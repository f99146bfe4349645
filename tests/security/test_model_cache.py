"""What lies in the cache is compared with what was put there before it is used, and nobody else may have put it there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.embedding.encoders import bundled, choose, manifest
from index.embedding.encoders import load as encoders
from index.embedding.encoders.base import TextEncoder
from index.embedding.encoders.manifest import ManifestError
from index.embedding.learned import bundle
from index.model.errors import ModelError

pytestmark = [pytest.mark.model, pytest.mark.slow]

TICK = 0.02  # seconds in which the clock that the system stamps files with goes on

Damage = Callable[[Path], None]


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A packed model of a moment."""

    def write(_model: object, folder: Path) -> None:
        (folder / "model.safetensors").write_bytes(bytes(range(256)) * 1000)
        (folder / "tokenizer.json").write_bytes(b"{}" * 1000)
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_bytes(b"{}")

    path = tmp_path / "packed.bin"
    path.write_bytes(b"packed")
    monkeypatch.setattr(bundled, "_SHA256", hashlib.sha256(b"packed").hexdigest())
    monkeypatch.setattr(bundled, "_parse", lambda _content: None)
    monkeypatch.setattr(bundled, "_write_folder", write)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def flip(path: Path, at: int, *, secretly: bool = False) -> None:
    """Another byte at a place; secretly: with the old time of change."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))
    if secretly:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    os.truncate(path, path.stat().st_size - 1)


def overwrite(folder: Path) -> None:
    flip(folder / "model.safetensors", 100_001)


def overwrite_secretly(folder: Path) -> None:
    flip(folder / "model.safetensors", 100_001, secretly=True)


def swap(folder: Path) -> None:
    path = folder / "tokenizer.json"
    other = folder.parent / "other"
    shutil.copyfile(path, other)
    flip(other, 1000)
    shutil.copystat(path, other)
    other.rename(path)


def add(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")


def remove(folder: Path) -> None:
    (folder / "1_Pooling" / "config.json").unlink()


def change_the_manifest(folder: Path) -> None:
    flip(folder / manifest.NAME, 90)


def remove_the_manifest(folder: Path) -> None:
    (folder / manifest.NAME).unlink()


@pytest.mark.parametrize(
    "damage",
    [cut, overwrite, overwrite_secretly, swap, add, remove, change_the_manifest, remove_the_manifest],
    ids=lambda one: one.__name__,
)
def test_an_unpacked_model_that_has_changed_is_not_used_but_unpacked_again(
    damage: Damage, packed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody, or a full disk, has left other weights in the cache."""
    cache = tmp_path / "cache"
    folder = bundled.unpack(packed, cache)
    original = contents(folder)
    time.sleep(TICK)
    damage(folder)
    assert contents(folder) != original
    assert not caplog.records
    assert bundled.unpack(packed, cache) == folder
    (record,) = caplog.records
    assert str(folder) in record.getMessage()
    assert "\n" not in record.getMessage()
    known, made = original, contents(folder)
    assert known.pop(manifest.NAME) != made.pop(manifest.NAME)
    assert made == known
    assert [path for path in cache.iterdir() if path.name != "other"] == [folder]
    bundled.unpack(packed, cache)
    assert len(caplog.records) == 1


def test_a_model_that_has_changed_and_cannot_be_replaced_is_not_used(packed: Path, tmp_path: Path) -> None:
    folder = bundled.unpack(packed, tmp_path / "cache")
    add(folder)
    packed.write_bytes(b"changed, too")
    with pytest.raises(ModelError, match="reinstall"):
        bundled.unpack(packed, tmp_path / "cache")


def test_the_comparison_costs_under_twenty_milliseconds(encoder: TextEncoder) -> None:
    if encoder.folder is None:
        pytest.skip("no model comes along for this machine")
    took = []
    for _ in range(5):
        started = time.perf_counter()
        manifest.check(Path(encoder.folder))
        took.append(time.perf_counter() - started)
    assert min(took) < 0.02


def test_a_copy_of_the_cache_is_as_good_as_the_cache(packed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its files have other times, so that all of it is read once more, and is the same."""
    bundled.unpack(packed, tmp_path / "cache")
    time.sleep(TICK)
    shutil.copytree(tmp_path / "cache", tmp_path / "copy", copy_function=shutil.copyfile)
    before = {path: path.stat().st_ino for path in (tmp_path / "copy").rglob("*")}
    bundled.unpack(packed, tmp_path / "copy")
    assert {path: path.stat().st_ino for path in (tmp_path / "copy").rglob("*")} == before
    assert not caplog.records


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(st.sampled_from(["a", "b", "c/d", "c/é"]), st.binary(min_size=1, max_size=50), min_size=1), data=st.data())
def test_no_change_of_any_byte_of_any_file_goes_unnoticed(tmp_path: Path, files: dict[str, bytes], data: st.DataObject) -> None:
    folder = tmp_path / "folder"
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    manifest.write(folder)
    manifest.check(folder)
    time.sleep(TICK)
    path = folder / data.draw(st.sampled_from([*files, manifest.NAME]))
    flip(path, data.draw(st.integers(0, path.stat().st_size - 1)), secretly=data.draw(st.booleans()))
    with pytest.raises(ManifestError):
        manifest.check(folder)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda one: st.lists(one) | st.dictionaries(st.text(max_size=3), one)))
def test_a_manifest_of_any_other_kind_is_as_good_as_none(tmp_path: Path, said: object) -> None:
    """Whoever writes one can also write the right digest of it."""
    for text in (
        "[" * 50_000,
        json.dumps(said),
        json.dumps({"about": said, "files": said}),
        json.dumps({"about": said, "files": {"model.bin": said}}),
    ):
        digest = hashlib.sha256(text.encode()).hexdigest()
        (tmp_path / manifest.NAME).write_text(f"{digest}\n{text}", encoding="utf-8")
        with suppress(ManifestError):  # one of no files is right about an empty folder
            manifest.check(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="its files have no such modes")
def test_a_cache_that_everybody_may_write_to_is_refused(tmp_path: Path) -> None:
    """Another user of the machine puts a model of their own there."""
    tmp_path.chmod(0o777)
    with pytest.raises(ModelError, match="chmod") as refused:
        encoders.locate("", tmp_path)
    assert str(tmp_path) in str(refused.value)
    assert "SHIPDATE_CACHE" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(sys.platform == "win32", reason="its files have no such owners")
def test_a_cache_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(ModelError, match="another user") as refused:
        encoders.locate("some/model", tmp_path)
    assert "SHIPDATE_CACHE" in str(refused.value)


def test_the_cache_is_made_for_its_user_alone(packed: Path, tmp_path: Path) -> None:
    """A careless umask would let everybody in."""
    before = os.umask(0)
    try:
        folder = bundled.unpack(packed, tmp_path / "cache")
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "cache", folder)} == {0o700}
    manifest.check_owner(tmp_path / "cache")


def test_notes_on_engines_that_are_none_are_made_again(small: Path, tmp_path: Path) -> None:
    choose.load(str(small), str(small), tmp_path)
    (notes,) = tmp_path.glob("engine-*.json")
    for said in ("[]", "5", '{"openvino-int8": 5}', '{"openvino-int8": ["agrees"]}', "[" * 50_000, '{"openvino-of-no-kind": ""}'):
        notes.write_text(said, encoding="utf-8")
        assert choose.load(str(small), str(small), tmp_path).encode_queries(["When?"]).shape == (1, 32)


@pytest.mark.parametrize("damage", ["deflated", "header", "another"])
def test_what_was_learned_is_learned_again_when_its_file_is_damaged(
    damage: str, encoder: TextEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = bundle.load(encoder, tmp_path)
    monkeypatch.setattr(bundle, "_key", lambda _encoder: "key")
    monkeypatch.setattr(bundle, "fit", lambda _encoder: known)
    path = tmp_path / "fitted-key.npz"
    bundle.keep(path, known, encoder)
    if damage == "deflated":
        flip(path, path.stat().st_size // 2)
    elif damage == "header":
        flip(path, 0)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("key.npy", b"\x93NUMPY\x01\x00\xff\xff")
    assert bundle.load(encoder, tmp_path) is known
