"""What is learned about an encoder from this project's own sentences: some minutes, once, then kept in the cache.

Any encoder can be set: the sentences are what it is learned from (``parallel.tsv``, ``prototypes.tsv``, ``intents.tsv``,
``tells.tsv`` and the launches' ``sentences.tsv``). For the bundled encoder the numbers come along (``make fit`` writes them); they
are only used as long as they were learned from exactly these sentences.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.embedding.encoders.base import TextEncoder
from index.embedding.learned import stage_examples
from index.embedding.learned.language_space import LanguageSpace
from index.embedding.learned.question_kinds import INTENT_REGULARISATION, KIND_REGULARISATION, LIKE, Intent, Kind, Softmax, Tells
from index.embedding.learned.stage_reader import StageReader
from index.embedding.learned.token_space import TokenSpace

_VERSION = 4
"""Raised whenever the same sentences would teach something else."""

_HEADS = 4  # headlines behind which the classifiers of sentences see each


@dataclass(frozen=True)
class Fitted:
    """What is known about one encoder.

    Attributes:
        piece_scores: each token's log-probability (see :meth:`TextEncoder.piece_scores`).
    """

    languages: LanguageSpace
    tokens: TokenSpace
    kinds: Softmax
    intents: Softmax
    tells: Tells
    stages: StageReader
    piece_scores: npt.NDArray[np.float32]


def fit(encoder: TextEncoder) -> Fitted:
    """Learn from the parallel sentences and the prototype questions."""
    columns = _parallel().values()
    passages = [encoder.passages_with_tokens(sentences) for sentences in columns]
    queries = [encoder.queries_with_tokens(sentences) for sentences in columns]
    vectors = [[np.stack([one.vector for one in language]) for language in kind] for kind in (passages, queries)]
    tokens = [[np.concatenate([one.tokens for one in language]) for language in kind] for kind in (passages, queries)]
    languages = LanguageSpace.fit(*vectors)

    def learn(examples: Sequence[tuple[str, str]], classes: Sequence[str], regularisation: float) -> Softmax:
        questions = languages.queries(encoder.encode_queries([question for _, question in examples]))
        return Softmax.fit(questions, [LIKE.get(label, label) for label, _ in examples], classes, regularisation)

    return Fitted(
        languages,
        TokenSpace.fit(*tokens),
        learn(_prototypes(), Kind._fields, KIND_REGULARISATION),
        learn(_intents(), Intent._fields, INTENT_REGULARISATION),
        _fit_tells(encoder),
        stage_examples.fit(encoder),
        encoder.piece_scores(),
    )


def _fit_tells(encoder: TextEncoder) -> Tells:
    """From the sentences each by itself, as titles are read, and behind some headlines, as sentences are."""
    taught, drawn = _tells(), stage_examples.Heads()
    heads = [[""] * len(taught), *([drawn.draw(language) for language, _, _ in taught] for _ in range(_HEADS))]
    read = [layers.mean for some in heads for layers in encoder.layers([text for _, _, text in taught], some)]
    return Tells.fit(np.stack(read), [kinds for _ in heads for _, kinds, _ in taught])


def load(encoder: TextEncoder, folder: Path) -> Fitted:
    """What is known about ``encoder``, from the cache folder where it was learned before."""
    key = _key(encoder)
    kept = folder / f"fitted-{key}.npz"
    for place in (files("index.embedding.learned") / "data" / "fitted.npz", kept):
        try:
            with place.open("rb") as file, np.load(file) as arrays:
                if str(arrays["key"]) == key:
                    return _unpack(arrays, encoder)
        except Exception:  # whatever is made of a damaged file: it is learned again
            continue
    fitted = fit(encoder)
    keep(kept, fitted, encoder)
    return fitted


def _key(encoder: TextEncoder) -> str:
    """Of what is learned about an encoder from the sentences as they are now."""
    taught = (_VERSION, encoder.card.fingerprint, _parallel(), _prototypes(), _intents(), _tells(), stage_examples.examples())
    return sha256(repr(taught).encode()).hexdigest()[:16]


@cache
def parallel_languages() -> tuple[str, ...]:
    """The languages of the parallel sentences: those that Shipdate is at home in."""
    return tuple(_parallel())


def _unpack(arrays: Mapping[str, npt.NDArray[np.float32]], encoder: TextEncoder) -> Fitted:
    return Fitted(
        LanguageSpace(arrays["basis"], arrays["centre"]),
        TokenSpace(arrays["rotation"], arrays["passage_centre"], arrays["query_centre"]),
        Softmax(arrays["kinds"]),
        Softmax(arrays["intents"]),
        Tells(arrays["tells"]),
        StageReader(arrays["stage_centre"], arrays["stage_scale"], _unpack_nets(arrays)),
        encoder.piece_scores(),
    )


def keep(path: Path, fitted: Fitted, encoder: TextEncoder) -> None:
    """Kept for the next time if possible: a cache that cannot be written costs minutes, not answers."""
    arrays: dict[str, Any] = {
        "key": np.array(_key(encoder)),
        "basis": fitted.languages.basis,
        "centre": fitted.languages.centre,
        "rotation": fitted.tokens.rotation,
        "passage_centre": fitted.tokens.passage_centre,
        "query_centre": fitted.tokens.query_centre,
        "kinds": fitted.kinds.weights,
        "intents": fitted.intents.weights,
        "tells": fitted.tells.weights,
        "stage_centre": fitted.stages.centre,
        "stage_scale": fitted.stages.scale,
        **_pack_nets(fitted.stages.weights),
    }
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as scratch:
            np.savez_compressed(scratch, **arrays)
        Path(scratch.name).replace(path)
    except OSError:
        return


def _pack_nets(nets: Sequence[Mapping[str, npt.NDArray[np.float32]]]) -> dict[str, npt.NDArray[np.float16]]:
    return {f"net{at} {name}": array.astype(np.float16) for at, net in enumerate(nets) for name, array in net.items()}


def _unpack_nets(arrays: Mapping[str, npt.NDArray[np.float32]]) -> list[dict[str, npt.NDArray[np.float32]]]:
    nets: dict[str, dict[str, npt.NDArray[np.float32]]] = {}
    for label in arrays:
        if label.startswith("net"):
            net, name = label.split(" ")
            nets.setdefault(net, {})[name] = arrays[label].astype(np.float32)
    return list(nets.values())


@cache
def _parallel() -> Mapping[str, tuple[str, ...]]:
    header, *rows = _table("parallel.tsv")
    return {language: tuple(row[column] for row in rows) for column, language in enumerate(header)}


@cache
def _prototypes() -> Sequence[tuple[str, str]]:
    _, *rows = _table("prototypes.tsv")
    return tuple((kind, question) for kind, _, question in rows)


@cache
def _intents() -> Sequence[tuple[str, str]]:
    _, *rows = _table("intents.tsv")
    return tuple((intent, question) for _, intent, question in rows)


@cache
def _tells() -> Sequence[tuple[str, tuple[str, ...], str]]:
    _, *rows = _table("tells.tsv")
    return tuple((language, tuple(kinds.split(",")), sentence) for language, kinds, sentence in rows)


def _table(name: str) -> list[list[str]]:
    content = files("index.embedding.learned").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.reader(io.StringIO(content), delimiter="\t", quoting=csv.QUOTE_NONE))
