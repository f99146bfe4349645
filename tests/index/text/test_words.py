"""Terms: what the word index compares."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.text.words import Case, case, fold, profile, words


def terms(text: str) -> list[str]:
    return [word.term for word in words(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Génération", "generation"), ("SORA", "sora"), ("naïve", "naive"), ("Ｓｏｒａ", "sora"), ("ﬁlm", "film")],
)
def test_case_accents_and_width_make_no_difference(one: str, other: str) -> None:
    assert terms(one) == terms(other)


def test_words_with_the_same_beginning_are_the_same_term() -> None:
    assert terms("generating") == terms("generation") == terms("génère-t-il generate")[-1:]


def test_short_words_keep_all_letters() -> None:
    assert terms("sora soda") == ["sora", "soda"]


def test_numbers_keep_their_points() -> None:
    assert terms("Kling 2.0 costs 1,000.") == ["kling", "2.0", "costs", "1,000"]


def test_chinese_and_japanese_become_overlapping_pairs() -> None:
    assert terms("可灵发布") == ["可灵", "灵发", "发布"]
    assert terms("料金は") == ["料金", "金は"]
    assert terms("価") == ["価"]


def test_latin_names_stand_alone_amid_chinese() -> None:
    assert "sora" in terms("等待Sora发布")


@given(st.text(max_size=80))
def test_words_stand_where_they_say(text: str) -> None:
    plain = unicodedata.normalize("NFKC", text)
    for word in words(text):
        assert plain[word.start : word.end] == word.raw
        assert word.term


@given(st.text(max_size=80))
@example("𝑨")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=80))
def test_terms_can_be_looked_up_one_by_one(text: str) -> None:
    """They hold no white space and no quotation mark, so they can be joined by blanks and put between quotation marks."""
    for word in words(text):
        assert not any(character.isspace() or character == '"' for character in word.term + word.full)


def cases(text: str, language: str) -> dict[str, Case]:
    found = words(text)
    return {word.raw: case(found, at, text, language) for at, word in enumerate(found)}


def test_a_capital_within_a_sentence_is_a_name() -> None:
    assert cases("They say that Sora ships", "en")["Sora"] is Case.NAME
    assert cases("They say that Sora ships", "en")["ships"] is Case.COMMON


def test_a_capital_that_opens_a_sentence_says_nothing() -> None:
    assert cases("Video is here. Video again", "en")["Video"] is Case.SILENT
    assert cases("“Video", "en")["Video"] is Case.SILENT


def test_a_capital_inside_a_word_is_a_name_anywhere() -> None:
    assert cases("ChatGPT is here", "en")["ChatGPT"] is Case.NAME


def test_german_capitals_say_nothing() -> None:
    assert cases("Sie zeigt die Ausstellung heute", "de")["Ausstellung"] is Case.SILENT


def test_latin_letters_amid_chinese_are_a_name() -> None:
    assert cases("等待 sora 发布", "zh")["sora"] is Case.NAME


@given(st.text(max_size=40), st.lists(st.text(max_size=60), max_size=4), st.sampled_from(["en", "de", "zh", "fr"]))
def test_a_profile_has_a_line_for_the_title_and_one_for_each_sentence(title: str, said: list[str], language: str) -> None:
    assert len(profile(title, said, language).lines) == 1 + len(said)
