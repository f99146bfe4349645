"""What each key of a language's words of dates (:class:`index.text.languages.DateWords`) means: its kind, and what it stands for.

A kind is one letter, since :mod:`.rules` matches its rules on strings of kinds:

    T          a day counted from today, by how many days
    n O d      number words; ordinals; "first" as a day
    u V U      units: one day; plurals and days; other singulars.  Values: 0 day, 1 week, 2 month, 3 year, 4 weekend, 5 quarter
    B          quarters and halves of a year, by how many of them a year has
    E          start, middle and end of what follows, or one of its halves: which, and of how many;  e  the same when "of" has to follow
    F J        likewise a part of the year, or of the month, in one word
    S          seasons, by their first month
    Y K        a whole period: a year, by how many from the present one; another one, likewise, with its unit
    L l H X C  last, "last" only behind its noun, this, next, coming (plural);  f  few
    G A h      ago, from now, within, behind a number;  g I  the same in front of it ("il y a", "dans");  i  "in", which is also a P
    P p        what stands before dates; p also before much else;  c  of;  t  the;  &  and
    M m a      months; names that are other words too: m without a capital, a without a year
    W v        weekdays; v if they are other words too
    k          every
    _          what looks like a date but is none
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from index.text.languages import DateGrammar, DateWords


class Value(NamedTuple):
    """What a word stands for; ``more`` is 1 for years counted from the present, and the unit of other periods."""

    number: int = 0
    more: int = 0


Words = dict[str, tuple[str, Value]]
"""The kind and the value of each word or phrase."""

DAY, WEEK, MONTH, YEAR, WEEKEND, QUARTER, HALF_YEAR = range(7)

_PERIODS = {
    f"{before}{unit}{behind}": ("Y", Value(offset, 1)) if unit == "year" else ("K", Value(offset, code))
    for unit, code in (("year", YEAR), ("month", MONTH), ("week", WEEK), ("weekend", WEEKEND), ("quarter", QUARTER))
    for before, behind, offset in (("", "_before_last", -2), ("last_", "", -1), ("this_", "", 0), ("next_", "", 1), ("", "_after_next", 2))
}

_KINDS: dict[str, tuple[str, Value]] = {
    "day_before_yesterday": ("T", Value(-2)),
    "yesterday": ("T", Value(-1)),
    "today": ("T", Value(0)),
    "tomorrow": ("T", Value(1)),
    "day_after_tomorrow": ("T", Value(2)),
    **_PERIODS,
    "first_of_month": ("d", Value(1)),
    "day": ("U", Value(DAY)),
    "days": ("V", Value(DAY)),
    "week": ("U", Value(WEEK)),
    "weeks": ("V", Value(WEEK)),
    "month": ("U", Value(MONTH)),
    "months": ("V", Value(MONTH)),
    "year": ("U", Value(YEAR)),
    "years": ("V", Value(YEAR)),
    "weekend": ("U", Value(WEEKEND)),
    "quarter": ("B", Value(4)),
    "half_year": ("B", Value(2)),
    "early": ("E", Value(1, 3)),
    "mid": ("E", Value(2, 3)),
    "late": ("E", Value(3, 3)),
    "start": ("e", Value(1, 3)),
    "middle": ("e", Value(2, 3)),
    "end": ("e", Value(3, 3)),
    "first_half": ("E", Value(1, 2)),
    "second_half": ("E", Value(2, 2)),
    "start_of_year": ("F", Value(1, 3)),
    "middle_of_year": ("F", Value(2, 3)),
    "end_of_year": ("F", Value(3, 3)),
    "first_half_of_year": ("F", Value(1, 2)),
    "second_half_of_year": ("F", Value(2, 2)),
    "start_of_month": ("J", Value(1, 3)),
    "middle_of_month": ("J", Value(2, 3)),
    "end_of_month": ("J", Value(3, 3)),
    "spring": ("S", Value(3)),
    "summer": ("S", Value(6)),
    "autumn": ("S", Value(9)),
    "winter": ("S", Value(12)),
    "last": ("L", Value()),
    "last_behind_noun": ("l", Value()),
    "this": ("H", Value()),
    "next": ("X", Value()),
    "coming": ("C", Value()),
    "few": ("f", Value()),
    "ago": ("G", Value()),
    "ago_before_number": ("g", Value()),
    "from_now": ("A", Value()),
    "from_now_before_number": ("I", Value()),
    "within": ("h", Value()),
    "in_or_from_now": ("i", Value()),
    "prepositions": ("P", Value()),
    "common_prepositions": ("p", Value()),
    "of": ("c", Value()),
    "the": ("t", Value()),
    "and_or_to": ("&", Value()),
    "every": ("k", Value()),
    "months_with_capital": ("m", Value()),
    "months_with_year": ("a", Value()),
    "no_dates": ("_", Value()),
}
"""Of the keys that list words. Those below list words by numbers, which are their values."""

_KINDS_BY_PLACE = {"numbers": "n", "ordinals": "O"}
_KINDS_BY_NUMBER = {"month_spellings": "M", "weekdays": "W", "weekdays_that_are_words": "v"}


def listed_words(grammar: DateGrammar, spaced: bool) -> Words:
    """The words of a language's file.

    Args:
        spaced: whether there are spaces between words; where there are none, one day is a unit like the others.
    """
    words: Words = {}
    for word, meaning in _meanings(grammar.words):
        kind, value = meaning
        for form in [word[:-1] + ending for ending in grammar.adjective_endings] if word.endswith("~") else [word]:
            words[form] = ("u" if spaced and meaning == _KINDS["day"] else kind, value)
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
