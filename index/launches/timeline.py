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
_INDEX = {stage: index for index, stage in enumerate(_KNOWN)}  # of a row or column of the model's matrices


@dataclass(frozen=True, slots=True, eq=False)
class TimelineModel:
    """The numbers of the hidden Markov model, and of what is read off the course that it finds likeliest.

    They are set by hand, from how launches go and from how articles tell of them, and not fitted; the tests of the timeline say what
    has to come of them. Shares and strengths go from 0 to 1; rows and columns of matrices are announced, limited, released and
    discontinued.

    Attributes:
        manner: how much a claim of each kind says, at each stage, about the day on which it is made.
        carried: the share that is left of a claim that goes on about the product without naming it.
        title: that of a claim of a headline.
        version, family: that of a claim about a version where its family is asked about, and the other way; none at other stages.
        surest: no claim counts for surer than that.
        silence: what an article says of each stage by saying nothing of it.
        support: how far a claim, as an event or in another way (first axis), of a stage (row) is to be expected at another (column).
        conflict: how far it speaks against being at the other one.
        transition: how likely one stage (row) is followed by each (column) from one article to the next, up to a factor. Logarithms.
        clear: a claim of this share of the clearest one's weight counts as clear, too.
        about_product, with_day, newness, event: factors of a claim as proof: in an article whose title speaks of the product; that names
            the day on which the stage began; what is added from the oldest to the newest; of what is not out yet, the announcement.
        same_day: days by which a named day may differ from that on which the stage began.
    """

    manner: Mapping[How, Mapping[Stage, float]]
    carried: float
    title: float
    version: Mapping[Stage, float]
    family: Mapping[Stage, float]
    surest: float
    silence: float
    support: npt.NDArray[np.float64]
    conflict: npt.NDArray[np.float64]
    transition: npt.NDArray[np.float64]
    clear: float
    about_product: float
    with_day: float
    newness: float
    event: float
    same_day: int


