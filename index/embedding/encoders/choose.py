"""Which engine runs a model on this machine, by a rule that :func:`load` tells, or by what ``SHIPDATE_ENGINE`` says.

On two cores with bf16 the bundled model encodes 103 passages a second by OpenVINO in eight bits, and a question in 3.6 ms; in bf16 84, and
5.6 ms; with PyTorch in bf16 60, and 13 ms; in full precision 30, and 22 ms. What is in eight bits is faster without bf16, too.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

import numpy as np
from filelock import FileLock, Timeout

from index.embedding.encoders import openvino, sentence_transformers
from index.embedding.encoders.base import TextEncoder, Vectors, unit
from index.embedding.encoders.openvino import ConversionError
from index.embedding.encoders.sentence_transformers import SentenceTransformerEncoder
from index.model.errors import ModelError
from index.system.atomic_files import scratch, sweep, write_whole

ENGINES = (*openvino.ENGINES, *sentence_transformers.ENGINES)
"""All there are, wherever each can be used."""

AGREEMENT = 0.999
"""The least mean cosine between what a conversion and what PyTorch make of the same texts and of their tokens."""

log = logging.getLogger(__name__)

_LAYOUT = 6
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
_REPEATED = 8  # the texts, where engines are timed, so that batches are full
_DRIVERS = ("/dev/nvidia[0-9]*", "/dev/kfd", "/dev/dxg", "C:/Windows/System32/nvcuda.dll")  # of CUDA, of ROCm, and of either under Windows


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast an engine is on this machine.

    Attributes:
        passages: a second, many at once.
        question: seconds for a question alone.
    """

    engine: str
    passages: float
    question: float


def load(target: str, name: str, cache: Path, engine: str = "") -> TextEncoder:
    """The encoder of a model: by PyTorch on a GPU that it sees, else by OpenVINO (in eight bits where the processor multiplies such, else
    in bf16, else in fp32), else by PyTorch (in bf16, else in fp32).

    OpenVINO needs a conversion of the model, which is made when there is none, in some seconds, and is used only where its vectors agree
    with those of PyTorch; whether they do is remembered.

    Args:
        target: its folder, or its name on the hub.
        name: for people.
        engine: one of :data:`ENGINES`, which is used in the place of what the rule says.

    Raises:
        ModelError: there is no such model, the hub cannot be reached, or the engine cannot run it here.
    """
    if engine and engine not in ENGINES:
        raise ModelError(f"SHIPDATE_ENGINE: there is no engine {engine!r}; leave it empty, or set it to one of {', '.join(ENGINES)}.")
    if engine in sentence_transformers.ENGINES or (not engine and _sees_gpu()):
        return sentence_transformers.load(target, name, engine or sentence_transformers.engines()[0])
    try:
        possible = openvino.engines()
        if engine and engine not in possible:
            raise ConversionError("this processor has no instructions for it")
        return _converted(target, name, cache, [engine] if engine else possible)
    except ConversionError as error:
        if engine:
            raise ModelError(f"SHIPDATE_ENGINE: {engine} cannot run the model {name} here ({error}); leave it empty.") from error
        log.info("PyTorch runs the model %s: %s", name, error)
    return sentence_transformers.load(target, name, sentence_transformers.engines()[0])


def measure(target: str, name: str, cache: Path) -> Iterator[Speed]:
    """How fast each engine is that can run a model here.

    Raises:
        ModelError: there is no such model, or the hub cannot be reached.
    """
    try:
        converted = openvino.engines()
    except ConversionError:
        converted = []
    for engine in (*converted, *sentence_transformers.engines()):
        try:
            encoder = load(target, name, cache, engine)
        except ModelError:
            if engine in sentence_transformers.ENGINES:
                raise
            continue
        encoder.encode_passages(_TEXTS)
        started = perf_counter()
        encoder.encode_passages(_TEXTS * _REPEATED)
        between = perf_counter()
        for _ in range(_REPEATED):
            encoder.encode_queries(_TEXTS[:1])
        yield Speed(engine, len(_TEXTS) * _REPEATED / (between - started), (perf_counter() - between) / _REPEATED)


