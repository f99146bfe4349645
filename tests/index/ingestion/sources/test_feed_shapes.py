"""Feeds as they are in the world: change logs, release trackers, posts, films, newsletters, and what is packed or badly written."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest

from index import FeedError
from index.ingestion.sources import feeds
from index.ingestion.web.response import Fetched
from index.model.articles import Precision
from tests.support.feeds import atom, item, rss, story, teaser

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ADDRESS = "https://news.example/feed.xml"


def parsed(feed: str | bytes | dict[str, object], url: str = ADDRESS) -> feeds.Contents:
    text = json.dumps(feed) if isinstance(feed, dict) else feed
    return feeds.parse(Fetched(url, "", None, text.encode() if isinstance(text, str) else text), NOW)


def only(feed: str | bytes | dict[str, object], url: str = ADDRESS) -> feeds.Item:
    (found,) = parsed(feed, url).items
    return found


def text_of(one: feeds.Item) -> str:
    told = one.told()
    return told.text if told else ""


# JSON Feed


@pytest.mark.parametrize("version", ["https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1"])
def test_a_json_feed_tells_of_its_articles(version: str) -> None:
    one = {
        "id": 7,
        "url": "/a",
        "title": "R&D <3",
        "content_html": f"<p>{teaser('Aurora')}</p>",
        "date_published": "2026-03-02T10:00:00+01:00",
    }
    found = parsed({"version": version, "title": "Aurora News", "items": [one, {"id": "8", "content_text": teaser("Borealis")}, 9]})
    assert found.title == "Aurora News"
    borealis, aurora = found.items
    assert (aurora.key, aurora.link, aurora.title) == ("7", "https://news.example/a", "R&D <3")
    assert aurora.published == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert text_of(aurora) == teaser("Aurora")
    assert text_of(borealis) == teaser("Borealis")


def test_a_json_feed_may_tell_of_pages_elsewhere() -> None:
    one = {"id": "1", "external_url": "https://other.example/x", "authors": [{"name": "The Origin"}], "content_text": teaser("Aurora")}
    found = only({"version": "https://jsonfeed.org/version/1.1", "title": "Links", "items": [one]})
    assert (found.link, found.place, found.publisher) == ("https://other.example/x", ADDRESS, "The Origin")


@pytest.mark.parametrize(
    "content", ["{", '{"items": []}', '{"version": "https://jsonfeed.org/version/1.1", "items": {}}', "[" * 10 + "{" * 90_000]
)
def test_json_that_is_no_feed_is_told_in_one_sentence(content: str) -> None:
    with pytest.raises(FeedError, match="not a feed"):
        parsed(content)


def test_json_of_nothing_but_brackets_is_told() -> None:
    with pytest.raises(FeedError):
        parsed('{"a":' + "[" * 500_000)


# Packed, and badly written


def test_a_packed_feed_is_unpacked() -> None:
    assert only(gzip.compress(rss(item("Aurora", "/a")).encode())).title == "Aurora"


def test_a_packed_feed_that_unfolds_to_gigabytes_is_not_read() -> None:
    with pytest.raises(FeedError, match="unpacks to more"):
        parsed(gzip.compress(b" " * 50_000_000))


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("R&amp;D &lt;3", "R&D <3"),
        ("R&D <3", "R&D <3"),
        ("Speed < 5 ms", "Speed < 5 ms"),
        ("<![CDATA[Speed < 5 ms & R&D]]>", "Speed < 5 ms & R&D"),
        ("<![CDATA[Caf&eacute; &amp; more]]>", "Café & more"),
        ("Caf&eacute;&nbsp;Aurora", "Café Aurora"),
        ("AT&amp;amp;T", "AT&T"),
        ("a list&lt;int&gt; &lt;b&gt;now&lt;/b&gt;", "a list<int> now"),
        ("Q&A: Tom & Co; more", "Q&A: Tom & Co; more"),
        ("bell \x07 rings", "bell rings"),
        ("(no title)", None),
    ],
)
def test_titles_are_kept_whole(title: str, shown: str | None) -> None:
    assert (
        only(f"\n<?xml version='1.0'?><rss version='2.0'><channel><item><title>{title}</title><link>/a</link></item></channel></rss>").title
        == shown
    )


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY nbsp "&#160;">',
        '<!ENTITY % HTMLlat1 PUBLIC "-//W3C//ENTITIES Latin 1 for XHTML//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml-lat1.ent"> %HTMLlat1;',
        '<!ENTITY xxe SYSTEM "file:///etc/passwd">',
        "<!ENTITY co 'Borealis'>",
    ],
)
def test_entities_of_a_few_letters_do_no_harm(declared: str) -> None:
    made = rss(item("Aurora", "/a")).replace("<rss", f"<!DOCTYPE rss [{declared}]><rss").replace("Aurora", "A&nbsp;&xxe;&co;")
    assert (only(made).title or "").startswith("A ")
    assert "root" not in (only(made).title or "")


def test_entities_that_unfold_again_and_again_are_refused() -> None:
    value = "x" * 200
    made = rss(item("&x;" * 100_000, "/a").replace("&amp;", "&")).replace("<rss", f'<!DOCTYPE rss [<!ENTITY x "{value}">]><rss')
    with pytest.raises(FeedError, match="unfold"):
        parsed(made)


def test_a_feed_in_sixteen_bits_is_read() -> None:
    made = rss(item("Aurora 极光", "/a")).replace("UTF-8", "UTF-16")
    assert only(made.encode("utf-16")).title == "Aurora 极光"


def test_addresses_are_relative_to_the_base_of_their_element() -> None:
    entry = '<entry xml:base="https://news.example/deep/"><id>1</id><title>A</title><link href="x"/></entry>'
    assert only(atom(entry)).link == "https://news.example/deep/x"


# Days


@pytest.mark.parametrize(
    ("written", "day", "precision"),
    [
        ("2026/03/02", datetime(2026, 3, 2, tzinfo=UTC), Precision.DAY),
        ("2026.03.02", datetime(2026, 3, 2, tzinfo=UTC), Precision.DAY),
        ("2026年3月2日", datetime(2026, 3, 2, tzinfo=UTC), Precision.DAY),
        ("Mar 2, 2026", datetime(2026, 3, 2, tzinfo=UTC), Precision.DAY),
        ("2 mars 2026", datetime(2026, 3, 2, tzinfo=UTC), Precision.DAY),
        ("Mon, 02 Mar 2026 10:00:00 EST", datetime(2026, 3, 2, 15, tzinfo=UTC), Precision.DAY),
        ("2026-03", datetime(2026, 3, 1, tzinfo=UTC), Precision.MONTH),
        ("soon", None, Precision.DAY),
    ],
)
def test_days_are_read_right_or_not_at_all(written: str, day: datetime | None, precision: Precision) -> None:
    one = only(rss(item("Aurora", "/a", date=written)))
    assert (one.published, one.precision) == (day, precision)


def test_a_change_never_makes_old_news_new() -> None:
    entry = "<entry><id>1</id><title>A</title><published>{}</published><updated>2026-03-09T10:00:00Z</updated><link href='/a'/></entry>"
    one = only(atom(entry.format("2025-03-02T10:00:00Z")))
    assert (one.published, one.updated) == (datetime(2025, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 9, 10, tzinfo=UTC))
    assert only(atom(entry.format("long ago"))).published is None
    assert only(atom(entry.replace("<published>{}</published>", ""))).published == datetime(2026, 3, 9, 10, tzinfo=UTC)


# Change logs and release trackers


def test_the_entries_of_a_change_log_are_articles_of_their_own() -> None:
    made = rss(*(item(f"Version {n}", f"/changelog#v{n}", f"guid-{n}", summary=teaser("Aurora", n)) for n in range(1, 4)))
    found = parsed(made).items
    assert len({one.source for one in found}) == 3
    assert [one.place for one in found] == [f"https://news.example/changelog#v{n}" for n in range(1, 4)]
    assert all(one.link is None for one in found)
    assert [text_of(one) for one in found] == [teaser("Aurora", n) for n in range(1, 4)]


def test_entries_that_all_lead_to_the_front_page_are_articles_of_their_own() -> None:
    made = rss(*(item(f"News {n}", "https://news.example/", summary=teaser("Aurora", n)) for n in range(3)))
    assert len({one.source for one in parsed(made).items}) == 3


def test_entries_that_share_a_title_are_articles_of_their_own() -> None:
    days = ("Mon, 02 Mar 2026 10:00:00 GMT", "Tue, 03 Mar 2026 10:00:00 GMT")
    made = rss(*(item("Changelog", "/changelog", date=day, summary=teaser("Aurora", n)) for n, day in enumerate(days)))
    assert len({one.source for one in parsed(made).items}) == 2
    assert len({one.key for one in parsed(made.replace("<link>/changelog</link>", "")).items}) == 2


def test_an_article_that_is_told_of_twice_is_one() -> None:
    twice = item("Aurora", "/a", "1", summary=teaser("Aurora")), item("Aurora", "/a#xtor=RSS-1", "2", summary=teaser("Aurora"))
    assert {one.source for one in parsed(rss(*twice)).items} == {"https://news.example/a"}


def test_what_counts_readers_in_an_address_is_no_anchor() -> None:
    one = only(rss(item("Aurora", "/a#xtor=RSS-1", "1", summary=teaser("Aurora"))))
    assert (one.link, one.place) == ("https://news.example/a", "https://news.example/a")


def test_an_entry_of_a_few_words_is_enough_for_a_change_log() -> None:
    made = rss(*(item(f"v{n}.0", f"/log#v{n}", summary=f"Aurora {n} is out now.") for n in range(2)), title="Aurora Changelog")
    assert {text_of(one) for one in parsed(made).items} == {"Aurora 0 is out now.", "Aurora 1 is out now."}


RELEASE = """<entry><id>tag:forge.example,2008:Repository/1/v1.2.3</id><updated>2026-03-02T10:00:00Z</updated>
<link rel="alternate" type="text/html" href="https://forge.example/o/aurora/releases/tag/v1.2.3"/><title>{}</title>
<content type="html">&lt;h2&gt;Added&lt;/h2&gt;&lt;ul&gt;&lt;li&gt;A fast mode for everybody&lt;/li&gt;
&lt;li&gt;Films of a minute&lt;/li&gt;&lt;/ul&gt;
&lt;table&gt;&lt;tr&gt;&lt;th&gt;Model&lt;/th&gt;&lt;th&gt;Shutdown&lt;/th&gt;&lt;/tr&gt;
&lt;tr&gt;&lt;td&gt;Aurora 1&lt;/td&gt;&lt;td&gt;1 May&lt;/td&gt;&lt;/tr&gt;
&lt;/table&gt;</content></entry>"""


@pytest.mark.parametrize(
    ("feed", "title", "shown"),
    [
        ("Release notes from aurora", "v1.2.3", "aurora v1.2.3"),
        ("Tags from aurora", "1.2.3-rc1", "aurora 1.2.3-rc1"),
        ("PyPI recent updates for aurora-sdk", "2.0.1", "aurora-sdk 2.0.1"),
        ("Aurora Changelog", "Version 3.2", "Aurora Version 3.2"),
        ("Release notes from aurora", "Aurora 2 is out", "Aurora 2 is out"),
        ("All that is new in the house of Aurora, told by us every week", "v1.2.3", "v1.2.3"),
    ],
)
def test_a_version_has_the_name_of_what_it_is_of(feed: str, title: str, shown: str) -> None:
    one = only(atom(RELEASE.format(title), title=feed), "https://forge.example/o/aurora/releases.atom")
    assert one.title == shown
    assert text_of(one) == "# Added\n\n- A fast mode for everybody\n- Films of a minute\n\nModel: Aurora 1; Shutdown: 1 May"


# Posts, films, newsletters


@pytest.mark.parametrize("text", ["Aurora 2 is out, and free for all.", "<p>Aurora 2 is out, and free for all.</p>"])
def test_a_post_is_whole_and_has_its_first_words_for_a_title(text: str) -> None:
    one = only(rss(item(link="https://news.example/@aurora/1", guid="1", summary=text)))
    assert (one.link, one.place) == (None, "https://news.example/@aurora/1")
    told = one.told()
    assert told is not None
    assert told.article().title == "Aurora 2 is out, and free for all."


def test_a_post_that_breaks_off_is_read_where_it_stands() -> None:
    assert only(rss(item(link="/@aurora/1", summary="Aurora 2 is out, and …"))).link == "https://news.example/@aurora/1"


def test_a_film_has_the_feed_s_own_description() -> None:
    entry = f"""<entry><id>yt:video:abc</id><yt:videoId>abc</yt:videoId><title>Aurora 2</title><link rel="alternate" href="/watch?v=abc"/>
    <published>2026-03-02T10:00:00Z</published><updated>2026-03-05T10:00:00Z</updated><media:group><media:title>Aurora 2</media:title>
    <media:description>{teaser("Aurora")}\n\nIt is free.</media:description></media:group></entry>"""
    spaces = ' xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"'
    one = only(atom(entry).replace("<feed", f"<feed{spaces}"))
    assert one.link is None
    assert one.place == one.source == "https://news.example/watch?v=abc"
    assert text_of(one) == f"{teaser('Aurora')}\n\nIt is free."


def test_a_newsletter_stands_whole_in_its_feed() -> None:
    cells = "".join(f"<tr><td><p>{line}</p></td></tr>" for line in story("Aurora").split("\n\n"))
    body = f"<style>p {{}}</style><table>{cells}</table><p>The post <a href='/a'>Aurora</a> appeared first on <a href='/'>News</a>.</p>"
    made = rss("<item><title>Issue 9</title><link>/p/9</link><content:encoded><![CDATA[" + body + "]]></content:encoded></item>")
    told = only(made).told()
    assert told is not None
    assert only(made).is_whole(told)
    assert told.text == story("Aurora")


# Pages that name their feeds


def link(href: str, kind: str = "application/rss+xml", title: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}" title="{title}">'


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (link("/feed.json", "application/feed+json"), "/feed.json"),
        (link("/feed", "text/xml"), "/feed"),
        (link("/feed", "application/rss+xml; charset=UTF-8"), "/feed"),
        (link("/comments/feed/") + link("/feed/"), "/feed/"),
        (link("/x", title="Flux des commentaires") + link("/feed/"), "/feed/"),
        (link("/blog/one/feed/", title="One » Kommentar-Feed"), None),
        (link("/commentary/feed", title="Commentary"), "/commentary/feed"),
        (link("/feed/") + link("/blog/feed/") + link("/shop/feed/"), "/blog/feed/"),
        (link("/wp-json/wp/v2/posts/1", "application/json") + link("/oembed", "application/json"), None),
    ],
)
def test_a_page_names_the_feed_of_its_section_and_never_that_of_its_comments(head: str, found: str | None) -> None:
    page = f"<!doctype html><html><head><title>x</title>{head}</head><body><p>Hello there.</p></body></html>"
    made = feeds.discover(Fetched("https://news.example/blog/one/", "text/html", None, page.encode()))
    assert made == (found and f"https://news.example{found}")
