"""Names that the articles speak of, and how questions spell them."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence, Set

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text.proper_names import Names, Spellings
from index.text.words import words


def names_of(counts: Mapping[str, tuple[int, int]], capitals: Sequence[Set[str]]) -> Names:
    """The names of one scope with these articles."""
    return Spellings.of([counts], capitals).names([0], np.ones(len(capitals), np.bool_))


NAMES = names_of(
    dict.fromkeys(["sora", "kling", "runway", "vidu", "openai", "gen"], (1, 0)), [{"sora", "openai"}, {"kling", "vidu"}, {"sora", "kling"}]
)


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
    counts = {"sora": (10, 0), "apple": (4, 2), "video": (3, 30), "x": (9, 0), "never": (0, 9)}
    assert set(names_of(counts, []).terms) == {"sora", "apple"}


def test_each_scope_has_names_of_its_own_and_scopes_together_have_those_of_all_that_they_write() -> None:
    spellings = Spellings.of(
        [{"aurora": (2, 0), "gen": (2, 0)}, {"aurora": (0, 2), "gen": (1, 0), "nimbus": (1, 0)}], [{"gen"}, {"gen", "nimbus"}]
    )
    first, second = np.array([True, False]), np.array([False, True])
    assert spellings.names([0], first).terms == ("aurora", "gen")
    assert spellings.names([1], second).terms == ("gen", "nimbus")
    both = spellings.names([0, 1], first | second)
    assert both.terms == ("gen", "nimbus")
    assert (both.articles, both.holding("gen").tolist(), both.holding("nimbus").tolist()) == (2, [0, 1], [1])
    assert spellings.names([1], second).holding("gen").tolist() == [1]
    assert spellings.names([], first & second).terms == ()


def test_an_index_without_articles_has_no_names() -> None:
    assert names_of({}, []).asked(words("When will Sora ship?"), {}) == {}


@given(st.sets(st.text(string.ascii_lowercase, min_size=2, max_size=8), max_size=10), st.text(max_size=60))
def test_only_names_are_ever_meant(names: set[str], question: str) -> None:
    assert set(names_of(dict.fromkeys(names, (1, 0)), [names]).asked(words(question), {}).values()) <= names
