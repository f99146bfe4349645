"""Names that the articles speak of, and how questions spell them."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.names import Names, are_names
from index.words import words

NAMES = Names.of({"sora", "kling", "runway", "vidu", "openai", "gen"}, [{"sora", "openai"}, {"kling", "vidu"}, {"sora", "kling"}])


def asked(question: str, known: dict[str, int] | None = None) -> dict[str, str]:
    return NAMES.asked(words(question), known or {})


def test_names_are_found_however_they_are_typed() -> None:
    assert asked("when will SORA ship?") == {"sora": "sora"}


@pytest.mark.parametrize(("typed", "meant"), [("klling", "kling"), ("klnig", "kling"), ("rnway", "runway"), ("openaii", "openai")])
def test_one_letter_too_many_too_few_or_swapped_is_forgiven(typed: str, meant: str) -> None:
    assert asked(f"{typed} price?")[typed] == meant


@pytest.mark.parametrize("other", ["solar", "sofa", "king", "video", "gem"])
def test_another_word_is_not_taken_for_a_name(other: str) -> None:
    assert asked(other, known={other: 1}) == {}
    assert "sora" not in asked(other).values()


def test_a_word_that_the_articles_use_is_no_typo() -> None:
    assert asked("klling", known={"klling": 3}) == {}


def test_a_name_knows_its_articles() -> None:
    assert NAMES.holding("sora").tolist() == [0, 2]
    assert NAMES.holding("kling").tolist() == [1, 2]
    assert NAMES.holding("gen").tolist() == []


def test_a_name_is_what_is_mostly_written_like_one() -> None:
    assert are_names({"sora": (10, 0), "apple": (4, 2), "video": (3, 30), "x": (9, 0), "never": (0, 9)}) == {"sora", "apple"}


def test_an_index_without_articles_has_no_names() -> None:
    assert Names.of([], []).asked(words("When will Sora ship?"), {}) == {}


@given(st.sets(st.text(string.ascii_lowercase, min_size=2, max_size=8), max_size=10), st.text(max_size=60))
def test_only_names_are_ever_meant(names: set[str], question: str) -> None:
    assert set(Names.of(names, [names]).asked(words(question), {}).values()) <= names
