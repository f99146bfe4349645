"""A question's way to its answer, as one recipe: :func:`answer`; and :class:`Pipeline`, which gives it the articles as they are."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from time import perf_counter
from typing import NamedTuple, TypeAlias

from cachetools import LRUCache

from index.embedding.encoders.base import Encoded
from index.embedding.engine.engine import Engine
from index.launches.mentions import Mention
from index.launches.product_lookup import Products
from index.launches.status import Launches
from index.model.answers import Answer, Reason, Topic
from index.model.errors import QuestionError
from index.model.launches import Status
from index.retrieval import follow_up
from index.retrieval.candidates import find_candidates
from index.retrieval.query import Launch, Query, launch_of, parse, past_day
from index.retrieval.quotes import Verdict, asks_for_status, judge
from index.retrieval.rank import Ranking, rank
from index.storage.context import IndexContext
from index.storage.store.base import Generation, Store
from index.storage.vector_index.snapshot import Known, Vectors
from index.system import telemetry
from index.system.telemetry import timed
from index.system.threads import beside
from index.text.language import detect
from index.text.sanitize import storable

QUESTION_LIMIT = 2000
"""The longest question, in characters, as it is written and with compatibility forms unified: far more than anybody asks, and than the
encoder reads."""

_ASKS_STATE = 0.6  # how likely a question asks for a state of things, so that the day that it names is that of the answer
_ATTEMPTS = 3  # at an answer from articles that do not change while they are read
_REMEMBERED_ANSWERS = 512

State: TypeAlias = tuple[int, int, str]
"""The articles and what is known of them, as they are: whatever changes them changes this."""


class Question(NamedTuple):
    """A question and all that its answer depends on but the articles.

    Attributes:
        text: with compatibility forms unified (NFKC).
        as_of: the day that the answer speaks of.
        has_day: whether somebody has chosen that day; else the question may name another one.
        scopes: those whose articles may be quoted.
        topic: what the thread was about before.
        languages: of who asks and of where they ask, the likeliest first.
    """

    text: str
    as_of: date
    has_day: bool
    scopes: frozenset[str]
    topic: Topic | None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexView:
    """The articles of some scopes, as they are while one question is answered, and what reads them.

    Attributes:
        known: what the articles make known.
        products: those that can be asked about.
    """

    engine: Engine
    vectors: Vectors
    launches: Launches
    store: Store
    scopes: frozenset[str]
    known: Known
    products: Products

    def is_name(self, word: str) -> bool:
        """Whether the articles write a folded word like a name."""
        return word in self.known.names


class Attempt(NamedTuple):
    """An answer, and whether the articles stood still meanwhile."""

    answer: Answer
    complete: bool


async def answer(question: Question, language: str, view: IndexView) -> Attempt:
    """The answer to a question from the articles of a view.

    Args:
        language: the code of the question's language.
    """
    text = await _standalone(question, view)
    encoding = asyncio.create_task(view.engine.question(text))  # words are looked up meanwhile
    try:
        query = await parse(text, language, scopes=view.scopes, store=view.store, known=view.known)
        mentions = await _mentions(text, view)
        as_of = await _temporal_scope(question, query, mentions, encoding, view)
        launch = await launch_of(mentions, view.launches, as_of=as_of, scopes=view.scopes)
        ranking = await _search(query, await encoding, launch, as_of, view)
    finally:
        encoding.cancel()
    verdict = await beside(text, partial(judge, ranking, view.engine))
    status = await _status(ranking, verdict, as_of, view)
    return Attempt(
        Answer(
            question=text,
            language=language,
            as_of=as_of,
            quotes=verdict.quotes,
            reason=None if verdict.quotes else Reason.NOTHING_RELEVANT,
            elapsed_ms=0.0,
            products=launch.products,
            status=status,
            topic=Topic(text, launch.products),
            # 19 of 20 that are told where a launch stands have asked that.
            confident=verdict.confident or bool(status and status.history),
        ),
        ranking.complete,
    )


async def _standalone(question: Question, view: IndexView) -> str:
    """The question as it would be asked outside its thread; as it was asked, where that would be too long."""
    if not question.topic:
        return question.text
    rewriting = partial(follow_up.rewrite, question.text, question.topic, view.products, view.is_name, view.engine.is_word)
    standalone = await beside(question.text + question.topic.question, rewriting)
    return standalone if len(standalone) <= QUESTION_LIMIT else question.text


async def _mentions(text: str, view: IndexView) -> Sequence[Mention]:
    """Where a question names products."""
    return await beside(text, partial(view.products.asked, text, view.is_name, view.engine.is_word))


async def _temporal_scope(
    question: Question, query: Query, mentions: Sequence[Mention], encoding: Awaitable[Encoded], view: IndexView
) -> date:
    """The day that the answer speaks of: the past one that a question names which asks how a launch stood ("was Sora out in May?")."""
    if question.has_day or not mentions:
        return question.as_of
    named_day = await beside(query.text, partial(past_day, query.text, query.language, question.as_of))
    if named_day is None:
        return question.as_of
    intent = view.engine.intent(await encoding)
    return named_day if intent.when + intent.who + intent.where >= _ASKS_STATE else question.as_of


@timed("search")
async def _search(query: Query, encoded: Encoded, launch: Launch, as_of: date, view: IndexView) -> Ranking:
    """Candidates, ranked."""
    scopes, vectors, fitted = view.scopes, view.vectors, view.engine.fitted
    vector = fitted.languages.queries(encoded.vector[None, :])[0]
    candidates = await find_candidates(query, vector, as_of=as_of, scopes=scopes, store=view.store, vectors=vectors)
    ranking = partial(rank, candidates, query, encoded, vector, launch, as_of=as_of, scopes=scopes, vectors=vectors, fitted=fitted)
    return await beside(query.text, ranking)


async def _status(ranking: Ranking, verdict: Verdict, as_of: date, view: IndexView) -> Status | None:
    """Where the launch stands, when that is asked of one product, and answered."""
    products = ranking.launch.products
    if not verdict.quotes or len(products) != 1 or not asks_for_status(ranking.intent):
        return None
    return await view.launches.status(products[0], view.products.shown(products[0]), as_of=as_of, scopes=view.scopes)


def _no_answer(question: Question, language: str, reason: Reason) -> Attempt:
    """What is said where there is nothing to search, or for."""
    topic = Topic(question.text, ()) if question.text else None
    return Attempt(Answer(question.text, language, question.as_of, (), reason, elapsed_ms=0.0, topic=topic), complete=True)


def state_of(generation: Generation | None) -> State | None:
    """The state of the articles; None where there are none."""
    return (generation.id, generation.revision, generation.claims) if generation else None


class Pipeline:
    """Answers questions from the articles as they are; what was asked lately is remembered until they change.

    Args:
        launches: what is known about launches, by a generation.
    """

    def __init__(self, context: IndexContext, launches: Callable[[Generation | None], Awaitable[Launches]]) -> None:
        self._context = context
        self._store = context.store
        self._launches_of = launches
        self._answers: LRUCache[Question, Answer] = LRUCache(_REMEMBERED_ANSWERS)
        self._state: State | None = None  # in which all of these were given

    async def ask(
        self, question: str, *, as_of: date | None, scopes: Collection[str], topic: Topic | None, languages: Sequence[str] = ()
    ) -> Answer:
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
        asked = Question(text, as_of or datetime.now(UTC).date(), as_of is not None, frozenset(scopes), topic, tuple(languages))
        with self._context.precedence.question():
            answered = await self._remembered(asked)
        return replace(answered, question=question, elapsed_ms=(perf_counter() - started) * 1000)

    async def _remembered(self, question: Question) -> Answer:
        """The answer that was given before, as long as the articles are as they were; else a new one."""
        generation = await self._store.live()
        state = state_of(generation)
        if state != self._state:
            self._state = state
            self._answers.clear()
        if question not in self._answers:
            attempt = await self._answer(question, generation)
            if not attempt.complete or self._state != state:
                return attempt.answer
            self._answers[question] = attempt.answer
        return self._answers[question]

    async def _answer(self, question: Question, generation: Generation | None) -> Attempt:
        """The answer from articles that stand still while they are read, or from the last attempt.

        Args:
            generation: the one that was live a moment ago.
        """
        language = await beside(question.text, lambda: detect(question.text, likely=question.languages))
        if not question.text:
            return _no_answer(question, language, Reason.EMPTY_QUESTION)
        attempt = await self._attempt(question, language, generation)
        for _ in range(_ATTEMPTS - 1):
            if attempt.complete:
                break
            attempt = await self._attempt(question, language, await self._store.live())
        return attempt

    async def _attempt(self, question: Question, language: str, generation: Generation | None) -> Attempt:
        """The answer from the articles as they are now."""
        # Each takes a good second when it is the first.
        (engine, vectors), launches = await asyncio.gather(self._context.refresh(generation), self._launches_of(generation))
        scopes = question.scopes
        if vectors is None or not (known := vectors.known(scopes)).passages:
            return _no_answer(question, language, Reason.EMPTY_INDEX)
        view = IndexView(engine, vectors, launches, self._store, scopes, known, launches.products(scopes))
        return await answer(question, language, view)


def unified(text: str) -> str:
    """A text with compatibility forms unified (NFKC), which may have 18 times as many characters."""
    return unicodedata.normalize("NFKC", storable(text))


def _check_length(question: str) -> None:
    if len(question) > QUESTION_LIMIT:
        raise QuestionError(
            "This question has {length:,} characters; please ask in at most {limit:,}.", length=len(question), limit=QUESTION_LIMIT
        )
