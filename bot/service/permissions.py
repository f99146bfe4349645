"""Who asks, and who may do what.

Anyone asks. A workspace's admins manage its articles, feeds and settings. Owners, named by a setting, manage what every
workspace sees. Whoever uses the ``shipdate`` command on the machine may do everything.
"""

from __future__ import annotations

import getpass
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from bot import platforms
from bot.platforms import TERMINAL, NamingError, Person, Workspace
from bot.service.workspace_settings import WorkspaceSettings
from index import EVERYBODY, ShipdateError


class PermissionDeniedError(ShipdateError):
    """Whoever asked may not do this; the text says who may."""


def owners(named: str) -> frozenset[Person]:
    """The people of the setting ``SHIPDATE_OWNERS``.

    Raises:
        NamingError: one of them is not named as it should be.
    """
    try:
        people = frozenset(Person.named(name) for name in named.split(",") if name.strip())
    except NamingError as error:
        raise NamingError(f"SHIPDATE_OWNERS: {error}") from None
    if any(person.platform == TERMINAL for person in people):
        raise NamingError(f"SHIPDATE_OWNERS: whoever uses the terminal may do everything already; name people of {platforms.titles()}.")
    return people


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and where: what a surface knows of it.

    Attributes:
        platform: the name of one of :mod:`bot.platforms`, or ``terminal``.
        workspace: the platform's id of the Discord guild, Slack team or the like; None in a direct message without one, and in the
            terminal.
        user: the platform's id; the name of the account in the terminal.
        admin: whether the platform says that they administer the workspace.
        guest: whether they are no full member of it: its guest, or a member of another one with whom it shares a channel. What such
            callers may see, :meth:`bot.service.policy.Policy.scopes` knows.
        roles: the ids of the roles or groups that they have there.
        languages: theirs, then their workspace's, as far as the platform tells them; ISO 639-1.
    """

    platform: str
    workspace: str | None = None
    user: str | None = None
    admin: bool = False
    guest: bool = False
    roles: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()

    @classmethod
    def operator(cls) -> Caller:
        """Whoever uses the ``shipdate`` command."""
        try:
            return cls(TERMINAL, user=getpass.getuser())
        except (ImportError, KeyError, OSError):  # an account without a name, as in a container
            return cls(TERMINAL)

    @property
    def is_operator(self) -> bool:
        """Whether they sit at the machine itself."""
        return self.platform == TERMINAL

    @property
    def scope(self) -> str:
        """Where what they add belongs: their workspace; the shared scope where there is none."""
        return EVERYBODY if self.is_operator or not self.workspace else Workspace(self.platform, self.workspace).scope

    @property
    def person(self) -> Person | None:
        """Who they are, wherever they are met; None where the platform does not tell."""
        if not self.user:
            return None
        platform = platforms.find(self.platform)
        return Person(self.platform, self.workspace if platform and platform.users_per_workspace else None, self.user)


class Act(StrEnum):
    """What can be done, by the name that the audit gives it."""

    ADD_ARTICLES = "add articles"
    REMOVE_ARTICLES = "remove articles"
    SEE_FEEDS = "see feeds"
    ADD_FEED = "add feed"
    IMPORT_FEEDS = "import feeds"
    REMOVE_FEED = "remove feed"
    REFRESH_FEEDS = "refresh feeds"
    REMOVE_ANSWER = "remove answer"
    REBUILD = "rebuild"
    SEE_JOB = "see job"
    CANCEL_JOB = "cancel job"
    CHANGE_SETTINGS = "change settings"
    SEE_AUDIT = "see audit"
    SEE_VOTES = "see votes"
    ADD_PRODUCT = "add product"
    REMOVE_PRODUCT = "remove product"
    FORGET = "forget"
    RESTORE = "restore"

    @property
    def writes(self) -> bool:
        """Whether it changes something, so that the audit has a line of it."""
        return self not in _LOOKS


_LOOKS = frozenset({Act.SEE_FEEDS, Act.SEE_JOB, Act.SEE_AUDIT, Act.SEE_VOTES})
_OPERATORS = frozenset({Act.FORGET, Act.RESTORE})


def check(caller: Caller, act: Act, scope: str, *, owners: Collection[Person], settings: WorkspaceSettings) -> None:
    """Whether somebody may do this to what belongs to a scope.

    Args:
        settings: the workspace's, which may name more admins than the platform does.

    Raises:
        PermissionDeniedError: they may not; the text says who may.
    """
    if caller.is_operator:
        return
    if act in _OPERATORS:
        raise PermissionDeniedError("Only the operator may do this, with the `shipdate` command on the machine that Shipdate runs on.")
    if scope == EVERYBODY:
        if caller.person not in owners:
            raise PermissionDeniedError("Only the owners of this installation may do this to what every workspace sees.")
    elif scope != caller.scope or not _is_admin(caller, settings):
        raise PermissionDeniedError("Only the admins of this workspace may do this; ask one of them.")


def _is_admin(caller: Caller, settings: WorkspaceSettings) -> bool:
    return caller.admin or caller.user in settings.admins or settings.admin_role in caller.roles
