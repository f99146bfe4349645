"""What ``benchmarks/peers.py`` counts as a hit, and what its table says; the peers themselves are not needed."""

from __future__ import annotations

import pytest

from benchmarks.peers import MEASURES, covers, hit_rate, pieces, table
from index.model.articles import Article

TEXT = "Sora will ship in  December, the company said. It costs $20 a month. " + "Nobody knows more than that. " * 20
ARTICLE = Article("1", "file:/sora.md", "https://example.org/sora", "Sora", TEXT, "en")
ANSWERABLE = {"answerable": True, "gold": [{"article": "sora", "contains": "ship in December"}]}


def quote(text: str, url: str = ARTICLE.url) -> dict[str, str]:
    return {"url": url, "text": text}


@pytest.mark.parametrize(
    ("quotes", "rates"),
    [
        ([quote("Sora will ship in  December, the company said.")], (1, 1)),
        ([quote("It costs $20 a month."), quote("Sora will ship in  December")], (0, 1)),
        ([quote("Sora will ship in Dec")], (1, 1)),  # a border cuts the answer, of which most is there
        ([quote("Sora will ship")], (0, 0)),
        ([quote("Sora will ship in December!")], (0, 0)),  # not in the article
        ([quote("Sora will ship in  December", url="https://example.org/other")], (0, 0)),
        ([quote(TEXT)], (0, 0)),  # too long to be a quote
        ([], (0, 0)),
    ],
)
def test_a_hit_is_a_short_verbatim_quote_that_holds_the_answer(quotes: list[dict[str, str]], rates: tuple[float, float]) -> None:
    unanswerable = {"answerable": False, "gold": []}
    asked = [ANSWERABLE, unanswerable]
    assert tuple(hit_rate([quotes, quotes], asked, {"sora": ARTICLE}, first) for first in (1, 3)) == rates


def test_an_answer_may_have_to_come_from_one_paragraph() -> None:
    gold = {"contains": "in May", "within": "Kling opens in May to all."}
    assert covers("Kling opens in May to all.", gold)
    assert covers("Kling opens in May", gold)
    assert not covers("Vidu opens in May.", gold)


def test_peers_are_given_whole_sentences_up_to_the_length_of_a_quote() -> None:
    cut = list(pieces(ARTICLE, 400))
    assert "".join("".join(cut).split()) == "".join(TEXT.split())
    assert all(piece in TEXT and len(piece) <= 400 and piece.endswith(".") for piece in cut)
    assert list(pieces(ARTICLE, 0))[:2] == ["Sora will ship in  December, the company said.", "It costs $20 a month."]


def test_the_table_says_who_wins_by_how_much_and_why_a_peer_does() -> None:
    measured = {name: dict.fromkeys((measure.name for measure in MEASURES), 10.0) for name in ("Shipdate", "one", "other")}
    measured["Shipdate"] |= {"adding": 5.0, "cold start": 4.0}
    measured["other"] |= {"adding": 20.0, "cold start": 8.0}
    lines = list(table(measured))
    assert lines[0] == "| | Shipdate | one | other | ratio to the best peer |"
    assert lines[2] == "| adding | 5.00 articles/s | 10 articles/s | **20 articles/s** | 0.25 |"
    assert lines[3] == "| cold start | **4.00 s** | 10 s | 8.00 s | 2.00 |"
    assert [line for line in lines if line.startswith("- ")] == [f"- adding: other is better. {MEASURES[0].why}"]
