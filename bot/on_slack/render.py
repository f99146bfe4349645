"""Replies as Slack shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise

from bot.on_slack.blocks import (
    BLOCKS,
    LABEL,
    MESSAGE,
    TEXT,
    Block,
    Dialect,
    Element,
    Message,
    Render,
    button,
    buttons,
    context,
    quoted,
    section,
)
from bot.on_slack.blocks import words as sign
from bot.on_slack.escape import fallback, link, mrkdwn, plain
from bot.presentation.replies import Cited, Reply, StageReply, StatusReply
from bot.wording import Wording
from index import Stage

COLOURS = {
    Stage.ANNOUNCED: "🟡",
    Stage.LIMITED: "🔵",
    Stage.RELEASED: "🟢",
    Stage.DISCONTINUED: "🔴",
    Stage.UNKNOWN: "⚪",
}

FURTHER = 2
"""Quotes below the first one; *More quotes* shows the others."""

LINES = 20
"""Lines of a list."""

LINE = 600
"""Characters of a line."""

_GROUP = 4  # lines of a section, which may hold 3,000 characters
_NAME = 150  # characters of a product's name or an article's title
_STAGES = 12  # earlier stages of one message


def answer(reply: Reply, dialect: Dialect, *, private: bool = False, exchange: int | None = None) -> Message:
    """The status line, the best quote with its source, two more, and what can be done with them.

    Args:
        private: only the asker sees it, and may share it.
        exchange: by whose id the buttons work; there are none without one.
    """
    words = reply.wording
    if not reply.quotes:
        return said(reply.note or "", delete=words.say("Delete") if exchange and not private else None, value=str(exchange))
    best, *others = reply.quotes
    blocks: list[Block] = []
    if reply.status and reply.status.current:
        blocks.append(section(headline(reply.status.name, reply.status.current)))
    blocks += cited(best, words, dialect)
    if others:
        blocks.append(context(mrkdwn(words.say("Also:"), TEXT)))
        for before, other in pairwise(reply.quotes[: 1 + FURTHER]):
            again = (other.title, other.where, other.url) == (before.title, before.where, before.url)
            blocks += [quoted(other.text, dialect), context(words.say("The same article"))] if again else cited(other, words, dialect)
    if reply.note:
        blocks.append(context(mrkdwn(reply.note, TEXT)))
    if exchange is not None:
        blocks += _judging(exchange, words, dialect, more=len(others) > FURTHER, private=private)
    status = f"{reply.status.name}: {reply.status.current.text}" if reply.status and reply.status.current else None
    return Message(_spoken(status, best, reply.note), tuple(blocks))


def more(quotes: Sequence[Cited], words: Wording, dialect: Dialect) -> Message:
    """The quotes that an answer has left out; or that there are none any more."""
    if not quotes:
        return said(words.say("There are no more quotes."))
    blocks = [block for quote in quotes for block in cited(quote, words, dialect)]
    return Message(_spoken(None, quotes[0], None), tuple(blocks[:BLOCKS]))


def status(reply: StatusReply, dialect: Dialect, *, share: str | None = None, suggested: Sequence[tuple[str, str]] = ()) -> Message:
    """Where a launch stands, with the proof; then what came before, the newest first.

    Args:
        share: the value of the button that shows it to the others, if there is to be one.
        suggested: what may have been meant: value and name of a button for each.
    """
    words = reply.wording
    blocks: list[Block] = []
    if reply.current:
        blocks += [section(headline(reply.name, reply.current)), *cited(reply.current.cited, words, dialect)]
    if reply.history:
        blocks.append(context(mrkdwn(words.say("Before:"), TEXT)))
        for stage in list(reversed(reply.history))[:_STAGES]:
            blocks += [section(f"{COLOURS[stage.stage]} {mrkdwn(stage.text, TEXT // 2)}"), *cited(stage.cited, words, dialect)]
    if reply.note:
        blocks.append(context(mrkdwn(reply.note, TEXT)) if reply.current else section(mrkdwn(reply.note, TEXT)))
    if suggested:
        blocks.append(section(mrkdwn(words.say("Did you mean one of these?"), TEXT)))
        blocks.append(buttons([button(name, f"status:{at}", value) for at, (value, name) in enumerate(suggested)]))
    if share and reply.current:
        blocks.append(buttons([button(words.say("Share in channel"), "share", share)]))
    spoken = f"{reply.name}: {reply.current.text}" if reply.current else None
    return Message(_spoken(spoken, reply.current.cited if reply.current else None, reply.note), tuple(blocks))


def said(sentence: str, *, delete: str | None = None, value: str = "") -> Message:
    """A sentence of Shipdate's own."""
    blocks: list[Block] = [section(mrkdwn(sentence, TEXT))]
    if delete:
        blocks.append(buttons([button(delete, "delete", value)]))
    return Message(fallback(sentence, MESSAGE), tuple(blocks))


