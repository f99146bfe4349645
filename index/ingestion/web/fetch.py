"""What stands at a web address, fetched with limits, and only from machines that may be asked.

A name is resolved once for each request, every address it has is judged (see :mod:`index.ingestion.web.ssrf`), and the connection
goes to one of those addresses, so a name cannot change its meaning between check and use. Each redirect is judged again.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from time import monotonic

import brotli
import httpx

from index.ingestion.web import ssrf
from index.ingestion.web.address import Address, AddressError, parse
from index.ingestion.web.response import Fetched, FetchError
from index.ingestion.web.ssrf import RefusedError, Resolve

USER_AGENT = f"Shipdate/{version('shipdate')} (+https://shipdate.example/bot)"

TIME_LIMIT = 30.0
"""Seconds for one address, all redirects and the body included; waiting for one's turn is not counted."""

_CONNECT = 10.0  # seconds
_REDIRECTS = 5
_AT_ONCE = 8  # requests, each to another host
_PIECE = 64 * 1024  # bytes that are unpacked at once
_HOSTS = 64  # whose connections are kept open
_TIMEOUT = httpx.Timeout(TIME_LIMIT, connect=_CONNECT).as_dict()
_FAILURES, _REST = 2, 60.0  # after so many in a row a server is left alone for so many seconds
_DAY = 24 * 3600.0
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


@dataclass(slots=True)
class _Host:
    """One web server: asked one thing at a time, over a connection that stays open."""

    connections: httpx.AsyncHTTPTransport
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    failures: int = 0  # to answer at all, in a row
    silent_until: float = 0.0  # by the monotonic clock
    silent_because: str = ""


class Fetcher:
    """Asks web servers: several at once, never one for two things at once."""

    def __init__(self, *, allow_private: bool, ports: frozenset[int], resolve: Resolve = ssrf.system) -> None:
        """
        Args:
            allow_private: whether machines on private networks may be asked; then at any port, as intranets use.
            ports: those at which servers may be asked otherwise.
            resolve: how names become addresses.
        """
        self._allow_private = allow_private
        self._ports = ports
        self._resolve = resolve
        self._trust: ssl.SSLContext | None = None
        self._hosts: dict[tuple[str, int], _Host] = {}  # the longest unused first
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def close(self) -> None:
        """Close all connections."""
        while self._hosts:
            await self._hosts.popitem()[1].connections.aclose()

    async def get(self, address: str, *, accept: str, limit: int, etag: str | None = None, modified: str | None = None) -> Fetched | None:
        """What stands at an address; None when the server says that it is still what has this ``etag``, or this ``modified``.

        Args:
            accept: the media types that are of use, as the header says them.
            limit: the most bytes, after unpacking.

        Raises:
            FetchError: one sentence on why there is nothing to be had.
        """
        headers = {"User-Agent": USER_AGENT, "Accept": accept, "Accept-Encoding": "gzip, br"}
        seen = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers |= {name: value for name, value in seen.items() if value and value.isascii()}  # servers send others, which cannot be sent
        left = TIME_LIMIT
        try:
            url = self._permitted(parse(address))
            for _ in range(_REDIRECTS + 1):
                async with self._host(url) as host:
                    started = monotonic()
                    async with asyncio.timeout(left):
                        found = await self._ask(host, url, headers, limit)
                    left -= monotonic() - started
                if not isinstance(found, Address):
                    return found
                if url.scheme == "https" and found.scheme == "http":
                    raise RefusedError("leads from https to http, where anybody on the way could change it.")
                url = found
            raise RefusedError(f"redirects more than {_REDIRECTS} times.")
        except AddressError as error:
            raise FetchError(str(error)) from None
        except RefusedError as error:
            raise FetchError(f"{address} {error}") from None
        except _SilentError as error:
            raise FetchError(f"{address} {error}", error.seconds) from None
        except (TimeoutError, httpx.TimeoutException):
            raise FetchError(f"{address} did not answer in time; try again later.") from None
        except (httpx.HTTPError, OSError) as error:
            raise FetchError(f"{address} {_explain(error)}") from None

    def _permitted(self, address: Address) -> Address:
        """The address, if servers may be asked at its port.

        Raises:
            RefusedError: they may not.
        """
        if not self._allow_private and address.port not in self._ports:
            raise RefusedError(f"is at port {address.port}, which is not among SHIPDATE_WEB_PORTS.")
        return address

    @asynccontextmanager
    async def _host(self, url: Address) -> AsyncIterator[_Host]:
        """The server of an address, when it is its turn."""
        key = url.host, url.port
        host = self._hosts[key] = self._hosts.pop(key) if key in self._hosts else _Host(self._connections())
        host.users += 1
        try:
            async with host.turn, self._slots:
                yield host
            host.failures = 0
        except (TimeoutError, httpx.TimeoutException, httpx.ConnectError):
            host.failures += 1
            if host.failures == _FAILURES:  # whatever else is wanted from it would only wait as long
                host.failures, host.silent_until, host.silent_because = 0, monotonic() + _REST, "its server does not answer"
            raise
        finally:
            host.users -= 1
            now = monotonic()
            idle = [key for key, one in self._hosts.items() if not one.users and one.silent_until <= now]
            for old in [self._hosts.pop(key) for key in idle[:-_HOSTS]]:
                await old.connections.aclose()

    def _connections(self) -> httpx.AsyncHTTPTransport:
        """Those to one server. A connection's address is a number, so those of two names must not be mixed up.

        Without a client around them, which would take redirects apart by itself and fail at odd ones; there are no cookies either.
        """
        if self._trust is None:
            self._trust = httpx.create_ssl_context()
        return httpx.AsyncHTTPTransport(verify=self._trust, trust_env=False)

    async def _ask(self, host: _Host, url: Address, headers: dict[str, str], limit: int) -> Fetched | Address | None:
        """One request: what was fetched, where it leads, or None if nothing has changed."""
        if host.silent_until > monotonic():
            raise _SilentError(host.silent_because, host.silent_until - monotonic())
        target = httpx.URL(str(url.document))
        places = await ssrf.addresses(url.host, private=self._allow_private, resolve=self._resolve)
        for place in places:
            request = httpx.Request(
                "GET",
                target.copy_with(host=place),
                headers={"Host": target.netloc.decode("ascii"), **headers},
                extensions={"sni_hostname": url.host.removesuffix("."), "timeout": _TIMEOUT},  # whose certificate it has to show
            )
            try:
                response = await host.connections.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if place == places[-1]:
                    raise
                continue
            break
        try:
            if response.has_redirect_location:
                return self._permitted(_target(url, response.headers["Location"]))
            if response.status_code == 304 and ("If-None-Match" in headers or "If-Modified-Since" in headers):
                await response.aread()  # it has no body; what is read to its end leaves the connection open
                return None
            if response.status_code in (429, 503) and (seconds := _retry_after(response)) is not None:
                host.silent_until, host.silent_because = monotonic() + seconds, "its server asks to be left alone"
                raise _SilentError(host.silent_because, seconds)
            if response.status_code != 200:
                advice = "try again later" if response.status_code in (408, 425, 429) or response.is_server_error else "check the address"
                raise RefusedError(f"cannot be read: the server answered {response.status_code}; {advice}.")
            return await _received(response, url, limit)
        finally:
            await response.aclose()


