"""A model converted for OpenVINO, which runs it three times as fast as PyTorch on a CPU, and starts without PyTorch.

A conversion is a folder: the whole model with its pooling as one graph, whose weights are read where they lie in the file; those of
its linear layers once more, in eight bits; the tokenizer, which is hardly ever loaded; its pieces, which are looked up instead; their
scores; and a manifest (see :mod:`index.embedding.encoders.manifest`), with which each is compared whole, beside what takes longer.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.embedding.encoders import int8, lazy_tokenizer, manifest
from index.embedding.encoders.base import Card, Output, TextEncoder, Vectors
from index.embedding.encoders.lazy_tokenizer import Vocabulary
from index.embedding.encoders.manifest import ManifestError
from index.embedding.encoders.tokenizer import Inputs, TextTokenizer
from index.system.threads import cores, niceness

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from index.embedding.encoders.sentence_transformers import SentenceTransformerEncoder

ENGINES = ("openvino-int8", "openvino-bf16", "openvino-fp32")
"""All there are, the fastest first."""

_GRAPH, _WEIGHTS, _TOKENIZER, _SCORES = "model.xml", "model.bin", "tokenizer.json", "scores.npy"
_MOST_STREAMS = 4  # batches at once: each stream takes memory of its own
_ROUNDED = "int8"  # the precision of linear layers only (see :mod:`index.embedding.encoders.int8`); all else has the processor's own


class ConversionError(Exception):
    """A model cannot be converted, or a conversion is damaged. Not for people: PyTorch runs every model."""


@cache
def openvino() -> Any:
    """The library.

    Raises:
        ConversionError: there is none for this machine.
    """
    # Its companion tells its maker about every import. Without it, OpenVINO keeps to itself.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise ConversionError(f"OpenVINO cannot be loaded: {error}") from error
    return openvino


@cache
def _core() -> Any:
    return openvino().Core()


def engines() -> list[str]:
    """Those that this processor has instructions for, the fastest first.

    Raises:
        ConversionError: there is no OpenVINO for this machine.
    """
    able = _capabilities()
    return [engine for engine in ENGINES if _precision(engine).upper() in able]


def _capabilities() -> Collection[str]:
    """The kinds of numbers that the processor has instructions for, as OpenVINO calls them."""
    found: list[str] = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return found


def _precision(engine: str) -> str:
    return engine.removeprefix("openvino-")


def _options(precision: str) -> dict[str, object]:
    """How OpenVINO is told to compute."""
    half = precision == "bf16" or (precision == _ROUNDED and "BF16" in _capabilities())
    rounded = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": int8.GROUP} if precision == _ROUNDED else {}
    return {"INFERENCE_PRECISION_HINT": "bf16" if half else "f32", **rounded}


def convert(encoder: SentenceTransformerEncoder, folder: Path) -> None:
    """Write the conversion of a model in full precision.

    Raises:
        ConversionError: it is of a kind that cannot be converted.
        OSError: the folder cannot be written.
    """
    _write_graph(encoder, folder)
    said = encoder.tokenizer.said()
    (folder / _TOKENIZER).write_text(said, encoding="utf-8")
    np.save(folder / _SCORES, encoder.piece_scores())
    int8.write(_core().read_model(folder / _GRAPH), folder)
    lazy_tokenizer.write(said, folder)
    manifest.write(folder, asdict(encoder.card))


def _write_graph(encoder: SentenceTransformerEncoder, folder: Path) -> None:
    import torch

    from index.embedding.encoders.sentence_transformers import outputs

    if not all(getattr(module, "include_prompt", True) for module in encoder.model):
        raise ConversionError("its pooling leaves the prompt out, which is of another length in every call")

    class Whole(torch.nn.Module):
        """The model with its inputs in a row, as they are traced."""

        def __init__(self) -> None:
            super().__init__()
            self.model = encoder.model

        def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return outputs(self.model, dict(zip(encoder.card.inputs, inputs, strict=True)))

    library = openvino()
    examples = encoder.tokenizer.batch(encoder.tokenizer.tokenize(["When will it ship?", "A sentence that is longer than the other one."]))
    given = tuple(torch.from_numpy(examples[name]) for name in encoder.card.inputs)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")  # of what depends on the example; the comparison with PyTorch would show it
            graph = library.convert_model(Whole(), example_input=given)
        shapes = [one.get_partial_shape().rank.get_length() for one in graph.inputs]
        if len(shapes) != len(given) or len(graph.outputs) != len(Output):
            raise ConversionError("its graph has other inputs or outputs than the model")
        library.save_model(graph, folder / _GRAPH, compress_to_fp16=True)
    except ConversionError:
        raise
    except Exception as error:  # whatever stands in the way of tracing a model that somebody has written
        raise ConversionError(f"it cannot be converted ({type(error).__name__}: {error})") from error


def load(folder: Path, engine: str) -> ConvertedEncoder:
    """The encoder of a conversion, in well under a second.

    Raises:
        ConversionError: it is damaged, or cannot be run by that engine.
    """
    precision = _precision(engine)
    try:
        about, files = manifest.read(folder)
        card = Card(**{**about, "inputs": tuple(about["inputs"])})
        for name, noted in files.items():
            if (folder / name).stat().st_size != noted.size or (name != _WEIGHTS and manifest.digest(folder / name) != noted.digest):
                raise ConversionError(f"{name} is damaged")
        with ThreadPoolExecutor(1) as beside:
            weights = beside.submit(manifest.digest, folder / _WEIGHTS)
            graph = _core().read_model(folder / _GRAPH)
            if precision == _ROUNDED:
                int8.apply(graph, folder)
            questions = _Lane(graph, precision, streams=1)
            questions.prepare()
            if weights.result() != files[_WEIGHTS].digest:
                raise ConversionError(f"{_WEIGHTS} is damaged")
            aside, bulk = _Lane(graph, precision, streams=1, threads=1), _Lane(graph, precision, streams=_streams())
            encoder = ConvertedEncoder(card, engine, _tokenizer(folder, card, files), (questions, aside), bulk)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, ManifestError) as error:
        raise ConversionError(f"the conversion cannot be read: {error}") from error
    return encoder


def _streams() -> int:
    return min(cores(), _MOST_STREAMS)


class _Lane:
    """A graph ready to run, on threads of its own, for texts of one urgency.

    Linux starts a thread as nice as the one that starts it, so the threads of a lane are those of whoever uses it: they are made anew
    (a third of a second) when another niceness is wanted.

    Args:
        streams: batches that run at once, each on its share of the cores.
        threads: on how many cores; all by default.
    """

    def __init__(self, graph: Any, precision: str, streams: int, threads: int | None = None) -> None:
        self._graph = graph
        self._options = {
            **_options(precision),
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": threads or cores(),
        }
        self._streams = streams
        self._lock = threading.Lock()
        self._niceness: int | None = None
        self._requests: deque[Any] = deque()

    @property
    def busy(self) -> bool:
        """Whether it runs something."""
        return self._lock.locked()

    def prepare(self) -> None:
        """Be ready for the calling thread."""
        if self._niceness != niceness():
            self._niceness = niceness()
            self._requests.clear()  # with which the threads of before end
            compiled = _core().compile_model(self._graph, "CPU", self._options)
            self._requests.extend(compiled.create_infer_request() for _ in range(self._streams))

    def run(self, given: Iterable[Inputs], wanted: Sequence[Output], width: int) -> Iterator[list[Vectors]]:
        """What is wanted of each batch.

        Args:
            width: how many batches run at once at most.
        """
        with self._lock:
            self.prepare()
            running: deque[Any] = deque()
            try:
                for inputs in given:
                    if len(running) >= min(width, self._streams):
                        yield self._finish(running, wanted)
                    request = self._requests.popleft()
                    running.append(request)
                    request.start_async(list(inputs.values()))
                while running:
                    yield self._finish(running, wanted)
            finally:
                while running:
                    self._finish(running, ())

    def _finish(self, running: deque[Any], wanted: Sequence[Output]) -> list[Vectors]:
        request = running.popleft()
        self._requests.append(request)
        request.wait()
        return [np.array(request.get_output_tensor(output).data, np.float32) for output in wanted]


class ConvertedEncoder(TextEncoder):
    """A model that OpenVINO runs. Questions have lanes of their own, so that none waits for a batch of other texts.

    While there is one, they run on a single core: OpenVINO shares its threads among lanes, and a question whose second half is taken up
    by a thread that lets others go first waits for all of them.
    """

    def __init__(self, card: Card, engine: str, tokenizer: TextTokenizer, questions: tuple[_Lane, _Lane], bulk: _Lane) -> None:
        super().__init__(card, engine, tokenizer)
        self._questions, self._aside = questions
        self._bulk = bulk
        self._granted = threading.local()

    def use(self, cores: int) -> None:
        """How many batches the calling thread may have at once: each takes a core, where there are few."""
        self._granted.cores = cores

    def _run(self, given: Iterable[Inputs], wanted: Sequence[Output], *, asked: bool) -> Iterator[list[Vectors]]:
        lane = self._bulk if not asked else self._aside if self._bulk.busy else self._questions
        return lane.run(given, wanted, getattr(self._granted, "cores", _MOST_STREAMS))


def _tokenizer(folder: Path, card: Card, files: Collection[str]) -> TextTokenizer:
    def load() -> Tokenizer:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(folder / _TOKENIZER))

    return TextTokenizer(
        load,
        inputs=card.inputs,
        padding=card.padding,
        longest=card.longest,
        scores=np.load(folder / _SCORES),
        vocabulary=Vocabulary(folder, card.longest) if set(lazy_tokenizer.FILES) <= set(files) else None,
    )
