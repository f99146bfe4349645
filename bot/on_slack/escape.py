"""Text of others in Slack's messages: it must not mention, link, format or hide anything there.

Slack reads ``&``, ``<`` and ``>`` as markup wherever a text is *mrkdwn*, and ``*_~`` and the backtick as formatting. Escaping the
first three is Slack's own way; for the others there is none, so signs take their place that look the same and mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from bot.presentation.sanitize import visible
from index import AddressError, parse_address

_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ALIKE = {"*": "∗", "_": "＿", "~": "∼", "`": "ˋ"}
_EMOJI = re.compile(r":(?=[a-z0-9_+'\-]+:)", re.IGNORECASE)
_IN_URLS = "!#$&'()*+,/:;=?@[]~%-._"

_MENTION = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")


def plain(text: str, limit: int) -> str:
    """For Slack's ``plain_text`` and ``rich_text``, which read no markup: what is visible, at most ``limit`` characters long."""
    shown = visible(text)
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def mrkdwn(text: str, limit: int) -> str:
    """For *mrkdwn*, as words and nothing else; at most ``limit`` characters long, with no escape cut in two."""
    return _within((_ESCAPED.get(sign) or _ALIKE.get(sign, sign) for sign in _EMOJI.sub("∶", visible(text))), limit)


def fallback(text: str, limit: int) -> str:
    """For the ``text`` of a message that has blocks: what notifications show and screen readers say."""
    return _within((_ESCAPED.get(sign, sign) for sign in visible(text)), limit)


def _within(pieces: Iterable[str], limit: int) -> str:
    prefix: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > limit:
            while prefix and length - len(piece) > limit - 1:
                length -= len(prefix.pop())
            return "".join(prefix) + "…"
        prefix.append(piece)
    return "".join(prefix)


def link(url: str | None, label: str, limit: int) -> str:
    """A link in *mrkdwn*; only its label where the address is none of the web, or too long."""
    address = web_address(url)
    if address is None or len(address) > limit // 2:
        return mrkdwn(label, limit)
    return f"<{address}|{mrkdwn(label.replace('|', '¦'), limit - len(address) - 3)}>"


def web_address(url: str | None) -> str | None:
    """An address that can stand in a link: http or https, with everything quoted that would end it; else None."""
    try:
        return quote(str(parse_address(url or "")), safe=_IN_URLS).replace("&", "&amp;")
    except AddressError:
        return None


def asked(text: str, bot: str | None) -> str:
    """What somebody wrote, without Slack's markup and without the mention of the bot."""

    def shown(match: re.Match[str]) -> str:
        kind, target, label = match.groups()
        if kind == "@":
            return "" if target == bot else (label or "")
        if kind == "#":
            return f"#{label}" if label else ""
        return label or ("" if kind else target)

    return unescaped(_MENTION.sub(shown, text)).strip()


def unescaped(text: str) -> str:
    """What Slack has escaped, as it was."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
