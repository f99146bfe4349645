"""Deleting everything of a person or of a workspace, and counting what is left: in the database, and in the copies of it that
restores have kept in the data folder. Backups that somebody put elsewhere are theirs to replace.

Each step is a transaction of its own; after a power cut the same can be done again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot import platforms
from bot.platforms import Person, Workspace
from index import BackupError, keeping_data, open_index, restore_copies, rewriting_copy

if TYPE_CHECKING:
    from bot.settings import Settings
    from index import Index, Ledger


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted of somebody, and what a count found afterwards.

    Attributes:
        deleted, remaining: kind of thing to how many.
        unreadable: copies that may hold more of it, which nobody can tell.
    """

    deleted: Mapping[str, int]
    remaining: Mapping[str, int]
    unreadable: Sequence[Path] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is left."""
        return not any(self.remaining.values())


async def forget(whom: Person | Workspace, index: Index, settings: Settings) -> Forgotten:
    """Delete everything of a person or a workspace.

    Args:
        settings: with which the index was opened.

    Raises:
        BusyError: another process is writing, or has been reading for long.
        DataError: there is no room to write a copy again.
    """
    data = index.database.folder
    async with keeping_data(data):
        pass  # a restore that was at work is done: it would bring back what was forgotten meanwhile
    forgotten = await _forget(whom, index)
    async with keeping_data(data):
        copies = [(copy, await _forget_in(copy, whom, settings)) for copy in restore_copies(data)]
    if not copies:
        return forgotten
    changed = sum(any(inside.deleted.values()) for _, inside in copies if inside)
    left = sum(not (inside and inside.complete) for _, inside in copies)
    unreadable = [copy for copy, inside in copies if inside is None]
    return Forgotten({**forgotten.deleted, "copies": changed}, {**forgotten.remaining, "copies": left}, unreadable)


async def _forget_in(copy: Path, whom: Person | Workspace, settings: Settings) -> Forgotten | None:
    """What was deleted in a copy; None where it is too damaged for that."""
    try:
        async with rewriting_copy(copy) as folder, open_index(settings.model_copy(update={"data": folder})) as index:
            return await _forget(whom, index)
    except BackupError:
        return None


async def _forget(whom: Person | Workspace, index: Index) -> Forgotten:
    """In the index, and what the platform keeps itself."""
    platform = platforms.find(whom.platform)
    if platform is None:
        return await _forget_in_index(whom, index)
    deleted = await platform.forget(whom, index.database)  # first: what comes after it empties the database's log
    forgotten = await _forget_in_index(whom, index)
    remaining = await platform.remains(whom, index.database)
    return Forgotten({**forgotten.deleted, **deleted}, {**forgotten.remaining, **remaining})


async def _forget_in_index(whom: Person | Workspace, index: Index) -> Forgotten:
    return await (_forget_person(whom, index.ledger) if isinstance(whom, Person) else _forget_workspace(whom, index))


async def _forget_person(person: Person, ledger: Ledger) -> Forgotten:
    where = (person.platform, person.workspace, person.user)
    named = await _admins_with(person, ledger)
    for scope, admins in named.items():
        await ledger.change_settings(scope, {"admins": [user for user in admins if user != person.user]})
    deleted = {**await ledger.forget_user(*where), "settings": len(named)}
    return Forgotten(deleted, {**await ledger.user_remains(*where), "settings": len(await _admins_with(person, ledger))})


async def _admins_with(person: Person, ledger: Ledger) -> Mapping[str, Sequence[str]]:
    """The admins whom a workspace's settings name, by scope, where this person is among them."""
    found: dict[str, Sequence[str]] = {}
    for scope, admins in (await ledger.settings_everywhere("admins")).items():
        platform, _, workspace = scope.partition(":")
        if platform == person.platform and person.workspace in (None, workspace) and person.user in admins:
            found[scope] = admins
    return found


async def _forget_workspace(workspace: Workspace, index: Index) -> Forgotten:
    where = (workspace.scope, workspace.platform, workspace.id)
    in_ledger = await index.ledger.forget_workspace(*where)  # first, so that nobody's question is logged meanwhile
    deleted = {**await index.forget(workspace.scope), **in_ledger}
    return Forgotten(deleted, {**await index.remains(workspace.scope), **await index.ledger.workspace_remains(*where)})
