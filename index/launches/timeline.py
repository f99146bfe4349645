"""From what articles claim, over months and years, to where a launch stood when.

A hidden Markov model with a handful of states: each article is an observation of the stage, more or less sure, and a stage
tends to last. The most likely course of events (Viterbi, 1967) is the timeline: one hasty sentence does not reopen what was
closed, two clear ones do, and the newest explicit word outweighs older ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np
import numpy.typing as npt

from index.embedding.learned.stage_labels import STAGES
from index.model.launches import TITLE, How, Reported, Stage

_KNOWN = STAGES[:-1]
_PLACE = {stage: place for place, stage in enumerate(_KNOWN)}

_HOW: Mapping[How, Mapping[Stage, float]] = {
    How.EVENT: dict.fromkeys(_KNOWN, 1.0),
    How.STATE: dict.fromkeys(_KNOWN, 1.0),
    # What was released once is probably still out; what was announced, or limited, once may be anything by now.
    How.PAST: {Stage.ANNOUNCED: 0.1, Stage.LIMITED: 0.1, Stage.RELEASED: 0.5, Stage.DISCONTINUED: 0.7},
    How.HEARSAY: dict.fromkeys(_KNOWN, 0.15),
}
"""What a claim of each kind says about the day on which it is made."""

_CARRIED = 0.5  # of a claim that goes on about the product without naming it
_TITLE = 0.9  # headlines exaggerate

_VERSIONS = {Stage.RELEASED: 0.7, Stage.LIMITED: 0.4}
"""What a version's stage says about its family: one that is out means that the family is; its end does not end the family."""

_FAMILY = {Stage.DISCONTINUED: 0.9}
"""What a family's stage says about its versions."""

_SOUND = 0.25  # what an article says of each stage by saying nothing of it

_SUREST = 0.95  # no claim is surer than that

_NEARLY = 0.5  # as clear as the clearest
_OWN, _DATED, _NEW = 2.0, 1.4, 0.4  # what speaks for a claim as proof
_SAME = 3  # days
_ANNOUNCEMENT = 0.85  # what is not out yet is proved by a word that says so, rather than by its announcement

_SUPPORTS = np.array(
    [
        [  # an event of the stage (row) is to be expected at another stage (column) by this much
            [1.0, 0.1, 0.1, 0.0],
            [0.0, 1.0, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.0],
            [0.0, 0.0, 0.0, 1.0],
        ],
        [  # and a state, or what is told in another way
            [1.0, 0.2, 0.1, 0.0],  # what is open to some has no date for the public
            [0.0, 1.0, 0.2, 0.0],
            [0.0, 0.0, 1.0, 0.0],
            [0.0, 0.0, 0.0, 1.0],
        ],
    ]
)

_CONFLICTS = np.array(
    [
        [  # an event of the stage (row) speaks against being at another stage (column) by this much
            [0.0, 0.0, 0.0, 0.8],  # what is announced today may be open to some, or to all, today
            [0.8, 0.0, 0.3, 0.8],
            [0.9, 0.8, 0.0, 0.8],
            [0.8, 0.8, 0.8, 0.0],
        ],
        [  # and a state, or what is told in another way
            [0.0, 0.2, 0.6, 0.7],  # "no date for the public" goes with an invitation
            [0.8, 0.0, 0.4, 0.7],
            [0.9, 0.8, 0.0, 0.7],
            [0.8, 0.8, 0.8, 0.0],
        ],
    ]
)

