"""What whoever does something has to pass: how much they do, what they may, and what is written down of it.

Each way through here counts, so that nothing that costs work is without a limit; what belongs to whom is told by no other way, so
that nobody can look past it; and what needs a permission and changes something can only be done inside :meth:`Policy.acting`, so
that nothing of that kind is missing from the audit.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.service.permissions import Act, Caller, PermissionDeniedError, check, owners
from bot.service.rate_limits import Effort, Limits
from bot.service.workspace_settings import WorkspaceSettings
from index import EVERYBODY, Audited, QuotaError, ShipdateError, storable

if TYPE_CHECKING:
    from bot.settings import Settings
    from index import Ledger

_NAMED = 3  # subjects of one act that the audit names; the others are counted
_SUBJECT_LIMIT = 500  # characters
_SECRETS = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)(?:[^\s/?#]*@)?([^\s?#]*)(?:[?#]\S*)?", re.IGNORECASE)  # in an address, all but groups


@dataclass
class Doing:
    """One act that is being done.

    Attributes:
        scope: to whose things.
        detail: what the audit says of its outcome.
        failed: whether nothing came of it, though nothing was raised.
    """

    scope: str
    detail: str = ""
    failed: bool = False


class Policy:
    """Limits, permission and audit: the one way to an act. Safe to use from many tasks of one event loop at once.

    Every method that is told who it is for, except :meth:`settings`, raises
    :class:`~bot.service.rate_limits.TooManyQuestionsError` when they, or their workspace, have to wait; the text says how long.

    Args:
        clock: nanoseconds of a clock that never goes back, for the rates.
        now: the time in UTC, for the audit.

    Raises:
        NamingError: the owners in the settings are not named as they should be.
    """

    def __init__(self, ledger: Ledger, settings: Settings, *, clock: Callable[[], int], now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._owners = owners(settings.owners)
        self._now = now
        self._limits = {
            effort: Limits(user_rate=settings.user_rate * effort.times, workspace_rate=settings.workspace_rate * effort.times, clock=clock)
            for effort in Effort
        }

    def count(self, caller: Caller, effort: Effort = Effort.LESSER) -> None:
        """Count what somebody does that needs no permission and shows nothing of a scope."""
        self._limits[effort].take(caller)

    async def scopes(self, caller: Caller, effort: Effort = Effort.LESSER) -> tuple[str, ...]:
        """The scopes of what somebody may see, to whom something of them is to be shown.

        All see what all share; the members of a workspace also see what is its own; its guests do where its settings say so.
        """
        self.count(caller, effort)
        private = caller.scope != EVERYBODY and (not caller.guest or (await self.settings(caller.scope)).guests_see_private)
        return (EVERYBODY, caller.scope) if private else (EVERYBODY,)

    async def settings(self, scope: str) -> WorkspaceSettings:
        """Those of a workspace; the defaults where the scope is none's."""
        return WorkspaceSettings.of(await self._ledger.settings(scope)) if scope != EVERYBODY else WorkspaceSettings()

    async def check(self, caller: Caller, act: Act, *, shared: bool = False) -> None:
        """Whether somebody may do something, before they are asked for what it needs. Doing it goes through the other methods.

        Args:
            shared: to what every workspace sees, not to what is the caller's alone; here and below.

        Raises:
            PermissionDeniedError: they may not.
        """
        self.count(caller)
        await self._check(caller, act, _scope(caller, shared))

    async def seeing(self, caller: Caller, act: Act, *, shared: bool = False) -> str:
        """The scope whose things are shown, to those who may see them.

        Raises:
            PermissionDeniedError: they may not.
            ValueError: the act changes something, so it is not for here.
        """
        if act.writes:
            raise ValueError(f"{act!r} has to be in the audit")
        await self.check(caller, act, shared=shared)
        return _scope(caller, shared)

    @asynccontextmanager
    async def acting(self, caller: Caller, act: Act, subjects: Sequence[str], *, shared: bool = False) -> AsyncIterator[Doing]:
        """Whoever may not is refused, and whatever becomes of it is in the audit, which knows of it before it begins.

        Who does too much is refused before that, and so cannot fill the audit.

        Raises:
            PermissionDeniedError: they may not.
        """
        self.count(caller)
        doing = Doing(_scope(caller, shared))
        begun = Audited(self._now(), caller.platform, caller.workspace, caller.user, doing.scope, act, _few(subjects), "begun")
        number = await self._ledger.begin(begun)
        outcome = "failed"
        try:
            await self._check(caller, act, doing.scope)
            yield doing
            outcome = f"{'failed' if doing.failed else 'done'}{doing.detail and ': '}{doing.detail}"
        except (PermissionDeniedError, QuotaError) as error:
            outcome = f"refused: {type(error).__name__}"
            raise
        except ShipdateError as error:  # its sentence may quote anything, which is not for the audit
            outcome = f"failed: {type(error).__name__}"
            raise
        except asyncio.CancelledError:
            outcome = "stopped"
            raise
        finally:
            await self._ledger.finish(number, outcome)

    async def _check(self, caller: Caller, act: Act, scope: str) -> None:
        check(caller, act, scope, owners=self._owners, settings=await self.settings(scope))


def _scope(caller: Caller, shared: bool) -> str:
    return EVERYBODY if shared else caller.scope


def _few(subjects: Sequence[str]) -> str:
    """The first subjects, without what may be secret in an address, and how many more there are."""
    named = ", ".join(storable(_SECRETS.sub(r"\1\2", subject))[:_SUBJECT_LIMIT] for subject in subjects[:_NAMED])
    return named if len(subjects) <= _NAMED else f"{named} and {len(subjects) - _NAMED:,} more"
