"""Statutory clocks: the law of the day a case started, to the day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.clocks import ClockKind, ClockLaw, ClockRule, due
from coord_service.errors import Refused
from coord_service.rulebook import load_clock_laws

LAWS = load_clock_laws()
OLD = ClockLaw(date(2014, 9, 1), "old", (ClockRule("advice", ClockKind.ADVICE, "old", "six weeks", days=42),))
NEW = ClockLaw(date(2029, 9, 1), "new", (ClockRule("advice", ClockKind.ADVICE, "new", "four weeks", days=28),))


@pytest.mark.parametrize(
    ("start_on", "law"), [(date(2029, 8, 31), "old"), (date(2029, 9, 1), "new"), (date(2035, 1, 1), "new")]
)
@pytest.mark.parametrize("laws", [(OLD, NEW), (NEW, OLD)])
def test_a_case_keeps_the_law_of_the_day_it_started(laws, start_on, law):
    assert [limit.law for limit in due(laws, ClockKind.ADVICE, start_on)] == [law]


def test_a_start_before_any_law_is_refused():
    with pytest.raises(Refused, match="2014-09-01"):
        due(LAWS, ClockKind.ADVICE, date(2014, 8, 31))


def test_no_weekend_or_bank_holiday_moves_a_limit():
    christmas = due(LAWS, ClockKind.ADVICE, date(2026, 11, 13))
    assert christmas[0].due_on == date(2026, 12, 25)


@pytest.mark.parametrize(
    ("day", "a_year_on"),
    [
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2024, 2, 28), date(2025, 2, 28)),
        (date(2023, 2, 28), date(2024, 2, 28)),
        (date(2025, 12, 31), date(2026, 12, 31)),
    ],
)
def test_twelve_months_end_on_the_same_date_or_the_last_of_february(day, a_year_on):
    assert [limit.due_on for limit in due(LAWS, ClockKind.REVIEW, day) if limit.id == "review_due"] == [a_year_on]


def test_every_kind_has_a_rule_and_no_id_comes_twice():
    for law in LAWS:
        assert {rule.kind for rule in law.rules} == set(ClockKind)
        assert len({rule.id for rule in law.rules}) == len(law.rules)


@given(st.dates(date(2014, 9, 1), date(2100, 1, 1)), st.sampled_from(ClockKind))
def test_only_what_must_come_before_a_review_meeting_comes_before_its_start(start_on, kind):
    before = {limit.id for limit in due(LAWS, kind, start_on) if limit.due_on < start_on}
    assert before == ({"review_notice", "review_papers"} if kind is ClockKind.REVIEW else set())
