"""What is left of a text when nobody may hide anything in it."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bot.presentation.sanitize import visible


@given(st.text())
def test_nothing_is_hidden(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert all(one in "\n\u200c\u200d" or unicodedata.category(one) not in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp") for one in shown)
    assert [one for one in shown if one.isalnum()] == [one for one in text if one.isalnum() and one not in "\u115f\u1160\u3164\uffa0"]


def test_lines_stay_lines() -> None:
    assert visible("a\r\nb\rc\u2028d\x0ce\tf\x1fg") == "a\nb\nc\nd\ne f g"


def test_what_joins_letters_and_emoji_is_kept() -> None:
    assert visible("می\u200cخواهم 👩\u200d💻 ❤️\u200d🔥 a\u200db") == "می\u200cخواهم 👩\u200d💻 ❤️\u200d🔥 ab"


def test_what_fills_without_being_seen_is_left_out() -> None:
    assert visible("So\u200bra\u3164\u2800 \u202eships\u2066 in\ufe00 May\ue000") == "Sora ships in May"
