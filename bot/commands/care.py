"""``shipdate doctor``, ``backup`` and ``restore``: taking care of an installation."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.commands.running import Json, fail, settings_of


def doctor(
    context: typer.Context,
    as_json: Json = False,
    offline: Annotated[bool, typer.Option("--offline", help="Leave the network alone.")] = False,
) -> None:
    """How the installation is, and what to do where something is wrong."""
    from bot.checkup import checkup
    from bot.on_terminal.render import console, health_table
    from index.checking import Health

    found = checkup(settings_of(context), offline=offline)
    if as_json:
        print(json.dumps(found.as_object(), ensure_ascii=False, indent=1))
    else:
        console().print(health_table(found.checks))
        print(f"articles {found.articles}, passages {found.passages}, vectors {found.vectors}")
    errors = [check for check in found.checks if check.state is Health.ERROR]
    if errors:
        others = f" (and {len(errors) - 1} more)" if errors[1:] else ""
        fail(f"Not all is well: {errors[0].name}: {' '.join(errors[0].message.split())}{others}")
