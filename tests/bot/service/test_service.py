"""The service: who may do what, how much, and what is written down of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.platforms import NamingError, Person, Workspace
from bot.service.permissions import Caller, PermissionDeniedError
from bot.service.rate_limits import TooManyQuestionsError
from bot.service.service import Service
from bot.service.workspace_settings import WorkspaceSettings, WorkspaceSettingsError
from bot.settings import Settings
from index import ArticleError, FeedError, JobState, QuotaError, ShipdateError, open_index
from index.api import Index
from index.model.errors import CatalogueError, JobError
from index.storage.catalogue import product_named
from tests.support.articles import news, write
from tests.support.feeds import item, rss, story
from tests.support.site import TWENTY, serving

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = 60_000_000_000

OPERATOR = Caller("terminal", user="root")
ADMIN = Caller("slack", "T1", "U1", admin=True)
MEMBER = Caller("slack", "T1", "U2")
OTHER_ADMIN = Caller("slack", "T2", "U1", admin=True)
OWNER = Caller("discord", "1", "7")

REFUSED = "http://127.0.0.1:1/page"  # a private address: it is refused before anything is sent


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def nanoseconds(self) -> int:
        return (self.at - NOON) // timedelta(microseconds=1) * 1000


@pytest.fixture
def clock() -> Clock:
    return Clock()


Make = Callable[..., Service]


@pytest.fixture
def make(index: Index, data: Path, clock: Clock) -> Make:
    """A service over the test's own index, with these settings."""
    return lambda **settings: Service(
        index, Settings(data=data, owners="discord:7, slack:T9:U9", **settings), clock=clock.nanoseconds, now=clock
    )


@pytest.fixture
def service(make: Make) -> Service:
    return make()


def questions(data: Path) -> Sequence[tuple[Any, ...]]:
    """What is in the log of questions."""
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
        return database.execute("SELECT workspace, user, question, answered FROM questions ORDER BY id").fetchall()


async def outcomes(service: Service) -> Sequence[tuple[str, str | None, str]]:
    """The audit, as act, subject and outcome."""
    return [(line.act, line.subject, line.outcome) for line in await service.audit(OPERATOR)]


# Who may do what

AURORA = product_named("Aurora", parent="no-such")  # which nobody can add

ACTS: dict[str, Callable[[Service, Caller, bool], Awaitable[object]]] = {
    "add": lambda service, caller, shared: service.add(caller, [REFUSED], shared=shared),
    "remove": lambda service, caller, shared: service.remove(caller, ["nothing"], shared=shared),
    "audit": lambda service, caller, shared: service.audit(caller, shared=shared),
    "see feeds": lambda service, caller, shared: service.feeds(caller, shared=shared),
    "export feeds": lambda service, caller, shared: service.export_feeds(caller, shared=shared),
    "add feed": lambda service, caller, shared: service.add_feed(caller, REFUSED, shared=shared),
    "import feeds": lambda service, caller, shared: service.import_feeds(caller, "<opml/>", shared=shared),
    "remove feed": lambda service, caller, shared: service.remove_feed(caller, "7", shared=shared),
    "rebuild": lambda service, caller, shared: service.rebuild(caller, shared=shared),
    "see job": lambda service, caller, shared: service.job(caller, shared=shared),
    "cancel job": lambda service, caller, shared: service.cancel(caller, shared=shared),
    "refresh feeds": lambda service, caller, shared: service.refresh_feeds(caller, shared=shared),
}
OWN_ACTS: dict[str, Callable[[Service, Caller], Awaitable[object]]] = {
    "settings": lambda service, caller: service.change_settings(caller, {"private_replies": True}),
}
SHARED_ACTS: dict[str, Callable[[Service, Caller], Awaitable[object]]] = {
    "add product": lambda service, caller: service.add_product(caller, AURORA),
    "remove product": lambda service, caller: service.remove_product(caller, "no-such"),
}
ANYBODYS_ACTS: dict[str, Callable[[Service, Caller], Awaitable[object]]] = {
    "ask": lambda service, caller: service.ask(caller, ""),
    "status": lambda service, caller: service.status(caller, "Sora"),
    "articles": lambda service, caller: service.articles(caller),
    "products": lambda service, caller: service.products(caller),
    "read settings": lambda service, caller: service.settings(caller),
}
OPERATORS_ACTS: dict[str, Callable[[Service, Caller], Awaitable[object]]] = {
    "forget a person": lambda service, caller: service.forget(caller, Person("slack", "T1", "U2")),
    "forget a workspace": lambda service, caller: service.forget(caller, Workspace("slack", "T1")),
}

