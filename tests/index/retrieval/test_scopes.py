"""Nobody learns anything of another workspace's articles: everything is as if they did not exist."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, closing
from datetime import datetime, tzinfo
from itertools import islice
from pathlib import Path

import pytest

from bot.settings import Settings
from index import Answer, Change, Quote, Reason, Status, api, open_index
from index.api import Index
from index.embedding.encoders import load as encoders
from index.embedding.encoders.base import TextEncoder
from index.model.articles import EVERYBODY
from index.storage.store.tenant_terms import FIRST, LAST, mark, marked, split
from index.text.words import words
from tests.conftest import Opener
from tests.support import launch_news
from tests.support.articles import RememberingEncoder, check_stored, news, write
from tests.support.launch_news import NOBODYS, OTHERS, OURS, THEIRS, Probe

pytestmark = pytest.mark.model

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
ALL = (EVERYBODY, OURS, THEIRS, OTHERS)
PROBES = 10_000


@pytest.fixture(scope="module")
async def all_and_parts(
    encoder: TextEncoder, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Index, Mapping[tuple[str, ...], Index]]]:
    """An index of everybody's and three workspaces' articles; and for each choice of scopes one that has only what these may see."""
    folder = tmp_path_factory.mktemp("scopes")
    batches = launch_news.batches(folder / "articles")
    remembering = RememberingEncoder(encoder)
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(encoders, "load", lambda *_: remembering)
        patch.setattr(api, "datetime", Today)

        async def made(name: str, seen: Collection[str]) -> Index:
            index = await stack.enter_async_context(open_index(Settings(data=folder / name)))
            for scope, articles in batches:
                if scope in seen:
                    await index.add([str(articles)], scope=scope)
            return index

        whole = await made("all", ALL)
        parts = {seen: await made(str(number), seen) for number, seen in enumerate(dict.fromkeys(map(visible, SCOPES)))}
        yield whole, {scopes: parts[visible(scopes)] for scopes in SCOPES}


def visible(scopes: Collection[str]) -> frozenset[str]:
    """Whose articles may make a difference to a question that sees these scopes."""
    return frozenset({EVERYBODY, *scopes}).intersection(ALL)


class Today(datetime):
    """A clock that stands still, so that a day may end while the test runs."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Today:
        return cls(2025, 12, 31, 12, tzinfo=tz)


Told = tuple[object, ...]


async def told_to(index: Index, probe: Probe, scopes: Collection[str]) -> Answer | Status:
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
    owners = {listed.article.id: scope for scope in ALL for listed in await whole.list(scopes=[scope])}
    dice = random.Random(3)
    expected: dict[tuple[Probe, tuple[str, ...]], Answer | Status] = {}
    differences = []
    quoted: set[str] = set()
    for probe in islice(launch_news.probes(), PROBES):
        scopes = dice.choice(SCOPES)
        told = await told_to(whole, probe, scopes)
        if (probe, scopes) not in expected:
            expected[probe, scopes] = await told_to(parts[scopes], probe, scopes)
        if not same(told, expected[probe, scopes]):
            differences.append((probe, scopes))
        sources = {owners[quote.article.id] for quote in quotes_of(told)}
        assert sources <= set(scopes)
        quoted |= sources
    assert differences == []
    assert quoted == {*ALL}  # there was something to be told


async def test_lists_and_counts_are_as_if_others_articles_did_not_exist(
    all_and_parts: tuple[Index, Mapping[tuple[str, ...], Index]],
) -> None:
    whole, parts = all_and_parts
    for scopes, part in parts.items():
        assert await whole.list(scopes=scopes) == await part.list(scopes=scopes)
        assert await whole.counts(scopes=scopes) == await part.counts(scopes=scopes)
        assert (await whole.counts(scopes=scopes)).articles == len(await whole.list(scopes=scopes))
    assert await whole.counts() == await whole.counts(scopes=ALL)


async def test_no_article_is_a_duplicate_of_another_workspaces(index: Index, tmp_path: Path) -> None:
    first, second = (write(tmp_path / name, "Aurora ships in May.") for name in ("a.md", "b.md"))
    assert [one.change for one in await index.add([str(first)], scope=THEIRS)] == [Change.ADDED]
    for path in (first, second):
        assert [one.change for one in await index.add([str(path)], scope=OURS)] == [Change.ADDED if path is first else Change.DUPLICATE]
    assert await index.remove([str(second), str(first)], scope=OTHERS) == {}


async def test_a_workspace_without_articles_asks_an_empty_index(index: Index, tmp_path: Path) -> None:
    news(tmp_path / "news", 2)
    await index.add([str(tmp_path / "news")], scope=THEIRS)
    for scopes in ((EVERYBODY,), (EVERYBODY, OURS), (NOBODYS,), ()):
        assert (await index.ask("When will Aurora ship?", scopes=scopes)).reason is Reason.EMPTY_INDEX
        assert (await index.status("Aurora", scopes=scopes)).history == ()
    assert (await index.ask("When will Aurora ship?", scopes=[THEIRS])).answered


