"""The encoder: what its vectors are, and what it says when there is no model."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import Settings
from index import open_index
from index.embedding.encoders import load as encoders
from index.embedding.encoders import sentence_transformers, tokenizer
from index.embedding.encoders.base import TextEncoder
from index.embedding.learned import bundle, stage_examples, stage_reader
from index.model.errors import ModelError
from tests.support.articles import RememberingEncoder, news

pytestmark = pytest.mark.model


def sentence(name: str) -> str:
    """What is said where a model cannot be loaded."""
    with pytest.raises(ModelError) as refused:
        encoders.load(name, Path("/nonexistent/cache"))  # which no named model needs before it is loaded
    said = str(refused.value)
    assert name in said
    assert "EMBEDDING_MODEL" in said
    assert "\n" not in said
    return said


@pytest.fixture
def variant(encoder: TextEncoder, tmp_path: Path) -> Path:
    """The bundled model's folder again (its files are links), to be changed in one file."""
    assert encoder.folder is not None
    folder = tmp_path / "variant-e5"
    shutil.copytree(encoder.folder, folder, copy_function=lambda source, target: Path(target).symlink_to(source))
    return folder


def rewrite(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def test_vectors_have_unit_length(encoder: TextEncoder) -> None:
    for vectors in (encoder.encode_queries(["When will Sora ship?", "?"]), encoder.encode_passages(["Sora is out.", "可灵发布"])):
        assert vectors.shape == (2, encoder.dimension)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.slow
def test_vectors_are_those_of_sentence_transformers(encoder: TextEncoder) -> None:
    texts = [
        "Sora is out.",
        "可灵今天上线，所有用户都可以使用。" * 30,
        "?",
        "",
        "À Paris, rien de neuf. " * 300,
        *(f"Number {n}" * n for n in range(40)),
    ]
    assert encoder.folder is not None
    theirs = sentence_transformers.load(encoder.folder, encoder.name).model.encode(texts, prompt="passage: ", show_progress_bar=False)
    theirs = theirs / np.linalg.norm(theirs, axis=1, keepdims=True)
    assert (encoder.encode_passages(texts) * theirs).sum(axis=1).min() > 0.999
    assert (np.stack([one.vector for one in encoder.passages_with_tokens(texts)]) * theirs).sum(axis=1).min() > 0.999


def test_tokens_stand_where_they_say(encoder: TextEncoder) -> None:
    texts = ["Sora is out.", "可灵今天上线。", "", "À Paris, rien"]
    for text, encoded, layers in zip(texts, encoder.passages_with_tokens(texts), encoder.layers(texts), strict=True):
        assert encoded.spans == layers.spans
        assert len(encoded.spans) == len(encoded.tokens) == len(encoded.pieces) == len(layers.tokens)
        assert "".join(text[start:end] for start, end in encoded.spans).replace(" ", "") == text.replace(" ", "")


def test_of_what_stands_before_a_text_only_the_vector_tells(encoder: TextEncoder) -> None:
    heads, texts = ["Sora, zum Ersten: ", "可灵上线: ", "", "Nothing: "], ["It is out.", "今天。", "Its day", ""]
    read = encoder.layers(texts, heads)
    whole = encoder.encode_passages([head + text for head, text in zip(heads, texts, strict=True)])
    for text, layers, vector in zip(texts, read, whole, strict=True):
        assert "".join(text[start:end] for start, end in layers.spans).replace(" ", "") == text.replace(" ", "")
        assert len(layers.tokens) == len(layers.spans)
        assert layers.vector @ vector > 0.999


@given(st.lists(st.integers(1, 512), max_size=200))
def test_every_text_is_in_one_batch_and_none_is_too_large(counts: list[int]) -> None:
    made = list(tokenizer.batches(counts))
    assert sorted(at for batch in made for at in batch) == list(range(len(counts)))
    for batch in made:
        assert len(batch) == 1 or max(counts[at] for at in batch) * len(batch) <= tokenizer.BATCH_TOKENS


def test_no_texts_have_no_vectors(encoder: TextEncoder) -> None:
    assert encoder.encode_passages([]).shape == (0, encoder.dimension)


def test_questions_and_passages_are_told_apart(encoder: TextEncoder) -> None:
    assert not np.allclose(encoder.encode_queries(["Sora is out."]), encoder.encode_passages(["Sora is out."]), atol=0.01)


def test_a_question_is_nearer_to_its_answer_in_another_language_than_to_something_else(encoder: TextEncoder) -> None:
    question = encoder.encode_queries(["How much does Kling cost?"])[0]
    answer, other = encoder.encode_passages(["可灵每月收费六十六元。", "可灵的总部位于北京。"])
    assert question @ answer > question @ other


def test_the_company_of_other_texts_does_not_change_a_vector(encoder: TextEncoder) -> None:
    alone = encoder.encode_passages(["Sora is out."])[0]
    among = encoder.encode_passages(["Sora is out.", "A much longer text about something else. " * 20])[0]
    assert alone @ among > 0.999


@pytest.mark.slow
def test_the_fingerprint_is_the_same_whenever_the_model_is_loaded(encoder: TextEncoder) -> None:
    assert encoder.folder is not None
    assert sentence_transformers.load(encoder.folder, encoder.name).fingerprint == encoder.fingerprint


@pytest.mark.slow
def test_another_prefix_is_another_fingerprint(encoder: TextEncoder, variant: Path) -> None:
    config = variant / "config_sentence_transformers.json"
    said = json.loads(config.read_text(encoding="utf-8"))
    rewrite(config, json.dumps({**said, "prompts": {"query": "question: ", "document": "text: "}}).encode())
    assert sentence_transformers.load(str(variant), str(variant)).fingerprint.split(":")[1] != encoder.fingerprint.split(":")[1]


def test_an_unknown_model_is_told_quickly_in_one_sentence() -> None:
    started = time.perf_counter()
    sentence("shipdate-tests/no-such-model")
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize("name", ["no such model", "a/b/c/d", "../..", "http://example.org/model"])
def test_a_name_that_no_model_can_have_is_told_in_one_sentence(name: str) -> None:
    sentence(name)


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    assert "holds no" in sentence(str(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json", "modules.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"\x00\x01\x02 nothing of the kind" * 40])
def test_a_folder_with_a_damaged_model_is_told(variant: Path, file: str, content: bytes) -> None:
    rewrite(variant / file, content)
    sentence(str(variant))


@pytest.mark.slow
@pytest.mark.timeout(1200)  # to learn it all takes minutes
async def test_what_was_learned_of_a_model_is_learned_again_when_its_file_is_damaged(
    encoder: TextEncoder, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembering = RememberingEncoder(encoder)  # so that learning again costs its seconds only once
    remembering.card = replace(encoder.card, fingerprint="another:model")  # what is known of the bundled one comes along
    # Some of what is taught, since to learn from all of it takes minutes each time.
    some, few = stage_examples.examples()[::20], bundle._tells()[::10]
    monkeypatch.setattr(stage_examples, "examples", lambda: some)
    monkeypatch.setattr(bundle, "_tells", lambda: few)
    monkeypatch.setattr(stage_reader, "_NETS", 1)  # each takes as long as the others
    monkeypatch.setattr(encoders, "load", lambda *_: remembering)
    made = Settings(data=data, cache=tmp_path / "cache")

    async def answered() -> list[str]:
        async with open_index(made) as index:
            await index.add([str(path) for path in articles])
            return [quote.text for quote in (await index.ask("When will Aurora ship?")).quotes]

    articles = news(tmp_path / "news", 3)
    expected = await answered()
    assert expected
    whole = contents(made.cache)
    assert whole
    for damage in (b"", None, b"nothing of the kind"):
        for path, content in whole.items():
            path.write_bytes(content[: len(content) // 2] if damage is None else damage)
        assert await answered() == expected
        assert {path: len(content) for path, content in contents(made.cache).items()} == {
            path: len(content) for path, content in whole.items()
        }


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.iterdir()}
