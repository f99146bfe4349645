"""From an answer to what is shown."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.on_terminal.output import console
from bot.on_terminal.render import article_table, render
from bot.presentation.replies import Reply, reply
from index import Answer, Listed, Quote, Reason, Source

TODAY = datetime.now(UTC).date()
PUBLISHED = datetime(2024, 12, 9, 18, tzinfo=UTC)


def source(
    title: str = "Sora is out",
    url: str = "https://daily.example/sora",
    publisher: str | None = "The Daily",
    published: datetime | None = PUBLISHED,
) -> Source:
    return Source("0123456789ab", title, url, publisher, published, "en")


def answer(*quotes: Quote, language: str = "en", as_of: date = TODAY, reason: Reason | None = None) -> Answer:
    return Answer("When will Sora ship?", language, as_of, quotes, reason, 1.0)


def quote(text: str = "Sora is out.", **said: object) -> Quote:
    return Quote(text, 0.9, 0, len(text), source(**said))  # type: ignore[arg-type]


def shown(what: Reply, width: int = 80) -> str:
    out = io.StringIO()
    console(out, width).print(render(what))
    return out.getvalue()


def test_a_quote_is_shown_with_its_source_and_its_date() -> None:
    made = reply(answer(quote()))
    (cited,) = made.quotes
    assert (cited.text, cited.title, cited.where, cited.url) == (
        "Sora is out.",
        "Sora is out",
        "The Daily, 9 December 2024",
        "https://daily.example/sora",
    )
    assert made.note is None


def test_dates_are_in_the_askers_language() -> None:
    assert reply(answer(quote(), language="fr")).quotes[0].where == "The Daily, 9 décembre 2024"


def test_an_undated_article_is_marked_undated() -> None:
    assert reply(answer(quote(published=None))).quotes[0].where == "The Daily, undated"
    assert reply(answer(quote(published=None, publisher=None), language="fr")).quotes[0].where == "sans date"


def test_a_local_file_is_not_shown_as_an_address() -> None:
    assert reply(answer(quote(url="file:/home/me/a.md"))).quotes[0].url is None


def test_an_answer_as_of_another_day_says_so() -> None:
    assert reply(answer(quote(), as_of=date(2024, 12, 31))).note == "As of 31 December 2024."
    assert reply(answer(quote(), as_of=TODAY + timedelta(days=9))).note is not None


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("language", ["en", "fr", "und"])
def test_every_reason_for_no_answer_is_told(reason: Reason, language: str) -> None:
    made = reply(answer(reason=reason, language=language))
    assert made.quotes == ()
    assert made.note
    assert made.note in " ".join(shown(made, width=200).split("\n"))


def test_the_terminal_shows_the_best_quote_first() -> None:
    text = shown(reply(answer(quote("First."), quote("Second."), quote("Third."))))
    assert text.index("First.") < text.index("Also:") < text.index("Second.") < text.index("Third.")


@pytest.mark.parametrize(
    "said",
    [
        {"url": "https://daily.example/?tag[]=sora&x[a]=b"},
        {"url": "https://daily.example/a]b"},
        {"title": "[bold]Sora[/bold] [/] is out"},
        {"title": "Sora \\"},
        {"publisher": "[red]The Daily\\"},
        {"publisher": "[/link]"},
    ],
)
def test_brackets_and_backslashes_are_shown_as_they_are(said: dict[str, str]) -> None:
    text = shown(reply(answer(quote(**said), quote("Second.", **said))), width=300)
    assert all(value in text for value in said.values())


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_any_article_can_be_shown(text: str, title: str, url: str, publisher: str) -> None:
    shown(reply(answer(quote(text, title=title, url=url, publisher=publisher), quote(text, title=title, url=url, publisher=publisher))))
    console(io.StringIO()).print(article_table([Listed(source(title, url, publisher), "file:/a.md", 1)]))


@pytest.mark.parametrize("code", ["\x1b[31mred", "\x1b]0;title\x07", "\x1b]8;;https://bad.example\x1b\\", "\x9b31m", "\x08\x08"])
def test_an_article_cannot_command_the_terminal(code: str) -> None:
    """Articles come from anywhere; a terminal obeys what follows an escape."""
    text = shown(reply(answer(quote(f"Sora {code} is out.", title=f"Sora {code}", publisher=f"The {code}"))))
    assert not set("\x1b\x9b\x08\x07") & set(text)
