"""From scored sentences to quotes, or to the decision that nothing here answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from index.embedding.engine.engine import Engine
from index.embedding.learned.question_kinds import Intent
from index.model.quotes import Quote
from index.retrieval.answerability import Judge, answers, confident
from index.retrieval.search import Found, Scored
from index.system.telemetry import timed

QUOTES = 5
"""The most quotes of one answer."""

QUOTE_LIMIT = 400
"""The longest quote, in characters."""

_LIKELY = 0.5  # a probability
_NEARLY = 0.06  # a neighbour joins a quote when its score is not further below the best's


@dataclass(frozen=True, slots=True)
class Verdict:
    """What answers a question.

    Attributes:
        quotes: best first; none when nothing answers.
        confident: see :attr:`index.model.answers.Answer.confident`.
    """

    quotes: tuple[Quote, ...] = ()
    confident: bool = False


@timed("judge")
def answer(found: Found, engine: Engine) -> Verdict:
    """What answers in what was found."""
    signals = Judge(engine.encoder, engine.fitted).signals(found)
    return Verdict(tuple(_quotes(found.sentences)), confident(signals)) if answers(signals) else Verdict()


def asks_where_it_stands(intent: Intent) -> bool:
    """Whether a question most likely wants to know where a launch stands."""
    return intent.when >= _LIKELY


def _quotes(sentences: Sequence[Scored]) -> list[Quote]:
    """Each quote is a sentence, grown by the neighbours that score nearly as well; no two overlap or say the same."""
    by_place = {(one.passage.id, one.place): one for one in sentences}
    said: set[str] = set()
    quotes: list[Quote] = []
    for best in sentences:
        if best.plain in said:
            continue
        places = _grow(best, by_place, said)
        start, end = best.passage.sentences[places[0]].start, best.passage.sentences[places[-1]].end
        text = best.passage.text[start - best.passage.start : end - best.passage.start]
        said |= {by_place[best.passage.id, place].plain for place in places}
        quotes.append(Quote(text, best.score, start, end, best.passage.article))
        if len(quotes) == QUOTES:
            break
    return quotes


def _grow(best: Scored, by_place: Mapping[tuple[int, int], Scored], said: Set[str]) -> range:
    """The numbers of the sentences of a quote around ``best``: the better neighbour joins, again and again, while it helps."""
    passage, first, last = best.passage, best.place, best.place
    while True:
        around = [by_place[passage.id, place] for place in (first - 1, last + 1) if (passage.id, place) in by_place]
        near = [one for one in around if best.score - one.score <= _NEARLY and one.plain not in said]
        for place in (one.place for one in sorted(near, key=lambda one: -one.score)):
            if passage.sentences[max(last, place)].end - passage.sentences[min(first, place)].start <= QUOTE_LIMIT:
                first, last = min(first, place), max(last, place)
                break
        else:
            return range(first, last + 1)
