"""Which engine runs a model: by a rule or by name; converted once, compared; and plain PyTorch whenever anything stands in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.embedding.encoders import choose, openvino, sentence_transformers
from index.embedding.encoders.base import TextEncoder, unit
from index.model.errors import ModelError
from tests.support.articles import ROOT

pytestmark = pytest.mark.model

TEXTS = ("When will it ship?", "It ships on 3 May, says its maker.", "", "no " * 200)
FILES = ("model.xml", "model.bin", "rounded.npy", "scales.npy", "tokenizer.json", "scores.npy", "manifest.json")


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has."""
    monkeypatch.setattr(sentence_transformers, "gpu", lambda: None)


def load(model: Path, cache: Path, engine: str = "") -> TextEncoder:
    return choose.load(str(model), str(model), cache, engine)


def remembered(cache: Path) -> dict[str, str]:
    """What is known against each engine."""
    (path,) = cache.glob("*.json")
    said: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return said


def check_agrees(one: TextEncoder, other: TextEncoder) -> None:
    for mine, theirs in zip(*((each.encode_passages(TEXTS), each.encode_queries(TEXTS)) for each in (one, other)), strict=True):
        assert (mine * theirs).sum(axis=1).min() > 0.999
    for layers, others in zip(one.layers(TEXTS), other.layers(TEXTS), strict=True):
        assert layers.spans == others.spans
        assert (unit(layers.tokens) * unit(others.tokens)).sum(axis=1).min(initial=1) > 0.999


@pytest.mark.slow
def test_a_conversion_makes_what_pytorch_makes(small: Path, tmp_path: Path) -> None:
    made, original = load(small, tmp_path), sentence_transformers.load(str(small), str(small))
    assert made.engine == openvino.engines()[0]
    assert (made.fingerprint, made.folder, made.dimension) == (original.fingerprint, str(small), 32)
    assert np.array_equal(made.piece_scores(), original.piece_scores())
    check_agrees(made, original)


@pytest.mark.slow
def test_every_precision_makes_what_pytorch_makes(small: Path, tmp_path: Path) -> None:
    load(small, tmp_path)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    original, engines = sentence_transformers.load(str(small), str(small)), openvino.engines()
    assert engines[0] == "openvino-int8"
    for engine in engines:
        made = openvino.load(folder, engine)
        assert made.engine == engine
        check_agrees(made, original)


@pytest.mark.slow
def test_the_engine_that_is_set_is_used(small: Path, tmp_path: Path) -> None:
    expected = load(small, tmp_path)
    for engine in (*openvino.engines(), *sentence_transformers.engines()):
        made = load(small, tmp_path, engine)
        assert made.engine == engine
        check_agrees(made, expected)
    assert load(small, tmp_path).engine == expected.engine


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["fast", "openvino", "torch-int8", "openvino-bf16", "torch-cuda-fp32"])
def test_an_engine_that_cannot_be_had_is_refused_in_a_sentence(
    small: Path, tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino, "engines", lambda: ["openvino-fp32"])
    with pytest.raises(ModelError, match=r"^SHIPDATE_ENGINE: [^\n]*; leave it empty[^\n]*\.$") as refused:
        load(small, tmp_path, engine)
    assert engine in str(refused.value)


