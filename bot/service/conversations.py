"""What a chat needs beside the answer: each event is handled once, threads go on, answers are found again and judged.

What was asked is in the chat, and is not kept here: only where it stands, what it was about, and which quotes answered.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from cachetools import FIFOCache, TTLCache

from bot.platforms import Workspace
from bot.service.clock import Timekeeper
from bot.service.permissions import Act, Caller
from bot.service.rate_limits import TooManyQuestionsError
from bot.wording import later
from index import EVERYBODY, Answer, Exchange, Mark, Quote, ShipdateError, Topic

if TYPE_CHECKING:
    from bot.service.policy import Policy
    from index import Index

EDITABLE = timedelta(minutes=5)
"""How long a question that is edited gets its answer edited."""

KEPT = timedelta(days=90)
"""How long the buttons below an answer work."""

_REPEATED = timedelta(hours=1)  # how long a platform may repeat an event
_EVENTS = 10_000  # that are remembered for as long
_SLIP = timedelta(minutes=5)  # by which a clock may be put right without anything that was handled being forgotten too early
_GOES_ON = timedelta(hours=12)  # for so long a conversation may go on about what was asked before
_THREADS = 2000  # of which what they are about is remembered
_ASIDE = 300  # characters: a longer message among people is no question to all

QUESTION_MARKS = frozenset("?？؟")
"""By which a question is known that is put to nobody in particular."""

Recall = Callable[[Exchange], Awaitable[str | None]]
"""Has the platform say again what was asked; None when it cannot."""


class Answering(Protocol):
    """What answers questions: the :class:`bot.service.service.Service`."""

    def ask(
        self,
        caller: Caller,
        question: str,
        *,
        as_of: date | None = None,
        topic: Topic | Callable[[Collection[str]], Awaitable[Topic | None]] | None = None,
        unprompted: bool = False,
    ) -> Awaitable[Answer]: ...


class GoneError(ShipdateError):
    """An answer is not kept any more, or belongs to another workspace."""

    def __init__(self) -> None:
        super().__init__(later("This answer is too old for that; ask the question again."))


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is asked, by the platform's ids.

    Attributes:
        asked: the message, or the command, that asks.
        thread: in which conversation of the channel.
        opened_at: the channel and the message where people opened this conversation; it goes on about what that message answers.
    """

    channel: str
    asked: str
    thread: str
    opened_at: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Votes:
    """How many find an answer good, and how many bad."""

    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer that people voted about.

    Attributes:
        quote: the one that was shown first; None where nothing was found, or the article has changed since.
    """

    exchange: Exchange
    votes: Votes
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a conversation is about: the topic of the last exchange that found anything, which was at that moment."""

    exchange: int
    at: datetime
    topic: Topic


