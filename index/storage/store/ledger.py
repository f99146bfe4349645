"""What is kept about people and workspaces: the audit, the questions that were logged, the settings.

Who may do what, and what the settings mean, is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from index.model.audit import Audited, Logged
from index.storage.store.database import Database
from index.storage.store.exchanges import delete_older, of_user, votes_of_user
from index.storage.store.retention import beyond
from index.storage.store.schema import audit, exchanges, questions, settings, votes
from index.text.sanitize import storable

AUDIT_LIMIT, REFUSED_LIMIT, QUESTIONS_LIMIT = 10_000, 1000, 20_000
"""The most lines of one workspace: of what was done or tried, of what was refused, of what was asked."""

_BETWEEN = 500  # lines of the audit from one look whether they are too many to the next

_DATED = (audit, questions, exchanges)
_SETTINGS = "SELECT name, value FROM settings WHERE scope = ?"


class Ledger:
    """What is kept about people and workspaces: the audit, the log of questions, and the settings of workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun = 0

    # The audit

    async def begin(self, line: Audited) -> int:
        """Write down that something begins, so that a power cut cannot hide it; returns its number for :meth:`finish`."""
        self._begun += 1
        if self._begun % _BETWEEN == 0:
            await self.limit_audit()
        async with self._database.writing() as connection:
            made = await connection.execute(insert(audit).values(_row(line)))
            number: int = made.inserted_primary_key[0]  # type: ignore[index]
            return number

    async def finish(self, number: int, outcome: str) -> None:
        """Write down what became of it."""
        async with self._database.writing() as connection:
            await connection.execute(update(audit).where(audit.c.id == number).values(outcome=outcome))

    async def limit_audit(self, before: datetime | None = None) -> None:
        """Delete the lines from before a moment, and those that are too many of one workspace.

        Lines of acts that were refused are counted by themselves: however often somebody tries what they may not, what was done stays.
        """
        refused = audit.c.outcome.startswith("refused")
        async with self._database.writing() as connection:
            if before is not None:
                await connection.execute(delete(audit).where(audit.c.at < before.timestamp()))
            for most, only in ((REFUSED_LIMIT, refused), (AUDIT_LIMIT, ~refused)):
                await connection.execute(beyond(audit, most, audit.c.platform, audit.c.workspace, only=only))

    async def audited(self, *, scope: str | None = None, since: datetime | None = None, last: int | None = None) -> Sequence[Audited]:
        """The audit, oldest first.

        Args:
            scope: about which scope; None: about all.
            last: how many lines at most, the newest; None: all.
        """
        query = select(audit).order_by(audit.c.id.desc()).limit(last)
        if scope is not None:
            query = query.where(audit.c.scope == scope)
        if since is not None:
            query = query.where(audit.c.at >= since.timestamp())
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            Audited(**{name: row[name] for name in Audited.__slots__} | {"at": datetime.fromtimestamp(row["at"], UTC)})
            for row in reversed(rows)
        ]

    # Questions

    async def log(self, line: Logged) -> None:
        """Keep a question, soon: whoever asked does not wait for that."""
        await self._database.soon(self._log(line))

    async def _log(self, line: Logged) -> None:
        async with self._database.writing() as connection:
            await connection.execute(insert(questions).values(_row(line)))

    async def expire(self, before: datetime, *, now: datetime) -> int:
        """Delete the questions that were asked before a moment, and those that are too many of one workspace; returns how many."""
        async with self._database.writing() as connection:
            old = await delete_older(connection, questions, before, now)
            surplus = await connection.execute(beyond(questions, QUESTIONS_LIMIT, questions.c.platform, questions.c.workspace))
            return old + surplus.rowcount

    async def last_moment(self, now: datetime) -> datetime | None:
        """When anything was written down last, up to now; None where nothing was."""
        newest = [select(func.max(table.c.at)).where(table.c.at <= now.timestamp()).scalar_subquery() for table in _DATED]
        async with self._database.reading() as connection:
            moments = [moment for moment in (await connection.execute(select(*newest))).one() if moment is not None]
        return datetime.fromtimestamp(max(moments), UTC) if moments else None

    # Settings

    async def settings(self, scope: str) -> Mapping[str, Any]:
        """What a scope has set: name to value."""
        return {name: json.loads(value) for name, value in await self._database.fetch(_SETTINGS, scope)}

    async def settings_everywhere(self, name: str) -> Mapping[str, Any]:
        """What every scope that has set it has set ``name`` to: scope to value."""
        async with self._database.reading() as connection:
            found = await connection.execute(select(settings.c.scope, settings.c.value).where(settings.c.name == name))
            return {scope: json.loads(value) for scope, value in found}

    async def change_settings(self, scope: str, changes: Mapping[str, Any]) -> None:
        """Set these, and leave the others as they are. One transaction."""
        async with self._database.writing() as connection:
            for name, value in changes.items():
                row = upsert(settings).values(scope=scope, name=name, value=json.dumps(value, ensure_ascii=False))
                await connection.execute(row.on_conflict_do_update(index_elements=["scope", "name"], set_={"value": row.excluded.value}))

    # Forgetting

    async def forget_user(self, platform: str, workspace: str | None, user: str) -> Mapping[str, int]:
        """Delete the questions, answers and votes of one person; their lines of the audit keep the act but lose the user.

        Args:
            workspace: where the id is theirs; None where the platform's ids are the same everywhere.

        Returns:
            how many rows of each table were deleted or changed.

        Raises:
            BusyError: it is done, but another process that is reading keeps traces on the disk.
        """
        async with self._database.writing() as connection:
            asked = await connection.execute(delete(questions).where(_of_user(questions, platform, workspace, user)))
            acted = await connection.execute(update(audit).where(_of_user(audit, platform, workspace, user)).values(user=None))
            voted = await connection.execute(delete(votes).where(votes_of_user(platform, workspace, user)))
            answered = await connection.execute(delete(exchanges).where(of_user(platform, workspace, user)))
        await self._database.empty_log()
        return {"questions": asked.rowcount, "exchanges": answered.rowcount, "votes": voted.rowcount, "audit": acted.rowcount}

    async def user_remains(self, platform: str, workspace: str | None, user: str) -> Mapping[str, int]:
        """How many rows of each table name a person."""
        named = {table: _of_user(table, platform, workspace, user) for table in (questions, audit)}
        own = {exchanges: of_user(platform, workspace, user), votes: votes_of_user(platform, workspace, user)}
        return await self._count(named | own)

    async def forget_workspace(self, scope: str, platform: str, workspace: str) -> Mapping[str, int]:
        """Delete all of a workspace, and the audit of its scope; what its people did elsewhere loses their names.

        Returns:
            how many rows of each table were deleted or changed.
        """
        async with self._database.writing() as connection:
            asked = await connection.execute(delete(questions).where(_of_workspace(questions, platform, workspace)))
            chosen = await connection.execute(delete(settings).where(settings.c.scope == scope))
            answered = await connection.execute(delete(exchanges).where(_of_workspace(exchanges, platform, workspace)))
            acted = await connection.execute(delete(audit).where(audit.c.scope == scope))
            elsewhere = await connection.execute(
                update(audit).where(_of_workspace(audit, platform, workspace)).values(workspace=None, user=None)
            )
            return {
                "settings": chosen.rowcount,
                "questions": asked.rowcount,
                "exchanges": answered.rowcount,
                "audit": acted.rowcount + elsewhere.rowcount,
            }

    async def workspace_remains(self, scope: str, platform: str, workspace: str) -> Mapping[str, int]:
        """How many rows of each table are a workspace's, or name it."""
        return await self._count(
            {
                settings: settings.c.scope == scope,
                questions: _of_workspace(questions, platform, workspace),
                exchanges: _of_workspace(exchanges, platform, workspace),
                audit: or_(audit.c.scope == scope, _of_workspace(audit, platform, workspace)),
            }
        )

    async def _count(self, wanted: Mapping[Table, ColumnElement[bool]]) -> Mapping[str, int]:
        async with self._database.reading() as connection:
            return {
                table.name: (await connection.execute(select(func.count()).select_from(table).where(which))).scalar_one()
                for table, which in wanted.items()
            }


def _row(line: Audited | Logged) -> dict[str, object]:
    said = {name: getattr(line, name) for name in line.__slots__}
    return {name: storable(value) if isinstance(value, str) else value for name, value in said.items()} | {"at": line.at.timestamp()}


def _of_workspace(table: Table, platform: str, workspace: str) -> ColumnElement[bool]:
    return and_(table.c.platform == platform, table.c.workspace == workspace)


def _of_user(table: Table, platform: str, workspace: str | None, user: str) -> ColumnElement[bool]:
    """Rows outside of all workspaces are theirs, too: an id that could be somebody else's there is better forgotten than kept."""
    named = and_(table.c.platform == platform, table.c.user == user)
    return named if workspace is None else and_(named, or_(table.c.workspace == workspace, table.c.workspace.is_(None)))
