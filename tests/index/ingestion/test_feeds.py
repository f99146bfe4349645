"""Feeds are taken apart, however broken they are, and nothing in them is believed that cannot be."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import FeedError
from index.ingestion.readers.draft import Draft
from index.ingestion.sources import feeds, opml
from index.ingestion.web.response import Fetched
from tests.support.feeds import BILLION_LAUGHS, atom, item, rss, story, teaser

ADDRESS = "https://news.example/feeds/all.xml"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://news.example/"><title>RDF News</title></channel>
<item rdf:about="https://news.example/a"><title>Aurora ships</title><link>https://news.example/a</link>
<dc:date>2025-03-04T10:00:00+09:00</dc:date></item></rdf:RDF>"""


def parsed(feed: str | bytes, *, url: str = ADDRESS, charset: str | None = None) -> feeds.Contents:
    return feeds.parse(Fetched(url, "application/xml", charset, feed.encode() if isinstance(feed, str) else feed), NOW)


def only(feed: str) -> feeds.Item:
    (found,) = parsed(feed).items
    return found


# What they say


def test_an_rss_feed_tells_of_its_articles() -> None:
    made = rss(item("Aurora ships", link="/a?x=1&y=2", guid="tag:1", date="Tue, 04 Mar 2025 10:00:00 +0900", summary=teaser("Aurora")))
    found = parsed(made)
    assert found.title == "Example News"
    (one,) = found.items
    assert (one.key, one.title, one.publisher) == ("tag:1", "Aurora ships", "Example News")
    assert one.link == one.source == "https://news.example/a?x=1&y=2"
    assert one.published == datetime(2025, 3, 4, 1, tzinfo=UTC)
    told = one.told()
    assert told is not None
    assert told.text == teaser("Aurora")
    assert not one.is_whole(told)


def test_an_atom_feed_tells_of_its_articles() -> None:
    entry = (
        '<entry xml:base="https://www.news.example/b/"><id>urn:1</id><title type="html">&lt;b&gt;Aurora&lt;/b&gt; &amp;amp; more</title>'
        '<link rel="alternate" href="aurora"/><updated>2025-03-04T10:00:00-05:00</updated><source><title>The Origin</title></source>'
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{story("Aurora")}</p></div></content></entry>'
    )
    one = only(atom(entry))
    assert (one.key, one.title, one.publisher) == ("urn:1", "Aurora & more", "The Origin")
    assert one.link == "https://www.news.example/b/aurora"
    assert one.published == datetime(2025, 3, 4, 15, tzinfo=UTC)
    told = one.told()
    assert told is not None
    assert one.is_whole(told)
    assert told.url == one.link


def test_an_rdf_feed_tells_of_its_articles() -> None:
    one = only(RDF)
    assert (one.title, one.link, one.published) == ("Aurora ships", "https://news.example/a", datetime(2025, 3, 4, 1, tzinfo=UTC))


def test_a_whole_article_keeps_its_paragraphs_and_nothing_is_run() -> None:
    one = only(
        rss(
            item("Aurora", "/a", content=story("Aurora")).replace(
                "<content:encoded>", "<content:encoded>&lt;script&gt;alert(1)&lt;/script&gt;"
            )
        )
    )
    told = one.told()
    assert told is not None
    assert told.text == story("Aurora")
    assert one.is_whole(told)


def test_a_feed_cannot_write_the_articles_of_another_site() -> None:
    one = only(rss(item("Aurora", "https://other.example/a", content=story("Aurora"))))
    told = one.told()
    assert told is not None
    assert not one.is_whole(told)
    assert (told.source, told.url) == ("https://other.example/a", ADDRESS)
    there = Draft("https://other.example/a", "Other words.", "The title there", published=NOW)
    assert one.completed(there) == replace(there, publisher="Example News")


@pytest.mark.parametrize("end", [" …", "...", " […]", " [...]"])
def test_a_long_text_that_breaks_off_is_not_whole(end: str) -> None:
    one = only(rss(item("Aurora", "/a", content=story("Aurora") + end)))
    told = one.told()
    assert told is not None
    assert not one.is_whole(told)


def test_a_few_words_are_no_article() -> None:
    assert only(rss(item("Aurora", link="/a", summary="Read more."))).told() is None


