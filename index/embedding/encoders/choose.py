"""Which engine runs a model on this machine: chosen once, by measurement, and remembered beside the model's conversion.

A GPU is used where PyTorch sees one. Else the model is converted for OpenVINO; if what the conversion makes of some texts agrees with
what PyTorch makes of them, the fastest of both, in each precision that the processor has, is it. On two cores with bf16 the bundled
model encodes 103 passages a second in eight bits, and a question in 3.6 ms; in bf16 84, and 5.6 ms; with PyTorch in bf16 60, and 13 ms;
in full precision 30, and 22 ms.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

import numpy as np
from filelock import FileLock, Timeout

from index.embedding.encoders import openvino, sentence_transformers
from index.embedding.encoders.base import TextEncoder, Vectors, unit
from index.embedding.encoders.openvino import ConversionError
from index.embedding.encoders.sentence_transformers import SentenceTransformerEncoder
from index.system.atomic_files import scratch, sweep, write_whole
from index.text import passages

AGREEMENT = 0.999
"""The least mean cosine between what a conversion and what PyTorch make of the same texts and of their tokens."""

_LAYOUT = 5
"""Raised whenever what is kept changes."""

_KIND = "engine"
_PATIENCE = 600.0  # seconds that another process may take to convert the same model
_TEXTS = (
    "When will it ship?",
    "Die App ist ab heute in allen Ländern verfügbar, sagt der Hersteller; sie kostet zehn Euro im Monat und läuft vorerst nur auf "
    "neueren Geräten. Wer sich schon im Frühjahr angemeldet hat, bekommt das erste Jahr geschenkt.",
    "可灵今天上线，所有用户都可以使用。公司表示，下个月将在更多国家推出，届时价格会有所调整，现有用户不受影响。",
    "The maker has put off the launch again. It had promised the assistant for the spring, then for the autumn; now it says that testers "
    "found too many mistakes, and names no day at all. Whoever has paid already gets the money back, or may wait. Analysts had expected "
    "as much: two of the people who led the work left in the summer, and the demonstration that was shown in May had been staged.",
    "Его пока нет.",
    "Le modèle est sorti hier.\n\nIl répond en trois langues, et comprend aussi les images que l'on dépose dans la conversation.",
)
_QUESTION = 60  # characters
_ROUNDS, _REPEATED = 3, 4  # the best of so many rounds counts; texts are repeated, so that batches are full
_HEAVIER = 1.25  # PyTorch takes seconds and half a gigabyte to load, so it has to be faster by so much
_GPUS = ("nvidia[0-9]*", "kfd", "dxg")  # what the drivers of CUDA, of ROCm and of either under Windows show: a new one is worth a look


def fastest(target: str, name: str, cache: Path) -> TextEncoder:
    """The encoder of a model, by the engine that is the fastest here; some seconds longer where that is not known yet.

    Args:
        target: its folder, or its name on the hub.
        name: for people.

    Raises:
        ModelError: there is no such model, or the hub cannot be reached.
    """
    files = _files(target)
    if files and (known := _known(_folder(files, name, cache), target, name)):
        return known
    encoder = sentence_transformers.load(target, name)
    files = files or _files(target)  # of the hub: they have come meanwhile
    if files is None or encoder.model.device.type != "cpu":
        return sentence_transformers.halved(encoder) or encoder
    folder = _folder(files, name, cache)
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(cache / f"{_KIND}.lock", timeout=_PATIENCE):
            if known := _known(folder, target, name):
                return known
            _choose(encoder, folder)
            return _known(folder, target, name) or encoder
    except (OSError, Timeout):  # a cache that cannot be written costs speed, not answers
        return sentence_transformers.halved(encoder) or encoder


def _known(folder: Path, target: str, name: str) -> TextEncoder | None:
    """The encoder by the engine that was chosen here before; None where none was, or where its conversion is damaged."""
    try:
        engine = json.loads(_choice(folder).read_text(encoding="utf-8"))["engine"]
        library, _, precision = engine.partition("-")
        if library == "openvino":
            return openvino.load(folder, precision)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ConversionError):
        return None
    return sentence_transformers.load(target, name, engine)


def _choose(encoder: SentenceTransformerEncoder, folder: Path) -> None:
    """Convert a model, compare, measure, and remember what is the fastest.

    Args:
        encoder: by PyTorch in full precision; it may be in half of it afterwards.
        folder: of the conversion, which may be there already.

    Raises:
        OSError: the cache cannot be written.
    """
    expected = _made(encoder)
    took: dict[str, float] = {}
    by_torch: dict[str, float] = {}
    problem = None
    try:
        _convert(encoder, folder)
        for precision in openvino.precisions(folder):
            candidate = openvino.load(folder, precision)
            agreement = _agreement(_made(candidate), expected)
            if agreement >= AGREEMENT:
                took[candidate.engine] = _seconds(candidate)
            else:
                problem = f"{candidate.engine} agrees with PyTorch to a cosine of {agreement:.4f} only"
    except ConversionError as error:
        problem = str(error)
    by_torch[encoder.engine] = _seconds(encoder)
    if half := sentence_transformers.halved(encoder):
        by_torch[half.engine] = _seconds(half)
    weighed = took | {engine: _HEAVIER * seconds for engine, seconds in by_torch.items()}
    said = {"engine": min(weighed, key=weighed.__getitem__), "seconds": took | by_torch, "problem": problem}
    write_whole(_choice(folder), json.dumps(said, indent=1))


def _convert(encoder: SentenceTransformerEncoder, folder: Path) -> None:
    """Make the conversion, unless there is one that is whole; those of the model as it was before go."""
    try:
        openvino.load(folder, "fp32")
    except ConversionError:
        sweep(folder.parent, _KIND)
        for old in folder.parent.glob(f"{folder.name.rpartition('-')[0]}-*"):
            shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
        partial = scratch(folder.parent)
        try:
            openvino.convert(encoder, partial)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _made(encoder: TextEncoder) -> list[Vectors]:
    """Of each text its vector and those of its tokens, in three layers."""
    made = [encoder.encode_passages(_TEXTS), encoder.encode_queries(_TEXTS)]
    return [*made, *(layers.tokens.astype(np.float32) for layers in encoder.layers(_TEXTS))]


def _agreement(made: Sequence[Vectors], expected: Sequence[Vectors]) -> float:
    """The mean cosine of the rows of the pair that agrees least; 0 where there is something that is no number."""
    return min(float(np.nan_to_num((unit(mine) * unit(theirs)).sum(axis=1).mean())) for mine, theirs in zip(made, expected, strict=True))


def _seconds(encoder: TextEncoder) -> float:
    """How long some passages and some questions take, at best."""
    took = []
    for _ in range(_ROUNDS):
        started = perf_counter()
        encoder.encode_passages(_TEXTS * _REPEATED)
        for text in _TEXTS * _REPEATED:
            encoder.encode_queries([text[:_QUESTION]])
        took.append(perf_counter() - started)
    return min(took)


def _files(target: str) -> Path | None:
    """The folder of a model's files on this machine, if it is here."""
    if Path(target).is_dir():
        return Path(target) if any((Path(target) / name).is_file() for name in ("modules.json", "config.json")) else None
    from huggingface_hub import try_to_load_from_cache

    try:
        found = try_to_load_from_cache(target, "config.json")
    except ValueError:  # no model can have this name
        return None
    return Path(found).parent if isinstance(found, str) else None


def _folder(files: Path, name: str, cache: Path) -> Path:
    """The place of a model's conversion. One whose files have changed since has another."""
    seen = sorted((path.relative_to(files).as_posix(), path.stat()) for path in files.rglob("*") if path.is_file())
    state = [(path, said.st_size, said.st_mtime_ns) for path, said in seen]
    return cache / f"{_KIND}-{_short(files.absolute(), name)}-{_short(_LAYOUT, passages.VERSION, _openvino_version(), state)}"


def _choice(folder: Path) -> Path:
    """Where it is remembered which engine is the fastest on this machine."""
    gpus = sorted(str(path) for pattern in _GPUS for path in Path("/dev").glob(pattern))
    try:
        processor = openvino.processor()
    except ConversionError:
        processor = platform.processor()
    return folder.with_name(f"{folder.name}-{_short(processor, gpus)}.json")


def _openvino_version() -> str | None:
    try:
        return version("openvino")
    except PackageNotFoundError:
        return None


def _short(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
