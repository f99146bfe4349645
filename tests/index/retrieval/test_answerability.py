"""What a question's words and tokens have in common, and the decision as it was fitted."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.retrieval.answerability import CALIBRATION_FILE, Calibration, Signals, _tokens, answers, calibration, confident
from index.text.words import words

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)).map(lambda span: (span[0], span[0] + span[1])), max_size=20)


@given(st.text("ab 1.世界は-", max_size=30), SPANS)
def test_tokens_belong_to_the_words_that_they_overlap(question: str, spans: list[tuple[int, int]]) -> None:
    found = words(question)
    expected = [[at for at, (start, end) in enumerate(spans) if start < word.end and end > word.start] for word in found]
    assert _tokens(found, spans) == expected


def test_the_file_that_is_loaded_is_as_make_calibrate_writes_it() -> None:
    written = (files("index.retrieval") / CALIBRATION_FILE).read_text(encoding="utf-8")
    assert calibration() == Calibration.parse(written)
    assert calibration().to_json() == written


def test_a_question_is_answered_from_the_border_on() -> None:
    covered = Signals(word_coverage=1.0)
    short = -calibration().margin(covered) / calibration().weights.coverage
    assert calibration().margin(covered) < 0
    assert answers(covered._replace(coverage=short + 0.001))
    assert not answers(covered._replace(coverage=short - 0.001))
    assert not confident(covered._replace(coverage=short + 0.001))
    assert confident(covered._replace(coverage=short + 1))
    assert not answers(Signals(coverage=10.0))  # no word of it is covered, so it is beside the point


WEIGHTS = calibration().weights._asdict()


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"weights": WEIGHTS},
        {"weights": WEIGHTS, "border": 9.0, "more": 1},
        {"weights": [*WEIGHTS.values()], "border": 9.0},
        {"weights": {**WEIGHTS, "novelty": 1.0}, "border": 9.0},
        {"weights": {name: weight for name, weight in WEIGHTS.items() if name != "lead"}, "border": 9.0},
        {"weights": {**WEIGHTS, "lead": "83"}, "border": 9.0},
        {"weights": {**WEIGHTS, "lead": float("nan")}, "border": 9.0},
        {"weights": WEIGHTS, "border": None},
        {"weights": WEIGHTS, "border": True},
    ],
)
def test_a_calibration_that_does_not_fit_the_signals_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match=CALIBRATION_FILE):
        Calibration.parse(json.dumps(content))
