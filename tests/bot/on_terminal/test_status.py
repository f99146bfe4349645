"""``shipdate status`` and ``shipdate products``, as a script meets them."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.on_terminal.ask import status_lines
from bot.presentation.json_api import RequestError, parse_line, parse_request, status_object
from index import Period, Quote, Source, Stage, Status
from index.api import Index
from tests.bot.on_terminal.test_cli import check_told, filled, shipdate
from tests.support.articles import SAMPLES, write

pytestmark = pytest.mark.model

__all__ = ["filled"]

SOURCE = Source("0123456789ab", "Lumora is out", "https://daily.example/lumora", "The Daily", datetime(2025, 5, 4, 18, tzinfo=UTC), "en")
STATUS = Status(
    "lumora",
    "Lumora",
    date(2026, 11, 22),
    (
        Period(Stage.ANNOUNCED, date(2024, 2, 15), Quote("Lumora was shown.", 0.71239, 12, 29, SOURCE)),
        Period(Stage.RELEASED, date(2025, 5, 4), Quote("Lumora is out.", 0.9, 30, 44, SOURCE)),
    ),
)


# The contract


def test_a_status_has_the_names_of_the_contract() -> None:
    made = status_object(STATUS, "s1")
    assert list(made) == ["id", "product", "name", "as_of", "stage", "since", "evidence", "history"]
    assert (made["id"], made["product"], made["name"], made["as_of"]) == ("s1", "lumora", "Lumora", "2026-11-22")
    assert (made["stage"], made["since"], made["evidence"]["text"]) == ("released", "2025-05-04", "Lumora is out.")
    assert list(made["evidence"]) == ["text", "score", "start", "end", "article"]
    assert list(made["evidence"]["article"]) == ["id", "title", "url", "publisher", "published", "published_precision", "language"]
    assert [(one["stage"], one["since"], list(one)) for one in made["history"]] == [
        ("announced", "2024-02-15", ["stage", "since", "evidence"]),
        ("released", "2025-05-04", ["stage", "since", "evidence"]),
    ]
    assert made["history"][-1]["evidence"] == made["evidence"]
    json.dumps(made)


def test_what_is_unknown_has_neither_day_nor_proof() -> None:
    made = json.loads(json.dumps(status_object(Status("x", "X", date(2026, 11, 22)))))
    assert (made["stage"], made["since"], made["evidence"], made["history"]) == ("unknown", None, None, [])
    assert "id" not in made


@pytest.mark.parametrize("line", ["{}", '{"question": "Sora"}', '{"name": 7}', '{"name": null}', '{"name": "x", "as_of": "soon"}'])
def test_a_line_without_a_name_is_told_in_one_sentence(line: str) -> None:
    with pytest.raises(RequestError, match=r"^[^\n]+$"):
        parse_request(parse_line(line), "name")


async def test_lines_are_answered_in_order_whatever_is_in_them(samples: Index) -> None:
    lines: list[bytes] = [
        b'{"id": "s1", "name": "Sora", "as_of": "2025-01-01"}',
        b"{not json",
        b'["Sora"]',
        b'{"id": 3}',
        b"",
        b'{"id": 4, "name": "Sora", "as_of": "soon"}',
        b'{"id": 5, "name": ""}',
        b'{"id": 6, "name": "\\ud83c\\udfac"}',
        b'{"id": 7, "name": "caf\xe9"}',
        b'{"id": 8, "name": "\\ud800 sora"}',
        b'{"id": 9, "question": "Sora"}',
        json.dumps({"id": 10, "name": "x" * 9_000_000}).encode(),
        b"[" * 200_000,
        json.dumps({"id": 12, "name": "可灵"}, ensure_ascii=False).encode(),
        b'{"id": {"a": [1]}, "name": "Zyx 3000"}',  # and no line end after the last
    ]
    out = io.StringIO()
    await status_lines(samples, io.BytesIO(b"\n".join(lines)), out)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(told) == len(lines) - 1  # the empty line asks nothing
    (sora, not_json, a_list, no_name, bad_date, empty, no_letter, not_utf8, surrogate, question, long, nested, kling, last) = told
    assert (sora["id"], sora["product"], sora["stage"], sora["as_of"]) == ("s1", "sora", "released", "2025-01-01")
    for one in (not_json, a_list, no_name, bad_date, empty, no_letter, not_utf8, question, long, nested):
        assert set(one) <= {"id", "error"}
        assert "\n" not in one["error"]
    assert [one.get("id") for one in (no_name, bad_date, empty, no_letter, question)] == [3, 4, 5, 6, 9]
    assert surrogate["id"] == 8
    assert (kling["product"], kling["name"]) == ("kling", "Kling")
    assert (last["id"], last["product"], last["stage"], last["history"]) == ({"a": [1]}, "zyx-3000", "unknown", [])


# The command


def test_a_status_is_told_to_scripts_and_to_people(filled: Path) -> None:
    done = shipdate("status", "sora", "--json", "--as-of", "2026-11-01", data=filled)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["product"], told["name"], told["stage"], told["as_of"]) == ("sora", "Sora", "discontinued", "2026-11-01")
    assert told["history"][-1]["evidence"] == told["evidence"]

    done = shipdate("status", "sora", "--as-of", "2026-11-01", data=filled)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Sora: " in done.stdout
    assert told["evidence"]["article"]["url"] in done.stdout

    done = shipdate("status", "Zyx 3000", data=filled)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Zyx 3000" in done.stdout

    done = shipdate("status", "--json-lines", data=filled, stdin='{"name": "Sora", "as_of": "2025-01-01"}\n{\n')
    assert (done.returncode, done.stderr) == (0, "")
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["stage"] == "released"
    assert "error" in second


@pytest.mark.parametrize("name", ["", "?!"])
def test_a_name_with_neither_letter_nor_digit_is_told(data: Path, name: str) -> None:
    check_told(shipdate("status", name, data=data), "Sora")


def test_a_date_that_is_none_is_told(data: Path) -> None:
    check_told(shipdate("status", "Sora", "--as-of", "yesterday", data=data), "yesterday", "2024-12-09")


def test_a_data_folder_that_cannot_be_written_is_told(data: Path) -> None:
    data.write_text("a file in its place", encoding="utf-8")
    check_told(shipdate("status", "Sora", data=data), str(data))


# Products


def test_products_are_added_listed_and_removed(data: Path, tmp_path: Path) -> None:
    text = "明叶今天正式上线，所有用户都可以注册使用。"
    path = write(tmp_path / "a.md", text, title="明叶上线", published="2025-05-05", language="zh")
    assert shipdate("index", "add", path, data=data).returncode == 0

    done = shipdate("products", "add", "Brightleaf", "--maker", "Osterhus", "--alias", "明叶", "--alias", "Bright Leaf", data=data)
    assert (done.returncode, done.stdout) == (0, "added brightleaf: Brightleaf\n")
    assert "Traceback" not in done.stderr

    done = shipdate("products", "list", "--json", data=data)
    assert (done.returncode, done.stderr) == (0, "")
    *others, mine = json.loads(done.stdout)
    assert len(others) >= 60
    assert (mine["id"], mine["name"], mine["maker"], mine["aliases"]) == ("brightleaf", "Brightleaf", "Osterhus", ["明叶", "Bright Leaf"])
    table = shipdate("products", "list", data=data).stdout
    assert "brightleaf" in table
    assert "sora-2" in table

    told = json.loads(shipdate("status", "bright leaf", "--json", data=data).stdout)
    assert (told["product"], told["stage"], told["evidence"]["text"]) == ("brightleaf", "released", text)

    done = shipdate("products", "remove", "brightleaf", data=data)
    assert (done.returncode, done.stdout) == (0, "removed brightleaf\n")
    assert json.loads(shipdate("status", "bright leaf", "--json", data=data).stdout)["stage"] == "unknown"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "?!"], "?!"),
        (["add", "Brightleaf", "--alias", "…"], "letter or a digit"),
        (["add", "Brightleaf", "--alias", "Sora 2"], "sora-2"),
        (["add", "Brightleaf", "--parent", "nobody"], "nobody"),
        (["remove", "sora"], "sora"),
        (["remove", "nobody"], "nobody"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_product_that_does_not_fit_is_told(data: Path, arguments: list[str], words: str) -> None:
    check_told(shipdate("products", *arguments, data=data), words)
    assert not (data / "products.toml").exists()


@pytest.mark.parametrize(
    "arguments", [["products", "list"], ["status", "Sora"], ["products", "add", "X"], ["index", "add", SAMPLES]], ids=str
)
def test_a_broken_file_of_products_is_told(data: Path, arguments: list[object]) -> None:
    data.mkdir()
    (data / "products.toml").write_text("[[product]", encoding="utf-8")
    check_told(shipdate(*arguments, data=data), "products.toml", "TOML")
