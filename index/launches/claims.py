"""What an article claims about launches: for each of its sentences, which product it speaks of and at which stage it shows it.

A sentence that names no product goes on about the ones before it ("It is not available yet"); at an article's head, about
those of its title.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import numpy as np

from index.embedding.encoders.base import Layers
from index.embedding.learned.bundle import Fitted
from index.embedding.learned.question_kinds import Intent
from index.embedding.learned.stage_labels import HOWS, STAGES
from index.embedding.learned.stage_reader import mark
from index.launches.mentions import Mention, Mentions
from index.model.articles import Article, Passage
from index.model.launches import TITLE, Claim, How
from index.text import dates

VERSION = 2
"""Raised whenever the same article would be found to claim other things."""

_LEAST = 0.15  # what is less sure is no claim
_SEVERAL = 0.4  # the trust in a sentence that compares products
_NEWS = 45  # days: what happened earlier is no news
_MENTIONED = 8  # names of one sentence that are read, each by itself; one that has more is a list, or was made to keep the reader busy
_CARRIED = 3  # products that a sentence without a name can go on about


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that may claim something, and the products that it speaks of.

    Attributes:
        mentions: those that it names.
        carried: the ids of those that it may go on about.
        day: when it was written; None where unknown.
    """

    passage: int
    ordinal: int
    text: str
    mentions: tuple[Mention, ...]
    carried: tuple[str, ...]
    day: date | None


def statements(article: Article, passages: Sequence[Passage], mentions: Mentions) -> list[Statement]:
    """The sentences of an article, its title first, that speak of products."""
    sentences = [
        (at, ordinal, article.text[sentence.start : sentence.end], article.day_of(sentence.start))
        for at, passage in enumerate(passages)
        for ordinal, sentence in enumerate(passage.sentences)
    ]
    if not sentences:
        return []
    context = mentions.context(article.title, article.text)
    texts = [(0, TITLE, article.title, article.day), *sentences]
    found = [mentions.find(text, article.language, context) for _, _, text, _ in texts]
    counts = Counter(product for some in found for product in {one.product for one in some})
    # Of the names that are in no catalogue, the products are among those that the title has or that come again.
    subjects = {one.product for one in found[0]} | {product for product, count in counts.items() if count > 1}
    current: tuple[str, ...] = ()
    made = []
    for (at, ordinal, text, day), some in zip(texts, found, strict=True):
        meant = tuple(dict.fromkeys(one.product for one in some if one.known)) or tuple(
            dict.fromkeys(one.product for one in some if one.product in subjects)
        )
        carried = () if meant else tuple(product for product in current[:_CARRIED] if mentions.may_go_on(product, text))
        if some or carried:
            made.append(Statement(at, ordinal, text, tuple(some[:_MENTIONED]), carried, day))
        current = meant or current
    return made


def claims(made: Sequence[Statement], read: Sequence[Layers], article: Article, fitted: Fitted) -> list[Claim]:
    """What these statements of an article claim."""
    rows = [
        (statement, mention, layers)
        for statement, layers in zip(made, read, strict=True)
        for mention in (*statement.mentions, *([None] if statement.carried else []))
    ]
    if not rows:
        return []
    seen = [mark(statement.text, layers, (one.start, one.end) if one else None) for statement, one, layers in rows]
    tells = fitted.tells(np.stack([layers.mean for *_, layers in rows])) / np.float32(255)
    found = [
        Claim(statement.passage, statement.ordinal, product, mention is not None, stage, how, sure * trust, since)
        for (statement, mention, _), told, stages, hows in zip(rows, tells.tolist(), *fitted.stages(seen), strict=True)
        for trust in [_trust(statement, mention, Intent(*told))]
        for how in [HOWS[int(hows.argmax())]]
        for stage, sure in zip(STAGES[:-1], stages.tolist(), strict=False)
        if sure >= _LEAST
        for since in [_since(statement.text, article.language, statement.day, how)]
        for product in ([mention.product] if mention else statement.carried)
    ]
    # A product that a sentence names twice ("可灵 (Kling)") is claimed once, as clearly as it can be.
    found.sort(key=lambda claim: claim.sure)
    return list({(claim.passage, claim.ordinal, claim.product, claim.stage): claim for claim in found}.values())


def _trust(statement: Statement, mention: Mention | None, tells: Intent) -> float:
    """How far what is read in a sentence on a product can be trusted.

    Args:
        tells: how likely it answers a question of each intent. One that tells neither when, nor for whom, nor where there is
            something is trusted half if it names the product, and not at all if it goes on about it: that made 3 of 100
            evidence quotes right.
    """
    told = max(tells.when, tells.who, tells.where)
    several = len({one.product for one in statement.mentions if one.known}) > 1
    return (told if mention is None else (1 + told) / 2) * (_SEVERAL if several else 1)


def _since(text: str, language: str, today: date | None, how: How) -> date | None:
    """The day that a sentence names, on or before that of writing.

    What is news happened in the last weeks; of several days the most precise counts, then the latest.
    """
    if today is None:
        return None
    past = [said for said in dates.find(text, language, today) if said.first <= today]
    if how is How.EVENT:
        past = [said for said in past if (today - said.last).days <= _NEWS]
    if not past:
        return None
    said = min(past, key=lambda one: ((one.last - one.first).days, -one.last.toordinal()))
    return today if said.last >= today else said.first


def version(fitted: Fitted, mentions: Mentions) -> str:
    """By what claims are made: those of another version are read again."""
    return sha256(repr((VERSION, fitted.stages.digest, fitted.tells.digest, mentions.digest)).encode()).hexdigest()[:16]
