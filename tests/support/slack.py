"""A Slack on this machine: a server that Slack's libraries take for the real one, and a front that adds what it lacks."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from filelock import FileLock
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.models.blocks import Block
from slack_sdk.signature import SignatureVerifier

from tests.bot.server.test_run import free_port
from tests.support.articles import ROOT

PATIENCE = 60  # seconds, on the slowest machine
PACKAGE = "local-slack-linux-x64@0.1.8"
_HOME = ROOT / ".local-slack"
_PROGRAM = _HOME / "node_modules" / "local-slack-linux-x64" / "bin" / "local-slack"

BOT, ALICE, BOB, ADMIN, OWNER = "U0BOT", "U01ALICE", "U02BOB", "U03ADMIN", "U04OWNER"
TEAM, OTHER_TEAM = "T01TEST", "T02OTHER"
SECRET = "the signing secret of the tests"
KNOWN = {"section", "context", "actions", "divider", "header", "input", "rich_text", "context_actions", "image"}


def program() -> Path:
    """The server, fetched once."""
    npm = shutil.which("npm")
    if not _PROGRAM.exists():
        if npm is None:
            pytest.skip("npm is not here, which fetches the local Slack")
        _HOME.mkdir(exist_ok=True)
        with FileLock(_HOME / ".lock"):
            if not _PROGRAM.exists():
                command = [npm, "install", "--prefix", str(_HOME), "--no-audit", "--no-fund", "--no-save", PACKAGE]
                subprocess.run(command, check=True, capture_output=True, timeout=300)
    return _PROGRAM


async def eventually(look: Callable[[], Awaitable[Any]], patience: float = PATIENCE) -> Any:
    """What is seen as soon as something is."""
    until = time.monotonic() + patience
    while True:
        seen = await look()
        if seen:
            return seen
        assert time.monotonic() < until, "it never came"
        await asyncio.sleep(0.03)


class LocalSlack:
    """One workspace, with one app."""

    def __init__(self, port: int, team: str, session: aiohttp.ClientSession) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.team = team
        self._session = session
        self._rooms = itertools.count()

    def room(self) -> str:
        """A channel that nobody has used yet."""
        return f"C{next(self._rooms):04}"

    async def _control(self, path: str, **body: Any) -> Any:
        async with self._session.post(f"{self.base}/_control/{path}", json=body) as answer:
            told = await answer.json()
            assert told["ok"], told
            return told

    async def write(self, channel: str, text: str, *, user: str = ALICE, thread: str | None = None) -> str:
        """Somebody writes; returns the message's ts. A user in the channel's place: a direct message to the bot."""
        told = await self._control("message", channel=channel, user=user, text=text, **({"thread_ts": thread} if thread else {}))
        ts: str = told["message"]["ts"]
        return ts

    async def direct(self, user: str) -> str:
        """The channel of somebody's direct messages with the bot."""
        await self._control("open-home", user=user)
        async with self._session.get(f"{self.base}/_control/state") as answer:
            channels = (await answer.json())["channels"]
        found: str = next(one["id"] for one in channels if one["is_im"] and user in one["members"])
        return found

    async def command(self, channel: str, command: str, text: str = "", *, user: str = ALICE) -> None:
        await self._control("command", channel=channel, user=user, command=command, text=text)

    async def click(self, channel: str, message: Mapping[str, Any], action: Mapping[str, Any], *, user: str = ALICE) -> None:
        await self._control("interact", channel=channel, messageTs=message["ts"], user=user, action=action)

    async def edit(self, channel: str, ts: str, text: str, *, user: str = ALICE) -> None:
        await self._control("edit-message", channel=channel, ts=ts, user=user, text=text)

    async def delete(self, channel: str, ts: str, *, user: str = ALICE) -> None:
        await self._control("delete-message", channel=channel, ts=ts, user=user)

    async def open_home(self, user: str = ALICE) -> None:
        await self._control("open-home", user=user)

    async def messages(self, channel: str) -> list[dict[str, Any]]:
        async with self._session.get(f"{self.base}/_control/messages/{channel}") as answer:
            found: list[dict[str, Any]] = (await answer.json())["messages"]
            return found

    async def said(self, channel: str, count: int = 1) -> list[dict[str, Any]]:
        """What the bot has said, once it has said so much."""

        async def look() -> list[dict[str, Any]] | None:
            own = [one for one in await self.messages(channel) if one["user"] == BOT]
            return own if len(own) >= count else None

        found: list[dict[str, Any]] = await eventually(look)
        return found

    async def act(self, **action: Any) -> None:
        """Something that only the web page can do: ``t`` is ``block_action`` in a view, ``view_submit`` ..."""
        async with self._session.ws_connect(f"{self.base}/ui") as page:
            await page.receive()
            await page.send_json(action)
            await asyncio.sleep(0)
            await self._session.get(f"{self.base}/_control/state")

    async def page(self) -> dict[str, Any]:
        """What the web page shows: ``modalStack``, ``homeViews`` ..."""
        async with self._session.ws_connect(f"{self.base}/ui") as page:
            state: dict[str, Any] = json.loads((await page.receive()).data)["state"]
            return state


