"""What each ground demands before it can lift a limit: regs 5(4), 8(2), 10(4), 13(3) and 27(3)."""

from datetime import date, timedelta

import pytest

from coord_service.domain.clock_exceptions import GROUND_NAMES, Circumstances, faults_of
from coord_service.domain.clocks import Ground

PERIOD = (date(2026, 6, 1), date(2026, 10, 19))  # 20 weeks
TODAY = date(2026, 9, 1)
CLOSED_ON, LAST_ON = date(2026, 7, 23), date(2026, 9, 1)  # the summer: it opens again on 2 September


def faults(ground, from_on, until_on=None, asked_on=None):
    return faults_of(Circumstances(ground, from_on, until_on, asked_on), PERIOD, TODAY)


def test_every_ground_has_words():
    assert set(GROUND_NAMES) == set(Ground)


@pytest.mark.parametrize("ground", [Ground.SCHOOL_CLOSED, Ground.EARLY_YEARS_CLOSED])
@pytest.mark.parametrize(
    ("asked_on", "holds"),
    [
        (date(2026, 7, 15), False),
        (date(2026, 7, 16), True),  # a week before it closed
        (date(2026, 8, 26), True),  # a week before it opened again
        (date(2026, 8, 27), False),
    ],
)
def test_a_school_must_have_been_asked_about_the_time_of_its_closing(ground, asked_on, holds):
    """Reg 10(4)(a) and (b): from a week before closing until a week before opening again."""
    assert (faults(ground, CLOSED_ON, LAST_ON, asked_on) == {}) is holds


@pytest.mark.parametrize("ground", [Ground.SCHOOL_CLOSED, Ground.ABSENT])
@pytest.mark.parametrize(("days", "holds"), [(27, False), (28, True), (29, True)])
def test_four_weeks_are_twenty_eight_days_without_a_break(ground, days, holds):
    until_on = CLOSED_ON + timedelta(days=days - 1)
    assert ("until_on" not in faults(ground, CLOSED_ON, until_on, CLOSED_ON)) is holds


def test_a_half_term_is_never_four_weeks():
    assert faults(Ground.SCHOOL_CLOSED, date(2026, 10, 26), date(2026, 10, 30), date(2026, 10, 26))["until_on"]


def test_a_closing_has_an_end_and_a_day_of_asking():
    assert set(faults(Ground.SCHOOL_CLOSED, CLOSED_ON)) == {"until_on"}
    assert set(faults(Ground.SCHOOL_CLOSED, CLOSED_ON, LAST_ON)) == {"asked_on"}


def test_an_absence_that_lasts_counts_until_today():
    assert faults(Ground.ABSENT, TODAY - timedelta(days=27)) == {}
    assert faults(Ground.ABSENT, TODAY - timedelta(days=26))


@pytest.mark.parametrize(
    ("from_on", "until_on", "holds"),
    [
        (date(2026, 5, 1), date(2026, 5, 31), False),  # over before the clock started
        (date(2026, 5, 1), date(2026, 6, 1), True),
        (date(2026, 5, 1), None, True),
    ],
)
def test_what_was_not_in_the_time_of_the_clock_does_not_count(from_on, until_on, holds):
    assert ("from_on" not in faults(Ground.EXCEPTIONAL, from_on, until_on)) is holds


def test_what_came_after_the_limit_does_not_count():
    later = PERIOD[1] + timedelta(days=1)
    said = Circumstances(Ground.MISSED_APPOINTMENT, later)
    assert set(faults_of(said, PERIOD, later)) == {"from_on"}
    assert faults_of(Circumstances(Ground.MISSED_APPOINTMENT, PERIOD[1]), PERIOD, later) == {}


def test_what_has_not_happened_is_no_exception_and_an_end_comes_after_its_beginning():
    assert set(faults(Ground.MISSED_APPOINTMENT, TODAY + timedelta(days=1))) == {"from_on"}
    assert set(faults(Ground.EXCEPTIONAL, TODAY, TODAY - timedelta(days=1))) == {"until_on"}