async def test_every_term_is_one_to_the_word_index_and_none_holds_a_mark(opened: Opener, data: Path) -> None:
    """Were it cut in two, its second part would stand there without the mark that its scope's terms bear."""
    letters = [letter for letter in map(chr, range(0x110000)) if letter.isalnum() or FIRST <= letter <= LAST]
    terms = sorted({term for word in words(" ".join(f"a{letter}b ・{letter}゠" for letter in letters)) for term in (word.term, word.full)})
    assert not any(FIRST <= letter <= LAST for term in terms for letter in term)
    async with opened():
        pass
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
        database.execute("INSERT INTO passage_words (terms) VALUES (?)", (marked(terms, mark(4097)),))
        stored = [split(term) for (term,) in database.execute("SELECT term FROM passage_vocabulary")]
    assert {own for own, _ in stored} == {mark(4097)}
    assert all(term for _, term in stored)
    assert len(stored) > 0.99 * len(terms)  # some differ only by an accent to which FTS5 is blind


# Forgetting

SECRET = "Xylophantasm"


def on_disk(data: Path) -> list[Path]:
    """The files in which a secret can be read."""
    return [path for path in data.rglob("*") if path.is_file() and SECRET.lower().encode()[2:] in path.read_bytes().lower()]


async def confide(index: Index, folder: Path) -> None:
    """Add what only a workspace knows, in several versions, beside what others know."""
    news(folder / "shared", 3)
    news(folder / "theirs", 2)
    await index.add([str(folder / "shared")])
    for price in (10, 20):  # the first version is replaced, and one article is removed: nothing of that may be left, either
        paths = [
            write(
                folder / "ours" / f"{name}.md",
                f"{SECRET} was released by {name} on 4 May and anyone can sign up. {SECRET} costs {price} dollars.",
                title=f"{name} of {SECRET}",
            )
            for name in ("Quillmark", "Zephyrion")
        ]
        await index.add([str(folder / "ours")], scope=OURS)
    await index.remove([str(paths[0])], scope=OURS)
    await index.add([str(folder / "theirs")], scope=THEIRS)
    assert SECRET in (await index.ask(f"When will {SECRET} ship?", scopes=[OURS])).quotes[0].text


async def test_a_forgotten_workspace_leaves_no_trace(opened: Opener, data: Path, tmp_path: Path) -> None:
    async with opened() as index:
        await confide(index, tmp_path)
        with closing(sqlite3.connect(data / "shipdate.sqlite")) as database, database:
            feed = "INSERT INTO feeds (scope, url, every, added, due, failures) VALUES (?, ?, 60, 0, 0, 0)"
            database.execute(feed, (OURS, f"https://{SECRET}.example/feed"))
            database.execute("INSERT INTO feed_items (feed, key, digest, failures) VALUES (last_insert_rowid(), ?, '', 0)", (SECRET,))
            database.execute("INSERT INTO jobs (scope, state, done, total, queued) VALUES (?, 'done', 1, 1, 0)", (OURS,))
            database.execute("INSERT INTO settings (scope, name, value) VALUES (?, 'note', ?)", (OURS, SECRET))
        assert on_disk(data)
        others = await index.ask("When will Aurora ship?", scopes=[EVERYBODY, THEIRS])
        forgotten = await index.forget(OURS)
        assert on_disk(data) == []
        assert {kind for kind, count in forgotten.items() if count} == {
            *(
                "articles",
                "bands",
                "passages",
                "claims",
                "words",
                "terms",
                "vector files",
                "feeds",
                "feed_items",
                "jobs",
                "settings",
                "scopes",
            )
        }
        assert not any((await index.remains(OURS)).values())
        assert (await index.ask(f"When will {SECRET} ship?", scopes=[OURS])).reason is Reason.EMPTY_INDEX
        again = await index.ask("When will Aurora ship?", scopes=[EVERYBODY, THEIRS])
        assert [quote.text for quote in again.quotes] == [quote.text for quote in others.quotes]
        assert on_disk(data) == []  # nor in the vector files that this question has made
        assert check_stored(data) == 5
        assert (await index.remains(THEIRS))["articles"] == 2
        assert not any((await index.forget(OURS)).values())


async def test_a_workspace_that_was_forgotten_can_come_again(index: Index, tmp_path: Path) -> None:
    await confide(index, tmp_path)
    await index.forget(OURS)
    await index.add([str(tmp_path / "ours")], scope=OURS)
    assert SECRET in (await index.ask(f"When will {SECRET} ship?", scopes=[OURS])).quotes[0].text
    assert not (await index.ask(f"When will {SECRET} ship?", scopes=[EVERYBODY, THEIRS])).answered


async def test_everybodys_articles_cannot_be_forgotten(index: Index, tmp_path: Path) -> None:
    news(tmp_path / "news", 1)
    await index.add([str(tmp_path / "news")])
    with pytest.raises(ValueError, match="workspace"):
        await index.forget(EVERYBODY)
    assert (await index.ask("When will Aurora ship?")).answered
