"""What a question's words and tokens have in common."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.retrieval.answerability import _tokens
from index.text.words import words

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)).map(lambda span: (span[0], span[0] + span[1])), max_size=20)


@given(st.text("ab 1.世界は-", max_size=30), SPANS)
def test_tokens_belong_to_the_words_that_they_overlap(question: str, spans: list[tuple[int, int]]) -> None:
    found = words(question)
    expected = [[at for at, (start, end) in enumerate(spans) if start < word.end and end > word.start] for word in found]
    assert _tokens(found, spans) == expected
