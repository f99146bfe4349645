"""From an answer to what is shown: the same reply on every surface, before a renderer gives it that surface's form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.wording import Wording, wording
from index import Answer, Period, Quote, Reason, Stage, Status

_NOTHING = {
    Reason.NOTHING_RELEVANT: "Nothing found: none of my articles answers this.",
    Reason.EMPTY_INDEX: "I have no articles yet. Add some with: shipdate index add PATH",
    Reason.EMPTY_QUESTION: "Ask me something, for example: When will Sora ship?",
}

_SINCE = {
    Stage.ANNOUNCED: "announced since {day}",
    Stage.LIMITED: "limited since {day}: by invitation, waiting list or for testers",
    Stage.RELEASED: "released since {day}",
    Stage.DISCONTINUED: "discontinued since {day}",
}


@dataclass(frozen=True, slots=True)
class Cited:
    """A quote and where it stands.

    Attributes:
        where: publisher and date in the asker's language, or that the article is undated.
        url: None where the article is a local file with no address.
    """

    text: str
    title: str
    where: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said to one question.

    Attributes:
        quotes: best first; empty when nothing was found, and then ``note`` says so.
        note: a sentence of Shipdate's own, if one is needed.
        status: where the launch stands, when that is asked.
    """

    quotes: tuple[Cited, ...]
    note: str | None
    wording: Wording
    status: StatusReply | None = None


def reply(answer: Answer) -> Reply:
    """The reply to a question, in the question's language."""
    words = wording(answer.language)
    note = words.say(_NOTHING[answer.reason]) if answer.reason else None
    if answer.quotes and answer.as_of != datetime.now(UTC).date():
        note = words.say("As of {day}.", day=words.date(answer.as_of))
    status = status_reply(answer.status, answer.language) if answer.status else None
    return Reply(tuple(_cite(quote, words) for quote in answer.quotes), note, words, status)


@dataclass(frozen=True, slots=True)
class StageReply:
    """One stage of a launch, as it is told.

    Attributes:
        text: "discontinued since March 24, 2026".
        cited: the sentence that proves it.
    """

    stage: Stage
    text: str
    cited: Cited


@dataclass(frozen=True, slots=True)
class StatusReply:
    """Where a launch stands.

    Attributes:
        name: the product's.
        current: None when no article says.
        history: the stages before, oldest first.
        note: a sentence of Shipdate's own: as of when, or that nothing is known.
    """

    name: str
    current: StageReply | None
    history: tuple[StageReply, ...]
    note: str | None
    wording: Wording


def status_reply(status: Status, language: str = "en") -> StatusReply:
    """What is said of a product's launch."""
    words = wording(language)
    told = [_tell(period, words) for period in status.history]
    past = status.as_of != datetime.now(UTC).date()
    notes = [
        *([] if told else [words.say("Nothing found: none of my articles tells where {name} stands.", name=status.name)]),
        *([words.say("As of {day}.", day=words.date(status.as_of))] if past else []),
    ]
    return StatusReply(status.name, told[-1] if told else None, tuple(told[:-1]), " ".join(notes) or None, words)


def _tell(period: Period, words: Wording) -> StageReply:
    return StageReply(period.stage, words.say(_SINCE[period.stage], day=words.date(period.since)), _cite(period.evidence, words))


def _cite(quote: Quote, words: Wording) -> Cited:
    article = quote.article
    when = words.date(article.published.date()) if article.published else words.say("undated")
    where = ", ".join(filter(None, (article.publisher, when)))
    return Cited(quote.text, article.title, where, None if article.url.startswith("file:") else article.url)
