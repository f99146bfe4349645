"""Web pages become articles: what is taken from them, what is seen where there is none, and what reading them again costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import wrap

import pytest
import pytest_asyncio
from aiohttp import web as server

from bot.settings import Settings
from index import Change, Listed, open_index
from index.api import Index
from index.embedding.encoders import load as encoders
from index.embedding.encoders.base import TextEncoder
from index.ingestion.readers import pdf
from index.ingestion.readers.draft import Draft
from index.ingestion.sources import pages
from index.ingestion.sources.files import SIZE_LIMIT
from index.ingestion.web.fetch import Fetcher
from index.system.sandbox import Sandbox
from tests.support.articles import CountingEncoder, check_quotes, check_stored, draft_of, put, stored_texts, write
from tests.support.site import ARTICLES, TWENTY, Site, page, serving
from tests.support.site import pdf as pdf_of

pytestmark = pytest.mark.model

AURORA = (
    "Aurora, the video generator, has been open to everybody since Tuesday. Anyone with an e-mail address can sign up today.\n\n"
    "A month costs nine dollars. There is no waiting list any more, and the free plan of the preview has come to its end."
)


@pytest_asyncio.fixture(scope="module")
async def served() -> AsyncIterator[Site]:
    async with serving() as made:
        yield made


@pytest.fixture
def site(served: Site) -> Site:
    """The site, as if nothing had been asked yet."""
    served.asked.clear()
    return served


@pytest_asyncio.fixture(scope="module")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Index]:
    """An index that stays empty: everything that it is given is refused."""
    async with open_index(Settings(data=tmp_path_factory.mktemp("empty"), allow_private_network=True)) as made:
        yield made
        assert await made.list() == []


@pytest_asyncio.fixture
async def index(data: Path) -> AsyncIterator[Index]:
    """An empty index that may ask this machine."""
    async with open_index(Settings(data=data, allow_private_network=True)) as made:
        yield made


async def add(index: Index, *addresses: str) -> list[Change]:
    return [outcome.change for outcome in await index.add(addresses)]


async def only(index: Index, address: str) -> Listed:
    """The article that is made of a page, in an index of nothing else."""
    [outcome] = await index.add([address])
    assert outcome.change in (Change.ADDED, Change.UPDATED), outcome
    [listed] = await index.list()
    return listed


async def understood(address: str) -> Draft:
    """What is taken from a page, before it is embedded."""
    fetcher, sandbox = Fetcher(allow_private=True, ports=frozenset()), Sandbox()
    try:
        draft = await pages.read(address, fetcher, sandbox)
        assert draft is not None
        return draft
    finally:
        await fetcher.close()
        await sandbox.close()


async def refusal(index: Index, address: str) -> str:
    """The sentence that refuses a page; it begins with the address."""
    [outcome] = await index.add([address])
    assert outcome.change is Change.FAILED
    assert outcome.detail
    assert outcome.detail.startswith(address)
    assert "\n" not in outcome.detail
    return outcome.detail


# What is taken from a page


async def test_a_page_gives_its_article_and_what_it_says_of_itself(index: Index, site: Site, data: Path) -> None:
    made = page("Aurora opens to everybody", AURORA, published="2025-03-04T10:00:00Z", publisher="Example News")
    listed = await only(index, site.put("/aurora", made) + "#top")
    assert listed.source == listed.article.url == f"{site.address}/aurora"
    assert (listed.article.title, listed.article.publisher) == ("Aurora opens to everybody", "Example News")
    assert listed.article.published == datetime(2025, 3, 4, 10, tzinfo=UTC)
    [text] = stored_texts(data).values()
    assert "Anyone with an e-mail address can sign up today." in text
    assert "Contact" not in text


async def test_twenty_pages_in_four_languages_answer_questions(index: Index, site: Site, data: Path) -> None:
    assert await add(index, *(f"{site.address}/{name}" for name in TWENTY)) == [Change.ADDED] * 20
    assert check_stored(data) == 20
    listed = await index.list()
    assert {one.article.language for one in listed} == {"en", "fr", "de", "ja"}
    for name in TWENTY:  # each says of itself what the article says that it was made of
        article = draft_of(ARTICLES / f"{name}.md").article()
        [one] = [one.article for one in listed if one.source.endswith(f"/{name}")]
        assert article.published
        assert one.published
        text = stored_texts(data)[one.id]
        assert article.text.split() == text.split()[-len(article.text.split()) :]
        assert (one.title, one.publisher, one.published.date()) == (article.title, article.publisher, article.published.date())
    answer = await index.ask("How much does the Humane AI Pin cost?")
    check_quotes(answer, stored_texts(data))
    assert answer.quotes[0].article.url.startswith(site.address)


async def test_a_text_is_read_like_a_file_and_redirects_are_followed(index: Index, site: Site) -> None:
    site.put("/plain", "---\ntitle: Plain\n---\nAurora ships on 3 May.", "text/plain")
    listed = await only(index, f"{site.address}/leads?to=/plain")
    assert listed.article.title == "Plain"
    assert (listed.source, listed.article.url) == (f"{site.address}/leads?to=/plain", f"{site.address}/plain")


@pytest.mark.parametrize(("where", "believed"), [("/true-address", True), ("http://elsewhere.example/true-address", False)])
async def test_a_page_names_its_own_address_only_within_its_site(site: Site, where: str, believed: bool) -> None:
    where = f"{site.address}{where}" if believed else where
    draft = await understood(site.put("/aurora", page("Aurora", AURORA, head=f'<link rel="canonical" href="{where}">')))
    assert draft.url == (where if believed else f"{site.address}/aurora")


@pytest.mark.parametrize(
    "published",
    ["1970-01-01T00:00:00Z", "1969-12-31", "2099-01-01", f"{datetime.now(UTC) + timedelta(days=3):%F}"],
    ids=["1970", "1969", "2099", "soon"],
)
async def test_a_date_that_cannot_be_is_none(site: Site, published: str) -> None:
    draft = await understood(site.put("/aurora", page("Aurora", AURORA, published=published)))
    assert draft.published is None


@pytest.mark.parametrize(
    ("encoding", "kind", "head"),
    [
        ("shift_jis", "text/html; charset=Shift_JIS", ""),
        ("gb18030", "text/html", "<meta charset=gb18030>"),
        ("euc-jp", 'text/html;charset="EUC-JP"', ""),
        ("utf-16", "text/html", ""),
        ("utf-8", "text/html; charset=latin-1", ""),
    ],
)
async def test_a_page_is_read_in_its_encoding(site: Site, encoding: str, kind: str, head: str) -> None:
    text = "東京の会社が本日、映像を作る人工知能を公開した。誰でも無料で使える。登録は電子郵便で行い、待つ必要はない。" * 4
    made = f"<html><head>{head}<title>人工知能</title></head><body><article><p>{text}</p></article></body></html>"
    assert (await understood(site.put("/page", made.encode(encoding), kind))).text.endswith(text)


# What is seen where there is no article

SCRIPT = '<html><head><title>Daily</title></head><body><div id="root"></div>{}<script src="app.js"></script></body></html>'
LOGIN = "<html><head><title>{}</title></head><body><p>Go on reading the Daily.</p><form><input name=u>{}</form></body></html>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            page("Page not found", "Sorry, what you are looking for has moved. Try the search of our site."),
            "nothing at",
        ),
        (page("Page introuvable", "Ce que vous cherchez a été déplacé. Retournez à l'accueil du site pour continuer."), "nothing at"),
        (page("404", "Hier ist nichts."), "nothing at"),
        (LOGIN.format("Welcome back", "<input type=password name=p>"), "log-in"),
        (LOGIN.format("Sign in to the Daily", ""), "log-in"),
        (SCRIPT.format("<noscript>You need to enable JavaScript to run this app.</noscript>"), "JavaScript"),
        (SCRIPT.format(""), "JavaScript"),
        (page("We value your privacy", "We and our 842 partners store cookies on your device with your consent."), "cookies"),
        ("<html><body></body></html>", "no article text"),
        ("", "no article text"),
    ],
)
async def test_a_page_without_an_article_is_refused_with_what_was_seen(empty: Index, site: Site, content: str, said: str) -> None:
    assert said in await refusal(empty, site.put("/page", content))


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("404 Media on Aurora", AURORA),
        ("How cookies work in Aurora", f"{AURORA}\n\nAurora sets one cookie."),
        ("JavaScript support in Aurora is out", "Aurora now writes JavaScript. It costs nothing."),
        ("Sign-ups for Aurora open", "Aurora takes sign-ups from today."),
    ],
)
async def test_a_short_article_on_such_things_is_an_article(site: Site, title: str, text: str) -> None:
    assert (await understood(site.put("/page", page(title, text)))).title == title


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nothing", "404"),
        ("/picture", "image/png"),
        ("/unnamed", "no stated kind"),
        ("/feed", "feeds add"),
        ("/large", "larger than 5 MB"),
        ("/leads?to=ftp://example.org/x", "no web page"),
        ("/breaks", "broke off"),
    ],
)
async def test_what_is_no_article_is_told_in_one_sentence(empty: Index, site: Site, path: str, said: str) -> None:
    site.put("/picture", b"\x89PNG", "image/png")
    site.put("/unnamed", b"\x89PNG", "")
    site.put("/feed", "<rss/>", "application/rss+xml")
    site.put("/large", b"a" * (SIZE_LIMIT + 1))
    assert said in await refusal(empty, site.address + path)


# Reading again


async def test_a_slow_site_keeps_nobody_else_from_adding(index: Index, site: Site, tmp_path: Path) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow(_: server.Request) -> server.Response:
        asked.set()
        await go.wait()
        return server.Response(text=page("Slow", "The slow product ships on 4 May 2026. " * 5), content_type="text/html")

    waiting = asyncio.create_task(index.add([site.handle("/slow", slow)]))
    await asked.wait()
    path = write(tmp_path / "quick.md", "The quick product ships on 5 May 2026.", title="Quick")
    assert [outcome.change for outcome in await index.add([str(path)])] == [Change.ADDED]
    assert not waiting.done()
    go.set()
    assert [outcome.change for outcome in await waiting] == [Change.ADDED]


async def test_a_page_that_has_not_changed_costs_one_request(
    site: Site, data: Path, encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = CountingEncoder(encoder)
    monkeypatch.setattr(encoders, "load", lambda *_: counting)
    address = site.put("/aurora", page("Aurora opens", AURORA))
    async with open_index(Settings(data=data, allow_private_network=True)) as index:
        assert await add(index, address) == [Change.ADDED]
        embedded = counting.passages
        assert await add(index, address) == [Change.UNCHANGED]
        assert [(one.status, one.conditional) for one in site.asked] == [(200, False), (304, True)]
        assert counting.passages == embedded

        site.put("/aurora", page("Aurora opens", AURORA.replace("nine", "ten")))
        assert await add(index, address) == [Change.UPDATED]
        assert await add(index, address) == [Change.UNCHANGED]
    assert [(one.status, one.conditional) for one in site.asked[2:]] == [(200, True), (304, True)]


async def test_a_page_of_which_only_the_trimmings_change_embeds_nothing_and_is_known_by_its_new_mark(index: Index, site: Site) -> None:
    made = page("Aurora", AURORA)
    address = site.put("/aurora", made)
    assert await add(index, address) == [Change.ADDED]
    site.put("/aurora", made.replace("All rights reserved.", "All rights reserved, 2026."))
    assert await add(index, address) == [Change.UNCHANGED]
    assert await add(index, address) == [Change.UNCHANGED]
    assert site.log("/aurora") == [200, 200, 304]


async def test_a_page_by_last_modified_alone_is_asked_for_likewise(index: Index, site: Site) -> None:
    async def dated(request: server.Request) -> server.Response:
        said = "Thu, 01 Jan 2026 00:00:00 GMT"
        if request.headers.get("If-Modified-Since") == said:
            return server.Response(status=304)
        return server.Response(text=page("Aurora", AURORA), content_type="text/html", headers={"Last-Modified": said})

    address = site.handle("/dated", dated)
    assert await add(index, address) == [Change.ADDED]
    assert await add(index, address) == [Change.UNCHANGED]
    assert site.log("/dated") == [200, 304]


async def test_a_page_that_vanishes_stays(index: Index, site: Site) -> None:
    address = site.put("/aurora", page("Aurora", AURORA))
    await add(index, address)
    site.remove("/aurora")
    assert await add(index, address) == [Change.FAILED]
    assert len(await index.list()) == 1


async def test_a_page_that_is_read_while_others_fail_is_added(index: Index, site: Site) -> None:
    addresses = [f"{site.address}/{path}" for path in ("nothing", "gpt5-sortie", "breaks", "bomb.gz", "claude-europe")]
    assert await add(index, *addresses) == [Change.FAILED, Change.ADDED, Change.FAILED, Change.FAILED, Change.ADDED]


# PDF


async def test_a_pdf_gives_its_text_its_title_and_its_date(index: Index, site: Site, data: Path, tmp_path: Path) -> None:
    made = pdf_of(wrap(AURORA, 80), title="Aurora opens", created="D:20250304100000+01'00'")
    listed = await only(index, site.put("/aurora.pdf", made, "application/pdf"))
    assert (listed.article.title, listed.article.language) == ("Aurora opens", "en")
    assert listed.article.published == datetime(2025, 3, 4, 9, tzinfo=UTC)
    assert next(iter(stored_texts(data).values())).split() == AURORA.split()
    answer = await index.ask("how much does Aurora cost?")
    assert "nine dollars" in answer.quotes[0].text

    local = put(tmp_path / "copy.pdf", made)  # the same file on disk is the same text
    assert await add(index, str(local)) == [Change.DUPLICATE]


def _encrypted(content: bytes) -> bytes:
    from io import BytesIO

    from pypdf import PdfReader, PdfWriter

    writer, made = PdfWriter(clone_from=PdfReader(BytesIO(content))), BytesIO()
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(made)
    return made.getvalue()


def _long(pages: int) -> bytes:
    from io import BytesIO

    from pypdf import PdfWriter

    writer, made = PdfWriter(), BytesIO()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    writer.write(made)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_encrypted(pdf_of([AURORA[:60]])), "encrypted"),
        (pdf_of([]), "only pictures"),
        (b"%PDF-1.7\nno more", "broken"),
        (pdf_of([AURORA[:60]])[:300], "broken"),
        (_long(301), "301 pages"),
        (b"", "broken"),
    ],
)
async def test_a_pdf_without_text_is_refused_in_one_sentence(empty: Index, site: Site, content: bytes, said: str, tmp_path: Path) -> None:
    assert said in await refusal(empty, site.put("/a.pdf", content, "application/pdf"))
    [outcome] = await empty.add([str(put(tmp_path / "a.pdf", content))])
    assert said in (outcome.detail or "")


async def test_a_pdf_that_keeps_its_reader_busy_is_left(empty: Index, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "DEADLINE", 0.0)
    assert "takes more than" in await refusal(empty, site.put("/a.pdf", pdf_of(["x"]), "application/pdf"))
