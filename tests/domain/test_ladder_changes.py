"""What a council may make of a ladder, and what is refused."""

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from coord_service.clock import LONDON
from coord_service.domain.chasing import ChaseFacts, Due, Nothing, next_chase
from coord_service.domain.ladder_changes import StepChange, as_data, from_data, make_ladder, say_ladder
from coord_service.domain.ladders import Audience, LadderKind
from coord_service.errors import Refused
from coord_service.rulebook import load_ladders, load_working_days

DAYS = load_working_days()
MANAGER = frozenset({Audience.SERVICE_MANAGER})
BEFORE, AFTER = StepChange(-3, "chase_due_soon"), StepChange(1, "chase_not_reached_us")


def test_steps_are_put_in_order_and_named_by_their_days():
    ladder = make_ladder(LadderKind.ACTION, [StepChange(5, "chase_overdue", MANAGER), BEFORE, AFTER], 5, "promise")
    assert [(step.name, step.audience) for step in ladder.steps] == [
        ("-3", (Audience.HOLDER,)),
        ("+1", (Audience.HOLDER,)),
        ("+5", (Audience.HOLDER, Audience.SERVICE_MANAGER)),
    ]
    assert say_ladder(ladder) == "-3, +1, +5 (2), then every 5"


@pytest.mark.parametrize("kind", list(LadderKind))
def test_what_is_kept_comes_back_the_same(kind):
    ladder = load_ladders()[kind]
    assert from_data(kind, as_data(ladder)) == ladder


@pytest.mark.parametrize(
    ("steps", "repeat_every", "words"),
    [
        ([], 5, "has no end"),
        ([BEFORE], 5, "has no end: its last step must fall after the due date"),
        ([BEFORE, StepChange(0, "chase_overdue")], 5, "has no end"),
        ([AFTER], 0, "has no end: repeat its last step after 1 to 20 working days"),
        ([AFTER], 21, "1 to 20"),
        ([StepChange(-30, "chase_due_soon"), AFTER], 5, "before anybody was asked: 29 is the earliest"),
        ([AFTER, AFTER], 5, "same working day"),
        ([replace(AFTER, besides=MANAGER), StepChange(5, "chase_overdue")], 5, "leaves out somebody"),
        ([StepChange(days, "chase_overdue") for days in range(1, 12)], 5, "at most 10 steps"),
    ],
)
def test_a_ladder_that_makes_no_sense_is_refused_in_a_sentence(steps, repeat_every, words):
    with pytest.raises(Refused, match=words):
        make_ladder(LadderKind.ADVICE, steps, repeat_every, "promise")


def test_the_earliest_step_is_still_after_the_asking():
    make_ladder(LadderKind.ADVICE, [StepChange(-29, "chase_due_soon"), AFTER], 5, "promise")


def test_a_changed_ladder_fires_nothing_that_fell_before_it_held():
    facts = ChaseFacts(asked_on=date(2026, 1, 12), due_on=date(2026, 2, 23))
    steps = [StepChange(1, "chase_overdue"), StepChange(4, "chase_overdue", MANAGER)]
    ladder = replace(make_ladder(LadderKind.ADVICE, steps, 5, "promise"), since_on=date(2026, 2, 25))

    def decide(day):
        return next_chase(ladder, facts, datetime.combine(day, time(12), LONDON), DAYS)

    assert decide(date(2026, 2, 25)) == Nothing(
        "Nothing sent yet; next is step +4 on 27 February 2026.", date(2026, 2, 27)
    )
    later = decide(date(2026, 2, 27))
    assert isinstance(later, Due)
    assert later.step == "+4"
