"""Replies as Discord shows them: a container in the stage's colour, with what is said, and the buttons below.

Components V2 rather than embeds: an embed begins with its title, not with where the launch stands, gives what follows the first quote
headings larger than the quotes, and leaves the buttons outside. Limits: https://discord.com/developers/docs/components/reference; all
texts of a message have at most 4,000 characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from discord import ButtonStyle, Colour, ui
from discord.utils import format_dt

from bot.on_discord.escape import address, clip, escape, link, plain
from bot.on_discord.lasting_buttons import button
from bot.presentation.replies import STAGES, Cited, Reply, StageReply, StatusReply
from bot.wording import Wording, later
from index import Stage

TEXT_LIMIT = 4000
"""Characters of all texts of a message."""

SHARED = later("For all servers, which only the owners of this installation may do")
"""What is said of an option that many commands have."""

_COLOURS = {
    Stage.ANNOUNCED: Colour.from_rgb(240, 178, 50),
    Stage.LIMITED: Colour.from_rgb(65, 135, 235),
    Stage.RELEASED: Colour.from_rgb(35, 165, 90),
    Stage.DISCONTINUED: Colour.from_rgb(218, 55, 60),
}

SHOWN = 3  # quotes of an answer; the others are behind a button
_TITLE, _NAME, _ASKED, _NOTE, _QUOTE = 120, 80, 200, 400, 600  # characters of each that are shown
_LABEL = 40  # characters of a link button's label; Discord takes 80, a phone shows fewer
_LINKS = 3
_TEXTS = 26  # texts and the lines between them: with two rows of five buttons and what holds all, less than the 40 of a message


class Layout(ui.LayoutView):
    """A message. Its buttons are dynamic, so nothing of it has to be remembered."""

    def __init__(self, *items: ui.Item[Layout]) -> None:
        super().__init__(timeout=None)
        for item in items:
            self.add_item(item)


def render(reply: Reply, exchange: int, *, asked: str | None = None, more: bool = False, private: bool = False) -> Layout:
    """An answer.

    Args:
        exchange: the id under which its buttons find it again.
        asked: the question, where others cannot see it.
        more: whether there are more quotes than those that are shown.
        private: whether only the asker sees it, who can do away with it by themselves.
    """
    words, shown = reply.wording, reply.quotes[:SHOWN]
    status = reply.status.current if reply.status else None
    head = [_small(f"“{escape(asked, limit=_ASKED)}”")] if asked else []
    if reply.status and status:
        head.append(_status_line(reply.status.name, status, words))
    blocks = [*_cited(shown, words), *_noted(reply.note, small=bool(shown))]
    blocks = [[*head, *(blocks[0] if blocks else [])], *blocks[1:]]
    buttons = [button("good", exchange, emoji="👍"), button("bad", exchange, emoji="👎")] if shown else []
    if more:
        buttons.append(button("more", exchange, label=words.say("More quotes")))
    if not private:
        buttons.append(button("remove", exchange, emoji="🗑️"))
    rows: list[ui.ActionRow[Any] | None] = [ui.ActionRow(*buttons) if buttons else None, _links(shown)]
    return Layout(_container(blocks, filter(None, rows), _COLOURS[status.stage] if status else None))


def render_status(reply: StatusReply) -> Layout:
    """Where a launch stands, the sentence that proves it, and what came before, newest first."""
    words, current = reply.wording, reply.current
    stages = [current, *reversed(reply.history)] if current else []
    heads = [_stage(stage, words) for stage in stages]
    blocks = [[head, *block] for head, block in zip(heads, _cited([stage.cited for stage in stages], words), strict=True)]
    if current:
        blocks[0][0] = _status_line(reply.name, current, words)
    blocks += _noted(reply.note, small=current is not None)
    rows = filter(None, [_links([current.cited])] if current else [])
    return Layout(_container(blocks, rows, _COLOURS[current.stage] if current else None))


def render_quotes(cited: Sequence[Cited], words: Wording) -> Layout:
    """The quotes that an answer had no room for."""
    return Layout(_container(_cited(cited, words) or [[words.say("There are no more quotes.")]], filter(None, [_links(cited)]), None))


def say(text: str, *rows: ui.ActionRow[Any]) -> Layout:
    """A message that says something of Shipdate's own, in Markdown."""
    return Layout(_container([[text]], rows, None))


