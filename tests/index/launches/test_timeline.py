"""From claims to a timeline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.launches.timeline import Stretch, timeline, weight
from index.model.launches import TITLE, How, Reported, Stage

pytestmark = pytest.mark.model

START = date(2024, 2, 15)
ANNOUNCED, LIMITED, RELEASED, DISCONTINUED = Stage.ANNOUNCED, Stage.LIMITED, Stage.RELEASED, Stage.DISCONTINUED
COURSE = (ANNOUNCED, LIMITED, RELEASED, DISCONTINUED)


def said(
    article: int,
    stage: Stage,
    how: How = How.EVENT,
    *,
    day: int | None = -1,
    sure: float = 0.9,
    relation: int = 0,
    named: bool = True,
    place: int = 0,
    since: date | None = None,
) -> Reported:
    """A claim of an article; its day is that of its number, in months, if nothing else is said."""
    published = (START + timedelta(days=30 * article)).toordinal() if day == -1 else day
    return Reported(article, published, 100 + article, place, relation, named, stage, how, sure, since.toordinal() if since else None)


def stages(*claims: Reported) -> list[Stage]:
    return [stretch.stage for stretch in timeline(claims)]


def day_of(article: int) -> date:
    return START + timedelta(days=30 * article)


# The course of a launch


def test_nothing_is_known_of_what_nobody_speaks_of() -> None:
    assert timeline([]) == []


@pytest.mark.parametrize("stage", COURSE)
@pytest.mark.parametrize("how", [How.EVENT, How.STATE])
def test_one_clear_word_is_enough(stage: Stage, how: How) -> None:
    claim = said(3, stage, how)
    assert timeline([claim]) == [Stretch(stage, day_of(3), (claim,))]


def test_a_launch_goes_from_stage_to_stage() -> None:
    claims = [said(number, stage) for number, stage in enumerate(COURSE)]
    assert [(one.stage, one.since) for one in timeline(claims)] == [(stage, day_of(number)) for number, stage in enumerate(COURSE)]


@pytest.mark.parametrize(("older", "newer"), [(ANNOUNCED, LIMITED), (ANNOUNCED, RELEASED), (LIMITED, RELEASED), (RELEASED, DISCONTINUED)])
def test_the_newest_clear_word_beats_older_ones(older: Stage, newer: Stage) -> None:
    assert stages(*(said(number, older) for number in range(5)), said(5, newer)) == [older, newer]


def test_the_same_word_again_is_no_new_stage() -> None:
    (only,) = timeline([said(number, RELEASED) for number in range(4)])
    assert only.since == day_of(0)
    assert {claim.article for claim in only.claims} == {0, 1, 2, 3}


def test_the_best_claim_comes_first() -> None:
    (only,) = timeline([said(0, RELEASED, sure=0.6), said(1, RELEASED, sure=0.9), said(2, RELEASED, sure=0.7)])
    assert [claim.article for claim in only.claims] == [1, 2, 0]


def test_a_stage_begins_on_the_day_that_is_named_for_it() -> None:
    named = date(2024, 3, 1)
    (only,) = timeline([said(2, RELEASED, since=named), said(3, RELEASED, since=date(2024, 4, 1))])
    assert only.since == named


def test_what_looks_back_names_no_beginning() -> None:
    (only,) = timeline([said(2, RELEASED, How.PAST, since=date(2020, 1, 1))])
    assert only.since == day_of(2)


# What counts how much


@pytest.mark.parametrize("told", COURSE)
@pytest.mark.parametrize("rumoured", COURSE)
def test_a_rumour_does_not_beat_the_makers_word(told: Stage, rumoured: Stage) -> None:
    assert stages(said(0, told), said(1, rumoured, How.HEARSAY, sure=1.0)) == [told]
    assert stages(said(0, told), said(0, rumoured, How.HEARSAY, sure=1.0, place=1)) == [told]


def test_a_look_back_does_not_bring_an_old_stage_back() -> None:
    assert stages(said(0, ANNOUNCED), said(1, RELEASED), said(2, ANNOUNCED, How.PAST)) == [ANNOUNCED, RELEASED]
    assert stages(said(0, ANNOUNCED), said(1, LIMITED), said(2, RELEASED), said(3, LIMITED, How.PAST)) == [ANNOUNCED, LIMITED, RELEASED]


def test_within_an_article_the_clear_sentence_beats_the_vague_one() -> None:
    assert stages(said(0, RELEASED, sure=0.95), said(0, DISCONTINUED, sure=0.2, place=1)) == [RELEASED]


def test_a_headline_counts_less_than_a_sentence_and_a_name_more_than_a_pronoun() -> None:
    clear = said(0, RELEASED)
    assert weight(said(0, RELEASED, place=TITLE)) < weight(clear)
    assert weight(said(0, RELEASED, named=False)) < weight(clear)
    assert weight(said(0, RELEASED, How.HEARSAY)) < weight(said(0, RELEASED, How.PAST)) < weight(clear)


def test_one_hasty_sentence_does_not_reopen_what_was_closed_and_two_clear_articles_do() -> None:
    closed = [said(0, RELEASED), said(1, DISCONTINUED), said(2, DISCONTINUED)]
    assert stages(*closed, said(3, RELEASED, How.STATE, sure=0.5)) == [RELEASED, DISCONTINUED]
    assert stages(*closed, said(3, RELEASED, sure=0.95), said(4, RELEASED, sure=0.95)) == [RELEASED, DISCONTINUED, RELEASED]


# Undated articles


def test_without_a_single_date_nothing_is_said_about_time() -> None:
    assert timeline([said(0, RELEASED, day=None), said(1, DISCONTINUED, day=None)]) == []


@pytest.mark.parametrize("undated", COURSE)
def test_an_undated_article_never_beats_a_dated_one_on_time(undated: Stage) -> None:
    """However it is numbered."""
    for number in (0, 9):
        assert stages(said(number, undated, day=None), said(5, LIMITED), said(6, RELEASED))[-1] is RELEASED


# Versions and families


def test_a_version_that_is_out_means_that_its_family_is() -> None:
    assert stages(said(0, ANNOUNCED), said(1, RELEASED, relation=1)) == [ANNOUNCED, RELEASED]


@pytest.mark.parametrize("stage", [ANNOUNCED, DISCONTINUED])
def test_neither_the_end_of_a_version_nor_its_announcement_is_its_familys(stage: Stage) -> None:
    assert stages(said(0, RELEASED), said(1, stage, relation=1), said(2, stage, relation=1)) == [RELEASED]
    assert stages(said(0, stage, relation=1)) == []


def test_the_end_of_a_family_is_that_of_its_versions() -> None:
    assert stages(said(0, RELEASED), said(1, DISCONTINUED, relation=-1)) == [RELEASED, DISCONTINUED]


def test_a_family_says_nothing_of_versions_that_nobody_speaks_of() -> None:
    assert stages(said(1, DISCONTINUED, relation=-1)) == []
    assert stages(said(1, DISCONTINUED, relation=-1), said(2, ANNOUNCED)) == [ANNOUNCED]


@pytest.mark.parametrize("stage", [ANNOUNCED, LIMITED, RELEASED])
def test_that_a_family_is_out_says_nothing_of_a_version(stage: Stage) -> None:
    assert stages(said(0, LIMITED), said(1, stage, relation=-1)) == [LIMITED]


# Any claims

CLAIMS = st.lists(
    st.builds(
        said,
        st.integers(0, 6),
        st.sampled_from(COURSE),
        st.sampled_from(How),
        sure=st.floats(0.15, 1.0),
        relation=st.sampled_from([0, 0, 0, 1, -1]),
        named=st.booleans(),
        place=st.integers(TITLE, 3),
        since=st.none() | st.dates(date(2023, 1, 1), START),
    ),
    max_size=14,
)
"""Claims of dated articles."""

DAYLESS = CLAIMS.map(lambda claims: [replace(claim, since=None) for claim in claims])
"""Claims that name no days."""


@given(CLAIMS)
def test_stages_follow_each_other_and_are_made_of_what_was_claimed(claims: list[Reported]) -> None:
    stretches = timeline(claims)
    for stretch in stretches:
        assert stretch.claims
        for claim in stretch.claims:
            assert claim in claims
            assert claim.stage is stretch.stage
            assert weight(claim) > 0
    articles = [claim.article for stretch in stretches for claim in sorted(stretch.claims, key=lambda claim: claim.article)]
    assert articles == sorted(articles)
    assert bool(stretches) <= bool(claims)


@given(CLAIMS)
def test_neighbouring_stages_differ(claims: list[Reported]) -> None:
    course = [stretch.stage for stretch in timeline(claims)]
    assert all(one is not other for one, other in pairwise(course))


@given(DAYLESS)
def test_without_named_days_stages_are_in_order_of_publication(claims: list[Reported]) -> None:
    days = [stretch.since for stretch in timeline(claims)]
    assert days == sorted(days)
    assert set(days) <= {day_of(claim.article) for claim in claims}


@given(DAYLESS, st.randoms(use_true_random=False))
def test_the_order_in_which_claims_come_does_not_matter(claims: list[Reported], chance: Random) -> None:
    shuffled = list(claims)
    chance.shuffle(shuffled)
    assert [(one.stage, one.since, set(one.claims)) for one in timeline(shuffled)] == [
        (one.stage, one.since, set(one.claims)) for one in timeline(claims)
    ]


@given(CLAIMS)
def test_what_says_nothing_changes_nothing(claims: list[Reported]) -> None:
    assert timeline([*claims, said(9, RELEASED, relation=-1), said(9, ANNOUNCED, relation=1)]) == timeline(claims)


@given(CLAIMS)
def test_a_history_is_in_order_of_time(claims: list[Reported]) -> None:
    days = [one.since for one in timeline(claims)]
    assert days == sorted(days)


def test_many_rumours_do_not_beat_the_makers_word() -> None:
    assert stages(said(0, LIMITED), *(said(n, RELEASED, How.HEARSAY, sure=1.0) for n in (1, 2, 3))) == [LIMITED]


def test_ties_do_not_depend_on_order() -> None:
    one, other = (said(0, RELEASED, since=date(2023, 1, day)) for day in (1, 2))
    assert timeline([one, other])[0].since == timeline([other, one])[0].since
