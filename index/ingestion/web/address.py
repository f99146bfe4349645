"""Addresses of the web. Whatever others wrote is taken apart here alone, and is either an :class:`Address` or an :class:`AddressError`.

The libraries that read addresses raise what they like for odd ones, each for others, and some only when a part is asked for. One
address in a feed, a redirect or an answer would so end all that is being done with the others.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin

from index.ingestion.web import ssrf
from index.model.errors import ArticleError

if TYPE_CHECKING:
    from tld.utils import MozillaTLDSourceParser

LIMIT = 2000
"""Characters of the longest address, as it is sent: nobody follows longer ones, and nobody should have to store them."""

_PORTS = {"http": 80, "https": 443}
_WEB = re.compile(r"https?://", re.IGNORECASE)
_SHOWN = 200  # characters of what is no address, in the sentence that says so
_TOO_LONG = f"is longer than {LIMIT:,} characters; give a shorter address of the same page."
_NONE = "is not a web address; write it as https://example.org/article."


class AddressError(ArticleError):
    """A text is no address that can be used; the sentence begins with the text.

    Attributes:
        reason: the rest of the sentence.
    """

    def __init__(self, text: str, reason: str = _NONE) -> None:
        shown = "".join(character if character.isprintable() else "\ufffd" for character in text[:_SHOWN])
        super().__init__(f"{shown}{'…' if len(text) > _SHOWN else ''} {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Address:
    """Where something stands on the web; made by :func:`parse`.

    Attributes:
        text: all of it in its one spelling, in printable ASCII.
        scheme: ``http`` or ``https``.
        host: in lower case and ASCII (IDNA); numbers of IPv6 without brackets.
        port: stated or not.
    """

    text: str
    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return self.text

    @property
    def document(self) -> Address:
        """The same without its fragment: what a server is asked for."""
        return replace(self, text=self.text.partition("#")[0])

    def join(self, reference: str) -> Address:
        """What a link in this document leads to.

        Raises:
            AddressError: nowhere on the web.
        """
        _check(reference)
        try:
            return parse(reference if is_address(reference) else urljoin(self.text, reference))
        except ValueError:
            raise AddressError(reference) from None

    @property
    def site(self) -> str:
        """The domain that somebody registered, by the public suffix list: ``example.co.uk`` of ``www.example.co.uk``.

        What hosts other people's pages is no domain of theirs: of ``ann.github.io`` it is that itself. It is the host itself where
        that is a number or nothing but a suffix, and its last two names where the list does not know the last (as in intranets).
        """
        from tld import get_fld

        if ssrf.literal(self.host):
            return self.host
        names = self.host.removesuffix(".").split(".")
        listed = SplitResult("https", ".".join(map(_read, names)), "", "", "")  # the list has names as they are read
        domain = get_fld(listed, fail_silently=True, parser_class=_bundled())
        return ".".join(names[-(domain.count(".") + 1 if domain else 2) :])

    def speaks_for(self, other: Address) -> bool:
        """Whether words that were fetched from here may be shown as what stands at ``other``: only of the same host.

        A page names another address as its own, a feed has the words of pages: both can claim anything. Who answers for a host can
        serve any words at any of its addresses anyway, so that nothing is gained by a lie about these; and ``www.`` before a host
        belongs to whoever has the host. Nothing else follows from names. A domain below another may be anybody's: services give
        theirs to strangers, and far from all are in the public suffix list. Nor does a domain speak for those below it: pages
        of many people stand at some. Another port is another server. Where this is too strict, nothing is lost but a nicer
        address: words are then shown with the one that they were fetched from.
        """
        return (self._door, self._own_port) == (other._door, other._own_port)

    @property
    def _door(self) -> str:
        """The host without ``www.``, unless that is the name that somebody registered: ``www.github.io`` is somebody's page."""
        host = self.host.removesuffix(".")
        bare = host.removeprefix("www.")
        return host if host in (bare, self.site) else bare

    @property
    def _own_port(self) -> int | None:
        return None if self.port == _PORTS[self.scheme] else self.port


def parse(text: str) -> Address:
    """The address that a text is.

    Raises:
        AddressError: it is none that can be used: malformed, too long, of another scheme, with a password, or with a host that
            is neither a name that can be registered nor a plain number.
    """
    import httpx  # takes a fifth of a second to load, which questions on a terminal need not spend

    _check(text)
    scheme, _, rest = text.partition(":")
    try:
        url = httpx.URL(f"{scheme.lower()}:{rest}")
        spelled, host, port = str(url), url.raw_host.decode("ascii"), url.port
    except (httpx.InvalidURL, ValueError):
        raise AddressError(text) from None
    if url.scheme not in _PORTS:
        raise AddressError(text, "leads to something that is no web page." if rest.startswith("//") else _NONE)
    if url.userinfo:
        raise AddressError(text, "holds a user name or a password; only pages that need none can be read.")
    if len(spelled) > LIMIT:
        raise AddressError(text, _TOO_LONG)
    if port is not None and not 0 < port < 2**16:
        raise AddressError(text)
    try:
        if ssrf.literal(host) is None:
            for name in host.split("."):
                _read(name)
    except ssrf.RefusedError as error:
        raise AddressError(text, str(error)) from None
    except UnicodeError:
        raise AddressError(text) from None
    return Address(spelled, url.scheme, host, port or _PORTS[url.scheme])


def is_address(text: str) -> bool:
    """Whether a text is meant as an address of the web, rather than as a path; it may be broken."""
    return bool(_WEB.match(text))


def prepare() -> None:
    """Load what :func:`parse` needs, so that the first one who needs it does not have to wait."""
    parse("https://example.org/")


def _check(text: str) -> None:
    """What has to be known before anything else is tried.

    Raises:
        AddressError: it is too long, or holds what no address holds.
    """
    if len(text) > LIMIT:
        raise AddressError(text, _TOO_LONG)
    if any(character < " " or character == "\x7f" for character in text):  # urllib would take some for nothing
        raise AddressError(text)


def _read(name: str) -> str:
    """A part of a host as people read it.

    Raises:
        UnicodeError: it only looks like an encoded one.
    """
    import idna

    return idna.ulabel(name) if name.startswith("xn--") else name


@functools.cache
def _bundled() -> type[MozillaTLDSourceParser]:
    """The public suffix list as it was installed. The library would ask the network for one that is missing."""
    from tld.exceptions import TldIOError
    from tld.utils import MozillaTLDSourceParser

    class Bundled(MozillaTLDSourceParser):
        uid = "bundled"

        @classmethod
        def update_tld_names(cls, fail_silently: bool = False) -> bool:
            raise TldIOError("The public suffix list is not where it was installed; install Shipdate again.")

    return Bundled
