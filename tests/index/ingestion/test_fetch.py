"""Nobody reaches into the network that Shipdate runs in, and no server holds it up, fills its memory or is pestered."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import tracemalloc
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import Settings
from index import Change, open_index
from index.ingestion.web import fetch, ssrf
from index.ingestion.web.fetch import Fetcher
from index.ingestion.web.response import Fetched, FetchError
from index.ingestion.web.ssrf import Resolve
from tests.support.site import Site, packed, page, serving

HOSTILE = (
    # This machine, as it is usually written
    "localhost LOCALHOST localhost. 127.0.0.1 127.0.0.1. 127.1.2.3 127.255.255.254 [::1] [0:0:0:0:0:0:0:1] [::] 0.0.0.0 "
    # ... and as it is written to get past a check: decimal, octal, hexadecimal, shortened, full-width, encoded
    "2130706433 0x7f000001 0x7F.0.0.1 0x7f.1 017700000001 0177.0.0.1 0177.0.0.01 127.1 127.0.1 127.0.0.1.. 0 00 0x0 0x "
    "127.0.0.0x1 127.0.0.256 1.2.3.4.5 4294967295 4294967297 １２７.0.0.1 ①②⑦.⓪.⓪.① 127。0。0。1 127．0．0．1 %31%32%37.0.0.1 "
    "127.0.0.1%00.example.org 127.0.0.1%0d%0a ⑫7.1 ｌocalhost "
    # ... inside IPv6
    "[::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::] "
    "[2001:0:7f00:1::] [::ffff:0:127.0.0.1] [::1%25lo] [fe80::1%25eth0] [::1%lo] "
    # Its neighbours
    "10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.127.255.254 [fc00::1] [fd12:3456::1] [fec0::1] [fe80::1] "
    "[::ffff:10.0.0.1] [64:ff9b::c0a8:101] [2002:c0a8:101::1] 3232235777 0xc0a80101 "
    # What clouds keep for their machines
    "169.254.169.254 169.254.170.2 2852039166 0xa9fea9fe 0251.0376.0251.0376 [::ffff:169.254.169.254] [64:ff9b::a9fe:a9fe] "
    "[fd00:ec2::254] [fd20:ce::254] 100.100.100.200 168.63.129.16 192.0.0.192 "
    # Everybody and nobody
    "224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 [ff02::1] 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 [2001:db8::1] [3fff::1] "
    "[100::1] [5f00::1]"
).split()

REFUSALS = ("private network", "nobody may ask", "plain numbers", "not a web address", "password", "SHIPDATE_WEB_PORTS")

ODD = [
    "http://user@{host}/",
    "http://user:secret@{host}/",
    "http://example.org:80@{host}/",
    "http://example.org\\@{host}/",
    "http://{host}:22/",
    "http://{host}:0/",
    "http://{host}:99999/",
    "http:///{host}/",
    "http://",
    "http://:80/",
    "https://[{host}]/",
    "http://[::1/",
    "http://exa\tmple.org/",
]


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as made:
        yield made


@pytest_asyncio.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """Asks private machines, too."""
    made = Fetcher(allow_private=True, ports=frozenset({80, 443}))
    yield made
    await made.close()


def port(site: Site) -> int:
    return int(site.address.rpartition(":")[2])


async def refused(fetcher: Fetcher, address: str, limit: int = 1024**2) -> FetchError:
    with pytest.raises(FetchError) as told:
        await fetcher.get(address, accept="text/html", limit=limit)
    said = str(told.value)
    assert "\n" not in said
    assert said.endswith(".")
    return told.value


async def got(fetcher: Fetcher, address: str) -> Fetched:
    fetched = await fetcher.get(address, accept="text/html", limit=1024**2)
    assert fetched is not None
    return fetched


# Where nobody may go


async def test_no_hostile_address_reaches_anything(site: Site, data: Path) -> None:
    """The site of the tests stands for the service that must not be reached, at a port that is allowed."""
    addresses = [f"http://{host}:{port(site)}/gpt5-sortie" for host in HOSTILE]
    addresses += [one.format(host=f"127.0.0.1:{port(site)}" if ":{host}" not in one else "127.0.0.1") for one in ODD]
    assert len(set(addresses)) >= 100
    async with open_index(Settings(data=data, web_ports={80, 443, port(site)})) as index:
        outcomes = await index.add(addresses)
        assert {outcome.change for outcome in outcomes} == {Change.FAILED}
        for outcome in outcomes:
            assert outcome.detail
            assert "\n" not in outcome.detail
            assert outcome.detail.endswith(".")
            assert any(why in outcome.detail for why in REFUSALS), outcome.detail
        assert site.asked == []
        assert await index.list() == []


@pytest.mark.parametrize("scheme", ["ftp", "file", "gopher", "data", "javascript", "ws", "", "localhost"])
async def test_only_the_web_is_asked(fetcher: Fetcher, scheme: str) -> None:
    assert "no web page" in str(await refused(fetcher, f"{scheme}://127.0.0.1/")) or not scheme


async def test_intranets_are_opened_by_a_setting_and_secrets_are_not(site: Site, fetcher: Fetcher) -> None:
    assert (await got(fetcher, f"{site.address}/gpt5-sortie")).kind == "text/html"
    for host in (
        "169.254.169.254",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",
        "[::ffff:169.254.169.254]",
        "224.0.0.1",
    ):
        assert "nobody may ask" in str(await refused(fetcher, f"http://{host}/"))


async def test_ports_of_public_machines_are_limited(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    _take_for_public(monkeypatch)
    for ports in (frozenset({80, 443}), frozenset({80, port(site)})):
        fetcher = Fetcher(allow_private=False, ports=ports)
        if port(site) in ports:
            assert await got(fetcher, f"{site.address}/gpt5-sortie")
        else:
            assert "SHIPDATE_WEB_PORTS" in str(await refused(fetcher, f"{site.address}/gpt5-sortie"))
        await fetcher.close()


@pytest.mark.parametrize(
    "to",
    [
        "http://10.0.0.1/",
        "http://127.0.0.9/",
        "//192.168.0.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost:22/",
        "http://inside.example/",
        "http://user:secret@public.example/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "javascript:alert(1)",
        "http://[broken",
    ],
)
async def test_every_redirect_is_judged_like_an_address(monkeypatch: pytest.MonkeyPatch, site: Site, to: str) -> None:
    _take_for_public(monkeypatch)
    names = {"public.example": ["127.0.0.1"], "inside.example": ["10.0.0.1"]}
    fetcher = Fetcher(allow_private=False, ports=frozenset({80, port(site)}), resolve=_answers(lambda host: names[host]))
    assert await refused(fetcher, f"http://public.example:{port(site)}/leads?to={to}")
    assert site.log("/leads") == [302]
    await fetcher.close()


async def test_redirects_are_followed_so_far(site: Site, fetcher: Fetcher) -> None:
    found = await got(fetcher, f"{site.address}/leads?to=/leads?to=/gpt5-sortie")
    assert found.url == f"{site.address}/gpt5-sortie"

    async def around(_: web.Request) -> web.Response:
        return web.Response(status=301, headers={"Location": "/around"})

    site.handle("/around", around)
    assert "redirects more than 5 times" in str(await refused(fetcher, f"{site.address}/around"))
    assert len(site.log("/around")) == 6


# Names


async def test_a_name_that_changes_its_meaning_is_asked_where_it_was_judged(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    _take_for_public(monkeypatch)
    meanings = iter([["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    def answer(host: str) -> Sequence[str]:
        asked.append(host)
        return next(meanings)

    fetcher = Fetcher(allow_private=False, ports=frozenset({port(site)}), resolve=_answers(answer))
    address = f"http://rebinding.example:{port(site)}/gpt5-sortie"
    assert await got(fetcher, address)  # its second meaning is never looked up, let alone used
    assert asked == ["rebinding.example"]
    for _ in range(2):  # the connection that is still open does not help it either
        assert "private network" in str(await refused(fetcher, address))
    assert await got(fetcher, address)
    assert site.log("/gpt5-sortie") == [200, 200]
    await fetcher.close()


async def test_a_host_is_asked_under_its_own_name(site: Site, fetcher: Fetcher) -> None:
    async def say(request: web.Request) -> web.Response:
        return web.Response(text=request.headers["Host"])

    site.handle("/host", say)
    for host in ("127.0.0.1", "localhost", "LOCALHOST"):
        assert (await got(fetcher, f"http://{host}:{port(site)}/host")).content.decode() == f"{host.lower()}:{port(site)}"


async def test_a_name_without_an_address_is_told(fetcher: Fetcher) -> None:
    for host in ("no-such-host.invalid", f"{'a' * 64}.example", f"{'a.' * 200}example"):
        assert "not known" in str(await refused(fetcher, f"http://{host}/"))


@given(st.ip_addresses(v=4))
def test_no_address_that_python_holds_for_private_is_public(address: IPv4Address) -> None:
    forms = [
        address,
        IPv6Address(f"::ffff:{address}"),
        IPv6Address(f"64:ff9b::{address}"),
        IPv6Address((0x2002 << 112) + (int(address) << 80) + 1),
    ]
    judged = {ssrf.permitted(form, private=False) for form in forms}
    assert len(judged) == 1
    if judged == {True}:
        assert address.is_global
        assert not (address.is_multicast or address.is_reserved or address.is_link_local)
        assert ssrf.permitted(address, private=True)


@given(st.ip_addresses(v=6))
def test_only_global_unicast_of_ipv6_is_public(address: IPv6Address) -> None:
    if ssrf.permitted(address, private=False):
        assert address in ip_network("2000::/3") or address.ipv4_mapped or address in ip_network("64:ff9b::/96")


# Limits


@pytest.mark.parametrize("bomb", ["/bomb.gz", "/bomb.br"])
async def test_a_body_that_unpacks_to_gigabytes_is_dropped_in_time(site: Site, fetcher: Fetcher, bomb: str) -> None:
    tracemalloc.start()
    try:
        assert "larger than 1 MB" in str(await refused(fetcher, site.address + bomb))
        assert tracemalloc.get_traced_memory()[1] < 32 * 1024**2
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_packed_pages_are_unpacked_to_the_last_byte(site: Site, fetcher: Fetcher, encoding: str) -> None:
    content = page("Aurora", "Aurora is out. " * 20_000).encode()
    address = site.put("/packed", packed(content, encoding), Content_Encoding=encoding)
    assert (await got(fetcher, address)).content == content
    site.put("/packed", packed(content, encoding)[:-9], Content_Encoding=encoding)
    assert "broke off" in str(await refused(fetcher, address))
    site.put("/packed", b"<html>" + content, Content_Encoding=encoding)
    assert "cannot be undone" in str(await refused(fetcher, address))


async def test_a_packing_that_was_not_asked_for_is_refused(site: Site, fetcher: Fetcher) -> None:
    for encoding in ("gzip, gzip", "zstd", "compress"):
        assert "not asked for" in str(await refused(fetcher, site.put("/packed", b"x", Content_Encoding=encoding)))


async def test_size_is_limited_to_the_byte(site: Site, fetcher: Fetcher) -> None:
    address = site.put("/large", b"a" * 1024)
    assert await fetcher.get(address, accept="*/*", limit=1024)
    assert "larger than" in str(await refused(fetcher, address, limit=1023))


@pytest.mark.parametrize("path", ["/drips", "/hangs"])
async def test_a_server_that_is_never_done_is_left(monkeypatch: pytest.MonkeyPatch, site: Site, fetcher: Fetcher, path: str) -> None:
    monkeypatch.setattr(fetch, "TIME_LIMIT", 1.0)
    assert "in time" in str(await refused(fetcher, site.address + path))


async def test_a_server_that_never_answers_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch, site: Site, fetcher: Fetcher) -> None:
    monkeypatch.setattr(fetch, "TIME_LIMIT", 0.2)
    told = await asyncio.gather(*(refused(fetcher, f"{site.address}/hangs?{number}") for number in range(20)))
    assert ["does not answer" in str(one) for one in told] == [False] * 2 + [True] * 18
    assert all(one.retry_after for one in told[2:])
    assert len(site.log("/hangs")) <= 2
    assert await got(fetcher, f"http://localhost:{port(site)}/gpt5-sortie")  # under its other name it is another server


async def test_a_server_that_breaks_off_or_is_not_there_is_told(site: Site, fetcher: Fetcher) -> None:
    assert "broke off" in str(await refused(fetcher, f"{site.address}/breaks"))
    assert "404" in str(await refused(fetcher, f"{site.address}/nothing"))
    assert "cannot be reached" in str(await refused(fetcher, "http://127.0.0.1:9/"))


# Manners


async def test_a_server_is_told_who_asks(site: Site, fetcher: Fetcher) -> None:
    await got(fetcher, f"{site.address}/gpt5-sortie")
    assert site.asked[0].agent.startswith("Shipdate/")
    assert "+https://" in site.asked[0].agent


async def test_one_server_is_asked_one_thing_at_a_time_over_one_connection(site: Site, fetcher: Fetcher) -> None:
    now, most, connections = 0, 0, set()

    async def count(request: web.Request) -> web.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        assert request.transport is not None
        connections.add(request.transport.get_extra_info("peername"))
        await asyncio.sleep(0.01)
        now -= 1
        return web.Response(text="x")

    address = site.handle("/count", count)
    await asyncio.gather(*(got(fetcher, f"{address}?{number}") for number in range(20)))
    assert (most, len(connections)) == (1, 1)


async def test_several_servers_are_asked_at_once(site: Site, fetcher: Fetcher) -> None:
    both = asyncio.Barrier(2)

    async def wait(_: web.Request) -> web.Response:
        await both.wait()  # neither is answered before the other has come
        return web.Response(text="x")

    site.handle("/wait", wait)
    await asyncio.gather(*(got(fetcher, f"http://{host}:{port(site)}/wait") for host in ("127.0.0.1", "localhost")))


async def test_a_server_that_asks_to_be_left_alone_is(site: Site, fetcher: Fetcher) -> None:
    told = await refused(fetcher, f"{site.address}/busy")
    assert told.retry_after == 120
    assert "120 s" in str(told)
    again = await refused(fetcher, f"{site.address}/gpt5-sortie")
    assert again.retry_after is not None
    assert 0 < again.retry_after <= 120
    assert [one.path for one in site.asked] == ["/busy"]


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("0", 0, 0),
        ("99999999999999999999", 86400, 86400),
        (timedelta(hours=1), 3500, 3600),
        (timedelta(hours=-1), 0, 0),
        (format_datetime(datetime(9999, 12, 31, tzinfo=UTC), usegmt=True), 86400, 86400),
    ],
)
async def test_how_long_is_said_in_seconds_or_as_a_date(
    site: Site, fetcher: Fetcher, said: str | timedelta, least: float, most: float
) -> None:
    if isinstance(said, timedelta):
        said = format_datetime(datetime.now(UTC) + said, usegmt=True)
    told = await refused(fetcher, site.put("/later", "x", status=503, Retry_After=said))
    assert told.retry_after is not None
    assert least <= told.retry_after <= most


@pytest.mark.parametrize("said", ["soon", "-1", "", "1e9", "Fri, 99 Foo 2026 00:00:00 GMT"])
async def test_what_cannot_be_understood_is_no_request_to_wait(site: Site, fetcher: Fetcher, said: str) -> None:
    assert (await refused(fetcher, site.put("/later", "x", status=503, Retry_After=said))).retry_after is None


async def test_what_has_not_changed_is_not_sent_again(site: Site, fetcher: Fetcher) -> None:
    found = await got(fetcher, f"{site.address}/gpt5-sortie")
    assert await fetcher.get(found.url, accept="*/*", limit=1024**2, etag=found.etag, modified=found.modified) is None
    site.put("/gpt5-sortie", "<html>new</html>")
    again = await fetcher.get(found.url, accept="*/*", limit=1024**2, etag=found.etag, modified=found.modified)
    assert again is not None
    assert again.content == b"<html>new</html>"
    assert site.log("/gpt5-sortie") == [200, 304, 200]


# Certificates


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context with a certificate for ``pages.example``, which is trusted."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here")
    made, secret = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=pages.example -addext"
    said = [*command.split(), "subjectAltName=DNS:pages.example", "-keyout", str(secret), "-out", str(made)]
    subprocess.run(said, check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(made))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made, secret)
    return context


async def test_a_certificate_has_to_be_of_the_name_that_was_asked_for(certificate: ssl.SSLContext) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/down":
            return web.Response(status=302, headers={"Location": "http://pages.example/"})
        return web.Response(text=request.headers["Host"])

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate).start()
    at = runner.addresses[0][1]
    fetcher = Fetcher(allow_private=True, ports=frozenset(), resolve=_answers(lambda _: ["127.0.0.1"]))
    try:
        assert (await got(fetcher, f"https://pages.example:{at}/")).content.decode() == f"pages.example:{at}"
        for host in ("other.example", "127.0.0.1"):  # at the same address: a connection of the other name does not serve them
            assert "certificate" in str(await refused(fetcher, f"https://{host}:{at}/"))
        assert "from https to http" in str(await refused(fetcher, f"https://pages.example:{at}/down"))
    finally:
        await fetcher.close()
        await runner.cleanup()


def _take_for_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 127.0.0.1 alone be public, so that a test's own server can stand for one out there."""
    rest = [ip_network("127.0.0.0/8").address_exclude(ip_network("127.0.0.1/32"))]  # type: ignore[arg-type]
    private = [network for network in ssrf._PRIVATE if network != ip_network("127.0.0.0/8")]
    monkeypatch.setattr(ssrf, "_PRIVATE", [*private, *(network for some in rest for network in some)])


def _answers(answer: Callable[[str], Sequence[str]]) -> Resolve:
    async def resolve(host: str) -> Sequence[str]:
        return answer(host)

    return resolve
