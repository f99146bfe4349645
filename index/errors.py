"""What can go wrong, each with one clear sentence that tells a person what to do.

Every error that Shipdate raises on purpose is a :class:`ShipdateError`; its text is shown as it is, on every surface.
Anything else is a bug.
"""

from __future__ import annotations

_QUOTED = 200  # characters


def printable(text: str) -> str:
    """A text from outside as it may stand in a sentence: not too long, and with nothing in it that steers a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text[:_QUOTED])


class ShipdateError(Exception):
    """Its text is one sentence for a person: what is wrong, and what to do about it.

    Attributes:
        sentence: the same, with a ``{name}`` where each of the ``values`` stands, so that it can be said in other languages.
    """

    def __init__(self, sentence: str = "", **values: object) -> None:
        super().__init__(sentence.format(**values) if values else sentence)
        self.sentence = sentence
        self.values = values


class ModelError(ShipdateError):
    """The embedding model cannot be found, read or reached."""


class ArticleError(ShipdateError):
    """One article cannot be added; the others can."""


class QuotaError(ShipdateError):
    """A workspace may not have as much as this."""


class FeedError(ShipdateError):
    """There is no feed at an address, or it cannot be understood, or a list of feeds cannot."""


class DataError(ShipdateError):
    """The data folder cannot be used: not writable, of a newer version, damaged, or full."""


class BusyError(DataError):
    """Another process is writing to the data folder."""


class QuestionError(ShipdateError):
    """The question cannot be taken as it is."""


class CatalogueError(ShipdateError):
    """A product cannot be added to the catalogue, or its file cannot be understood."""


class BackupError(ShipdateError):
    """A backup cannot be written, or what should be restored is none."""


class JobError(ShipdateError):
    """A rebuild cannot be started, failed, or was cancelled."""
