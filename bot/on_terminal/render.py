"""Replies as a terminal shows them, for the console of :mod:`bot.on_terminal.output`, which reads no markup in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.presentation.replies import Cited, Reply, StageReply, StatusReply
from index import Audited, Check, Feed, Health, Listed, Precision, Product, Stage

if TYPE_CHECKING:
    from bot.service.conversations import Judged
    from bot.service.erasure import Forgotten

_COLOURS = {Stage.ANNOUNCED: "yellow", Stage.LIMITED: "cyan", Stage.RELEASED: "green", Stage.DISCONTINUED: "red"}

_DIGITS = {Precision.MONTH: 7, Precision.YEAR: 4}  # of a date in ISO 8601, where not all of it is known
_ID = 12  # digits of an article's id, which `shipdate index remove` takes for the whole
_HEALTH = {Health.OK: "green", Health.WARNING: "yellow", Health.ERROR: "bold red"}


def render(reply: Reply) -> RenderableType:
    """The best quote in a panel with its source; the next-best ones below, shorter."""
    if not reply.quotes:
        return Text(reply.note or "")
    best, *others = reply.quotes
    title = Text(best.title, style="bold")
    parts: list[RenderableType] = []
    if reply.status and reply.status.current:
        parts.append(_status_line(reply.status.name, reply.status.current))
    parts.append(Panel(_cited(best), title=title, title_align="left"))
    if others:
        parts.append(Text(reply.wording.say("Also:"), style="dim"))
        parts += [Padding(_cited(other), (0, 0, 1, 2)) for other in others]
    if reply.note:
        parts.append(Text(reply.note, style="dim"))
    return Group(*parts)


def render_status(reply: StatusReply) -> RenderableType:
    """Name, stage and proof in a panel; then what came before, as a dated list."""
    parts: list[RenderableType] = []
    if reply.current:
        parts.append(Panel(_cited(reply.current.cited), title=_status_line(reply.name, reply.current), title_align="left"))
    if reply.history:
        parts.append(Text(reply.wording.say("Before:"), style="dim"))
        parts += [Padding(Group(Text(one.text, _COLOURS[one.stage]), _cited(one.cited)), (0, 0, 1, 2)) for one in reversed(reply.history)]
    if reply.note:
        parts.append(Text(reply.note, style="dim"))
    return Group(*parts)


def _status_line(name: str, current: StageReply) -> Text:
    return Text.assemble((name, "bold"), ": ", (current.text, _COLOURS[current.stage]))


def _cited(cited: Cited) -> RenderableType:
    """The quote, and below it where it stands."""
    source = Text(f"— {cited.where}")
    if cited.url:
        source.append(" · ").append(cited.url, Style(link=cited.url))
    source.stylize("dim")
    return Group(Text(f"“{cited.text}”"), source)


def product_table(products: Sequence[Product]) -> RenderableType:
    """All products of a catalogue, one a line."""
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "name", "maker", "also"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "id")
    for product in products:
        table.add_row(product.id, Text(product.name), Text(product.maker), Text(", ".join(product.aliases)))
    return table


def article_table(listed: Sequence[Listed]) -> RenderableType:
    """All articles, one a line."""
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "published", "lang", "title", "url"):
        table.add_column(
            heading, overflow="fold" if heading in ("title", "url") else "ellipsis", no_wrap=heading in ("id", "published", "lang")
        )
    for one in listed:
        article = one.article
        published = article.published.date().isoformat()[: _DIGITS.get(article.precision)] if article.published else "undated"
        table.add_row(article.id[:_ID], published, article.language, Text(article.title), Text(article.url))
    return table


def health_table(checks: Sequence[Check]) -> RenderableType:
    """What was looked at, one a line, with what to do below where something has to be done."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for at in range(3):
        table.add_column(overflow="fold", no_wrap=at < 2)
    for check in checks:
        said = Text(check.message)
        if check.advice:
            said.append(f"\n→ {check.advice}", "italic")
        table.add_row(Text(check.state, _HEALTH[check.state]), check.name, said)
    return table


def audit_table(lines: Sequence[Audited]) -> RenderableType:
    """The audit, one line an act."""
    table = Table(box=None, pad_edge=False)
    for heading in ("when (UTC)", "who", "what", "to", "outcome"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "when (UTC)")
    for line in lines:
        who = ":".join(filter(None, (line.platform, line.workspace, line.user)))
        what = f"{line.act} ({line.scope or 'shared'})"
        cells = (f"{line.at:%Y-%m-%d %H:%M:%S}", who, what, line.subject or "", line.outcome)
        table.add_row(*(Text(cell) for cell in cells))
    return table


def votes_table(judged: Sequence[Judged]) -> RenderableType:
    """Answers that people voted about, one a line."""
    table = Table(box=None, pad_edge=False)
    for heading in ("when (UTC)", "where", "about", "good", "bad", "quote"):
        table.add_column(
            heading, overflow="fold", no_wrap=heading == "when (UTC)", justify="right" if heading in ("good", "bad") else "left"
        )
    for one in judged:
        exchange = one.exchange
        where = ":".join(filter(None, (exchange.platform, exchange.workspace)))
        quote = one.quote.text if one.quote else "–"
        cells = (_minute(exchange.at), where, ", ".join(exchange.products), str(one.votes.good), str(one.votes.bad), quote)
        table.add_row(*(Text(cell) for cell in cells))
    return table


def forgotten_table(forgotten: Forgotten) -> RenderableType:
    """What was deleted, and what is left."""
    table = Table(box=None, pad_edge=False)
    for heading in ("what", "deleted", "remaining"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for what in dict.fromkeys((*forgotten.deleted, *forgotten.remaining)):
        table.add_row(what, str(forgotten.deleted.get(what, 0)), str(forgotten.remaining.get(what, 0)))
    return table


def feed_table(feeds: Sequence[Feed]) -> RenderableType:
    """All feeds, one a line; moments in UTC."""
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "title", "url", "last checked", "last new", "failing since", "why"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "id" or "last" in heading or "since" in heading)
    for feed in feeds:
        texts = (Text(said or "") for said in (feed.title, feed.url))
        moments = (_minute(moment) for moment in (feed.checked, feed.new, feed.failing))
        table.add_row(str(feed.id), *texts, *moments, Text(feed.problem or ""))
    return table


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "–"
