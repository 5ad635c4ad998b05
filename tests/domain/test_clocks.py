"""Statutory clocks: the law of the day a case started, to the day; each limit by its paragraph."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.case_steps import STEP_NAMES, CaseStep
from coord_service.domain.clocks import ClockKind, ClockLaw, ClockRule, Ground, counts_from_sending, due
from coord_service.domain.people import Sector
from coord_service.errors import Refused
from coord_service.rulebook import load_clock_laws, load_working_days, read_clock_law

LAWS = load_clock_laws()
REFORM = Path(__file__).parents[1] / "corpus/clocks/clocks-2029.toml"
OLD = ClockLaw(date(2014, 9, 1), "old", (ClockRule("advice", ClockKind.ADVICE, "old", "six weeks", days=42),))
NEW = ClockLaw(date(2029, 9, 1), "new", (ClockRule("advice", ClockKind.ADVICE, "new", "four weeks", days=28),))


def due_on(kind: ClockKind, clock: str, start_on: date) -> date:
    return next(limit.due_on for limit in due(LAWS, kind, start_on) if limit.id == clock)


@pytest.mark.parametrize(
    ("start_on", "law"), [(date(2029, 8, 31), "old"), (date(2029, 9, 1), "new"), (date(2035, 1, 1), "new")]
)
@pytest.mark.parametrize("laws", [(OLD, NEW), (NEW, OLD)])
def test_a_case_keeps_the_law_of_the_day_it_started(laws, start_on, law):
    assert [limit.law for limit in due(laws, ClockKind.ADVICE, start_on)] == [law]


@pytest.mark.parametrize(
    ("asked_on", "law", "expected", "exceptions"),
    [
        (date(2029, 8, 31), "SEND Regulations 2014 reg 5(1)", date(2029, 10, 12), 4),
        (date(2029, 9, 1), "Invented Regulations 2029 reg 3(1)", date(2029, 9, 29), 1),
    ],
)
def test_a_reform_is_a_new_file_and_old_cases_keep_their_law(asked_on, law, expected, exceptions):
    laws = (*LAWS, read_clock_law(REFORM.read_text("utf-8")))
    found = next(limit for limit in due(laws, ClockKind.ASSESSMENT, asked_on) if limit.id == "decide_assess")
    assert (found.law, found.due_on, len(found.exceptions)) == (law, expected, exceptions)


def test_a_file_whose_exception_is_about_nothing_is_refused():
    text = REFORM.read_text("utf-8").replace('"reg 3(2)(a)" = "exceptional"', "")
    with pytest.raises(Refused, match=r"Invented Regulations 2029: nothing says what reg 3\(2\)\(a\) is about"):
        read_clock_law(text)


def test_a_start_before_any_law_is_refused():
    with pytest.raises(Refused, match="2014-09-01"):
        due(LAWS, ClockKind.ADVICE, date(2014, 8, 31))


@pytest.mark.parametrize(
    ("kind", "clock", "law", "start_on", "expected"),
    [
        (ClockKind.ASSESSMENT, "decide_assess", "reg 5(1)", date(2026, 1, 5), date(2026, 2, 16)),
        (ClockKind.ASSESSMENT, "decide_no_plan", "reg 10(1)", date(2026, 1, 5), date(2026, 4, 27)),
        (ClockKind.ASSESSMENT, "final_plan", "reg 13(2)", date(2026, 1, 5), date(2026, 5, 25)),  # a bank holiday
        (ClockKind.ADVICE, "advice", "reg 8(1)", date(2026, 11, 13), date(2026, 12, 25)),  # Christmas Day
        (ClockKind.ADVICE, "advice", "reg 8(1)", date(2026, 2, 20), date(2026, 4, 3)),  # Good Friday
        (ClockKind.ADVICE, "advice", "reg 8(1)", date(2026, 2, 23), date(2026, 4, 6)),  # Easter Monday
        (ClockKind.ADVICE, "advice", "reg 8(1)", date(2026, 2, 15), date(2026, 3, 29)),  # the clocks go forward
        (ClockKind.ADVICE, "advice", "reg 8(1)", date(2026, 9, 13), date(2026, 10, 25)),  # and back
        (ClockKind.ADVICE, "advice", "reg 8(1)", date(2026, 7, 20), date(2026, 8, 31)),  # the summer holidays
        (ClockKind.ADVICE, "advice", "reg 8(1)", date(2028, 1, 18), date(2028, 2, 29)),  # a leap day
        (ClockKind.DRAFT, "draft_views", "reg 13(1)", date(2026, 3, 2), date(2026, 3, 16)),  # served is day 1
        (ClockKind.AMENDMENT, "amend_views", "reg 22(2)(c)", date(2026, 3, 2), date(2026, 3, 16)),
        (ClockKind.AMENDMENT, "amend_final", "reg 22(3)-(4)", date(2026, 3, 2), date(2026, 4, 27)),
        (ClockKind.REASSESSMENT, "reassess_final", "reg 27(2)", date(2026, 3, 2), date(2026, 6, 8)),
        (ClockKind.REVIEW, "review_notice", "reg 20(3)", date(2026, 3, 31), date(2026, 3, 17)),
        (ClockKind.REVIEW, "review_papers", "reg 20(4)", date(2026, 3, 31), date(2026, 3, 17)),
        (ClockKind.REVIEW, "review_report", "reg 20(7)-(8)", date(2026, 3, 31), date(2026, 4, 14)),
        (ClockKind.REVIEW, "review_decision", "reg 20(10)", date(2026, 3, 31), date(2026, 4, 28)),
        (ClockKind.REVIEW, "review_due", "s44", date(2024, 2, 29), date(2025, 2, 28)),
        (ClockKind.MOVE, "transfer_in", "reg 15(2)", date(2026, 3, 2), date(2026, 3, 20)),  # a Monday is day 1
        (ClockKind.MOVE, "transfer_in", "reg 15(2)", date(2026, 2, 28), date(2026, 3, 20)),  # a Saturday is none
        (ClockKind.MOVE, "transfer_in", "reg 15(2)", date(2027, 3, 20), date(2027, 4, 13)),  # over Easter
        (ClockKind.TRANSFER, "transfer_told", "reg 15(4)", date(2026, 3, 2), date(2026, 4, 13)),
        (ClockKind.PHASE, "phase_transfer", "reg 18(1)(b)", date(2027, 9, 1), date(2027, 2, 14)),
        (ClockKind.PHASE_POST16, "phase_transfer_post16", "reg 18(1)(a)", date(2027, 9, 1), date(2027, 3, 30)),
        (ClockKind.PHASE_BETWEEN, "phase_transfer_between", "reg 18(2)", date(2027, 9, 1), date(2027, 4, 1)),
        (ClockKind.PHASE_BETWEEN, "phase_transfer_between", "reg 18(2)", date(2028, 7, 31), date(2028, 2, 29)),
        (ClockKind.UNDER5, "under5_review", "Code of Practice 9.178", date(2026, 8, 31), date(2027, 2, 28)),
    ],
)
def test_each_limit_falls_on_its_day_by_its_paragraph(kind, clock, law, start_on, expected):
    found = next(limit for limit in due(LAWS, kind, start_on) if limit.id == clock)
    assert found.due_on == expected
    assert law in found.law


@pytest.mark.parametrize(
    ("kind", "clock", "start_on", "meet_by"),
    [
        (ClockKind.REVIEW, "review_due", date(2025, 5, 26), date(2026, 4, 28)),  # s44: 4 weeks before 26 May
        (ClockKind.PHASE, "phase_transfer", date(2027, 9, 1), date(2026, 11, 22)),  # reg 18(1)(b) less 12 weeks
        (ClockKind.ASSESSMENT, "final_plan", date(2026, 1, 5), None),
    ],
)
def test_what_must_follow_a_meeting_says_by_when_to_meet(kind, clock, start_on, meet_by):
    assert next(each for each in due(LAWS, kind, start_on) if each.id == clock).meet_by_on == meet_by


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
    assert due_on(ClockKind.REVIEW, "review_due", day) == a_year_on


def test_every_kind_has_a_rule_and_no_id_comes_twice():
    for law in LAWS:
        assert {rule.kind for rule in law.rules} == set(ClockKind)
        assert len({rule.id for rule in law.rules}) == len(law.rules)


def test_every_step_has_a_name_and_every_step_that_ends_a_clock_is_one():
    assert list(STEP_NAMES) == list(CaseStep)
    for law in LAWS:
        assert {rule.id for rule in law.rules if not rule.ended_by} == {"advice"}  # the advice itself ends that one


def test_a_closed_school_lifts_nothing_of_the_advice_clock_and_a_missed_appointment_nothing_else():
    (law,) = LAWS
    grounds = {rule.id: {law.grounds[paragraph] for paragraph in rule.exceptions} for rule in law.rules}
    of_authority = {Ground.SCHOOL_CLOSED, Ground.EARLY_YEARS_CLOSED, Ground.EXCEPTIONAL, Ground.ABSENT}
    assert grounds.pop("advice") == {Ground.EXCEPTIONAL, Ground.ABSENT, Ground.MISSED_APPOINTMENT}  # reg 8(2)
    assert {clock for clock, found in grounds.items() if found == of_authority} == {
        "decide_assess",  # reg 5(4)
        "decide_no_plan",  # reg 10(4)
        "final_plan",  # reg 13(3)
        "reassess_final",  # reg 27(3)
    }
    assert [found for found in grounds.values() if found not in (of_authority, set())] == []


def test_only_the_advice_of_the_code_is_no_limit_and_only_the_families_time_passes_by_itself():
    (law,) = LAWS
    assert [rule.id for rule in law.rules if not rule.is_limit] == ["under5_review"]
    assert [rule.id for rule in law.rules if rule.is_minimum] == ["draft_views", "amend_views"]


@given(st.dates(date(2014, 9, 1), date(2059, 1, 1)), st.sampled_from(ClockKind))
def test_only_what_must_come_before_a_meeting_or_a_transfer_comes_before_its_start(start_on, kind):
    before = {limit.id for limit in due(LAWS, kind, start_on) if limit.due_on < start_on}
    ahead = {ClockKind.REVIEW: {"review_notice", "review_papers"}, ClockKind.PHASE_BETWEEN: {"phase_transfer_between"}}
    if kind not in {ClockKind.PHASE, ClockKind.PHASE_POST16}:  # those fall in the calendar year, before or after
        assert before == ahead.get(kind, set())


@given(st.dates(date(2014, 9, 1), date(2059, 1, 1)))
def test_a_plan_is_passed_within_fifteen_working_days_of_knowing(known_on):
    """Reg 15(2): the day of knowing is the first of them, if anybody works on it."""
    last, days = due_on(ClockKind.MOVE, "transfer_in", known_on), load_working_days()
    assert days.between(known_on, last) + days.is_working_day(known_on) == 15


@pytest.mark.parametrize(
    ("sector", "is_sending"),
    [
        (Sector.EDUCATION, True),
        (Sector.SOCIAL_CARE, True),
        (Sector.COUNCIL, True),
        (Sector.HEALTH, False),
        (Sector.VOLUNTARY, False),
    ],
)
def test_the_councils_own_services_count_from_sending_and_the_nhs_from_receipt(sector, is_sending):
    """Code of Practice 9.41 and reg 8(1)."""
    assert counts_from_sending(LAWS, sector, date(2026, 3, 3)) is is_sending
