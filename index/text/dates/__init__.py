"""Dates in texts: "9 December 2024", "mardi dernier", "3か月前".

Months and weekdays come from Unicode's CLDR (by Babel), the rest from each language's file (:mod:`index.text.languages`). A text
becomes a string of kinds (:mod:`.kinds`), one letter a word (:mod:`.lexer`), over which a few rules for all languages are matched
(:mod:`.rules`).
150 characters take 0.04 to 0.1 ms, and 0.005 ms when nothing in them can be a date; dateparser's search takes 2 ms, and takes
"ten months after" for a date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from index.model.articles import Span
from index.text.dates.lexer import primary, read, vocabulary
from index.text.dates.rules import Lean, meanings

__all__ = ["Lean", "Said", "find"]


@dataclass(frozen=True, slots=True)
class Said(Span):
    """A day or a period that a text names.

    Attributes:
        first: the first day that is meant.
        last: the last; equal to ``first`` for a single day.
    """

    first: date
    last: date


def find(text: str, language: str, today: date, *, lean: Lean = Lean.NEAR) -> list[Said]:
    """The dates in a text, in order; where they overlap, the longest. Prepositions and articles before them are left out.

    What is vague is made definite like this:

    - Years start and end with three months, and their middle is May to August; months start, go on and end with ten days each,
      everything else with a third. Seasons are those of the north and begin in March, June, September and December.
    - A weekday is the latest one, today included; weeks begin on Monday.
    - "Three days ago" is that day, "three weeks ago" with three days on either side, months with 15 and years with 90; so is "in".
    - "The coming days" are 1 to 7 days from today, weeks 7 to 28, months 30 to 180, years one to three.

    Args:
        language: ISO 639-1 code or a tag that begins with one; decides which words are read, and whether 9/12 is in
            September. Of languages without a file only dates in digits are read.
        today: the day of writing.
        lean: which year is meant when none is said.
    """
    known = vocabulary(primary(language))
    words = read(text, known)
    if not words:
        return []
    found = sorted(meanings(words, known, today, lean), key=lambda each: (each[0] - each[1], each[0]))
    taken, chosen = bytearray(len(text)), []
    for start, end, period in found:
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            if period:  # 31 February takes its place as well, so that February is not found in it
                chosen.append(Said(start, end, period.first, period.last))
    return sorted(chosen, key=lambda said: said.start)