def _sees_gpu() -> bool:
    """Whether PyTorch does. It takes seconds to load, so it is asked only where its build and the drivers leave that open."""
    build = version("torch").partition("+")[2]
    drivers = build == "xpu" or any(any(Path(driver).parent.glob(Path(driver).name)) for driver in _DRIVERS)
    apple = sys.platform == "darwin" and platform.machine() == "arm64"
    return build != "cpu" and (drivers or apple) and sentence_transformers.gpu() is not None


def _converted(target: str, name: str, cache: Path, engines: Sequence[str]) -> TextEncoder:
    """The encoder of a model's conversion by the first of some engines whose vectors agree with PyTorch's.

    Raises:
        ConversionError: there is none.
        ModelError: there is no such model, or the hub cannot be reached.
    """
    files = _files(target)
    if files and (known := _known(_folder(files, name, cache), engines)):
        return known
    encoder = sentence_transformers.load(target, name, "torch-fp32")
    files = files or _files(target)  # of the hub: they have come meanwhile
    if files is None:
        raise ConversionError("its files are in no folder")
    folder = _folder(files, name, cache)
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(cache / f"{_KIND}.lock", timeout=_PATIENCE):
            return _known(folder, engines) or _compared(encoder, folder, engines)
    except (OSError, Timeout) as error:  # a cache that cannot be written costs speed, not answers
        raise ConversionError(f"the cache {cache} cannot be used: {error}") from error


def _known(folder: Path, engines: Sequence[str]) -> TextEncoder | None:
    """The encoder by the first engine whose vectors agree; None where that is not known of one before it, or the conversion is damaged.

    Raises:
        ConversionError: it is known that none agrees.
    """
    problems = _problems(folder)
    for engine in engines:
        if not problems.get(engine):
            try:
                return openvino.load(folder, engine) if engine in problems else None
            except ConversionError:
                return None
    raise ConversionError(problems[engines[-1]])


def _compared(encoder: SentenceTransformerEncoder, folder: Path, engines: Sequence[str]) -> TextEncoder:
    """Convert a model, unless that was done, and remember of each engine whether its vectors agree, to the first one that does.

    Args:
        encoder: by PyTorch in full precision.

    Raises:
        ConversionError: there is none.
        OSError: the cache cannot be written.
    """
    expected = _made(encoder)
    problems = dict(_problems(folder))
    for engine in engines:
        try:
            _convert(encoder, folder)
            candidate = openvino.load(folder, engine)
            if (agreement := _agreement(_made(candidate), expected)) < AGREEMENT:
                raise ConversionError(f"it agrees with PyTorch to a cosine of {agreement:.4f} only")
        except ConversionError as error:
            problems[engine] = str(error)
            log.warning("%s does not run the model %s: %s", engine, encoder.name, error)
        else:
            write_whole(_noted(folder), json.dumps({**problems, engine: ""}, indent=1))
            return candidate
    write_whole(_noted(folder), json.dumps(problems, indent=1))
    raise ConversionError(problems[engines[-1]])


def _problems(folder: Path) -> Mapping[str, str]:
    """What is known against each engine that was compared: nothing ("") where its vectors agree."""
    try:
        said = json.loads(_noted(folder).read_text(encoding="utf-8"))
        return {engine: problem for engine, problem in said.items() if isinstance(problem, str)}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def _noted(folder: Path) -> Path:
    """Where that is kept; it goes with the conversion."""
    return folder.with_name(f"{folder.name}-agreement.json")


def _convert(encoder: SentenceTransformerEncoder, folder: Path) -> None:
    """Make the conversion, unless there is one that is whole; those of the model as it was before go."""
    try:
        openvino.load(folder, "openvino-fp32")
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
    return cache / f"{_KIND}-{_short(files.absolute(), name)}-{_short(_LAYOUT, _openvino_version(), state)}"


def _openvino_version() -> str | None:
    try:
        return version("openvino")
    except PackageNotFoundError:
        return None


def _short(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
