"""Where the app is installed: slack_sdk's own stores, in the project's database.

Their tables are made by its migrations; tokens in them are as safe as the data folder, which only its owner can open.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from sqlalchemy import MetaData, Table, delete, func, select

from bot.on_slack.manifest import SCOPES
from bot.settings import Settings
from index.storing.database import Database

_STATE = 600  # seconds in which somebody may consent
_METADATA = MetaData()
_BOTS = AsyncSQLAlchemyInstallationStore.build_bots_table(_METADATA, AsyncSQLAlchemyInstallationStore.default_bots_table_name)
_INSTALLATIONS = AsyncSQLAlchemyInstallationStore.build_installations_table(
    _METADATA, AsyncSQLAlchemyInstallationStore.default_installations_table_name
)


def oauth_settings(settings: Settings, database: Database, api_url: str) -> AsyncOAuthSettings:
    """How workspaces install the app by themselves, and where that is kept."""
    made = AsyncOAuthSettings(
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
        scopes=SCOPES,
        user_scopes=[],
        installation_store=AsyncSQLAlchemyInstallationStore(settings.slack_client_id, database.engine),
        installation_store_bot_only=True,
        state_store=AsyncSQLAlchemyOAuthStateStore(_STATE, database.engine),
        state_expiration_seconds=_STATE,
        authorization_url=urljoin(api_url, "/oauth/v2/authorize"),
    )
    made.authorize.cache_enabled = True  # type: ignore[attr-defined]  # whose a token is never changes; whether it is there is asked each time
    return made


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
