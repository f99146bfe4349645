"""Whose a request is. Slack signs its own; of any other nothing is read, and nothing is done for it.

The signature is looked at before anything else of a request: by the web server before Bolt reads the body, and by the app itself
before all other middleware, so that an app that somebody else serves is as safe. This never raises an error, whatever comes.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable
from time import time
from urllib.parse import urlsplit

import structlog
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from yarl import URL

from bot.server.logs import Tally

TIMESTAMP, SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"
"""The headers by which Slack's requests are known."""

_OWN = ("slack.com", "slack-gov.com")
_AGE = 300  # seconds, after which a request may be one that somebody has kept
_SECONDS = re.compile(r"[0-9]{1,12}")
_DIGEST = re.compile(r"v0=[0-9a-f]{64}")
_VERIFIED = "verified"  # in a request's context

log = structlog.get_logger(__name__)


def is_slacks(host: str) -> bool:
    """Whether a host is Slack's own."""
    return any(host == own or host.endswith(f".{own}") for own in _OWN)


def is_signed(secret: str, body: bytes, timestamp: str, signature: str) -> bool:
    """Whether Slack has signed this, and just now.

    Args:
        secret: the app's signing secret; with an empty one nothing is signed.
        timestamp, signature: the request's headers.
    """
    if not (secret and _SECONDS.fullmatch(timestamp) and _DIGEST.fullmatch(signature)) or abs(time() - int(timestamp)) > _AGE:
        return False
    expected = hmac.digest(secret.encode(), b"v0:%s:%s" % (timestamp.encode(), body), "sha256").hex()
    return hmac.compare_digest(f"v0={expected}".encode(), signature.encode())


def is_verified(context: AsyncBoltContext) -> bool:
    """Whether a request has passed :class:`Verification`."""
    return bool(context.get(_VERIFIED))


class Verification(AsyncMiddleware):
    """The app's first middleware: lets through what Slack has signed, or has sent over the socket that the app opened.

    Args:
        secret: the app's signing secret; empty: no request is taken.
        api_url: the base of the Web API; empty for Slack's own.
    """

    def __init__(self, secret: str, api_url: str) -> None:
        self._secret = secret
        self._api_host = urlsplit(api_url).hostname
        self._refused = Tally(log, "requests without a valid signature of Slack's are refused")

    def accepts(self, body: bytes, timestamp: str, signature: str) -> bool:
        """Whether Slack has signed a request; what is refused is counted in the log."""
        signed = is_signed(self._secret, body, timestamp, signature)
        if not signed:
            self._refused.add()
        return signed

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 (so Bolt calls it)
    ) -> BoltResponse:
        """Answer 401 to what is not Slack's, and forget an address to answer at that is not Slack's."""
        if req.mode != "socket_mode":
            timestamp, signature = ((req.headers.get(name) or [""])[0] for name in (TIMESTAMP, SIGNATURE))
            # The text may hold halves of characters, if a request claims a strange charset.
            if not self.accepts(req.raw_body.encode("utf-8", "surrogatepass"), timestamp, signature):
                return BoltResponse(status=401, body="")
        req.context[_VERIFIED] = True
        address = req.context.get("response_url")
        if address is not None and not self._may_answer_at(address):
            log.warning("an address to answer at is not Slack's, and is not used", team=req.context.team_id)
            del req.context["response_url"]
        return await next()

    def _may_answer_at(self, address: object) -> bool:
        """Whether a ``response_url`` is Slack's, or of the server that is set in its place; read as aiohttp will read it."""
        try:
            url = URL(address if isinstance(address, str) else "")
            scheme, host, port, user = url.scheme, url.raw_host or "", url.port, url.raw_user or url.raw_password
        except ValueError:
            return False
        slacks = scheme == "https" and port == 443 and is_slacks(host)
        return not user and (slacks or (scheme in ("http", "https") and host == self._api_host))
