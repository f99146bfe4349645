"""The machine interface: answers and articles as JSON objects. A contract: names are added, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from bot.service.conversations import Judged
from index import Answer, Audited, Feed, Listed, Product, Quote, ShipdateError, Source, Status

_SHOWN = 40  # characters of what is no date


class RequestError(ShipdateError):
    """A line of ``--json-lines`` cannot be understood."""


def answer_object(answer: Answer, id_: object = None) -> dict[str, Any]:
    """An answer; ``id_`` is handed back as it came."""
    return {
        **({} if id_ is None else {"id": id_}),
        "question": answer.question,
        "language": answer.language,
        "as_of": answer.as_of.isoformat(),
        "answered": answer.answered,
        "reason": answer.reason,
        "products": list(answer.products),
        "elapsed_ms": round(answer.elapsed_ms, 1),
        "quotes": [_quote(quote) for quote in answer.quotes],
        "status": status_object(answer.status) if answer.status else None,
    }


def status_object(status: Status, id_: object = None) -> dict[str, Any]:
    """A product's status; ``id_`` is handed back as it came."""
    current = status.history[-1] if status.history else None
    return {
        **({} if id_ is None else {"id": id_}),
        "product": status.product,
        "name": status.name,
        "as_of": status.as_of.isoformat(),
        "stage": status.stage,
        "since": current.since.isoformat() if current else None,
        "evidence": _quote(current.evidence) if current else None,
        "history": [
            {"stage": period.stage, "since": period.since.isoformat(), "evidence": _quote(period.evidence)} for period in status.history
        ],
    }


def product_object(product: Product) -> dict[str, Any]:
    """One product of the catalogue."""
    return {**asdict(product), "aliases": list(product.aliases), "context": list(product.context)}


def listed_object(listed: Listed) -> dict[str, Any]:
    """One line of the list of articles."""
    return {**_source(listed.article), "source": listed.source, "passages": listed.passages, "also": list(listed.also)}


def feed_object(feed: Feed) -> dict[str, Any]:
    """One feed that is followed; ``every`` is in seconds."""
    return {
        "id": feed.id,
        "url": feed.url,
        "title": feed.title,
        "every": int(feed.every.total_seconds()),
        "added": _moment(feed.added),
        "due": _moment(feed.due),
        "checked": _moment(feed.checked),
        "new": _moment(feed.new),
        "failing": _moment(feed.failing),
        "failures": feed.failures,
        "problem": feed.problem,
    }


def audited_object(line: Audited) -> dict[str, Any]:
    """One line of the audit."""
    return {**asdict(line), "at": line.at.isoformat(timespec="seconds").replace("+00:00", "Z")}


def judged_object(judged: Judged) -> dict[str, Any]:
    """One answer that people voted about."""
    exchange = judged.exchange
    return {
        "at": _moment(exchange.at),
        "platform": exchange.platform,
        "workspace": exchange.workspace,
        "channel": exchange.channel,
        "reply": exchange.reply,
        "products": list(exchange.products),
        "good": judged.votes.good,
        "bad": judged.votes.bad,
        "quote": _quote(judged.quote) if judged.quote else None,
    }


def parse_day(text: str) -> date:
    """A day from an ISO 8601 date (or date and time).

    Raises:
        RequestError: it is none.
    """
    try:
        return datetime.fromisoformat(text.strip()).date()
    except ValueError:
        raise RequestError("“{text}” is not a date; write it as 2024-12-09.", text=text[:_SHOWN]) from None


def parse_line(line: str) -> dict[str, Any]:
    """The object in one line of ``--json-lines``.

    Raises:
        RequestError: there is none.
    """
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        raise RequestError("This line is not JSON.") from None
    if not isinstance(request, dict):
        raise RequestError('This line is not a JSON object such as {"question": "When will Sora ship?"}.')
    return request


def parse_request(request: Mapping[str, Any], name: str) -> tuple[str, date | None]:
    """What an object asks about, under ``name``, and as of which day.

    Raises:
        RequestError: one sentence on what is wrong with it.
    """
    asked, as_of = request.get(name), request.get("as_of")
    if not isinstance(asked, str):
        raise RequestError(f'This object has no "{name}" that is a text.')
    if as_of is not None and not isinstance(as_of, str):
        raise RequestError('"as_of" must be a date as text, such as "2024-12-09".')
    return asked, parse_day(as_of) if as_of else None


def _quote(quote: Quote) -> dict[str, Any]:
    return {
        "text": quote.text,
        "score": round(quote.score, 4),
        "start": quote.start,
        "end": quote.end,
        "article": _source(quote.article),
        **({"title": True} if quote.title else {}),
        **({"section_date": quote.section.isoformat()} if quote.section else {}),
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "id": source.id,
        "title": source.title,
        "url": source.url,
        "publisher": source.publisher,
        "published": _moment(source.published),
        "published_precision": source.precision.value if source.published else None,
        "language": source.language,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
