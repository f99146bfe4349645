"""HTTP mode: signed requests at one address, several workspaces by OAuth, and what is refused."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
import pytest_asyncio

from bot.on_slack import create_app, installations
from bot.platforms import Workspace
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from index.api import Index
from tests.bot.on_slack.conftest import Bot, running, settings_for
from tests.bot.server.test_run import free_port
from tests.support.slack import (
    ALICE,
    BOT,
    OTHER_TEAM,
    SECRET,
    TEAM,
    Front,
    LocalSlack,
    deliver,
    event_body,
    eventually,
    find_action,
    fronted,
    local_slack,
    message_event,
    signed,
    texts,
)

pytestmark = pytest.mark.model

WHO = "Who in Hollywood is testing Sora?"


@pytest_asyncio.fixture(scope="module")
async def address() -> str:
    return f"127.0.0.1:{free_port()}"


@pytest_asyncio.fixture(scope="module")
async def http_bot(address: str, slack_index: Index, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    """Shipdate in another workspace, to which Slack sends requests."""
    folder = tmp_path_factory.mktemp("http")
    async with local_slack(folder, OTHER_TEAM, f"http://{address}/slack/events") as slack, fronted(slack) as front:
        settings = settings_for(slack, front, slack_index._context.settings.data, slack_http=address, slack_signing_secret=SECRET)
        async with running(slack, front, Service(slack_index, settings), settings) as made:
            yield made


async def post(address: str, body: str, headers: dict[str, str], path: str = "/slack/events") -> int:
    url, content = f"http://{address}{path}", io.BytesIO(body.encode())  # aiohttp warns of large bodies in one piece
    async with aiohttp.ClientSession() as session, session.post(url, data=content, headers=headers) as answer:
        return answer.status


async def test_events_commands_and_buttons_arrive_as_signed_requests(http_bot: Bot) -> None:
    room = http_bot.slack.room()
    await http_bot.slack.write(room, f"<@{BOT}> {WHO}")
    (answered,) = await http_bot.slack.said(room)
    assert "Kutcher" in texts(answered)
    await http_bot.slack.command(room, "/sora-status")
    _, told = await http_bot.slack.said(room, 2)
    assert "*Sora*" in texts(told)
    await http_bot.slack.click(room, answered, find_action(answered, "feedback:good"))
    *_, thanked = await http_bot.slack.said(room, 3)
    assert "👍 1" in thanked["text"]


async def test_two_workspaces_keep_to_themselves(bot: Bot, http_bot: Bot, room: str) -> None:
    upload = {"secret.md": b"Quicksilver 9 will ship on 4 May 2027, says its maker. Only this workspace knows."}
    await http_bot.service.add(http_bot.admin, [], uploads=upload)
    there, question = http_bot.slack.room(), f"<@{BOT}> When will Quicksilver 9 ship?"
    for one, channel in ((http_bot, there), (bot, room)):
        await one.slack.write(channel, question)
    assert "4 May 2027" in (await http_bot.slack.said(there))[0]["text"]
    assert "4 May 2027" not in (await bot.slack.said(room))[0]["text"]


async def test_forged_and_stale_requests_are_refused(http_bot: Bot, address: str) -> None:
    room = http_bot.slack.room()
    body = json.dumps(event_body(message_event(room, f"<@{BOT}> {WHO}", "9200000000.000001"), team=OTHER_TEAM))
    assert await post(address, body, signed("another secret", body)) == 401
    assert await post(address, body, signed(SECRET, body, at=int(time.time()) - 600)) == 401
    assert await post(address, body, signed(SECRET, body, at=int(time.time()) + 600)) == 401
    assert await post(address, body.replace("Hollywood", "Bollywood"), signed(SECRET, body)) == 401
    assert await post(address, body, {"Content-Type": "application/json"}) == 401
    assert not [one for one in await http_bot.slack.messages(room) if one["user"] == BOT]
    assert await post(address, body, signed(SECRET, body)) == 200
    await http_bot.slack.said(room)


async def test_a_body_of_ten_megabytes_is_refused(address: str, http_bot: Bot) -> None:
    body = "x" * 10_000_000
    assert await post(address, body, signed(SECRET, body)) == 413
    assert http_bot.standing.problem is None


@pytest.mark.parametrize("body", ["{", "[" * 100_000, "{" + '"a":{' * 50_000, "payload=%7B", "\x00"])
async def test_what_cannot_be_read_is_refused_without_ado(address: str, http_bot: Bot, body: str) -> None:
    kind = "application/x-www-form-urlencoded" if body.startswith("payload") else "application/json; charset=utf-8"
    assert await post(address, body, {"Content-Type": kind}) in (400, 401)
    assert await post(address, body, {"Content-Type": "application/json; charset=nonsense"}) in (400, 401)


async def test_nothing_else_is_served(address: str, http_bot: Bot) -> None:
    assert await post(address, "", {}, "/") == 404
    assert await post(address, "", {}, "/slack/install") == 404
    async with aiohttp.ClientSession() as session, session.get(f"http://{address}/slack/events") as answer:
        assert answer.status == 405


async def test_slacks_retries_are_answered_once(http_bot: Bot, address: str) -> None:
    room = http_bot.slack.room()
    body = json.dumps(event_body(message_event(room, f"<@{BOT}> {WHO}", "9200000001.000001"), team=OTHER_TEAM))
    retries = [{"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_timeout"} for number in range(1, 4)]
    statuses = await asyncio.gather(*(post(address, body, {**signed(SECRET, body), **retry}) for retry in [{}, *retries]))
    assert statuses == [200] * 4
    await http_bot.slack.write(room, f"<@{BOT}> When will Sora ship?")
    assert len(await http_bot.slack.said(room, 2)) == 2


async def test_the_address_is_verified(http_bot: Bot, address: str) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "unused"})
    url, headers = f"http://{address}/slack/events", signed(SECRET, body)
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        assert "abc" in await answer.text()


async def test_a_slow_encoder_is_acknowledged_in_time(http_bot: Bot, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    room, go = http_bot.slack.room(), asyncio.Event()
    real = http_bot.service.ask

    async def slow(*args: Any, **said: Any) -> Any:
        await go.wait()
        return await real(*args, **said)

    monkeypatch.setattr(http_bot.service, "ask", slow)
    form = {"command": "/ask", "text": WHO, "team_id": OTHER_TEAM, "channel_id": room, "user_id": ALICE, "trigger_id": "slow.1"}
    for body, kind in (
        (json.dumps(event_body(message_event(room, f"<@{BOT}> {WHO}", "9200000002.000001"), team=OTHER_TEAM)), "application/json"),
        (urlencode(form), "application/x-www-form-urlencoded"),
    ):
        assert await post(address, body, {**signed(SECRET, body), "Content-Type": kind}) == 200  # though nothing is answered yet
    assert not [one for one in await http_bot.slack.messages(room) if one["user"] == BOT]
    go.set()
    assert len(await http_bot.slack.said(room, 2)) == 2


# Too much, and too soon


async def test_a_429_is_honoured(http_bot: Bot) -> None:
    room = http_bot.slack.room()
    too_much = aiohttp.web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"})
    http_bot.front.once["chat.postMessage"].append(too_much)
    begun = time.monotonic()
    await http_bot.slack.write(room, f"<@{BOT}> {WHO}")
    assert "Kutcher" in (await http_bot.slack.said(room))[0]["text"]
    assert time.monotonic() - begun >= 1
    assert len(http_bot.front.called("chat.postMessage")) >= 2


async def test_a_server_that_knows_fewer_blocks_gets_what_it_knows(http_bot: Bot, slack_index: Index) -> None:
    room = http_bot.slack.room()
    http_bot.front.known -= {"rich_text"}
    app = create_app(http_bot.settings, http_bot.service)
    await deliver(app, event_body(message_event(room, f"<@{BOT}> {WHO}", "9200000003.000001"), team=OTHER_TEAM))
    http_bot.front.known |= {"rich_text"}
    (said,) = await http_bot.slack.said(room)
    assert said["blocks"][0]["text"]["text"].startswith(">")


async def test_slack_itself_gets_its_own_feedback_buttons(slack_index: Index) -> None:
    async with fronted(None) as front:
        front.answers["auth.test"] = {"ok": True, "user_id": BOT, "bot_id": "B0BOT", "team_id": TEAM}
        front.answers["users.info"] = {"ok": True, "user": {"id": ALICE, "team_id": TEAM}}
        front.answers["chat.postMessage"] = {"ok": True, "channel": "C1", "ts": "1.2"}
        settings = Settings(slack_bot_token="xoxb-1", slack_signing_secret=SECRET, slack_api_url="https://slack.com/api")
        app = create_app(settings, Service(slack_index, settings))
        app.client.base_url = front.url
        await deliver(app, event_body(message_event("C1", f"<@{BOT}> {WHO}", "9200000004.000001")))
        (call,) = front.called("chat.postMessage")
        (feedback,) = [block for block in call["blocks"] if block["type"] == "context_actions"]
        assert feedback["elements"][0]["type"] == "feedback_buttons"


# Several workspaces


@asynccontextmanager
async def installable(index: Index, address: str) -> AsyncIterator[tuple[Bot, Front]]:
    """Shipdate that workspaces install by themselves; the Web API is only the front."""
    async with fronted(None) as front:
        slack = LocalSlack(0, TEAM, aiohttp.ClientSession())
        settings = Settings(
            data=index._context.settings.data,
            slack_client_id="111.222",
            slack_client_secret="the client secret",
            slack_signing_secret=SECRET,
            slack_http=address,
            slack_api_url=front.url,
        )
        front.answers["users.info"] = {"ok": True, "user": {"id": ALICE, "team_id": TEAM}}
        front.answers["chat.postMessage"] = {"ok": True, "channel": "C1", "ts": "1.2"}
        try:
            async with running(slack, front, Service(index, settings), settings) as made:
                yield made, front
        finally:
            await slack._session.close()


async def install(front: Front, address: str, team: str) -> tuple[int, str]:
    """Go the whole way of somebody who installs the app in a workspace; returns how it ends."""
    bot = {"user_id": BOT, "bot_id": "B0BOT", "team_id": team, "url": "https://x.slack.com/"}
    front.answers["auth.test"] = {"ok": True, **bot}
    front.once["oauth.v2.access"].append(
        {
            "ok": True,
            "app_id": "A01APP",
            "access_token": f"xoxb-{team}",
            "token_type": "bot",
            "scope": "chat:write",
            "bot_user_id": BOT,
            "team": {"id": team, "name": team},
            "enterprise": None,
            "authed_user": {"id": ALICE},
            "is_enterprise_install": False,
        }
    )
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        async with session.get(f"http://{address}/slack/install") as page:
            cookie: SimpleCookie = page.cookies
            (link,) = [part.split('"')[0] for part in (await page.text()).split('href="')[1:] if "oauth/v2/authorize" in part]
        state = parse_qs(urlsplit(link.replace("&amp;", "&")).query)["state"][0]
        headers = {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in cookie.items())}
        async with session.get(f"http://{address}/slack/oauth_redirect", params={"code": "c", "state": state}, headers=headers) as done:
            return done.status, await done.text()


async def test_workspaces_install_the_app_use_it_and_take_it_out(slack_index: Index) -> None:
    address, index = f"127.0.0.1:{free_port()}", slack_index
    async with installable(index, address) as (_, front):

        async def answered() -> bool:
            return bool(front.called("chat.postMessage"))

        async def cleaned() -> bool:
            return not any([await installations.remains(index.database, team) for team in ("T0ONE", "T0TWO")])

        for team in ("T0ONE", "T0TWO"):
            status, page = await install(front, address, team)
            assert status == 200, page
            assert await installations.remains(index.database, team) == 2
        body = json.dumps(event_body(message_event("C1", f"<@{BOT}> {WHO}", "9200000005.000001"), team="T0TWO"))
        assert await post(address, body, signed(SECRET, body)) == 200
        assert await eventually(answered)
        gone = event_body({"type": "app_uninstalled"}, team="T0ONE", id_="EvGone")
        revoked = event_body({"type": "tokens_revoked", "tokens": {"bot": [BOT], "oauth": [ALICE]}}, team="T0TWO", id_="EvRevoked")
        for one in (json.dumps(gone), json.dumps(revoked)):
            assert await post(address, one, signed(SECRET, one)) == 200
        assert await eventually(cleaned)


async def test_a_state_that_was_not_given_out_installs_nothing(slack_index: Index) -> None:
    address = f"127.0.0.1:{free_port()}"
    async with installable(slack_index, address), aiohttp.ClientSession() as session:
        headers = {"Cookie": "slack-app-oauth-state=made-up"}
        async with session.get(f"http://{address}/slack/oauth_redirect", params={"code": "c", "state": "made-up"}, headers=headers) as done:
            assert done.status in (400, 401)


async def test_a_forgotten_workspace_has_no_tokens_left(slack_index: Index) -> None:
    address = f"127.0.0.1:{free_port()}"
    async with installable(slack_index, address) as (made, front):
        await install(front, address, "T0GONE")
        forgotten = await made.service.forget(Caller.operator(), Workspace.named("slack:T0GONE"))
    assert forgotten.deleted["installations"] == 2
    assert forgotten.remaining["installations"] == 0
    assert forgotten.complete
    assert b"xoxb-T0GONE" not in stored(slack_index._context.settings.data)


def stored(data: Path) -> bytes:
    """All that the database has on the disk."""
    return b"".join(path.read_bytes() for path in data.glob("shipdate.sqlite*"))
