"""Answers: verbatim, in time, or nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import QuestionError, Reason
from index.api import Index
from index.retrieval.pipeline import QUESTION_LIMIT
from index.system.telemetry import observed
from tests.support.articles import check_quotes, news, stored_texts, write

pytestmark = pytest.mark.model

QUESTIONS = [
    "When will Sora ship?",
    "Wann erscheint Sora in Europa?",
    "Qui teste Sora à Hollywood ?",
    "Sora 什么时候发布？",
    "soraはもう使えますか",
    "klling price?",
    "how much is kling 2.6",
    "is runway gen 4 out",
    "Runway Gen-3 Alpha prix",
    "vidu worldwide?",
    "Who can use Sora?",
    "Why did OpenAI end Sora?",
    "когда закроют sora",
    "¿Cuándo cierra Sora?",
    "what",
    "openai",
    "2024",
    "?!",
]
NOTHING = ["hello", "merci !", "asdf qwer", "What is the capital of France?", "When will GTA 6 ship?"]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_every_quote_is_verbatim_and_short_and_none_repeats_another(samples: Index, samples_data: Path, question: str) -> None:
    check_quotes(await samples.ask(question), stored_texts(samples_data))


@settings(max_examples=60)
@given(st.text(max_size=60))
async def test_any_question_gets_an_answer_that_keeps_the_promises(samples: Index, samples_data: Path, question: str) -> None:
    answer = await samples.ask(question)
    check_quotes(answer, stored_texts(samples_data))
    assert answer.question == question


@pytest.mark.parametrize("question", ["\ud800", "sora \udfff ships", "\ud83d"])
async def test_unpaired_surrogates_are_no_failure(samples: Index, samples_data: Path, question: str) -> None:
    """JSON can carry them."""
    check_quotes(await samples.ask(question), stored_texts(samples_data))


@pytest.mark.parametrize("question", ["Who in Hollywood is testing Sora?", "Qui teste Sora à Hollywood ?", "Wer testet Sora in Hollywood?"])
async def test_a_question_is_answered_across_languages(samples: Index, question: str) -> None:
    quotes = (await samples.ask(question)).quotes
    assert "Kutcher" in quotes[0].text
    assert quotes[0].article.language == "fr"


async def test_a_question_about_now_is_answered_by_what_is_true_now(samples: Index) -> None:
    first = (await samples.ask("Can I still use Sora?")).quotes[0]
    assert first.article.published is not None
    assert first.article.published.year == 2026


@pytest.mark.parametrize("question", ["wen is sora coming out", "wehn is sora coming out", "is sora otu yet", "sora relase date"])
async def test_a_mistyped_question_is_answered(samples: Index, question: str) -> None:
    answer = await samples.ask(question, as_of=date(2024, 3, 20))
    assert answer.answered
    assert answer.products == ("sora",)


@pytest.mark.parametrize("day", [date(2024, 2, 15), date(2024, 6, 10), date(2024, 12, 8), date(2025, 2, 28), date(2026, 4, 27)])
async def test_nothing_later_than_as_of_is_quoted(samples: Index, day: date) -> None:
    for question in QUESTIONS[:8]:
        answer = await samples.ask(question, as_of=day)
        assert answer.as_of == day
        assert all(quote.article.published and quote.article.published.date() <= day for quote in answer.quotes)


async def test_the_same_question_has_other_answers_on_other_days(samples: Index) -> None:
    then = (await samples.ask("When will Sora ship?", as_of=date(2024, 6, 30))).quotes[0]
    now = (await samples.ask("When will Sora ship?")).quotes[0]
    assert then.article.published is not None
    assert now.article.published is not None
    assert then.article.published < now.article.published


@pytest.mark.parametrize("day", [date(2024, 2, 14), date(1, 1, 1)])
async def test_before_the_first_article_there_is_nothing(samples: Index, day: date) -> None:
    answer = await samples.ask("When will Sora ship?", as_of=day)
    assert (answer.answered, answer.reason) == (False, Reason.NOTHING_RELEVANT)


async def test_the_end_of_time_is_a_day_like_any_other(samples: Index, samples_data: Path) -> None:
    check_quotes(await samples.ask("When will Sora ship?", as_of=date(9999, 12, 31)), stored_texts(samples_data))


async def test_a_day_ends_at_midnight_in_utc(index: Index, tmp_path: Path) -> None:
    write(tmp_path / "a.md", "Aurora ships in May.", published="2025-03-04T23:30:00-05:00")  # the 5th, in UTC
    await index.add([str(tmp_path)])
    assert not (await index.ask("When does Aurora ship?", as_of=date(2025, 3, 4))).answered
    assert (await index.ask("When does Aurora ship?", as_of=date(2025, 3, 5))).answered


async def test_an_undated_article_is_quoted_without_a_date_from_the_day_on_that_it_was_read(index: Index, tmp_path: Path) -> None:
    write(tmp_path / "a.md", "Aurora ships in May.")
    await index.add([str(tmp_path)])
    (quote,) = (await index.ask("When does Aurora ship?")).quotes
    assert quote.article.published is None
    assert not (await index.ask("When does Aurora ship?", as_of=date(1999, 1, 1))).answered


async def test_an_undated_article_does_not_beat_a_dated_one_on_time(index: Index, tmp_path: Path) -> None:
    write(tmp_path / "a.md", "Aurora will ship in May, its maker says.", title="Aurora gets a date")
    write(tmp_path / "b.md", "Aurora will ship in July, its maker says.", title="Aurora gets a date", published="2025-03-04")
    await index.add([str(tmp_path)])
    assert "July" in (await index.ask("When will Aurora ship?")).quotes[0].text


async def test_among_equal_answers_the_newer_comes_first(index: Index, tmp_path: Path) -> None:
    for month, published in (("May", "2025-01-10"), ("August", "2025-06-10"), ("June", "2025-02-10")):
        write(tmp_path / f"{month}.md", f"Aurora will ship in {month}, its maker says.", title="Aurora gets a date", published=published)
    await index.add([str(tmp_path)])
    assert "August" in (await index.ask("When will Aurora ship?")).quotes[0].text
    assert "June" in (await index.ask("When will Aurora ship?", as_of=date(2025, 3, 1))).quotes[0].text


async def test_the_same_sentence_in_two_articles_is_quoted_once(index: Index, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.md", f"Aurora will ship on 4 May.\n\nThis is newspaper {name}.", published="2025-01-10")
    await index.add([str(tmp_path)])
    texts = [quote.text for quote in (await index.ask("When will Aurora ship?")).quotes]
    assert sum("4 May" in text for text in texts) == 1


async def test_an_answer_says_its_language_its_day_and_its_time(samples: Index) -> None:
    answer = await samples.ask("Pourquoi OpenAI a-t-il arrêté Sora ?")
    assert answer.language == "fr"
    assert answer.as_of == datetime.now(UTC).date()
    assert answer.elapsed_ms > 0


async def test_scores_never_rise_from_quote_to_quote(samples: Index) -> None:
    for question in QUESTIONS:
        scores = [quote.score for quote in (await samples.ask(question)).quotes]
        assert scores == sorted(scores, reverse=True)


async def test_the_same_question_always_gets_the_same_answer(samples: Index) -> None:
    answers = await asyncio.gather(*(samples.ask("When will Sora ship?") for _ in range(5)))
    assert len({answer.quotes for answer in answers}) == 1


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "\u3000"])
async def test_an_empty_question_is_told(samples: Index, question: str) -> None:
    assert (await samples.ask(question)).reason is Reason.EMPTY_QUESTION


async def test_an_empty_index_is_told(index: Index) -> None:
    answer = await index.ask("When will Sora ship?")
    assert (answer.quotes, answer.reason) == ((), Reason.EMPTY_INDEX)


async def test_a_question_of_the_longest_length_is_taken(samples: Index, samples_data: Path) -> None:
    check_quotes(await samples.ask(("When will Sora ship? " * 200)[:QUESTION_LIMIT]), stored_texts(samples_data))


class Encodings:
    """Counts how often a question is encoded."""

    def __init__(self) -> None:
        self.count = 0

    def step(self, name: str, seconds: float) -> None:
        self.count += name == "encode"

    def looked(self, *, worked: bool) -> None:
        pass


async def test_a_question_that_was_just_asked_is_not_worked_out_again_until_the_articles_change(index: Index, tmp_path: Path) -> None:
    path = write(tmp_path / "zilt.md", "Zilt ships on 4 May 2026.", title="Zilt", published="2026-03-01")
    await index.add([str(path)])
    encodings = Encodings()
    with observed(encodings):
        first = await index.ask("When does Zilt ship?")
        again = await index.ask("  When does Zilt ship? ")
        assert encodings.count == 1
        assert replace(again, elapsed_ms=0, question="") == replace(first, elapsed_ms=0, question="")
        assert (again.question, again.elapsed_ms > 0) == ("  When does Zilt ship? ", True)
        before = await index.ask("When does Zilt ship?", as_of=date(2026, 2, 1))
        elsewhere = await index.ask("When does Zilt ship?", scopes=("slack:T1",))
        assert encodings.count == 2  # where nothing can be seen, nothing is encoded
        assert [before.answered, elsewhere.reason] == [False, Reason.EMPTY_INDEX]
        write(path, "Zilt ships on 6 June 2026.", title="Zilt", published="2026-03-01")
        await index.add([str(path)])
        changed = await index.ask("When does Zilt ship?")
    assert first.quotes[0].text == "Zilt ships on 4 May 2026."
    assert changed.quotes[0].text == "Zilt ships on 6 June 2026."


@pytest.mark.parametrize("length", [QUESTION_LIMIT + 1, 1_000_000])
async def test_a_longer_one_is_refused_with_both_lengths(samples: Index, length: int) -> None:
    with pytest.raises(QuestionError, match=f"{length:,}.*{QUESTION_LIMIT:,}"):
        await samples.ask("x" * length)


# Nothing rather than something wrong


@pytest.mark.parametrize("question", NOTHING)
async def test_what_no_article_answers_gets_nothing(samples: Index, question: str) -> None:
    answer = await samples.ask(question)
    assert (answer.quotes, answer.reason) == ((), Reason.NOTHING_RELEVANT)


@pytest.mark.parametrize("question", NOTHING)
async def test_one_article_does_not_answer_what_it_does_not_speak_of(sora: Index, question: str) -> None:
    answer = await sora.ask(question)
    assert (answer.quotes, answer.reason) == ((), Reason.NOTHING_RELEVANT)


@pytest.mark.parametrize("question", NOTHING)
async def test_small_articles_about_invented_products_answer_none_of_it(index: Index, tmp_path: Path, question: str) -> None:
    news(tmp_path, 3)
    await index.add([str(tmp_path)])
    assert (await index.ask(question)).quotes == ()


@pytest.mark.parametrize("question", ["Does {} have an iPhone app?", "hat {} eine iPhone-App?"])
async def test_what_is_told_of_another_product_only_is_no_answer(samples: Index, question: str) -> None:
    assert (await samples.ask(question.format("Sora"))).answered
    assert not (await samples.ask(question.format("Vidu"))).answered


async def test_what_many_articles_tell_in_the_same_words_is_an_answer(index: Index, tmp_path: Path) -> None:
    for number in range(12):
        write(
            tmp_path / f"{number}.md",
            "Aurora costs nine dollars a month.",
            title=f"Aurora, part {number}",
            published=f"2025-01-{10 + number}",
        )
    await index.add([str(tmp_path)])
    assert (await index.ask("how much does aurora cost?")).answered


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "When will Sora ship?",
            [
                "sortira certainement cette année",
                "n'avait toujours pas de date de sortie",
                "n'a toujours pas de date de sortie",
                "n'a pas encore été lancé",
            ],
        ),
        ("Pourquoi Sora n'est pas encore sorti ?", ["phase de recherche", "risques de sécurité", "discussions"]),
        ("Who in Hollywood is testing it?", ["Ashton Kutcher"]),
        ("sora youtube training data?", ["YouTube"]),
        ("Which Chinese rivals launched a video model?", ["KLING et Vidu"]),
        ("Wie heißt die Ausstellung in New York?", ["Nouveaux chemins"]),
        ("is generating with sora expensive", ["beaucoup plus élevé", "coûts élevés"]),
        ("Qu'a sorti Runway ?", ["deux nouveaux modèles"]),
    ],
)
async def test_one_undated_french_article_answers_in_its_own_words(
    sora: Index, sora_data: Path, question: str, expected: list[str]
) -> None:
    answer = await sora.ask(question)
    assert answer.answered
    assert any(words in answer.quotes[0].text for words in expected), answer.quotes[0].text
    assert answer.quotes[0].article.published is None
    check_quotes(answer, stored_texts(sora_data))
