"""Logging belongs to the whole process: what a test changes of it is put back."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def logging_put_back() -> Iterator[None]:
    """Whatever is configured meanwhile, handlers, level, hooks and structlog are afterwards as they were."""
    root, hooks, raising = logging.getLogger(), (sys.excepthook, threading.excepthook), logging.raiseExceptions
    level, handlers = root.level, root.handlers[:]
    try:
        yield
    finally:
        logging.captureWarnings(False)
        logging.raiseExceptions = raising
        root.handlers[:] = handlers
        root.setLevel(level)
        sys.excepthook, threading.excepthook = hooks
        structlog.reset_defaults()