ROLES: dict[str, tuple[Caller, bool, bool]] = {  # who; whether they manage their workspace; whether they manage what all share
    "a member": (MEMBER, False, False),
    "an admin": (ADMIN, True, False),
    "somebody whom the workspace's settings name": (Caller("slack", "T1", "U5"), True, False),
    "somebody with the workspace's role": (Caller("slack", "T1", "U6", roles=frozenset({"S1", "S2"})), True, False),
    "somebody whom another workspace names": (Caller("slack", "T2", "U5", roles=frozenset({"S2"})), False, False),
    "an owner": (OWNER, False, True),
    "an owner who is an admin": (Caller("discord", "1", "7", admin=True), True, True),
    "an owner in a direct message": (Caller("discord", None, "7"), True, True),
    "an owner's id on another platform": (Caller("slack", "T1", "7"), False, False),
    "an owner's id in another team": (Caller("slack", "T8", "U9"), False, False),
    "an owner of slack": (Caller("slack", "T9", "U9"), False, True),
    "somebody in a direct message, an admin elsewhere": (Caller("discord", None, "8", admin=True), False, False),
    "somebody without a name": (Caller("discord", "1"), False, False),
    "the operator": (OPERATOR, True, True),
}


async def denied(act: Awaitable[object]) -> bool:
    """Whether it is refused; what else goes wrong is no matter."""
    try:
        await act
    except PermissionDeniedError as error:
        assert str(error).startswith("Only ")
        return True
    except (ArticleError, CatalogueError, FeedError, JobError, WorkspaceSettingsError):
        pass
    return False


@pytest.mark.parametrize("role", ROLES)
async def test_who_may_do_what(service: Service, role: str) -> None:
    caller, manages_own, manages_shared = ROLES[role]
    await service.change_settings(ADMIN, {"admins": ["U5"], "admin_role": "S2"})
    for name, shared_or_own in ACTS.items():
        assert await denied(shared_or_own(service, caller, False)) is not manages_own, name
        assert await denied(shared_or_own(service, caller, True)) is not manages_shared, f"{name}, shared"
    for name, act in OWN_ACTS.items():
        assert await denied(act(service, caller)) is not manages_own, name
    for name, act in SHARED_ACTS.items():
        assert await denied(act(service, caller)) is not manages_shared, name
    for name, act in ANYBODYS_ACTS.items():
        assert not await denied(act(service, caller)), name
    for name, act in OPERATORS_ACTS.items():
        assert await denied(act(service, caller)) is not caller.is_operator, name


@pytest.mark.parametrize(
    "owners", ["discord", "discord:", "discord:alice", "slack:U1", "slack:T1:", "slack::U1", "irc:1", "discord:1 discord:2", "discord:1,x"]
)
async def test_owners_who_are_named_wrongly_are_refused_at_start_in_one_sentence(index: Index, data: Path, owners: str) -> None:
    with pytest.raises(NamingError, match=r"^SHIPDATE_OWNERS: “[^”]*” names nobody; write discord:USER_ID or slack:TEAM_ID:USER_ID\.$"):
        Service(index, Settings(data=data, owners=owners))


async def test_the_operator_is_no_owner(index: Index, data: Path) -> None:
    with pytest.raises(NamingError, match=r"^SHIPDATE_OWNERS: whoever uses the terminal may do everything already"):
        Service(index, Settings(data=data, owners="discord:1,terminal:root"))


@pytest.mark.parametrize("owners", ["", " , ", "discord:1", " discord:1 ,slack:T1:U1,, "])
async def test_no_owner_and_many_are_both_fine(index: Index, data: Path, owners: str) -> None:
    Service(index, Settings(data=data, owners=owners))


# What belongs to whom


@pytest.fixture
async def filled(index: Index, tmp_path: Path) -> dict[str, str]:
    """An article of two workspaces each, and one that all share: scope to id."""
    ids: dict[str, str] = {}
    for scope, name in {"": "Aurora", "slack:T1": "Borealis", "slack:T2": "Cirrus"}.items():
        path = write(tmp_path / f"{name}.md", f"{name} ships on 4 May.", published="2025-03-04", url=f"https://daily.example/{name}")
        await index.add([str(path)], scope=scope)
        (listed,) = await index.list(scopes=[scope])
        ids[scope] = listed.article.id
    return ids


