"""The pieces of Block Kit that Shipdate's messages are made of, each within Slack's limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.on_slack.escape import mrkdwn, plain

Block: TypeAlias = dict[str, Any]
Element: TypeAlias = dict[str, Any]

BLOCKS = 50
"""The most blocks of a message."""

VIEW_BLOCKS = 100
"""The most blocks of a modal or a home tab."""

TEXT = 3000
"""The longest text of a section or of an element of a context, in characters."""

LABEL = 75
"""The longest label of a button or an option."""

VALUE = 2000
"""The longest value of a button."""

TITLE = 24
"""The longest title, or label of a button, of a modal."""

OPTIONS = 100
"""The most options of a menu."""

HEADER = 150
"""The longest header."""

MESSAGE = 4000
"""The longest ``text`` that Slack recommends."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted.

    Attributes:
        text: the same in plain words, for notifications and screen readers.
    """

    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the server's Block Kit knows.

    Attributes:
        rich: ``rich_text`` blocks, and dates that each reader sees in their own way.
        feedback: ``feedback_buttons`` in ``context_actions``.
    """

    rich: bool = True
    feedback: bool = True


Render: TypeAlias = Callable[[Dialect], Message]
"""Makes a message in the form that the server knows."""


def section(text: str, accessory: Element | None = None) -> Block:
    """A paragraph of *mrkdwn*, made of texts that are escaped already."""
    return {"type": "section", "text": _mrkdwn(text), **({"accessory": accessory} if accessory else {})}


def context(*texts: str) -> Block:
    """Small print, likewise."""
    return {"type": "context", "elements": [_mrkdwn(text) for text in texts]}


def header(text: str) -> Block:
    """A headline."""
    return {"type": "header", "text": words(text, HEADER)}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def quoted(text: str, dialect: Dialect) -> Block:
    """Words of an article, set off as a quote. Rich text shows every sign as it is; *mrkdwn* shows some by ones that look alike."""
    if dialect.rich:
        element = {"type": "rich_text_quote", "elements": [{"type": "text", "text": plain(text, TEXT) or " "}]}
        return {"type": "rich_text", "elements": [element]}
    return section("\n".join(f">{line}" for line in (mrkdwn(text, TEXT // 2) or " ").split("\n"))[:TEXT])


def buttons(elements: Sequence[Element]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def button(text: str, action: str, value: str, *, style: str | None = None, label: str | None = None) -> Element:
    """A button.

    Args:
        label: what a screen reader says in the place of the text.
    """
    element: Element = {"type": "button", "text": words(text, LABEL), "action_id": action, "value": value[:VALUE]}
    return element | ({"style": style} if style else {}) | ({"accessibility_label": plain(label, LABEL)} if label else {})


def words(text: str, limit: int) -> Element:
    """A text without markup."""
    return {"type": "plain_text", "text": plain(text, limit) or "–", "emoji": True}


def option(text: str, value: str) -> Element:
    """One of a menu."""
    return {"text": words(text, LABEL), "value": value}


def field(id_: str, label: str, element: Element, *, hint: str | None = None, optional: bool = True) -> Block:
    """An input of a form; block and action bear the same id."""
    block: Block = {"type": "input", "block_id": id_, "label": words(label, TEXT // 2), "element": element | {"action_id": id_}}
    return block | {"optional": optional} | ({"hint": words(hint, TEXT // 2)} if hint else {})


def modal(title: str, blocks: Sequence[Block], *, close: str, submit: str | None = None, callback: str = "", kept: str = "") -> Block:
    """A modal.

    Args:
        kept: comes back with what it sends.
    """
    view: Block = {"type": "modal", "title": words(title, TITLE), "close": words(close, TITLE), "blocks": list(blocks)[:VIEW_BLOCKS]}
    return view | {"callback_id": callback, "private_metadata": kept} | ({"submit": words(submit, TITLE)} if submit else {})


def _mrkdwn(text: str) -> Element:
    return {"type": "mrkdwn", "text": text or " ", "verbatim": True}
