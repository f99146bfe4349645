"""The encoder: questions and passages to vectors that can be compared across languages.

Heavy imports (PyTorch, sentence-transformers: some seconds) happen in :func:`load`, never at import, so that a command
that needs no vectors answers at once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from index import passages
from index.embedding import bundled
from index.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors: TypeAlias = npt.NDArray[np.float32]
"""One vector a row: shape (texts or tokens, dimension)."""

BATCH_TOKENS = 2048
"""Tokens a forward pass, padding included; more gains nothing on two cores. Texts of about equally many tokens go together: by
characters, as sentence-transformers sorts them, a third of what is computed on news in several scripts would be padding."""

Inputs: TypeAlias = dict[str, Any]
"""A batch of tokenized texts, as tensors."""

Own: TypeAlias = tuple[list[int], tuple[tuple[int, int], ...], tuple[int, ...]]

T = TypeVar("T")

_ANY_PIECE = -10.0  # the log-probability of a piece where the tokenizer knows none


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as the encoder sees it.

    Attributes:
        vector: of unit length. Shape (dimension,).
        tokens: the contextual vector of each token of the text itself, as the model made it. Shape (tokens, dimension).
        spans: where each of these tokens stands in the text, in code points.
        pieces: each token's number in the vocabulary.
    """

    vector: npt.NDArray[np.float32]
    tokens: Vectors
    spans: tuple[tuple[int, int], ...]
    pieces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layers:
    """What three layers of the encoder made of each token of a text.

    Attributes:
        tokens: the vectors of two middle layers, then the last one's. Shape (tokens, 3 * dimension).
        spans: where each token stands in the text, in code points.
    """

    tokens: Vectors
    spans: tuple[tuple[int, int], ...]

    def mean(self) -> npt.NDArray[np.float32]:
        """The mean of the tokens. Shape (3 * dimension,)."""
        mean: npt.NDArray[np.float32] = self.tokens.mean(axis=0) if len(self.tokens) else np.zeros(self.tokens.shape[1], np.float32)
        return mean

    @property
    def middle(self) -> Vectors:
        """The two middle layers. Shape (tokens, 2 * dimension)."""
        return self.tokens[:, : self.tokens.shape[1] * 2 // 3]


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

    def queries_with_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        """Questions with what the model made of each of their tokens, in the same pass."""

    def passages_with_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        """The same for passages."""

    def layers(self, texts: Sequence[str]) -> list[Layers]:
        """What two middle layers and the last one make of each token of these passages."""

    def pieces(self, word: str) -> Sequence[int]:
        """The tokens of a word by itself."""

    def piece_scores(self) -> npt.NDArray[np.float32]:
        """The log-probability of each token in the text that the tokenizer was made from. Shape (vocabulary,)."""


class SentenceTransformerEncoder:
    """Any model of the sentence-transformers library, on this machine's CPU.

    Queries and passages are told apart by the model's own prompts ("query", and "document" or "passage"); a model of the
    E5 family that brings none gets the prefixes that it was trained with (arXiv 2402.05672).
    """

    def __init__(self, model: SentenceTransformer, name: str, folder: str | None, engine: str) -> None:
        dimension = model.get_embedding_dimension()
        tokenizer = getattr(model.tokenizer, "backend_tokenizer", None)
        transformer = getattr(model[0], "auto_model", None)
        if dimension is None or tokenizer is None or transformer is None:
            raise ModelError(f"The model {name} is no text embedding model with a fast tokenizer; set EMBEDDING_MODEL to one that is.")
        self._model = model
        self._transformer = transformer
        self._tokenizer = tokenizer
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

    def queries_with_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        """Questions with what the model made of each of their tokens, in the same pass."""
        return self._with_tokens(texts, self._query)

    def passages_with_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        """The same for passages."""
        return self._with_tokens(texts, self._passage)

    def layers(self, texts: Sequence[str]) -> list[Layers]:
        """What the middle (of twelve layers the sixth and the eighth) and the last one make of each token of these passages."""
        import torch

        def run(inputs: Inputs) -> list[Vectors]:
            states = self._transformer(**inputs, output_hidden_states=True).hidden_states
            layers = len(states) - 1
            joined = torch.cat([states[layers // 2], states[2 * layers // 3], states[layers]], dim=-1)
            return list(joined.float().numpy())

        return [Layers(rows[own], spans) for rows, (own, spans, _) in self._each(texts, self._passage, run)]

    def pieces(self, word: str) -> Sequence[int]:
        """The tokens of a word by itself."""
        ids: list[int] = self._tokenizer.encode(word, add_special_tokens=False).ids
        return ids

    def piece_scores(self) -> npt.NDArray[np.float32]:
        """From a Unigram tokenizer's own table; the same for all tokens where the tokenizer is of another kind."""
        model = json.loads(self._tokenizer.to_str())["model"]
        if model.get("type") != "Unigram":
            return np.full(self._tokenizer.get_vocab_size(), _ANY_PIECE, np.float32)
        return np.array([score for _, score in model["vocab"]], np.float32)

    def _encode(self, texts: Sequence[str], prefix: str) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return unit(np.stack([vector for (vector, _), _ in self._each(texts, prefix, self._pooled(prefix))]))

    def _with_tokens(self, texts: Sequence[str], prefix: str) -> list[Encoded]:
        made = self._each(texts, prefix, self._pooled(prefix))
        return [Encoded(unit(vector[None, :])[0], tokens[own], spans, pieces) for (vector, tokens), (own, spans, pieces) in made]

    def _pooled(self, prefix: str) -> Callable[[Inputs], list[tuple[Vectors, Vectors]]]:
        """Makes the vectors of a batch of texts, and those of their tokens."""
        length = len(self._tokenizer.encode(prefix).ids) - 1 if prefix else 0  # some models leave the prefix out of the mean

        def run(inputs: Inputs) -> list[tuple[Vectors, Vectors]]:
            made = self._model({**inputs, "prompt_length": length} if prefix else inputs)
            return list(zip(made["sentence_embedding"].float().numpy(), made["token_embeddings"].float().numpy(), strict=True))

        return run

    def _each(self, texts: Sequence[str], prefix: str, run: Callable[[Inputs], Sequence[T]]) -> list[tuple[T, Own]]:
        """What ``run`` makes of each text, given batches of them; and which tokens are the text's own."""
        import torch

        if not texts:
            return []
        tokenized = self._model.tokenizer(
            [prefix + text for text in texts],
            truncation=True,
            max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
        )
        offsets = tokenized.pop("offset_mapping")
        counts = [len(ids) for ids in tokenized["input_ids"]]
        made: dict[int, tuple[T, Own]] = {}
        for some in _batches(counts):
            inputs = self._model.tokenizer.pad({name: [rows[at] for at in some] for name, rows in tokenized.items()}, return_tensors="pt")
            with torch.inference_mode():
                rows = run(dict(inputs))
            for at, row in zip(some, rows, strict=True):
                made[at] = row, _own(offsets[at], tokenized["input_ids"][at], len(prefix))
        return [made[at] for at in range(len(texts))]


def _batches(counts: Sequence[int]) -> Iterator[list[int]]:
    """Which texts go together, by how many tokens each has."""
    batch: list[int] = []
    for at in sorted(range(len(counts)), key=lambda at: counts[at]):
        if batch and counts[at] * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def _own(offsets: Sequence[tuple[int, int]], pieces: Sequence[int], prefix: int) -> Own:
    """Those tokens of a text that are neither its prefix's nor special: at which places, where in the text, which pieces."""
    own = [at for at, (_, end) in enumerate(offsets) if end > prefix]
    spans = tuple((max(offsets[at][0] - prefix, 0), offsets[at][1] - prefix) for at in own)
    return own, spans, tuple(pieces[at] for at in own)


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
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    abilities = torch.cpu.get_capabilities()
    bf16 = bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16"))  # elsewhere bf16 is slower than fp32
    try:
        model = SentenceTransformer(
            target,
            device="cpu",
            local_files_only=Path(target).is_dir() or not _hub_has(target),
            model_kwargs={"dtype": torch.bfloat16 if bf16 else torch.float32},
        )
    except (OSError, ValueError, ImportError, RuntimeError, KeyError, SafetensorError) as error:
        raise ModelError(_why_not(target)) from error
    folder = target if Path(target).is_dir() else None
    return SentenceTransformerEncoder(model, shown, folder, "torch-bf16" if bf16 else "torch-fp32")


def _hub_has(name: str) -> bool:
    """Whether the hub can be reached and has the model, told in seconds: loading would try again and again for a minute."""
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(name, timeout=5)
    except Exception:  # many libraries lie between here and the hub; whatever is wrong, the local cache is what is left
        return False
    return True


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


def unit(vectors: Vectors) -> Vectors:
    """Rows of length one."""
    scaled: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return scaled


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