@pytest.mark.model
async def test_everybody_sees_what_all_share_and_what_is_theirs(service: Service, filled: dict[str, str]) -> None:
    seen = {"": [""], "T1": ["", "slack:T1"], "T3": [""]}
    for workspace, scopes in seen.items():
        listed = await service.articles(Caller("slack", workspace, "U3"))
        assert {one.article.id for one in listed} == {filled[scope] for scope in scopes}
    answer = await service.ask(MEMBER, "When does Cirrus ship?")
    assert not any("Cirrus" in quote.text for quote in answer.quotes)
    answer = await service.ask(MEMBER, "When does Borealis ship?")
    assert answer.quotes[0].text == "Borealis ships on 4 May."


async def test_an_admin_cannot_take_out_what_belongs_to_others(service: Service, filled: dict[str, str], tmp_path: Path) -> None:
    theirs = filled["slack:T2"]
    names = [theirs, "https://daily.example/Cirrus", f"file:{tmp_path}/Cirrus.md", f"{tmp_path}/Cirrus.md", filled[""]]
    assert await service.remove(ADMIN, names) == {}
    assert await service.remove(ADMIN, [filled["slack:T1"]]) == {filled["slack:T1"]: "Borealis ships on 4 May."}
    assert {one.article.id for one in await service.articles(OTHER_ADMIN)} == {theirs, filled[""]}


@pytest.mark.parametrize("source", ["/etc/passwd", ".", "file:///etc/passwd", "~/news", "ftp://example.org/a", ""])
async def test_files_of_the_machine_are_nobodys_but_the_operators(service: Service, source: str) -> None:
    for caller, shared in ((ADMIN, False), (OWNER, True)):
        with pytest.raises(PermissionDeniedError, match="Only web addresses"):
            await service.add(caller, ["https://example.org/a", source], shared=shared)


async def test_an_admin_adds_pages_and_feeds_for_their_workspace_alone(data: Path) -> None:
    settings = Settings(data=data, allow_private_network=True, owners="discord:7")
    async with serving() as site, open_index(settings) as index:
        service = Service(index, settings)
        pages = [f"{site.address}/{name}" for name in TWENTY[:3]]
        assert [one.change for one in await service.add(ADMIN, pages[:1])] == ["added"]
        assert [one.change for one in await service.add(OTHER_ADMIN, pages[:2])] == ["added"] * 2
        assert [one.change for one in await service.add(OWNER, pages[2:], shared=True)] == ["added"]
        seen = {caller.workspace: {one.article.url for one in await service.articles(caller)} for caller in (ADMIN, OTHER_ADMIN, OWNER)}
        assert seen == {"T1": {pages[0], pages[2]}, "T2": set(pages), "1": {pages[2]}}

        feed = await service.add_feed(ADMIN, site.put("/feed", rss(title="Mine"), "application/rss+xml"))
        for caller in (OTHER_ADMIN, OPERATOR):
            assert await service.feeds(caller) == []
            assert "Mine" not in await service.export_feeds(caller)
            assert await service.refresh_feeds(caller) == []
            for name in (str(feed.id), feed.url):
                with pytest.raises(FeedError, match="No feed that is followed"):
                    await service.remove_feed(caller, name)
                with pytest.raises(FeedError, match="No feed that is followed"):
                    await service.refresh_feeds(caller, [name])
        assert await service.feeds(ADMIN) == [feed]
        assert (await service.remove_feed(ADMIN, str(feed.id))).url == feed.url


async def test_a_rebuild_is_its_workspaces_own(service: Service, filled: dict[str, str]) -> None:
    job = await service.rebuild(ADMIN)
    assert (job.scope, job.total) == ("slack:T1", 1)
    assert (await service.job(ADMIN)).id == job.id
    for caller in (OTHER_ADMIN, OPERATOR):
        for act in (service.job(caller, job.id), service.cancel(caller, job.id)):
            with pytest.raises(JobError, match=f"There is no job {job.id}"):
                await act
        with pytest.raises(JobError, match="No rebuild has been started here yet"):
            await service.job(caller)
    assert [state async for state in service.follow(ADMIN, job.id)][-1].state is JobState.DONE
    with pytest.raises(JobError, match="No rebuild is at work"):
        await service.cancel(ADMIN, job.id)
    assert [(act, outcome) for act, _, outcome in await outcomes(service)] == [
        ("rebuild", f"done: job {job.id}"),
        ("cancel job", "failed: JobError"),
        ("cancel job", "failed: JobError"),
        ("cancel job", "failed: JobError"),
    ]


