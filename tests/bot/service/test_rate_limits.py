"""How many questions a minute, by a clock of the test's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.service.permissions import Caller
from bot.service.rate_limits import Limits, TokenBuckets, TooManyQuestionsError

SECOND = 1_000_000_000
MINUTE = 60 * SECOND

rates = st.integers(1, 100)
steps = st.lists(st.one_of(st.integers(0, 3 * SECOND), st.integers(0, 3 * MINUTE), st.just(0)), min_size=1, max_size=120)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 7 * SECOND

    def __call__(self) -> int:
        return self.now


@given(rates, steps, st.integers(0, 10 * MINUTE))
def test_no_window_ever_lets_through_more_than_its_rate_and_one_burst(rate: int, waits: list[int], start: int) -> None:
    buckets, now, taken = TokenBuckets(rate), start, []
    for wait in waits:
        now += wait
        while not buckets.wait("key", now):  # as much as can be had
            buckets.take("key", now)
            taken.append(now)
    for first, begin in enumerate(taken):
        for last in range(first, len(taken)):
            assert (last - first + 1 - rate) * MINUTE <= (taken[last] - begin) * rate


@given(rates, steps)
def test_the_promised_moment_is_exact_to_the_nanosecond(rate: int, waits: list[int]) -> None:
    buckets, now = TokenBuckets(rate), 0
    for step in waits:
        now += step
        wait = buckets.wait("key", now)
        if wait:
            assert buckets.wait("key", now + wait - 1) == 1
            assert buckets.wait("key", now + wait) == 0
        else:
            buckets.take("key", now)


@given(rates, st.integers(0, 10 * MINUTE))
def test_a_full_minutes_burst_is_there_at_first_and_again_after_a_quiet_minute(rate: int, start: int) -> None:
    buckets = TokenBuckets(rate)
    for now in (start, start + MINUTE):
        for _ in range(rate):
            assert not buckets.wait("key", now)
            buckets.take("key", now)
        assert buckets.wait("key", now)


@given(st.lists(st.tuples(st.integers(0, 20 * SECOND), st.integers(0, 30)), max_size=200), rates)
def test_only_those_who_asked_within_the_last_minute_are_remembered(asked: list[tuple[int, int]], rate: int) -> None:
    buckets, now, last = TokenBuckets(rate), 0, {}
    for wait, key in asked:
        now += wait
        if not buckets.wait(key, now):
            buckets.take(key, now)
            last[key] = now
            assert len(buckets) <= sum(now - moment < MINUTE for moment in last.values())


def test_very_many_people_who_asked_once_take_no_memory_a_minute_later() -> None:
    buckets = TokenBuckets(20)
    for key in range(100_000):
        buckets.take(key, key)
    buckets.take("one more", 2 * MINUTE)
    assert len(buckets) == 1


def ask(limits: Limits, caller: Caller, times: int = 1) -> None:
    for _ in range(times):
        limits.take(caller)


def test_each_person_has_a_rate_of_their_own() -> None:
    limits = Limits(user_rate=2, workspace_rate=100, clock=Clock())
    ask(limits, Caller("discord", "1", "10"), 2)
    ask(limits, Caller("discord", "1", "11"), 2)
    with pytest.raises(TooManyQuestionsError, match=r"^You ask faster than 2 a minute; ask again in 30 s\.$"):
        ask(limits, Caller("discord", "1", "10"))


def test_a_person_of_discord_is_the_same_in_every_guild_and_one_of_slack_is_not() -> None:
    limits = Limits(user_rate=1, workspace_rate=100, clock=Clock())
    ask(limits, Caller("discord", "1", "10"))
    with pytest.raises(TooManyQuestionsError):
        ask(limits, Caller("discord", "2", "10"))
    with pytest.raises(TooManyQuestionsError):
        ask(limits, Caller("discord", None, "10"))
    ask(limits, Caller("slack", "T1", "U1"))
    ask(limits, Caller("slack", "T2", "U1"))


def test_a_workspace_has_a_rate_of_its_own() -> None:
    limits = Limits(user_rate=100, workspace_rate=3, clock=Clock())
    for user in "abc":
        ask(limits, Caller("slack", "T1", user))
    with pytest.raises(TooManyQuestionsError, match=r"^This workspace asks faster than 3 a minute; ask again in 20 s\.$"):
        ask(limits, Caller("slack", "T1", "d"))
    ask(limits, Caller("slack", "T2", "d"))


def test_a_refused_question_counts_for_nobody_and_the_error_says_exactly_when_to_try_again() -> None:
    clock = Clock()
    limits = Limits(user_rate=7, workspace_rate=8, clock=clock)
    caller, other = Caller("slack", "T1", "U1"), Caller("slack", "T1", "U2")
    ask(limits, caller, 7)
    for _ in range(50):
        with pytest.raises(TooManyQuestionsError) as refused:
            ask(limits, caller)
    ask(limits, other)
    clock.now += round(refused.value.retry_after * SECOND) - 1
    with pytest.raises(TooManyQuestionsError, match="in 1 s"):
        ask(limits, caller)
    clock.now += 1
    ask(limits, caller)


def test_somebody_whom_the_platform_does_not_name_is_limited_too() -> None:
    limits = Limits(user_rate=1, workspace_rate=100, clock=Clock())
    ask(limits, Caller("discord"))
    with pytest.raises(TooManyQuestionsError, match="faster than 1 a minute"):
        ask(limits, Caller("discord"))


def test_the_operator_is_not_limited() -> None:
    ask(Limits(user_rate=1, workspace_rate=1, clock=Clock()), Caller.operator(), 1000)
