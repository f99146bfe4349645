"""The ledger: audit, logged questions, settings."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from index import Audited
from index.api import Index
from index.model.audit import Logged
from index.storage.store.ledger import Ledger
from index.text.sanitize import storable

pytestmark = pytest.mark.model

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)

LINE = Audited(NOON, "slack", "T1", "U1", "slack:T1", "add articles", "https://a.example", "begun")
QUESTION = Logged(NOON, "slack", "T1", "U1", "When will Sora ship?", True, 7.5)


@pytest.fixture
def ledger(index: Index) -> Ledger:
    return index.ledger


def logged(data: Path) -> Sequence[str]:
    """The texts of the logged questions."""
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
        return [text for (text,) in database.execute("SELECT question FROM questions ORDER BY id")]


async def test_what_was_begun_is_there_before_it_is_finished(ledger: Ledger) -> None:
    number = await ledger.begin(LINE)
    assert await ledger.audited() == [LINE]
    await ledger.finish(number, "done: 1 added")
    assert await ledger.audited() == [replace(LINE, outcome="done: 1 added")]


async def test_the_audit_is_oldest_first_of_one_scope_since_a_moment_and_the_newest_lines_only(ledger: Ledger) -> None:
    lines = [replace(LINE, at=NOON + timedelta(hours=hour), scope=("", "slack:T1")[hour % 2], user=f"U{hour}") for hour in range(10)]
    for line in lines:
        await ledger.begin(line)
    assert await ledger.audited() == lines
    assert await ledger.audited(scope="") == lines[::2]
    assert await ledger.audited(scope="discord:1") == []
    assert await ledger.audited(since=NOON + timedelta(hours=7)) == lines[7:]
    assert await ledger.audited(last=2) == lines[8:]
    assert await ledger.audited(scope="slack:T1", since=NOON + timedelta(hours=2), last=3) == lines[5::2]


async def test_questions_expire_and_nothing_else_does(ledger: Ledger, data: Path) -> None:
    for day in range(5):
        await ledger.log(replace(QUESTION, at=NOON + timedelta(days=day), question=str(day)))
    await ledger.begin(LINE)
    assert await ledger.expire(NOON + timedelta(days=3), now=NOON + timedelta(days=5)) == 3
    assert logged(data) == ["3", "4"]
    assert await ledger.audited() == [LINE]


async def test_settings_are_a_scopes_own_and_the_others_stay_when_one_changes(ledger: Ledger) -> None:
    await ledger.change_settings("slack:T1", {"language": "fr", "admins": ["U1", "U2"], "none": None})
    await ledger.change_settings("slack:T2", {"admins": []})
    await ledger.change_settings("slack:T1", {"language": "日本"})
    assert await ledger.settings("slack:T1") == {"language": "日本", "admins": ["U1", "U2"], "none": None}
    assert await ledger.settings("slack:T3") == {}
    assert await ledger.settings_everywhere("admins") == {"slack:T1": ["U1", "U2"], "slack:T2": []}


async def test_a_person_is_forgotten_where_the_id_is_theirs_and_nobody_else_is(ledger: Ledger, data: Path) -> None:
    mine = [(None, "U1"), ("T1", "U1")]
    others = [("T2", "U1"), ("T1", "U2"), ("T1", None)]
    for workspace, user in mine + others:
        await ledger.begin(replace(LINE, workspace=workspace, user=user))
        await ledger.log(replace(QUESTION, workspace=workspace, user=user, question=f"{workspace} {user}"))
    await ledger.begin(replace(LINE, platform="discord", workspace="T1"))
    counts = {"questions": 2, "exchanges": 0, "votes": 0, "audit": 2}
    assert await ledger.user_remains("slack", "T1", "U1") == counts

    assert await ledger.forget_user("slack", "T1", "U1") == counts
    assert await ledger.user_remains("slack", "T1", "U1") == dict.fromkeys(counts, 0)
    assert logged(data) == ["T2 U1", "T1 U2", "T1 None"]
    assert [(line.workspace, line.user) for line in await ledger.audited()] == [(None, None), ("T1", None), *others, ("T1", "U1")]


async def test_a_workspace_is_forgotten_and_what_its_people_did_elsewhere_names_nobody(ledger: Ledger, data: Path) -> None:
    shared = replace(LINE, scope="", act="add feed")
    for line in (LINE, shared, replace(LINE, platform="terminal", workspace=None), replace(LINE, workspace="T2", scope="slack:T2")):
        await ledger.begin(line)
    for workspace in ("T1", "T2"):
        await ledger.log(replace(QUESTION, workspace=workspace, question=workspace))
        await ledger.change_settings(f"slack:{workspace}", {"language": "fr", "log_questions": True})
    where = ("slack:T1", "slack", "T1")
    counts = {"settings": 2, "questions": 1, "exchanges": 0, "audit": 3}
    assert await ledger.workspace_remains(*where) == counts

    assert await ledger.forget_workspace(*where) == counts
    assert await ledger.workspace_remains(*where) == dict.fromkeys(counts, 0)
    assert await ledger.audited() == [replace(shared, workspace=None, user=None), replace(LINE, workspace="T2", scope="slack:T2")]
    assert logged(data) == ["T2"]
    assert await ledger.settings("slack:T2") == {"language": "fr", "log_questions": True}


@pytest.mark.parametrize("text", ["", "日本 🚀", "caf\udce9", "\ud800", "a\x00b", "'; DROP TABLE audit; --"])
async def test_no_text_is_too_odd_to_be_written_down(ledger: Ledger, data: Path, text: str) -> None:
    await ledger.finish(await ledger.begin(replace(LINE, subject=text)), "done")
    await ledger.log(replace(QUESTION, question=text))
    (line,) = await ledger.audited()
    assert [line.subject] == logged(data) == [storable(text)]
