"""The nouns of Shipdate: what goes into an index, and what comes out of it.

Frozen and typed; nothing here reads a file, a database or a clock. All offsets count Unicode code points of
:attr:`Article.text`, so ``article.text[x.start : x.end]`` is always exactly what a passage, sentence or quote says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

EVERYBODY = ""
"""The scope of an article that every workspace may see."""


_DIGEST = 32  # hexadecimal digits: 128 bits, of which nobody makes two that are alike


def article_id(source: str, scope: str) -> str:
    """The id of the article that is kept under a source for a scope: a digest of both."""
    return sha256(f"{scope}\n{source}".encode()).hexdigest()[:_DIGEST]


@dataclass(frozen=True, slots=True)
class Article:
    """One dated text, as stored.

    Attributes:
        id: stable for as long as the article stands at the same place (see :func:`article_id`).
        source: where it was read: ``file:`` followed by an absolute path, or a web address. One article a source and scope.
        url: its canonical address, shown to people; the source itself when the article names none.
        published: when it appeared, with its offset; None when unknown, which is never replaced by a guess.
        language: ISO 639-1 code.
        scope: who may see it (:data:`EVERYBODY`, or the name of one workspace).
    """

    id: str
    source: str
    url: str
    title: str
    text: str = field(repr=False)
    language: str
    publisher: str | None = None
    published: datetime | None = None
    scope: str = EVERYBODY


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points of an article's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage(Span):
    """What is retrieved: neighbouring sentences of one article, about a paragraph long."""

    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What a quote says of the article that it stands in: an :class:`Article` without its text."""

    id: str
    title: str
    url: str
    publisher: str | None
    published: datetime | None
    language: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that stand in an article exactly so, from ``start`` to ``end``; at most :data:`~index.answering.QUOTE_LIMIT` long."""

    text: str
    score: float
    start: int
    end: int
    article: Source


class Reason(StrEnum):
    """Why a question got no answer."""

    NOTHING_RELEVANT = "nothing_relevant"
    EMPTY_INDEX = "empty_index"
    EMPTY_QUESTION = "empty_question"


class Stage(StrEnum):
    """Where a launch stands, by what the articles say.

    Attributes:
        ANNOUNCED: shown or named by its maker; nobody outside can use it.
        LIMITED: some outsiders can, by invitation, waiting list or as testers.
        RELEASED: an ordinary customer in at least one market can sign up and use it.
        DISCONTINUED: its maker has announced its end, or ended it.
        UNKNOWN: no article says.
    """

    ANNOUNCED = "announced"
    LIMITED = "limited"
    RELEASED = "released"
    DISCONTINUED = "discontinued"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Period:
    """A time during which a launch stood at one stage.

    Attributes:
        since: the day it began, as the articles tell it; else the day of the first article that reports it.
        evidence: the sentence that proves it.
    """

    stage: Stage
    since: date
    evidence: Quote


@dataclass(frozen=True, slots=True)
class Status:
    """Where a product's launch stands on a day, and how it came there.

    Attributes:
        product: its id.
        name: as it is shown to people.
        history: every stage that the articles tell of, oldest first, the current one last; empty when they tell nothing.
    """

    product: str
    name: str
    as_of: date
    history: tuple[Period, ...] = ()

    @property
    def stage(self) -> Stage:
        """The current stage."""
        return self.history[-1].stage if self.history else Stage.UNKNOWN


@dataclass(frozen=True, slots=True)
class Topic:
    """What a question was about, for the next one in its thread.

    Attributes:
        question: as it would be asked outside the thread.
        products: the ids of its products.
    """

    question: str
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the articles say, best quote first, or why they say nothing.

    Attributes:
        as_of: the day the answer speaks of; nothing published later was considered.
        reason: None exactly when there are quotes.
        elapsed_ms: how long it took, in milliseconds.
        products: the ids of the products that the question is about.
        status: where the launch stands, when the question is about one product's launch.
        topic: what the next question of the thread may go on about.
        confident: whether it is so sure that it may be given to people who have not asked for it.
    """

    question: str
    language: str
    as_of: date
    quotes: tuple[Quote, ...]
    reason: Reason | None
    elapsed_ms: float
    products: tuple[str, ...] = ()
    status: Status | None = None
    topic: Topic | None = None
    confident: bool = False

    @property
    def answered(self) -> bool:
        """Whether there is something to quote."""
        return bool(self.quotes)


