"""Articles from subtitles (WebVTT and SubRip): what was said, as sentences."""

from __future__ import annotations

import html
import re

from index.ingestion.readers.decoding import decode
from index.ingestion.readers.draft import Draft
from index.model.errors import ArticleError
from index.text.scripts import FULL_WIDTH, HAN, KANA

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"\s{{0,9}}{_TIME}\s{{0,9}}-->\s{{0,9}}{_TIME}")
_VOICE = re.compile(r"<v(?:\.[^\s>]{0,50})?\s+([^<>]{1,80})>")
_MARKUP = re.compile(r"<[^<>]{0,100}>|\{\\[^{}]{0,100}\}")
_SOUND = re.compile(r"[\[(（【♪♫][^\])）】♪♫]{0,60}[\])）】♪♫]")
_TURN = re.compile(r"^(?:-|–|—|>>)\s*(?=\S)")
_END = re.compile(r"[.!?…。！？][\"'”’»」』)]?$")
_UNSPACED = re.compile(f"[{KANA}{HAN}{FULL_WIDTH}\u3000-\u303f]")
_PAUSE = 3.0  # seconds after a sentence that begin a paragraph
_PARAGRAPH = 700  # characters, after which the end of a sentence ends a paragraph
_MOST = 5_000  # characters of a paragraph at most
_LINE = 400  # characters of which one without any punctuation is cut, at the next pause


def from_subtitles(content: bytes, source: str, title: str) -> Draft:
    """What was said: cues joined, without times, sounds and marks of colour; a paragraph ends with a turn, a pause or a sentence.

    Args:
        title: what the file is called, since subtitles say nothing of themselves.

    Raises:
        ArticleError: it holds no cue.
    """
    paragraphs: list[str] = []
    current, before, last, voice = "", 0.0, "", ""

    def end() -> None:
        nonlocal current
        if any(map(str.isalnum, current)):
            paragraphs.append(current)
        current = ""

    for begin, until, lines in _cues(decode(content)):
        spoken = _VOICE.search(lines[0]) if lines else None
        if spoken and spoken.group(1).strip() != voice:
            voice = spoken.group(1).strip()
            end()
        ended = not current or _END.search(current) is not None
        paused = begin - before > _PAUSE and (ended or len(current) > _LINE)
        if paused or (ended and len(current) > _PARAGRAPH) or len(current) > _MOST:
            end()
        before = until
        for line in lines:
            said = " ".join(_SOUND.sub(" ", html.unescape(_MARKUP.sub("", line))).split())
            if turn := _TURN.match(said):
                end()
                said = said[turn.end() :]
            if not said or said == last:  # captions that roll show each line twice
                continue
            last = said
            joint = "" if not current or (_UNSPACED.match(current[-1]) and _UNSPACED.match(said)) else " "
            current += joint + said
    end()
    if not paragraphs:
        raise ArticleError("there is nothing said in it; subtitles have lines such as 00:01.000 --> 00:04.000 with text below.")
    return Draft(source, "\n\n".join(paragraphs), title=title)


def _cues(text: str) -> list[tuple[float, float, list[str]]]:
    """Each cue: when it begins and ends, in seconds, and its lines. Notes, styles and numbers stand outside."""
    cues: list[tuple[float, float, list[str]]] = []
    lines: list[str] | None = None
    for line in text.splitlines():
        if timing := _TIMING.match(line):
            numbers = [int(number or 0) for number in timing.groups()]
            begin, until = (3600 * hours + 60 * minutes + seconds for hours, minutes, seconds in (numbers[:3], numbers[4:7]))
            if lines and lines[-1].strip().isdigit() and cues:  # a number of the next one, where no blank line stands between
                lines.pop()
            lines = []
            cues.append((begin, until, lines))
        elif not line.strip():
            lines = None
        elif lines is not None:
            lines.append(line)
    return cues
