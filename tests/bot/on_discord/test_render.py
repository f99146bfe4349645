"""Replies as messages of Discord: whatever articles say, within every limit, and shown as it is."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.on_discord.escape import address, clip, escape, link, plain
from bot.on_discord.render import TEXT_LIMIT, Layout, day, lines, render, render_quotes, render_status
from bot.presentation.replies import Cited, Reply, StageReply, StatusReply
from bot.wording import wording
from index import Stage

NASTY = st.text(
    st.sampled_from("abcé1 \n\t\\*_~`|>#-+[]()<>@:/.!{}\u200b\u200d\u202e\u2066\u00ad\ufeff\u3164אب中👍🏽\x00\ud800"), max_size=900
)
TEXTS = st.one_of(NASTY, st.text(max_size=900))
URLS = st.one_of(
    st.none(),
    TEXTS,
    st.builds("https://example.org/{}".format, TEXTS),
    st.just("javascript:alert(1)"),
    st.just("https://example.org/x_(y)"),
)
LANGUAGES = st.sampled_from(["en", "fr", "ar", "und"])
CITED = st.builds(
    Cited,
    text=TEXTS,
    title=TEXTS,
    where=TEXTS,
    url=URLS,
    publisher=st.one_of(st.none(), TEXTS),
    published=st.one_of(st.none(), st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))),
    language=LANGUAGES,
)
STAGES = st.builds(
    StageReply,
    stage=st.sampled_from([stage for stage in Stage if stage is not Stage.UNKNOWN]),
    since=st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    text=TEXTS,
    cited=CITED,
)
WORDS = st.sampled_from([wording("en"), wording("fr")])
NOTES = st.one_of(st.none(), TEXTS)
STATUSES = st.builds(
    StatusReply,
    name=TEXTS,
    current=st.one_of(st.none(), STAGES),
    history=st.lists(STAGES, max_size=12).map(tuple),
    note=NOTES,
    wording=WORDS,
)
REPLIES = st.builds(Reply, quotes=st.lists(CITED, max_size=5).map(tuple), note=NOTES, wording=WORDS, status=st.one_of(st.none(), STATUSES))

_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_ACTIVE = re.compile(r"[*_~`|\[\]<\\]|://|^(?:[#>+-]|\d+[.)])")


def shown(markdown: str) -> str:
    """What Discord shows of this where nothing in it formats: a character after a backslash is itself."""
    return _ESCAPED.sub(r"\1", markdown)


def check(layout: Layout) -> list[str]:
    """Assert Discord's limits; returns all texts."""
    texts: list[str] = []
    components = 0

    def walk(component: dict[str, Any]) -> None:
        nonlocal components
        components += 1
        if component["type"] == 10:
            assert component["content"].strip()
            texts.append(component["content"])
        if component["type"] == 1:
            assert 1 <= len(component["components"]) <= 5
        if component["type"] == 2:
            assert len(component.get("custom_id", "")) <= 100
            assert 0 < len(component.get("label") or "-") <= 80
            assert len(component.get("url", "")) <= 512
            assert component.get("url", "https://").startswith(("https://", "http://"))
        for child in component.get("components", []):
            walk(child)

    for component in layout.to_components():
        walk(component)
    assert components <= 40
    assert sum(map(len, texts)) <= TEXT_LIMIT
    for character in "".join(texts):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs") or character in "\n\u2068\u2069\u200b\u200c\u200d"
    return texts


@given(REPLIES, st.one_of(st.none(), TEXTS), st.booleans(), st.booleans())
def test_an_answer_keeps_every_limit(reply: Reply, asked: str | None, more: bool, private: bool) -> None:
    assume(reply.quotes or plain(reply.note or ""))
    texts = check(render(reply, 10**18 - 1, asked=asked, more=more, private=private))
    if reply.quotes:
        assert any(text.startswith("> ") for text in texts) or not plain(reply.quotes[0].text)


@given(STATUSES)
def test_a_status_keeps_every_limit(status: StatusReply) -> None:
    assume(status.current or plain(status.note or ""))
    check(render_status(status))


@given(st.lists(CITED, max_size=5), WORDS)
def test_more_quotes_keep_every_limit(cited: list[Cited], words: Any) -> None:
    check(render_quotes(cited, words))


@given(TEXTS)
@example("# a heading")
@example("-# small")
@example("12. twelfth")
@example("> quoted")
@example("a\n> b")
@example("\u200b# hidden before")
@example("@everyone @here")
@example("\\*not bold\\*")
def test_every_word_is_shown_and_nothing_formats(text: str) -> None:
    escaped = escape(text)
    bare = re.sub("[\u2068\u2069\u200b]", "", escaped)
    assert shown(bare).split() == re.sub("[\u2068\u2069\u200b]", "", plain(text)).split()
    assert not _ACTIVE.search(_ESCAPED.sub("x", bare))
    assert "@everyone" not in escaped
    assert "@here" not in escaped


@given(TEXTS, URLS)
def test_a_title_never_leads_anywhere_else(title: str, url: str | None) -> None:
    made = link(title, url, limit=100)
    target = address(url)
    if target and plain(title):
        assert made.endswith(f"]({target})")
        assert made.startswith("[")
        assert not re.search(r"[\s()<>\\]", target)
        assert not re.search(r"(?<!\\)[\[\]]", made[1 : -len(target) - 3])
    else:
        assert "](" not in made


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "upload:a.md", "", None, "https://", "https://a b/", "https://x/" + "a" * 600]
)
def test_only_addresses_of_the_web_are_linked(url: str | None) -> None:
    assert address(url) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/x_(y)", "https://example.org/x_%28y%29"),
        ("https://münchen.example/ü", "https://xn--mnchen-3ya.example/%C3%BC"),
        ("https://example.org/a b", "https://example.org/a%20b"),
    ],
)
def test_addresses_cannot_end_a_link(url: str, expected: str) -> None:
    assert address(url) == expected


def test_what_joins_letters_and_emoji_is_kept() -> None:
    assert plain("می\u200cخواهم 👩\u200d💻 a\u200db") == "می\u200cخواهم 👩\u200d💻 ab"


@given(TEXTS, st.integers(1, 50))
def test_a_clipped_text_is_as_long_as_it_may_be(text: str, limit: int) -> None:
    assert len(clip(text, limit)) <= limit


@given(st.lists(TEXTS, max_size=30))
def test_lists_keep_to_one_message(texts: list[str]) -> None:
    assert len(lines(texts)) <= TEXT_LIMIT


@given(st.dates(date(1970, 1, 2), date(2090, 1, 1)))
def test_a_day_is_the_same_one_from_alaska_to_tokyo(when: date) -> None:
    (seconds,) = re.findall(r"<t:(-?\d+):D>", day(when))
    for hours in (-10, 0, 9):
        assert datetime.fromtimestamp(int(seconds) + hours * 3600, UTC).date() == when
