"""How names are compared."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text.name_keys import key, nearest, parts, slug
from index.text.typos import SpellingIndex

LETTERS = "abcdefghijklmnopqrstuvwxyzàâäáãçéèêëíîïñóôöõúûüčěřšžţšőű"
WORDS = st.text(st.sampled_from(LETTERS), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Gen-3 Alpha", "GEN 3 ALPHA"),
        ("Gen-3 Alpha", "gen3 alpha"),
        ("Gen‑3 Alpha", "Gen–3 Alpha"),
        ("Lumière", "lumiere"),
        ("Pokédex Ähre", "pokedex ahre"),
        ("Sora 2.0", "Sora 2"),
        ("Ｓｏｒａ　２", "sora 2"),
        ("Straße", "STRASSE"),
        ("可灵 2.0", "可灵2"),
    ],
)
def test_case_accents_spaces_and_hyphens_make_no_difference(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Gen-3", "Gen-30"), ("Kling 2.1", "Kling 2.10"), ("Sora", "Sora 2"), ("o1", "o1 pro"), ("Plan", "Plan+")]
)
def test_other_numbers_and_words_make_another_name(one: str, other: str) -> None:
    assert key(one) != key(other)


@pytest.mark.parametrize("name", ["", "  ", "—", "?!", "🙂", "…"])
def test_a_name_without_letter_or_digit_has_no_key(name: str) -> None:
    assert key(name) == ()


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_a_key_does_not_depend_on_how_a_name_is_joined_or_accented(words: list[str]) -> None:
    name = " ".join(words)
    plain = "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))
    assert key("-".join(words)) == key("  ".join(words)) == key(name.upper()) == key(plain) == key(name)


@given(st.text(max_size=80))
def test_parts_stand_where_they_say_in_order_and_apart(text: str) -> None:
    end = 0
    for part in parts(text):
        assert end <= part.start < part.end <= len(text)
        assert len(part.raw) == part.end - part.start
        end = part.end


@given(st.text(max_size=40))
def test_a_slug_of_what_has_a_key_is_never_empty(name: str) -> None:
    assert bool(slug(key(name))) == bool(key(name))
    assert " " not in slug(key(name))


@pytest.mark.parametrize(
    ("name", "expected"), [("Gen-3 Alpha", "gen-3-alpha"), ("可灵 2.1", "可灵-2.1"), ("Plan+", "plan-plus"), ("Lumière", "lumiere")]
)
def test_a_slug_can_be_read(name: str, expected: str) -> None:
    assert slug(key(name)) == expected


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sorra", "sora"),
        ("sroa", "sora"),
        ("klling", "kling"),
        ("klng", "kling"),
        ("seedanse", "seedance"),
        ("solar", None),
        ("sofa", None),
        ("sor", None),
        ("bling", None),
    ],
)
def test_a_slip_of_the_fingers_is_forgiven_and_another_word_is_not(typed: str, meant: str | None) -> None:
    assert nearest(typed, SpellingIndex(["kling", "seedance", "sora", "veo"])) == meant
