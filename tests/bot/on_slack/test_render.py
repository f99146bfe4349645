"""What Slack is sent: within its limits, escaped, and told to screen readers, whatever stands in articles."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.on_slack import home, reindex, render, settings_form
from bot.on_slack.blocks import BLOCKS, VIEW_BLOCKS, Dialect, Message, modal
from bot.on_slack.escape import asked, fallback, link, mrkdwn, plain, web_address
from bot.presentation.replies import reply, status_reply
from bot.service.workspace_settings import WorkspaceSettings
from bot.wording import Wording, wording
from index import Answer, Job, JobState, Period, Quote, Reason, Source, Stage, Status
from tests.support.slack import check_blocks, texts

HOSTILE = (
    *("<!channel> ", "<@U01ALICE>", "*bold* _it_ ~s~ `c`", ":smile:", "&amp;", "\u202eevil"),
    *("\u200b", "<https://x.example|y>", "\ud800", "\n> q\n", "", "& < > " * 120),
)
LONG = st.builds(lambda one, times: one * times, st.text(min_size=1, max_size=5), st.integers(1, 300))
WORDS = st.text(max_size=20) | st.sampled_from(HOSTILE) | LONG
GOOD, BAD = (
    ["https://a.example/x", "https://a.example/|>?a=1&b=<", "https://é.example/ü"],
    ["javascript:alert(1)", "file:/x", "http://[bad"],
)
URLS = st.sampled_from([*GOOD, *BAD, "https://a.example/" + "x" * 3000]) | WORDS
MOMENTS = st.none() | st.datetimes(datetime(1971, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))
SOURCES = st.builds(Source, st.just("0123456789ab"), WORDS, URLS, st.none() | WORDS, MOMENTS, st.just("en"))
QUOTES = st.builds(lambda text, source: Quote(text, 0.5, 0, len(text), source), WORDS, SOURCES)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
PERIODS = st.builds(Period, st.sampled_from([stage for stage in Stage if stage is not Stage.UNKNOWN]), DAYS, QUOTES)
STATUSES = st.builds(Status, WORDS, WORDS, DAYS, st.lists(PERIODS, max_size=20).map(tuple))
REASONS = st.sampled_from(Reason)
DIALECTS = st.builds(Dialect, st.booleans(), st.booleans())
WORDINGS = st.sampled_from(["en", "fr"]).map(wording)


def answers(quotes: tuple[Quote, ...], status: Status | None, day: date, reason: Reason) -> Answer:
    return Answer("When?", "en", day, quotes, None if quotes else reason, 1.0, status=status)


ANSWERS = st.builds(answers, st.lists(QUOTES, max_size=5).map(tuple), st.none() | STATUSES, DAYS, REASONS)


def check(made: Message, most: int = BLOCKS) -> None:
    """Within the limits, and harmless."""
    check_blocks(made.blocks, most=most)
    assert len(made.text) <= 4000
    told = texts({"blocks": list(made.blocks)})
    assert "<!channel" not in told + made.text
    assert "<@" not in told + made.text
    assert "\u202e" not in told + made.text
    (told + made.text).encode()


@given(ANSWERS, DIALECTS, WORDINGS, st.booleans(), st.none() | st.integers(1, 10**9))
def test_every_answer_is_within_slacks_limits_and_harmless(
    answer: Answer, dialect: Dialect, words: Wording, private: bool, id_: int | None
) -> None:
    made = render.answer(reply(answer, words), dialect, private=private, exchange=id_)
    rich = [block for block in made.blocks if block["type"] == "rich_text"]
    check_blocks(made.blocks)
    check(Message(made.text, tuple(block for block in made.blocks if block["type"] != "rich_text")))
    assert made.text
    for block in rich:  # rich text shows every sign as it is, so it may hold any, but as text alone
        (quoted,) = block["elements"]
        assert [element["type"] for element in quoted["elements"]] == ["text"]


@given(STATUSES, DIALECTS, WORDINGS, st.lists(st.tuples(WORDS, WORDS), max_size=5))
def test_every_status_is_within_slacks_limits(status: Status, dialect: Dialect, words: Wording, suggested: list[tuple[str, str]]) -> None:
    made = render.status(status_reply(status, words), dialect, share="status:x", suggested=suggested)
    check_blocks(made.blocks)
    check_blocks(modal(status.name, made.blocks, close="Close")["blocks"], most=VIEW_BLOCKS)
    assert len(modal(status.name, made.blocks, close="Close")["title"]["text"]) <= 24


@given(st.lists(STATUSES, max_size=10), DIALECTS, WORDINGS)
@settings(max_examples=30)
def test_every_board_is_within_slacks_limits(statuses: list[Status], dialect: Dialect, words: Wording) -> None:
    board = [status_reply(status, words) for status in statuses]
    check_blocks(home.home(board, words, dialect).blocks, most=VIEW_BLOCKS)


@given(st.builds(WorkspaceSettings, private_replies=st.booleans(), language=st.sampled_from([None, "fr", "xx"])), WORDINGS)
@settings(max_examples=10)
def test_the_form_is_within_slacks_limits(now: WorkspaceSettings, words: Wording) -> None:
    made = settings_form.form(now, words)
    check_blocks(made["blocks"], most=VIEW_BLOCKS)
    assert all(len(made[part]["text"]) <= 24 for part in ("title", "close", "submit"))


@given(WORDS, st.sampled_from(JobState), st.integers(0, 50), st.none() | st.floats(0.01, 1e6))
def test_all_progress_is_within_slacks_limits(problem: str, state: JobState, done: int, rate: float | None) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    job = Job(1, "", state, done, 50, rate, now, now, None, problem)
    check(reindex.progress(job, words=wording("en"), shared=True)(Dialect()))


@given(WORDS | st.text(alphabet="<>&*_~`:|a\n"), st.integers(2, 120))
def test_text_in_mrkdwn_means_nothing_and_is_never_cut_within_an_escape(text: str, limit: int) -> None:
    for escaped in (mrkdwn(text, limit), fallback(text, limit)):
        assert len(escaped) <= limit
        assert not re.search(r"[<>]", escaped)
        assert not re.search(r"&(?!amp;|lt;|gt;)", escaped)
    assert not re.search(r"[*_~`]", mrkdwn(text, limit))
    assert not re.search(r":[a-z0-9_+'\-]+:", mrkdwn(text, limit), re.IGNORECASE)


@given(URLS, WORDS)
def test_a_link_is_one_link_or_none(url: str, label: str) -> None:
    made = link(url, label, 600)
    assert len(made) <= 600
    assert re.fullmatch(r"<https?://[^<>|\s]+\|[^<>]*>|[^<>]*", made)


@pytest.mark.parametrize("url", [*BAD, "upload:x", "https://", "", None, "https://x/" + "y" * 3000])
def test_what_is_no_address_of_the_web_is_no_link(url: str | None) -> None:
    assert web_address(url) is None
    assert link(url, "Title", 300) == "Title"


def test_a_channel_mention_inside_an_article_is_only_words() -> None:
    source = Source("0123456789ab", "<!channel> *now*", "https://a.example/x", "<@U1>", datetime(2025, 1, 1, 9, tzinfo=UTC), "en")
    text = "<!channel> Sora ships & <https://evil.example|click> :tada:"
    told = reply(answers((Quote(text, 1, 0, len(text), source),), None, date(2030, 1, 1), Reason.NOTHING_RELEVANT))
    shown, old = render.answer(told, Dialect()), render.answer(told, Dialect(rich=False))
    assert shown.blocks[0]["elements"][0]["elements"] == [{"type": "text", "text": text}]
    assert "&lt;!channel&gt;" in shown.text
    assert "<!channel>" not in texts({"blocks": list(shown.blocks[1:])})
    assert old.blocks[0]["text"]["text"] == ">&lt;!channel&gt; Sora ships &amp; &lt;https://evil.example|click&gt; ∶tada:"


def test_the_day_of_an_article_without_a_time_is_that_day_nearly_everywhere() -> None:
    def day(moment: datetime) -> str:
        source = Source("0123456789ab", "T", "https://a.example/x", "P", moment, "en")
        answer = answers((Quote("Q", 1, 0, 1, source),), None, date(2030, 1, 1), Reason.NOTHING_RELEVANT)
        return render.source(reply(answer).quotes[0], wording("en"), Dialect())

    noon, evening = datetime(2024, 12, 9, 12, tzinfo=UTC), datetime(2024, 12, 9, 18, tzinfo=UTC)
    shown = f"<!date^{int(noon.timestamp())}^{{date_long}}|9 December 2024>"
    assert day(datetime(2024, 12, 9, tzinfo=UTC)) == f"<https://a.example/x|T> · P · {shown}"
    assert f"^{int(evening.timestamp())}^" in day(evening)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@U0BOT> When will Sora ship?", "When will Sora ship?"),
        ("<@U0BOT|shipdate>: a &lt; b &amp;amp; c", ": a < b &amp; c"),
        ("what of <https://a.example/x|this>, <https://b.example>?", "what of this, https://b.example?"),
        ("<!here> <#C1|general> <@U2|bob> and Kling?", "#general bob and Kling?"),
        ("", ""),
    ],
)
def test_slacks_markup_is_taken_out_of_questions(text: str, expected: str) -> None:
    assert asked(text, "U0BOT") == expected


def test_a_plain_text_is_as_long_as_it_may_be_and_hides_nothing() -> None:
    assert plain("a" * 10, 5) == "aaaa…"
    assert plain("Sora\u3164\u034f\r\nships\u202e", 50) == "Sora\nships"
