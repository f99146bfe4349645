"""Who asks: what Slack says of them, asked once in five minutes; and in which words they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

from cachetools import LRUCache, TTLCache
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.on_slack.send import Poster, Talk
from bot.presentation.replies import words_for
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.wording import Wording

KEPT = 300.0
"""Seconds for which it is remembered who administers a workspace, and who speaks what."""

_MOST = 10_000  # people, and channels that are shared with other organisations
_BRIEF = 2  # words: so few tell little of a question's language
_GUEST = ("is_restricted", "is_ultra_restricted", "is_stranger")  # of several channels, of one, and of a channel that is shared


class Callers:
    """Those who use what is listened to."""

    def __init__(self, service: Service, poster: Poster) -> None:
        self._service = service
        self._poster = poster
        self._people = People()
        self._shared: LRUCache[str, bool] = LRUCache(_MOST)  # channels, as messages there tell; commands and buttons do not

    def talk(self, context: AsyncBoltContext, body: Mapping[str, Any]) -> Talk:
        """The way back to whoever sent this."""
        talk = Talk(self._poster, context, body)
        if talk.channel and talk.shared:
            self._shared[talk.channel] = True
        elif talk.channel and talk.shared is None:
            talk.shared = self._shared.get(talk.channel)
        elif talk.channel:
            self._shared.pop(talk.channel, None)
        return talk

    async def caller(self, talk: Talk) -> Caller:
        """Who it is. Where another organisation reads along, whoever asks is told what may be told to its people."""
        caller = await self._people.caller(talk.client, talk.team, talk.user)
        return replace(caller, guest=True) if talk.shared else caller

    async def words(self, caller: Caller, question: str = "", language: str | None = None) -> Wording:
        """In which words somebody is answered."""
        brief = len(question.split()) <= _BRIEF and question.isascii()
        return words_for(caller, await self._service.settings(caller), language, brief=brief)


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
        profile: dict[str, Any] = (await client.users_info(user=user, include_locale=True))["user"]
    except SlackApiError:
        return None
    home = {profile.get("team_id", team), *profile.get("enterprise_user", {}).get("teams", ())}
    member = team in home and not any(profile.get(sign) for sign in _GUEST)
    locale = str(profile.get("locale") or "")[:2].lower()
    return Caller(
        "slack",
        workspace=team,
        user=user,
        admin=member and bool(profile.get("is_admin") or profile.get("is_owner")),  # strangers in a shared channel administer their own
        guest=not member,
        languages=(locale,) if locale else (),
    )
