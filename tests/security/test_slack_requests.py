"""What strangers can make the bot do in Slack by requests that Slack has not signed: nothing; and what Slack's own cannot."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import settings as searching
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncApp, AsyncRespond
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.state import RetryState

from bot.on_slack import create_app
from bot.on_slack.commands import _AS_OF, _LAST, _split
from bot.on_slack.escape import asked
from bot.on_slack.send import retry_handlers
from bot.on_slack.signatures import Verification
from bot.server.listen_address import parse_address
from bot.service.service import Service
from bot.settings import Settings
from index import open_index
from index.api import Index
from tests.bot.on_slack.conftest import running
from tests.bot.server.test_run import free_port
from tests.support.slack import ALICE, BOT, SECRET, TEAM, Front, LocalSlack, deliver, event_body, fronted, idle, message_event, signed
from tests.support.strangers import SOON, crowd_at, logged

pytestmark = pytest.mark.model

WHO = "Who in Hollywood is testing Sora?"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@pytest_asyncio.fixture(scope="module")
async def index(samples: Index, samples_data: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Index]:
    """The sample articles, beside which exchanges are kept here."""
    folder = tmp_path_factory.mktemp("slack-requests") / "data"
    copytree(samples_data, folder)
    async with open_index(Settings(data=folder)) as made:
        yield made


@pytest_asyncio.fixture(scope="module")
async def module_front() -> AsyncIterator[Front]:
    """A Web API that knows Alice and takes every message."""
    async with fronted(None) as made:
        made.answers["auth.test"] = {"ok": True, "user_id": BOT, "bot_id": "B0BOT", "team_id": TEAM}
        made.answers["users.info"] = {"ok": True, "user": {"id": ALICE, "team_id": TEAM}}
        made.answers["chat.postMessage"] = {"ok": True, "channel": "C1", "ts": "1.2"}
        made.answers["chat.postEphemeral"] = {"ok": True, "message_ts": "1.2"}
        yield made


@dataclass
class Elsewhere:
    """A web server that is not Slack's, and what was sent to it."""

    url: str
    visits: list[str] = field(default_factory=list)


@pytest_asyncio.fixture(scope="module")
async def elsewhere() -> AsyncIterator[Elsewhere]:
    async def visited(request: web.Request) -> web.Response:
        made.visits.append(await request.text())
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", visited)
    async with TestServer(app, host="localhost") as server:
        made = Elsewhere(f"http://localhost:{server.port}/hook")
        yield made


@pytest.fixture(scope="module")
def settings(index: Index, module_front: Front) -> Settings:
    return Settings(
        data=index._context.settings.data,
        slack_bot_token="xoxb-1",
        slack_signing_secret=SECRET,
        slack_api_url=module_front.url,
        slack_http=f"127.0.0.1:{free_port()}",
        user_rate=10_000,
        workspace_rate=10_000,
    )


@pytest_asyncio.fixture(scope="module")
async def module_app(index: Index, settings: Settings) -> AsyncApp:
    return create_app(settings, Service(index, settings))


@pytest.fixture
def app(module_app: AsyncApp, front: Front) -> AsyncApp:
    """The app, as people get it who serve it themselves."""
    return module_app


@pytest.fixture
def front(module_front: Front, elsewhere: Elsewhere) -> Front:
    """The Web API, which nobody has called yet."""
    module_front.calls.clear()
    module_front.once.clear()
    elsewhere.visits.clear()
    return module_front


@pytest_asyncio.fixture(scope="module")
async def module_address(index: Index, settings: Settings, module_front: Front) -> AsyncIterator[str]:
    async with (
        aiohttp.ClientSession() as session,
        running(LocalSlack(0, TEAM, session), module_front, Service(index, settings), settings),
    ):
        yield settings.slack_http


@pytest.fixture
def address(module_address: str, front: Front) -> str:
    """Where ``shipdate serve`` takes Slack's requests."""
    return module_address


