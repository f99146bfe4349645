"""The sentences that the reader of stages learns from: ``sentences.tsv``, many of which were chosen to mislead.

The net sees each also with the product's name replaced, so that what it learns is not "Sora is discontinued"; and behind a headline
that was drawn from the others, so that a title tells it of what an article is, and nothing of what a sentence itself says.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from random import Random
from typing import NamedTuple

from index.embedding.encoders.base import TextEncoder
from index.embedding.learned.stage_labels import HOWS, STAGES, Marked
from index.embedding.learned.stage_reader import StageReader, mark
from index.model.launches import How, Stage
from index.text.passages import head

MASK = "Nova"
"""What every product is called as well while the net learns: a word that could be a product's name in every language."""


_BRACKETS = re.compile(r"\[\[(.*?)\]\]")
_LONGEST_HEADLINE = 110  # code points
_AT_ONCE = 1024  # sentences encoded together


class Example(NamedTuple):
    """A sentence of ``sentences.tsv``.

    Attributes:
        head: what stands before it.
        span: where the product's name stands; None where the sentence names it only by a pronoun or a noun.
        product: the name that its source has.
        stage, how: places in :data:`STAGES` and :data:`HOWS`; -1 where no stage is told.
    """

    text: str
    head: str
    span: tuple[int, int] | None
    product: str | None
    language: str
    stage: int
    how: int


@cache
def examples() -> tuple[Example, ...]:
    """The labelled sentences."""
    heads = Heads()
    return tuple(example for row in _rows() for example in _examples(heads, *row))


class Heads:
    """Draws what may stand before a sentence: headlines, the same ones in each run."""

    def __init__(self) -> None:
        self._chance = Random(0)
        self._headlines: dict[str, list[str]] = {}
        for language, _, _, sentence in _rows():
            if _is_headline(sentence):
                self._headlines.setdefault(language, []).append(sentence)

    def draw(self, language: str, sentence: str = "", name: str | None = None) -> str:
        """A head in a language.

        Args:
            sentence: what it is not made of.
            name: of the product that every other head has.
        """
        others = [one for one in self._headlines.get(language, ()) if one != sentence]
        if not others:
            return ""
        chosen = self._chance.choice(others)
        return head(_named(chosen, name if self._chance.random() < 0.5 else None)[0])


def _examples(heads: Heads, language: str, stage: str, how: str, sentence: str) -> Iterator[Example]:
    """Each sentence twice where it names its product: as it is (a headline without a head), and with another name.

    Every fourth comes once more, as one on which a sentence before it has named another product: of that it says nothing.
    """
    place = STAGES.index(Stage.UNKNOWN if stage == "none" else Stage(stage))
    manner = -1 if stage == "none" else HOWS.index(How(how))
    text, span = _named(sentence)
    product = text[slice(*span)] if span else None
    before = "" if _is_headline(sentence) else heads.draw(language, sentence, product)
    yield Example(text, before, span, product, language, place, manner)
    if span is None:
        return
    masked, place_of_mask = _named(sentence, MASK)
    yield Example(masked, heads.draw(language, sentence, MASK), place_of_mask, product, language, place, manner)
    if len(sentence) % 4 == 0:
        yield Example(text, heads.draw(language, sentence), None, product, language, STAGES.index(Stage.UNKNOWN), -1)


def _named(sentence: str, name: str | None = None) -> tuple[str, tuple[int, int] | None]:
    """A sentence without brackets, and where its product's name stands.

    Args:
        name: that takes the place of its own.
    """
    found = _BRACKETS.search(sentence)
    if found is None:
        return sentence, None
    chosen = name or found[1]
    return sentence[: found.start()] + chosen + sentence[found.end() :], (found.start(), found.start() + len(chosen))


def _is_headline(sentence: str) -> bool:
    return len(sentence) <= _LONGEST_HEADLINE and "[[" in sentence and sentence[-1].isalnum()


def fit(encoder: TextEncoder) -> StageReader:
    """The reader for an encoder, from the labelled sentences."""
    known = examples()
    return StageReader.fit(seen(encoder, known), [example.stage for example in known], [example.how for example in known])


def seen(encoder: TextEncoder, known: Sequence[Example]) -> list[Marked]:
    """What the net sees of examples."""
    marked = []
    for at in range(0, len(known), _AT_ONCE):
        some = known[at : at + _AT_ONCE]
        read = encoder.layers([one.text for one in some], [one.head for one in some])
        marked += [mark(one.text, layers, one.span) for one, layers in zip(some, read, strict=True)]
    return marked


@cache
def _rows() -> Sequence[Sequence[str]]:
    content = files("index.embedding.learned").joinpath("data", "sentences.tsv").read_text(encoding="utf-8")
    return list(csv.reader(content.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
