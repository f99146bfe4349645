"""What hostile content makes of a parser, to be called in a worker: it hangs, eats memory, dies, writes, prints, answers rubbish."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path


def double(number: int) -> int:
    """Nothing wrong."""
    return 2 * number


def hang() -> None:
    """One call into a library that never comes back, with the interpreter's lock held."""
    re.match("(a*)*b", "a" * 60)


def eat() -> None:
    """More memory than there is."""
    whole = []
    while True:
        whole.append(bytearray(64 * 1024 * 1024))


def die() -> None:
    """A parser that crashes."""
    os.abort()


def write(path: str) -> int:
    """A parser that is talked into writing a file; returns how many bytes it could write."""
    try:
        with Path(path).open("wb", buffering=0) as file:
            return file.write(b"x" * 1000)
    except OSError:
        return 0


def chatter() -> int:
    """A library that prints where replies are expected."""
    print("not a reply " * 1000)
    sys.stdout.flush()
    return 1


def environment() -> list[str]:
    """What a parser could send away."""
    return [f"{name}={value}" for name, value in os.environ.items()]


def rubbish() -> int:
    """Something else than was promised."""
    return "__import__('os').system('true')"  # type: ignore[return-value]
