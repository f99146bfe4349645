"""Who somebody is: what Slack says of them, asked once in five minutes."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakValueDictionary

from cachetools import TTLCache
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.service.permissions import Caller

KEPT = 300.0
"""Seconds for which it is remembered who administers a workspace, and who speaks what."""

_MOST = 10_000
_GUEST = ("is_restricted", "is_ultra_restricted", "is_stranger")  # of several channels, of one, and of a channel that is shared


class People:
    """Everybody who has asked something of late."""

    def __init__(self) -> None:
        self._known: TTLCache[tuple[str, str], Caller, float] = TTLCache(_MOST, KEPT)
        self._asking: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def caller(self, client: AsyncWebClient, team: str, user: str) -> Caller:
        """Somebody in a workspace. Whoever Slack tells nothing about is a guest, and administers nothing, until it is asked again."""
        async with self._asking.setdefault((team, user), asyncio.Lock()):
            known = self._known.get((team, user))
            if known is None:
                known = await _ask(client, team, user)
                if known is None:
                    return Caller("slack", workspace=team, user=user, guest=True)
                self._known[team, user] = known
            return known


async def _ask(client: AsyncWebClient, team: str, user: str) -> Caller | None:
    try:
        told: dict[str, Any] = (await client.users_info(user=user, include_locale=True))["user"]
    except SlackApiError:
        return None
    home = {told.get("team_id", team), *told.get("enterprise_user", {}).get("teams", ())}
    member = team in home and not any(told.get(sign) for sign in _GUEST)
    locale = str(told.get("locale") or "")[:2].lower()
    return Caller(
        "slack",
        workspace=team,
        user=user,
        admin=member and bool(told.get("is_admin") or told.get("is_owner")),  # strangers in a shared channel administer their own
        guest=not member,
        languages=(locale,) if locale else (),
    )
