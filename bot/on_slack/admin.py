"""What admins do: ``/articles``, ``/feeds``, ``/reindex``, ``/audit``, ``/shipdate``. All that is said of it, only they see."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.on_slack import settings_form
from bot.on_slack.blocks import TEXT, Block, Message, context, section
from bot.on_slack.escape import asked, fallback, link, mrkdwn
from bot.on_slack.reindex import reindex
from bot.on_slack.send import Talk
from bot.on_slack.surface import Surface
from bot.presentation import admin_reports
from bot.wording import Wording, later
from index import Audited, Feed, Listed, ShipdateError

_SHOWN = 20  # lines of a list
_GROUP = 4  # lines of a section, which may hold 3,000 characters
_LINE = 600  # characters
_USER = re.compile("[A-Z0-9]+")

_USAGE = {
    "/articles": later("Write: /articles add ADDRESS, /articles list or /articles remove ID; “shared” at the end: for all workspaces."),
    "/feeds": later("Write: /feeds add ADDRESS, /feeds list or /feeds remove ID; “shared” at the end: for all workspaces."),
    "/shipdate": later(
        "Write: /shipdate settings. All may use /ask, /sora-status, /launch-status; admins /articles, /feeds, /reindex, /audit."
    ),
}


class UsageError(ShipdateError):
    """A command was not written as it should be; the text says how."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was written after a command.

    Attributes:
        shared: whether it is about what all workspaces share.
    """

    verb: str
    names: tuple[str, ...]
    shared: bool

    @classmethod
    def of(cls, text: str) -> Line:
        """From the words; "shared" may stand at the end."""
        words = [asked(word, None) or word for word in text.split()]
        shared = bool(words) and words[-1].lower() == "shared"
        words = words[:-1] if shared else words
        return cls(words[0].lower() if words else "", tuple(words[1:]), shared)


_Act: TypeAlias = Callable[[Surface, Talk, Line], Awaitable[None]]


def register(app: AsyncApp, surface: Surface) -> None:
    """Listen to the commands of admins."""

    def listen(command: str, act: _Act) -> None:
        async def typed(ack: AsyncAck, command: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
            await ack()
            talk = surface.talk(context, body)
            await surface.once(talk, talk.trigger, partial(act, surface, talk, Line.of(command.get("text") or "")))

        app.command(command)(typed)

    listen("/articles", _articles)
    listen("/feeds", _feeds)
    listen("/reindex", _reindex)
    listen("/audit", _audit)
    listen("/shipdate", _shipdate)


async def _articles(surface: Surface, talk: Talk, line: Line) -> None:
    caller = await surface.caller(talk)
    words = await surface.words(caller)
    match line.verb:
        case "add" if line.names:
            added = admin_reports.added(await surface.service.add(caller, line.names, shared=line.shared), words)
            await _say(talk, added.summary, *added.problems)
        case "list" if not line.names:
            articles = await surface.service.articles(caller)
            told = words.say("{count} articles, the newest first:", count=len(articles))
            await _list(talk, words, told if articles else words.say("There are no articles."), [_article(one, words) for one in articles])
        case "remove" if line.names:
            removed = await surface.service.remove(caller, line.names, shared=line.shared)
            gone = [words.say("Removed: {title}", title=title) for title in removed.values()]
            missing = [words.say("There is no article “{name}” here.", name=name) for name in line.names if name not in removed]
            await _say(talk, *gone, *missing)
        case _:
            raise UsageError(_USAGE["/articles"])


async def _feeds(surface: Surface, talk: Talk, line: Line) -> None:
    caller = await surface.caller(talk)
    words = await surface.words(caller)
    service, shared = surface.service, line.shared

    async def follow(name: str) -> str:
        feed = await service.add_feed(caller, name, shared=shared)
        return words.say("Following {feed}.", feed=feed.title or feed.url)

    async def drop(name: str) -> str:
        feed = await service.remove_feed(caller, name, shared=shared)
        return words.say("No longer following {feed}; its articles stay.", feed=feed.title or feed.url)

    match line.verb:
        case "add" if line.names:
            await _say(talk, *await _each(line.names, follow, words))
        case "list" if not line.names:
            feeds = await service.feeds(caller, shared=shared)
            title = words.say("{count} feeds:", count=len(feeds)) if feeds else words.say("No feeds are followed.")
            await _list(talk, words, title, [_feed(feed, words) for feed in feeds])
        case "remove" if line.names:
            await _say(talk, *await _each(line.names, drop, words))
        case _:
            raise UsageError(_USAGE["/feeds"])


async def _each(names: Sequence[str], act: Callable[[str], Awaitable[str]], words: Wording) -> list[str]:
    """What became of each; one that cannot be does not stop the others."""
    told: list[str] = []
    for name in names:
        try:
            told.append(await act(name))
        except ShipdateError as error:
            told.append(words.error(error))
    return list(dict.fromkeys(told))


async def _reindex(surface: Surface, talk: Talk, line: Line) -> None:
    await reindex(surface, talk, shared=line.shared)


async def _audit(surface: Surface, talk: Talk, line: Line) -> None:
    caller = await surface.caller(talk)
    words = await surface.words(caller)
    lines = await surface.service.audit(caller, last=_SHOWN, shared=line.shared)
    title = words.say("The last changes, the newest first:") if lines else words.say("Nothing has been changed yet.")
    await _list(talk, words, title, [_audited(one) for one in reversed(lines)])


async def _shipdate(surface: Surface, talk: Talk, line: Line) -> None:
    if line.verb != "settings":
        raise UsageError(_USAGE["/shipdate"])
    await settings_form.show(surface, talk)


async def _say(talk: Talk, *sentences: str) -> None:
    """Some sentences, each a paragraph."""
    blocks: list[Block] = [section(mrkdwn(sentence, TEXT)) for sentence in sentences[:_SHOWN]]
    await talk.privately(lambda _: Message(fallback("\n".join(sentences), TEXT), tuple(blocks)))


async def _list(talk: Talk, words: Wording, title: str, lines: Sequence[str]) -> None:
    """Lines of *mrkdwn*, as many as are read; how many there are beside them."""
    shown, left = lines[:_SHOWN], len(lines) - _SHOWN
    blocks = [section(mrkdwn(title, TEXT))]
    blocks += [section("\n".join(shown[at : at + _GROUP])) for at in range(0, len(shown), _GROUP)]
    if left > 0:
        blocks.append(context(mrkdwn(words.say("and {count} more", count=left), TEXT)))
    await talk.privately(lambda _: Message(fallback(title, TEXT), tuple(blocks)))


def _article(one: Listed, words: Wording) -> str:
    article = one.article
    when = words.date(article.published.date()) if article.published else words.say("undated")
    return f"• {link(article.url, article.title, _LINE)} · {mrkdwn(when, 60)} · `{article.id}`"


def _feed(feed: Feed, words: Wording) -> str:
    return f"• {link(feed.url, feed.title or feed.url, _LINE)} · {mrkdwn(admin_reports.feed_state(feed, words), 100)} · `{feed.id}`"


def _audited(one: Audited) -> str:
    if one.platform == "slack" and one.user and _USER.fullmatch(one.user):
        who = f"<@{one.user}>"
    else:
        who = mrkdwn(":".join(filter(None, (one.platform, one.user))), 60)
    what = " · ".join(filter(None, (one.act, one.subject, one.outcome)))
    return f"• {one.at:%Y-%m-%d %H:%M} UTC · {who} · {mrkdwn(what, _LINE)}"
