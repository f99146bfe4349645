"""What each key of a language's words of dates (:class:`index.text.languages.DateWords`) means: its kind, and what it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from index.text.dates.kinds import Kind
from index.text.languages import DateGrammar, DateWords


class Value(NamedTuple):
    """What a word stands for; ``more`` is 1 for years counted from the present, and the unit of other periods."""

    number: int = 0
    more: int = 0


Words = dict[str, tuple[str, Value]]
"""The kind and the value of each word or phrase."""

DAY, WEEK, MONTH, YEAR, WEEKEND, QUARTER, HALF_YEAR = range(7)

_PERIODS = {
    f"{before}{unit}{behind}": (Kind.RELATIVE_YEAR, Value(offset, 1)) if unit == "year" else (Kind.RELATIVE_PERIOD, Value(offset, code))
    for unit, code in (("year", YEAR), ("month", MONTH), ("week", WEEK), ("weekend", WEEKEND), ("quarter", QUARTER))
    for before, behind, offset in (("", "_before_last", -2), ("last_", "", -1), ("this_", "", 0), ("next_", "", 1), ("", "_after_next", 2))
}

_KINDS: dict[str, tuple[str, Value]] = {
    "day_before_yesterday": (Kind.RELATIVE_DAY, Value(-2)),
    "yesterday": (Kind.RELATIVE_DAY, Value(-1)),
    "today": (Kind.RELATIVE_DAY, Value(0)),
    "tomorrow": (Kind.RELATIVE_DAY, Value(1)),
    "day_after_tomorrow": (Kind.RELATIVE_DAY, Value(2)),
    **_PERIODS,
    "first_of_month": (Kind.DAY, Value(1)),
    "day": (Kind.UNIT, Value(DAY)),
    "days": (Kind.UNITS, Value(DAY)),
    "week": (Kind.UNIT, Value(WEEK)),
    "weeks": (Kind.UNITS, Value(WEEK)),
    "month": (Kind.UNIT, Value(MONTH)),
    "months": (Kind.UNITS, Value(MONTH)),
    "year": (Kind.UNIT, Value(YEAR)),
    "years": (Kind.UNITS, Value(YEAR)),
    "weekend": (Kind.UNIT, Value(WEEKEND)),
    "quarter": (Kind.SHARE, Value(4)),
    "half_year": (Kind.SHARE, Value(2)),
    "early": (Kind.PART, Value(1, 3)),
    "mid": (Kind.PART, Value(2, 3)),
    "late": (Kind.PART, Value(3, 3)),
    "start": (Kind.PART_OF, Value(1, 3)),
    "middle": (Kind.PART_OF, Value(2, 3)),
    "end": (Kind.PART_OF, Value(3, 3)),
    "first_half": (Kind.PART, Value(1, 2)),
    "second_half": (Kind.PART, Value(2, 2)),
    "start_of_year": (Kind.PART_OF_YEAR, Value(1, 3)),
    "middle_of_year": (Kind.PART_OF_YEAR, Value(2, 3)),
    "end_of_year": (Kind.PART_OF_YEAR, Value(3, 3)),
    "first_half_of_year": (Kind.PART_OF_YEAR, Value(1, 2)),
    "second_half_of_year": (Kind.PART_OF_YEAR, Value(2, 2)),
    "start_of_month": (Kind.PART_OF_MONTH, Value(1, 3)),
    "middle_of_month": (Kind.PART_OF_MONTH, Value(2, 3)),
    "end_of_month": (Kind.PART_OF_MONTH, Value(3, 3)),
    "spring": (Kind.SEASON, Value(3)),
    "summer": (Kind.SEASON, Value(6)),
    "autumn": (Kind.SEASON, Value(9)),
    "winter": (Kind.SEASON, Value(12)),
    "last": (Kind.LAST, Value()),
    "last_behind_noun": (Kind.LAST_BEHIND, Value()),
    "this": (Kind.THIS, Value()),
    "next": (Kind.NEXT, Value()),
    "coming": (Kind.COMING, Value()),
    "few": (Kind.FEW, Value()),
    "ago": (Kind.AGO, Value()),
    "ago_before_number": (Kind.AGO_BEFORE, Value()),
    "from_now": (Kind.FROM_NOW, Value()),
    "from_now_before_number": (Kind.FROM_NOW_BEFORE, Value()),
    "within": (Kind.WITHIN, Value()),
    "in_or_from_now": (Kind.IN, Value()),
    "prepositions": (Kind.PREPOSITION, Value()),
    "common_prepositions": (Kind.COMMON_PREPOSITION, Value()),
    "of": (Kind.OF, Value()),
    "the": (Kind.THE, Value()),
    "and_or_to": (Kind.AND, Value()),
    "every": (Kind.EVERY, Value()),
    "months_with_capital": (Kind.MAYBE_MONTH, Value()),
    "months_with_year": (Kind.MONTH_IF_YEAR, Value()),
    "no_dates": (Kind.WORD, Value()),
}
"""Of the keys that list words. Those below list words by numbers, which are their values."""

_KINDS_BY_PLACE = {"numbers": Kind.NUMBER_WORD, "ordinals": Kind.ORDINAL}
_KINDS_BY_NUMBER = {"month_spellings": Kind.MONTH, "weekdays": Kind.WEEKDAY, "weekdays_that_are_words": Kind.MAYBE_WEEKDAY}


def listed_words(grammar: DateGrammar, spaced: bool) -> Words:
    """The words of a language's file.

    Args:
        spaced: whether there are spaces between words; where there are none, one day is a unit like the others.
    """
    words: Words = {}
    for word, meaning in _meanings(grammar.words):
        kind, value = meaning
        for form in [word[:-1] + ending for ending in grammar.adjective_endings] if word.endswith("~") else [word]:
            words[form] = (Kind.ONE_DAY if spaced and meaning == _KINDS["day"] else kind, value)
    return words


def _meanings(words: DateWords) -> Iterator[tuple[str, tuple[str, Value]]]:
    for key, meaning in _KINDS.items():
        for word in getattr(words, key, ()):
            yield word, meaning
    for key, kind in _KINDS_BY_PLACE.items():
        for number, forms in enumerate(getattr(words, key), 1):
            for word in forms:
                yield word, (kind, Value(number))
    for key, kind in _KINDS_BY_NUMBER.items():
        for number, forms in getattr(words, key).items():
            for word in forms:
                yield word, (kind, Value(number))