def test_two_chinese_sentences_are_enough() -> None:
    said = "极光视频生成器将于五月四日正式发布，公司表示测试人员对它评价很高，并且等待名单已经取消。每月价格为十美元，比去年便宜了一半。"
    told = only(rss(item("极光", summary=said))).told()
    assert told is not None
    assert told.text == said


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<b>Sora</b> ships<br/>today", "Sora ships today"),
        ("AT&amp;T &#8212; R&amp;D", "AT&T — R&D"),
        ("&lt;i&gt;Sora&lt;/i&gt;", "Sora"),
        ("Price < 10 dollars", "Price < 10 dollars"),
        ("  two\n lines ", "two lines"),
        ("<img src=x onerror=alert(1)>", None),
        ("word " * 100, " ".join(["word"] * 59) + " …"),
    ],
)
def test_a_title_is_one_line_without_markup(title: str, shown: str | None) -> None:
    assert only(rss(item(title, link="/a"))).title == shown


def test_items_are_told_apart_without_guid_and_without_link() -> None:
    found = parsed(rss(item("One", summary=teaser("One")), item("Two", summary=teaser("Two")), item(summary=teaser("Three"))))
    assert len({one.key for one in found.items}) == len({one.source for one in found.items}) == 3
    assert all(one.source.startswith(f"{ADDRESS}#") and one.link is None for one in found.items)
    assert parsed(rss("<item></item>")).items == []


def test_a_guid_that_all_items_share_tells_nothing() -> None:
    found = parsed(rss(item("One", link="/1", guid="same"), item("Two", link="/2", guid="same")))
    assert [one.key for one in found.items] == ["https://news.example/1", "https://news.example/2"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "http://[broken"])
def test_a_link_that_is_no_page_does_no_harm(link: str) -> None:
    assert (only(rss(item("One", link=link, guid="1"))).link or "").startswith(("", "http"))


def test_an_item_changes_when_its_words_do_and_not_with_what_counts_its_readers() -> None:
    def digest(text: str) -> str:
        return only(rss(item("One", link="/1", guid="1", summary=text))).digest

    assert digest("A text.<img src='https://count.example/1'>") == digest("A text.<img src='https://count.example/2'>")
    assert digest("A text.") != digest("Another text.")


def test_only_the_newest_items_are_considered() -> None:
    days = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(250)]
    found = parsed(rss(*(item(str(day), guid=str(day), date=format_datetime(day)) for day in days)))
    assert [one.published for one in found.items] == days[:-201:-1]


@pytest.mark.parametrize(("said", "minutes"), [("90", 90), ("99999999999999", 1440), ("soon", 0), ("-5", 0), ("", 0)])
def test_a_feed_may_ask_to_be_left_alone_for_a_day_at_most(said: str, minutes: int) -> None:
    assert parsed(rss(head=f"<ttl>{said}</ttl>")).ttl == timedelta(minutes=minutes)


def test_the_encoding_is_the_one_that_is_named() -> None:
    told = rss(item("Préparé", link="/1"))
    assert parsed(told.encode("latin-1"), charset="iso-8859-1").items[0].title == "Préparé"
    assert parsed(told.replace("UTF-8", "iso-8859-1").encode("latin-1")).items[0].title == "Préparé"
    assert parsed(told.encode("utf-8")).items[0].title == "Préparé"


# Dates


@pytest.mark.parametrize(
    "date", ["Thu, 01 Jan 1970 00:00:00 GMT", "2099-01-01T00:00:00Z", "0000-00-00", "31 Feb 2025", "yesterday", "99999"]
)
def test_a_date_that_cannot_be_is_none(date: str) -> None:
    assert only(rss(item("One", link="/1", date=date))).published is None


offsets = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1995, 1, 2), datetime(2026, 11, 24), timezones=offsets).map(lambda moment: moment.replace(microsecond=0))


@given(moments, st.booleans())
def test_dates_are_understood_with_their_offsets(moment: datetime, iso: bool) -> None:
    one = only(rss(item("One", link="/1", date=moment.isoformat() if iso else format_datetime(moment))))
    assert one.published == moment
    assert one.published.utcoffset() == timedelta()


dates = st.from_regex(
    r"([A-Z][a-z]{2}, )?\d{1,3} [A-Z][a-z]{2} \d{1,5} [\d:]{1,9} ?[A-Z+\-\d]{0,6}|\d{1,5}-?\d{0,3}-?\d{0,3}T?[\d:.]{0,10}[Z+\-\d:]{0,7}"
)


@given(dates | st.text() | st.datetimes().map(str))
def test_no_date_is_believed_that_cannot_be(date: str) -> None:
    published = only(rss(item("One", link="/1", date=date.replace("\0", "")))).published
    assert published is None or (published.year >= 1995 and published <= NOW + timedelta(days=1))


# What is broken


