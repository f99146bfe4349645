"""One odd address never ends what is done with others, and nobody may put words into another site's mouth."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from xml.sax.saxutils import quoteattr

import discord
import pytest
import pytest_asyncio
import tld
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from index import ArticleError, Change, Outcome, ShipdateError, open_index
from index.api import Index
from index.ingestion.sources.pages import read
from index.ingestion.web import address as addresses
from index.ingestion.web.address import LIMIT, Address, AddressError, parse
from index.ingestion.web.fetch import Fetcher
from tests.bot.on_discord.conftest import settings, start, world  # noqa: F401 (fixtures)
from tests.bot.on_slack.conftest import Bot, bot, room, session_bot, slack, slack_index  # noqa: F401 (fixtures)
from tests.support.discord import World, text_of
from tests.support.feeds import item, rss, story, teaser
from tests.support.site import Site, page, serving
from tests.support.slack import texts

pytestmark = pytest.mark.model

POISON = {
    "an encoded name that decodes to nothing": "http://xn--a/",
    "one below another name": "http://www.xn--a/x",
    "one that may not be": "https://xn--0000h.example/",
    "a letter that no name may have": "http://\ufdfa.example/",
    "a letter that becomes a slash": "http://exam\u2100ple.example/",
    "joiners alone": "http://\u200d\u200d/",
    "a long name beyond ASCII": f"http://{'ü' * 300}.example/",
    "an open bracket": "http://[",
    "an open bracket in a name": "http://exa[mple.example/",
    "brackets around nothing": "http://[]/",
    "brackets around something": "http://[v1.x]/",
    "a number that is none": "http://[::1::]/",
    "a network interface": "http://[fe80::1%25eth0]/",
    "a port out of range": "http://host.example:99999/",
    "a port below all": "http://host.example:-1/",
    "port nought": "http://host.example:0/",
    "a port of letters": "http://host.example:port/",
    "a port of many digits": f"http://host.example:{'9' * 1500}/",
    "a user": "http://user@host.example/",
    "a password": "http://user:secret@host.example/",
    "a host before the host": "http://host.example\\@evil.example/",
    "a space": "http://host .example/",
    "a tab": "http://ho\tst.example/",
    "a line break": "http://host.example/\r\nX: y",
    "an escape sequence": "http://host.example/\x1b[2J",
    "NUL": "http://host.example/\0",
    "NUL in the host": "http://host\0.example/",
    "half a character": "http://host.example/\ud800",
    "half a character in the host": "http://\udfff.example/",
    "percent signs": "http://%/",
    "an encoded host": "http://%68ost.example/",
    "an encoded NUL": "http://host%00.example/",
    "empty labels": "http://a..example/",
    "dots": "http://.../",
    "no host": "http:///x",
    "nothing": "http://",
    "a hidden number": "http://0x7f.1/",
    "a long path": f"http://host.example/{'x' * LIMIT}",
    "a path that becomes long": f"http://host.example/{'語' * 300}",
    "a megabyte": f"http://host.example/{'x' * 1024**2}",
}
"""Texts that begin like addresses and are none, by what is wrong with them."""

OTHER = {
    "backslashes": "http:\\\\host.example\\x",
    "a script": "javascript:alert(1)",
    "data": "data:text/html,x",
    "a file": "file:///etc/passwd",
    "a mail": "mailto:a@b.example",
}
"""Addresses of something else than the web."""

ALL = {**POISON, **OTHER}
WRITTEN = [one for one in ALL.values() if not re.search("[\0-\x1f\ud800-\udfff]|^http:\\\\", one)]
"""Those that are the same in a document: control characters are left out there, and backslashes begin the name of a page."""

EACH = pytest.mark.parametrize("address", list(ALL.values()), ids=list(ALL))

ADMIN = Caller("discord", workspace="1", user="7", admin=True)
TEXT = "Aurora will ship on 4 May, says its maker, which adds that testers liked it. The price of Aurora is 12 dollars a month."


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as made:
        yield made


@pytest_asyncio.fixture
async def index(data: Path) -> AsyncIterator[Index]:
    """An empty index that may ask this machine, for which every name is one of this machine's."""

    async def resolve(_host: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async with open_index(Settings(data=data, allow_private_network=True)) as made:
        made._web = Fetcher(allow_private=True, ports=frozenset(), resolve=resolve)
        yield made


def named(site: Site, host: str, path: str) -> str:
    """The address of a page of the site under another name."""
    return f"{site.address.replace('127.0.0.1', host)}{path}"


def sentences(outcomes: Sequence[Outcome]) -> list[str]:
    """What is said of those that failed: one printable line each, of bearable length."""
    told = [outcome.detail or "" for outcome in outcomes if outcome.change is Change.FAILED]
    for one in told:
        assert one.isprintable()
        assert one.endswith(".")
        assert len(one) < 1000
    return told


async def urls(index: Index) -> set[str]:
    return {one.article.url for one in await index.list()}


# Reading addresses


@EACH
def test_an_odd_address_is_refused_in_one_sentence(address: str) -> None:
    with pytest.raises(AddressError) as told:
        parse(address)
    assert str(told.value).isprintable()
    assert str(told.value).endswith(".")
    assert len(str(told.value)) < 500


PIECES = st.sampled_from(
    "http:// HTTPS:// // http: : / \\ ? # @ [ ] [::1] % %00 %2e .. . xn-- xn--a xn--mnchen-3ya 。 \ufdfa ß İ \u200d \ud800 \0 \t \n "
    "127.0.0.1 0x7f :80 :0 :99999 user:pw@ example.org www. github.io co.uk 世 é javascript:".split(" ")
)
TEXTS = st.text() | st.lists(PIECES | st.text(max_size=3)).map("".join) | st.text().map("http://{}".format)


@given(TEXTS)
def test_whatever_a_text_is_reading_it_as_an_address_raises_one_error_only(text: str) -> None:
    try:
        read = parse(text)
    except AddressError as error:
        assert str(error)
        return
    assert parse(str(read)) == read
    assert str(read).isascii()
    assert str(read).isprintable()
    assert len(str(read)) <= LIMIT
    assert read.scheme in ("http", "https")
    assert 0 < read.port < 2**16
    assert read.speaks_for(read)
    assert read.host.removesuffix(".").endswith(read.site)
    assert "#" not in str(read.document)


@given(TEXTS)
def test_whatever_a_link_is_following_it_raises_one_error_only(reference: str) -> None:
    try:
        target = parse("https://example.org/a/b?c#d").join(reference)
    except AddressError as error:
        assert str(error)
    else:
        assert parse(str(target)) == target


# Through every entrance: what is wrong with one stops no other


async def test_an_odd_address_among_those_that_are_added_stops_no_other(index: Index, site: Site) -> None:
    good = site.put("/aurora", page("Aurora", TEXT))
    outcomes = await index.add([*ALL.values(), good])
    assert len(sentences(outcomes)) == len(outcomes) - 1
    assert await urls(index) == {good}


async def test_an_odd_address_that_a_member_adds_or_follows_is_refused_and_in_the_audit(index: Index, site: Site) -> None:
    service = Service(index, Settings(data=Path("unused"), user_rate=1000, workspace_rate=1000))
    good = site.put("/aurora", page("Aurora", TEXT))
    outcomes = await service.add(ADMIN, [*POISON.values(), good])
    assert len(sentences(outcomes)) == len(outcomes) - 1
    for address in ALL.values():
        with pytest.raises(ShipdateError):
            await service.add(ADMIN, [address, "javascript:alert(1)"])  # paths are the operator's
        with pytest.raises(ArticleError) as told:
            await service.add_feed(ADMIN, address)
        assert str(told.value).isprintable()
        with pytest.raises(ShipdateError):
            await service.remove_feed(ADMIN, address)
    assert await service.feeds(ADMIN) == []
    assert len(await service.audit(ADMIN)) == 1 + 3 * len(ALL)


async def test_an_odd_link_in_a_feed_costs_no_other_item(index: Index, site: Site) -> None:
    odd = [item(f"Odd {number}", address, f"odd-{number}", summary=teaser("Borealis")) for number, address in enumerate(WRITTEN)]
    good = site.put("/aurora", page("Aurora", TEXT))
    feed = site.put("/feed.xml", rss(*odd, item("Aurora", good, "good")), "application/rss+xml")
    await index.feeds.add(feed)
    (look,) = await index.feeds.refresh()
    assert look.feed.problem is None
    assert sentences(look.outcomes) == []
    assert good in {outcome.source for outcome in look.outcomes}
    assert await urls(index) == {good, feed}


@pytest.mark.parametrize(
    "head",
    [
        "<link rel=canonical href={}>",
        "<meta property=og:url content={}>",
        "<meta name=twitter:url content={}>",
        "<base href={}>",
        "<link rel=alternate hreflang=x-default href={}>",
        "<a href={}>",
    ],
)
async def test_an_odd_address_in_a_page_is_not_the_page_s(index: Index, site: Site, head: str) -> None:
    for address in WRITTEN:
        own = site.put("/odd", page("Aurora", TEXT, head=head.format(quoteattr(address))))
        draft = await read(own, index._fetcher(), index._context.sandbox)
        assert draft is not None
        assert TEXT in draft.text
        assert draft.url == own


async def test_a_page_that_names_its_feed_oddly_names_it_next(index: Index, site: Site) -> None:
    feed = site.put("/feed.xml", rss(item("Aurora", guid="1", summary=teaser("Aurora"))), "application/rss+xml")
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href={quoteattr(one)}>' for one in (*WRITTEN, feed))
    for base in ("", *(f"<base href={quoteattr(one)}>" for one in WRITTEN)):
        site.put("/blog", page("Blog", TEXT, head=base + links))
        assert (await index.feeds.add(f"{site.address}/blog")).url == feed


async def test_a_redirect_to_an_odd_address_is_refused_and_stops_no_other(index: Index, site: Site) -> None:
    """An HTTP client takes such an address apart by itself, and what it raises then is no error of HTTP."""
    odd = [one for one in ALL.values() if one.isprintable() and len(one) < 5000]
    for number, address in enumerate(odd):

        async def lead(_: web.Request, address: str = address) -> web.Response:
            return web.Response(status=302, headers={"Location": address})

        site.handle(f"/{number}", lead)
    good = site.put("/aurora", page("Aurora", TEXT))
    outcomes = await index.add([*(f"{site.address}/{number}" for number in range(len(odd))), good])
    told = sentences(outcomes)
    assert len(told) == len(odd)
    assert all(one.startswith(site.address) for one in told)
    assert await urls(index) == {good}


async def test_an_odd_address_in_a_list_of_feeds_costs_no_other_feed(index: Index) -> None:
    lines = "".join(f"<outline type='rss' text='x' xmlUrl={quoteattr(one)}/>" for one in (*WRITTEN, "https://news.example/feed"))
    outcomes = await index.feeds.import_opml(f"<opml version='2.0'><head/><body>{lines}</body></opml>")
    sentences(outcomes)
    followed = {outcome.source for outcome in outcomes if outcome.change is Change.ADDED}
    assert followed == {feed.url for feed in await index.feeds.list()} == {"https://news.example/feed"}


async def test_an_odd_address_in_a_file_is_told_and_costs_no_other_file(index: Index) -> None:
    files = {f"{number}.md": f"---\nurl: {json.dumps(one)}\n---\n\n{TEXT}".encode() for number, one in enumerate(WRITTEN)}
    files |= {
        f"{number}.html": page("A", TEXT, head=f"<link rel=canonical href={quoteattr(one)}>").encode() for number, one in enumerate(WRITTEN)
    }
    outcomes = await index.add([], uploads={**files, "good.md": f"---\nurl: https://news.example/x\n---\n\n{TEXT}".encode()})
    sentences(outcomes)
    assert not [outcome for outcome in outcomes if outcome.change is Change.FAILED and not outcome.source.endswith(".md")]
    for url in await urls(index):
        assert url.startswith("upload:") or url == "https://news.example/x"


async def test_a_mark_that_cannot_be_sent_back_does_not_stop_a_page_from_being_read_again(index: Index, site: Site) -> None:
    async def marked(_: web.Request) -> web.Response:
        return web.Response(
            text=page("Aurora", TEXT), content_type="text/html", headers={"ETag": '"é世"', "Last-Modified": "gestern, früh"}
        )

    address = site.handle("/marked", marked)
    assert [outcome.change for outcome in await index.add([address])] == [Change.ADDED]
    assert [outcome.change for outcome in await index.add([address])] == [Change.UNCHANGED]


def poison(data: Path, title: str, address: str) -> None:
    """An older version has stored this as an article's address."""
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database, database:
        changed = database.execute("UPDATE articles SET url = ? WHERE title = ?", (address, title))
        assert changed.rowcount == 1


async def test_an_answer_with_an_odd_link_is_given_on_discord(world: World) -> None:  # noqa: F811
    await world.add(TEXT, title="Aurora gets a date", published="2025-03-04")
    data = world.env.bot.settings.data  # type: ignore[attr-defined]
    for address in WRITTEN[::6]:
        await asyncio.to_thread(poison, data, "Aurora gets a date", address)
        before = len(world.answers())
        await world.mention(world.ann, "When will Aurora ship?")
        (answer,) = world.answers()[before:]
        assert "4 May" in text_of(answer)
        assert "Aurora gets a date](" not in text_of(answer)
        assert "Aurora gets a date" in text_of(await listed(world))


async def listed(world: World) -> discord.Message:  # noqa: F811
    return (await world.admin.slash(world.channel, "articles list", filter="Aurora")).response  # type: ignore[return-value]


async def test_an_answer_with_an_odd_link_is_given_on_slack(bot: Bot, room: str) -> None:  # noqa: F811
    added = await bot.service.add(bot.admin, [], uploads={"aurora.md": f"---\ntitle: Aurora gets a date\n---\n\n{TEXT}".encode()})
    assert [outcome.change for outcome in added] == [Change.ADDED]
    for number, address in enumerate(WRITTEN[::6], 1):
        await asyncio.to_thread(poison, bot.settings.data, "Aurora gets a date", address)
        await bot.slack.command(room, "/ask", "When will Aurora ship?")
        *_, answer = await bot.slack.said(room, number)
        assert "4 May" in texts(answer)
        assert "|Aurora gets a date>" not in texts(answer)


# Nobody speaks for another site

SPEAKS = [
    ("https://example.org/feed", "https://example.org/a", True),
    ("https://example.org/feed", "http://EXAMPLE.org:80/a", True),
    ("https://example.org/feed", "https://www.example.org/a", True),
    ("https://www.example.org/feed", "https://example.org./a", True),
    ("https://www.blog.example.co.uk/", "https://blog.example.co.uk/", True),
    ("https://münchen.example/", "https://www.xn--mnchen-3ya.example/", True),
    ("https://evil.host.example/feed", "https://host.example/official", False),
    ("https://evil.host.example/feed", "https://www.host.example/official", False),
    ("https://evil.host.example/feed", "https://other.host.example/", False),
    ("https://host.example/~evil/feed", "https://president.host.example/", False),
    ("https://evil.github.io/", "https://github.io/", False),
    ("https://evil.github.io/", "https://other.github.io/", False),
    ("https://www.github.io/", "https://github.io/", False),
    ("https://github.io/", "https://www.github.io/", False),
    ("https://www.blogspot.com/", "https://blogspot.com/", False),
    ("https://www.co.uk/", "https://co.uk/", False),
    ("https://www.xn--55qx5d.cn/", "https://公司.cn/", False),
    ("https://www.example/", "https://example/", False),
    ("https://example.org.evil.example/", "https://example.org/", False),
    ("https://evilexample.org/", "https://example.org/", False),
    ("https://example.org:8443/", "https://example.org/", False),
    ("https://example.org/", "https://example.org:8443/", False),
    ("http://127.0.0.1/", "http://127.0.0.2/", False),
    ("http://2.127.0.0.1.example/", "http://127.0.0.1/", False),
    ("http://[::1]/", "http://[::2]/", False),
]


@pytest.mark.parametrize(("fetched", "shown", "allowed"), SPEAKS)
def test_only_a_host_itself_speaks_for_its_addresses(fetched: str, shown: str, allowed: bool) -> None:
    assert parse(fetched).speaks_for(parse(shown)) is allowed


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://www.example.co.uk/", "example.co.uk"),
        ("https://a.b.ann.github.io/", "ann.github.io"),
        ("https://github.io/", "github.io"),
        ("https://a.b.公司.cn/", "b.xn--55qx5d.cn"),
        ("https://a.www.ck/", "www.ck"),
        ("https://a.b.c.ck/", "b.c.ck"),
        ("https://evil.host.example./", "host.example"),
        ("http://wiki/", "wiki"),
        ("http://10.1.2.3/", "10.1.2.3"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
    ],
)
def test_a_site_is_what_somebody_registered(address: str, expected: str) -> None:
    assert parse(address).site == expected


