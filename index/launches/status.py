"""Where a launch stands: the timeline of a product, with the sentences that prove it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from index.launches.claims import TITLE
from index.launches.resolving import Products
from index.launches.timeline import Reported, Stretch, timeline
from index.model import Period, Quote, Status
from index.storing.store import Store, StoredPassage


async def status_of(product: str, name: str, stretches: Sequence[Stretch], *, as_of: date, store: Store) -> Status:
    """The status of a product as of a day, from its stages by then (see :func:`course`)."""
    evidence = [proof(stretch) for stretch in stretches]
    passages = {passage.id: passage for passage in await store.passages([one.passage for one in evidence])}
    history = tuple(
        Period(stretch.stage, stretch.since, quote(one, passages[one.passage]))
        for stretch, one in zip(stretches, evidence, strict=True)
        if one.passage in passages
    )
    return Status(product, name, as_of, history)


async def course(product: str, *, as_of: date, scopes: Collection[str], store: Store, products: Products) -> list[Stretch]:
    """The stages of a product, oldest first."""
    return timeline(await store.claims(products.relations(product), as_of, scopes))


def proof(stretch: Stretch) -> Reported:
    """The sentence that proves a stage best."""
    return next((claim for claim in stretch.claims if claim.place != TITLE), stretch.claims[0])


def quote(claim: Reported, passage: StoredPassage) -> Quote:
    """The words of a claim. A title cannot be quoted from the text: the article's first sentence stands for it."""
    span = passage.sentences[max(claim.place, 0)]
    return Quote(passage.text[span.start - passage.start : span.end - passage.start], claim.weight, span.start, span.end, passage.article)
