"""Where the app is installed: slack_sdk's own store, in the project's database, whose migrations make its tables.

The tokens in them are encrypted where ``SHIPDATE_KEY`` is set. That somebody is on the way of installing it is stored nowhere:
anybody may begin that, as often as they like.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import structlog
from cachetools import TTLCache
from cryptography.fernet import Fernet, InvalidToken
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from sqlalchemy import Column, MetaData, String, Table, delete, func, select, update
from sqlalchemy.types import TypeDecorator

from bot.on_slack.manifest import SCOPES
from bot.service.encryption import Seal, SealError, is_closed
from bot.settings import Settings
from index import BusyError, Database, look_up_rows

_STATE = 600  # seconds in which somebody may consent
_STATES = 10_000  # that were used, and are remembered until then
_SECRET = ("bot_token", "bot_refresh_token", "user_token", "user_refresh_token", "incoming_webhook_url")
_METADATA = MetaData()
_BOTS = AsyncSQLAlchemyInstallationStore.build_bots_table(_METADATA, AsyncSQLAlchemyInstallationStore.default_bots_table_name)
_INSTALLATIONS = AsyncSQLAlchemyInstallationStore.build_installations_table(
    _METADATA, AsyncSQLAlchemyInstallationStore.default_installations_table_name
)
_TABLES = (_BOTS, _INSTALLATIONS)

log = structlog.get_logger(__name__)


def oauth_settings(settings: Settings, database: Database, api_url: str) -> AsyncOAuthSettings:
    """How workspaces install the app by themselves, and where that is kept.

    Raises:
        SealError: ``SHIPDATE_KEY`` is no key.
    """
    made = AsyncOAuthSettings(
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
        scopes=SCOPES,
        user_scopes=[],
        installation_store=_Store(settings.slack_client_id, database, Seal.of(settings.shipdate_key)),
        installation_store_bot_only=True,
        state_store=_States(settings.slack_client_secret),
        state_expiration_seconds=_STATE,
        authorization_url=urljoin(api_url, "/oauth/v2/authorize"),
    )
    made.authorize.cache_enabled = True  # type: ignore[attr-defined]  # whose a token is never changes; whether it is there is asked each time
    return made


class _Sealed(TypeDecorator[str]):
    """A text that is stored sealed, by whatever statement."""

    impl = String
    cache_ok = False

    def __init__(self, seal: Seal) -> None:
        super().__init__()
        self._seal = seal

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else self._seal.close(value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else self._seal.open(value)


class _Store(AsyncSQLAlchemyInstallationStore):
    """slack_sdk's, with sealed tokens, and with the newest installation of each workspace alone: the others are never used."""

    def __init__(self, client_id: str, database: Database, seal: Seal) -> None:
        super().__init__(client_id, database.engine)
        self._database = database
        for table in (self.bots, self.installations):
            for column in _secret_columns(table):
                column.type = _Sealed(seal)

    async def async_save(self, installation: Installation) -> None:
        await super().async_save(installation)
        await self._keep_newest(self.installations, installation.enterprise_id, installation.team_id)

    async def async_save_bot(self, bot: Bot) -> None:
        await super().async_save_bot(bot)
        await self._keep_newest(self.bots, bot.enterprise_id, bot.team_id)

    async def _keep_newest(self, table: Table, enterprise: str | None, team: str | None) -> None:
        said = {"client_id": self.client_id, "enterprise_id": enterprise, "team_id": team}
        same = [table.c[name].is_not_distinct_from(value) for name, value in said.items()]
        newest = select(table.c.id).where(*same).order_by(table.c.installed_at.desc(), table.c.id.desc()).limit(1).scalar_subquery()
        async with self._database.writing() as connection:
            await connection.execute(delete(table).where(*same, table.c.id != newest))


