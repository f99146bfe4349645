"""A thread's questions, and those that name a day."""

from __future__ import annotations

from datetime import date

import pytest

from index import Stage, Topic
from index.api import Index

pytestmark = pytest.mark.model


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("and Kling?", "When will Kling ship?"),
        ("et le prix ?", "Sora: et le prix ?"),
        ("why?", "Sora: why?"),
        ("Vidu公開はいつ?", "Vidu公開はいつ?"),
        ("How much does Kling cost per month in Brazil?", "How much does Kling cost per month in Brazil?"),
    ],
)
async def test_a_short_question_goes_on_about_the_one_before(samples: Index, question: str, meant: str) -> None:
    first = await samples.ask("When will Sora ship?")
    assert first.topic == Topic("When will Sora ship?", ("sora",))
    following = await samples.ask(question, topic=first.topic)
    assert following.question == question
    assert following.topic is not None
    assert following.topic.question == meant


@pytest.mark.parametrize(
    ("question", "day"),
    [("was Sora out in March 2024?", date(2024, 3, 31)), ("où en était Sora fin 2024 ?", date(2024, 12, 31))],
)
async def test_a_day_in_the_question_is_the_day_of_the_answer(samples: Index, question: str, day: date) -> None:
    answer = await samples.ask(question)
    assert answer.as_of == day
    assert all(quote.article.published is None or quote.article.published.date() <= day for quote in answer.quotes)


async def test_a_question_for_the_state_of_a_launch_comes_with_its_status(samples: Index) -> None:
    answer = await samples.ask("When will Sora ship?")
    assert answer.products == ("sora",)
    assert answer.status is not None
    assert answer.status.stage is Stage.DISCONTINUED
