"""What a child's dates ask for, at the edges."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from coord_service.domain.case_clocks import AdviceClock, CaseFacts, case_clocks
from coord_service.domain.case_steps import CaseStep, Step
from coord_service.domain.children import PlanStatus
from coord_service.domain.needs import (
    GROUP_NAMES,
    KINDS_OF,
    CaseDates,
    NeedGroup,
    NeedKind,
    limits_ahead,
    limits_missed,
    review_to_arrange,
    silent_since,
    tac_to_arrange,
)
from coord_service.rulebook import load_clock_laws, load_working_days

TODAY = date(2026, 3, 3)
LAWS, DAYS = load_clock_laws(), load_working_days()
SUPPORT = CaseDates(PlanStatus.SUPPORT, TODAY)
PLANNED = CaseDates(PlanStatus.PLAN, TODAY)


def test_every_kind_is_in_one_group_and_every_group_has_a_name():
    assert sorted(kind for kinds in KINDS_OF.values() for kind in kinds) == sorted(NeedKind)
    assert list(GROUP_NAMES) == list(KINDS_OF) == list(NeedGroup)


@pytest.mark.parametrize(
    ("heard_on", "since"),
    [
        (date(2026, 2, 3), date(2026, 2, 3)),  # 20 working days ago
        (date(2026, 2, 4), None),
        (TODAY, None),
        (date(2025, 1, 1), date(2025, 1, 1)),
    ],
)
def test_a_family_is_silent_after_twenty_working_days(heard_on, since):
    assert silent_since(replace(SUPPORT, family_heard_on=heard_on), TODAY, DAYS) == since


def test_a_family_that_never_heard_is_counted_from_the_day_the_record_began():
    assert silent_since(SUPPORT, TODAY, DAYS) is None
    assert silent_since(replace(SUPPORT, opened_on=date(2026, 1, 5)), TODAY, DAYS) == date(2026, 1, 5)


def clocks(status, *steps):
    return case_clocks(LAWS, CaseFacts(status, tuple(Step(what, on) for what, on in steps)), TODAY)


@pytest.mark.parametrize(
    ("weeks", "days", "ahead", "missed"),
    [
        (6, 0, ["decide_assess"], []),  # due today
        (6, 1, [], ["decide_assess"]),  # was due yesterday
        (6, -14, ["decide_assess"], []),  # ten working days ahead
        (6, -15, [], []),
        (16, 0, ["decide_no_plan"], ["decide_assess"]),
        (20, 0, ["final_plan"], ["decide_assess", "decide_no_plan"]),
    ],
)
def test_limits_of_an_assessment_are_shown_for_ten_working_days_and_until_they_are_met(weeks, days, ahead, missed):
    found = clocks(PlanStatus.ASSESSMENT, (CaseStep.ASSESSMENT_REQUESTED, TODAY - timedelta(weeks=weeks, days=days)))
    assert [each.limit.id for each in limits_ahead(found, TODAY, DAYS)] == ahead
    assert [each.limit.id for each in limits_missed(found)] == missed


def test_a_limit_that_is_met_is_shown_no_more():
    asked = (CaseStep.ASSESSMENT_REQUESTED, TODAY - timedelta(weeks=6))
    assert limits_ahead(clocks(PlanStatus.ASSESSMENT, asked), TODAY, DAYS)
    assert not limits_ahead(clocks(PlanStatus.ASSESSMENT, asked, (CaseStep.ASSESSMENT_DECIDED, TODAY)), TODAY, DAYS)


def test_a_limit_belongs_to_where_the_case_stands_now():
    asked = (CaseStep.ASSESSMENT_REQUESTED, TODAY - timedelta(weeks=6))
    for status in (PlanStatus.SUPPORT, PlanStatus.PLAN):
        assert not limits_ahead(clocks(status, asked), TODAY, DAYS)
    reviewed = clocks(PlanStatus.PLAN, (CaseStep.REVIEWED, date(2025, 3, 5)))
    assert [each.limit.id for each in limits_ahead(reviewed, TODAY, DAYS)] == ["review_due"]


def test_advice_and_the_time_of_the_family_have_no_row_among_the_limits():
    advice = AdviceClock(1, "Therapies", date(2026, 1, 5), TODAY - timedelta(days=1))
    case = CaseFacts(PlanStatus.ASSESSMENT, (Step(CaseStep.DRAFT_SERVED, TODAY),), advice=(advice,))
    found = case_clocks(LAWS, case, TODAY)
    assert len(found) == 2
    assert not limits_missed(found)
    assert not limits_ahead(found, TODAY, DAYS)


def test_dates_before_the_law_have_no_limit():
    ancient = replace(PLANNED, last_review_on=date(2013, 3, 5))
    assert not clocks(PlanStatus.PLAN, (CaseStep.REVIEWED, date(2013, 3, 5)))
    assert review_to_arrange(ancient, LAWS, TODAY) is None


@pytest.mark.parametrize(
    ("last_on", "meet_by"),
    [
        (date(2025, 5, 26), date(2026, 4, 28)),  # due in exactly 12 weeks
        (date(2025, 5, 27), None),
        (date(2025, 3, 1), date(2026, 2, 1)),  # too late already: still to be arranged
        (None, None),
    ],
)
def test_a_review_is_to_be_arranged_twelve_weeks_ahead_and_held_four_weeks_before(last_on, meet_by):
    assert review_to_arrange(replace(PLANNED, last_review_on=last_on), LAWS, TODAY) == meet_by


def test_a_booked_review_is_arranged_and_a_child_without_a_plan_has_none():
    soon = replace(PLANNED, last_review_on=date(2025, 4, 1))
    assert review_to_arrange(soon, LAWS, TODAY)
    assert review_to_arrange(replace(soon, next_review_on=TODAY), LAWS, TODAY) is None
    assert review_to_arrange(replace(soon, plan_status=PlanStatus.SUPPORT), LAWS, TODAY) is None


@pytest.mark.parametrize(
    ("case", "wanted_on"),
    [
        (replace(SUPPORT, last_met_on=TODAY - timedelta(weeks=6)), None),
        (replace(SUPPORT, last_met_on=TODAY - timedelta(weeks=6, days=1)), TODAY - timedelta(days=1)),
        (replace(SUPPORT, opened_on=TODAY - timedelta(weeks=3)), None),
        (replace(SUPPORT, opened_on=TODAY - timedelta(weeks=3, days=1)), TODAY - timedelta(days=1)),
        (replace(PLANNED, opened_on=TODAY - timedelta(weeks=9)), None),
        (replace(PLANNED, last_met_on=TODAY - timedelta(weeks=7)), TODAY - timedelta(weeks=1)),
        (replace(SUPPORT, last_met_on=TODAY - timedelta(weeks=9), next_meeting_on=TODAY), None),
    ],
)
def test_the_next_meeting_is_wanted_six_weeks_after_the_last(case, wanted_on):
    assert tac_to_arrange(case, TODAY) == wanted_on