@pytest.mark.slow
def test_a_gpu_that_pytorch_sees_is_used(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(choose, "_sees_gpu", lambda: True)
    monkeypatch.setattr(sentence_transformers, "engines", lambda: ["torch-cuda-bf16", "torch-fp32"])
    monkeypatch.setattr(sentence_transformers, "load", lambda *said: asked.append(said))
    load(small, tmp_path)
    assert asked == [(str(small), str(small), "torch-cuda-bf16")]


@pytest.mark.slow
def test_all_engines_are_timed_and_none_is_remembered_for_it(small: Path, tmp_path: Path) -> None:
    first = load(small, tmp_path).engine
    speeds = list(choose.measure(str(small), str(small), tmp_path))
    assert [speed.engine for speed in speeds] == [*openvino.engines(), *sentence_transformers.engines()]
    assert all(speed.passages > 0 and speed.question > 0 for speed in speeds)
    assert load(small, tmp_path).engine == first


@pytest.mark.slow
def test_a_model_is_converted_once(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(small, tmp_path)
    monkeypatch.setattr(sentence_transformers, "load", None)  # whoever calls it fails
    check_agrees(load(small, tmp_path), first)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [lambda content: content[: len(content) // 2], lambda content: content[:-9] + b"\x01" + content[-8:]])
def test_a_damaged_conversion_is_made_again(small: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    expected = load(small, tmp_path).encode_passages(TEXTS)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    for name in FILES:
        whole = (folder / name).read_bytes()
        (folder / name).unlink()  # for the weights are read where they lie, by the encoder of before
        (folder / name).write_bytes(damage(whole))
        again = load(small, tmp_path)
        assert again.engine.startswith("openvino-"), name
        assert (again.encode_passages(TEXTS) * expected).sum(axis=1).min() > 0.999
        assert (folder / name).read_bytes() != damage(whole)
    for path in tmp_path.glob("*.json"):
        path.write_bytes(b"{")
    assert load(small, tmp_path).engine.startswith("openvino-")


@pytest.mark.slow
def test_a_model_that_has_changed_is_converted_again_and_the_old_conversion_goes(small: Path, tmp_path: Path) -> None:
    load(small, tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    os.utime(small / "modules.json", (1, 1))
    load(small, tmp_path)
    after = {path.name for path in tmp_path.iterdir()}
    assert len(after) == len(before)
    assert after & before == {"engine.lock"}


@pytest.mark.slow
def test_a_model_that_cannot_be_converted_is_run_by_pytorch(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "prompted"
    folder.mkdir()
    for path in small.rglob("*"):
        if path.is_file():
            (folder / path.relative_to(small)).parent.mkdir(exist_ok=True)
            (folder / path.relative_to(small)).write_bytes(path.read_bytes())
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps({**json.loads(pooling.read_text(encoding="utf-8")), "include_prompt": False}), encoding="utf-8")
    for _ in range(2):
        made = load(folder, tmp_path / "cache")
        assert made.engine.startswith("torch-")
        assert made.encode_queries(TEXTS).shape == (len(TEXTS), 32)
    assert all("prompt" in problem for problem in remembered(tmp_path / "cache").values())


@pytest.mark.slow
def test_a_conversion_that_does_not_agree_is_not_used(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "AGREEMENT", 1.1)
    for _ in range(2):
        assert load(small, tmp_path).engine.startswith("torch-")
        assert all("agrees" in problem for problem in remembered(tmp_path).values())
    with pytest.raises(ModelError, match=r"SHIPDATE_ENGINE: openvino-fp32 .* cosine"):
        load(small, tmp_path, "openvino-fp32")


@pytest.mark.slow
def test_the_next_engine_is_used_where_the_first_does_not_agree(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    agreement, compared = choose._agreement, iter([0.5])
    monkeypatch.setattr(choose, "_agreement", lambda made, expected: next(compared, None) or agreement(made, expected))
    for _ in range(2):
        assert load(small, tmp_path).engine == openvino.engines()[1]
    (record,) = caplog.records
    assert (
        record.getMessage() == f"{openvino.engines()[0]} does not run the model {small}: it agrees with PyTorch to a cosine of 0.5000 only"
    )


@pytest.mark.slow
def test_without_openvino_pytorch_runs_the_model(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise openvino.ConversionError("there is none")

    for name in ("openvino", "_core"):
        monkeypatch.setattr(openvino, name, missing)
    assert load(small, tmp_path).engine.startswith("torch-")


def test_a_cache_that_cannot_be_written_costs_speed_only(small: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert load(small, tmp_path / "file").engine.startswith("torch-")


_LOADING = """
import sys
from pathlib import Path
from index.embedding.encoders import choose
made = choose.load(sys.argv[1], sys.argv[1], Path(sys.argv[2]))
print(made.engine, made.encode_passages(["It ships."]).shape)
"""


@pytest.mark.slow
def test_two_processes_that_convert_at_once_do_not_disturb_each_other(small: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _LOADING, str(small), str(tmp_path)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) for _ in range(2)]
    said = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert all(out.startswith(b"openvino-") for out, _ in said)
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1
    assert not list(tmp_path.glob("partial-*"))


_ASKING = """
import asyncio, sys
from pathlib import Path
from bot.settings import Settings
from index import open_index

async def main():
    async with open_index(Settings(data=Path(sys.argv[1]))) as index:
        engine = await index.engine()
        print(engine.encoder.engine, (await index.ask("When will Sora ship?")).answered)
        print(*(name for name in ("torch", "transformers", "sentence_transformers", "sklearn") if name in sys.modules))
        print(getattr(sys.modules.get("openvino_telemetry"), "__name__", None))

asyncio.run(main())
"""


@pytest.mark.slow
def test_a_process_that_answers_needs_no_pytorch_and_tells_nobody(samples: object, samples_data: Path, encoder: TextEncoder) -> None:
    if not encoder.engine.startswith("openvino-"):
        pytest.skip("PyTorch is faster on this machine")
    done = subprocess.run([sys.executable, "-c", _ASKING, str(samples_data)], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    engine, heavy, companion = done.stdout.splitlines()
    assert engine == f"{encoder.engine} True"
    assert (heavy, companion) == ("", "None")


@pytest.mark.slow
def test_a_question_does_not_wait_for_other_texts(encoder: TextEncoder) -> None:
    if not encoder.engine.startswith("openvino-"):
        pytest.skip("PyTorch is faster on this machine")
    begun = threading.Event()

    def bulk() -> None:
        encoder.use(1)
        encoder.encode_passages(["It ships."])
        begun.set()
        encoder.encode_passages(["The maker has put off the launch again, and names no day at all. " * 20] * 24)

    encoder.encode_queries(["When?"])
    thread = threading.Thread(target=bulk)
    thread.start()
    begun.wait()
    encoder.encode_queries(["When will it ship?"])
    assert thread.is_alive(), "it waited until all of them were done"
    thread.join()
