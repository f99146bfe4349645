"""The process that takes one PDF apart: the file on stdin, an object on stdout. It needs pypdf and nothing of Shipdate.

The object has ``text``, ``title`` (may be empty) and ``created`` (ISO 8601, or null); or ``problem``, a sentence.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import suppress
from datetime import UTC

from pypdf import PdfReader
from pypdf.errors import DependencyError

_PAGES = 300
_MEMORY = 2 * 1024**3  # bytes of address space
_SECONDS = 50  # of processor time


def main() -> None:
    """Read one file."""
    with suppress(ImportError):  # Windows has none; there the parent's time limit has to do
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    print(json.dumps(_read(sys.stdin.buffer.read())))


def _read(content: bytes) -> dict[str, str | None]:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        opened = False
        with suppress(DependencyError):  # a cipher that pypdf has no library for
            opened = bool(reader.decrypt(""))  # many may be read by everybody and only not be changed
        if not opened:
            return {"problem": "this PDF is encrypted; save it without a password."}
    if len(reader.pages) > _PAGES:
        return {"problem": f"this PDF has {len(reader.pages):,} pages; the limit is {_PAGES}, so split it."}
    text = "\n\n".join(page.extract_text().strip() for page in reader.pages)
    title, created = "", None
    with suppress(Exception):  # what it says of itself is often malformed, and can be missed
        said = reader.metadata
        if said:
            title = said.title or ""
            moment = said.creation_date
            created = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat() if moment else None
    return {"text": text, "title": title, "created": created}


if __name__ == "__main__":
    main()
