"""What is learned about an encoder, once, from this project's own sentences: a matter of half a minute, then kept in the cache.

Nothing of this is shipped as numbers, so that any encoder can be set; ``parallel.tsv`` and ``prototypes.tsv`` are what it is
learned from.
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
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from index.embedding.encoder import Encoder
from index.embedding.languages import LanguageSpace
from index.embedding.tokens import TokenSpace
from index.kinds import Kinds

_VERSION = 1
"""Raised whenever the same sentences would teach something else."""


@dataclass(frozen=True)
class Fitted:
    """What is known about one encoder.

    Attributes:
        piece_scores: each token's log-probability (see :meth:`Encoder.piece_scores`).
    """

    languages: LanguageSpace
    tokens: TokenSpace
    kinds: Kinds
    piece_scores: npt.NDArray[np.float32]


def fit(encoder: Encoder) -> Fitted:
    """Learn from the parallel sentences and the prototype questions."""
    columns = _parallel().values()
    passages = [encoder.passages_with_tokens(sentences) for sentences in columns]
    queries = [encoder.queries_with_tokens(sentences) for sentences in columns]
    vectors = [[np.stack([one.vector for one in language]) for language in kind] for kind in (passages, queries)]
    tokens = [[np.concatenate([one.tokens for one in language]) for language in kind] for kind in (passages, queries)]
    languages = LanguageSpace.fit(*vectors)
    prototypes = _prototypes()
    questions = languages.queries(encoder.encode_queries([question for _, question in prototypes]))
    return Fitted(languages, TokenSpace.fit(*tokens), Kinds.fit(questions, [kind for kind, _ in prototypes]), encoder.piece_scores())


def load(encoder: Encoder, folder: Path) -> Fitted:
    """What is known about ``encoder``, from the cache folder where it was learned before."""
    key = sha256(repr((_VERSION, encoder.fingerprint, _parallel(), _prototypes())).encode()).hexdigest()[:16]
    kept = folder / f"fitted-{key}.npz"
    try:
        with kept.open("rb") as file, np.load(file) as arrays:
            return _unpack(arrays)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        fitted = fit(encoder)
        _keep(kept, fitted)
        return fitted


@cache
def parallel_languages() -> tuple[str, ...]:
    """The languages of the parallel sentences: those that Shipdate is at home in."""
    return tuple(_parallel())


def _unpack(arrays: Mapping[str, npt.NDArray[np.float32]]) -> Fitted:
    return Fitted(
        LanguageSpace(arrays["basis"], arrays["centre"]),
        TokenSpace(arrays["rotation"], arrays["passage_centre"], arrays["query_centre"]),
        Kinds(arrays["kinds"]),
        arrays["piece_scores"],
    )


def _keep(path: Path, fitted: Fitted) -> None:
    """Kept for the next time if possible: a cache that cannot be written costs seconds, not answers."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as scratch:
            np.savez(
                scratch,
                basis=fitted.languages.basis,
                centre=fitted.languages.centre,
                rotation=fitted.tokens.rotation,
                passage_centre=fitted.tokens.passage_centre,
                query_centre=fitted.tokens.query_centre,
                kinds=fitted.kinds.weights,
                piece_scores=fitted.piece_scores,
            )
        Path(scratch.name).replace(path)
    except OSError:
        return


@cache
def _parallel() -> Mapping[str, tuple[str, ...]]:
    header, *rows = _table("parallel.tsv")
    return {language: tuple(row[column] for row in rows) for column, language in enumerate(header)}


@cache
def _prototypes() -> Sequence[tuple[str, str]]:
    _, *rows = _table("prototypes.tsv")
    return tuple((kind, question) for kind, _, question in rows)


def _table(name: str) -> list[list[str]]:
    content = files("index.embedding").joinpath(name).read_text(encoding="utf-8")
    return list(csv.reader(io.StringIO(content), delimiter="\t", quoting=csv.QUOTE_NONE))
