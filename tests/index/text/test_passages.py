"""From an article's text to passages and sentences."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.text.passages import SENTENCE_LIMIT, split

LANGUAGES = st.sampled_from(["en", "fr", "de", "es", "ru", "zh", "ja", "ar", "hi", "ko", "und"])
FRAGMENTS = st.sampled_from(
    [
        *["Sora ships today.", "Is it out? ", "Non !", "Dr. Smith", "v2.0", "z. B.", "3.5", "…", "?!", "“Yes.” ", "« Oui. » "],
        *["今天发布。", "公開は5月です。", "可灵、", "출시 ", "Выйдет в мае. ", "صدر اليوم. ", "आज जारी। "],
        *["👩🏽‍🚀", "🇫🇷", "e\u0301", "ﬁ", "\ufeff"],
        *["\n", "\n\n", "\r\n", "\r\n\r\n", "\t", " ", "\u3000", "\u2028", "\x85", "\x0c"],
        *["# Heading\n", "- item\n", "1. first\n", "> said\n"],
        *["|a|b|\n", "* ", "1)", "—", "***\n", "word " * 90, "漢" * 450, "x" * 900, ", and so on; " * 40],
    ]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(FRAGMENTS, max_size=30).map("".join))


@given(TEXTS, LANGUAGES)
def test_passages_follow_each_other_and_are_made_of_their_sentences(text: str, language: str) -> None:
    end = 0
    for passage in split(text, language):
        assert end <= passage.start
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)
        for sentence in passage.sentences:
            assert end <= sentence.start < sentence.end
            end = sentence.end
        assert end <= len(text)


@given(TEXTS, LANGUAGES)
def test_a_sentence_can_be_quoted_as_it_stands(text: str, language: str) -> None:
    for passage in split(text, language):
        for sentence in passage.sentences:
            said = text[sentence.start : sentence.end]
            assert len(said) <= SENTENCE_LIMIT
            assert said == said.strip()
            assert any(map(str.isalnum, said))


@given(TEXTS, LANGUAGES)
@example("word\u2028" * 100, "en")
def test_no_letter_is_lost(text: str, language: str) -> None:
    kept = "".join(text[passage.start : passage.end] for passage in split(text, language))
    assert list(filter(str.isalpha, kept)) == list(filter(str.isalpha, text))


@given(TEXTS, LANGUAGES)
@example("1. —", "en")
@example("2) …", "fr")
def test_a_text_with_a_letter_or_digit_has_a_passage(text: str, language: str) -> None:
    assert bool(split(text, language)) == any(map(str.isalnum, text))


@given(TEXTS, LANGUAGES)
def test_the_same_text_is_always_cut_in_the_same_way(text: str, language: str) -> None:
    assert split(text, language) == split(text, language)


@given(st.lists(st.sampled_from(["e\u0301", "o\u0302\u0323", "की", "👍🏽", "x"]), min_size=300, max_size=450).map("".join))
def test_a_mark_is_not_cut_from_its_letter(text: str) -> None:
    for passage in split(text, "en"):
        for sentence in passage.sentences:
            first = text[sentence.start]
            assert not unicodedata.category(first).startswith("M")
            assert first != "\U0001f3fd"


PARAGRAPH = "The maker of the model said on Monday that it will be sold in May. It will cost twenty dollars a month in all of its markets."


def sentences(text: str, language: str = "en") -> list[str]:
    return [text[sentence.start : sentence.end] for passage in split(text, language) for sentence in passage.sentences]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Mr. Altman spoke. Sora 2.0 is out.", ["Mr. Altman spoke.", "Sora 2.0 is out."]),
        ("fr", "Selon M. Altman, oui. Est-ce prêt ? Non !", ["Selon M. Altman, oui.", "Est-ce prêt ?", "Non !"]),
        ("fr", "La date est connue. M. Altman l'a dite.", ["La date est connue.", "M. Altman l'a dite."]),
        ("zh", "可灵今天发布。价格是66元。", ["可灵今天发布。", "价格是66元。"]),
        ("ja", "今日公開されました。料金は無料です。", ["今日公開されました。", "料金は無料です。"]),
        ("ru", "Модель вышла в мае. Цена неизвестна.", ["Модель вышла в мае.", "Цена неизвестна."]),
    ],
)
def test_sentences_end_where_their_language_ends_them(language: str, text: str, expected: list[str]) -> None:
    assert sentences(text, language) == expected


def test_a_heading_is_not_glued_to_the_sentence_below_it() -> None:
    assert sentences("# Sora is out\nIt costs 20 dollars.") == ["Sora is out", "It costs 20 dollars."]


def test_each_list_item_stands_alone_without_its_bullet() -> None:
    said = sentences("Plans:\n- Plus costs 20 dollars\n* Pro costs 200\n1. Free")
    assert said == ["Plans:", "Plus costs 20 dollars", "Pro costs 200", "Free"]


def test_a_line_wrapped_by_an_editor_is_one_sentence() -> None:
    text = "OpenAI said on Monday that its video generator will be sold\nto everybody who pays for ChatGPT from next week on."
    assert sentences(text) == [text]


def test_a_very_long_sentence_is_cut_between_its_words() -> None:
    text = "and then it shipped " * 60
    parts = sentences(text)
    assert len(parts) > 1
    assert " ".join(parts).split() == text.split()


def test_a_very_long_sentence_is_cut_after_a_clause_rather_than_within_one() -> None:
    text = "; ".join(["the company said nothing at all about the price of it"] * 12) + "."
    assert all(re.search(r"[;.]\Z", part) for part in sentences(text))


def test_paragraphs_that_are_long_enough_are_passages() -> None:
    assert len(split(f"{PARAGRAPH}\n\n{PARAGRAPH}\n\n{PARAGRAPH}", "en")) == 3


def test_windows_line_ends_cut_the_same_passages() -> None:
    assert len(split(f"{PARAGRAPH}\r\n\r\n{PARAGRAPH}", "en")) == 2


def test_a_text_without_paragraphs_is_cut_into_passages_that_the_encoder_can_read() -> None:
    text = "It will cost twenty dollars a month in all markets. " * 100
    assert all(passage.end - passage.start < 1200 for passage in split(text, "en"))