class _SilentError(Exception):
    """A server is left alone."""

    def __init__(self, because: str, seconds: float) -> None:
        super().__init__(f"cannot be read: {because}; try again in {max(1, round(seconds)):,} s.")
        self.seconds = seconds


def _target(url: Address, location: str) -> Address:
    """Where a redirect leads.

    Raises:
        RefusedError: nowhere on the web.
    """
    try:
        return url.join(location).document
    except AddressError as error:
        raise RefusedError(f"redirects to an address that {error.reason}") from None


async def _received(response: httpx.Response, url: Address, limit: int) -> Fetched:
    """The body, unpacked piece by piece, so that a small one that unpacks to gigabytes is dropped in time."""
    unpacker = _Unpacker(response.headers.get("Content-Encoding", "").strip().lower())
    content, received = bytearray(), 0
    try:
        async for chunk in response.aiter_raw():
            received += len(chunk)
            for piece in unpacker.pieces(chunk):
                content += piece
                if len(content) > limit:
                    raise RefusedError(f"is larger than {limit / 1024 / 1024:.3g} MB.")
            if received > limit:  # also where it unpacks to little, or to nothing any more
                raise RefusedError(f"is larger than {limit / 1024 / 1024:.3g} MB.")
        content += unpacker.end()
    except (zlib.error, brotli.error):
        raise RefusedError("cannot be read: it is packed in a way that cannot be undone.") from None
    said = response.headers.get("Content-Type", "")
    charset = _CHARSET.search(said)
    return Fetched(
        url=str(url.document),
        kind=said.partition(";")[0].strip().lower(),
        charset=charset.group(1) if charset else None,
        content=bytes(content),
        etag=response.headers.get("ETag"),
        modified=response.headers.get("Last-Modified"),
    )


class _Unpacker:
    """Content-Encoding undone, never more than :data:`_PIECE` at once."""

    def __init__(self, encoding: str) -> None:
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding in ("gzip", "x-gzip", "deflate") else None
        self._brotli = brotli.Decompressor() if encoding == "br" else None
        if not (self._zlib or self._brotli or encoding in ("", "identity")):
            raise RefusedError(f"is packed as “{encoding}”, which was not asked for.")

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What is unpacked so far."""
        if self._zlib:
            while data and not self._zlib.eof:
                yield self._zlib.decompress(data, _PIECE)
                data = self._zlib.unconsumed_tail
        elif self._brotli:
            if self._brotli.is_finished():  # more than was packed says nothing
                return
            piece = self._brotli.process(data, output_buffer_limit=_PIECE)
            while piece or not self._brotli.can_accept_more_data():
                yield piece
                piece = b"" if self._brotli.is_finished() else self._brotli.process(b"", output_buffer_limit=_PIECE)
        else:
            yield data

    def end(self) -> bytes:
        """What is left.

        Raises:
            RefusedError: the end is missing.
        """
        rest = self._zlib.flush() if self._zlib else b""
        if (self._zlib and not self._zlib.eof) or (self._brotli and not self._brotli.is_finished()):
            raise RefusedError("broke off in the middle; try again later.")
        return rest


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds that the header of that name tells, as such or as a date; at most a day, lest a slip silences a site for good."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return min(float(said[:9]), _DAY)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - datetime.now(UTC)).total_seconds(), 0.0), _DAY)


def _explain(error: Exception) -> str:
    """What ended a connection, as the rest of a sentence."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"cannot be trusted: its certificate is not valid ({cause.verify_message})."
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ProtocolError):
        return "cannot be read: its server broke off or does not speak HTTP; try again later."
    return "cannot be reached; check the address."
