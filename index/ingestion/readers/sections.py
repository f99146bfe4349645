"""Parts of an article that have days of their own: entries of a changelog, updates, days of a live blog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from index.ingestion.readers.written_days import stated
from index.model.articles import Precision, Section
from index.text import dates

_CANDIDATES = 5_000  # lines that are looked at for a day: a changelog of ten years has some hundreds
_LINE = 160  # characters of a line in which a day is sought
_DEEPEST = 7  # of a line that is a date but no heading: lower than the six levels of headings
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_YEAR_HEADING = re.compile(r"\D{0,20}?((?:19|20)\d\d)\D{0,3}")
_UPDATE = re.compile(
    r"[*_\[(【（]{0,4}\s?(?:(?:editor's |late )?update|updated|aktualisiert|aktualisierung|nachtrag|mise à jour"
    r"|mis à jour|actualización|actualizado"
    r"|aggiornamento|aggiornato|atualização|atualizado|更新|追記|补充|補充)"
    r"(?![a-z])(?:\s?(?:on|as of|vom|am|du|le|del?|di|do|em|al|il|el|日))?"
    r"[\s,:：;(（\[–—-]{0,4}",
    re.IGNORECASE,
)
_UPDATED_BEHIND = re.compile(r"[【（(\[]{1,2}(.{4,30}?)\s?(?:更新|追記|update)[】）)\]]{1,2}", re.IGNORECASE)
_BETWEEN = re.compile(r"\s[-–—|·•]{1,2}\s|[:：]\s")
_AFTER_DAY = re.compile(r"\s{0,3}[*_\])）】]{0,4}\s{0,3}(?:[:：|·•,/–—(\[-]|$)")
_BEFORE_DAY = re.compile(r".*(?:[-–—|:：,·•(（\[/]|\b(?:released|published|vom|du|del|di|de)|[\d.])\s{0,3}[*_\[(（]{0,3}", re.IGNORECASE)
_AFTER_UPDATE = re.compile(r"(?:[,\s]{1,3}\d\d?[:.h]\d\d(?:\s?[ap]\.?m\.?)?(?:\s[A-Z]{2,4})?)?[*_\])）】\s]{0,5}[:：–—.-]")


class _Mark(NamedTuple):
    """A line that may start or end a section; ``is_update`` if its day is of its own paragraph alone."""

    start: int
    end: int
    level: int
    day: date | None
    has_day: bool
    is_update: bool = False


def dated(text: str, language: str, article_day: date | None, now: datetime) -> tuple[Section, ...]:
    """The sections of a text that begin with a heading or a line that says their day: two or more, or a paragraph with an update's day.

    A heading without a day ends those of its level and below; an update is one paragraph. A day to come is none.

    Args:
        article_day: the nearest day to it is meant where no year is said.
    """
    marks = list(_marks(text, language, article_day, now.date()))
    if sum(mark.day is not None for mark in marks) < 2 and not any(mark.is_update and mark.day for mark in marks):
        return ()
    sections: list[Section] = []
    open_level, open_day, last_date_line = 0, None, -1
    for mark in marks:
        if mark.is_update:
            sections.append(Section(mark.start, mark.day))
            if text[mark.end :].strip():
                sections.append(Section(mark.end, open_day))
        elif mark.has_day:
            sections.append(Section(mark.start, mark.day))
            open_level, open_day = mark.level, mark.day
            last_date_line = mark.end if mark.level == _DEEPEST else -1
        elif open_level and last_date_line >= 0 and not text[last_date_line : mark.start].strip():
            open_level, last_date_line = mark.level, -1  # the heading stands below its day
        elif open_level and mark.level <= open_level:
            sections.append(Section(mark.start, None))
            open_level, open_day = 0, None
    by_start = {section.start: section for section in sections}
    return tuple(by_start[start] for start in sorted(by_start))


def _marks(text: str, language: str, article_day: date | None, today: date) -> Iterator[_Mark]:
    start, looks = 0, 0
    year: int | None = None
    while start < len(text) and looks < _CANDIDATES:
        end = text.find("\n", start)
        end = len(text) if end < 0 else end + 1
        line = text[start : min(end, start + _LINE)].strip()
        if heading := _HEADING.match(line):
            looks += 1
            content = heading[2].strip("#*_ \t")
            day = _of_heading(content, language, year, article_day)
            if day is None and (alone := _YEAR_HEADING.fullmatch(content)):
                year = int(alone[1])
            yield _Mark(start, end, len(heading[1]), day if day and day <= today else None, day is not None)
        elif line and any(map(str.isdigit, line[:60])) and line[0] not in "-|":
            update = _update_day(line, language, article_day)
            looks += update is not None or len(line) <= 60
            if update and update <= today:
                yield _Mark(start, end, _DEEPEST, update, True, True)
            elif update is None and len(line) <= 60 and (_YEAR.search(line) or line.startswith("**")):
                day = _exact(line.strip("*_ "), language, year, article_day)
                if day:
                    yield _Mark(start, end, _DEEPEST, day if day <= today else None, True)
        start = end


def _of_heading(content: str, language: str, year: int | None, article_day: date | None) -> date | None:
    """The day of a heading that is one, or begins or ends with one."""
    if not any(map(str.isdigit, content)):
        return None
    if day := _exact(content, language, year, article_day):
        return day
    pieces = _BETWEEN.split(content)  # a dash before a day may be a minus or "to" in prose
    for piece in (pieces[0], pieces[-1]):
        if len(pieces) > 1 and (day := _exact(piece.strip("*_[]() "), language, year, article_day)):
            return day
    for said in dates.find(content, language, article_day or date(year or 2020, 1, 1)):
        before, after = content[: said.start], content[said.end :]
        is_first = not before.strip("*_[(【（ ") and (_AFTER_DAY.match(after) or len(after.split()) <= 3)
        is_last = not after.strip("*_])】） .") and _BEFORE_DAY.fullmatch(before)
        is_update = not after.strip("*_])】） .:：") and _UPDATE.fullmatch(before)
        if (is_first or is_last or is_update) and (day := _exact(content[said.start : said.end], language, year, article_day)):
            return day
    return None


def _update_day(line: str, language: str, article_day: date | None) -> date | None:
    """The day of a paragraph such as "Update, 5 March: it is out again."."""
    if behind := _UPDATED_BEHIND.match(line):
        return _exact(behind[1], language, None, article_day)
    label = _UPDATE.match(line)
    if not label:
        return None
    rest = line[label.end() :]
    for said in dates.find(rest, language, article_day or date(2020, 1, 1))[:1]:
        if said.start <= 4 and _AFTER_UPDATE.match(rest[said.end :]):
            return _exact(rest[said.start : said.end], language, None, article_day)
    return None


def _exact(written: str, language: str, year: int | None, article_day: date | None) -> date | None:
    """The day that is written, in the year that is said before or, without any, nearest to the article's day."""
    if said := stated(written, language):
        return said.moment.date() if said.precision is Precision.DAY else None
    if _YEAR.search(written) or not (year or article_day):
        return None
    years = [year] if year else [article_day.year + offset for offset in (-1, 0, 1)] if article_day else []
    form = "{year}年{day}" if "月" in written else "{day} {year}"
    days = [said.moment.date() for each in years if (said := stated(form.format(year=each, day=written), language))]
    if not article_day:
        return days[0] if days else None
    near = article_day
    return min(days, key=lambda day: abs((day - near).days), default=None)
