"""A Discord of the tests' own over real HTTP and WebSockets on loopback: as much of it as it takes to log in, connect and be answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

BOT = {"id": "100", "username": "shipdate", "discriminator": "0", "avatar": None, "bot": True}
ANN = {"id": "7", "username": "ann", "discriminator": "0", "avatar": None}
TOKEN = "MTAw.good.token"
CHANNEL = "50"

APPLICATION = {
    **{"id": "100", "name": "Shipdate", "icon": None, "description": "", "bot_public": True, "bot_require_code_grant": False},
    **{"summary": "", "verify_key": "", "flags": 0, "owner": ANN, "team": None, "rpc_origins": []},
}
EMPTY = {
    **{"type": 0, "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False, "mention_everyone": False},
    **{"pinned": False, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "components": []},
}
"""What every message has."""


@dataclass
class Gateway:
    """The server.

    Attributes:
        base: its REST base.
        identified, resumed: what clients said when they connected, in order.
        sent: the messages that the bot wrote, in order.
        told: how often it was told of commands.
        commands: those that it was told of.
        refuses: whether a client that identifies with these intents is refused.
    """

    base: str = ""
    identified: list[dict[str, Any]] = field(default_factory=list)
    resumed: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    told: int = 0
    commands: list[dict[str, Any]] = field(default_factory=list)
    refuses: Callable[[int], bool] = lambda _intents: False
    _sockets: list[web.WebSocketResponse] = field(default_factory=list)
    _events: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, text: str) -> None:
        """Ann writes to the bot in private."""
        self._events += 1
        message = {**EMPTY, "id": str(1000 + self._events), "channel_id": CHANNEL, "channel_type": 1, "author": ANN, "content": text}
        await self._sockets[-1].send_json({"op": 0, "t": "MESSAGE_CREATE", "s": self._events + 1, "d": message})

    async def drop(self) -> None:
        """Lose the connection."""
        await self._sockets[-1].close(code=1001)

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for something that clients do."""
        while not reached():
            self._changed.clear()
            await self._changed.wait()

    async def rest(self, request: web.Request) -> web.StreamResponse:
        """Whatever is asked at the REST base."""
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            return _json({"message": "401: Unauthorized", "code": 0}, 401)
        said = await request.json() if request.can_read_body else None
        found = self._answer(request.method, request.path.removeprefix("/api/v10"), said)
        self._changed.set()
        return _json({"message": "Unknown", "code": 0}, 404) if found is None else _json(found)

    def _answer(self, method: str, path: str, said: Any) -> Any:
        match method, path:
            case "GET", "/users/@me":
                return BOT
            case "GET", "/oauth2/applications/@me":
                return APPLICATION
            case "GET", "/gateway/bot":
                limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
                return {"url": self._ws, "shards": 1, "session_start_limit": limit}
            case "PUT", "/applications/100/commands":
                self.told += 1
                self.commands = [{"id": str(900 + at), "application_id": "100", "description": "", **one} for at, one in enumerate(said)]
        if path.endswith("/commands"):
            return self.commands
        if path.endswith("/messages"):
            self.sent.append(said)
            return {**EMPTY, **said, "id": str(2000 + len(self.sent)), "channel_id": CHANNEL, "author": BOT, "content": ""}
        return {} if path.endswith("/typing") else None

    async def connect(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "t": None, "s": None, "d": {"heartbeat_interval": 45000}})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            said = message.json()
            if said["op"] == 2:
                self.identified.append(said["d"])
                if self.refuses(said["d"]["intents"]):
                    await socket.close(code=4014)
                    break
                self._sockets.append(socket)
                ready = {"v": 10, "user": BOT, "guilds": [], "session_id": "s", "resume_gateway_url": self._ws}
                known = {"shard": said["d"].get("shard", [0, 1]), "application": {"id": "100", "flags": 0}}
                await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": {**ready, **known}})
            elif said["op"] == 6:
                self.resumed.append(said["d"])
                self._sockets.append(socket)
                await socket.send_json({"op": 0, "t": "RESUMED", "s": said["d"]["seq"], "d": {}})
            elif said["op"] == 1:
                await socket.send_json({"op": 11, "t": None, "s": None, "d": None})
            self._changed.set()
        return socket

    @property
    def _ws(self) -> str:
        return self.base.replace("http", "ws").replace("/api/v10", "/gateway")


def _json(said: Any, status: int = 200) -> web.Response:
    """As Discord sends it: discord.py knows JSON by this very type."""
    return web.Response(body=json.dumps(said).encode(), status=status, headers={"Content-Type": "application/json"})


@asynccontextmanager
async def serving() -> AsyncIterator[Gateway]:
    """One on a free port."""
    gateway = Gateway()
    app = web.Application()
    app.router.add_get("/gateway/", gateway.connect)
    app.router.add_get("/gateway", gateway.connect)
    app.router.add_route("*", "/api/v10/{path:.*}", gateway.rest)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway.base = f"http://127.0.0.1:{runner.addresses[0][1]}/api/v10"
    try:
        yield gateway
    finally:
        await runner.cleanup()
