"""From an article's text to passages and sentences."""

from __future__ import annotations

import re
import time
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
        assert passage.start <= passage.sentences[0].start
        assert passage.sentences[-1].end <= passage.end
        end = passage.start
        for sentence in passage.sentences:
            assert end <= sentence.start < sentence.end
            end = sentence.end
        end = passage.end
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
def test_a_sentence_lies_in_one_line_unless_it_is_a_lead_with_its_list(text: str, language: str) -> None:
    for passage in split(text, language):
        for sentence in passage.sentences:
            lines = text[sentence.start : sentence.end].splitlines()
            assert len(lines) == 1 or lines[0].rstrip().endswith((":", "："))


@given(st.lists(st.sampled_from(["word", "Read more", "# Prices", "3 May 2026", "- Free", "漢字"]), max_size=40), LANGUAGES)
@example(["word"] * 100, "en")
def test_where_nothing_says_anything_no_letter_is_lost(lines: list[str], language: str) -> None:
    text = "\n".join(lines)
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
        ("fr", "Selon M. Altman, oui. Est-ce prêt ? Non, pas encore !", ["Selon M. Altman, oui.", "Est-ce prêt ?", "Non, pas encore !"]),
        ("fr", "La date est connue. M. Altman l'a dite.", ["La date est connue.", "M. Altman l'a dite."]),
        ("zh", "可灵今天发布。价格是66元。", ["可灵今天发布。", "价格是66元。"]),
        ("ja", "今日公開されました。料金は無料です。", ["今日公開されました。", "料金は無料です。"]),
        ("ru", "Модель вышла в мае. Цена неизвестна.", ["Модель вышла в мае.", "Цена неизвестна."]),
    ],
)
def test_sentences_end_where_their_language_ends_them(language: str, text: str, expected: list[str]) -> None:
    assert sentences(text, language) == expected


def test_a_heading_is_not_glued_to_the_sentence_below_it() -> None:
    assert sentences("# Sora is out on 3 May\nIt costs 20 dollars.") == ["Sora is out on 3 May", "It costs 20 dollars."]


def test_each_list_item_stands_alone_without_its_bullet() -> None:
    said = sentences("Plans\n- Plus costs 20 dollars\n* Pro costs 200\n1. Free")
    assert said == ["Plus costs 20 dollars", "Pro costs 200"]


def test_a_lead_and_its_short_list_are_quoted_together() -> None:
    text = "These plans end:\n- Plus on 3 May\n- Pro\n\nAll others go on."
    assert sentences(text) == ["These plans end:\n- Plus on 3 May\n- Pro", "All others go on."]


def test_the_lead_of_a_long_list_is_context_of_its_items() -> None:
    items = [f"Plan {number} ends in May, and whoever has paid for it until then gets the rest of the money back." for number in range(6)]
    text = "\n".join(["These plans end:", *(f"- {item}" for item in items)])
    assert sentences(text) == items
    assert split(text, "en")[0].start == 0


@pytest.mark.parametrize(
    "fragment", ["# Prices", "Read more", "3 May 2026", "Vidu", "https://acme.example/x", "## Is Sora out?", "20 %", "2026年5月3日"]
)
def test_what_says_nothing_by_itself_is_context(fragment: str) -> None:
    text = f"{fragment}\nIt costs 20 dollars."
    assert sentences(text) == ["It costs 20 dollars."]
    passage = split(text, "en")[0]
    assert fragment.lstrip("# ") in text[passage.start : passage.end]


def test_a_line_end_ends_a_sentence() -> None:
    assert sentences("The generator will be sold next week\nIt has been tried by few people.") == [
        "The generator will be sold next week",
        "It has been tried by few people.",
    ]


def test_a_long_sentence_without_a_place_to_cut_is_in_no_sentence() -> None:
    long = "The maker said " + "that it will be sold in all of its markets and " * 10 + "more."
    assert sentences(f"It is out today. {long}") == ["It is out today."]


@pytest.mark.parametrize("unit", ["word ", "“", "a. ", "。", "世。", "(", "x", "- a\n", "a:\n- b\n", "U.S. ", "!” ", "; ", "• "])
@pytest.mark.parametrize("language", ["en", "zh", "ru"])
def test_time_grows_as_the_text_does(unit: str, language: str) -> None:
    start = time.process_time()
    split(unit * (50_000 // len(unit)), language)
    assert time.process_time() - start < 5


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
