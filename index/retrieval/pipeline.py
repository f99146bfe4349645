"""One question's way, from its text to its answer."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from time import perf_counter
from typing import NamedTuple, TypeAlias

import numpy as np
from cachetools import LRUCache

from index.embedding.learned.bundle import parallel_languages
from index.launches.mentions import Mention
from index.launches.status import Launches
from index.model.answers import Answer, Reason, Topic
from index.model.articles import Span
from index.model.errors import QuestionError
from index.retrieval import follow_up
from index.retrieval.quotes import Verdict, answer, asks_where_it_stands
from index.retrieval.search import Launch, look_up, search
from index.storage.context import IndexContext
from index.storage.store.base import Generation
from index.system import telemetry
from index.system.threads import beside
from index.text import dates, language
from index.text.sanitize import storable

QUESTION_LIMIT = 2000
"""The longest question, in characters, as it is written and with compatibility forms unified: far more than anybody asks, and than the
encoder reads."""

_COMPARED = 2  # products of one question whose launches are looked up
_ASKS_STATE = 0.6  # how likely a question asks for a state of things, so that the day that it names is that of the answer
_WEEK, _TELLING = 7, 2  # days
_ATTEMPTS = 3  # to find articles that do not change while they are read
_REMEMBERED = 512  # answers

State: TypeAlias = tuple[int, int, str]
"""The articles and what is known of them, as they are: whatever changes them changes this."""


class _Asked(NamedTuple):
    """A question and all that its answer depends on but the articles.

    Attributes:
        chosen: whether somebody has chosen the day; else the question may name another one.
    """

    text: str
    day: date
    chosen: bool
    scopes: frozenset[str]
    topic: Topic | None


def state_of(generation: Generation | None) -> State | None:
    """The state of the articles; None where there are none."""
    return (generation.id, generation.revision, generation.claims) if generation else None


class Asking:
    """Answers questions; what was asked lately is remembered until the articles change.

    Args:
        launches: what is known about launches, by a generation.
    """

    def __init__(self, machinery: IndexContext, launches: Callable[[Generation | None], Awaitable[Launches]]) -> None:
        self._machinery = machinery
        self._store = machinery.store
        self._launches_of = launches
        self._answers: LRUCache[_Asked, Answer] = LRUCache(_REMEMBERED)
        self._state: State | None = None  # in which all of these were given

    async def ask(self, question: str, *, as_of: date | None, scopes: Collection[str], topic: Topic | None) -> Answer:
        """The answer to a question, new or remembered.

        Raises:
            QuestionError: the question is too long to be one.
            DataError: the articles were embedded with another model; the text says what to do.
        """
        started = perf_counter()
        telemetry.question.set(question)
        _check_length(question)
        text = unified(question.strip())
        _check_length(text)
        asked = _Asked(text, as_of or datetime.now(UTC).date(), as_of is not None, frozenset(scopes), topic)
        with self._machinery.precedence.question():
            made = await self._remembered(asked)
        return replace(made, question=question, elapsed_ms=(perf_counter() - started) * 1000)

    async def _remembered(self, asked: _Asked) -> Answer:
        """The answer that was given before, as long as the articles are as they were; else a new one."""
        live = await self._store.live()
        state = state_of(live)
        if state != self._state:
            self._state = state
            self._answers.clear()
        if asked not in self._answers:
            made, complete = await self._answer(asked, live)
            if not complete or self._state != state:
                return made
            self._answers[asked] = made
        return self._answers[asked]

    async def _answer(self, asked: _Asked, live: Generation | None) -> tuple[Answer, bool]:
        """The answer, and whether the articles stood still meanwhile.

        Args:
            live: the generation that was live a moment ago.
        """
        text, day, chosen, scopes, topic = asked
        tongue = await beside(text, lambda: language.detect(text, likely=parallel_languages()))
        verdict, complete = Verdict(), True
        launch, status = Launch(), None
        reason = Reason.EMPTY_INDEX if text else Reason.EMPTY_QUESTION
        for _ in range(_ATTEMPTS if text else 0):
            # Each takes a good second when it is the first.
            (engine, searchable), launches = await asyncio.gather(self._machinery.refresh(live), self._launches_of(live))
            if searchable is None or not (seen := searchable.known(scopes)).passages:
                break
            reason = Reason.NOTHING_RELEVANT
            known, is_name = launches.products(scopes), seen.names.__contains__
            if topic:
                completed = await beside(text + topic.question, partial(follow_up.complete, text, topic, known, is_name, engine.is_word))
                text, topic = completed if len(completed) <= QUESTION_LIMIT else text, None
            encoding = asyncio.create_task(engine.question(text))  # words are looked up meanwhile
            try:
                looked_up = await look_up(text, tongue, scopes=scopes, store=self._store, seen=seen)
                named = await beside(text, partial(known.asked, text, is_name, engine.is_word))
                products = list(dict.fromkeys(one.product for one in named))
                if products and not chosen and (said := await beside(text, partial(_day_said, text, tongue, day))):
                    intent = engine.intent(await encoding)
                    day = said if intent.when + intent.who + intent.where >= _ASKS_STATE else day
                launch = await self._launch(named, launches, as_of=day, scopes=scopes)
                found = await search(
                    looked_up,
                    await encoding,
                    as_of=day,
                    scopes=scopes,
                    store=self._store,
                    vectors=searchable,
                    fitted=engine.fitted,
                    launch=launch,
                )
            finally:
                encoding.cancel()
            verdict, complete = await beside(text, partial(answer, found, engine)), found.complete
            if verdict.quotes and len(products) == 1 and asks_where_it_stands(found.intent):
                status = await launches.status(products[0], known.shown(products[0]), as_of=day, scopes=scopes)
            if complete:
                break
            live = await self._store.live()
        made = Answer(
            question=text,
            language=tongue,
            as_of=day,
            quotes=verdict.quotes,
            reason=None if verdict.quotes else reason,
            elapsed_ms=0.0,
            products=launch.products,
            status=status,
            topic=Topic(text, launch.products) if text else None,
            confident=verdict.confident or bool(status and status.history),  # 19 of 20 that are told where a launch stands have asked that
        )
        return made, complete

    async def _launch(self, named: Sequence[Mention], launches: Launches, *, as_of: date, scopes: Collection[str]) -> Launch:
        """What the articles claim about the products of a question."""
        asked = tuple(dict.fromkeys(one.product for one in named))
        courses = [await launches.course(product, as_of=as_of, scopes=scopes) for product in asked[:_COMPARED]]
        return Launch(
            products=asked,
            named=_together(named),
            course=courses[0].stretches if courses else (),
            current=[one.current for one in courses],
            passages=np.concatenate([np.zeros(0, np.int64), *(one.passages for one in courses)]),
        )


def unified(text: str) -> str:
    """A text with compatibility forms unified (NFKC), which may have 18 times as many characters."""
    return unicodedata.normalize("NFKC", storable(text))


def _check_length(question: str) -> None:
    if len(question) > QUESTION_LIMIT:
        raise QuestionError(
            "This question has {length:,} characters; please ask in at most {limit:,}.", length=len(question), limit=QUESTION_LIMIT
        )


def _together(named: Sequence[Mention]) -> Sequence[Span]:
    """Where products are named, in order; names that overlap are one."""
    together: list[Span] = []
    for one in named:
        if together and one.start < together[-1].end:
            together[-1] = Span(together[-1].start, max(together[-1].end, one.end))
        else:
            together.append(Span(one.start, one.end))
    return together


def _day_said(question: str, tongue: str, today: date) -> date | None:
    """The past day, or the end of the past period, that a question names."""
    said = [one for one in dates.find(question, tongue, today, lean=dates.Lean.PAST) if one.last < today]
    if len(said) != 1:
        return None
    period = said[0]
    # What happened on a day is told on the days after it.
    return min(today, period.last + timedelta(days=0 if (period.last - period.first).days > _WEEK else _TELLING))
