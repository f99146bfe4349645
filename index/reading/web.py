"""Articles from web pages, fetched so that nobody can reach into the network that Shipdate runs in.

Whoever may add an address could otherwise read the intranet through Shipdate (server-side request forgery). Every address
is judged where the connection is made, after its name was resolved, and so is every step of a redirection.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from index.errors import ArticleError
from index.reading.draft import Draft, from_html, from_text
from index.reading.files import SIZE_LIMIT

_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
_REDIRECTS = 5
_HEADERS = {"User-Agent": "Shipdate/0.1", "Accept": "text/html, text/markdown, text/plain;q=0.9"}
_WEB = re.compile(r"https?://", re.IGNORECASE)


def is_address(name: str) -> bool:
    """Whether ``name`` is an address of the web rather than a path."""
    return bool(_WEB.match(name))


def source_of(address: str) -> str:
    """The name under which the article at an address is kept: the address in one spelling, without its fragment."""
    try:
        return str(URL(address).with_fragment(None))
    except ValueError:
        return address


async def read(address: str, *, allow_private: bool) -> Draft:
    """The article on a web page.

    Args:
        allow_private: whether hosts on private addresses may be asked.

    Raises:
        ArticleError: one sentence on why there is no article to be had there.
    """
    try:
        url = URL(source_of(address))
        if not url.host:
            raise ValueError("no host")
    except ValueError:
        raise ArticleError(f"{address} is not a web address; write it as https://example.org/article.") from None
    connector = aiohttp.TCPConnector(resolver=_Resolver(allow_private), force_close=True)
    try:
        async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT, headers=_HEADERS) as session:
            kind, content = await _fetch(session, url, allow_private)
        make = from_html if kind in ("text/html", "application/xhtml+xml") else from_text
        return await asyncio.to_thread(make, content, str(url))
    except ArticleError as error:
        raise ArticleError(f"{address}: {error}") from None
    except TimeoutError:
        raise ArticleError(f"{address} did not answer in time; try again later.") from None
    except (aiohttp.ClientError, OSError) as error:
        refused = _refusal(error)
        raise ArticleError(f"{address}: {refused}" if refused else f"{address} cannot be reached; check the address.") from None


async def _fetch(session: aiohttp.ClientSession, url: URL, allow_private: bool) -> tuple[str, bytes]:
    for _ in range(_REDIRECTS + 1):
        _check_host(url, allow_private)
        async with session.get(url, allow_redirects=False) as response:
            if response.status in (301, 302, 303, 307, 308) and "Location" in response.headers:
                url = url.join(URL(response.headers["Location"]))
                if url.scheme not in ("http", "https"):
                    raise ArticleError("it leads to something that is no web page.")
                continue
            if response.status != 200:
                raise ArticleError(f"the server answered {response.status}; check the address.")
            if not response.content_type.startswith("text/") and response.content_type != "application/xhtml+xml":
                raise ArticleError(f"it is {response.content_type}, not a page of text.")
            content = await response.content.read(SIZE_LIMIT + 1)
            while len(content) <= SIZE_LIMIT and (more := await response.content.read(SIZE_LIMIT + 1 - len(content))):
                content += more
            if len(content) > SIZE_LIMIT:
                raise ArticleError(f"the page is larger than {SIZE_LIMIT // 1024 // 1024} MB.")
            return response.content_type, content
    raise ArticleError(f"it redirects more than {_REDIRECTS} times.")


class _PrivateAddressError(OSError):
    """A name leads to an address that must not be asked."""


def _refusal(error: BaseException | None) -> str | None:
    """Our own objection, if that is what ended the connection: libraries wrap it."""
    while error is not None:
        if isinstance(error, _PrivateAddressError):
            return str(error)
        error = error.__cause__ or getattr(error, "os_error", None)
    return None


def _check(host: str, address: str, allow_private: bool) -> None:
    if not allow_private and not ipaddress.ip_address(address.partition("%")[0]).is_global:
        raise _PrivateAddressError(f"{host} is on a private network; set ALLOW_PRIVATE_NETWORK=true if it may be asked.")


def _check_host(url: URL, allow_private: bool) -> None:
    """An address written as numbers is never resolved, so it is judged here."""
    host = url.host or ""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return
    _check(host, host, allow_private)


class _Resolver(AbstractResolver):
    """The system's resolver, which refuses private addresses: a name cannot change its meaning between check and use."""

    def __init__(self, allow_private: bool) -> None:
        self._resolver = aiohttp.ThreadedResolver()
        self._allow_private = allow_private

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            _check(host, one["host"], self._allow_private)
        return found

    async def close(self) -> None:
        await self._resolver.close()
