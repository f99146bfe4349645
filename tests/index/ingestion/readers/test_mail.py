"""Mails, and pages that a browser saved whole."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from index.ingestion.readers.draft import Draft
from index.ingestion.sources import files

HTML = """<html><body><table width="600"><tr><td><div style="display:none">Preview of this letter</div><h1>Aurora opens</h1>
<p>Everybody can use it from today, at <a href="https://aurora.example/track/1?x=y">aurora.example</a>.</p>
<ul><li>The small plan is free.</li></ul>
<table><tr><th>Model</th><th>Price</th></tr><tr><td>Aurora</td><td>$20</td></tr></table></td></tr></table></body></html>"""
SAVED = """From: <Saved by Blink>
Snapshot-Content-Location: https://daily.example/news/aurora
Subject: =?utf-8?Q?Aurora_opens_=E2=80=93_The_Daily?=
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="----x"

------x
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable
Content-Location: https://daily.example/news/aurora

<!DOCTYPE html><html lang=3D"en"><head><meta charset=3D"utf-8"><title>Aurora opens</title>
<meta property=3D"article:published_time" content=3D"2026-03-02T10:00:00Z"></head><body><article><h1>Aurora opens</h1>
<p>The generator Aurora can be used by everybody from today, its maker said in a long state=
ment on Monday.</p>
<p>It costs twenty dollars a month, and customers of the older service may go on using it for a year.</p></article></body></html>
------x
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-Location: https://daily.example/a.png

iVBORw0KGgo=
------x--
"""


def mail(plain: str | None = "Aurora is out.", html: str | None = None, **headers: str) -> bytes:
    message = EmailMessage()
    stated = {
        "Subject": "Aurora opens – at last",
        "From": "The Field Letter <news@field.example>",
        "Date": "Mon, 02 Mar 2026 10:00:00 +0100",
    }
    for name, value in {**stated, **headers}.items():
        message[name] = value
    if plain is not None:
        message.set_content(plain)
    if html is not None:
        message.add_alternative(html, subtype="html") if plain is not None else message.set_content(html, subtype="html")
    return message.as_bytes()


def read(name: str, content: bytes | str) -> Draft:
    return files.parse(name, content if isinstance(content, bytes) else content.encode(), f"file:/{name}")


def test_a_mail_has_its_subject_its_day_and_its_sender() -> None:
    draft = read("a.eml", mail(**{"Archived-At": "<https://field.example/letters/1>"}))
    assert (draft.title, draft.publisher, draft.text) == ("Aurora opens – at last", "The Field Letter", "Aurora is out.")
    assert draft.published == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert draft.url == "https://field.example/letters/1"


def test_the_html_of_a_mail_is_read_rather_than_what_stands_in_for_it() -> None:
    draft = read("a.eml", mail("See this mail in a browser.", HTML))
    assert draft.text == (
        "# Aurora opens\n\nEverybody can use it from today, at aurora.example.\n\n- The small plan is free.\n\nModel: Aurora; Price: $20"
    )
    assert read("a.eml", mail(None, HTML)).text == draft.text


def test_signatures_and_attachments_are_no_text() -> None:
    message = EmailMessage()
    message["Subject"] = "Aurora"
    message.set_content("Aurora is out.\n\n-- \nThe Field Letter\nAurora Street 1\n")
    message.add_attachment("Attached words.", filename="a.txt")
    assert read("a.eml", message.as_bytes()).text == "Aurora is out."


@pytest.mark.parametrize("date", ["soon", "Mon, 99 Mar 2026 10:00:00 +0100", "Mon, 02 Mar 1970 10:00:00 +0100", ""])
def test_a_mail_whose_day_cannot_be_is_undated(date: str) -> None:
    assert read("a.eml", mail().replace(b"Mon, 02 Mar 2026 10:00:00 +0100", date.encode())).published is None


def test_a_page_that_a_browser_saved_whole_keeps_its_address() -> None:
    draft = read("a.mhtml", SAVED.replace("\n", "\r\n"))
    assert draft.title == "Aurora opens"
    assert draft.url == "https://daily.example/news/aurora"
    assert "its maker said in a long statement on Monday." in draft.text
    assert draft.published is not None
    assert draft.published.date().isoformat() == "2026-03-02"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.eml", b"", "does not begin as a mail"),
        ("a.eml", b"\x89PNG\r\n\x1a\n\0\0", "does not begin as a mail"),
        ("a.eml", b"Subject: Aurora\n\n", "no text"),
        ("a.eml", b"Subject: Aurora\nContent-Type: application/pkcs7-mime\n\nx", "encrypted"),
        ("a.eml", mail(None, "<img src='a.png'>"), "only pictures"),
        ("a.mhtml", b"Subject: Aurora\n\nx", "no page"),
    ],
)
def test_what_holds_no_article_is_refused_with_what_to_do(name: str, content: bytes, problem: str) -> None:
    with pytest.raises(files.ArticleError, match=problem) as refused:
        read(name, content)
    assert "\n" not in str(refused.value)
