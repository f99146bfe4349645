"""From a ranking to quotes, or to the verdict that nothing here answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from index.embedding.engine.engine import Engine
from index.embedding.learned.question_kinds import Intent
from index.model.quotes import Quote
from index.retrieval.answerability import Judge, answers, confident
from index.retrieval.rank import Ranking, ScoredSentence
from index.storage.store.base import StoredPassage
from index.system.telemetry import timed

QUOTES = 5
"""The most quotes of one answer."""

QUOTE_LIMIT = 400
"""The longest quote, in characters."""

_ASKS_FOR_STATUS = 0.5  # how likely a question asks when, from which on it is told where the launch stands
_NEAR_BEST = 0.06  # a neighbour joins a quote when its score is not further below that of the quote's best sentence


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
def judge(ranking: Ranking, engine: Engine) -> Verdict:
    """What answers among the ranked sentences."""
    signals = Judge(engine.encoder, engine.fitted).signals(ranking)
    return Verdict(tuple(_extract(ranking.sentences)), confident(signals)) if answers(signals) else Verdict()


def asks_for_status(intent: Intent) -> bool:
    """Whether a question most likely wants to know where a launch stands."""
    return intent.when >= _ASKS_FOR_STATUS


def _extract(sentences: Sequence[ScoredSentence]) -> list[Quote]:
    """Each quote is a sentence, grown by the neighbours that score nearly as well; no two overlap or say the same.

    Args:
        sentences: best first.
    """
    by_ordinal = {(sentence.passage.id, sentence.ordinal): sentence for sentence in sentences}
    quoted: set[str] = set()
    quotes: list[Quote] = []
    for best in sentences:
        if best.text in quoted:
            continue
        passage, ordinals = best.passage, _grow(best, by_ordinal, quoted)
        start, end = passage.sentences[ordinals[0]].start, passage.sentences[ordinals[-1]].end
        text = passage.text[start - passage.start : end - passage.start]
        quoted |= {by_ordinal[passage.id, ordinal].text for ordinal in ordinals}
        quotes.append(Quote(text, best.score, start, end, passage.article, section=passage.section))
        if len(quotes) == QUOTES:
            break
    return quotes


def _grow(best: ScoredSentence, by_ordinal: Mapping[tuple[int, int], ScoredSentence], quoted: Set[str]) -> range:
    """The ordinals of a quote's sentences around ``best``: the better neighbour joins, again and again, while the quote is short enough.

    Args:
        by_ordinal: sentences by passage and ordinal.
        quoted: the texts of sentences that other quotes hold.
    """
    passage, first, last = best.passage, best.ordinal, best.ordinal
    while True:
        neighbours = [by_ordinal[passage.id, ordinal] for ordinal in (first - 1, last + 1) if (passage.id, ordinal) in by_ordinal]
        near = [neighbour for neighbour in neighbours if best.score - neighbour.score <= _NEAR_BEST and neighbour.text not in quoted]
        for ordinal in (neighbour.ordinal for neighbour in sorted(near, key=lambda neighbour: -neighbour.score)):
            if _has_context_between(passage, min(last, ordinal), max(first, ordinal)):
                continue
            if passage.sentences[max(last, ordinal)].end - passage.sentences[min(first, ordinal)].start <= QUOTE_LIMIT:
                first, last = min(first, ordinal), max(last, ordinal)
                break
        else:
            return range(first, last + 1)


def _has_context_between(passage: StoredPassage, first: int, second: int) -> bool:
    """Whether a heading or a fragment, which is no sentence, stands between two sentences that follow each other."""
    gap = passage.text[passage.sentences[first].end - passage.start : passage.sentences[second].start - passage.start]
    return any(map(str.isalpha, gap))
