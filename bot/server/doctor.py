"""What ``shipdate doctor`` looks at: the installation around the index, and the index itself (see
:mod:`index.storage.maintenance.integrity`).
"""

from __future__ import annotations

import asyncio
import platform
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bot import platforms
from bot.server.listen_address import AddressError, parse_address
from bot.server.run import LOCK
from bot.settings import Settings
from index import (
    BUNDLED_MODEL,
    Check,
    Fetcher,
    FetchError,
    Health,
    ModelError,
    check_data,
    is_held,
    live_fingerprint,
    load_encoder,
    stored_counts,
)

_PACKAGES = ("shipdate", "faiss-cpu", "torch", "sentence-transformers")
_REACHED = "https://example.com/"  # kept up by IANA for whoever needs an address that is always there
_ENOUGH = 100_000  # bytes
_PATIENCE = 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Checkup:
    """How the installation is.

    Attributes:
        model: name, folder, engine and fingerprint, null where they are not known; ``articles``, ``passages`` and ``vectors`` likewise.
    """

    data: str
    model: Mapping[str, str | None]
    articles: int | None
    passages: int | None
    vectors: int | None
    checks: tuple[Check, ...]

    def as_object(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)


def checkup(settings: Settings, *, offline: bool) -> Checkup:
    """Look at everything; some seconds, since the model is loaded.

    Args:
        offline: leave the network alone.
    """
    model, loading = _model(settings)
    is_held = stored_counts(settings.data)
    checks = (
        _versions(),
        loading,
        *check_data(settings.data),
        *_tokens(settings),
        *(check for one in platforms.registered() for check in one.checks(settings)),
        *([] if offline else [_network(settings)]),
        _ops(settings),
    )
    articles, passages, vectors = (is_held.articles, is_held.passages, is_held.vectors) if is_held else (None, None, None)
    return Checkup(str(settings.data), model, articles, passages, vectors, checks)


def _versions() -> Check:
    found = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    missing: list[str] = []
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            missing.append(name)
    said = ", ".join(f"{name} {number}" for name, number in found.items())
    if missing:
        return Check("versions", Health.ERROR, f"{said}; not installed: {', '.join(missing)}", "Install Shipdate again.")
    return Check("versions", Health.OK, said)


def _model(settings: Settings) -> tuple[Mapping[str, str | None], Check]:
    """Whether it loads, and whether the vectors that answer now are its own."""
    try:
        encoder = load_encoder(settings.embedding_model, settings.cache, settings.engine)
    except Exception as error:  # whatever a library makes of a broken installation is what has to be told here
        said = str(error) if isinstance(error, ModelError) else f"it cannot be loaded ({type(error).__name__}: {error})"
        unknown = {"name": settings.embedding_model or BUNDLED_MODEL, "folder": None, "engine": None, "fingerprint": None}
        return unknown, Check(
            "model", Health.ERROR, said, "Set EMBEDDING_MODEL to a model that is there; or empty it, and SHIPDATE_ENGINE."
        )
    about = {"name": encoder.name, "folder": encoder.folder, "engine": encoder.engine, "fingerprint": encoder.fingerprint}
    said = ", ".join(filter(None, (encoder.name, encoder.engine, encoder.folder)))
    live = live_fingerprint(settings.data)
    if live not in (None, encoder.fingerprint):
        advice = "Run `shipdate index rebuild`, or set EMBEDDING_MODEL back."
        return about, Check("model", Health.WARNING, f"{said}; but the articles were embedded with another one ({live})", advice)
    return about, Check("model", Health.OK, said)


def _tokens(settings: Settings) -> Iterator[Check]:
    for name, value in settings.tokens.items():
        yield Check(name.upper(), Health.OK, "is set" if value else "is not set")


def _network(settings: Settings) -> Check:
    """Whether web pages and feeds can be fetched."""
    problem = _within(_PATIENCE, lambda: _reach(settings))
    if problem:
        advice = "Web pages and feeds cannot be read until the network is there; everything else works."
        return Check("network", Health.WARNING, problem, advice)
    return Check("network", Health.OK, f"{_REACHED} can be reached")


def _reach(settings: Settings) -> str | None:
    async def fetch() -> None:
        fetcher = Fetcher(allow_private=settings.allow_private_network, ports=settings.web_ports)
        try:
            await fetcher.get(_REACHED, accept="text/html", limit=_ENOUGH)
        finally:
            await fetcher.close()

    try:
        asyncio.run(fetch())
    except FetchError as error:
        return str(error)
    return None


def _within(seconds: float, work: Callable[[], str | None]) -> str | None:
    """What ``work`` returns. A thread that nobody waits for: looking up a name cannot be cancelled."""
    said: list[str | None] = [f"{_REACHED} did not answer within {seconds:.0f} s"]
    thread = threading.Thread(target=lambda: said.insert(0, work()), daemon=True)
    thread.start()
    thread.join(seconds)
    return said[0]


def _ops(settings: Settings) -> Check:
    """Whether ``shipdate serve`` can answer for its health where the settings say."""
    if not settings.ops:
        return Check("ops", Health.OK, "SHIPDATE_OPS is not set: no /healthz, /readyz and /metrics")
    try:
        address = parse_address(settings.ops, "SHIPDATE_OPS")
    except AddressError as error:
        return Check("ops", Health.ERROR, str(error), "Mend SHIPDATE_OPS, or leave it empty.")
    if is_held(settings.data / LOCK):
        return Check("ops", Health.OK, f"`shipdate serve` is running; see http://{address}/readyz")
    try:
        with socket.create_server(address, family=socket.AF_INET6 if ":" in address.host else socket.AF_INET):
            return Check("ops", Health.OK, f"{address} is free")
    except OSError as error:
        return Check("ops", Health.ERROR, f"{address} cannot be used ({error.strerror})", "Choose another address or port.")
