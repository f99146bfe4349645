"""Web pages become articles, and nobody reaches into the network that Shipdate runs in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web as server

from index import ArticleError
from index.reading import web
from index.reading.files import SIZE_LIMIT

PAGE = """<html lang="en"><head><title>Aurora opens to everybody</title>
<meta property="article:published_time" content="2025-03-04T10:00:00Z"><meta property="og:site_name" content="Example News"></head>
<body><nav>Home Contact</nav><article><h1>Aurora opens to everybody</h1>
<p>Aurora, the video generator, has been open to everybody since Tuesday. Anyone with an e-mail address can sign up today.</p>
<p>A month costs nine dollars. There is no waiting list any more, and the free plan of the preview has come to its end.</p>
</article></body></html>"""


@pytest_asyncio.fixture
async def site() -> AsyncIterator[str]:
    async def page(_: server.Request) -> server.Response:
        return server.Response(text=PAGE, content_type="text/html")

    async def plain(_: server.Request) -> server.Response:
        return server.Response(text="---\ntitle: Plain\n---\nAurora ships on 3 May.", content_type="text/plain")

    async def large(_: server.Request) -> server.Response:
        return server.Response(body=b"a" * (SIZE_LIMIT + 1), content_type="text/plain")

    async def picture(_: server.Request) -> server.Response:
        return server.Response(body=b"\x89PNG", content_type="image/png")

    async def leads(request: server.Request) -> server.Response:
        raise server.HTTPFound(request.query["to"])

    async def round(_: server.Request) -> server.Response:  # noqa: A001 (it leads to itself)
        raise server.HTTPFound("/round")

    app = server.Application()
    app.add_routes([server.get(f"/{handler.__name__}", handler) for handler in (page, plain, large, picture, leads, round)])
    runner = server.AppRunner(app)
    await runner.setup()
    listener = server.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    yield f"http://localhost:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_page_gives_its_article_and_what_it_says_of_itself(site: str) -> None:
    draft = await web.read(f"{site}/page#top", allow_private=True)
    assert draft.source == f"{site}/page"
    assert (draft.title, draft.publisher) == ("Aurora opens to everybody", "Example News")
    assert draft.published is not None
    assert draft.published.date().isoformat() == "2025-03-04"
    assert "Anyone with an e-mail address can sign up today." in draft.text
    assert "Contact" not in draft.text


async def test_a_text_is_read_like_a_file_and_redirections_are_followed(site: str) -> None:
    draft = await web.read(f"{site}/leads?to=/plain", allow_private=True)
    assert (draft.title, draft.text) == ("Plain", "Aurora ships on 3 May.")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nothing", "404"),
        ("/large", "5 MB"),
        ("/picture", "image/png"),
        ("/leads?to=ftp://example.org/x", "no web page"),
        ("/round", "redirects"),
    ],
)
async def test_what_is_no_article_is_told_in_one_sentence(site: str, path: str, said: str) -> None:
    with pytest.raises(ArticleError) as told:
        await web.read(f"{site}{path}", allow_private=True)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "0.0.0.0", "[::ffff:127.0.0.1]"])
async def test_private_addresses_are_not_asked(site: str, host: str) -> None:
    port = site.rpartition(":")[2]
    with pytest.raises(ArticleError) as told:
        await web.read(f"http://{host}:{port}/page", allow_private=False)
    assert "private" in str(told.value)


@pytest.mark.parametrize("address", ["http://", "https://[broken", "http://no-such-host.invalid/x"])
async def test_an_address_that_leads_nowhere_is_told(address: str) -> None:
    with pytest.raises(ArticleError) as told:
        await web.read(address, allow_private=False)
    assert "address" in str(told.value)
