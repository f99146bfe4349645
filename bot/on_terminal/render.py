"""Replies as a terminal shows them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.replies import Cited, Reply
from index import Listed


def console() -> Console:
    """Where results go."""
    return Console(highlight=False)


def render(reply: Reply) -> RenderableType:
    """The best quote in a panel with its source; the next-best ones below, shorter."""
    if not reply.quotes:
        return Text(reply.note or "")
    best, *others = reply.quotes
    title = f"[bold]{escape(best.title)}[/bold]"
    parts: list[RenderableType] = [
        Panel(Text(f"“{best.text}”"), title=title, title_align="left", subtitle=_source(best), subtitle_align="left")
    ]
    if others:
        parts.append(Text(reply.wording.say("Also:"), style="dim"))
        parts += [
            Padding(Group(Text(f"“{other.text}”"), Text.from_markup(f"[dim]— {_source(other)}[/dim]")), (0, 0, 1, 2)) for other in others
        ]
    if reply.note:
        parts.append(Text(reply.note, style="dim"))
    return Group(*parts)


def _source(cited: Cited) -> str:
    where = escape(cited.where)
    return f"{where} · [link={cited.url}]{escape(cited.url)}[/link]" if cited.url else where


def article_table(listed: Sequence[Listed]) -> RenderableType:
    """All articles, one a line."""
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "published", "lang", "title", "url"):
        table.add_column(
            heading, overflow="fold" if heading in ("title", "url") else "ellipsis", no_wrap=heading in ("id", "published", "lang")
        )
    for one in listed:
        article = one.article
        published = article.published.date().isoformat() if article.published else "undated"
        table.add_row(article.id, published, article.language, escape(article.title), escape(article.url))
    return table
