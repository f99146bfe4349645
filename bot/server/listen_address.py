"""``HOST:PORT``, as settings name a place to listen at."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple

from index import ShipdateError

_FORM = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<host>[^\s:/@\[\]]+)):(?P<port>[0-9]+)")


class AddressError(ShipdateError):
    """It cannot be listened there."""


class Address(NamedTuple):
    """Where to listen; ``str`` of it is what was parsed."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str, setting: str) -> Address:
    """An address from a setting: ``127.0.0.1:9090``, ``localhost:9090`` or ``[::1]:9090``.

    Raises:
        AddressError: it is none; the text names the setting.
    """
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise AddressError(f"{setting} is set to {text!r}, which is not HOST:PORT; write it as 127.0.0.1:9090 or [::1]:9090.")
    host, port = found["six"] if found["host"] is None else found["host"], int(found["port"][:6])
    if not 0 < port < 65536:
        raise AddressError(f"{setting} is set to {text!r}, but a port is a number from 1 to 65535.")
    if found["host"] is None:
        try:
            IPv6Address(host)
        except AddressValueError:
            raise AddressError(f"{setting} is set to {text!r}, but {host!r} is no IPv6 address; write it as [::1]:9090.") from None
    return Address(host, port)