def paragraphs(sentences: Sequence[str]) -> Render:
    """Some sentences of Shipdate's own, each a paragraph."""
    blocks = tuple(section(mrkdwn(sentence, TEXT)) for sentence in sentences[:LINES])
    return lambda _: Message(fallback("\n".join(sentences), TEXT), blocks)


def listing(title: str, lines: Sequence[str], words: Wording) -> Render:
    """Lines of *mrkdwn*, as many as are read; how many there are beside them."""
    shown, left = lines[:LINES], len(lines) - LINES
    blocks = [section(mrkdwn(title, TEXT))]
    blocks += [section("\n".join(shown[at : at + _GROUP])) for at in range(0, len(shown), _GROUP)]
    if left > 0:
        blocks.append(context(mrkdwn(words.say("and {count} more", count=left), TEXT)))
    return lambda _: Message(fallback(title, TEXT), tuple(blocks))


def cited(quote: Cited, words: Wording, dialect: Dialect) -> list[Block]:
    """A quote, and below it where it stands."""
    return [quoted(quote.text, dialect), context(source(quote, words, dialect))]


def source(quote: Cited, words: Wording, dialect: Dialect) -> str:
    """Title as a link, publisher, date, and the language if it is another; the date as each reader writes it, where that can be."""
    parts = [link(quote.url, plain(quote.title, _NAME) or quote.where, TEXT // 2)]
    if quote.published and dialect.rich:
        parts += [mrkdwn(quote.publisher, _NAME)] if quote.publisher else []
        parts.append(f"<!date^{_moment(quote.published)}^{{date_long}}|{mrkdwn(quote.when.replace('|', ' '), _NAME)}>")
    else:
        parts.append(mrkdwn(quote.where, TEXT // 4))
    if quote.language != words.language:
        parts.append(mrkdwn(words.language_name(quote.language), _NAME))
    return " · ".join(parts)


def _moment(published: datetime) -> int:
    """Seconds since 1970. A day without a time is meant as that day everywhere: at noon it is that day nearly everywhere."""
    return int((published + timedelta(hours=12) if published.timetz().replace(tzinfo=None) == time() else published).timestamp())


def headline(name: str, current: StageReply) -> str:
    """The status line, as *mrkdwn*."""
    return f"{COLOURS[current.stage]} *{mrkdwn(plain(name, _NAME), TEXT // 4)}*: {mrkdwn(current.text, TEXT // 2)}"


def _judging(exchange: int, words: Wording, dialect: Dialect, *, more: bool, private: bool) -> list[Block]:
    """Good or bad, more, share, delete: by the id of the exchange, so that they work after a restart."""
    id_, good, bad = str(exchange), words.say("Good answer"), words.say("Bad answer")
    row: list[Element] = []
    judging: list[Block] = []
    if dialect.feedback:
        feedback = {
            "type": "feedback_buttons",
            "action_id": "feedback",
            "positive_button": {"text": sign("👍", LABEL), "accessibility_label": plain(good, LABEL), "value": f"{id_}:good"},
            "negative_button": {"text": sign("👎", LABEL), "accessibility_label": plain(bad, LABEL), "value": f"{id_}:bad"},
        }
        judging.append({"type": "context_actions", "elements": [feedback]})
    else:
        row += [button("👍", "feedback:good", f"{id_}:good", label=good), button("👎", "feedback:bad", f"{id_}:bad", label=bad)]
    if more:
        row.append(button(words.say("More quotes"), "more", id_))
    if private:
        row.append(button(words.say("Share in channel"), "share", f"exchange:{id_}"))
    else:
        row.append(button(words.say("Delete"), "delete", id_))
    return [*judging, buttons(row)]


def _spoken(status: str | None, best: Cited | None, note: str | None) -> str:
    """What a screen reader says."""
    parts = [status, f"“{best.text}” — {best.where}" if best else None, note]
    return fallback("\n".join(filter(None, parts)), MESSAGE)
