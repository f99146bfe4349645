"""Subtitles: sentences over several cues, without times and marks."""

from __future__ import annotations

import pytest

from index.ingestion.sources import files

VTT = """WEBVTT - made by a program
Kind: captions

STYLE
::cue { color: red }

NOTE words of the editor

1
00:00:01.000 --> 00:00:03.000 align:start
<v Host>Aurora can be used
by everybody <i>from today</i>.

2
00:00:03.100 --> 00:00:05.000
[music]

00:00:05.000 --> 00:00:07.000
<v Host>It costs twenty dollars &amp; speaks

00:00:07.000 --> 00:00:09.000
<v Host>eight languages.

00:00:15.000 --> 00:00:17.000
<v Guest>The small plan is free.
"""
SRT = """1
00:00:01,000 --> 00:00:03,000
{\\an8}Aurora can be used
2
00:00:03,000 --> 00:00:05,000
by everybody.

3
00:00:05,100 --> 00:00:07,000
- Is it free?
- It is.
"""


def text_of(name: str, content: str) -> str:
    return files.parse(name, content.encode(), "file:a").text


def test_cues_are_joined_into_sentences_and_turns_are_paragraphs() -> None:
    assert text_of("a.vtt", VTT) == (
        "Aurora can be used by everybody from today. It costs twenty dollars & speaks eight languages.\n\nThe small plan is free."
    )
    assert text_of("a.srt", SRT) == "Aurora can be used by everybody.\n\nIs it free?\n\nIt is."


def test_captions_that_roll_are_read_once() -> None:
    cues = ["Aurora is", "Aurora is\nout now", "out now\nfor all."]
    content = "WEBVTT\n\n" + "\n\n".join(f"00:0{at}.000 --> 00:0{at + 1}.000\n{cue}" for at, cue in enumerate(cues))
    assert text_of("a.vtt", content) == "Aurora is out now for all."


def test_chinese_and_japanese_are_joined_without_a_space() -> None:
    assert text_of("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n今日から誰でも\n\n2\n00:00:02,000 --> 00:00:03,000\n使えます。\n") == (
        "今日から誰でも使えます。"
    )


def test_the_file_is_the_title() -> None:
    assert files.parse("Aurora_keynote 2026.srt", SRT.encode(), "file:a").title == "Aurora keynote 2026"


@pytest.mark.parametrize("content", ["WEBVTT\n", "Aurora is out.", "", "1\n00:00:01,000 --> 00:00:02,000\n[music]\n"])
def test_without_a_word_said_it_is_refused(content: str) -> None:
    with pytest.raises(files.ArticleError, match="nothing said"):
        text_of("a.vtt", content)
