"""From a day and a time to an instant."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from coord_service.domain.wall_time import day_span, instant_in_london
from coord_service.errors import Refused


def test_summer_and_winter_have_their_own_offset() -> None:
    assert instant_in_london(date(2027, 7, 1), time(14, 30)) == datetime(2027, 7, 1, 13, 30, tzinfo=UTC)
    assert instant_in_london(date(2027, 1, 4), time(14, 30)) == datetime(2027, 1, 4, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize("clock", [time(1), time(1, 30), time(1, 59)])
def test_the_hour_that_spring_leaves_out_is_refused_by_name(clock: time) -> None:
    with pytest.raises(Refused, match=r"On Sunday 28 March 2027 the clocks go forward .* there is no 1"):
        instant_in_london(date(2027, 3, 28), clock)


@pytest.mark.parametrize("clock", [time(1), time(1, 30), time(1, 59)])
def test_the_hour_that_autumn_doubles_is_refused_by_name(clock: time) -> None:
    with pytest.raises(Refused, match=r"On Sunday 31 October 2027 the clocks go back .* comes twice"):
        instant_in_london(date(2027, 10, 31), clock)


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
@pytest.mark.parametrize("clock", [time(0, 59), time(2), time(9)])
def test_the_hours_around_a_change_are_ordinary(day: date, clock: time) -> None:
    assert instant_in_london(day, clock).tzinfo is UTC


def test_a_day_has_23_24_or_25_hours() -> None:
    days = [date(2027, 3, 28), date(2027, 6, 1), date(2027, 10, 31)]
    assert [end - start for start, end in map(day_span, days)] == [timedelta(hours=n) for n in (23, 24, 25)]
