"""The encoder: questions and passages to unit vectors that can be compared across languages.

Heavy imports (PyTorch, sentence-transformers: some seconds) happen in :func:`load`, never at import, so that a command
that needs no vectors answers at once.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from index import passages
from index.embedding import bundled
from index.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors: TypeAlias = npt.NDArray[np.float32]
"""Unit vectors, one a row: shape (texts, dimension)."""

BATCH = 32
"""Texts a forward pass; more gains nothing on two cores."""


class Encoder(Protocol):
    """What the index asks of an embedding model. Calls may come from any thread, one at a time."""

    @property
    def name(self) -> str:
        """The model's name or folder, for people."""

    @property
    def engine(self) -> str:
        """What runs it, for people ("torch-bf16")."""

    @property
    def folder(self) -> str | None:
        """Where it was loaded from, where that is a folder."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    @property
    def fingerprint(self) -> str:
        """Two encoders with the same fingerprint make comparable vectors of the same texts."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a question."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a passage or sentence."""


class SentenceTransformerEncoder:
    """Any model of the sentence-transformers library, on this machine's CPU.

    Queries and passages are told apart by the model's own prompts ("query", and "document" or "passage"); a model of the
    E5 family that brings none gets the prefixes that it was trained with (arXiv 2402.05672).
    """

    def __init__(self, model: SentenceTransformer, name: str, folder: str | None, engine: str) -> None:
        dimension = model.get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"The model {name} does not tell its dimension; set EMBEDDING_MODEL to a text embedding model.")
        self._model = model
        self.name = name
        self.folder = folder
        self.engine = engine
        self.dimension = dimension
        self._query, self._passage = _prefixes(model.prompts, name)
        self.fingerprint = _fingerprint(model, name, self._query, self._passage, dimension)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a question."""
        return self._encode(texts, self._query)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a passage or sentence."""
        return self._encode(texts, self._passage)

    def _encode(self, texts: Sequence[str], prefix: str) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        found = self._model.encode(list(texts), prompt=prefix, batch_size=BATCH, show_progress_bar=False)
        vectors = np.asarray(found, np.float32)
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit


def load(name: str, cache: Path) -> SentenceTransformerEncoder:
    """The encoder of the model called ``name`` (of the hub, or a folder); of the bundled one where it is empty.

    Raises:
        ModelError: there is no such model, or the hub cannot be reached.
    """
    packed = bundled.packed_weights() if not name else None
    target = str(bundled.unpack(packed, cache)) if packed else (name or bundled.NAME)
    shown = bundled.NAME if packed else target
    _quiet_libraries()
    import torch
    from sentence_transformers import SentenceTransformer

    bf16 = bool(torch.cpu.get_capabilities().get("avx512_bf16") or torch.cpu.get_capabilities().get("amx_bf16"))
    try:
        model = SentenceTransformer(
            target,
            device="cpu",
            local_files_only=Path(target).is_dir(),
            model_kwargs={"dtype": torch.bfloat16 if bf16 else torch.float32},
        )
    except (OSError, ValueError, ImportError, RuntimeError, KeyError) as error:
        raise ModelError(_why_not(target)) from error
    folder = target if Path(target).is_dir() else None
    return SentenceTransformerEncoder(model, shown, folder, "torch-bf16" if bf16 else "torch-fp32")


def _why_not(target: str) -> str:
    if Path(target).exists():
        return (
            f"{target} holds no sentence-transformers model that can be loaded; set EMBEDDING_MODEL to another, "
            "or to nothing for the bundled one."
        )
    return (
        f"The model {target} cannot be loaded: it is unknown, or the model hub cannot be reached. Set EMBEDDING_MODEL to a "
        "model's name or folder, or to nothing for the bundled one."
    )


def _quiet_libraries() -> None:
    """Their progress bars and advice are for people who train models; errors still come as exceptions."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", "3")
    import transformers.utils.logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    for library in ("sentence_transformers", "huggingface_hub", "httpx"):
        logging.getLogger(library).setLevel(logging.ERROR)


def _prefixes(prompts: Mapping[str, str | None], name: str) -> tuple[str, str]:
    query, passage = prompts.get("query") or "", prompts.get("document") or prompts.get("passage") or ""
    if not query and not passage and "e5" in name.lower():
        return "query: ", "passage: "
    return query, passage


def _fingerprint(model: SentenceTransformer, name: str, query: str, passage: str, dimension: int) -> str:
    """A digest of what the vectors depend on: the weights themselves, the prefixes, how passages are cut."""
    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        # A sample of every tensor: enough to tell any two models apart, in milliseconds instead of a second.
        flat = tensor.detach().reshape(-1)
        # In bf16, so that machines with and without bf16 instructions share one index.
        digest.update(flat[:: max(1, flat.numel() // 64)].bfloat16().float().numpy().tobytes())
    digest.update(repr((query, passage, dimension, passages.VERSION)).encode())
    return f"{Path(name).name}:{digest.hexdigest()[:16]}"
