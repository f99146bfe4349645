"""What stands in a data folder is its owner's alone: tokens, what people asked, articles that only one workspace may see.

The folder itself may be somebody's own, with a mode that they chose; so each file in it is closed by itself.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

FILE, FOLDER = 0o600, 0o700
"""The modes of files and folders that nobody else may read."""

OTHERS = 0o077
"""The bits of a mode that let others in."""

_OWN = (
    "shipdate.*",
    "jobs.lock",
    "serve.lock",
    "writer.lock",
    "products.toml",
    "discord-commands.json",
    "vectors",
    "vectors/**/*",
    "before-restore*",
    "damaged-*",
    "damaged-*/*",
)
"""What Shipdate makes in a data folder. Whatever else stands there, it leaves alone: the folder may be somebody's home."""


def close(folder: Path) -> None:
    """Let nobody else read what Shipdate has in a data folder, whoever made it, and however; what is not its own stays as it is."""
    for path in open_to_others(folder):
        with suppress(OSError):  # `shipdate doctor` tells of it
            path.chmod(path.stat().st_mode & ~OTHERS)


def open_to_others(folder: Path) -> Sequence[Path]:
    """What Shipdate has in a data folder that others may read, or do more with."""
    return [path for pattern in _OWN for path in folder.glob(pattern) if _is_open(path)]


def _is_open(path: Path) -> bool:
    """Links are not followed: in a folder that others may write to, they could lead anywhere."""
    with suppress(OSError):  # it has gone meanwhile
        mode = path.lstat().st_mode
        return not stat.S_ISLNK(mode) and bool(mode & OTHERS)
    return False