async def post(address: str, body: bytes | str, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Status and body of what is answered, headers being sent as they are, in UTF-8."""
    content = body.encode() if isinstance(body, str) else body
    fields = {"Host": "x", "Connection": "close", "Content-Length": str(len(content)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    async with crowd_at(parse_address(address, "SLACK_HTTP")) as crowd:
        client = await crowd.open(f"POST /slack/events HTTP/1.1\r\n{head}\r\n".encode() + content)
        told, _, answer = (await client.answer()).partition(b"\r\n\r\n")
        return int(told.split()[1]), answer


def command_of(text: str = WHO, *, response_url: str | None = None, trigger: str = "1.1", command: str = "/ask") -> str:
    """A slash command's body."""
    made = {"command": command, "text": text, "team_id": TEAM, "channel_id": "C1", "user_id": ALICE, "trigger_id": trigger}
    return urlencode(made | ({"response_url": response_url} if response_url else {}))


def headers_of(body: str, kind: str = FORM) -> dict[str, str]:
    """As Slack signs it."""
    return {**signed(SECRET, body), "Content-Type": kind}


def called(front: Front) -> list[str]:
    return [method for method, _ in front.calls]


# Nobody has signed it

NOW = str(int(time.time()))
WRONG = f"v0={'0' * 64}"
FORGED = [
    {},
    {"X-Slack-Request-Timestamp": "", "X-Slack-Signature": WRONG},
    {"X-Slack-Request-Timestamp": "abc", "X-Slack-Signature": WRONG},
    {"X-Slack-Request-Timestamp": "1.5", "X-Slack-Signature": WRONG},
    {"X-Slack-Request-Timestamp": "-1", "X-Slack-Signature": WRONG},
    {"X-Slack-Request-Timestamp": "1e9", "X-Slack-Signature": WRONG},
    {"X-Slack-Request-Timestamp": "nan", "X-Slack-Signature": WRONG},
    {"X-Slack-Request-Timestamp": "1_0", "X-Slack-Signature": WRONG},
    {"X-Slack-Request-Timestamp": "٣", "X-Slack-Signature": WRONG},
    {"X-Slack-Request-Timestamp": "9" * 5000, "X-Slack-Signature": WRONG},
    {"X-Slack-Request-Timestamp": NOW, "X-Slack-Signature": WRONG},
    {"X-Slack-Request-Timestamp": NOW, "X-Slack-Signature": ""},
    {"X-Slack-Request-Timestamp": NOW, "X-Slack-Signature": "v0=é"},
    {"X-Slack-Request-Timestamp": NOW, "X-Slack-Signature": f"v0={'٣' * 64}"},
    {"X-Slack-Request-Timestamp": NOW},
    {"X-Slack-Signature": WRONG},
]


def bodies(url: str) -> dict[str, tuple[str, str]]:
    """What somebody might send who wants the bot to act, or to write much of it into the log."""
    event = json.dumps(event_body(message_event("C1", f"<@{BOT}> {WHO}", "9300000000.000001")))
    pressed = {"type": "block_actions", "response_url": url, "team": {"id": TEAM}, "user": {"id": ALICE}, "channel": {"id": "C1"}}
    return {
        "command": (command_of(response_url=url), FORM),
        "event": (event, JSON),
        "button": (urlencode({"payload": json.dumps(pressed | {"actions": [{"action_id": "delete", "value": "1"}]})}), FORM),
        "null": ("null", JSON),
        "list": ("[]", JSON),
        "number": ("1", JSON),
        "string": ('"x"', JSON),
        "broken": ("{", JSON),
        "deep": ("[" * 10_000, JSON),
        "nothing": ("", FORM),
        "ssl_check": ("ssl_check=1&token=x", FORM),
        "challenge": (json.dumps({"type": "url_verification", "challenge": "abc"}), JSON),
        "uninstalled": (json.dumps(event_body({"type": "app_uninstalled"})), JSON),
        "half characters": ("text=+2AA-", "application/x-www-form-urlencoded; charset=utf-7"),
        "unknown charset": ("text=x", "application/x-www-form-urlencoded; charset=nonsense"),
    }


@pytest.mark.parametrize("name", bodies(""))
async def test_an_unsigned_request_is_refused_and_calls_nothing(address: str, front: Front, elsewhere: Elsewhere, name: str) -> None:
    """Timestamps and signatures that a verifier may stumble over, with bodies that name an address to be called."""
    body, kind = bodies(elsewhere.url)[name]
    for headers in FORGED:
        assert await post(address, body, {**headers, "Content-Type": kind}) == (401, b"")
    await idle()
    assert front.calls == []
    assert elsewhere.visits == []


async def test_the_same_request_signed_is_answered(address: str, front: Front) -> None:
    """Or else the promise above would be an easy one."""
    body = command_of(trigger="signed.1")
    assert (await post(address, body, headers_of(body)))[0] == 200
    await idle()
    assert "Kutcher" in front.called("chat.postMessage")[0]["text"]


async def test_unsigned_requests_write_one_short_line_however_many_come(address: str, front: Front) -> None:
    with logged() as log:
        for body, kind in bodies("http://127.0.0.1:1/").values():
            for headers in FORGED:
                await post(address, body, {**headers, "Content-Type": kind})
    lines = log.getvalue().splitlines()
    assert len(lines) <= 1
    assert all(len(line) < 200 for line in lines)


async def test_300_half_sent_requests_do_not_keep_slacks_own_from_being_answered(address: str, front: Front) -> None:
    body = command_of(command="/unknown")
    async with crowd_at(parse_address(address, "SLACK_HTTP")) as crowd:
        for _ in range(300):
            await crowd.open(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        assert (await post(address, body, headers_of(body)))[0] == 404  # no such command, says whoever has read it


@searching(max_examples=100)
@given(
    headers=st.dictionaries(st.sampled_from(["X-Slack-Request-Timestamp", "x-slack-signature", "Content-Type", "cookie"]), st.text()),
    body=st.one_of(st.text(st.characters()), st.sampled_from([body for body, _ in bodies("http://127.0.0.1:1/").values()])),
    secret=st.sampled_from([SECRET, ""]),
)
async def test_whatever_a_stranger_sends_verification_refuses_it_and_never_fails(headers: dict[str, str], body: str, secret: str) -> None:
    request = AsyncBoltRequest(body="", headers=dict(headers))
    request.raw_body = body
    passed = False

    async def following() -> BoltResponse:
        nonlocal passed
        passed = True
        return BoltResponse(status=200)

    refused = await Verification(secret, "").async_process(req=request, resp=BoltResponse(status=200), next=following)
    assert (refused.status, refused.body, passed) == (401, "", False)


@pytest.mark.parametrize("secret", [SECRET, ""])
async def test_an_app_that_somebody_else_serves_refuses_unsigned_requests_too(
    index: Index, settings: Settings, front: Front, elsewhere: Elsewhere, secret: str
) -> None:
    """Bolt's own web server reads the body first; without a secret, as in Socket Mode, nothing can be signed."""
    app = create_app(settings.model_copy(update={"slack_signing_secret": secret}), Service(index, settings))
    async with TestServer(app.web_app()) as server:
        for body, kind in bodies(elsewhere.url).values():
            for headers in FORGED:
                status, _ = await post(f"127.0.0.1:{server.port}", body, {**headers, "Content-Type": kind})
                assert status in (401, 500)  # 500: that server cannot read it, and nothing has come to the app
    await idle()
    assert front.calls == []
    assert elsewhere.visits == []


async def test_errors_before_the_signature_is_known_make_the_app_say_nothing(
    app: AsyncApp, front: Front, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should verification itself ever fail, the app's error handler does not trust the body either."""

    def fail(*_: object) -> bool:
        raise ValueError("as the library did")

    monkeypatch.setattr("bot.on_slack.signatures.is_signed", fail)
    request = AsyncBoltRequest(body=command_of(response_url=elsewhere.url), headers={"content-type": FORM})
    assert (await app.async_dispatch(request)).status == 401
    assert front.calls == []
    assert elsewhere.visits == []


# Slack has signed it, but the address to answer at is somebody else's


def may_answer_at(url: object, api_url: str = "") -> bool:
    """Whether the app would answer there."""
    request = AsyncBoltRequest(mode="socket_mode", body={"response_url": url})

    async def following() -> BoltResponse:
        return BoltResponse(status=200)

    asyncio.run(Verification("", api_url).async_process(req=request, resp=BoltResponse(status=200), next=following))
    return request.context.response_url is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/commands/1",
        "https://hooks.slack.com:8443/commands/1",
        "https://hooks.slack.com.evil.example/",
        "https://evil.example/https://hooks.slack.com/",
        "https://hooks.slack.com@evil.example/",
        "https://user@hooks.slack.com/",
        "https://evil.example\\@hooks.slack.com/",
        "https://evil.example#@hooks.slack.com/",
        "https://evilslack.com/",
        "https://slack.com.:443/",
        "https://xn--a/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[/",
        "//hooks.slack.com/",
        "file:///etc/passwd",
        "https:hooks.slack.com",
        " https://evil.example",
        "",
        7,
        ["https://hooks.slack.com/"],
        {},
    ],
)
def test_an_address_that_is_not_slacks_is_never_answered_at(url: object) -> None:
    assert not may_answer_at(url)
    assert not may_answer_at(url, "https://slack.example/api")


@pytest.mark.parametrize(
    ("url", "api_url"),
    [
        ("https://hooks.slack.com/commands/T1/2/3", ""),
        ("https://HOOKS.slack.com:443/actions/T1/2/3", ""),
        ("https://hooks.slack-gov.com/app/T1/2/3", "https://slack-gov.com/api"),
        ("http://127.0.0.1:9/x", "http://127.0.0.1:8/api"),
        ("https://chat.example/x", "https://chat.example/api/"),
    ],
)
def test_slacks_own_addresses_are_answered_at(url: str, api_url: str) -> None:
    assert may_answer_at(url, api_url)


@searching(max_examples=200)
@given(
    st.one_of(st.text(), st.builds("https://{}/{}".format, st.text(), st.text()), st.from_regex(r"https?://[\w.@:\\#?-]{1,40}slack\.com.*"))
)
def test_no_address_makes_verification_fail(url: str) -> None:
    may_answer_at(url)


@pytest.mark.parametrize("mode", ["http", "socket_mode"])
async def test_the_answer_goes_to_the_channel_where_the_address_is_not_slacks(
    app: AsyncApp, front: Front, elsewhere: Elsewhere, mode: str
) -> None:
    body = command_of(response_url=elsewhere.url, trigger=f"elsewhere.{mode}")
    if mode == "http":
        await app.async_dispatch(AsyncBoltRequest(body=body, headers=dict(headers_of(body))))
    else:
        command = {"command": "/ask", "text": WHO, "team_id": TEAM, "channel_id": "C1", "user_id": ALICE, "trigger_id": "elsewhere.3"}
        await app.async_dispatch(AsyncBoltRequest(mode=mode, body=command | {"response_url": elsewhere.url}))
    await idle()
    assert "Kutcher" in front.called("chat.postMessage")[0]["text"]
    assert elsewhere.visits == []


async def test_bolts_own_respond_knows_no_other_address_either(
    index: Index, settings: Settings, front: Front, elsewhere: Elsewhere
) -> None:
    app = create_app(settings, Service(index, settings))
    errors: list[Exception] = []

    async def listener(ack: Callable[[], Any], respond: AsyncRespond) -> None:
        await ack()
        try:
            await respond("x")
        except ValueError as error:
            errors.append(error)

    app.command("/other")(listener)
    body = command_of(response_url=elsewhere.url, command="/other")
    assert (await app.async_dispatch(AsyncBoltRequest(body=body, headers=dict(headers_of(body))))).status == 200
    await idle()
    assert errors
    assert elsewhere.visits == []


# Where browsers come


@asynccontextmanager
async def installable(index: Index, front: Front) -> AsyncIterator[str]:
    """The address of a Shipdate that workspaces install by themselves."""
    made = Settings(
        data=index._context.settings.data,
        slack_client_id="111.222",
        slack_client_secret="the client secret",
        slack_signing_secret=SECRET,
        slack_http=f"127.0.0.1:{free_port()}",
        slack_api_url=front.url,
    )
    async with aiohttp.ClientSession() as session, running(LocalSlack(0, TEAM, session), front, Service(index, made), made):
        yield made.slack_http


async def test_the_pages_for_installing_say_nothing_of_a_strangers_and_log_nothing(index: Index, front: Front) -> None:
    """Parameters with markup, with further parameters in them, and very long ones; cookies, bodies and charsets that cannot be read."""
    wrong = ["team=%22%3E%3Cscript%3E", "team=T1%26redirect_uri=https://evil.example", f"team={'x' * 5000}", "team=%00%1b[2J"]
    wrong += ["state=%ff", "state=a&code=%0a%1b", "error=%3Cscript%3Ealert", f"state=a&code={'1' * 3000}"]
    odd = {"Cookie": 'a="; slack-app-oauth-state=é; ;=', "Content-Type": "application/json; charset=nonsense"}
    async with installable(index, front) as address, aiohttp.ClientSession() as session:
        with logged() as log:
            for path in ("install", "oauth_redirect"):
                for query in wrong:
                    async with session.get(f"http://{address}/slack/{path}?{query}", headers=odd, data=b"null") as page:
                        assert (page.status, await page.read()) == (400, b"")
            async with session.get(f"http://{address}/slack/install?team=T1", headers=odd, data=b"null") as page:
                assert page.status == 200
            async with session.get(f"http://{address}/slack/oauth_redirect?state=a&code=b", headers=odd, data=b"null") as page:
                assert page.status == 400
        assert log.getvalue() == ""


# Signed, and long


@pytest.mark.parametrize("text", ["as of ", " ", "as of 2024-01-0", "1", "2024-01-01 ", "<", "<a|", ":", "&lt;", "\n", "<@U1>"])
def test_a_day_at_the_end_of_a_command_is_looked_for_in_linear_time(text: str) -> None:
    """A command's text is read before it is known how much its author has asked already."""
    long = f"x{text * (400_000 // len(text))}x"
    begun = time.process_time()
    for form in (_AS_OF, _LAST):
        _split(form, long)
    asked(long, BOT)
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize(
    ("text", "form", "parts"),
    [
        ("When will Sora ship? as of 2024-12-31", _AS_OF, ("When will Sora ship?", "2024-12-31")),
        ("  Sora ?  AS OF 2024-12-31 \n", _AS_OF, ("Sora ?", "2024-12-31")),
        ("as of 2024-12-31", _AS_OF, ("", "2024-12-31")),
        ("Sora as of 2024-12-31, please", _AS_OF, ("Sora as of 2024-12-31, please", None)),
        ("Texas of 2024-12-31", _AS_OF, ("Texas of 2024-12-31", None)),
        ("Sora  2024-1-2", _LAST, ("Sora", "2024-1-2")),
        ("Sora", _LAST, ("Sora", None)),
    ],
)
def test_a_day_at_the_end_of_a_command_is_still_read(text: str, form: re.Pattern[str], parts: tuple[str, str | None]) -> None:
    assert _split(form, text) == parts


# Connections that break


class Lost(web.Response):
    """Slack has done what it was told, and the connection breaks before it can say so."""

    async def prepare(self, request: web.BaseRequest) -> Any:
        assert request.transport
        request.transport.abort()
        raise ConnectionResetError


def failure(status: int) -> web.Response:
    return web.json_response({"ok": False, "error": "internal_error"}, status=status)


@pytest.mark.parametrize("broken", [Lost, lambda: failure(500), lambda: failure(503), lambda: web.Response(status=502, text="<html>")])
async def test_an_answer_that_may_have_been_posted_is_not_posted_twice(
    app: AsyncApp, front: Front, broken: Callable[[], web.Response]
) -> None:
    front.once["chat.postMessage"] = [broken(), broken(), broken()]
    at = f"{9400000000 + time.monotonic():.6f}"
    await deliver(app, event_body(message_event("C1", f"<@{BOT}> {WHO}", at)))
    assert len(front.called("chat.postMessage")) == 1
    (told,) = front.called("chat.postEphemeral")
    assert told["text"] == "The connection to Slack failed while I wrote to it; if you miss something here, ask again."


async def test_too_much_is_still_tried_again_and_posted_once(app: AsyncApp, front: Front) -> None:
    limited = web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "0"})
    front.once["chat.postMessage"] = [limited]
    await deliver(app, event_body(message_event("C1", f"<@{BOT}> {WHO}", "9400000001.000001")))
    assert "Kutcher" in front.called("chat.postMessage")[-1]["text"]
    assert not front.called("chat.postEphemeral")