@asynccontextmanager
async def local_slack(
    folder: Path, team: str = TEAM, request_url: str | None = None, rooms: Sequence[str] = tuple(f"room-{number}" for number in range(150))
) -> AsyncIterator[LocalSlack]:
    """A workspace of the tests' own; by Socket Mode, unless there is an address to send requests to."""
    people = {ALICE: "alice", BOB: "bob", ADMIN: "ada", OWNER: "owen"}
    app = {
        "appId": "A01APP",
        "botUserId": BOT,
        "botName": "shipdate",
        "botToken": f"xoxb-{team}",
        "appToken": f"xapp-{team}",
        "signingSecret": SECRET,
        **({"mode": "events", "requestUrl": request_url} if request_url else {"mode": "socket"}),
    }
    config = {
        "workspace": {"name": "Test Workspace", "domain": "test", "teamId": team},
        "app": app,
        "users": [{"id": id_, "name": name, "real_name": name.title()} for id_, name in people.items()],
        "channels": [{"id": f"C{number:04}", "name": name, "members": [BOT, *people]} for number, name in enumerate(rooms)]
        + [{"id": "C_WITHOUT", "name": "without", "members": [*people]}],
    }
    file = folder / f"{team}.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    port = free_port()
    command = [str(program()), "--config", str(file), "--port", str(port), "--base-host", "127.0.0.1"]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        async with aiohttp.ClientSession() as session:
            made = LocalSlack(port, team, session)

            async def up() -> bool:
                try:
                    async with session.get(f"{made.base}/_control/state") as answer:
                        return answer.status == 200
                except aiohttp.ClientError:
                    return False

            await eventually(up)
            yield made
    finally:
        process.kill()
        await process.wait()


Answer = Mapping[str, Any] | web.Response | Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | web.Response | None]]