class _States(AsyncOAuthStateStore):
    """By which it is known that somebody who comes back with Slack's consent began here, a while ago, and for the first time.

    A state is its own proof, signed and dated, and not stored: else everybody who asks for the first page would make it grow.
    """

    def __init__(self, client_secret: str) -> None:
        self._signing = Fernet(base64.urlsafe_b64encode(sha256(f"oauth state\n{client_secret}".encode()).digest()))
        self._used: TTLCache[str, bool] = TTLCache(_STATES, _STATE)

    async def async_issue(self, *_: object, **__: object) -> str:
        return self._signing.encrypt(secrets.token_bytes(16)).decode().rstrip("=")  # which cookies and queries would have to quote

    async def async_consume(self, state: str) -> bool:
        if state in self._used:
            return False
        try:
            self._signing.decrypt(state + "=" * (-len(state) % 4), _STATE)
        except (InvalidToken, TypeError, ValueError):
            return False
        self._used[state] = True
        return True


# Keys that come and go


async def renew(database: Database, seal: Seal) -> None:
    """Encrypt the tokens that were stored before there was a key, or with an older one; the log tells of those that no key opens."""
    lost: set[str] = set()
    renewed = 0
    async with database.writing() as connection:
        for table in _TABLES:
            for row in (await connection.execute(select(table))).mappings().all():
                try:
                    stored = {column.name: row[column.name] for column in _secret_columns(table) if row[column.name] is not None}
                    now = {name: seal.renewed(value) for name, value in stored.items()}
                except SealError:
                    lost.add(row["team_id"] or row["enterprise_id"])
                    continue
                if now != stored:
                    await connection.execute(update(table).where(table.c.id == row["id"]).values(now))
                    renewed += 1
    if renewed:
        with suppress(BusyError):  # whoever reads for long keeps them in the write-ahead log, until the next start at the latest
            await database.empty_log()
        log.info("stored tokens were encrypted", rows=renewed)
    if lost:
        log.error(_LOST, workspaces=", ".join(sorted(lost)))


_LOST = (
    "SHIPDATE_KEY is not the key that the tokens of some workspaces were encrypted with; set it back, or, "
    "where it is lost, have them install the app again"
)


@dataclass(frozen=True, slots=True)
class AtRest:
    """How many tokens are stored, and how.

    Attributes:
        plain: as they are.
        sealed: encrypted with one of the keys.
        lost: encrypted with a key that is not there.
    """

    plain: int = 0
    sealed: int = 0
    lost: int = 0


def at_rest(data: Path, seal: Seal) -> AtRest:
    """How tokens are stored in a data folder, which is only read.

    Raises:
        DataError: it cannot be read.
    """
    rows = [row for table in _TABLES for row in look_up_rows(data, str(select(*_secret_columns(table))))]
    return _counted((value for row in rows for value in row if value is not None), seal)


def _counted(stored: Iterable[str], seal: Seal) -> AtRest:
    counts: dict[str, int] = {"plain": 0, "sealed": 0, "lost": 0}
    for value in stored:
        try:
            seal.open(value)
            counts["sealed" if is_closed(value) else "plain"] += 1
        except SealError:
            counts["lost"] += 1
    return AtRest(**counts)


def _secret_columns(table: Table) -> list[Column[Any]]:
    return [table.c[name] for name in _SECRET if name in table.c]


# Forgetting


async def forget(database: Database, team: str, user: str | None = None) -> int:
    """Delete the installations in a workspace, or those of one person there, whose bot stays; returns how many rows."""
    async with database.writing() as connection:
        deleted = [await connection.execute(delete(table).where(*which)) for table, which in _of(team, user)]
    return sum(done.rowcount for done in deleted)


async def remains(database: Database, team: str, user: str | None = None) -> int:
    """How many rows there are."""
    async with database.reading() as connection:
        counted = [await connection.execute(select(func.count()).select_from(table).where(*which)) for table, which in _of(team, user)]
    return sum(count.scalar_one() for count in counted)


def _of(team: str, user: str | None) -> list[tuple[Table, tuple[Any, ...]]]:
    installed = _INSTALLATIONS.c.team_id == team
    if user is not None:
        return [(_INSTALLATIONS, (installed, _INSTALLATIONS.c.user_id == user))]
    return [(_INSTALLATIONS, (installed,)), (_BOTS, (_BOTS.c.team_id == team,))]