@pytest.mark.parametrize(
    ("method", "repeated"),
    [
        ("chat.postMessage", False),
        ("chat.postEphemeral", False),
        ("views.open", False),
        ("oauth.v2.access", False),
        ("files.anything.new", False),
        ("chat.update", True),
        ("users.info", True),
    ],
)
async def test_only_what_does_no_harm_twice_is_repeated(method: str, repeated: bool) -> None:
    async def is_repeated(url: str, error: Exception) -> bool:
        request, state = HttpRequest(method="POST", url=url, headers={}), RetryState()
        return any([await handler.can_retry_async(state=state, request=request, error=error) for handler in retry_handlers()])

    assert await is_repeated(f"https://slack.com/api/{method}", aiohttp.ServerDisconnectedError()) is repeated
    assert not await is_repeated(f"https://hooks.slack.com/commands/{method}/1", aiohttp.ServerDisconnectedError())
    key: Any = aiohttp.client_reqrep.ConnectionKey("x", 1, False, True, None, None, None)
    refused = aiohttp.ClientConnectorError(key, OSError())  # nothing was sent
    assert await is_repeated(f"https://slack.com/api/{method}", refused)


@pytest.mark.parametrize("slow", ["429", "silence", "lost"])
async def test_after_a_restart_an_answer_does_not_wait_for_what_was_asked_before(
    index: Index, settings: Settings, front: Front, slow: str
) -> None:
    """What a thread is about is asked of Slack when it is not remembered any more."""
    thread = f"{9400000100 + time.monotonic():.6f}"
    before = create_app(settings, Service(index, settings))
    await deliver(before, event_body(message_event("C1", f"<@{BOT}> {WHO}", thread)))

    async def silence(_arguments: Mapping[str, Any]) -> None:
        await asyncio.sleep(SOON)

    async def limited(_arguments: Mapping[str, Any]) -> web.Response:
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "60"})

    async def lost(_arguments: Mapping[str, Any]) -> web.Response:
        return Lost()

    answers = {"429": limited, "silence": silence, "lost": lost}
    for method in ("conversations.history", "conversations.replies"):
        front.answers[method] = answers[slow]
    after = create_app(settings, Service(index, settings))
    begun = time.monotonic()
    body = event_body(message_event("C1", f"<@{BOT}> And who else?", f"{float(thread) + 1:.6f}", thread_ts=thread))
    await deliver(after, body)
    assert time.monotonic() - begun < SOON
    assert len(front.called("chat.postMessage")) == 2
    reads = sum(method.startswith("conversations.") for method in called(front))
    assert reads == (2 if slow == "lost" else 1)  # aiohttp itself repeats what only reads, once, when a connection breaks