def test_the_list_of_suffixes_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the first time, nor where its file is missing."""

    def refuse(*_: object) -> None:
        raise AssertionError("The network was asked.")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setattr("tld.base.urlopen", refuse)
    tld.utils.reset_tld_names()
    assert parse("https://www.ann.github.io/").site == "ann.github.io"
    monkeypatch.setattr(addresses._bundled(), "local_path", "missing")
    with pytest.raises(OSError, match="install Shipdate again"):
        assert parse("https://www.ann.github.io/").site


async def test_a_feed_s_words_are_never_shown_as_those_of_another_host(index: Index, site: Site) -> None:
    """The whole article stands in the feed, under a link to the host that the feed's own is below of, where nothing of the like is."""
    official = named(site, "host.example", "/official")
    site.put("/feed.xml", rss(item("Aurora", official, "1", content=story("Aurora"))), "application/rss+xml")
    feed = named(site, "evil.host.example", "/feed.xml")
    await index.feeds.add(feed)
    (look,) = await index.feeds.refresh()
    assert [outcome.change for outcome in look.outcomes] == [Change.ADDED]
    assert site.log("/official") == [404]
    assert await urls(index) == {feed}


async def test_a_feed_s_headline_is_never_that_of_another_host_s_page(index: Index, site: Site) -> None:
    site.put("/official", f"<html><body><article><p>{TEXT}</p></article></body></html>")
    official = named(site, "host.example", "/official")
    site.put("/feed.xml", rss(item("Aurora is cancelled", official, "1")), "application/rss+xml")
    await index.feeds.add(named(site, "evil.host.example", "/feed.xml"))
    await index.feeds.refresh()
    (listed,) = await index.list()
    assert listed.article.url == official
    assert "cancelled" not in listed.article.title


