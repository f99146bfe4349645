"""Shipdate's own words, in the asker's language."""

from __future__ import annotations

import ast
import string
from datetime import date
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import bot
import index
from bot.wording import wording
from index.model import errors

BOT = Path(bot.__file__).parent
INDEX = Path(index.__file__).parent
TOLD = {"PermissionDeniedError", "JobError", "QuotaError", "QuestionError"}
CATALOGUES = sorted((BOT / "wording").glob("*.po"))


def messages_of_the_code() -> set[str]:
    """Every text that is handed to ``say`` or ``later``, and the sentences of the errors that people meet in chats."""
    found = {kind.in_public for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ShipdateError)}
    found.discard(None)
    for path in (*BOT.rglob("*.py"), INDEX / "api.py", INDEX / "ingestion" / "add.py", INDEX / "retrieval" / "pipeline.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_said(node):
                found |= {
                    argument.value for argument in node.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                }
    return found


def _is_said(node: ast.Call) -> bool:
    match node.func:
        case ast.Attribute(attr="say") | ast.Name(id="later"):
            return True
        case ast.Name(id="RequestError"):
            return bool(node.keywords)  # the others are met by scripts alone
        case ast.Name(id=name):
            return name in TOLD
    return False


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def test_there_are_messages_and_catalogues() -> None:
    assert "undated" in messages_of_the_code()
    assert "fr" in [path.stem for path in CATALOGUES]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_says_everything_that_the_code_says_and_nothing_else(path: Path) -> None:
    with path.open("rb") as file:
        catalogue = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    assert catalogue.keys() == messages_of_the_code()
    for message, said in catalogue.items():
        assert said.strip()
        assert fields(said) == fields(message)


def test_french_is_said_in_french() -> None:
    assert wording("fr").say("undated") == "sans date"


@pytest.mark.parametrize("language", ["und", "tlh", "xx", "", "../fr", "fr/..", "FR"])
def test_a_language_without_a_catalogue_gets_english(language: str) -> None:
    assert wording(language).say("undated") in ("undated", "sans date" if language.lower() == "fr" else "undated")


def test_values_are_filled_in() -> None:
    assert wording("fr").say("As of {day}.", day="9 décembre 2024") == "À la date du 9 décembre 2024."


def test_a_value_with_braces_is_said_as_it_is() -> None:
    assert wording("en").say("As of {day}.", day="{x}") == "As of {x}."


@pytest.mark.parametrize(("language", "expected"), [("en", "9 December 2024"), ("fr", "9 décembre 2024"), ("und", "9 December 2024")])
def test_dates_are_written_as_the_language_writes_them(language: str, expected: str) -> None:
    assert wording(language).date(date(2024, 12, 9)) == expected


@given(st.dates(), st.sampled_from(["en", "fr", "und"]))
def test_every_date_can_be_written(day: date, language: str) -> None:
    assert str(day.year) in wording(language).date(day)
