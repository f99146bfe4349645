"""A web site of the tests' own, over real HTTP on loopback: good pages, changing ones, and everything that goes wrong on the web."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from html import escape

import brotli
from aiohttp import web

from index.model.articles import Article
from tests.support.articles import ROOT, draft_of

ARTICLES = ROOT / "tools" / "calibration" / "articles"
TWENTY = (
    "chatgpt-search-launch gpt4o-farewell humane-pin-ships recall-december comet-max apple-intelligence-wwdc "  # English
    "claude-europe gpt5-sortie humane-fin le-chat-appli midjourney-video searchgpt-prototype udio-universal voix-report "  # French
    "apple-ki-eu recall-verschoben stimme-fuer-plus "  # German
    "apple-taiou comet-muryo gpt5-henkou"  # Japanese
).split()
"""Names of articles about real launches, in four languages: a page ``/NAME`` each."""

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came in.

    Attributes:
        conditional: whether it asked only for what has changed.
    """

    path: str
    status: int
    conditional: bool
    agent: str


@dataclass(slots=True)
class _Page:
    content: bytes
    kind: str
    modified: datetime
    headers: dict[str, str]
    status: int

    @property
    def etag(self) -> str:
        return f'"{sha256(self.content).hexdigest()[:16]}"'


@dataclass(slots=True)
class Site:
    """Pages that a test can put, change and take away while they are served.

    Attributes:
        address: its root, without a slash at the end. ``localhost`` in place of the number is another host to who asks.
        asked: every request, in order.
    """

    address: str
    asked: list[Asked] = field(default_factory=list)
    _pages: dict[str, _Page] = field(default_factory=dict)
    _handlers: dict[str, Handler] = field(default_factory=dict)

    def put(self, path: str, content: str | bytes, kind: str = "text/html", *, status: int = 200, **headers: str) -> str:
        """Serve this at ``path`` from now on, with ETag and Last-Modified (a second later each time); returns the address."""
        before = self._pages.get(path)
        self._pages[path] = _Page(
            content.encode() if isinstance(content, str) else content,
            kind,
            before.modified + timedelta(seconds=1) if before else EPOCH,
            {name.replace("_", "-"): value for name, value in headers.items()},
            status,
        )
        return self.address + path

    def handle(self, path: str, handler: Handler) -> str:
        """Let ``handler`` answer at ``path``; returns the address."""
        self._handlers[path] = handler
        return self.address + path

    def etag(self, path: str) -> str:
        """By which what is there now is known."""
        return self._pages[path].etag

    def remove(self, path: str) -> None:
        """Serve nothing there any more."""
        del self._pages[path]

    def log(self, path: str) -> list[int]:
        """The status of every answer that was given at ``path``."""
        return [one.status for one in self.asked if one.path == path]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What is at the path that was asked for."""
        conditional = "If-None-Match" in request.headers or "If-Modified-Since" in request.headers
        status = 500
        try:
            handler = self._handlers.get(request.path)
            response = await (handler(request) if handler else self._page(request))
            status = response.status
            return response
        finally:
            self.asked.append(Asked(request.path, status, conditional, request.headers.get("User-Agent", "")))

    async def _page(self, request: web.Request) -> web.Response:
        page = self._pages.get(request.path)
        if page is None:
            return web.Response(status=404, text="There is nothing here.")
        said = {"ETag": page.etag, "Last-Modified": format_datetime(page.modified, usegmt=True), **page.headers}
        if request.headers.get("If-None-Match") == page.etag:
            return web.Response(status=304, headers=said)
        return web.Response(body=page.content, headers={"Content-Type": page.kind, **said}, status=page.status)


@asynccontextmanager
async def serving() -> AsyncIterator[Site]:
    """A site on a free port: :data:`TWENTY` articles and the pages of :func:`_trouble`."""
    site = Site("")
    app = web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    for name in TWENTY:
        site.put(f"/{name}", page_of(draft_of(ARTICLES / f"{name}.md").article()))
    _trouble(site)
    try:
        yield site
    finally:
        await runner.cleanup()


def page(title: str, text: str, *, published: str = "", publisher: str = "", language: str = "en", head: str = "") -> str:
    """A page as news sites make them: menus around an article, and what it says of itself in its head."""
    said = [
        f'<meta property="og:title" content="{escape(title)}">',
        f'<meta property="og:site_name" content="{escape(publisher)}">' if publisher else "",
        f'<meta property="article:published_time" content="{escape(published)}">' if published else "",
        head,
    ]
    paragraphs = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.split("\n\n"))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)} | {escape(publisher)}</title>'
        f"{''.join(said)}</head><body><nav><a href='/'>Home</a> <a href='/contact'>Contact</a></nav>"
        f"<article><h1>{escape(title)}</h1>{paragraphs}</article><footer>All rights reserved.</footer></body></html>"
    )


def page_of(article: Article, **said: str) -> str:
    """An article as a page; ``said`` wins over what the article says of itself."""
    known = {
        "published": article.published.isoformat() if article.published else "",
        "publisher": article.publisher or "",
        "language": article.language,
    }
    return page(article.title, article.text, **{**known, **said})


def pdf(lines: Sequence[str], *, title: str = "", created: str = "") -> bytes:
    """A PDF of one page with these lines of text; ``created`` is like ``D:20250304100000Z``."""
    escaped = str.maketrans({mark: f"\\{mark}" for mark in "()\\"})
    shown = " ".join(f"({line.translate(escaped)}) Tj T*" for line in lines)
    stream = f"BT /F1 10 Tf 12 TL 50 750 Td {shown} ET".encode("latin-1")
    said = (f"/Title ({title}) " if title else "") + (f"/CreationDate ({created})" if created else "")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        f"<< {said} >>".encode("latin-1"),
    ]
    made, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer << /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(made)


def _trouble(site: Site) -> None:
    """What goes wrong on the web."""

    async def leads(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.query["to"]})

    async def drips(request: web.Request) -> web.StreamResponse:
        """Answers at once, and is never done."""
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        with suppress(ConnectionError):  # until whoever asked has had enough
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.05)
        return response

    async def hangs(_: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    async def busy(_: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "120"})

    async def breaks(request: web.Request) -> web.StreamResponse:
        """Promises more than it sends."""
        response = web.StreamResponse(headers={"Content-Type": "text/html", "Content-Length": "10000"})
        await response.prepare(request)
        await response.write(b"<html><body>")
        assert request.transport is not None
        request.transport.close()
        return response

    for handler in (leads, drips, hangs, busy, breaks):
        site.handle(f"/{handler.__name__}", handler)
    site.handle("/bomb.gz", _bomb("gzip", _gzip_zeros))
    site.handle("/bomb.br", _bomb("br", _brotli_zeros))


def _bomb(encoding: str, pieces: Callable[[], Iterator[bytes]]) -> Handler:
    async def bomb(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html", "Content-Encoding": encoding})
        await response.prepare(request)
        with suppress(ConnectionError):
            for piece in pieces():
                await response.write(piece)
                await asyncio.sleep(0)  # to hear whether anybody still listens
        return response

    return bomb


BOMB = 512 * 1024**2
"""Bytes that a bomb unpacks to."""

_MEGABYTE = bytes(1024**2)


def _gzip_zeros() -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    yield from (packer.compress(_MEGABYTE) for _ in range(BOMB // len(_MEGABYTE)))
    yield packer.flush()


def _brotli_zeros() -> Iterator[bytes]:
    """Some hundred bytes, so that they all come at once."""
    packer = brotli.Compressor(quality=5, lgwin=24)
    yield b"".join(packer.process(_MEGABYTE) for _ in range(BOMB // len(_MEGABYTE))) + packer.finish()


def packed(content: bytes, encoding: str) -> bytes:
    """The content as that encoding packs it."""
    return gzip.compress(content) if encoding == "gzip" else brotli.compress(content)
