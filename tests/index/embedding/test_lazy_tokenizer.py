"""A tokenizer whose pieces are looked up cuts every text as the one that has all of them loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.embedding.encoders import lazy_tokenizer
from index.embedding.encoders.base import TextEncoder
from index.embedding.encoders.lazy_tokenizer import FILES, Vocabulary

pytestmark = pytest.mark.model

LONGEST = 40
MIXED = "aeinrstQ可灵今天アイ'’ .,?!0189 \u0301ﬁ①"


@pytest.fixture(scope="module")
def whole(encoder: TextEncoder) -> Tokenizer:
    assert encoder.folder
    made = Tokenizer.from_file(str(Path(encoder.folder) / "tokenizer.json"))
    made.enable_truncation(LONGEST)
    return made


@pytest.fixture(scope="module")
def looked_up(whole: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    folder = tmp_path_factory.mktemp("vocabulary")
    assert lazy_tokenizer.write(whole.to_str(), folder) == FILES
    assert {path.name for path in folder.iterdir()} == set(FILES)
    return Vocabulary(folder, LONGEST)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.text(max_size=60), st.text(MIXED, max_size=60)), min_size=1, max_size=4),
    st.booleans(),
)
@example(["query: When will Sora ship?", "passage: 可灵每月收费六十六元。"], True)
@example(["  two  spaces ", "", " ", "a\u0301 ﬁn ｆｕｌｌ", "🤖🇫🇷", "𒐫𒐫 ꙮ", "x" * 200, "▁▁"], True)
def test_texts_are_cut_as_by_the_whole_tokenizer(whole: Tokenizer, looked_up: Vocabulary, texts: list[str], special: bool) -> None:
    made = looked_up.tokenize(texts, special=special)
    assert made is not None
    for mine, theirs in zip(made, whole.encode_batch(texts, add_special_tokens=special), strict=True):
        assert (list(mine.ids), list(mine.type_ids), list(mine.offsets)) == (theirs.ids, theirs.type_ids, theirs.offsets)


@pytest.mark.parametrize("text", ["</s> ships today", "a" * 7000, "a<pad>b"])
def test_what_is_long_or_says_what_is_special_is_left_to_the_whole_tokenizer(looked_up: Vocabulary, text: str) -> None:
    assert looked_up.tokenize(["When?", text]) is None


def test_a_tokenizer_of_another_kind_is_not_laid_out(whole: Tokenizer, tmp_path: Path) -> None:
    said = json.loads(whole.to_str())
    said["model"] = {"type": "WordPiece", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"}
    assert not lazy_tokenizer.write(json.dumps(said), tmp_path)
    assert not list(tmp_path.iterdir())


def test_no_tokenizer_is_loaded_until_a_text_holds_what_is_special_to_it(encoder: TextEncoder) -> None:
    tokenizer = encoder.tokenizer
    kept, tokenizer._loaded = tokenizer._loaded, None
    try:
        encoder.encode_queries(["When will it ship?"])
        assert all(encoder.pieces(["Sora", "可灵", "Sora"]))
        assert tokenizer._loaded is None
        encoder.encode_passages(["It ships on 3 May. " * 300])
        assert tokenizer._loaded is None
        encoder.encode_passages(["The sentence ends with </s>."])
        assert tokenizer._loaded is not None
    finally:
        tokenizer._loaded = tokenizer._loaded or kept
