"""From scored sentences to quotes, or to the decision that nothing here answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from index.model import Quote
from index.searching import Found, Scored

QUOTES = 5
"""The most quotes of one answer."""

QUOTE_LIMIT = 400
"""The longest quote, in characters."""

_COMFORTABLE = 300  # a quote of several sentences is not made longer than this
_NEARLY = 0.06  # a neighbour joins a quote when its score is not further below the best's: a likelihood of one in twenty


def answer(found: Found) -> tuple[Quote, ...]:
    """The quotes that answer, best first; none when nothing does."""
    return tuple(_quotes(found.sentences))


def _quotes(sentences: Sequence[Scored]) -> list[Quote]:
    """Each quote is a sentence, grown by the neighbours that score nearly as well; no two overlap or say the same."""
    by_place = {(one.passage.id, one.place): one for one in sentences}
    taken: set[tuple[int, int]] = set()
    said: set[str] = set()
    quotes: list[Quote] = []
    for best in sentences:
        if (best.passage.id, best.place) in taken:
            continue
        places = _grow(best, by_place, taken)
        start, end = best.passage.sentences[places[0]].start, best.passage.sentences[places[-1]].end
        text = best.passage.text[start - best.passage.start : end - best.passage.start]
        taken |= {(best.passage.id, place) for place in places}
        if " ".join(text.split()) in said:
            continue
        said.add(" ".join(text.split()))
        quotes.append(Quote(text, best.score, start, end, best.passage.article))
        if len(quotes) == QUOTES:
            break
    return quotes


def _grow(best: Scored, by_place: Mapping[tuple[int, int], Scored], taken: Set[tuple[int, int]]) -> range:
    """The numbers of the sentences of a quote around ``best``: the better neighbour joins, again and again, while it helps."""
    passage, first, last = best.passage, best.place, best.place
    while True:
        around = [by_place[key] for place in (first - 1, last + 1) if (key := (passage.id, place)) in by_place and key not in taken]
        for place in (one.place for one in sorted(around, key=lambda one: -one.score) if best.score - one.score <= _NEARLY):
            if passage.sentences[max(last, place)].end - passage.sentences[min(first, place)].start <= _COMFORTABLE:
                first, last = min(first, place), max(last, place)
                break
        else:
            return range(first, last + 1)
