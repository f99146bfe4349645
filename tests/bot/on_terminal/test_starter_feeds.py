"""``shipdate feeds add --starter``, as a newcomer meets it."""

from __future__ import annotations

from pathlib import Path

from index.ingestion.sources import starter
from tests.bot.on_terminal.test_cli import shipdate


def test_groups_of_feeds_to_begin_with_are_followed(data: Path) -> None:
    done = shipdate("feeds", "add", "--starter", "labs", data=data)
    assert (done.returncode, done.stdout.strip()) == (0, f"following {len(starter.feeds(['labs']))} feeds of the starter pack")
    done = shipdate("feeds", "add", "--starter", "games", data=data)
    assert done.returncode == 1
    assert "no group “games”" in done.stderr


def test_without_an_address_it_is_said_what_to_give(data: Path) -> None:
    done = shipdate("feeds", "add", data=data)
    assert done.returncode == 2
    assert "--starter" in done.stderr
