"""Where launches stand: the timelines of products, with the sentences that prove them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from async_lru import alru_cache
from cachetools import LRUCache

from index.launches.mentions import Mentions
from index.launches.product_lookup import Products
from index.launches.timeline import Stretch, timeline, weight
from index.model.launches import TITLE, Period, Reported, Status
from index.model.quotes import Quote
from index.storage.store.base import Store, StoredPassage

_REMEMBERED_COURSES = 256
_REMEMBERED_PRODUCTS = 64  # of different choices of scopes


@dataclass(frozen=True, slots=True)
class Course:
    """How a launch went, as of a day.

    Attributes:
        stretches: its stages, oldest first.
        current: how clearly sentences, by passage and ordinal, tell the current stage, up to 1; below 0 where they tell an
            earlier one.
        passages: the ids of those that claim anything about the product, its versions or its family, ascending.
    """

    stretches: tuple[Stretch, ...]
    current: Mapping[tuple[int, int], float]
    passages: npt.NDArray[np.int64]


class Launches:
    """What the articles tell of launches, as long as they do not change: what was worked out once is remembered."""

    def __init__(self, mentions: Mentions, claimed: Mapping[str, Collection[str]], store: Store) -> None:
        """``claimed``: for each scope, the ids of the products that its articles claim anything about."""
        self._mentions = mentions
        self._claimed = claimed
        self._store = store
        self._products: LRUCache[frozenset[str], Products] = LRUCache(_REMEMBERED_PRODUCTS)
        self._courses = alru_cache(maxsize=_REMEMBERED_COURSES)(self._look_course_up)

    def products(self, scopes: Collection[str]) -> Products:
        """The products that those who see these scopes can ask about."""
        key = frozenset(self._claimed).intersection(scopes)
        if key not in self._products:
            claimed = sorted({product for scope in key for product in self._claimed[scope]})
            self._products[key] = Products(self._mentions, claimed)
        return self._products[key]

    async def course(self, product: str, *, as_of: date, scopes: Collection[str]) -> Course:
        """The course of a product's launch."""
        return await self._courses(product, as_of, frozenset(scopes))

    async def _look_course_up(self, product: str, as_of: date, scopes: Collection[str]) -> Course:
        claims = await self._store.claims(self.products(scopes).relations(product), as_of, scopes)
        return _course(timeline(claims), np.unique(np.array([claim.passage for claim in claims], np.int64)))

    async def changed(self, *, as_of: date, scopes: Collection[str]) -> Sequence[str]:
        """The ids of the products of the catalogue whose launch the articles tell of, the one whose stage changed last first."""
        known = self.products(scopes)
        products = [id_ for id_ in known.claimed if id_ in known.catalogue.products]
        courses = {id_: (await self.course(id_, as_of=as_of, scopes=scopes)).stretches for id_ in products}
        since = {id_: stretches[-1].since for id_, stretches in courses.items() if stretches}
        return sorted(since, key=since.__getitem__, reverse=True)

    async def status(self, product: str, name: str, *, as_of: date, scopes: Collection[str]) -> Status:
        """Where the launch of a product stands, by its course; ``name`` is what people call it."""
        course = await self.course(product, as_of=as_of, scopes=scopes)
        proofs = [(stretch, _proof(stretch)) for stretch in course.stretches]
        passages = {passage.id: passage for passage in await self._store.passages([claim.passage for _, claim in proofs])}
        history = tuple(
            Period(stretch.stage, stretch.since, _quote(claim, passages[claim.passage]))
            for stretch, claim in proofs
            if claim.passage in passages  # else it was gone before it could be read: the articles have just changed
        )
        return Status(product, name, as_of, history)


def _course(stretches: list[Stretch], passages: npt.NDArray[np.int64]) -> Course:
    current: dict[tuple[int, int], float] = {}
    for stretch in stretches:
        sign = 1 if stretch is stretches[-1] else -1
        for claim in stretch.claims:
            current[claim.passage, claim.ordinal] = max(sign * weight(claim), current.get((claim.passage, claim.ordinal), -1.0))
    return Course(tuple(stretches), current, passages)


def _proof(stretch: Stretch) -> Reported:
    """The sentence that proves a stage best."""
    return next((claim for claim in stretch.claims if claim.ordinal != TITLE), stretch.claims[0])


def _quote(claim: Reported, passage: StoredPassage) -> Quote:
    """The words of a claim."""
    article = passage.article
    if claim.ordinal == TITLE:
        return Quote(article.title, weight(claim), 0, len(article.title), article, title=True)
    span = passage.sentences[claim.ordinal]
    text = passage.text[span.start - passage.start : span.end - passage.start]
    return Quote(text, weight(claim), span.start, span.end, article, section=passage.section)
