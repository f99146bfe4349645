"""What Shipdate says in its own words, in the language of whoever asked.

The English texts in the code are the message ids (gettext's way); every other language is one ``.po`` file in this folder,
and a language without a file gets English. Dates are written as each language writes them.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

import structlog
from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.messages.pofile import read_po

from index import Precision, ShipdateError, Source

log = structlog.get_logger(__name__)

_SOURCE = "en"

LANGUAGES = (_SOURCE, *sorted(Path(str(place)).stem for place in files("bot.wording").iterdir() if place.name.endswith(".po")))
"""Those that there are words for, ISO 639-1."""


def later(message: str) -> str:
    """The message as it is: marks a text that is handed to :meth:`Wording.say` elsewhere, so that catalogues are checked for it."""
    return message


class Wording:
    """The words of one language."""

    def __init__(self, language: str, messages: dict[str, str]) -> None:
        self.language = language
        self._messages = messages
        self._locale = Locale.parse("en_GB" if language == _SOURCE else language)

    def say(self, message: str, **values: object) -> str:
        """The message (an English text) in this language, with ``{name}`` replaced by the values."""
        said = self._messages.get(message) or message
        return said.format(**values) if values else said

    def error(self, error: ShipdateError) -> str:
        """What somebody in a chat is told of an error; in English where this language has no words for it.

        What is for the operator alone, such as where files are, is said to the log.
        """
        if error.in_public:
            log.warning("something could not be done", problem=str(error))
            return self.say(error.in_public)
        return self.say(error.sentence, **error.values) if error.sentence in self._messages else str(error)

    def published(self, source: Source, section: date | None = None) -> str:
        """When an article, or the section of it that is shown, appeared, as exactly as that is known; "undated" where nobody knows."""
        if section or source.published is None:
            return self.date(section) if section else self.say("undated")
        day = source.published.date()
        match source.precision:
            case Precision.MONTH:
                return str(format_skeleton("yMMMM", day, locale=self._locale))
            case Precision.YEAR:
                return str(format_skeleton("y", day, locale=self._locale))
            case _:
                return self.date(day)

    def date(self, day: date) -> str:
        """A day as this language writes it: 9 December 2024, 9 décembre 2024."""
        return format_date(day, "long", locale=self._locale)

    def duration(self, duration: timedelta) -> str:
        """About how long: 3 minutes."""
        return format_timedelta(duration, locale=self._locale)

    def language_name(self, code: str) -> str:
        """What this language calls another one (ISO 639-1); its code where it has no name for it."""
        return str(self._locale.languages.get(code, code))


def wording(*languages: str) -> Wording:
    """The words of the first of these languages (ISO 639-1) that there are words for; English where there are for none."""
    return next((words for language in languages if (words := _catalogue(language))), None) or Wording(_SOURCE, {})


@cache
def _catalogue(language: str) -> Wording | None:
    if language == _SOURCE:
        return Wording(_SOURCE, {})
    place = files("bot.wording").joinpath(f"{language}.po")
    if not place.is_file():
        return None
    with place.open("rb") as file:
        catalogue = read_po(file, locale=language)
    return Wording(language, {str(message.id): str(message.string) for message in catalogue if message.id and message.string})
