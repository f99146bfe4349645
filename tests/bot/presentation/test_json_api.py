"""The machine interface: a contract."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.presentation.json_api import RequestError, answer_object, listed_object, parse_day, parse_line, parse_request
from index import Answer, Listed, Quote, Reason, Source

SOURCE = Source("0123456789ab", "Sora is out", "https://daily.example/sora", "The Daily", datetime(2024, 12, 9, 18, tzinfo=UTC), "en")
ANSWER = Answer("When will Sora ship?", "en", date(2026, 11, 22), (Quote("Sora is out.", 0.912345, 812, 824, SOURCE),), None, 7.94)


def test_an_answer_has_the_names_of_the_contract() -> None:
    made = answer_object(ANSWER, "q1")
    assert list(made) == ["id", "question", "language", "as_of", "answered", "reason", "products", "elapsed_ms", "quotes", "status"]
    assert made["quotes"][0] == {
        "text": "Sora is out.",
        "score": 0.9123,
        "start": 812,
        "end": 824,
        "article": {
            "id": "0123456789ab",
            "title": "Sora is out",
            "url": "https://daily.example/sora",
            "publisher": "The Daily",
            "published": "2024-12-09T18:00:00Z",
            "published_precision": "day",
            "language": "en",
        },
    }
    assert (made["as_of"], made["answered"], made["reason"], made["status"]) == ("2026-11-22", True, None, None)
    json.dumps(made)


def test_no_answer_has_a_reason_and_no_quotes() -> None:
    made = json.loads(json.dumps(answer_object(Answer("x", "en", date(2026, 11, 22), (), Reason.NOTHING_RELEVANT, 0.1))))
    assert (made["answered"], made["reason"], made["quotes"]) == (False, "nothing_relevant", [])
    assert "id" not in made


def test_an_undated_article_has_no_date() -> None:
    made = listed_object(Listed(Source("0", "x", "file:/a.md", None, None, "en"), "file:/a.md", 2))
    assert (made["published"], made["publisher"], made["source"], made["passages"]) == (None, None, "file:/a.md", 2)


@pytest.mark.parametrize("id_", ["q1", 7, 0, "", False, [1, {"a": None}], 1.5])
def test_an_id_of_any_kind_is_handed_back_as_it_came(id_: object) -> None:
    read = parse_line(json.dumps({"id": id_, "question": "x"}))["id"]
    assert answer_object(ANSWER, read)["id"] == id_


@pytest.mark.parametrize(
    "line",
    [
        *["", "null", "[]", "7", '"x"', "{", "{}", '{"question": 7}', '{"question": null}'],
        *['{"question": "x", "as_of": 7}', '{"question": "x", "as_of": "soon"}'],
    ],
)
def test_a_malformed_line_is_told_in_one_sentence(line: str) -> None:
    with pytest.raises(RequestError, match=r"^[^\n]+$"):
        parse_request(parse_line(line), "question")


@pytest.mark.parametrize("start", ["", '{"question": ', '{"question": "x", "id": '])
@pytest.mark.parametrize("nested", ["[", '{"a":'])
def test_a_line_that_is_nested_without_end_is_told_in_one_sentence(start: str, nested: str) -> None:
    with pytest.raises(RequestError):
        parse_request(parse_line(start + nested * 100_000), "question")


@given(st.text(max_size=60))
def test_any_line_is_a_request_or_told(line: str) -> None:
    try:
        parse_request(parse_line(line), "question")
    except RequestError:
        return


@given(st.dates())
def test_every_iso_date_is_a_day(day: date) -> None:
    assert parse_day(day.isoformat()) == parse_day(f" {day.isoformat()}T23:59:59Z ") == day


@pytest.mark.parametrize("text", ["", "tomorrow", "2024-13-01", "2024-02-30", "09/12/2024", "2024", "１２"])
def test_another_date_is_shown_with_how_to_write_it(text: str) -> None:
    with pytest.raises(RequestError, match="2024-12-09"):
        parse_day(text)


def test_a_long_text_that_is_no_date_is_shown_in_part() -> None:
    with pytest.raises(RequestError) as raised:
        parse_day("x" * 5000)
    assert len(str(raised.value)) < 100