class Front:
    """Stands before the Web API of a local Slack, knows who administers it, and answers what it cannot.

    Attributes:
        people: what ``users.info`` says beside the rest, by user.
        answers: what methods answer instead; None from a function: as the server does.
        once: the same, for the next call only, in order.
        calls: every call, in order: method and arguments.
        known: the types of blocks that it takes.
    """

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {ADMIN: {"is_admin": True}, OWNER: {"is_owner": True}}
        self.answers: dict[str, Answer] = {}
        self.once: dict[str, list[Answer]] = defaultdict(list)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.known = set(KNOWN)
        self.url = ""
        self._slack: LocalSlack | None = None
        for method in ("setStatus", "setTitle", "setSuggestedPrompts"):
            self.answers[f"assistant.threads.{method}"] = {"ok": True}

    def called(self, method: str) -> list[dict[str, Any]]:
        """The arguments of all calls of a method."""
        return [arguments for one, arguments in self.calls if one == method]

    async def handle(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append((method, arguments))
        if refused := self._judge(arguments):
            return web.json_response({"ok": False, "error": refused})
        answer = self.once[method].pop(0) if self.once[method] else self.answers.get(method)
        if callable(answer):
            answer = await answer(arguments)
        if isinstance(answer, web.Response):
            return answer
        if answer is not None:
            return web.json_response(answer)
        return await self._forward(request, method, arguments)

    def _judge(self, arguments: Mapping[str, Any]) -> str | None:
        """Refuse, as Slack does, what is beyond the limits or unknown."""
        view = arguments.get("view") or {}
        blocks = arguments.get("blocks") or view.get("blocks") or []
        if {block["type"] for block in blocks} - self.known:
            return "invalid_blocks"
        check_blocks(blocks, most=100 if view else 50)
        return None

    async def _forward(self, request: web.Request, method: str, arguments: Mapping[str, Any]) -> web.Response:
        assert self._slack is not None
        headers = {"Authorization": request.headers.get("Authorization", "")}
        async with self._slack._session.post(f"{self._slack.base}/api/{method}", json=arguments, headers=headers) as answer:
            told = await answer.json()
        if method == "users.info" and told["ok"]:
            told["user"] |= {"locale": "en-US", **self.people.get(str(arguments.get("user")), {})}
        return web.json_response(told)


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        made: dict[str, Any] = await request.json()
        return made
    given = {**request.query, **(await request.post())}
    return {name: json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value for name, value in given.items()}


@asynccontextmanager
async def fronted(slack: LocalSlack | None) -> AsyncIterator[Front]:
    """A front, at ``front.url``."""
    front = Front()
    front._slack = slack
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/api/{method}", front.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    front.url = f"http://127.0.0.1:{port}/api/"
    try:
        yield front
    finally:
        await runner.cleanup()


def check_blocks(blocks: Sequence[Mapping[str, Any]], *, most: int = 50) -> None:
    """Assert Slack's limits, by slack_sdk's own rules and those that it leaves to the server."""
    assert 0 < len(blocks) <= most or not blocks
    for block in blocks:
        parsed = Block.parse(dict(block))
        assert parsed is not None, block
        parsed.validate_json()
        _check_element(block)


_LIMITS = {"action_id": 255, "block_id": 255, "value": 2000, "accessibility_label": 75, "private_metadata": 3000, "callback_id": 255}


def _check_element(element: Any) -> None:
    if isinstance(element, Sequence) and not isinstance(element, str):
        for one in element:
            _check_element(one)
    if not isinstance(element, Mapping):
        return
    for name, limit in _LIMITS.items():
        assert len(str(element.get(name) or "")) <= limit, (name, element)
    kind, text = element.get("type"), element.get("text")
    if kind in ("plain_text", "mrkdwn"):
        assert 0 < len(element["text"]) <= 3000
    if kind == "button":
        assert 0 < len(text["text"]) <= 75
    if kind == "actions":
        assert 0 < len(element["elements"]) <= 25
        assert len({one["action_id"] for one in element["elements"]}) == len(element["elements"])
    if kind == "context":
        assert 0 < len(element["elements"]) <= 10
    if "options" in element:
        assert 0 < len(element["options"]) <= 100
        assert all(0 < len(one["text"]["text"]) <= 75 and 0 < len(one["value"]) <= 150 for one in element["options"])
    for value in element.values():
        _check_element(value)


def texts(message: Mapping[str, Any]) -> str:
    """All that a message's blocks say."""

    def walk(element: Any) -> list[str]:
        if isinstance(element, Mapping):
            own = [element["text"]] if isinstance(element.get("text"), str) else []
            return own + [text for value in element.values() for text in walk(value)]
        if isinstance(element, list):
            return [text for one in element for text in walk(one)]
        return []

    return "\n".join(walk(message.get("blocks") or message.get("view", {}).get("blocks") or []))


def find_action(message: Mapping[str, Any], action_id: str) -> dict[str, Any]:
    """An element of a message that can be acted on, as an action."""

    def walk(element: Any) -> list[Mapping[str, Any]]:
        if isinstance(element, Mapping):
            own = [element] if element.get("action_id") == action_id else []
            return own + [found for value in element.values() for found in walk(value)]
        if isinstance(element, list):
            return [found for one in element for found in walk(one)]
        return []

    found = walk(message.get("blocks") or [])
    assert found, f"no {action_id} in {json.dumps(message, ensure_ascii=False)[:3000]}"
    return {name: found[0].get(name) for name in ("type", "action_id", "value")}


async def deliver(app: AsyncApp, body: Mapping[str, Any], *, wait: bool = True) -> BoltResponse:
    """Give the app what Slack would send over its socket, and wait until it is handled."""
    answered: BoltResponse = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=dict(body)))
    if wait:
        await idle()
    return answered


async def idle() -> None:
    """Until all that Bolt has started has ended."""

    def working() -> list[asyncio.Task[Any]]:
        return [task for task in asyncio.all_tasks() if "run_ack_function_asynchronously" in str(task.get_coro())]

    while tasks := working():
        await asyncio.wait(tasks, timeout=PATIENCE)


def event_body(event: Mapping[str, Any], *, team: str = TEAM, id_: str = "Ev1") -> dict[str, Any]:
    """What Slack sends when something happens."""
    authorized = {"enterprise_id": None, "team_id": team, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}
    return {
        "token": "unused",
        "team_id": team,
        "api_app_id": "A01APP",
        "event": dict(event),
        "type": "event_callback",
        "event_id": id_,
        "event_time": int(time.time()),
        "authorizations": [authorized],
        "is_ext_shared_channel": False,
    }


def message_event(channel: str, text: str, ts: str, *, user: str = ALICE, **more: Any) -> dict[str, Any]:
    """A message as an event."""
    return {"type": "message", "channel": channel, "user": user, "text": text, "ts": ts, "event_ts": ts, "channel_type": "channel", **more}


def signed(secret: str, body: str, *, at: int | None = None) -> dict[str, str]:
    """The headers by which Slack's requests are known."""
    moment = str(int(time.time()) if at is None else at)
    signature = SignatureVerifier(secret).generate_signature(timestamp=moment, body=body)
    return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": str(signature), "Content-Type": "application/json"}
