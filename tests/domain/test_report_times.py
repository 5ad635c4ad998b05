"""The report is due on the first working day of a week or a month, and once for each."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from coord_service.domain.report_times import Every, last_due_on
from coord_service.rulebook import load_rulebook

WORKING_DAYS = load_rulebook().working_days
WEEK, MONTH = Every.WEEK, Every.MONTH


@pytest.mark.parametrize(
    ("every", "today", "due_on"),
    [
        (WEEK, date(2026, 3, 2), date(2026, 3, 2)),  # a Monday
        (WEEK, date(2026, 3, 8), date(2026, 3, 2)),  # the Sunday after
        (WEEK, date(2026, 4, 6), date(2026, 3, 30)),  # Easter Monday: that week's is tomorrow
        (WEEK, date(2026, 4, 7), date(2026, 4, 7)),
        (WEEK, date(2026, 12, 28), date(2026, 12, 21)),  # Boxing Day's substitute
        (WEEK, date(2026, 12, 29), date(2026, 12, 29)),
        (MONTH, date(2026, 8, 3), date(2026, 8, 3)),  # 1 August is a Saturday
        (MONTH, date(2026, 8, 2), date(2026, 7, 1)),
        (MONTH, date(2027, 1, 1), date(2026, 12, 1)),
        (MONTH, date(2027, 1, 4), date(2027, 1, 4)),
        (MONTH, date(2028, 2, 29), date(2028, 2, 1)),
    ],
)
def test_the_last_day_on_which_it_was_due(every, today, due_on):
    assert last_due_on(every, today, WORKING_DAYS) == due_on


@pytest.mark.parametrize("every", Every)
def test_over_ten_years_every_due_day_is_a_working_day_and_none_is_left_out(every):
    days = [date(2026, 1, 5) + timedelta(days=number) for number in range(3650)]
    due = sorted({last_due_on(every, day, WORKING_DAYS) for day in days})
    assert all(map(WORKING_DAYS.is_working_day, due))
    longest = max(later - earlier for earlier, later in pairwise(due))
    assert longest <= timedelta(days=9 if every is WEEK else 35)
    assert len(due) == (522 if every is WEEK else 121)
