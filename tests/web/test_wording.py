"""Dates and times as people say them."""

from datetime import UTC, date, datetime

import pytest

from coord_service.web import wording

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


def test_a_day_has_its_year_when_it_is_another_one():
    assert wording.say_day(date(2026, 3, 3), NOW) == "Tuesday 3 March"
    assert wording.say_day(date(2027, 3, 3), NOW) == "Wednesday 3 March 2027"


def test_an_instant_is_told_in_london():
    summer_evening = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert wording.say_when(summer_evening, NOW) == "Wednesday 1 July, 12:30am"
    assert wording.say_date(summer_evening) == "1 July 2026"


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [(0, 0, "midnight"), (9, 0, "9am"), (12, 0, "midday"), (12, 5, "12:05pm"), (14, 30, "2:30pm")],
)
def test_times(hour, minute, said):
    assert wording.say_time(datetime(2026, 3, 3, hour, minute, tzinfo=UTC)) == said


@pytest.mark.parametrize(
    ("day", "distance", "ago"),
    [
        (date(2026, 3, 15), "in 12 days", "in 12 days"),
        (date(2026, 3, 4), "tomorrow", "tomorrow"),
        (date(2026, 3, 3), "today", "today"),
        (date(2026, 3, 2), "1 day late", "yesterday"),
        (date(2026, 2, 22), "9 days late", "9 days ago"),
    ],
)
def test_how_far_off(day, distance, ago):
    assert wording.say_distance(day, NOW) == distance
    assert wording.say_ago(day, NOW) == ago


def test_plurals():
    assert wording.say_plural(1, "day") == "1 day"
    assert wording.say_plural(1200, "day") == "1,200 days"
    assert wording.say_plural(2, "piece of advice", "pieces of advice") == "2 pieces of advice"