# How much


async def test_a_workspace_has_no_more_articles_than_its_quota_and_what_all_share_has_none(data: Path, tmp_path: Path) -> None:
    paths = [str(path) for path in news(tmp_path / "news", 4)]
    settings = Settings(data=data, max_articles=2)
    async with open_index(settings) as index:
        service = Service(index, settings)
        assert len(await service.add(OPERATOR, paths)) == 4
        for _ in range(2):  # what is in already needs no room
            await index.add(paths[:2], scope="slack:T1")
        for added in ([REFUSED], [REFUSED, "https://example.org/b", "https://example.org/b#again"]):
            with pytest.raises(QuotaError, match=f"has 2 of at most 2 articles, which leaves no room for {len(added[:2])} more"):
                await service.add(ADMIN, added)
        assert [outcome for _, _, outcome in await outcomes(service)] == ["done: 4 added", "refused: QuotaError", "refused: QuotaError"]
        assert len(await service.articles(ADMIN)) == 4 + 2


async def test_a_workspace_follows_no_more_feeds_than_its_quota_and_what_all_share_has_none(data: Path) -> None:
    settings = Settings(data=data, max_feeds=2, allow_private_network=True)
    async with serving() as site, open_index(settings) as index:
        service = Service(index, settings)
        feeds = [site.put(f"/{number}.xml", rss(title=str(number)), "application/rss+xml") for number in range(5)]
        for feed in feeds[:2] + feeds[:2]:
            await service.add_feed(ADMIN, feed)
        for feed in feeds:
            await service.add_feed(OPERATOR, feed)
        asked = len(site.asked)
        with pytest.raises(QuotaError, match="follows 2 of at most 2 feeds, which leaves no room for 1 more"):
            await service.add_feed(ADMIN, feeds[2])
        assert len(site.asked) == asked
        with pytest.raises(QuotaError, match="no room for 3 more"):
            await service.import_feeds(ADMIN, await service.export_feeds(OPERATOR))
        assert len(await service.feeds(ADMIN)) == 2

        # However many come at once.
        came = await asyncio.gather(*(service.add_feed(OTHER_ADMIN, feed) for feed in feeds), return_exceptions=True)
        assert sum(isinstance(one, QuotaError) for one in came) == 3
        assert len(await service.feeds(OTHER_ADMIN)) == 2


async def test_a_feed_brings_no_more_articles_than_the_quota_and_says_why(data: Path) -> None:
    settings = Settings(data=data, max_articles=2, allow_private_network=True)
    async with serving() as site, open_index(settings) as index:
        service = Service(index, settings)
        items = [item(f"News {number}", guid=str(number), content=story("Aurora", number)) for number in range(3)]
        await service.add_feed(ADMIN, site.put("/feed", rss(*items), "application/rss+xml"))
        (look,) = await service.refresh_feeds(ADMIN)
        assert look.feed.problem == "This workspace has 0 of at most 2 articles, which leaves no room for 3 more."
        assert await service.articles(ADMIN) == []
        site.put("/feed", rss(*items[:2]), "application/rss+xml")
        (look,) = await service.refresh_feeds(ADMIN)
        assert look.feed.problem is None
        assert len(await service.articles(ADMIN)) == 2
        assert [outcome for _, _, outcome in await outcomes(service)] == ["done", "failed", "done: 2 added"]


# How often


async def test_whoever_asks_too_often_is_told_when_to_try_again_and_nothing_is_asked(make: Make, clock: Clock, data: Path) -> None:
    service = make(user_rate=2)
    await service.change_settings(ADMIN, {"log_questions": True})
    await service.ask(MEMBER, "")
    await service.status(MEMBER, "Sora")
    for again in (service.ask(MEMBER, "When?"), service.status(MEMBER, "Sora")):
        with pytest.raises(TooManyQuestionsError, match="ask again in 30 s") as refused:
            await again
        assert refused.value.retry_after == 30
    assert len(questions(data)) == 1
    clock.at += timedelta(seconds=30)
    await service.ask(MEMBER, "")
    for _ in range(5):
        await service.ask(OPERATOR, "")


# The log of questions


