"""From an answer to what is shown: the same reply on every surface, before a renderer gives it that surface's form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.wording import Wording, wording
from index import Answer, Quote, Reason

_NOTHING = {
    Reason.NOTHING_RELEVANT: "Nothing found: none of my articles answers this.",
    Reason.EMPTY_INDEX: "I have no articles yet. Add some with: shipdate index add PATH",
    Reason.EMPTY_QUESTION: "Ask me something, for example: When will Sora ship?",
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
    """

    quotes: tuple[Cited, ...]
    note: str | None
    wording: Wording


def reply(answer: Answer) -> Reply:
    """The reply to a question, in the question's language."""
    words = wording(answer.language)
    note = words.say(_NOTHING[answer.reason]) if answer.reason else None
    if answer.quotes and answer.as_of != datetime.now(UTC).date():
        note = words.say("As of {day}.", day=words.date(answer.as_of))
    return Reply(tuple(_cite(quote, words) for quote in answer.quotes), note, words)


def _cite(quote: Quote, words: Wording) -> Cited:
    article = quote.article
    when = words.date(article.published.date()) if article.published else words.say("undated")
    where = ", ".join(filter(None, (article.publisher, when)))
    return Cited(quote.text, article.title, where, None if article.url.startswith("file:") else article.url)
