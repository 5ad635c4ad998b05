"""Working days and hours in England."""

from datetime import UTC, date, datetime, timedelta

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from coord_service.rulebook import YEARS, load_working_days

DAYS = load_working_days()
GOOD_FRIDAY_EVE = date(2026, 4, 2)
TUESDAY_AFTER_EASTER = date(2026, 4, 7)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 6), True),  # a Friday
        (date(2026, 3, 7), False),
        (date(2026, 3, 8), False),
        (date(2026, 4, 3), False),  # Good Friday
        (date(2026, 4, 6), False),  # Easter Monday
        (date(2026, 12, 28), False),  # Boxing Day falls on a Saturday
        (date(2022, 9, 19), False),  # the late Queen's funeral
        (date(2026, 11, 30), True),  # St Andrew's Day: Scotland only
    ],
)
def test_bank_holidays_are_those_of_england(day, expected):
    assert DAYS.is_working_day(day) is expected


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (GOOD_FRIDAY_EVE, 1, TUESDAY_AFTER_EASTER),
        (TUESDAY_AFTER_EASTER, -1, GOOD_FRIDAY_EVE),
        (date(2026, 4, 4), 1, TUESDAY_AFTER_EASTER),
        (date(2026, 4, 4), -1, GOOD_FRIDAY_EVE),
        (date(2026, 4, 4), 0, date(2026, 4, 4)),
        (date(2026, 2, 27), 10, date(2026, 3, 13)),
    ],
)
def test_counting_passes_over_days_off(start, count, end):
    assert DAYS.add(start, count) == end


def test_the_next_working_day_may_be_today():
    assert DAYS.next_working_day(GOOD_FRIDAY_EVE) == GOOD_FRIDAY_EVE
    assert DAYS.next_working_day(date(2026, 4, 3)) == TUESDAY_AFTER_EASTER


days = st.dates(date(2014, 1, 1), date(2050, 1, 1))


@given(days, st.integers(-60, 60))
def test_between_turns_add_round(start, count):
    end = DAYS.add(start, count)
    assert DAYS.between(start, end) == count
    assert count == 0 or DAYS.is_working_day(end)


@given(days, st.integers(0, 100), st.integers(0, 100))
def test_between_adds_up(start, first, second):
    middle = start + timedelta(days=first)
    end = middle + timedelta(days=second)
    assert DAYS.between(start, middle) + DAYS.between(middle, end) == DAYS.between(start, end)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2026, 3, 27, 7, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 27, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 27, 17, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 27, 18, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), True),  # the Monday after the clocks went forward
        (datetime(2026, 3, 30, 17, 0, tzinfo=UTC), False),
        (datetime(2026, 10, 26, 7, 0, tzinfo=UTC), False),  # and after they went back
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), False),  # a Saturday
        (datetime(2026, 4, 6, 12, 0, tzinfo=UTC), False),  # Easter Monday
    ],
)
def test_hours_are_eight_to_six_on_the_clock_in_london(instant, expected):
    assert DAYS.within_hours(instant) is expected


def test_the_office_opens_at_eight_on_the_next_working_day():
    assert DAYS.opens_at(date(2026, 3, 28)) == datetime(2026, 3, 30, 7, tzinfo=UTC)


def test_the_bank_holidays_on_file_are_those_of_the_holidays_package():
    package = country_holidays("GB", subdiv="ENG", years=YEARS)
    assert DAYS.holidays == frozenset(package)