class Conversations:
    """What chats need beside the answer: events, threads, answers found again, votes. Safe to use from many tasks of one event loop."""

    def __init__(self, answering: Answering, index: Index, policy: Policy, now: Callable[[], datetime], clock: Callable[[], int]) -> None:
        self._answering = answering
        self._index = index
        self._policy = policy
        self._exchanges = index.exchanges
        self._now = now
        self._timekeeper = Timekeeper(now, clock, jump=_SLIP, probation=_REPEATED)
        self._holder = secrets.token_hex(8)  # another one for each process: what a dead one had begun is taken up again
        # Those that this process has taken, so that it takes none twice while the database cannot be written.
        self._events: TTLCache[tuple[str, str], bool] = TTLCache(_EVENTS, _REPEATED.total_seconds(), lambda: now().timestamp())
        self._subjects: FIFOCache[tuple[str, str, str], _Subject] = FIFOCache(_THREADS)

    @asynccontextmanager
    async def once(self, platform: str, key: str) -> AsyncIterator[bool]:
        """Whether an event is to be handled, which is done in here; False when it was, or is being handled.

        It counts as handled when this is left without an error; one that a killed process had begun is handled again.
        """
        now, event = self._now(), (platform, key)
        since = now - _REPEATED if self._timekeeper.is_steady() else None
        known = event in self._events
        self._events[event] = True
        if known or not await self._exchanges.take(platform, key, holder=self._holder, at=now, since=since):
            yield False
            return
        try:
            yield True
        except BaseException:
            self._events.pop(event, None)
            await self._exchanges.release(platform, key)
            raise
        await self._exchanges.finish(platform, key)

    async def ask(
        self, caller: Caller, place: Place, question: str, *, as_of: date | None = None, recall: Recall | None = None
    ) -> tuple[Exchange, Answer]:
        """Ask in a conversation, about which the question may go on; asking again at the same place replaces what was there.

        Raises:
            TooManyQuestionsError: see :meth:`bot.service.service.Service.ask`.
        """
        before = await self._exchanges.of_question(caller.platform, place.channel, place.asked)
        topic = partial(self._topic, caller, place, recall)
        answer = await self._answering.ask(caller, question, as_of=as_of, topic=topic)
        return await self._keep(caller, place, answer, before), answer

    async def overhear(self, caller: Caller, place: Place, text: str) -> tuple[Exchange, Answer] | None:
        """Answer what was asked of nobody, in the channels that the workspace has chosen, and only when it is sure; else None."""
        asks = not QUESTION_MARKS.isdisjoint(text) and len(text) <= _ASIDE
        if not asks or place.channel not in (await self._policy.settings(caller.scope)).unprompted_channels:
            return None
        try:
            answer = await self._answering.ask(caller, text, unprompted=True)
        except TooManyQuestionsError:  # nobody waits for it
            return None
        if not (answer.confident and answer.products):
            return None
        return await self._keep(caller, place, answer, None), answer

    async def _topic(self, caller: Caller, place: Place, recall: Recall | None, scopes: Collection[str]) -> Topic | None:
        """What the conversation is about: as remembered, else as the platform tells again what was asked last."""
        key = (caller.platform, place.channel, place.thread)
        if subject := self._subjects.get(key):
            return subject.topic if self._is_recent(subject.at, _GOES_ON) else None
        last = await self._last(*key, place.opened_at)
        if last is None or last.asked == place.asked or not self._is_recent(last.at, _GOES_ON):
            return None
        if (opening := self._subjects.get((last.platform, last.channel, last.thread))) and opening.exchange == last.id:
            return opening.topic
        asked = await recall(last) if recall else None
        said = await self._index.ask(asked, as_of=last.as_of, scopes=scopes, languages=caller.languages) if asked else None
        return (said.topic if said else None) or Topic("", last.products)

    async def _keep(self, caller: Caller, place: Place, answer: Answer, before: Exchange | None) -> Exchange:
        now = self._now()
        exchange = Exchange(
            at=before.at if before else now,
            platform=caller.platform,
            workspace=caller.workspace,
            user=caller.user,
            channel=place.channel,
            asked=place.asked,
            thread=place.thread,
            as_of=answer.as_of,
            language=answer.language,
            products=answer.products,
            quotes=tuple(map(Mark.of, answer.quotes)),
            reply=before.reply if before else None,
            id=before.id if before else 0,
        )
        if before:
            await self._exchanges.change(exchange)
        else:
            exchange = replace(exchange, id=await self._exchanges.add(exchange))
        if answer.answered and answer.topic:
            self._subjects[caller.platform, place.channel, place.thread] = _Subject(exchange.id, now, answer.topic)
        return exchange

    async def replied(self, exchange: Exchange, reply: str) -> Exchange:
        """The answer stands in that message now."""
        exchange = replace(exchange, reply=reply)
        await self._exchanges.change(exchange)
        return exchange

    # Finding again

    async def of_reply(self, platform: str, channel: str, reply: str) -> Exchange | None:
        """What a message of Shipdate's answers."""
        return await self._exchanges.of_reply(platform, channel, reply)

    async def goes_on(self, platform: str, channel: str, thread: str, opened_at: tuple[str, str] | None = None) -> bool:
        """Whether something was answered in a conversation of late, or where it was opened."""
        last = await self._last(platform, channel, thread, opened_at)
        return last is not None and self._is_recent(last.at, KEPT)

    async def _last(self, platform: str, channel: str, thread: str, opened_at: tuple[str, str] | None) -> Exchange | None:
        """What a conversation goes on from: its newest exchange; before there is any, that where it was opened."""
        last = await self._exchanges.last(platform, channel, thread)
        return last or (await self._exchanges.of_reply(platform, *opened_at) if opened_at else None)

    async def editable(self, platform: str, channel: str, asked: str) -> Exchange | None:
        """What a message asked, as long as its answer follows its edits."""
        exchange = await self._exchanges.of_question(platform, channel, asked)
        return exchange if exchange and self._is_recent(exchange.at, EDITABLE) else None

    async def withdrawn(self, platform: str, channel: str, asked: str) -> Exchange | None:
        """A question was deleted: its answer is forgotten, and returned, to be deleted too."""
        exchange = await self._exchanges.of_question(platform, channel, asked)
        if exchange:
            await self._exchanges.remove(exchange.id)
            self._subjects.pop((platform, channel, exchange.thread), None)
        return exchange

    # What stands below an answer

    async def quotes(self, caller: Caller, id_: int) -> tuple[Exchange, Sequence[Quote]]:
        """All quotes of an answer, best first, as far as their articles still say so.

        Raises:
            GoneError: the answer is not kept any more.
        """
        scopes = await self._policy.scopes(caller)
        exchange = await self._known(caller, id_)
        return exchange, await self._index.quoted(exchange.quotes, scopes=scopes)

    async def vote(self, caller: Caller, id_: int, *, good: bool | None) -> Votes:
        """Find an answer good or bad, in the place of what one said before; None: neither.

        Raises:
            GoneError: the answer is not kept any more.
        """
        self._policy.count(caller)
        exchange = await self._known(caller, id_)
        return Votes(*await self._exchanges.vote(exchange.id, caller.user or "", good))

    async def remove(self, caller: Caller, id_: int) -> Exchange:
        """Forget an answer, which is to be deleted: whoever asked may do that, and the workspace's admins.

        Raises:
            GoneError: the answer is not kept any more.
        """
        self._policy.count(caller)
        exchange = await self._known(caller, id_)
        own = caller.user is not None and exchange.user == caller.user
        async with nullcontext() if own else self._policy.acting(caller, Act.REMOVE_ANSWER, [f"answer {exchange.id}"]):
            await self._exchanges.remove(exchange.id)
        return exchange

    async def judged(self, caller: Caller) -> Sequence[Judged]:
        """The answers that people voted about, newest first: of the caller's workspace, or, for the operator, of all."""
        await self._policy.seeing(caller, Act.SEE_VOTES)
        found = []
        for exchange, good, bad in await self._exchanges.judged():
            scope = Workspace(exchange.platform, exchange.workspace).scope if exchange.workspace else EVERYBODY
            if caller.is_operator or scope == caller.scope:
                quotes = await self._index.quoted(exchange.quotes[:1], scopes={EVERYBODY, scope})
                found.append(Judged(exchange, Votes(good, bad), quotes[0] if quotes else None))
        return found

    async def expire(self) -> None:
        """Forget the answers that are too old."""
        now = self._now()
        await self._exchanges.expire(now - KEPT, now=now)

    def _is_recent(self, at: datetime, span: timedelta) -> bool:
        """Whether a moment is less than a span away. One that lies far ahead was noted while the clock was wrong."""
        return abs(self._now() - at) < span

    async def _known(self, caller: Caller, id_: int) -> Exchange:
        exchange = await self._exchanges.get(id_)
        if exchange is None or (exchange.platform, exchange.workspace) != (caller.platform, caller.workspace):
            raise GoneError
        return exchange