_MODEL = TimelineModel(
    manner={
        How.EVENT: dict.fromkeys(_KNOWN, 1.0),
        How.STATE: dict.fromkeys(_KNOWN, 1.0),
        # What was released once is probably still out; what was announced, or limited, once may be anything by now.
        How.PAST: {Stage.ANNOUNCED: 0.1, Stage.LIMITED: 0.1, Stage.RELEASED: 0.5, Stage.DISCONTINUED: 0.7},
        How.HEARSAY: dict.fromkeys(_KNOWN, 0.15),
    },
    carried=0.5,
    title=0.9,  # headlines exaggerate
    version={Stage.RELEASED: 0.7, Stage.LIMITED: 0.4},  # one that is out means that the family is; its end does not end the family
    family={Stage.DISCONTINUED: 0.9},
    surest=0.95,
    silence=0.25,
    support=np.array(
        [
            [  # an event
                [1.0, 0.1, 0.1, 0.0],
                [0.0, 1.0, 0.0, 0.0],
                [0.0, 0.0, 1.0, 0.0],
                [0.0, 0.0, 0.0, 1.0],
            ],
            [  # a state, or what is told in another way
                [1.0, 0.2, 0.1, 0.0],  # what is open to some has no date for the public
                [0.0, 1.0, 0.2, 0.0],
                [0.0, 0.0, 1.0, 0.0],
                [0.0, 0.0, 0.0, 1.0],
            ],
        ]
    ),
    conflict=np.array(
        [
            [  # an event
                [0.0, 0.0, 0.0, 0.8],  # what is announced today may be open to some, or to all, today
                [0.8, 0.0, 0.3, 0.8],
                [0.9, 0.8, 0.0, 0.8],
                [0.8, 0.8, 0.8, 0.0],
            ],
            [  # a state, or what is told in another way
                [0.0, 0.2, 0.6, 0.7],  # "no date for the public" goes with an invitation
                [0.8, 0.0, 0.4, 0.7],
                [0.9, 0.8, 0.0, 0.7],
                [0.8, 0.8, 0.8, 0.0],
            ],
        ]
    ),
    transition=np.log(
        [
            [1.0, 0.3, 0.3, 0.1],
            [0.02, 1.0, 0.3, 0.1],
            [0.005, 0.01, 1.0, 0.15],
            [0.003, 0.005, 0.03, 1.0],
        ]
    ),
    clear=0.5,
    about_product=2.0,
    with_day=1.4,
    newness=0.4,
    event=0.85,  # what is not out yet is proved by a word that says so, rather than by its announcement
    same_day=3,
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
    certainty = claim.sure * _MODEL.manner[claim.how][claim.stage]
    of_product = certainty * (1 if claim.named else _MODEL.carried) * (_MODEL.title if claim.ordinal == TITLE else 1)
    if not claim.relation:
        return of_product
    return of_product * (_MODEL.version if claim.relation > 0 else _MODEL.family).get(claim.stage, 0.0)


def timeline(claims: Iterable[Reported]) -> list[Stretch]:
    """The stages of one product, oldest first, from all claims about it that count."""
    counting = _counting(list(claims))
    oldest = min((claim.day for claim in counting if claim.day is not None), default=None)
    if oldest is None:
        return []  # without a single date nothing can be said about time
    articles = _by_article(counting, oldest)
    course = _most_likely(_observations(articles))
    return _stretches(course, articles, oldest)


def _counting(claims: Sequence[Reported]) -> Sequence[Reported]:
    """The claims that say something about the product's stage."""
    # A family's word counts for a version only once the version has been spoken of.
    own_days = [claim.day or 0 for claim in claims if claim.relation == 0]
    weighty = [claim for claim in claims if weight(claim) > 0 and (claim.relation >= 0 or (own_days and (claim.day or 0) >= min(own_days)))]
    # Rumours only count where there is nothing else.
    return [claim for claim in weighty if claim.how is not How.HEARSAY] or weighty


def _by_article(claims: Sequence[Reported], oldest: int) -> Sequence[Sequence[Reported]]:
    """The claims of each article, in order of time.

    Args:
        oldest: the first day on which any of them was made, as an ordinal. Undated articles may be as old: they never beat a dated one
            on time.
    """
    in_order = sorted(claims, key=lambda claim: (claim.day or oldest, claim.day is not None, claim.article, claim.passage, claim.ordinal))
    return [list(group) for _, group in groupby(in_order, key=lambda claim: claim.article)]


def _stretches(course: Sequence[Stage], articles: Sequence[Sequence[Reported]], oldest: int) -> list[Stretch]:
    """The times at one stage, from the stage at each article; one for which no article speaks is left out."""
    stretches: list[Stretch] = []
    for stage, run in groupby(zip(course, articles, strict=True), key=lambda pair: pair[0]):
        supporting = [claim for _, claims in run for claim in claims if claim.stage is stage]
        if supporting:
            since = max(_since(supporting, oldest), stretches[-1].since.toordinal() if stretches else 0)
            stretches.append(Stretch(stage, date.fromordinal(since), _best_first(supporting, since)))
    return stretches


def _observations(articles: Sequence[Sequence[Reported]]) -> npt.NDArray[np.float64]:
    """How likely each article would say what it says at each stage, up to a factor, as logarithms. Shape (articles, 4).

    Of its claims for one stage the strongest counts: an article says the same thing in many ways.
    """
    strengths = np.zeros((len(articles), 2, len(_KNOWN)))  # as an event, and in other ways
    for article, claims in enumerate(articles):
        for claim in claims:
            cell = article, int(claim.how is not How.EVENT), _INDEX[claim.stage]
            strengths[cell] = max(strengths[cell], min(weight(claim), _MODEL.surest))
    support = (_MODEL.support * strengths[..., None]).max(axis=(1, 2))
    against = np.log(1 - _MODEL.conflict * strengths[..., None]).sum(axis=(1, 2))
    logarithms: npt.NDArray[np.float64] = np.log(_MODEL.silence + support) + against
    return logarithms


def _most_likely(observations: npt.NDArray[np.float64]) -> list[Stage]:
    """The likeliest stage at each observation. Shape of ``observations``: (articles, 4)."""
    best = observations[0]
    origins = []  # for each observation but the first, from which stage the likeliest path to each stage comes
    for observation in observations[1:]:
        paths = best[:, None] + _MODEL.transition
        origins.append(paths.argmax(axis=0))
        best = paths.max(axis=0) + observation
    course = [int(best.argmax())]
    for origin in reversed(origins):
        course.append(int(origin[course[-1]]))
    return [_KNOWN[index] for index in reversed(course)]


def _since(claims: Sequence[Reported], oldest: int) -> int:
    """The day on which a stretch began, as an ordinal: the one that its first article tells, else that article's own.

    Args:
        claims: those for its stage, in order of time.
    """
    first_clear = _clear(claims)[0]
    first_article = [claim for claim in claims if claim.article == first_clear.article]
    for how in (How.EVENT, How.STATE):
        with_day = [claim for claim in first_article if claim.since is not None and claim.how is how]
        if with_day:
            return max(claim.since for claim in _clear(with_day) if claim.since is not None)
    return first_clear.day or oldest


def _clear(claims: Sequence[Reported]) -> Sequence[Reported]:
    """Those claims, of at least one, that are nearly as clear as the clearest."""
    clearest = max(map(weight, claims))
    return [claim for claim in claims if weight(claim) >= _MODEL.clear * clearest]


def _best_first(claims: Sequence[Reported], since: int) -> tuple[Reported, ...]:
    """The claims for a stage, the best proof first: clear, in an article about the product, and with the day or, of what lasts, new.

    Args:
        claims: in order of time.
        since: the day on which the stage began, as an ordinal.
    """
    about_product = {claim.article for claim in claims if claim.ordinal == TITLE}
    order = {article: index for index, article in enumerate(dict.fromkeys(claim.article for claim in claims))}

    def proof(claim: Reported) -> float:
        strength = weight(claim) * (claim.ordinal != TITLE) * (_MODEL.about_product if claim.article in about_product else 1)
        if claim.stage in (Stage.RELEASED, Stage.DISCONTINUED):
            names_day = claim.since is not None and abs(claim.since - since) <= _MODEL.same_day
            return strength * (_MODEL.with_day if names_day else 1)
        newness = 1 + _MODEL.newness * order[claim.article] / len(order)
        return strength * newness * (_MODEL.event if claim.how is How.EVENT else 1)

    return tuple(sorted(claims, key=lambda claim: -proof(claim)))