def lines(texts: Iterable[str]) -> str:
    """As many of these lines, in their order, as one message may hold."""
    held, length = [], 0
    for text in texts:
        length += len(text) + 1
        if length > TEXT_LIMIT:
            break
        held.append(text)
    return "\n".join(held)


def day(when: date) -> str:
    """A day, which Discord writes as the reader's own language does. At noon, so that it is the same day nearly everywhere."""
    return format_dt(datetime.combine(when, time(12), UTC), "D")


def _status_line(name: str, stage: StageReply, words: Wording) -> str:
    return f"**{escape(name, limit=_NAME)}**: {_stage(stage, words)}"


def _stage(stage: StageReply, words: Wording) -> str:
    return words.say(STAGES[stage.stage], day=day(stage.since))


def _cited(cited: Iterable[Cited], words: Wording) -> list[list[str]]:
    """Quotes as blocks, and below each where it stands."""
    blocks: list[list[str]] = []
    before: Cited | None = None
    for quote in cited:
        again = before is not None and (quote.title, quote.url, quote.where) == (before.title, before.url, before.where)
        source = words.say("The same article") if again else _source(quote, words)
        blocks.append([f"> {escape(quote.text, limit=_QUOTE)}", _small(source)])
        before = quote
    return blocks


def _source(cited: Cited, words: Wording) -> str:
    """Title with link, publisher, day, and the language where it is another one than that of the words."""
    when = day(cited.published.date()) if cited.published else escape(cited.when, limit=_NAME)
    language = words.language_name(cited.language) if cited.language != words.language else ""
    parts = [link(cited.title, cited.url, limit=_TITLE), escape(cited.publisher or "", limit=_NAME), when, escape(language)]
    return " · ".join(filter(None, parts))


def _noted(note: str | None, *, small: bool) -> list[list[str]]:
    """A sentence of Shipdate's own, if there is one."""
    text = escape(note or "", limit=_NOTE)
    return [[_small(text) if small else text]] if text else []


def _small(text: str) -> str:
    return f"-# {text}"


def _container(blocks: Iterable[Sequence[str]], rows: Iterable[ui.ActionRow[Any]], colour: Colour | None) -> ui.Container[Any]:
    """As many of the blocks, in their order and with lines between them, as one message may hold."""
    box: ui.Container[Any] = ui.Container(accent_colour=colour)
    texts, length = 0, 0
    for block in blocks:
        texts, length = texts + 1 + len(block), length + sum(map(len, block))
        if length > TEXT_LIMIT or texts > _TEXTS:
            break
        if box.children:
            box.add_item(ui.Separator())
        for text in block:
            box.add_item(ui.TextDisplay(text))
    for row in rows:
        box.add_item(row)
    return box


def _links(cited: Sequence[Cited]) -> ui.ActionRow[Any] | None:
    """A button to each source, by its publisher; by its title, where several are of one publisher."""
    targets: dict[str, Cited] = {}
    for quote in cited:
        if url := address(quote.url):
            targets.setdefault(url, quote)
    publishers = Counter(quote.publisher for quote in targets.values())
    buttons: list[ui.Button[Any]] = []
    for url, quote in list(targets.items())[:_LINKS]:
        name = quote.publisher if quote.publisher and publishers[quote.publisher] == 1 else quote.title
        buttons.append(ui.Button(style=ButtonStyle.link, label=clip(plain(name) or url, _LABEL), url=url))
    return ui.ActionRow(*buttons) if buttons else None
