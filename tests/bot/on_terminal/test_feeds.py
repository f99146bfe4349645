"""``shipdate feeds``, as a script meets it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bot.on_terminal.test_cli import Done, check_told, shipdate
from tests.support.articles import put
from tests.support.feeds import item, rss, teaser
from tests.support.site import Site, serving

Command = Callable[..., Awaitable[Done]]


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as made:
        yield made


@pytest.fixture
def feeds(data: Path) -> Command:
    """Runs ``shipdate feeds``, while the site goes on answering."""

    async def run(*arguments: object) -> Done:
        env = {"ALLOW_PRIVATE_NETWORK": "true"}
        return await asyncio.to_thread(shipdate, "feeds", *arguments, data=data, env=env)

    return run


async def test_feeds_are_followed_looked_at_listed_and_removed(feeds: Command, site: Site) -> None:
    good = site.put("/good.xml", rss(item("Aurora", "/aurora", summary=teaser("Aurora")), item("Borealis", "/borealis")), "text/xml")
    bad = site.put("/bad.xml", rss(title="Bad News"), "text/xml")

    done = await feeds("add", good, f"{site.address}/nothing", bad, "--every", 30)
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["following 1: Example News", "following 2: Bad News"]
    (line,) = done.stderr.splitlines()
    assert "404" in line

    site.put("/bad.xml", "hello", "text/xml")
    done = await feeds("refresh")
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["Example News: 1 added, 1 failed", "Bad News: failed"]
    first, second = done.stderr.splitlines()
    assert "/borealis" in first
    assert "404" in first
    assert second == f"{bad} is not a feed; give the address of an RSS or Atom feed, or of a page that names its feed."

    done = await feeds("list", "--json")
    assert done.returncode == 0
    one, other = json.loads(done.stdout)
    names = ["id", "url", "title", "every", "added", "due", "checked", "new", "failing", "failures", "problem"]
    assert list(one) == list(other) == names
    assert (one["id"], one["url"], one["title"], one["every"]) == (1, good, "Example News", 1800)
    assert one["checked"].endswith("Z")
    assert one["failing"] is one["problem"] is None
    assert (other["failures"], other["problem"], other["checked"]) == (1, second, None)

    done = await feeds("list")
    heading, *lines = done.stdout.splitlines()
    assert [name for name in ("title", "url", "last checked", "last new", "failing since", "why") if name not in heading] == []
    assert one["checked"][:16].replace("T", " ") in lines[0]
    assert "not a feed" in done.stdout

    done = await feeds("remove", good, 99)
    assert (done.returncode, done.stdout) == (1, "removed 1: Example News\n")
    check_told(done, "99", "shipdate feeds list")
    check_told(await feeds("refresh", good), good)


async def test_lists_of_feeds_come_in_and_go_out(feeds: Command, tmp_path: Path) -> None:
    listed = '<opml version="2.0"><body><outline text="Préparé" xmlUrl="https://a.example/rss"/><outline text="b" xmlUrl="gopher://b/"/></body></opml>'
    path = put(tmp_path / "feeds.opml", listed.encode("latin-1"))
    done = await feeds("import", path)
    assert (done.returncode, done.stdout) == (1, "1 added, 1 failed\n")
    assert "gopher://b/" in done.stderr
    done = await feeds("export")
    assert done.returncode == 0
    assert 'text="Préparé"' in done.stdout
    done = await feeds("import", put(tmp_path / "again.opml", done.stdout.encode()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 unchanged\n", "")
    check_told(await feeds("import", tmp_path / "nothing.opml"), "nothing.opml")
    check_told(await feeds("import", put(tmp_path / "text.opml", b"hello")), "OPML")
    check_told(await feeds("import", put(tmp_path / "bytes.opml", b"\x89PNG\r\n\x1a\n\0\1")), "text")


@pytest.mark.parametrize(
    "arguments", [["add"], ["add", "https://a.example/", "--every", "4"], ["remove"], ["import"], ["nonsense"], []], ids=" ".join
)
async def test_wrong_usage_is_status_2(feeds: Command, arguments: list[str]) -> None:
    done = await feeds(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
