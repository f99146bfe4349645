"""Writes ``docs/settings.md`` from the settings object, so that the page and the code cannot tell two stories.

    make docs

The name, the default and the meaning of each setting are the object's; what a page needs beside them stands here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from bot.settings import Settings, is_secret

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

_INTRODUCTION = """# Settings

<!-- Written by tools/settings_doc.py: change bot/settings.py, and run `make docs`. -->

From the environment or a `.env` file, in UTF-8, in the folder that Shipdate is started from; the environment wins. An empty value means
the default. [.env.example](../.env.example) has them all with comments: copy it to `.env`, and change what you need.
"""

_GROUPS: Mapping[str, Sequence[str]] = {
    "Discord": ("DISCORD_",),
    "Slack": ("SLACK_",),
    "Running it": ("SHIPDATE_OPS", "SHIPDATE_LOG_"),
    "People and workspaces": (
        *("SHIPDATE_OWNERS", "SHIPDATE_MAX_", "SHIPDATE_USER_RATE", "SHIPDATE_WORKSPACE_RATE"),
        *("SHIPDATE_RETENTION_DAYS", "SHIPDATE_AUDIT_DAYS", "SHIPDATE_KEY"),
    ),
    "Articles and the model": ("",),
}
"""Headings, and how the names below each begin; a name is in the first group that it fits into."""

_ORDER = ("Articles and the model", "People and workspaces", "Discord", "Slack", "Running it")

_FOLDERS = {"data": "the platform's user data folder", "cache": "the platform's cache folder"}
"""Defaults that differ from machine to machine."""

_NOTES: Mapping[str, str] = {
    "SHIPDATE_CACHE": "0.5 GB; it can be deleted at any time, and is refused where other users may write to it",
    "EMBEDDING_MODEL": "its weights have to be in safetensors, for pickles are not read; it takes effect by `shipdate index rebuild`",
    "DATABASE_URL": "SQLite is the only engine that is supported so far",
    "ALLOW_PRIVATE_NETWORK": "at any port",
    "SHIPDATE_OWNERS": "empty: nobody but whoever uses the `shipdate` command",
    "SHIPDATE_USER_RATE": "of all else six times as much",
    "SHIPDATE_WORKSPACE_RATE": "of all else six times as much",
    "SHIPDATE_RETENTION_DAYS": "they are logged only where a workspace's settings say so",
    "SHIPDATE_LOG_FORMAT": "`console` or `json`",
    "SHIPDATE_LOG_LEVEL": "`debug`, `info`, `warning` or `error`",
    "SHIPDATE_KEY": "empty: they stand in the database as they are; see [the key](privacy.md#the-key)",
}
"""What the page says beside a setting's own description."""


def variable(name: str, field: FieldInfo) -> str:
    """The environment variable of a field of the settings."""
    alias = field.validation_alias
    first = alias.choices[0] if isinstance(alias, AliasChoices) else alias
    prefix = str(Settings.model_config.get("env_prefix", ""))
    return first if isinstance(first, str) else (prefix + name).upper()


def page() -> str:
    """The whole page, as Markdown."""
    fields = {variable(name, field): (name, field) for name, field in Settings.model_fields.items()}
    grouped: dict[str, list[str]] = {heading: [] for heading in _ORDER}
    for setting, (name, field) in fields.items():
        heading = next(heading for heading, beginnings in _GROUPS.items() if setting.startswith(tuple(beginnings)))
        grouped[heading].append(f"| `{setting}` | {_meaning(setting, field)} | {_default(name, field)} |")
    return _INTRODUCTION + "".join(_section(heading, rows) for heading, rows in grouped.items())


def _section(heading: str, rows: Collection[str]) -> str:
    return "\n".join(["", f"## {heading}", "", "| name | meaning | default |", "| --- | --- | --- |", *rows, ""])


def _meaning(setting: str, field: FieldInfo) -> str:
    return "; ".join(filter(None, (field.description, _NOTES.get(setting)))).replace("|", "\\|")


def _default(name: str, field: FieldInfo) -> str:
    if name in _FOLDERS:
        return _FOLDERS[name]
    return _shown(field.get_default(call_default_factory=True)) or ("not set" if is_secret(name) else "empty")


def _shown(value: Any) -> str:
    match value:
        case None | "" | ():
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case frozenset() | tuple():
            return f"`{','.join(map(str, sorted(value)))}`"
        case _:
            return f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
