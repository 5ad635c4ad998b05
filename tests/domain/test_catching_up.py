"""When a sweep may find unusually much, and how long managers are spared."""

from datetime import UTC, date, datetime

import pytest

from coord_service.domain.catching_up import LastSweep, hold_until, why_catching_up
from coord_service.rulebook import load_working_days

DAYS = load_working_days()
NOW = datetime(2026, 4, 8, 9, 0, tzinfo=UTC)  # the Wednesday after Easter


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (LastSweep(None), "the first time"),
        (LastSweep(datetime(2026, 4, 8, 8, 45, tzinfo=UTC)), None),
        (LastSweep(datetime(2026, 4, 2, 16, 0, tzinfo=UTC)), None),  # two working days ago: Easter lies between
        (LastSweep(datetime(2026, 4, 1, 16, 0, tzinfo=UTC)), "after 1 April 2026: the service was away"),
        (LastSweep(datetime(2026, 4, 8, 9, 59, tzinfo=UTC)), None),  # an hour of a clock is no year
        (LastSweep(datetime(2026, 4, 8, 10, 1, tzinfo=UTC)), "clock was set back"),
        (LastSweep(datetime(2030, 1, 1, tzinfo=UTC)), "it stood at 1 January 2030"),
        (LastSweep(datetime(2026, 4, 8, 8, 45, tzinfo=UTC), is_import_since=True), "brought in"),
    ],
)
def test_silence_a_wrong_clock_and_an_import_are_told_from_an_ordinary_day(last, words):
    why = why_catching_up(last, NOW, DAYS)
    assert (words is None) == (why is None)
    assert (words or "") in (why or "")


@pytest.mark.parametrize(
    ("today", "until_on"),
    [
        (date(2026, 4, 8), date(2026, 4, 8)),
        (date(2026, 4, 10), date(2026, 4, 12)),  # from a Friday until the Sunday: they go on Monday
        (date(2026, 4, 2), date(2026, 4, 6)),  # over Easter
    ],
)
def test_a_hold_lasts_until_the_next_working_day(today, until_on):
    assert hold_until(today, DAYS) == until_on
