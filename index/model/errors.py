"""What can go wrong, each with one clear sentence that tells a person what to do.

Every error that Shipdate raises on purpose is a :class:`ShipdateError`; its text is shown as it is, on every surface.
Anything else is a bug.
"""

from __future__ import annotations

from typing import ClassVar

_QUOTED = 200  # characters


def printable(text: str) -> str:
    """A text from outside as it may stand in a sentence: not too long, and with nothing in it that steers a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text[:_QUOTED])


class ShipdateError(Exception):
    """Its text is one sentence for a person: what is wrong, and what to do about it.

    Attributes:
        sentence: the same, with a ``{name}`` where each of the ``values`` stands, so that it can be said in other languages.
        in_public: what is said in its place to those who do not run Shipdate, and whose business its files are not; None: the same.
    """

    in_public: ClassVar[str | None] = None

    def __init__(self, sentence: str = "", **values: object) -> None:
        super().__init__(sentence.format(**values) if values else sentence)
        self.sentence = sentence
        self.values = values


class ModelError(ShipdateError):
    """The embedding model cannot be found, read or reached."""

    in_public = "My model cannot be used at the moment; whoever runs me finds the reason in the log."


class ArticleError(ShipdateError):
    """One article cannot be added; the others can."""


class QuotaError(ShipdateError):
    """A workspace may not have as much as this."""


class FeedError(ShipdateError):
    """There is no feed at an address, or it cannot be understood, or a list of feeds cannot."""


class DataError(ShipdateError):
    """The data folder cannot be used: not writable, of a newer version, damaged, or full."""

    in_public = "My data cannot be used at the moment; whoever runs me finds the reason in the log."


class BusyError(DataError):
    """Another process is writing to the data folder."""

    in_public = "Somebody else is changing my data at the moment; please try again in a minute."


class QuestionError(ShipdateError):
    """The question cannot be taken as it is."""


class CatalogueError(ShipdateError):
    """A product cannot be added to the catalogue, or its file cannot be understood."""

    in_public = "My catalogue of products cannot be used at the moment; whoever runs me finds the reason in the log."


class BackupError(ShipdateError):
    """A backup cannot be written, or what should be restored is none."""


class JobError(ShipdateError):
    """A rebuild cannot be started, failed, or was cancelled."""
