"""From a model's name to an encoder.

What runs the model is chosen by a rule (see :mod:`index.embedding.encoders.choose`) and imported in :func:`load` only: PyTorch
alone takes seconds, which a process that has a conversion for OpenVINO does without.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from index.embedding.encoders import bundled, manifest
from index.embedding.encoders.base import TextEncoder

if TYPE_CHECKING:
    from index.embedding.encoders.choose import Speed


def load(name: str, cache: Path, engine: str = "") -> TextEncoder:
    """The encoder of the model called ``name`` (of the hub, or a folder); of the bundled one where it is empty.

    Args:
        engine: what runs it (see :func:`index.embedding.encoders.choose.load`); by a rule where it is empty.

    Raises:
        ModelError: there is no such model or engine, the hub cannot be reached, or others may write to the cache.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # the other cores have the texts before, or a question
    from index.embedding.encoders import choose

    return choose.load(*locate(name, cache), cache, engine)


def measure(name: str, cache: Path) -> Iterator[Speed]:
    """How fast each engine is that can run the model called ``name`` on this machine, one after the other; nothing is kept of it.

    Raises:
        ModelError: there is no such model, or the hub cannot be reached.
    """
    from index.embedding.encoders import choose

    return choose.measure(*locate(name, cache), cache)


def locate(name: str, cache: Path) -> tuple[str, str]:
    """A model's folder, or its name on the hub; and its name for people.

    Raises:
        ModelError: the bundled one cannot be unpacked, or others may write to the cache.
    """
    manifest.check_owner(cache)
    packed = bundled.packed_weights() if not name else None
    target = str(bundled.unpack(packed, cache)) if packed else (name or bundled.NAME)
    return target, bundled.NAME if packed else target
