"""Which machines may be asked, so that nobody reaches into the network that Shipdate runs in.

Whoever may add a web address could otherwise read the intranet, or the secrets that a cloud keeps for its machines, through
Shipdate (server-side request forgery). What is not plainly public is refused: the tables follow the special-purpose address
registries of the IANA (RFC 6890 and its updates), not the version of Python.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IPAddress = IPv4Address | IPv6Address

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""Gives the numerical addresses of a host name; raises OSError."""

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_NUMBER = re.compile(r"(\d+|0x[0-9a-f]*)")

# Opened by a setting, for those who index an intranet.
_PRIVATE = [
    ip_network(network)
    for network in "10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 172.16.0.0/12 192.168.0.0/16 198.18.0.0/15 ::1/128 fc00::/7".split()
]
# Where clouds answer their own machines: Alibaba, Azure, Amazon, Google (most others use 169.254.169.254). Opened by nothing.
_METADATA = frozenset(map(ip_address, "100.100.100.200 168.63.129.16 fd00:ec2::254 fd20:ce::254".split()))
_RESERVED = [
    ip_network(network)
    for network in (
        "0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
        "2001::/23 2001:db8::/32 3fff::/20"
    ).split()
]
# Looking a name up cannot be cancelled; in the threads that all share, some servers that never answer would keep everything waiting.
_RESOLVERS = ThreadPoolExecutor(8, thread_name_prefix="resolver")
_GLOBAL_UNICAST = ip_network("2000::/3")  # all that the IANA has given out of IPv6
_NAT64 = ip_network("64:ff9b::/96")


class RefusedError(Exception):
    """A host must not be asked, or cannot be; the text goes on after the address."""


def permitted(address: IPAddress, *, private: bool) -> bool:
    """Whether a machine may be asked.

    Args:
        private: whether those on private networks may.
    """
    if isinstance(address, IPv6Address) and (inner := _carried(address)):
        return permitted(inner, private=private)
    if address in _METADATA:
        return False
    if any(address in network for network in _PRIVATE):
        return private
    if any(address in network for network in _RESERVED):
        return False
    return address.version == 4 or address in _GLOBAL_UNICAST


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one end at: IPv4-mapped, 6to4, and NAT64 (RFC 6052)."""
    return address.ipv4_mapped or address.sixtofour or (IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None)


async def addresses(host: str, *, private: bool, resolve: Resolve) -> list[str]:
    """Where to connect for a host of a URL (in ASCII), IPv4 first, after every address was judged.

    Raises:
        RefusedError: it is no host name, it is unknown, or one of its addresses must not be asked.
    """
    numbers = literal(host)
    if numbers is None:
        try:
            found = [ip_address(one.partition("%")[0]) for one in await resolve(host.removesuffix("."))]
        except (OSError, UnicodeError):  # unknown, or longer than a name can be
            found = []
        if not found:
            raise RefusedError("cannot be reached, because its host is not known; check the address.")
    else:
        found = [numbers]
    for one in found:
        if not permitted(one, private=private):
            raise RefusedError(
                "cannot be asked, because its host has an address that nobody may ask."
                if permitted(one, private=True) <= private
                else "is on a private network; set ALLOW_PRIVATE_NETWORK=true if it may be asked."
            )
    return [str(one) for one in sorted(dict.fromkeys(found), key=lambda one: one.version)]  # many a network has IPv6 in name only


def literal(host: str) -> IPAddress | None:
    """The address that a host is written as; None for a name.

    Raises:
        RefusedError: it is neither, or an address in a form that only serves to hide one: decimal, octal, hexadecimal, shortened.
    """
    if ":" in host and "%" not in host:
        return ip_address(host)
    if not _NAME.fullmatch(host):
        raise RefusedError("is not a web address; write it as https://example.org/article.")
    host = host.removesuffix(".")
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    try:
        return IPv4Address(host)
    except ValueError:
        raise RefusedError("has a host that is neither a name nor an address of four plain numbers; write it as a name.") from None


async def system(host: str) -> list[str]:
    """The system's resolver."""
    look_up = partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, look_up)
    return [str(address[0]) for *_, address in found]
