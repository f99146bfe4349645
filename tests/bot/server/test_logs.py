"""What is logged: everything, but for secrets, and for what people ask."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AliasChoices, Field

from bot.server import logs
from bot.settings import Settings
from index.api import Index
from index.retrieval import pipeline
from tests.support.logs import logging_put_back

TOKEN = 'xo"xb-7\\é/+ 1'  # whatever a quoting could write otherwise
PASSWORD = "p%40ss"


class WithToken(Settings):
    """As every surface's token will be a setting."""

    some_token: str = Field(default="", validation_alias=AliasChoices("SOME_TOKEN", "some_token"))
    signing_secret: str = Field(default="", validation_alias=AliasChoices("SIGNING_SECRET", "signing_secret"))


def secretive(**more: object) -> WithToken:
    return WithToken(some_token=TOKEN, signing_secret="hush", database_url=f"postgresql://me:{PASSWORD}@db.example/x", **more)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    with logging_put_back():
        yield


def fail(text: str) -> None:
    try:
        try:
            raise KeyError(text)
        except KeyError as error:
            raise ValueError(f"cannot use {text!r}", {"header": text.encode()}) from error
    except ValueError as error:
        logs.report("it failed", error, header={"Authorization": f"Bearer {text}"})


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize("log_level", ["debug", "info"])
def test_no_secret_is_ever_in_a_line(log_format: str, log_level: str) -> None:
    stream = io.StringIO()
    settings = secretive(log_format=log_format, log_level=log_level)
    logs.configure(settings, stream)
    assert settings.secrets == {TOKEN, "hush", PASSWORD, "p@ss"}
    for secret in settings.secrets:
        for line in ("%s", "%r", "https://api.example/?token=%s"):
            logging.getLogger("some.library").info(line, secret)
            structlog.get_logger().info(line % secret, value=secret, nested={"a": [secret]})
        fail(secret)
    structlog.get_logger().info("settings", all=settings)
    said = stream.getvalue()
    assert said.count(logs.HIDDEN) > 40
    for secret in settings.secrets:
        for spelling in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]):
            assert spelling not in said


@given(secret=st.text(min_size=6), log_format=st.sampled_from(["console", "json"]))
def test_a_secret_of_any_characters_is_hidden(secret: str, log_format: str) -> None:
    stream = io.StringIO()
    logs.configure(WithToken(some_token=f"«{secret}»", log_format=log_format), stream)
    structlog.get_logger().info(f"a «{secret}» b", value=f"«{secret}»", nested=[f"«{secret}»"])
    logging.getLogger("library").info("%r", f"«{secret}»")
    assert "«" not in stream.getvalue()


@pytest.mark.parametrize("log_level", ["info", "debug"])
async def test_a_question_is_in_no_line_above_debug(samples: Index, log_level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    logs.configure(Settings(log_level=log_level), stream)
    question = 'Who in "Hollywood" tests Sora?'

    async def broken(text: str, *_: object, **__: object) -> None:
        structlog.get_logger().debug("looking up", text=text)
        raise RuntimeError(f"cannot search for {text!r}", {"query": text})

    monkeypatch.setattr(pipeline, "parse", broken)
    try:
        await samples.ask(question)
    except RuntimeError as error:
        logs.report("a question failed", error, question=question)
    above = [line for line in stream.getvalue().splitlines() if "debug" not in line]
    assert any("RuntimeError: ('cannot search for" in line for line in above)
    assert "Hollywood" not in "".join(above)
    assert ("Hollywood" in stream.getvalue()) == (log_level == "debug")


def test_the_level_and_the_format_are_as_set() -> None:
    stream = io.StringIO()
    logs.configure(Settings(log_level="warning", log_format="json"), stream)
    structlog.get_logger("ours").info("too little")
    structlog.get_logger("ours").warning("enough", count=3)
    logging.getLogger("library").info("too little")
    logging.getLogger("library").warning("%d are enough", 2, extra={"host": "a.example"})
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["count"], first["level"], first["logger"]) == ("enough", 3, "warning", "ours")
    assert (second["event"], second["host"], second["level"], second["logger"]) == ("2 are enough", "a.example", "warning", "library")
    assert first["timestamp"].endswith("Z")


def test_requests_of_libraries_are_no_news() -> None:
    stream = io.StringIO()
    logs.configure(Settings(), stream)
    logging.getLogger("httpx").info("HTTP Request: GET https://a.example")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_what_may_be_a_key_in_an_address_is_hidden(log_format: str) -> None:
    stream = io.StringIO()
    logs.configure(Settings(log_format=log_format), stream)
    for address in ("https://me:hunter2@a.example/feed?key=hunter2&b=1", "http://a.example/x#hunter2"):
        structlog.get_logger().warning("a feed failed", feed=address, text=f"{address} cannot be read.", all=[address])
        logging.getLogger("index.ingestion.follow_feeds").warning("The feed %s cannot be read: %r", address, address)
    assert "hunter2" not in stream.getvalue()
    assert stream.getvalue().count("a.example/feed") == 5


def test_an_error_that_nobody_foresaw_is_logged_under_the_reference_that_is_told() -> None:
    stream = io.StringIO()
    logs.configure(Settings(log_format="json"), stream)
    reference = logs.report("it failed", ValueError("so it was"), part="feeds")
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["reference"], line["part"], line["level"]) == (reference, "feeds", "error")
    assert "ValueError: so it was" in line["exception"]
    assert 4 <= len(reference) <= 10


def test_an_error_in_a_thread_is_logged_too() -> None:
    stream = io.StringIO()
    logs.configure(secretive(log_format="json"), stream)

    def work() -> None:
        raise RuntimeError(TOKEN)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert f"RuntimeError: {logs.HIDDEN}" in line["exception"]
