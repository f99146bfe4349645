"""Office files, books, mails and tables that were made to do harm are read, or refused in one sentence, within the limits of a worker."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.ingestion.readers.draft import TEXT_LIMIT
from index.ingestion.sources import files
from index.model.errors import ArticleError
from index.system.sandbox import Sandbox
from tests.support.documents import docx, epub, odt, packed, paragraph, pptx, shape

LAUGHS = '<!DOCTYPE a [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 30)) + "]>"
PASSWD = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


@pytest.fixture
async def workers() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(workers=1)
    yield sandbox
    await sandbox.close()


def lying(content: bytes, size: int) -> bytes:
    """An archive whose members say that they unpack to ``size`` bytes each."""
    changed = bytearray(content)
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = changed.find(mark)
        while at >= 0:
            changed[at + offset : at + offset + 4] = struct.pack("<I", size)
            at = changed.find(mark, at + 4)
    return bytes(changed)


def overlapping(times: int) -> bytes:
    """An archive that holds the same name again and again."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, suppress(UserWarning):
        for number in range(times):
            archive.writestr(f"word/{number}.xml", "")
    return file.getvalue()


HOSTILE = {
    "bomb.docx": docx(paragraph("Aurora " * 5_000_000)),
    "lying.docx": lying(docx(paragraph("Aurora " * 3_000_000)), 1_000),
    "members.docx": overlapping(6_000),
    "laughs.docx": docx("", **{"word/document.xml": f"{LAUGHS}<w:document>&a29;</w:document>"}),
    "laughs-core.docx": docx(paragraph("Aurora is out."), **{"docProps/core.xml": f"{LAUGHS}<c><title>&a29;</title></c>"}),
    "outside.docx": docx(paragraph("Aurora is out."), **{"docProps/core.xml": f"{PASSWD}<c><title>&e;</title></c>"}),
    "deep.docx": docx("<w:tbl><w:tr><w:tc>" * 20_000 + "</w:tc></w:tr></w:tbl>" * 20_000),
    "deep.odt": odt("<text:list><text:list-item>" * 20_000 + "</text:list-item></text:list>" * 20_000),
    "deep.epub": epub("<div>" * 50_000 + "Aurora" + "</div>" * 50_000),
    "outside.epub": epub("<p>Aurora is out.</p><img src='file:///etc/passwd'/><object data='/etc/passwd'/>"),
    "deep.pptx": pptx("<p:grpSp>" * 20_000 + shape("body", "Aurora") + "</p:grpSp>" * 20_000),
    "around.pptx": packed({"ppt/presentation.xml": "<a/>", "ppt/_rels/presentation.xml.rels": "<a/>"}),
    "deep.rtf": b"{\\rtf1 " + b"{" * 200_000 + b"Aurora" + b"}" * 200_000,
    "deep.ipynb": b"[" * 200_000,
    "include.rst": b"Aurora is out.\n\n.. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd\n\n"
    b".. csv-table::\n   :file: /etc/passwd\n",
    "deep.rst": b"".join(b" " * n + b"* a\n\n" for n in range(300)),
    "marks.rst": b"*a **b `c " * 40_000,
    "include.adoc": b"Aurora is out.\n\ninclude::/etc/passwd[]\n",
    "marks.adoc": b"*_`[" * 2_000,
    "deep.eml": b"Subject: a\n"
    + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(2_000))
    + b"\nAurora",
    "headers.eml": b"Subject: " + b"=?utf-8?q?=41?= " * 100_000 + b"\n\nAurora is out.",
    "from.eml": b"From: " + b"(" * 100_000 + b"\nContent-Type: text/plain" + b"; a=b" * 50_000 + b"\n\nAurora is out.",
    "deep-html.eml": b"Content-Type: text/html\n\n" + b"<table><tr><td>" * 30_000 + b"Aurora is out.",
    "spans.eml": b"Content-Type: text/html\n\n<table>" + b"<tr><td colspan=9999 rowspan=9999>Aurora is out.<td>b" * 20_000,
    "breaks.eml": b"Content-Type: text/html\n\nAurora" + b"<br>a" * 300_000,
    "deep.mhtml": b"Content-Type: text/html\n\n" + b"<div>" * 100_000 + b"Aurora",
    "times.vtt": b"WEBVTT\n\n" + b"00:00:01.000 --> 00:00:02.000\n" * 100_000 + b"Aurora is out.",
    "marks.vtt": b"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n" + b"<v " * 500_000 + b"{\\" * 200_000 + b"[" * 500_000,
    "spaces.srt": b" " * 2_000_000 + b"-->",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.slow
async def test_no_file_takes_long_or_much_or_what_is_not_its_own(name: str, workers: Sandbox) -> None:
    began = perf_counter()
    try:
        draft = await workers.run(files.parse, name, HOSTILE[name], f"file:/{name}")
    except ArticleError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 300
    else:
        assert any(map(str.isalnum, draft.text))
        assert "root:" not in draft.text + (draft.title or "")
        assert len(draft.text) <= TEXT_LIMIT
    assert perf_counter() - began < 65


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    ["text\n" + '"' * 3_000_000, "text\n" + "a,b\n" * 9_000, ",".join(["text"] * 500_000) + "\na", "text\n" + "\0" * 99],
    ids=["quotes", "rows", "columns", "control"],
)
async def test_no_table_takes_long(content: str, workers: Sandbox) -> None:
    with suppress(ArticleError):
        assert await workers.run(files.parse_rows, "a.csv", content.encode(), "file:/a.csv", shown="a.csv")
    with suppress(ArticleError):
        assert await workers.run(files.parse_rows, "a.jsonl", ("[" * 100_000).encode(), "file:/a.jsonl", shown="a.jsonl")


SUFFIXES = sorted(files.SUFFIXES - {".csv", ".tsv", ".jsonl", ".pdf"})


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SUFFIXES), st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
)
def test_any_bytes_are_read_or_refused_in_one_sentence(suffix: str, content: bytes) -> None:
    try:
        draft = files.parse(f"a{suffix}", content, "file:/a")
    except ArticleError as error:
        assert "\n" not in str(error).replace(repr(content), "")
    else:
        assert any(map(str.isalnum, draft.article().text))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["a.docx", "a.odt", "a.epub", "a.pptx"]), st.integers(0, 3_000), st.binary(min_size=1, max_size=8))
def test_a_damaged_archive_is_read_or_refused(name: str, at: int, damage: bytes) -> None:
    whole = {
        "a.docx": docx(paragraph("Aurora is out.")),
        "a.odt": odt("<text:p>Aurora is out.</text:p>"),
        "a.epub": epub("<p>Aurora is out.</p>"),
        "a.pptx": pptx(shape("body", "Aurora is out.")),
    }[name]
    at %= len(whole)
    with suppress(ArticleError):
        files.parse(name, whole[:at] + damage + whole[at + len(damage) :], "file:/a")