async def test_questions_are_kept_only_where_the_workspace_says_so(service: Service, data: Path) -> None:
    for caller in (MEMBER, OTHER_ADMIN, Caller("slack", None, "U2"), OPERATOR):
        await service.ask(caller, "When does Aurora ship?")
    assert questions(data) == []
    await service.change_settings(ADMIN, {"log_questions": True})
    for caller in (MEMBER, OTHER_ADMIN, Caller("slack", None, "U2"), OPERATOR):
        await service.ask(caller, "When does Aurora ship?")
    assert questions(data) == [("T1", "U2", "When does Aurora ship?", 0)]
    await service.change_settings(ADMIN, {"log_questions": False})
    await service.ask(MEMBER, "When does Aurora ship?")
    assert len(questions(data)) == 1


async def test_kept_questions_are_deleted_when_their_time_is_over(make: Make, clock: Clock, data: Path) -> None:
    service = make(retention_days=3)
    await service.change_settings(ADMIN, {"log_questions": True})
    for day in range(3):
        clock.at = NOON + timedelta(days=day)
        await service.ask(MEMBER, "?" * (day + 1))
    clock.at = NOON + timedelta(days=3)
    assert await service.expire() == 0
    clock.at += timedelta(seconds=1)
    assert await service.expire() == 1
    assert [row[2] for row in questions(data)] == ["??", "???"]
    clock.at += timedelta(days=1)
    await service.ask(MEMBER, "????")  # whoever comes along cleans up
    assert [row[2] for row in questions(data)] == ["???", "????"]
    clock.at += timedelta(days=30)
    await service.remove(OPERATOR, ["nothing"])
    assert questions(data) == []


# Settings


