"""Who somebody is: what Slack says of them, asked once in five minutes."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakValueDictionary

from cachetools import TTLCache
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.permissions import Caller

KEPT = 300.0
"""Seconds for which it is remembered who administers a workspace, and who speaks what."""

_MOST = 10_000


class People:
    """Everybody who has asked something of late."""

    def __init__(self) -> None:
        self._known: TTLCache[tuple[str, str], Caller, float] = TTLCache(_MOST, KEPT)
        self._asking: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def caller(self, client: AsyncWebClient, team: str, user: str) -> Caller:
        """Somebody in a workspace. Whoever Slack tells nothing about administers nothing, until it is asked the next time."""
        async with self._asking.setdefault((team, user), asyncio.Lock()):
            known = self._known.get((team, user))
            if known is None:
                known = await _ask(client, team, user)
                if known is None:
                    return Caller("slack", workspace=team, user=user)
                self._known[team, user] = known
            return known


async def _ask(client: AsyncWebClient, team: str, user: str) -> Caller | None:
    try:
        told: dict[str, Any] = (await client.users_info(user=user, include_locale=True))["user"]
    except SlackApiError:
        return None
    home = {told.get("team_id", team), *told.get("enterprise_user", {}).get("teams", ())}
    locale = str(told.get("locale") or "")[:2].lower()
    return Caller(
        "slack",
        workspace=team,
        user=user,
        admin=team in home and bool(told.get("is_admin") or told.get("is_owner")),  # guests of a shared channel administer their own
        languages=(locale,) if locale else (),
    )
