"""Nobody learns anything of another workspace's articles: everything is as if they did not exist."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack
from itertools import islice

import pytest

from bot.settings import Settings
from index import Answer, Quote, Status, open_index
from index.core import Index
from index.embedding import encoder as encoders
from index.embedding.encoder import SentenceTransformerEncoder
from index.model import EVERYBODY
from tests import gossip
from tests.gossip import NOBODYS, OTHERS, OURS, THEIRS, Probe
from tests.writing import RememberingEncoder

SCOPES = (
    (EVERYBODY,),
    (EVERYBODY, OURS),
    (EVERYBODY, THEIRS),
    (EVERYBODY, OTHERS),
    (EVERYBODY, NOBODYS),
    (OURS,),
    (EVERYBODY, OURS, OTHERS),
    (NOBODYS,),
)
PROBES = 10_000


@pytest.fixture(scope="module")
async def all_and_parts(
    encoder: SentenceTransformerEncoder, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Index, Mapping[tuple[str, ...], Index]]]:
    """An index of everybody's and three workspaces' articles; and for each choice of scopes one that has only what these may see."""
    folder = tmp_path_factory.mktemp("scopes")
    batches = gossip.batches(folder / "articles")
    remembering = RememberingEncoder(encoder)
    async with AsyncExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(encoders, "load", lambda *_: remembering)

        async def made(name: str, seen: Collection[str]) -> Index:
            index = await stack.enter_async_context(open_index(Settings(data=folder / name)))
            for scope, articles in batches:
                if scope in seen:
                    await index.add([str(articles)], scope=scope)
            return index

        whole = await made("all", (EVERYBODY, OURS, THEIRS, OTHERS))
        yield whole, {scopes: await made("+".join(scopes) or "shared", scopes) for scopes in SCOPES}


Told = tuple[object, ...]


async def ask(index: Index, probe: Probe, scopes: Collection[str]) -> Answer | Status:
    if probe.of_status:
        return await index.status(probe.text, as_of=probe.as_of, scopes=scopes)
    return await index.ask(probe.text, as_of=probe.as_of, scopes=scopes, topic=probe.topic)


def quotes_of(told: Answer | Status) -> list[Quote]:
    if isinstance(told, Status):
        return [period.evidence for period in told.history]
    return [*told.quotes, *(quotes_of(told.status) if told.status else ())]


def all_but_scores(told: Answer | Status) -> Told:
    """Everything that was told, but for the scores and the time it took."""
    quotes = [(quote.text, quote.start, quote.end, quote.article) for quote in quotes_of(told)]
    if isinstance(told, Status):
        return told.product, told.name, told.as_of, [(period.stage, period.since) for period in told.history], quotes
    status = all_but_scores(told.status) if told.status else None
    return told.language, told.as_of, told.reason, told.products, status, told.topic, quotes


def same(one: Answer | Status, other: Answer | Status) -> bool:
    scores = [[quote.score for quote in quotes_of(told)] for told in (one, other)]
    return all_but_scores(one) == all_but_scores(other) and scores[0] == pytest.approx(scores[1], abs=1e-6)


async def test_what_anybody_is_told_is_as_if_others_articles_did_not_exist(
    all_and_parts: tuple[Index, Mapping[tuple[str, ...], Index]],
) -> None:
    """Ten thousand random questions: answers with their scores, statuses, products, reasons, and no quote from a foreign article."""
    whole, parts = all_and_parts
    owners = {listed.article.id: scope for scope in (EVERYBODY, OURS, THEIRS, OTHERS) for listed in await whole.list(scopes=[scope])}
    dice = random.Random(3)
    expected: dict[tuple[Probe, tuple[str, ...]], Answer | Status] = {}
    differences = []
    quoted: set[str] = set()
    for probe in islice(gossip.probes(), PROBES):
        scopes = dice.choice(SCOPES)
        told = await ask(whole, probe, scopes)
        if (probe, scopes) not in expected:
            expected[probe, scopes] = await ask(parts[scopes], probe, scopes)
        if not same(told, expected[probe, scopes]):
            differences.append((probe, scopes))
        sources = {owners[quote.article.id] for quote in quotes_of(told)}
        assert sources <= set(scopes)
        quoted |= sources
    assert differences == []
    assert quoted == {EVERYBODY, OURS, THEIRS, OTHERS}  # there was something to be told