class Change(StrEnum):
    """What adding one source did."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source that was to be added.

    Attributes:
        detail: the source it repeats (duplicate), or one sentence on what went wrong (failed).
    """

    source: str
    change: Change
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of articles.

    Attributes:
        also: the addresses of its copies: where else the same text stands.
    """

    article: Source
    source: str
    passages: int
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an addition or a rebuild has come; sent to whoever asked to be told.

    Attributes:
        articles, of: articles finished, and how many there are.
        texts: passages and sentences embedded so far.
    """

    articles: int
    of: int
    texts: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How much an index holds."""

    articles: int
    passages: int
    vectors: int


@dataclass(frozen=True, slots=True)
class Audited:
    """One line of the audit: who changed what, and what became of it.

    Attributes:
        at: when, in UTC.
        workspace: where whoever did it stood; None outside of all.
        user: None where the platform names nobody, or where who it was has been forgotten.
        scope: whose articles, feeds or settings it was about.
        subject: what it was done to.
        outcome: a word, and where there is more to say, a colon and a sentence.
    """

    at: datetime
    platform: str
    workspace: str | None
    user: str | None
    scope: str
    act: str
    subject: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Logged:
    """One question of the log; the columns as in :class:`Audited`."""

    at: datetime
    platform: str
    workspace: str | None
    user: str | None
    question: str
    answered: bool
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that is followed. All moments are in UTC.

    Attributes:
        title: as the feed calls itself, once it was read.
        every: from one look to the next, when all goes well.
        due: the next look.
        checked: the last look that succeeded.
        new: the last look that brought an article, or a changed one.
        failing: since when looks fail; None while they succeed.
        failures: how many failed in a row.
        problem: one sentence on why the last one failed.
    """

    id: int
    scope: str
    url: str
    title: str | None
    every: timedelta
    added: datetime
    due: datetime
    checked: datetime | None = None
    new: datetime | None = None
    failing: datetime | None = None
    failures: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What came of looking at a feed once.

    Attributes:
        feed: as it is afterwards; its ``problem`` says why the look failed, if it did.
        outcomes: what became of each item that was new or had changed.
    """

    feed: Feed
    outcomes: tuple[Outcome, ...] = ()


class JobState(StrEnum):
    """How a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """A rebuild: of everything, or of the articles of one workspace.

    Attributes:
        scope: whose articles; everybody's job rebuilds those of all scopes.
        done, total: articles embedded, and how many there are; both move when articles are added or removed meanwhile.
        rate: articles a second, since the process that works on it took it up; None before the first ones.
        queued, started, finished: moments in UTC.
        problem: one sentence on why it failed.
        in_public: see :class:`index.errors.ShipdateError`.
    """

    id: int
    scope: str
    state: JobState
    done: int
    total: int
    rate: float | None
    queued: datetime
    started: datetime | None
    finished: datetime | None
    problem: str | None
    in_public: str | None = None

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in (JobState.QUEUED, JobState.RUNNING)

    @property
    def left(self) -> timedelta | None:
        """How long it will still take at its rate; None where nobody knows."""
        return timedelta(seconds=(self.total - self.done) / self.rate) if self.open and self.rate else None


@dataclass(frozen=True, slots=True)
class Mark(Span):
    """Where a quote stands, so that it can be shown again.

    Attributes:
        article: its id.
        digest: of the quote's words: an article that has changed since may not say so any more.
    """

    article: str
    digest: str

    @classmethod
    def of(cls, quote: Quote) -> Mark:
        """The mark of a quote."""
        return cls(quote.start, quote.end, quote.article.id, words_digest(quote.text))


def words_digest(text: str) -> str:
    """By which the words of a quote are recognised."""
    return sha256(text.encode()).hexdigest()[:_DIGEST]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question that was asked in a chat, and where its answer stands. The words of the question are not kept.

    Attributes:
        id: 0 as long as it is not stored.
        at: when, in UTC.
        workspace, user: as in :class:`Audited`.
        channel: where it was asked, by the platform's id.
        asked: the message, or the command, that asked, by the platform's id.
        thread: in which conversation of the channel; questions of the same one may go on about each other.
        reply: the message that answers, by the platform's id; None where there is none that lasts.
        products: the ids of the products that it was about.
        quotes: all that answered, best first, not only those that were shown.
    """

    at: datetime
    platform: str
    workspace: str | None
    user: str | None
    channel: str
    asked: str
    thread: str
    as_of: date
    language: str
    products: tuple[str, ...] = ()
    quotes: tuple[Mark, ...] = ()
    reply: str | None = None
    id: int = 0
