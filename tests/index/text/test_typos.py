"""Words that are nearly spelled like another one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from index.text.typos import SpellingIndex

WORDS = st.text("abc", min_size=1, max_size=6)


@given(st.sets(WORDS, max_size=20), WORDS, st.integers(0, 2))
def test_what_is_near_is_what_a_comparison_with_all_words_finds(words: set[str], typed: str, most: int) -> None:
    slips = {word: OSA.distance(word, typed) for word in words if word[0] == typed[0]}
    assert SpellingIndex(words).near(typed, most) == {word: count for word, count in slips.items() if count <= most}


def test_nothing_is_near_to_nothing() -> None:
    assert SpellingIndex(["sora"]).near("", 2) == {}
    assert SpellingIndex([]).near("sora", 2) == {}
