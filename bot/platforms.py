"""What a chat platform has to be, and the list of those that there are.

A platform is one folder: a package that is named in :data:`MODULES` and has a ``PLATFORM``. Everything else asks that object: how
people and workspaces are named, what runs in ``shipdate serve``, what is erased, what the doctor looks at. Its settings are fields
of :class:`bot.settings.Settings`.

The package is imported when any platform is first asked for, by every command: so it imports the platform's library only inside the
functions that need it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from index import ShipdateError, storable

if TYPE_CHECKING:
    from bot.settings import Settings
    from index import Check, Database

MODULES: Sequence[str] = ("bot.on_discord", "bot.on_slack")
"""The packages of the platforms, in the order in which people are told of them."""

TERMINAL = "terminal"
"""Where the operator is met, as the name of a platform; it is none of those."""

Service_contra = TypeVar("Service_contra", contravariant=True)  # bot.service.service.Service, which stands above: it asks platforms


class NamingError(ShipdateError):
    """A person or a workspace is not named as it should be."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, wherever they are met.

    Attributes:
        workspace: whose id ``user`` is, where each workspace has ids of its own; else None.
    """

    platform: str
    workspace: str | None
    user: str

    @classmethod
    def named(cls, name: str) -> Person:
        """From a name such as ``discord:USER_ID``, ``slack:TEAM_ID:USER_ID`` or ``terminal:ACCOUNT``.

        Raises:
            NamingError: no platform names people so.
        """
        platform_name, *ids = storable(name).strip().split(":")
        if platform_name == TERMINAL and len(ids) == 1 and ids[0]:
            return cls(TERMINAL, None, ids[0])
        platform = find(platform_name)
        if person := platform.person(ids) if platform else None:
            return person
        raise NamingError(f"“{name.strip()}” names nobody; write {person_forms()}.")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Discord guild, a Slack team, or what another platform has.

    Attributes:
        id: the platform's.
    """

    platform: str
    id: str

    @classmethod
    def named(cls, name: str) -> Workspace:
        """From a name such as ``discord:GUILD_ID`` or ``slack:TEAM_ID``.

        Raises:
            NamingError: no platform names workspaces so.
        """
        platform_name, *ids = name.strip().split(":")
        platform = find(platform_name)
        if workspace := platform.workspace(ids) if platform else None:
            return workspace
        raise NamingError(f"“{name.strip()}” names no workspace; write {workspace_forms()}.")

    @property
    def scope(self) -> str:
        """Where its articles belong."""
        return f"{self.platform}:{self.id}"


class Ready(Protocol):
    """To be called by a part when it is at work; with a sentence, when it cannot work for a while, though it has not failed."""

    def __call__(self, problem: str | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """Something that runs beside the rest in ``shipdate serve``.

    Attributes:
        run: does it until it is cancelled, and then finishes what it has begun; or returns, when nothing is left to do.
    """

    name: str
    run: Callable[[Ready], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command, with a text as its value: its name with the dashes, what its value is called, and a sentence on it."""

    name: str
    metavar: str
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command of ``shipdate`` that prints one text.

    Attributes:
        name: as it is typed.
        help: a sentence on what is printed.
        text: makes it from what reads the settings, and from the option's value, None where it was not given; may raise ShipdateError.
    """

    name: str
    help: str
    text: Callable[[Callable[[], Settings], str | None], str]
    option: Option | None = None


class Platform(ABC, Generic[Service_contra]):
    """A chat platform.

    Attributes:
        name: what stands before the colon in names of people and of scopes, and names the part in ``shipdate serve``.
        title: as people write it.
        user_id, workspace_id: what such an id looks like, whole.
        workspace_word: what stands for the id of a workspace where it is said how one is named, such as ``TEAM_ID``.
        users_per_workspace: whether a user's id means somebody only together with their workspace's.
        secrets: what its secrets look like that stand elsewhere than in the settings; the log hides them.
        commands: its own commands of ``shipdate``.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    user_id: ClassVar[re.Pattern[str]]
    workspace_id: ClassVar[re.Pattern[str]]
    workspace_word: ClassVar[str]
    users_per_workspace: ClassVar[bool] = False
    secrets: ClassVar[re.Pattern[str] | None] = None
    commands: ClassVar[Sequence[Command]] = ()

    @abstractmethod
    def has_tokens(self, settings: Settings) -> bool:
        """Whether any of its tokens is set, so that it is to be served."""

    @abstractmethod
    def part(self, settings: Settings, service: Service_contra) -> Part:
        """What runs in ``shipdate serve``.

        Raises:
            ShipdateError: the settings cannot work; the text says which is missing.
        """

    async def forget(self, whom: Person | Workspace, database: Database) -> Mapping[str, int]:
        """Delete what it keeps itself of a person or a workspace of its own; returns kind of thing to how many."""
        return {}

    async def remains(self, whom: Person | Workspace, database: Database) -> Mapping[str, int]:
        """How much of that is there; the same kinds."""
        return {}

    def checks(self, settings: Settings) -> Iterable[Check]:
        """What ``shipdate doctor`` looks at beside the tokens in the settings."""
        return ()

    def person(self, ids: Sequence[str]) -> Person | None:
        """Who is named by these ids, the workspace's before the user's; None: they are no such ids."""
        *workspaces, user = ids or [""]
        if len(workspaces) != int(self.users_per_workspace) or not self.user_id.fullmatch(user):
            return None
        if not all(map(self.workspace_id.fullmatch, workspaces)):
            return None
        return Person(self.name, workspaces[0] if workspaces else None, user)

    def workspace(self, ids: Sequence[str]) -> Workspace | None:
        """Which workspace is named by this one id; None: it is no such id."""
        return Workspace(self.name, ids[0]) if len(ids) == 1 and self.workspace_id.fullmatch(ids[0]) else None

    @property
    def person_form(self) -> str:
        """How people are named, such as ``slack:TEAM_ID:USER_ID``."""
        return f"{self.workspace_form}:USER_ID" if self.users_per_workspace else f"{self.name}:USER_ID"

    @property
    def workspace_form(self) -> str:
        """How workspaces are named, such as ``slack:TEAM_ID``."""
        return f"{self.name}:{self.workspace_word}"


def registered() -> Sequence[Platform[Any]]:
    """All platforms, in the order of :data:`MODULES`; imports them when they are first asked for."""
    return tuple(import_module(module).PLATFORM for module in MODULES)


def find(name: str) -> Platform[Any] | None:
    """The platform of this name, if there is one."""
    return next((platform for platform in registered() if platform.name == name), None)


def titles() -> str:
    """All of them, in words, such as “Discord and Slack”."""
    return _listed([platform.title for platform in registered()], "and")


def person_forms() -> str:
    """How people are named, in words."""
    return _listed([platform.person_form for platform in registered()], "or")


def workspace_forms() -> str:
    """How workspaces are named, in words."""
    return _listed([platform.workspace_form for platform in registered()], "or")


def _listed(words: Sequence[str], last: str) -> str:
    *others, end = words
    return f"{', '.join(others)} {last} {end}" if others else end
