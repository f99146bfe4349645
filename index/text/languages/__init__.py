"""What the code knows of each language: a file a language, ``fr.toml``, beside what is learned from examples.

A language is known when it has a file here, its rows among the examples (``index/embedding/learned/data``) and, for what the bot
itself says, a ``.po`` in ``bot/wording``. How one more is added stands in ``docs/adding-a-language.md``.

Pages, names and follow-up questions are looked at for the words of all languages at once: nobody says in which language a page
says that it is not found, and questions of three words fit many languages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from importlib.resources import files
from types import MappingProxyType
from typing import Any, TypeAlias, TypeGuard, TypeVar, get_type_hints

Words: TypeAlias = tuple[str, ...]
"""Words or phrases, in lower case where nothing else is said."""

WordsByNumber: TypeAlias = Mapping[int, Words]
"""Words by what they stand for: months from 1 to 12, weekdays from 0 (Monday) to 6."""


class LanguageFileError(ValueError):
    """A language's file cannot be understood; the message names the file and the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpWords:
    """By what a question goes on about the one before.

    Attributes:
        heads: conjunctions, at its head ("and Kling?").
        pronouns: anywhere in it, folded.
        phrases: such as may stand anywhere in it, amid other characters: for languages whose words do not stand apart.
    """

    heads: Words
    pronouns: Words
    phrases: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceWords:
    """By what it is told whether a full stop ends a sentence. Abbreviations stand without their last full stop; case does not matter.

    Attributes:
        abbreviations: such as end none ("approx").
        before_numbers: such as end none before a number, and may be words ("no").
        abbreviations_at_ends: such as may end one: it has ended if one of the ``openers`` follows.
        openers: words that open sentences and stand in no name, with their capital.
        before_ordinals, after_ordinals: around a number with a full stop, where that makes it an ordinal.
    """

    abbreviations: Words = ()
    before_numbers: Words = ()
    abbreviations_at_ends: Words = ()
    openers: Words = ()
    before_ordinals: Words = ()
    after_ordinals: Words = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWords:
    """What pages say that come instead of an article, and around one; case does not matter. All but ``menu`` are regular expressions.

    Attributes:
        menu: headings of menus, sections and front pages, which are no title of an article.
        missing: that there is nothing at this address, in a heading.
        log_in: that one has to log in, as the first words of a heading.
        cookies: what lines of a notice on cookies have.
        challenge: what asks whether a human is reading.
        denied: that access is denied, or not to be had in this country.
        broken: that the site is out of order or under maintenance.
        parked: that its domain is for sale.
        age: what asks how old the reader is.
        subscribe: that only subscribers can read on.
        before_script, behind_script: what stands before, or behind, "JavaScript" where a page needs it.
        teasers: what stands before a colon, and another article's title behind it ("Read also").
        credits: what stands before a colon, and where a picture is from, or what an article is filed under, behind it.
        notices: what a line has that asks to subscribe, or says where the text is from.
        labels: whole lines: buttons, and headings of what is no article.
        by: what stands before an author's name.
        stamps: words, beside those of dates, of a line that only says when.
    """

    menu: Words
    missing: Words
    log_in: Words
    cookies: Words
    challenge: Words
    denied: Words
    broken: Words
    parked: Words
    age: Words
    subscribe: Words
    before_script: Words
    behind_script: Words
    teasers: Words
    credits: Words
    notices: Words
    labels: Words
    by: Words
    stamps: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class DateWords:
    """The words of dates that Unicode's CLDR does not have; the examples are English ones.

    Those without a default every language has. A tilde at a word's end stands for each of the language's adjective endings.

    Attributes:
        numbers: number words from one upwards, each in all its forms.
        ordinals: likewise; first_of_month is "first" as a day.
        day, week, month, year: with each other form that is no plural.
        early, mid, late: a part of what follows: "early 2024".
        start, middle, end: the same where "of" has to follow.
        start_of_year, ..., end_of_month: the same in one word.
        last, this, next: in front of what they belong to; behind it as well where ``last_stands_behind``.
        last_behind_noun: such as only stand behind it.
        coming: "next" in the plural.
        ago, from_now, within: behind a number ("three days ago").
        ago_before_number, from_now_before_number: in front of one ("il y a trois jours").
        in_or_from_now: a preposition that is both ("in March", "in three days").
        prepositions: what hardly stands before anything but dates; common_prepositions stand before much else.
        of, the, and_or_to, every: these, in all their forms.
        months_with_capital: names of months that are other words in small letters; months_with_year: that are months only before a year.
        no_dates: what looks like a date and is none ("black friday").
        month_spellings: more spellings of months.
        weekdays: more names of weekdays; weekdays_that_are_words: such as are other words too.
    """

    day_before_yesterday: Words
    yesterday: Words
    today: Words
    tomorrow: Words
    day_after_tomorrow: Words
    year_before_last: Words = ()
    last_year: Words = ()
    this_year: Words = ()
    next_year: Words = ()
    year_after_next: Words = ()
    month_before_last: Words = ()
    last_month: Words = ()
    this_month: Words = ()
    next_month: Words = ()
    month_after_next: Words = ()
    week_before_last: Words = ()
    last_week: Words = ()
    this_week: Words = ()
    next_week: Words = ()
    week_after_next: Words = ()
    last_weekend: Words = ()
    this_weekend: Words = ()
    next_weekend: Words = ()
    last_quarter: Words = ()
    this_quarter: Words = ()
    next_quarter: Words = ()
    numbers: tuple[Words, ...] = ()
    ordinals: tuple[Words, ...] = ()
    first_of_month: Words = ()
    day: Words
    days: Words = ()
    week: Words
    weeks: Words = ()
    month: Words
    months: Words = ()
    year: Words
    years: Words = ()
    weekend: Words = ()
    quarter: Words
    half_year: Words = ()
    early: Words
    mid: Words
    late: Words
    start: Words = ()
    middle: Words = ()
    end: Words = ()
    first_half: Words
    second_half: Words
    start_of_year: Words = ()
    middle_of_year: Words = ()
    end_of_year: Words = ()
    first_half_of_year: Words = ()
    second_half_of_year: Words = ()
    start_of_month: Words = ()
    middle_of_month: Words = ()
    end_of_month: Words = ()
    spring: Words
    summer: Words
    autumn: Words
    winter: Words
    last: Words = ()
    last_behind_noun: Words = ()
    this: Words
    next: Words
    coming: Words = ()
    few: Words
    ago: Words = ()
    ago_before_number: Words = ()
    from_now: Words = ()
    from_now_before_number: Words = ()
    within: Words = ()
    in_or_from_now: Words = ()
    prepositions: Words = ()
    common_prepositions: Words = ()
    of: Words
    the: Words = ()
    and_or_to: Words
    every: Words = ()
    months_with_capital: Words = ()
    months_with_year: Words = ()
    no_dates: Words
    month_spellings: WordsByNumber = field(default_factory=dict)
    weekdays: WordsByNumber = field(default_factory=dict)
    weekdays_that_are_words: WordsByNumber = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateGrammar:
    """How a language writes dates.

    Attributes:
        words: see :class:`DateWords`.
        last_stands_behind: whether "last" and "next" may stand behind their noun ("mardi dernier").
        bare_years: whether a year may stand without a preposition before it.
        plural_endings: of nouns.
        adjective_endings: what a tilde in a word stands for.
        weekday_parts: what may be joined to a weekday's name ("Montagabend").
        has_short_weekdays: whether CLDR's short names of weekdays are names of weekdays in a text as well.
        nouns_if_capital: words of the days around today that are nouns when they have a capital ("der Morgen", the morning).
    """

    words: DateWords
    last_stands_behind: bool = False
    bare_years: bool = False
    plural_endings: Words = ()
    adjective_endings: Words = ()
    weekday_parts: Words = ()
    has_short_weekdays: bool = True
    nouns_if_capital: Words = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What the code knows of one language.

    Attributes:
        words_stand_apart: whether a space or a mark stands on either side of each word, so that words are sought whole; if not, as in
            Chinese, they are sought amid other characters.
        has_capitals: whether its letters have small and capital forms; if not, Latin letters in a sentence are a name.
        nouns_have_capitals: whether every noun has a capital, so that a capital tells no name.
        titles: abbreviations before a person's name, without their full stop, after which no sentence ends.
        places: names of places, folded and of one word, beside the countries, whose names CLDR has.
        common: the commonest words of questions, by which a short one shows its language.
        ai: words, as they are written, by which an article shows that it is about AI.
    """

    words_stand_apart: bool
    has_capitals: bool
    nouns_have_capitals: bool
    titles: Words
    places: Words
    ai: Words
    common: Words
    follow_up: FollowUpWords
    pages: PageWords
    dates: DateGrammar
    sentences: SentenceWords = field(default_factory=SentenceWords)


_Table = TypeVar("_Table", Language, FollowUpWords, SentenceWords, PageWords, DateGrammar, DateWords)


def parse(content: str, file: str) -> Language:
    """A language from the content of its file.

    Args:
        file: its name, for errors.

    Raises:
        LanguageFileError: it is not TOML, or a key is missing, unknown, or has a value of the wrong type.
    """
    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise LanguageFileError(f"{file} is not TOML: {error}.") from None
    return _parse_table(Language, table, file, "")


def _parse_table(kind: type[_Table], table: object, file: str, path: str) -> _Table:
    if not isinstance(table, dict):
        raise LanguageFileError(f"{file}: {path.rstrip('.')} must be a table.")
    known = {key.name: key.default is MISSING and key.default_factory is MISSING for key in fields(kind)}
    if unknown := sorted(table.keys() - known.keys()):
        raise LanguageFileError(f"{file}: there is no key {path}{unknown[0]}.")
    missing = [f"{path}{name}" for name, is_needed in known.items() if is_needed and name not in table]
    if missing:
        raise LanguageFileError(f"{file} lacks {', '.join(missing)}.")
    types = get_type_hints(kind)
    return kind(**{name: _parse_value(types[name], value, file, f"{path}{name}") for name, value in table.items()})


def _parse_value(kind: Any, value: object, file: str, path: str) -> Any:
    if kind in (FollowUpWords, SentenceWords, PageWords, DateGrammar, DateWords):
        return _parse_table(kind, value, file, f"{path}.")
    if kind is bool and isinstance(value, bool):
        return value
    if kind == Words and _is_words(value):
        return tuple(value)
    if kind == tuple[Words, ...] and isinstance(value, list) and all(map(_is_words, value)):
        return tuple(map(tuple, value))
    if (
        kind == WordsByNumber
        and isinstance(value, dict)
        and all(number.isdecimal() for number in value)
        and all(map(_is_words, value.values()))
    ):
        return MappingProxyType({int(number): tuple(words) for number, words in value.items()})
    wanted = {bool: "true or false", Words: "a list of texts", WordsByNumber: "a table of numbers with lists of texts"}
    raise LanguageFileError(f"{file}: {path} must be {wanted.get(kind, 'a list of lists of texts')}.")


def _is_words(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(word, str) and word for word in value)


def _read_all() -> Iterator[tuple[str, Language]]:
    for file in sorted(files(__name__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield file.name.removesuffix(".toml"), parse(file.read_text(encoding="utf-8"), file.name)


LANGUAGES: Mapping[str, Language] = MappingProxyType(dict(_read_all()))
"""By ISO 639-1 code."""

WITHOUT_CAPITALS = frozenset(code for code, language in LANGUAGES.items() if not language.has_capitals) | {"ko"}
"""Languages without capitals; Korean, of which nothing else is known, among them: articles may be in any language."""

NOUN_CAPITALS = frozenset(code for code, language in LANGUAGES.items() if language.nouns_have_capitals)
"""Languages in which every noun has a capital."""
