"""What every surface calls: one method an act, each of which passes the :class:`~bot.service.policy.Policy`; the quotas live here.

A surface says who asks (:class:`~bot.service.permissions.Caller`) and shows what comes back; it decides nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from bot.platforms import Person, Workspace
from bot.service import erasure
from bot.service.clock import Timekeeper
from bot.service.conversations import Conversations
from bot.service.erasure import Forgotten
from bot.service.permissions import Act, Caller, PermissionDeniedError
from bot.service.policy import Doing, Policy
from bot.service.rate_limits import Effort
from bot.service.workspace_settings import WorkspaceSettings, WorkspaceSettingsError
from index import (
    EVERYBODY,
    Answer,
    Audited,
    Change,
    Counts,
    Feed,
    Job,
    JobError,
    Listed,
    Logged,
    Look,
    Outcome,
    QuotaError,
    StarterFeeds,
    Status,
    Topic,
    is_address,
    prepare_addresses,
    source_of_address,
)

if TYPE_CHECKING:
    from pathlib import Path

    from bot.service.metrics import Metrics
    from bot.settings import Settings
    from index import Index, Product, Tell

log = logging.getLogger(__name__)

_EXPIRY = 3_600_000_000_000  # nanoseconds from one look for questions that are too old to the next
_QUIET = frozenset({"admins"})  # settings whose values name people: they are not for the audit


class Service:
    """All that a surface may ask for, under one policy. Safe to use from many tasks of one event loop at once.

        service = Service(index, settings)
        caller = Caller("slack", "T012AB3CD", "U045EF6GH", admin=True)  # or Caller.operator()
        answer = await service.ask(caller, "When will Sora ship?")
        await service.add(caller, ["https://example.org/news/launch"])  # for their workspace alone

    Attributes:
        conversations: what chats need beside the answer.
        database: where a surface may keep tables of its own.

    Every method raises :class:`~bot.service.permissions.PermissionDeniedError` when the caller may not do that,
    and :class:`~bot.service.rate_limits.TooManyQuestionsError` when they, or their workspace, have to wait; what the index raises comes
    through.

    Args:
        metrics: where questions are counted, if anywhere.
        clock: nanoseconds of a clock that never goes back, for the rates.
        now: the time in UTC, for what is written down.

    Raises:
        NamingError: the owners in the settings are not named as they should be.
    """

    def __init__(
        self,
        index: Index,
        settings: Settings,
        *,
        metrics: Metrics | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._index = index
        self._ledger = index.ledger
        self._settings = settings
        self._metrics = metrics
        self._now = now
        self._policy = Policy(index.ledger, settings, clock=clock, now=now)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by scope
        self._clock = clock
        self._timekeeper = Timekeeper(now, clock)
        self._expired: int | None = None  # when that was looked at last, by the clock that never goes back
        self.conversations = Conversations(self, index, self._policy, now, clock)
        self.database = index.database

    # Questions

    async def prepare(self) -> None:
        """Load the model, and what reads addresses, so that the first question need not wait for them.

        Raises:
            ModelError: there is no such model, or it cannot be reached.
        """
        await asyncio.to_thread(prepare_addresses)
        await self._index.engine()

    async def ask(
        self,
        caller: Caller,
        question: str,
        *,
        as_of: date | None = None,
        topic: Topic | Callable[[Collection[str]], Awaitable[Topic | None]] | None = None,
        unprompted: bool = False,
    ) -> Answer:
        """What the articles that the caller may see say; the question is kept in the log where the workspace's settings say so.

        Args:
            topic: what it goes on about; or what finds that out in the scopes that the caller sees, once the question is taken.
            unprompted: nobody has asked Shipdate: it is neither logged, nor does it count beside what people ask.
        """
        scopes = await self._policy.scopes(caller, Effort.OVERHEARD if unprompted else Effort.QUESTION)
        if unprompted:
            return await self._index.ask(question, as_of=as_of, scopes=scopes, languages=caller.languages)
        topic = await topic(scopes) if callable(topic) else topic
        with self._metrics.question(caller.platform) if self._metrics else nullcontext(_uncounted) as count:
            answer = await self._index.ask(question, as_of=as_of, scopes=scopes, topic=topic, languages=caller.languages)
            count(answer)
        if (await self.settings(caller)).log_questions:
            await self._expire_at_times()
            line = Logged(self._now(), caller.platform, caller.workspace, caller.user, question, answer.answered, answer.elapsed_ms)
            await self._ledger.log(line)
        return answer

    async def status(self, caller: Caller, name: str, *, as_of: date | None = None) -> Status:
        """Where the launch of a product stands, by the articles that the caller may see. This is a question, too."""
        return await self._index.status(name, as_of=as_of, scopes=await self._policy.scopes(caller, Effort.QUESTION))

    async def suggest(self, caller: Caller, typed: str, limit: int) -> Sequence[tuple[str, str]]:
        """The products, ids and names, that somebody who types a name probably means; see :meth:`index.api.Index.suggested`."""
        return await self._index.suggested(typed, limit, scopes=await self._policy.scopes(caller))

    async def board(self, caller: Caller, limit: int) -> Sequence[Status]:
        """Where launches stand: those that the workspace asks about most, then those that changed last; a guest sees only the latter."""
        scopes = await self._policy.scopes(caller)
        asked = () if caller.scope not in scopes else await self._index.exchanges.most_asked(caller.platform, caller.workspace)
        return await self._index.changed(limit, first=asked[: limit // 2], scopes=scopes)

    async def expire(self) -> int:
        """Delete what is too old, or too much of one workspace: logged questions, answers, the audit; returns how many questions.

        Nothing is deleted as long as the clock is not to be relied on.
        """
        self._expired, now = self._clock(), self._now()
        if not self._timekeeper.is_steady(await self._ledger.last_moment(now)):
            log.warning("The clock has jumped, now to %s: nothing is deleted for its age until it has gone on from there for an hour.", now)
            return 0
        await self.conversations.expire()
        await self._ledger.limit_audit(now - timedelta(days=self._settings.audit_days))
        return await self._ledger.expire(now - timedelta(days=self._settings.retention_days), now=now)

    async def _expire_at_times(self) -> None:
        if self._expired is None or self._clock() - self._expired >= _EXPIRY:
            await self.database.soon(self.expire())

    # Articles

    async def articles(self, caller: Caller, *, matching: str = "", limit: int | None = None) -> Sequence[Listed]:
        """The articles that the caller's answers come from, newest first; see :meth:`index.api.Index.list`.

        All of them cost as much as a question.
        """
        scopes = await self._policy.scopes(caller, Effort.QUESTION if limit is None else Effort.LESSER)
        return await self._index.list(matching=matching, limit=limit, scopes=scopes)

    async def counts(self, caller: Caller) -> Counts:
        """How much there is of it; for the operator, of everything."""
        return await self._index.counts(scopes=None if caller.is_operator else await self._policy.scopes(caller))

    async def add(
        self,
        caller: Caller,
        sources: Sequence[str],
        *,
        uploads: Mapping[str, bytes] | None = None,
        shared: bool = False,
        tell: Tell | None = None,
    ) -> list[Outcome]:
        """Add articles, as :meth:`index.api.Index.add` does. Files and folders are the operator's: they are on this machine.

        Args:
            uploads: files that the caller sent: name to content.
            shared: for every workspace, not for the caller's alone.

        Raises:
            QuotaError: the workspace has no room for all of them, so none is added.
        """
        async with self._acting(caller, Act.ADD_ARTICLES, [*sources, *(uploads or ())], shared=shared) as act:
            if not caller.is_operator and not all(map(is_address, sources)):
                raise PermissionDeniedError("Only web addresses can be added from here, such as https://example.org/article.")
            outcomes = await self._index.add(sources, uploads=uploads, scope=act.scope, tell=tell)
            act.detail, act.failed = _counted(outcomes), _all_failed(outcomes)
            return outcomes

    async def remove(self, caller: Caller, names: Sequence[str], *, shared: bool = False) -> Mapping[str, str]:
        """Take articles out; returns those that were in: name to title. What belongs to another workspace is as good as not there."""
        async with self._acting(caller, Act.REMOVE_ARTICLES, names, shared=shared) as act:
            removed = await self._index.remove(names, scope=act.scope)
            act.detail, act.failed = f"{len(removed)} removed", not removed
            return removed

    # Rebuilding

    async def rebuild(self, caller: Caller, *, shared: bool = False) -> Job:
        """Embed the articles of the caller's workspace, or those of all, again; see :meth:`index.ingestion.reindex.Rebuilding.start`."""
        async with self._acting(caller, Act.REBUILD, [], shared=shared) as act:
            job = await self._index.jobs.start(act.scope)
            act.detail = f"job {job.id}"
            return job

    async def job(self, caller: Caller, id_: int | None = None, *, shared: bool = False) -> Job:
        """One of these rebuilds; the newest by default.

        Raises:
            JobError: there is none; that of another workspace is as good as not there.
        """
        return await self._job(await self._policy.seeing(caller, Act.SEE_JOB, shared=shared), id_)

    async def cancel(self, caller: Caller, id_: int | None = None, *, shared: bool = False) -> Job:
        """End one of these rebuilds and throw away what it has done; returns it as it is then.

        Raises:
            JobError: there is none, or it has ended.
        """
        async with self._acting(caller, Act.CANCEL_JOB, [str(id_ or "newest")], shared=shared) as act:
            job = await self._job(act.scope, id_)
            if not job.open:
                raise JobError("No rebuild is at work.")
            return await self._index.jobs.cancel(job.id) or job

    async def follow(self, caller: Caller, id_: int, *, shared: bool = False) -> AsyncIterator[Job]:
        """One of these rebuilds at each of its changes, until it ends.

        Raises:
            JobError: there is none.
        """
        await self.job(caller, id_, shared=shared)
        async for job in self._index.jobs.follow(id_):
            yield job

    async def _job(self, scope: str, id_: int | None) -> Job:
        job = await (self._index.jobs.latest(scope) if id_ is None else self._index.jobs.get(id_))
        if job is not None and job.scope == scope:
            return job
        if id_ is None:
            raise JobError("No rebuild has been started here yet.")
        raise JobError("There is no job {id}.", id=id_)

    # Feeds

    async def feeds(self, caller: Caller, *, shared: bool = False) -> Sequence[Feed]:
        """What is followed for the caller's workspace, and how it fares. Only for its admins: an address may be a secret.

        Args:
            shared: what is followed for every workspace instead; here and below.
        """
        scope = await self._policy.seeing(caller, Act.SEE_FEEDS, shared=shared)
        return await self._index.feeds.list(scopes=(scope,))

    async def export_feeds(self, caller: Caller, *, shared: bool = False) -> str:
        """The same as OPML."""
        scope = await self._policy.seeing(caller, Act.SEE_FEEDS, shared=shared)
        return await self._index.feeds.export_opml(scopes=(scope,))

    async def add_feed(self, caller: Caller, address: str, *, shared: bool = False, every: timedelta | None = None) -> Feed:
        """Follow a feed, or the one that a page names; its articles come with the next look.

        Raises:
            QuotaError: the workspace follows as many as it may.
        """
        async with self._acting(caller, Act.ADD_FEED, [address], shared=shared) as act, self._feeding(act.scope):
            await self._check_feeds(act.scope, [address])
            return await self._index.feeds.add(address, scope=act.scope, every=every)

    async def import_feeds(self, caller: Caller, text: str, *, shared: bool = False) -> Sequence[Outcome]:
        """Follow all feeds of a list, as feed readers export it (OPML); returns what became of each.

        Raises:
            QuotaError: the workspace may not follow all of them, so none is added.
        """
        async with self._acting(caller, Act.IMPORT_FEEDS, [], shared=shared) as act, self._feeding(act.scope):
            await self._check_feeds(act.scope, list(await self._index.feeds.listed(text)))
            outcomes = await self._index.feeds.import_opml(text, scope=act.scope)
            act.detail, act.failed = _counted(outcomes), _all_failed(outcomes)
            return outcomes

    async def add_starter(
        self, caller: Caller, groups: Sequence[str] = (), *, shared: bool = False, every: timedelta | None = None
    ) -> StarterFeeds:
        """Follow the feeds to begin with, of these groups or of all; as many of them as the workspace has room for.

        Raises:
            FeedError: there is no such group.
        """
        async with self._acting(caller, Act.ADD_FEED, ["starter", *groups], shared=shared) as act, self._feeding(act.scope):
            meant = self._index.feeds.starter(groups)
            followed = {feed.url for feed in await self._index.feeds.list(scopes=(act.scope,))}
            new = [address for address in meant if address not in followed]
            room = len(new) if act.scope == EVERYBODY else max(self._settings.max_feeds - len(followed), 0)
            await self._index.feeds.add_all({address: meant[address] for address in new[:room]}, scope=act.scope, every=every)
            added = len(new[:room])
            act.detail, act.failed = f"{added} added", not added and bool(new)
            return StarterFeeds(added, len(meant) - len(new), len(new) - added, self._settings.max_feeds)

    async def check_feeds(self, caller: Caller, *, starter: bool = False) -> Mapping[str, str | None]:
        """Whether the feeds that are followed answer, or those to begin with: of each one sentence on what is wrong, if anything is."""
        scope = await self._policy.seeing(caller, Act.SEE_FEEDS)
        feeds = self._index.feeds
        return await feeds.check(list(feeds.starter()) if starter else [feed.url for feed in await feeds.list(scopes=(scope,))])

    async def remove_feed(self, caller: Caller, name: str, *, shared: bool = False) -> Feed:
        """Follow a feed no longer; its articles stay. What belongs to another workspace is as good as not there."""
        async with self._acting(caller, Act.REMOVE_FEED, [name], shared=shared) as act:
            return await self._index.feeds.remove(name, scope=act.scope)

    async def refresh_feeds(self, caller: Caller, names: Sequence[str] | None = None, *, shared: bool = False) -> Sequence[Look]:
        """Look at these feeds now, or at all of the scope, whenever they are due; returns what came of each look."""
        async with self._acting(caller, Act.REFRESH_FEEDS, names or ["all"], shared=shared) as act:
            looks = await self._index.feeds.refresh(names, scope=act.scope)
            act.detail = _counted([outcome for look in looks for outcome in look.outcomes])
            act.failed = bool(looks) and all(look.feed.problem for look in looks)
            return looks

    def _feeding(self, scope: str) -> asyncio.Lock:
        """Nothing comes between counting the feeds of a scope and adding to them."""
        return self._locks.setdefault(scope, asyncio.Lock())

    async def _check_feeds(self, scope: str, addresses: Sequence[str]) -> None:
        """Whether a workspace may follow these, too; what all share has no limit."""
        if scope == EVERYBODY:
            return
        followed, most = {feed.url for feed in await self._index.feeds.list(scopes=(scope,))}, self._settings.max_feeds
        new = {source_of_address(one) for one in addresses} - followed
        if new and len(followed) + len(new) > most:
            raise QuotaError(
                "This workspace follows {held:,} of at most {most:,} feeds, which leaves no room for {new:,} more.",
                held=len(followed),
                most=most,
                new=len(new),
            )

    # Products

    async def products(self, caller: Caller) -> Sequence[Product]:
        """All products of the catalogue, the installation's own ones last."""
        self._policy.count(caller)
        return await self._index.products()

    async def add_product(self, caller: Caller, product: Product, *, tell: Tell | None = None) -> None:
        """Add a product to the catalogue, which all workspaces share, or replace it there."""
        async with self._acting(caller, Act.ADD_PRODUCT, [product.id], shared=True):
            await self._index.add_product(product, tell=tell)

    async def remove_product(self, caller: Caller, id_: str, *, tell: Tell | None = None) -> None:
        """Take a product of the installation's own out of the catalogue; those that came along stay."""
        async with self._acting(caller, Act.REMOVE_PRODUCT, [id_], shared=True):
            await self._index.remove_product(id_, tell=tell)

    # Settings

    async def settings(self, caller: Caller) -> WorkspaceSettings:
        """Those of the caller's workspace; the defaults where there is none. Anyone may know them; who has to wait is told by them."""
        return await self._policy.settings(caller.scope)

    async def change_settings(self, caller: Caller, changes: Mapping[str, object]) -> WorkspaceSettings:
        """Change some of the settings of the caller's workspace; returns them all.

        Raises:
            WorkspaceSettingsError: one of them is no setting, or cannot have that value; then none is changed.
        """
        async with self._acting(caller, Act.CHANGE_SETTINGS, sorted(changes)) as act:
            if act.scope == EVERYBODY:
                raise WorkspaceSettingsError("These are the settings of a workspace, and this is none.")
            changed = (await self._policy.settings(act.scope)).changed(changes)
            await self._ledger.change_settings(act.scope, changed.model_dump(mode="json", include=set(changes)))
            act.detail = ", ".join(f"{name} = {getattr(changed, name)!r}" for name in sorted(changes) if name not in _QUIET)
            return changed

    async def reads_unprompted(self, platform: str) -> bool:
        """Whether any workspace of a platform has chosen channels where questions are answered that nobody asked Shipdate."""
        chosen = await self._ledger.settings_everywhere("unprompted_channels")
        return any(channels and scope.startswith(f"{platform}:") for scope, channels in chosen.items())

    # The audit, and forgetting

    async def audit(
        self, caller: Caller, since: datetime | None = None, *, last: int | None = None, shared: bool = False
    ) -> Sequence[Audited]:
        """What was changed, oldest first: of the caller's workspace, of what all share, or, for the operator, of everything.

        Args:
            last: how many lines at most, the newest.
        """
        scope = await self._policy.seeing(caller, Act.SEE_AUDIT, shared=shared)
        return await self._ledger.audited(scope=None if caller.is_operator else scope, since=since, last=last)

    async def forget(self, caller: Caller, whom: Person | Workspace) -> Forgotten:
        """Delete everything of a person or a workspace, and count what is left. Can be repeated after a power cut.

        The audit says that this was done, but not to whom.
        """
        async with self._acting(caller, Act.FORGET, [f"a {'user' if isinstance(whom, Person) else 'workspace'} of {whom.platform}"]) as act:
            forgotten = await erasure.forget(whom, self._index, self._settings)
            act.failed = not forgotten.complete
            return forgotten

    async def note_restore(self, caller: Caller, file: Path) -> None:
        """Let the audit say that a backup has been put back, which brought its own audit along."""
        async with self._acting(caller, Act.RESTORE, [str(file)]):
            pass

    # What all acts share

    async def check(self, caller: Caller, act: Act, *, shared: bool = False) -> None:
        """Raise unless the caller may do this; nothing is done, and nothing written down."""
        await self._policy.check(caller, act, shared=shared)

    @asynccontextmanager
    async def _acting(self, caller: Caller, act: Act, subjects: Sequence[str], *, shared: bool = False) -> AsyncIterator[Doing]:
        """Pass the policy with an act that changes something (:meth:`bot.service.policy.Policy.acting`); what is too old goes first."""
        await self._expire_at_times()
        async with self._policy.acting(caller, act, subjects, shared=shared) as doing:
            yield doing


def _uncounted(_answer: Answer) -> None:
    pass


def _counted(outcomes: Sequence[Outcome]) -> str:
    counts = Counter(outcome.change for outcome in outcomes)
    return ", ".join(f"{counts[change]} {change}" for change in Change if counts[change])


def _all_failed(outcomes: Sequence[Outcome]) -> bool:
    """Whether nothing came of it, not even that nothing had changed."""
    return all(outcome.change is Change.FAILED for outcome in outcomes)
