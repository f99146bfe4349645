"""From an answer to what is shown: the same reply on every surface, before a renderer gives it that surface's form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from bot.service.permissions import Caller
from bot.service.workspace_settings import WorkspaceSettings
from bot.wording import Wording, later, wording
from index import Answer, Period, Quote, Reason, Stage, Status, is_address

_NOTHING = {
    Reason.NOTHING_RELEVANT: later("Nothing found: none of my articles answers this."),
    Reason.EMPTY_INDEX: later("I have no articles yet. Add some with: {command}"),
    Reason.EMPTY_QUESTION: later("Ask me something, for example: When will Sora ship?"),
}

STAGES = {
    Stage.ANNOUNCED: later("announced since {day}"),
    Stage.LIMITED: later("limited since {day}: by invitation, waiting list or for testers"),
    Stage.RELEASED: later("released since {day}"),
    Stage.DISCONTINUED: later("discontinued since {day}"),
}
"""How each stage is told; ``day`` is the day on which it began, in whatever form a surface shows days."""

ADD_COMMAND = "/articles add"
"""The command by which articles are added in a chat, for where there are none yet."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A quote and where it stands.

    Attributes:
        where: publisher and date in the asker's language, or that the article is undated; ``when`` is the date alone.
        url: None where the article is a file with no address.
        published: when it appeared, where that is known to the day, or the section that it stands in has a day.
        language: the quote's, ISO 639-1.
    """

    text: str
    title: str
    where: str
    when: str
    url: str | None
    publisher: str | None
    published: datetime | None
    language: str


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


def words_for(caller: Caller, settings: WorkspaceSettings, language: str | None = None, *, brief: bool = False) -> Wording:
    """In which words somebody is told something: the workspace's, if it has chosen; else the question's, theirs, the workspace's.

    Args:
        language: the question's, ISO 639-1; None where nothing was asked.
        brief: whether it has too few words to tell much of its language, so that theirs goes first.
    """
    asked = (language,) if language else ()
    order = (*caller.languages[:1], *asked, *caller.languages) if brief else (*asked, *caller.languages)
    return wording(*((settings.language,) if settings.language else ()), *order)


def reply(answer: Answer, words: Wording | None = None, *, command: str = "shipdate index add PATH") -> Reply:
    """The reply to a question.

    Args:
        words: in which it is said; those of the question's language by default.
        command: with which articles are added on this surface.
    """
    words = words or wording(answer.language)
    note = words.say(_NOTHING[answer.reason], command=command) if answer.reason else None
    if answer.quotes:
        note = _as_of(answer.as_of, words)
    status = status_reply(answer.status, words) if answer.status else None
    return Reply(cite(answer.quotes, words), note, words, status)


@dataclass(frozen=True, slots=True)
class StageReply:
    """One stage of a launch, as it is told.

    Attributes:
        text: "discontinued since 24 March 2026".
        cited: the sentence that proves it.
    """

    stage: Stage
    since: date
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


def status_reply(status: Status, words: Wording | None = None) -> StatusReply:
    """What is said of a product's launch; in English by default."""
    words = words or wording()
    told = [_tell(period, words) for period in status.history]
    notes = [
        *([] if told else [words.say("Nothing found: none of my articles tells where {name} stands.", name=status.name)]),
        *filter(None, [_as_of(status.as_of, words)]),
    ]
    return StatusReply(status.name, told[-1] if told else None, tuple(told[:-1]), " ".join(notes) or None, words)


def cite(quotes: Sequence[Quote], words: Wording) -> tuple[Cited, ...]:
    """Quotes with what is said of where they stand."""
    return tuple(_cite(quote, words) for quote in quotes)


def _as_of(day: date, words: Wording) -> str | None:
    """That an answer speaks of another day than today."""
    return None if day == datetime.now(UTC).date() else words.say("As of {day}.", day=words.date(day))


def _tell(period: Period, words: Wording) -> StageReply:
    text = words.say(STAGES[period.stage], day=words.date(period.since))
    return StageReply(period.stage, period.since, text, _cite(period.evidence, words))


def _cite(quote: Quote, words: Wording) -> Cited:
    article = quote.article
    when = words.published(article, quote.section)
    where = ", ".join(filter(None, (article.publisher, when)))
    url = article.url if is_address(article.url) else None
    return Cited(quote.text, article.title, where, when, url, article.publisher, _moment(quote), article.language)


def _moment(quote: Quote) -> datetime | None:
    """When it was written; None where nobody knows to the day."""
    if quote.section:
        return datetime.combine(quote.section, time(), UTC)
    return quote.article.published if quote.article.has_day else None
