"""What admins are told of what they did, the same on every surface."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.wording import Wording, later
from index import Change, Feed, Job, JobState, Outcome, StarterFeeds

_CHANGES = {
    Change.ADDED: later("{count} added"),
    Change.UPDATED: later("{count} updated"),
    Change.UNCHANGED: later("{count} unchanged"),
    Change.DUPLICATE: later("{count} known already"),
    Change.FAILED: later("{count} failed"),
}

_STATES = {
    JobState.QUEUED: later("Re-indexing begins soon."),
    JobState.RUNNING: later("Re-indexing: {done} of {total} articles."),
    JobState.DONE: later("Re-indexed: {total} articles."),
    JobState.FAILED: later("Re-indexing failed: {problem}"),
    JobState.CANCELLED: later("Re-indexing was cancelled; what answers is as it was."),
}

_CELLS = 20  # of a bar


@dataclass(frozen=True, slots=True)
class Added:
    """What became of what was to be added.

    Attributes:
        summary: "2 added, 1 failed".
        problems: a sentence for each that failed.
    """

    summary: str
    problems: tuple[str, ...]


def added(outcomes: Sequence[Outcome], words: Wording) -> Added:
    """What became of sources."""
    counts = Counter(outcome.change for outcome in outcomes)
    summary = ", ".join(words.say(said, count=counts[change]) for change, said in _CHANGES.items() if counts[change])
    problems = tuple(outcome.detail or outcome.source for outcome in outcomes if outcome.change is Change.FAILED)
    return Added(summary or words.say("No articles were found there."), problems)


@dataclass(frozen=True, slots=True)
class Made:
    """How far a rebuild is.

    Attributes:
        text: a sentence.
        bar: as far as it is, in blocks; empty when it is not at work.
        pace: how fast it is and how long it will take; empty where nobody knows.
    """

    text: str
    bar: str
    pace: str


def made(job: Job, words: Wording) -> Made:
    """How far a rebuild is."""
    problem = words.say(job.in_public) if job.in_public else job.problem
    text = words.say(_STATES[job.state], done=job.done, total=job.total, problem=problem)
    if job.state is not JobState.RUNNING:
        return Made(text, "", "")
    share = job.done / job.total if job.total else 0.0
    full = int(share * _CELLS)
    bar = f"{'█' * full}{'░' * (_CELLS - full)} {share:.0%}"
    pace = (
        words.say("{rate} articles a second, {left} left", rate=f"{job.rate:.1f}", left=words.duration(job.left))
        if job.rate and job.left
        else ""
    )
    return Made(text, bar, pace)


STARTER = "starter"
"""What is written in a feed's place for those to begin with."""


def starter_feeds(made: StarterFeeds, words: Wording) -> str:
    """What became of the feeds to begin with."""
    sentences = [words.say("Following {count} feeds of the starter pack.", count=made.added)]
    if made.known:
        sentences.append(words.say("{count} of them were followed before.", count=made.known))
    if made.left_out:
        sentences.append(
            words.say("{count} were left out: this workspace may follow at most {most} feeds.", count=made.left_out, most=made.most)
        )
    return " ".join(sentences)


def feed_state(feed: Feed, words: Wording) -> str:
    """How a feed fares, in a sentence."""
    if feed.failing:
        return words.say("failing since {day}: {problem}", day=words.date(feed.failing.date()), problem=feed.problem)
    if feed.checked is None:
        return words.say("not looked at yet")
    if feed.new is None:
        return words.say("nothing new so far")
    return words.say("last new article on {day}", day=words.date(feed.new.date()))