_MOVES = np.log(
    [  # from announced, limited, released, discontinued (rows) to each of them
        [1.0, 0.3, 0.3, 0.1],
        [0.02, 1.0, 0.3, 0.1],
        [0.005, 0.01, 1.0, 0.15],
        [0.003, 0.005, 0.03, 1.0],
    ]
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time at one stage.

    Attributes:
        since: the day it began.
        claims: those that speak for it, the best first.
    """

    stage: Stage
    since: date
    claims: tuple[Reported, ...]


def weight(claim: Reported) -> float:
    """How much a claim says about the stage on the day it was made, from 0 to 1."""
    certainty = claim.sure * _HOW[claim.how][claim.stage] * (1 if claim.named else _CARRIED) * (_TITLE if claim.place == TITLE else 1)
    if claim.relation:
        certainty *= (_VERSIONS if claim.relation > 0 else _FAMILY).get(claim.stage, 0.0)
    return certainty


def timeline(claims: Iterable[Reported]) -> list[Stretch]:
    """The stages of one product, oldest first, from all claims about it that count."""
    told = list(claims)
    # A family's word counts for a version only once the version has been spoken of.
    own = [claim.day or 0 for claim in told if claim.relation == 0]
    telling = [claim for claim in told if weight(claim) > 0 and (claim.relation >= 0 or (own and (claim.day or 0) >= min(own)))]
    if any(claim.how is not How.HEARSAY for claim in telling):  # rumours only count where there is nothing else
        telling = [claim for claim in telling if claim.how is not How.HEARSAY]
    oldest = min((claim.day for claim in telling if claim.day is not None), default=None)
    if oldest is None:
        return []  # without a single date nothing can be said about time
    # Undated articles may be as old as the oldest: they never beat a dated one on time.
    telling.sort(key=lambda claim: (claim.day or oldest, claim.day is not None, claim.article, claim.passage, claim.place))
    articles = [list(group) for _, group in groupby(telling, key=lambda claim: claim.article)]
    course = _most_likely(_observations(articles))
    stretches: list[Stretch] = []
    for stage, run in groupby(zip(course, articles, strict=True), key=lambda pair: pair[0]):
        for_it = [claim for _, group in run for claim in group if claim.stage is stage]
        if for_it:
            since = max(_since(for_it, oldest), stretches[-1].since.toordinal() if stretches else 0)
            stretches.append(Stretch(stage, date.fromordinal(since), _best_first(for_it, since)))
    return stretches


def _observations(articles: Sequence[Sequence[Reported]]) -> npt.NDArray[np.float64]:
    """How likely each article would say what it says at each stage, up to a factor, as logarithms. Shape (articles, 4).

    Of its claims for one stage the strongest counts: an article says the same thing in many ways.
    """
    told = []
    for claims in articles:
        strongest = [[0.0] * len(_KNOWN), [0.0] * len(_KNOWN)]  # as an event, and in other ways
        for claim in claims:
            of_kind, stage = strongest[claim.how is not How.EVENT], _PLACE[claim.stage]
            of_kind[stage] = max(of_kind[stage], min(weight(claim), _SUREST))
        told.append(strongest)
    strengths = np.array(told)
    support = (_SUPPORTS * strengths[..., None]).max(axis=(1, 2))
    against = np.log(1 - _CONFLICTS * strengths[..., None]).sum(axis=(1, 2))
    logarithms: npt.NDArray[np.float64] = np.log(_SOUND + support) + against
    return logarithms


def _most_likely(observations: npt.NDArray[np.float64]) -> list[Stage]:
    """The likeliest stage at each observation. Shape of ``observations``: (articles, 4)."""
    best = observations[0]
    came_from = []
    for observed in observations[1:]:
        paths = best[:, None] + _MOVES
        came_from.append(paths.argmax(axis=0))
        best = paths.max(axis=0) + observed
    course = [int(best.argmax())]
    for origins in reversed(came_from):
        course.append(int(origins[course[-1]]))
    return [_KNOWN[at] for at in reversed(course)]


def _since(claims: Sequence[Reported], oldest: int) -> int:
    """The day on which a stretch began, as an ordinal: the one that its first article tells, else that article's own.

    Args:
        claims: those for its stage, in order of time.
    """
    clearest = max(weight(claim) for claim in claims)
    clear = [claim for claim in claims if weight(claim) >= _NEARLY * clearest]
    first = [claim for claim in claims if claim.article == clear[0].article]
    for how in (How.EVENT, How.STATE):
        said = [claim for claim in first if claim.since is not None and claim.how is how]
        strongest = max((weight(claim) for claim in said), default=0.0)
        days = [claim.since for claim in said if claim.since is not None and weight(claim) >= _NEARLY * strongest]
        if days:
            return max(days)
    return clear[0].day or oldest


def _best_first(claims: Sequence[Reported], since: int) -> tuple[Reported, ...]:
    """The claims for a stage, the best proof first: clear, in an article about the product, and with the day or, of what lasts, new."""
    about = {claim.article for claim in claims if claim.place == TITLE}
    order = {article: at for at, article in enumerate(dict.fromkeys(claim.article for claim in claims))}

    def worth(claim: Reported) -> float:
        worth = weight(claim) * (claim.place != TITLE)
        if claim.article in about:
            worth *= _OWN
        if claim.stage in (Stage.RELEASED, Stage.DISCONTINUED):
            return worth * (_DATED if claim.since is not None and abs(claim.since - since) <= _SAME else 1)
        return worth * (1 + _NEW * order[claim.article] / len(order)) * (_ANNOUNCEMENT if claim.how is How.EVENT else 1)

    return tuple(sorted(claims, key=lambda claim: -worth(claim)))
