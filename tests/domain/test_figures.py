"""Every figure of the chase report from tables that can be counted by hand."""

from datetime import date, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.figures import (
    BAND_NAMES,
    DEFINITIONS,
    FIGURE_NAMES,
    FallenDue,
    Figure,
    LateBand,
    Lateness,
    Share,
    band_of,
    days_late,
    due_span,
    hide_small,
    hide_small_share,
    months_until,
    on_time_by_month,
    quarter_start,
    share_on_time,
)

TODAY = date(2026, 3, 3)


def test_every_figure_has_a_name_and_is_defined_in_words():
    assert set(FIGURE_NAMES) == set(DEFINITIONS) == set(Figure)


def test_every_band_has_a_name():
    assert set(BAND_NAMES) == set(LateBand)


@pytest.mark.parametrize(
    ("due_on", "late"), [(date(2026, 3, 2), 1), (TODAY, 0), (date(2026, 3, 4), -1), (date(2025, 3, 3), 365)]
)
def test_a_request_due_yesterday_is_one_day_late(due_on, late):
    assert days_late(due_on, TODAY) == late


@pytest.mark.parametrize(
    ("counts", "middle", "ninetieth", "oldest"),
    [
        ({}, None, None, None),
        ({5: 1}, 5, 5, 5),
        ({1: 1, 4: 1}, 2.5, 4, 4),
        ({1: 2, 9: 1}, 1, 9, 9),
        ({1: 5, 2: 4, 100: 1}, 1.5, 2, 100),
        ({3: 9, 50: 2}, 3, 50, 50),
        (dict.fromkeys(range(1, 101), 1), 50.5, 90, 100),
    ],
)
def test_median_and_ninetieth_percentile(counts, middle, ninetieth, oldest):
    lateness = Lateness(counts)
    assert (lateness.median, lateness.ninetieth, lateness.oldest) == (middle, ninetieth, oldest)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60))
def test_the_median_is_what_the_textbook_says_and_nine_tenths_are_no_later_than_the_ninetieth(days):
    lateness = Lateness({day: days.count(day) for day in days})
    assert lateness.count == len(days)
    assert lateness.median == median(days)
    assert sum(day <= lateness.ninetieth for day in days) >= 0.9 * len(days)
    assert sum(day < lateness.ninetieth for day in days) < 0.9 * len(days)
    assert sum(lateness.bands.values()) == len(days)


@pytest.mark.parametrize(
    ("late", "band"),
    [
        (1, LateBand.WEEK),
        (7, LateBand.WEEK),
        (8, LateBand.FORTNIGHT),
        (14, LateBand.FORTNIGHT),
        (15, LateBand.FOUR_WEEKS),
        (28, LateBand.FOUR_WEEKS),
        (29, LateBand.EIGHT_WEEKS),
        (56, LateBand.EIGHT_WEEKS),
        (57, LateBand.LONGER),
        (4000, LateBand.LONGER),
    ],
)
def test_bands_meet_without_gap(late, band):
    assert band_of(late) is band
    first, last = due_span(band, TODAY)
    assert first <= TODAY - timedelta(days=late) <= last
    assert [
        each
        for each in LateBand
        if due_span(each, TODAY)[0] <= TODAY - timedelta(days=late) <= due_span(each, TODAY)[1]
    ] == [band]


@pytest.mark.parametrize(
    ("met", "total", "percent"),
    [(0, 0, None), (0, 3, 0), (3, 3, 100), (1, 3, 33), (2, 3, 67), (1, 2, 50), (999, 1000, 99), (1, 1000, 1)],
)
def test_all_is_said_of_all_alone_and_none_of_none(met, total, percent):
    assert Share(met, total).percent == percent


def fallen(due_on, came_on):
    return FallenDue(1, "d", due_on, came_on)


def test_on_the_last_lawful_day_is_on_time_and_never_is_not():
    due_on = date(2026, 2, 16)
    rows = [fallen(due_on, due_on), fallen(due_on, due_on + timedelta(days=1)), fallen(due_on, None)]
    assert share_on_time(rows) == Share(1, 3)


def test_months_without_anything_due_are_shown_as_such():
    rows = [fallen(date(2025, 12, 31), date(2026, 1, 1)), fallen(date(2026, 3, 1), date(2026, 2, 1))]
    assert on_time_by_month(rows, TODAY) == [
        (date(2025, 10, 1), Share(0, 0)),
        (date(2025, 11, 1), Share(0, 0)),
        (date(2025, 12, 1), Share(0, 1)),
        (date(2026, 1, 1), Share(0, 0)),
        (date(2026, 2, 1), Share(0, 0)),
        (date(2026, 3, 1), Share(1, 1)),
    ]


def test_what_fell_due_before_the_months_is_left_out():
    assert on_time_by_month([fallen(date(2025, 9, 30), None)], TODAY)[0] == (date(2025, 10, 1), Share())


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 1, 1), date(2026, 1, 1)),
        (date(2026, 3, 31), date(2026, 1, 1)),
        (date(2026, 4, 1), date(2026, 4, 1)),
        (date(2026, 12, 31), date(2026, 10, 1)),
    ],
)
def test_quarters_are_the_calendars(day, first):
    assert quarter_start(day) == first


def test_months_cross_the_year():
    assert months_until(date(2026, 2, 28), 3) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]


@pytest.mark.parametrize(
    ("met", "total", "shown"),
    [(0, 0, None), (0, 5, "0%"), (5, 5, "100%"), (5, 10, "50%"), (4, 10, "too few to say"), (6, 10, "too few to say")],
)
def test_a_share_that_would_tell_a_small_number_is_hidden(met, total, shown):
    assert hide_small_share(Share(met, total)) == shown


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, "fewer than 5"), (4, "fewer than 5"), (5, 5), (1200, 1200)])
def test_numbers_from_one_to_four_are_hidden(count, shown):
    assert hide_small(count) == shown
