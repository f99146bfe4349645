"""Any model of the sentence-transformers library, run by PyTorch.

It is what every other engine is made from and compared with, and what is left where none of them fits.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from index.embedding.encoders.base import Card, Output, TextEncoder, Vectors
from index.embedding.encoders.tokenizer import BATCH_TOKENS, Inputs, TextTokenizer
from index.model.errors import ModelError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

ENGINES = ("torch-bf16", "torch-fp32", *(f"torch-{gpu}-{precision}" for gpu in ("cuda", "xpu", "mps") for precision in ("bf16", "fp32")))
"""All there are."""

_GPU_TOKENS = 32 * BATCH_TOKENS


class SentenceTransformerEncoder(TextEncoder):
    """Any model of the sentence-transformers library, on a GPU where PyTorch sees one, else on this machine's CPU.

    Queries and passages are told apart by the model's own prompts ("query", and "document" or "passage"); a model of the
    E5 family that brings none gets the prefixes that it was trained with (arXiv 2402.05672).

    Attributes:
        model: the model itself.
    """

    def __init__(self, model: SentenceTransformer, name: str, folder: str | None, engine: str) -> None:
        dimension = model.get_embedding_dimension()
        tokenizer = getattr(model.tokenizer, "backend_tokenizer", None)
        transformer = getattr(model[0], "auto_model", None)
        if dimension is None or tokenizer is None or transformer is None:
            raise ModelError(f"The model {name} is no text embedding model with a fast tokenizer; set EMBEDDING_MODEL to one that is.")
        transformer.config.output_hidden_states = True
        query, passage = _prefixes(model.prompts, name)
        inputs = tuple(
            one for one in ("input_ids", "attention_mask", "token_type_ids") if one in (*model.tokenizer.model_input_names, "input_ids")
        )
        fingerprint = _fingerprint(model, name, query, passage, dimension)
        card = Card(name, folder, fingerprint, dimension, query, passage, inputs, model.tokenizer.pad_token_id or 0, model.max_seq_length)
        texts = TextTokenizer(lambda: tokenizer, inputs=card.inputs, padding=card.padding, longest=card.longest)
        on_cpu = model.device.type == "cpu"
        super().__init__(card, engine, texts, BATCH_TOKENS if on_cpu else _GPU_TOKENS)
        self.model = model
        self._prompts = {kind: texts.length(prefix) - 1 if prefix else 0 for kind, prefix in ((True, query), (False, passage))}

    def use(self, cores: int) -> None:
        """PyTorch's threads; a thread that is never told has as many as any was told last."""
        import torch

        torch.set_num_threads(cores)

    def _run(self, given: Iterable[Inputs], wanted: Sequence[Output], *, asked: bool) -> Iterator[list[Vectors]]:
        import torch

        length = self._prompts[asked]  # some models leave the prefix out of the mean
        for inputs in given:
            features: dict[str, Any] = {name: torch.from_numpy(rows).to(self.model.device) for name, rows in inputs.items()}
            with torch.inference_mode():
                made = outputs(self.model, {**features, "prompt_length": length} if length else features)
                yield [made[output].float().cpu().numpy() for output in wanted]


def outputs(model: SentenceTransformer, features: dict[str, Any]) -> tuple[torch.Tensor, ...]:
    """What a model makes of a batch, in the order of :class:`Output`."""
    import torch

    made = model(features)
    states = made["all_layer_embeddings"]
    layers = len(states) - 1
    middle = torch.cat([states[layers // 2], states[2 * layers // 3]], dim=-1)
    return made["sentence_embedding"], states[layers], middle


def gpu() -> str | None:
    """The kind of GPU that PyTorch sees, if any."""
    import torch

    device = torch.accelerator.current_accelerator(check_available=True)
    return device.type if device else None


def engines() -> list[str]:
    """Those that can be used here, the fastest first: in bf16 only where that is native; elsewhere it is slower than fp32."""
    import torch

    devices = list(filter(None, (gpu(), "cpu")))
    abilities = torch.cpu.get_capabilities()
    halves = {
        "cpu": abilities.get("avx512_bf16") or abilities.get("amx_bf16"),
        "cuda": "cuda" in devices and torch.cuda.is_bf16_supported(including_emulation=False),
    }
    return [_engine(device, precision) for device in devices for precision in ("bf16", "fp32") if precision == "fp32" or halves.get(device)]


def load(target: str, name: str, engine: str | None = None) -> SentenceTransformerEncoder:
    """The model called ``target``.

    Args:
        name: for people.
        engine: one of :data:`ENGINES`; in full precision, on the GPU where there is one, if none is named.

    Raises:
        ModelError: there is no such model, the hub cannot be reached, or the engine cannot be used here.
    """
    _quiet_libraries()
    _refuse_pickles()
    import torch
    from sentence_transformers import SentenceTransformer

    engine = engine or _engine(gpu() or "cpu", "fp32")
    if engine not in engines():
        raise ModelError(f"SHIPDATE_ENGINE: {engine} cannot be used here; leave it empty, or set it to {' or '.join(engines())}.")
    *_, device, precision = engine.replace("torch", "cpu").split("-")
    try:
        model = SentenceTransformer(
            target,
            device=device,
            local_files_only=Path(target).is_dir() or not _hub_has(target),
            model_kwargs={"dtype": torch.bfloat16 if precision == "bf16" else torch.float32},
        )
        return SentenceTransformerEncoder(model.eval(), name, target if Path(target).is_dir() else None, engine)
    except ModelError:
        raise
    except Exception as error:  # whatever the libraries make of files that anybody may have written
        raise ModelError(_why_not(target, error)) from error


def _engine(device: str, precision: str) -> str:
    return "-".join(["torch", *([] if device == "cpu" else [device]), precision])


def _hub_has(name: str) -> bool:
    """Whether the hub can be reached and has the model, told in seconds: loading would try again and again for a minute."""
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(name, timeout=5)
    except Exception:  # many libraries lie between here and the hub; whatever is wrong, the local cache is what is left
        return False
    return True


class _PickleError(Exception):
    """A library was about to read weights from a pickle."""


def _refuse_pickles() -> None:
    """Let no library of this process read weights from a pickle, which may run any code: those in safetensors are numbers and no more.

    Their own options would not do. ``use_safetensors`` holds for one kind of module, and not where a model's settings name another file;
    ``weights_only``, which both libraries set, still unpickles, and has been got round before.
    """
    import torch

    def refuse(*_: object, **__: object) -> NoReturn:
        raise _PickleError

    torch.load = torch.serialization.load = refuse


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and those that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _why_not(target: str, error: Exception) -> str:
    if any(isinstance(cause, _PickleError) for cause in _causes(error)):
        return (
            f"The model {target} has weights in a pickle, which could run any code and is not read; set EMBEDDING_MODEL to a model "
            "whose weights are all in safetensors files, or to nothing for the bundled one."
        )
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
    """A digest of what the vectors depend on: the weights themselves, the prefixes."""
    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        # A sample of every tensor: enough to tell any two models apart, in milliseconds instead of a second.
        flat = tensor.detach().reshape(-1)
        # In bf16, so that machines with and without bf16 instructions share one index.
        digest.update(flat[:: max(1, flat.numel() // 64)].bfloat16().float().cpu().numpy().tobytes())
    digest.update(repr((query, passage, dimension)).encode())
    return f"{Path(name).name}:{digest.hexdigest()[:16]}"
