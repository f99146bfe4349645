"""What admins are told, in their language."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.presentation.admin_reports import added, feed_state, made
from bot.wording import wording
from index import Change, Feed, Job, JobState, Outcome

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
JOB = Job(7, "", JobState.RUNNING, 10, 40, 2.0, NOON, NOON, None, None)
FEED = Feed(1, "", "https://example.org/feed", None, timedelta(hours=1), NOON, NOON)
EN, FR = wording("en"), wording("fr")


def test_what_was_added_is_counted_and_what_failed_is_told() -> None:
    told = added([Outcome("a", Change.ADDED), Outcome("b", Change.ADDED), Outcome("c", Change.FAILED, "c is no article.")], EN)
    assert (told.summary, told.problems) == ("2 added, 1 failed", ("c is no article.",))
    assert added([], EN).summary == "No articles were found there."
    assert added([Outcome("a", Change.DUPLICATE, "b")], FR).summary == "1 déjà connu(s)"


def test_a_rebuild_at_work_shows_how_far_it_is_and_how_long_it_will_take() -> None:
    told = made(JOB, EN)
    assert told.text == "Re-indexing: 10 of 40 articles."
    assert told.bar == "█████░░░░░░░░░░░░░░░ 25%"
    assert told.pace == "2.0 articles a second, 15 seconds left"
    assert made(replace(JOB, rate=None), EN).pace == ""


@pytest.mark.parametrize(
    ("job", "text"),
    [
        (replace(JOB, state=JobState.QUEUED), "La réindexation va commencer."),
        (replace(JOB, state=JobState.DONE, done=40), "Réindexation terminée : 40 articles."),
        (replace(JOB, state=JobState.FAILED, problem="{no} room"), "La réindexation a échoué : {no} room"),
    ],
)
def test_one_that_is_not_at_work_says_what_became_of_it(job: Job, text: str) -> None:
    told = made(job, FR)
    assert (told.text, told.bar, told.pace) == (text, "", "")


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.none() | st.floats(0.001, 1000), st.sampled_from(["en", "fr"]))
def test_every_bar_is_as_long_as_every_other(done: int, total: int, rate: float | None, language: str) -> None:
    told = made(replace(JOB, done=min(done, total), total=total, rate=rate), wording(language))
    assert len(told.bar.partition(" ")[0]) == 20


def test_how_a_feed_fares_is_one_sentence() -> None:
    assert feed_state(FEED, EN) == "not looked at yet"
    assert feed_state(replace(FEED, checked=NOON), EN) == "nothing new so far"
    assert feed_state(replace(FEED, checked=NOON, new=NOON), EN) == "last new article on 4 March 2026"
    assert feed_state(replace(FEED, failing=NOON, problem="It is not there."), FR) == "en échec depuis le 4 mars 2026 : It is not there."
