"""The edges of the calendar: the last day before something and the first day after it, each as a row."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from coord_service.clock import LONDON
from coord_service.domain.chasing import ChaseFacts, Due, Nothing, Sent, next_chase
from coord_service.domain.ladders import LadderKind
from coord_service.domain.terms import SchoolDates, SchoolDatesKind, SchoolTerms
from coord_service.rulebook import load_ladders, load_working_days

DAYS = load_working_days()
ADVICE = load_ladders()[LadderKind.ADVICE]
TERMS = SchoolTerms(
    (
        SchoolDates("Spring 2026", SchoolDatesKind.TERM, date(2026, 1, 5), date(2026, 3, 27)),
        SchoolDates("Half-term", SchoolDatesKind.BREAK, date(2026, 2, 16), date(2026, 2, 20)),
        SchoolDates("Summer 2026", SchoolDatesKind.TERM, date(2026, 4, 13), date(2026, 7, 21)),
        SchoolDates("Autumn 2026", SchoolDatesKind.TERM, date(2026, 9, 3), date(2026, 12, 18)),
    )
)


def decide(facts, day, at=time(12)):
    return next_chase(ADVICE, facts, datetime.combine(day, at, LONDON), DAYS)


def steps(facts, first, last):
    """The (day, step) of all that a look a day would send."""
    found = []
    for count in range((last - first).days + 1):
        day = first + timedelta(days=count)
        decision = decide(facts, day)
        if isinstance(decision, Due):
            found.append((day, decision.step))
            facts = replace(facts, sent=(*facts.sent, Sent(decision.step, decision.anchor_on, day)))
    return found


def asked(due_on, **more):
    return ChaseFacts(asked_on=due_on - timedelta(weeks=6), due_on=due_on, **more)


@pytest.mark.parametrize(
    ("due_on", "step", "falls_on"),
    [
        pytest.param(date(2026, 2, 20), "+1", date(2026, 2, 23), id="due on a Friday: on Monday"),
        pytest.param(date(2026, 2, 21), "+1", date(2026, 2, 23), id="due on a Saturday: on Monday as well"),
        pytest.param(date(2026, 4, 2), "+1", date(2026, 4, 7), id="due before Good Friday: after Easter Monday"),
        pytest.param(date(2026, 4, 5), "+1", date(2026, 4, 7), id="due on Easter Sunday"),
        pytest.param(date(2026, 4, 9), "-3", date(2026, 4, 2), id="counted back over Easter"),
        pytest.param(date(2026, 5, 1), "+1", date(2026, 5, 5), id="over the early May bank holiday"),
        pytest.param(date(2026, 12, 24), "+1", date(2026, 12, 29), id="Christmas: Boxing Day is kept on the Monday"),
        pytest.param(date(2028, 2, 28), "+1", date(2028, 2, 29), id="a leap day is a working day"),
        pytest.param(date(2028, 2, 29), "+1", date(2028, 3, 1), id="due on the leap day"),
        pytest.param(date(2026, 3, 27), "+1", date(2026, 3, 30), id="over the night the clocks go forward"),
        pytest.param(date(2026, 10, 23), "+1", date(2026, 10, 26), id="over the night the clocks go back"),
        pytest.param(date(2026, 12, 31), "+1", date(2027, 1, 4), id="over New Year"),
    ],
)
def test_a_step_falls_on_its_working_day_and_not_on_the_day_before(due_on, step, falls_on):
    found = steps(asked(due_on), due_on - timedelta(weeks=2), falls_on)
    assert [day for day, name in found if name == step] == [falls_on]


@pytest.mark.parametrize(
    ("instant", "is_sent"),
    [
        (datetime(2026, 3, 27, 7, 59, 59, tzinfo=UTC), False),  # before the clocks go forward: 8:00 is 08:00 UTC
        (datetime(2026, 3, 27, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 30, 6, 59, 59, tzinfo=UTC), False),  # after: 07:00 UTC
        (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 30, 16, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 30, 17, 0, tzinfo=UTC), False),
        (datetime(2026, 10, 23, 17, 0, tzinfo=UTC), False),  # 18:00, still summer time
        (datetime(2026, 10, 26, 17, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 10, 26, 18, 0, tzinfo=UTC), False),
    ],
)
def test_hours_are_those_of_london_on_both_sides_of_a_clock_change(instant, is_sent):
    facts = asked(instant.date() - timedelta(days=4))
    assert isinstance(next_chase(ADVICE, facts, instant, DAYS), Due) is is_sent


@pytest.mark.parametrize(
    ("due_on", "last", "expected"),
    [
        pytest.param(date(2026, 2, 13), "-3", [(date(2026, 2, 23), "+5")], id="half-term: one mail when they are back"),
        pytest.param(
            date(2026, 3, 26), "-3", [(date(2026, 3, 27), "+1"), (date(2026, 4, 13), "+10")], id="the last day of term"
        ),
        pytest.param(date(2026, 3, 27), "-3", [(date(2026, 4, 13), "+5")], id="the first day of the holidays"),
        pytest.param(
            date(2026, 4, 17), "-10", [(date(2026, 4, 14), "-3"), (date(2026, 4, 20), "+1")], id="back in time"
        ),
        pytest.param(
            date(2026, 7, 24), "-3", [(date(2026, 9, 3), "+15 repeat +25")], id="the summer, to the first day"
        ),
    ],
)
def test_mail_to_a_school_waits_in_the_holidays_and_dates_do_not(due_on, last, expected):
    """``last`` is the step that went out in the week before."""
    facts = asked(due_on, terms=TERMS, sent=(Sent(last, due_on, due_on - timedelta(weeks=1)),))
    assert steps(facts, due_on - timedelta(days=3), expected[-1][0]) == expected


def test_the_day_to_look_again_is_the_first_that_schools_are_open():
    decision = decide(asked(date(2026, 3, 30), terms=TERMS), date(2026, 4, 1))
    assert decision == Nothing("Schools are closed: mail waits, the due date does not.", date(2026, 4, 13))


def test_when_nobody_knows_the_terms_yet_schools_are_written_to():
    assert isinstance(decide(asked(date(2026, 3, 30), terms=SchoolTerms()), date(2026, 4, 1)), Due)
    assert isinstance(decide(asked(date(2027, 4, 5), terms=TERMS), date(2027, 4, 6)), Due)  # after all that is known


def test_advice_due_in_week_12_climbs_by_its_own_date_towards_week_20_and_sooner_towards_week_16():
    requested, week = date(2026, 1, 5), timedelta(weeks=1)
    due_on, end = requested + 12 * week, requested + 16 * week
    far = steps(asked(due_on, next_limit_on=requested + 20 * week), due_on, end)
    near = steps(asked(due_on, next_limit_on=end), due_on, end)
    assert far == [
        (date(2026, 3, 30), "-3"),
        (date(2026, 3, 31), "+1"),
        (date(2026, 4, 8), "+5"),
        (date(2026, 4, 15), "+10"),
        (date(2026, 4, 22), "+15"),
    ]
    assert near == [
        (date(2026, 3, 30), "+10"),  # 20 working days before the limit came first: straight to the managers
        (date(2026, 3, 31), "+1"),
        (date(2026, 4, 8), "+5"),
        (date(2026, 4, 13), "+15"),  # 10 working days before the limit
        (date(2026, 4, 20), "+15 repeat +13"),
        (date(2026, 4, 27), "+15 repeat +18"),
    ]


def test_a_pause_that_ends_on_a_friday_is_over_on_monday():
    facts = asked(date(2026, 2, 16), paused_until_on=date(2026, 2, 20))
    assert steps(facts, date(2026, 2, 17), date(2026, 2, 23)) == [(date(2026, 2, 23), "+5")]


def test_a_promise_broken_in_the_holidays_is_asked_about_in_term():
    facts = asked(date(2026, 3, 20), promised_on=date(2026, 3, 31), terms=TERMS)
    assert steps(facts, date(2026, 3, 23), date(2026, 4, 13)) == [(date(2026, 4, 13), "+10")]
