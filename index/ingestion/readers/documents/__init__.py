"""Files that people have beside pages, Markdown and PDF: office files, books, notes, mails, subtitles, and tables of articles."""

from __future__ import annotations

from collections.abc import Mapping

FORMATS: Mapping[str, str] = {
    ".docx": "docx",
    ".odt": "odt",
    ".epub": "epub",
    ".rtf": "rtf",
    ".ipynb": "ipynb",
    ".rst": "rst",
    ".adoc": "asciidoc",
    ".asciidoc": "asciidoc",
}
"""What pandoc calls each kind, by suffix."""
