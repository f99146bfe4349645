"""Which language a text is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text.language import UNKNOWN, detect


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "When will Sora be released to the public?"),
        ("fr", "Pourquoi Sora n'est pas encore sorti ?"),
        ("de", "Wie heißt die Ausstellung in New York?"),
        ("es", "¿Cuándo sale el nuevo modelo de vídeo?"),
        ("ru", "Когда выйдет новая модель?"),
        ("zh", "可灵什么时候发布？"),
        ("zh", "Sora 价格"),
        ("ja", "料金はいくらですか"),
        ("ja", "公開日はいつ？"),
    ],
)
def test_the_language_of_a_question_is_told(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "   ", "42", "👍", "?!", "2024-12-09"])
def test_what_has_no_letters_has_no_language(text: str) -> None:
    assert detect(text) == UNKNOWN


def test_a_doubtful_text_is_taken_for_a_likely_language() -> None:
    assert detect("sora api price?", likely=("en", "fr")) in ("en", "fr")


@given(st.text(max_size=200))
def test_any_text_gets_a_short_code(text: str) -> None:
    """Unpaired surrogates too: JSON and broken files bring them."""
    assert detect(text).isalpha()


@given(st.text(st.characters(categories=["Cs", "Ll"]), min_size=1, max_size=20))
def test_unpaired_surrogates_do_no_harm(text: str) -> None:
    assert detect(text).isalpha()


def test_a_very_long_text_is_told_as_fast_as_a_short_one() -> None:
    assert detect("Le modèle sort aujourd'hui. " * 100_000) == "fr"
