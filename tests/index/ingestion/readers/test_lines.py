"""Lines that a right margin broke are joined; lines that stand for themselves are not."""

from __future__ import annotations

import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.ingestion.readers.lines import reflow

PROSE = (
    "The video generator Aurora can be used by everybody from today, its maker said on Tuesday in a long statement. It costs twenty "
    "dollars a month, and all customers of the older service may go on using it for another year. Testers praised its speed, while "
    "others found fault with the sound of voices."
)
CHINESE = "新的视频生成模型今天向所有人开放了，价格是每月二十美元，老用户可以继续使用一年，测试者称赞它的速度。"


@given(st.integers(36, 110))
def test_prose_that_was_wrapped_is_given_back(width: int) -> None:
    paragraphs = [PROSE, PROSE.replace("Aurora", "Borealis")]
    assert reflow("\n\n".join(textwrap.fill(paragraph, width, break_on_hyphens=False) for paragraph in paragraphs)) == "\n\n".join(
        paragraphs
    )


@given(st.integers(16, 50))
def test_chinese_that_was_wrapped_is_joined_without_a_space(width: int) -> None:
    text = CHINESE * 3
    assert reflow("\n".join(text[start : start + width] for start in range(0, len(text), width))) == text


@given(st.text(st.sampled_from("aB é世。. -\n1:•"), max_size=300))
def test_nothing_is_lost_but_white_space_hyphens_and_bullets(text: str) -> None:
    def kept(text: str) -> str:
        return "".join(character for character in text if not character.isspace() and character not in "-•")

    assert kept(reflow(text)) == kept(text)


def test_broken_words_are_put_together_and_compounds_keep_their_hyphen() -> None:
    lines = [
        "It is a well-known model.",
        "",
        "The newest model of the video gener-",
        "ator family is by now as well-",
        "known as its ancestor GPT-",
        "4 was.",
    ]
    block = "The newest model of the video generator family is by now as well-known as its ancestor GPT-4 was."
    assert reflow("\n".join(lines)).split("\n\n")[1] == block


def test_items_headings_and_short_lines_stay_apart() -> None:
    text = f"# Prices\n{textwrap.fill(PROSE, 70)}\n\n"
    text += "• one film for twenty dollars\n• two films for thirty\n\nModel: Aurora\nPrice: $20\nDay: Monday"
    assert reflow(text) == (
        f"# Prices\n\n{PROSE}\n\n- one film for twenty dollars\n- two films for thirty\n\nModel: Aurora\n\nPrice: $20\n\nDay: Monday"
    )


def test_an_item_goes_on_on_the_lines_below_it() -> None:
    item = textwrap.fill(PROSE, 70, initial_indent="- ", subsequent_indent="  ")
    assert reflow(f"{item}\n{item}") == f"- {PROSE}\n- {PROSE}"


def test_a_paragraph_on_each_line_stays_one() -> None:
    posts = [PROSE, "Aurora is out and I like it.", PROSE, "No sound yet, though."]
    assert reflow("\n".join(posts)) == "\n\n".join(posts)


@pytest.mark.parametrize("unit", ["a", "\n", "-", "a-\n", "> ", "世\n", "- a\n", "https://", "\t"])
def test_what_it_takes_grows_as_the_text_does(unit: str) -> None:
    started = time.thread_time()
    reflow(unit * (1_000_000 // len(unit)))
    assert time.thread_time() - started < 8
