"""What Shipdate says in its own words, in the language of whoever asked.

The English texts in the code are the message ids (gettext's way); every other language is one ``.po`` file in this folder,
and a language without a file gets English. Dates are written as each language writes them.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files

from babel import Locale
from babel.dates import format_date
from babel.messages.pofile import read_po

_SOURCE = "en"


class Wording:
    """The words of one language."""

    def __init__(self, language: str, messages: dict[str, str]) -> None:
        self.language = language
        self._messages = messages
        self._locale = Locale.parse(language)

    def say(self, message: str, **values: object) -> str:
        """The message (an English text) in this language, with ``{name}`` replaced by the values."""
        return (self._messages.get(message) or message).format(**values)

    def date(self, day: date) -> str:
        """A day as this language writes it: 9 December 2024, 9 décembre 2024."""
        return format_date(day, "long", locale="en_GB" if self.language == _SOURCE else self._locale)


@cache
def wording(language: str) -> Wording:
    """The words of ``language`` (ISO 639-1); English where it has no catalogue."""
    place = files("bot.wording").joinpath(f"{language}.po")
    if language == _SOURCE or not place.is_file():
        return Wording(_SOURCE, {})
    with place.open("rb") as file:
        catalogue = read_po(file, locale=language)
    return Wording(language, {str(message.id): str(message.string) for message in catalogue if message.id and message.string})