def test_what_is_not_well_formed_is_read_as_far_as_it_goes() -> None:
    broken = rss(item("One", link="/1"), item("Two", link="/2")).replace("Two", "Two & <unclosed").replace("</channel></rss>", "")
    assert [one.title for one in parsed(broken).items][:1] == ["One"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a feed"),
        (b"hello", "not a feed"),
        (b"<html><body>hello</body></html>", "not a feed"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not a feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "not a feed"),
        (b"<rss version='2.0'><channel><title>x", "broken"),
        (b"<rss><item>&#x110000;", "cannot be read"),
    ],
)
def test_what_is_no_feed_is_told_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(FeedError) as told:
        parsed(content)
    assert said in str(told.value)
    assert ADDRESS in str(told.value)
    assert "\n" not in str(told.value)


def test_an_empty_feed_is_a_feed() -> None:
    assert parsed(rss()).items == []


def test_a_billion_laughs_are_not_unfolded() -> None:
    started = process_time()
    with pytest.raises(FeedError, match="entities"):
        parsed(BILLION_LAUGHS)
    assert process_time() - started < 1


@pytest.mark.parametrize("mark", [b"<", b"<a>", b"<item>"])
def test_a_feed_of_nothing_but_tags_is_not_read(mark: bytes) -> None:
    started = process_time()
    with pytest.raises(FeedError, match="tags"):
        parsed(b"<rss>" + mark * (feeds.SIZE_LIMIT // len(mark)))
    assert process_time() - started < 1


PIECES = """
<rss> <channel> <item> </item> <title> </title> <link> <guid> <ttl> <entry> <link	href='http://[x'/> <content	type='xhtml'> <svg> <math>
<feed	xmlns='http://www.w3.org/2005/Atom'> <![CDATA[ ]]> & &amp; &#x110000; &#0; &#xD800; <!-- --> <? ?> <!DOCTYPE <!ENTITY
"""


@given(st.lists(st.sampled_from(re.split("[ \n]", PIECES)) | st.text(max_size=5), max_size=25).map("".join))
def test_garbage_is_a_feed_or_is_told_in_one_sentence(garbage: str) -> None:
    try:
        found = parsed(garbage.encode("utf-8", "replace"))
    except FeedError as error:
        assert str(error)
    else:
        for one in found.items:
            one.told()


# Pages that name their feed


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="/feed">', "https://news.example/feed"),
        ('<LINK REL="Alternate home" TYPE="application/atom+xml" HREF="atom.xml">', "https://news.example/blog/atom.xml"),
        ('<base href="https://cdn.example/x/"><link rel="alternate" type="application/rss+xml" href="feed">', "https://cdn.example/x/feed"),
        (
            '<link rel="alternate" type="application/rss+xml" href="http://[x"><link rel="alternate" type="application/rss+xml" href="/2">',
            "https://news.example/2",
        ),
        ('<link rel="alternate" hreflang="fr" href="/fr"><link rel="stylesheet" href="/style.css">', None),
    ],
)
def test_a_page_names_its_feed(head: str, found: str | None) -> None:
    page = f"<!doctype html><html><head><title>x</title>{head}</head><body><p>Hello there.</p></body></html>"
    assert feeds.discover(Fetched("https://news.example/blog/", "text/html", None, page.encode())) == found


@pytest.mark.parametrize("content", [b"", b"hello", b"\0\1\2", b"<rss><channel>"])
def test_what_is_no_page_names_no_feed(content: bytes) -> None:
    assert feeds.discover(Fetched(ADDRESS, "text/html", None, content)) is None


# Lists of feeds

addresses = st.from_regex(r"https?://[a-z0-9.\-]{1,12}(/[\w%&?=;'\"<>~é中\-]{0,12}){0,2}", fullmatch=True)
titles = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(lambda title: " ".join(title.split())).filter(bool)


@given(st.dictionaries(addresses, st.none() | titles, max_size=5))
def test_a_list_that_was_written_is_read_again(followed: dict[str, str | None]) -> None:
    said = {address: title if title != address else None for address, title in followed.items()}
    assert opml.read(opml.write(followed.items())) == said


@given(st.text())
def test_any_text_is_a_list_or_is_told_to_be_none(text: str) -> None:
    try:
        assert opml.read(f"<opml version='2.0'><body>{text}</body></opml>") is not None
        opml.read(text)
    except FeedError as error:
        assert "OPML" in str(error)


def test_names_that_xml_cannot_hold_are_written_all_the_same() -> None:
    assert opml.read(opml.write([("https://a.example/", "bell \x07 and half a \ud800 letter")])).keys() == {"https://a.example/"}


def test_folders_and_entities_are_understood() -> None:
    feed = "<outline text='A &amp; B' xmlUrl='https://a.example/?x=1&amp;y=2' type='rss'/>"
    nested = "<outline text='f'>" * 50 + feed + "</outline>" * 50
    assert opml.read(f"<?xml version='1.0'?><opml version='1.0'><body>{nested}</body></opml>") == {"https://a.example/?x=1&y=2": "A & B"}
