"""The files of the languages: what they must have, and that each language that is known anywhere has one."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from importlib.resources import files

import pytest
from babel import Locale

from index.embedding.learned.bundle import parallel_languages
from index.text.dates.lexicon import listed_words
from index.text.languages import LANGUAGES, DateWords, LanguageFileError, parse

EXAMPLES = ("intents.tsv", "prototypes.tsv", "sentences.tsv", "tells.tsv")
APART_KEYS = ("numbers", "ordinals", "days", "weeks", "years", "weekend", "prepositions", "common_prepositions", "every", "the")
"""Words of dates that every language whose words stand apart has, beside those that every language has."""

TOGETHER_KEYS = ("last_year", "this_year", "next_year", "last_month", "this_month", "next_month", "last_week", "this_week", "next_week")
TOGETHER_KEYS += ("weekdays", "ago", "from_now", "within")


def content(language: str) -> str:
    """A language's file."""
    return (files("index.text.languages") / f"{language}.toml").read_text(encoding="utf-8")


def without(key: str, text: str) -> str:
    """``text`` without a key; its value is on the same line, or on the following ones up to a bracket."""
    shorter, times = re.subn(rf"^{key} = (?:\[\n(?:.*\n)*?\]|.*)\n", "", text, flags=re.MULTILINE)
    assert times == 1
    return shorter


def needed_words() -> list[str]:
    """The words of dates that every language must have."""
    return [key.name for key in fields(DateWords) if key.default is MISSING and key.default_factory is MISSING]


@pytest.mark.parametrize("file", EXAMPLES)
def test_each_language_with_examples_has_its_file_and_each_file_has_examples(file: str) -> None:
    rows = csv.DictReader(
        (files("index.embedding.learned") / "data" / file).read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    taught = {row["language"] for row in rows}
    assert sorted(taught - LANGUAGES.keys()) == [], f"languages of {file} without a file in index/text/languages"
    assert sorted(LANGUAGES.keys() - taught) == [], f"languages without rows in {file}"


def test_each_language_of_the_parallel_sentences_has_its_file_and_each_file_a_column_there() -> None:
    assert sorted(set(parallel_languages()) - LANGUAGES.keys()) == [], "columns of parallel.tsv without a file in index/text/languages"
    assert sorted(LANGUAGES.keys() - set(parallel_languages())) == [], "languages without a column in parallel.tsv"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_all_words_of_dates_that_its_kind_of_writing_needs(language: str) -> None:
    known = LANGUAGES[language]
    keys = APART_KEYS if known.words_stand_apart else TOGETHER_KEYS
    missing = [key for key in keys if not getattr(known.dates.words, key)]
    missing += [key for key in needed_words() if not getattr(known.dates.words, key)]
    assert missing == [], f"{language}.toml has no words of dates for these"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_how_a_question_goes_on_and_what_pages_say(language: str) -> None:
    known = LANGUAGES[language]
    assert known.ai, f"{language}.toml: ai"
    assert known.common, f"{language}.toml: common"
    for kind in ("menu", "missing", "challenge", "denied", "broken", "parked", "age", "subscribe"):
        assert getattr(known.pages, kind), f"{language}.toml: pages.{kind}"
    goes_on = known.follow_up.heads and known.follow_up.pronouns if known.words_stand_apart else known.follow_up.phrases
    assert goes_on, f"{language}.toml: follow_up"
    for pattern in (
        *known.pages.missing,
        *known.pages.log_in,
        *known.pages.cookies,
        *known.pages.challenge,
        *known.pages.denied,
        *known.pages.broken,
        *known.pages.parked,
        *known.pages.age,
        *known.pages.subscribe,
        *known.pages.before_script,
        *known.pages.behind_script,
        *known.pages.teasers,
        *known.pages.credits,
        *known.pages.notices,
        *known.pages.labels,
        *known.pages.by,
        *known.pages.stamps,
    ):
        re.compile(pattern)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_is_named_by_a_code_that_unicode_knows(language: str) -> None:
    assert Locale.parse(language).language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_dates_stands_twice(language: str) -> None:
    words = LANGUAGES[language].dates.words
    listed = []
    for key in fields(DateWords):
        value = getattr(words, key.name)
        groups = value.values() if isinstance(value, Mapping) else value
        listed += [word for group in groups for word in ([group] if isinstance(group, str) else group)]
    assert sorted({word for word in listed if listed.count(word) > 1}) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_dates_means_something(language: str) -> None:
    grammar = LANGUAGES[language].dates
    meant = listed_words(grammar, LANGUAGES[language].words_stand_apart)
    for key in fields(DateWords):
        for word in getattr(grammar.words, key.name):
            if isinstance(word, str) and not word.endswith("~"):
                assert word in meant, f"{key.name} has no kind in index/text/dates/lexicon.py"


@pytest.mark.parametrize(
    "key", ["words_stand_apart", "has_capitals", "nouns_have_capitals", "titles", "places", "ai", "heads", "pronouns", "phrases", "missing"]
)
def test_a_missing_key_is_named_with_its_file(key: str) -> None:
    with pytest.raises(LanguageFileError, match=rf"ko\.toml lacks (?:follow_up\.|pages\.)?{key}\."):
        parse(without(key, content("en")), "ko.toml")


@pytest.mark.parametrize("key", needed_words())
def test_a_missing_word_of_dates_is_named_with_its_file(key: str) -> None:
    with pytest.raises(LanguageFileError, match=rf"ko\.toml lacks dates\.words\.{key}\."):
        parse(without(key, content("en")), "ko.toml")


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(
        LanguageFileError, match=r"ko\.toml lacks has_capitals, nouns_have_capitals, titles, places, ai, common, follow_up, pages, dates\."
    ):
        parse("words_stand_apart = true", "ko.toml")


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("words_stand_apart = true", 'words_stand_apart = "yes"', "ko.toml: words_stand_apart must be true or false."),
        ('places = ["uk", "us", "usa", "eu", "europe"]', 'places = "uk"', "ko.toml: places must be a list of texts."),
        ('day = ["day"]', "day = [1]", "ko.toml: dates.words.day must be a list of texts."),
        ('week = ["week"]', "weak = []\nweek = []", "ko.toml: there is no key dates.words.weak."),
        ("[dates.words.month_spellings]\n9", "[dates.words.month_spellings]\nsep", "ko.toml: dates.words.month_spellings must be a table"),
        ("[follow_up]", "[[follow_up]]", "ko.toml: follow_up must be a table."),
        ("[follow_up]", "[follow_up", "ko.toml is not TOML"),
    ],
)
def test_what_cannot_be_understood_is_named_with_its_file(written: str, instead: str, said: str) -> None:
    text = content("en")
    assert text.count(written) == 1
    with pytest.raises(LanguageFileError, match=re.escape(said)):
        parse(text.replace(written, instead), "ko.toml")