async def test_settings_are_a_workspaces_own_and_have_defaults(service: Service) -> None:
    assert await service.settings(MEMBER) == WorkspaceSettings()
    changed = await service.change_settings(ADMIN, {"language": "fr", "unprompted_channels": ["C1", "C2"]})
    assert changed == WorkspaceSettings(language="fr", unprompted_channels=("C1", "C2"))
    await service.change_settings(ADMIN, {"private_replies": "on"})  # as people type it
    assert await service.settings(MEMBER) == changed.model_copy(update={"private_replies": True})
    await service.change_settings(ADMIN, {"language": None})
    assert (await service.settings(MEMBER)).language is None
    assert await service.settings(OTHER_ADMIN) == await service.settings(OPERATOR) == WorkspaceSettings()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "There is no setting “colour”; there are unprompted_channels, private_replies"),
        ({"": "red"}, "There is no setting “”"),
        ({"log_questions": "maybe"}, "The setting “log_questions” cannot be 'maybe'"),
        ({"language": "French"}, "The setting “language” cannot be 'French'"),
        ({"unprompted_channels": "C1"}, "The setting “unprompted_channels” cannot be 'C1'"),
        ({"admins": ["U1", 7]}, "The setting “admins” cannot be 7"),
        ({"admins": ["U1", ""]}, "The setting “admins” cannot be ''"),
        ({"admins": ["U"] * 1000}, "The setting “admins” cannot be "),
        ({"admin_role": "x" * 1000}, "The setting “admin_role” cannot be "),
        ({"language": "de", "private_replies": []}, "The setting “private_replies” cannot be []"),
    ],
)
async def test_wrong_settings_are_refused_in_one_sentence_and_nothing_changes(
    service: Service, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(WorkspaceSettingsError) as refused:
        await service.change_settings(ADMIN, changes)
    assert str(refused.value).startswith(said)
    assert len(str(refused.value)) < 500
    assert "\n" not in str(refused.value)
    assert await service.settings(ADMIN) == WorkspaceSettings()


async def test_a_setting_of_another_version_is_left_alone(service: Service, index: Index) -> None:
    await index.ledger.change_settings("slack:T1", {"colour": "red", "language": "ja"})
    await service.change_settings(ADMIN, {"private_replies": True})
    assert await service.settings(ADMIN) == WorkspaceSettings(language="ja", private_replies=True)
    assert (await index.ledger.settings("slack:T1"))["colour"] == "red"


# The audit


async def test_every_change_is_written_down_done_refused_or_failed(service: Service, tmp_path: Path) -> None:
    paths = [str(path) for path in news(tmp_path / "news", 5)]
    await service.add(OPERATOR, paths)
    await service.add(OPERATOR, [paths[0], str(tmp_path / "missing.md")])
    await service.add(ADMIN, [REFUSED])
    await service.remove(OPERATOR, [paths[0], "nothing"])
    await service.remove(ADMIN, ["nothing"])
    with pytest.raises(PermissionDeniedError):
        await service.add(MEMBER, ["https://example.org/a"])
    with pytest.raises(WorkspaceSettingsError):
        await service.change_settings(ADMIN, {"colour": "red"})
    await service.change_settings(ADMIN, {"log_questions": True, "admins": ["U1"]})
    with pytest.raises(CatalogueError):
        await service.remove_product(OPERATOR, "no-such")
    assert await outcomes(service) == [
        ("add articles", f"{', '.join(paths[:3])} and 2 more", "done: 5 added"),
        ("add articles", f"{paths[0]}, {tmp_path}/missing.md", "done: 1 unchanged, 1 failed"),
        ("add articles", REFUSED, "failed: 1 failed"),
        ("remove articles", f"{paths[0]}, nothing", "done: 1 removed"),
        ("remove articles", "nothing", "failed: 0 removed"),
        ("add articles", "https://example.org/a", "refused: PermissionDeniedError"),
        ("change settings", "colour", "failed: WorkspaceSettingsError"),
        ("change settings", "admins, log_questions", "done: log_questions = True"),
        ("remove product", "no-such", "failed: CatalogueError"),
    ]
    line = (await service.audit(OPERATOR))[5]
    assert (line.at, line.platform, line.workspace, line.user, line.scope) == (NOON, "slack", "T1", "U2", "slack:T1")


async def test_a_bug_and_an_interruption_are_written_down_too(service: Service, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(index, "remove", broken)
    with pytest.raises(RuntimeError):
        await service.remove(OPERATOR, ["a"])

    async def slow(*_: object, **__: object) -> None:
        started.set()
        await asyncio.sleep(3600)

    started = asyncio.Event()
    monkeypatch.setattr(index, "remove", slow)
    removing = asyncio.create_task(service.remove(OPERATOR, ["b"]))
    await started.wait()
    assert (await outcomes(service))[-1] == ("remove articles", "b", "begun")
    removing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await removing
    assert [outcome for _, _, outcome in await outcomes(service)] == ["failed", "stopped"]


async def test_no_question_and_no_secret_is_in_the_audit(service: Service, data: Path) -> None:
    await service.change_settings(ADMIN, {"log_questions": True})
    await service.ask(ADMIN, "Whose s3cret is this?")
    await service.add(
        ADMIN, ["http://me:s3cret@127.0.0.1:1/a?token=s3cret#s3cret", "http://s3cret@127.0.0.1:1", "HTTP://127.0.0.1:1/?s3cret"]
    )
    with pytest.raises(PermissionDeniedError):
        await service.add(ADMIN, ["ftp://me:s3cret@example.org/a"])
    await service.remove(ADMIN, ["https://a@s3cret@example.org/b/c?k=s3cret, https://example.org/?s3cret"])
    with pytest.raises(ShipdateError):
        await service.change_settings(ADMIN, {"language": "s3cret"})
    lines = await service.audit(OPERATOR)
    assert "s3cret" not in repr(lines)
    assert [line.subject for line in lines[1:4]] == [
        "http://127.0.0.1:1/a, http://127.0.0.1:1, HTTP://127.0.0.1:1/",
        "ftp://example.org/a",
        "https://example.org/b/c https://example.org/",
    ]


async def test_long_subjects_are_cut(service: Service) -> None:
    await service.remove(OPERATOR, ["x" * 100_000] * 10)
    ((_, subject, _),) = await outcomes(service)
    assert subject is not None
    assert len(subject) < 2000


async def test_everybody_sees_the_audit_of_what_they_manage(service: Service, clock: Clock) -> None:
    for caller, shared in ((ADMIN, False), (OTHER_ADMIN, False), (OWNER, True), (OPERATOR, False), (ADMIN, True), (MEMBER, False)):
        clock.at += timedelta(hours=1)
        with suppress(PermissionDeniedError):
            await service.remove(caller, [f"{caller.user}"], shared=shared)

    async def subjects(caller: Caller, *arguments: Any, **options: Any) -> list[str | None]:
        return [line.subject for line in await service.audit(caller, *arguments, **options)]

    assert await subjects(OPERATOR) == ["U1", "U1", "7", "root", "U1", "U2"]
    assert await subjects(ADMIN) == ["U1", "U2"]
    assert await subjects(OTHER_ADMIN) == ["U1"]
    assert await subjects(OWNER, shared=True) == ["7", "root", "U1"]
    assert await subjects(OPERATOR, NOON + timedelta(hours=5)) == ["U1", "U2"]
    assert await subjects(OPERATOR, last=1) == ["U2"]