@pytest.mark.parametrize("head", ['<link rel="canonical" href="{}">', '<meta property="og:url" content="{}">', '<base href="{}">'])
@pytest.mark.parametrize("host", ["evil.host.example", "evil.github.io", "github.io.example"])
async def test_a_page_s_words_are_never_shown_as_those_of_another_host(index: Index, site: Site, head: str, host: str) -> None:
    official = named(site, "github.io" if "github" in host else "host.example", "/official")
    site.put("/page", page("Aurora", TEXT, head=head.format(official)))
    address = named(site, host, "/page")
    await index.add([address])
    assert await urls(index) == {address}


async def test_a_text_s_words_are_never_shown_as_those_of_another_host(index: Index, site: Site) -> None:
    site.put("/a.md", f"---\nurl: {named(site, 'host.example', '/official')}\n---\n\n{TEXT}", "text/markdown")
    address = named(site, "evil.host.example", "/a.md")
    await index.add([address])
    assert await urls(index) == {address}


async def test_what_a_redirect_leads_to_is_shown_with_the_address_that_answered(index: Index, site: Site) -> None:
    """A host that redirects wherever one likes does not lend its name."""
    target = named(site, "evil.host.example", "/page")
    site.put("/page", page("Aurora", TEXT, head=f'<link rel="canonical" href="{named(site, "host.example", "/official")}">'))
    await index.add([named(site, "host.example", f"/leads?to={target}")])
    assert await urls(index) == {target}


async def test_a_page_says_where_it_stands_on_its_own_host(index: Index, site: Site) -> None:
    official = named(site, "www.host.example", "/official")
    site.put("/page", page("Aurora", TEXT, head=f'<link rel="canonical" href="{official}">'))
    await index.add([named(site, "host.example", "/page?utm_source=x")])
    assert await urls(index) == {official}


def test_an_address_is_made_by_reading_one() -> None:
    read = parse("HTTPS://MÜNCHEN.example:443/ü?a=b c#d")
    assert read == Address("https://xn--mnchen-3ya.example/%C3%BC?a=b%20c#d", "https", "xn--mnchen-3ya.example", 443)
    assert str(read.document) == "https://xn--mnchen-3ya.example/%C3%BC?a=b%20c"
