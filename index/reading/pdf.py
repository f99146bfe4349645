"""Articles from PDF files. They are taken apart in a process of their own, which can be stopped: a hostile one would keep
this one busy for hours, or eat its memory."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from index.errors import ArticleError
from index.reading.clean import storable
from index.reading.draft import Draft, credible

_TIME_LIMIT = 60  # seconds
_CHILD = Path(__file__).with_name("pdf_text.py")


def from_pdf(content: bytes, source: str) -> Draft:
    """The text of a PDF, its title and its date.

    Raises:
        ArticleError: broken, encrypted, without text (scanned pages), too long, or too laborious.
    """
    try:
        done = subprocess.run([sys.executable, "-P", str(_CHILD)], input=content, capture_output=True, timeout=_TIME_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        raise ArticleError(f"it takes longer than {_TIME_LIMIT} seconds to read this PDF; save its text as .txt and add that.") from None
    if done.returncode:
        raise ArticleError("this PDF is broken or too complicated to be read; save its text as .txt and add that.")
    said = json.loads(done.stdout)
    if said.get("problem"):
        raise ArticleError(said["problem"])
    text = storable(said["text"]).strip()
    if not any(map(str.isalnum, text)):
        raise ArticleError("this PDF has no text, only pictures of it; run it through a text recognition (OCR) first.")
    created = datetime.fromisoformat(said["created"]) if said["created"] else None
    return Draft(source=source, text=text, title=storable(said["title"]).strip() or None, published=credible(created))
