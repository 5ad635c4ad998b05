"""The clocks of a case: what starts them, what ends them, and how they stand."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from coord_service.domain.case_clocks import (
    AdviceClock,
    CaseFacts,
    ClockState,
    Lifting,
    case_clocks,
    is_review_on_its_way,
)
from coord_service.domain.case_steps import CaseStep, Step
from coord_service.domain.children import PlanStatus
from coord_service.rulebook import load_clock_laws

LAWS = load_clock_laws()
ASKED = date(2026, 1, 5)  # 6 weeks end on 16 February, 16 on 27 April, 20 on 25 May
REQUEST = Step(CaseStep.ASSESSMENT_REQUESTED, ASKED)
ASSESSED = CaseFacts(PlanStatus.ASSESSMENT, (REQUEST,))
MET = date(2026, 3, 2)
PLANNED = CaseFacts(PlanStatus.PLAN, (Step(CaseStep.REVIEWED, date(2025, 4, 1)),))


def states(case, today):
    return {each.limit.id: each.state.value for each in case_clocks(LAWS, case, today)}


def with_steps(case, *steps):
    return replace(case, steps=(*case.steps, *(Step(what, on) for what, on in steps)))


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 2, 15), "due"),  # the day before
        (date(2026, 2, 16), "due"),  # the last lawful day
        (date(2026, 2, 17), "late"),
    ],
)
def test_a_limit_is_late_from_the_day_after_it(today, state):
    assert states(ASSESSED, today)["decide_assess"] == state


@pytest.mark.parametrize(
    ("decided_on", "state", "days"),
    [(date(2026, 2, 16), "done", 0), (date(2026, 2, 17), "done_late", 1), (date(2026, 4, 1), "done_late", 44)],
)
def test_what_was_done_late_is_late_for_ever(decided_on, state, days):
    case = with_steps(ASSESSED, (CaseStep.ASSESSMENT_DECIDED, decided_on))
    found = case_clocks(LAWS, case, date(2031, 1, 1))[0]
    assert (found.state, found.days_late, found.ended_on) == (state, days, decided_on)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (CaseStep.ASSESSMENT_REFUSED, {"decide_assess": "done", "decide_no_plan": "void", "final_plan": "void"}),
        (CaseStep.DRAFT_SERVED, {"decide_assess": "due", "decide_no_plan": "void", "final_plan": "due"}),
        (CaseStep.PLAN_REFUSED, {"decide_assess": "due", "decide_no_plan": "done", "final_plan": "void"}),
        (CaseStep.PLAN_ISSUED, {"decide_assess": "due", "decide_no_plan": "void", "final_plan": "done"}),
    ],
)
def test_a_step_ends_its_limits_and_makes_others_unneeded(step, expected):
    found = states(with_steps(ASSESSED, (step, date(2026, 2, 2))), date(2026, 2, 2))
    assert {clock: found[clock] for clock in expected} == expected


def test_a_step_before_the_start_ends_nothing():
    """The decision of an earlier request is not the decision of this one."""
    case = with_steps(ASSESSED, (CaseStep.ASSESSMENT_DECIDED, ASKED - timedelta(days=1)))
    assert states(case, ASKED)["decide_assess"] == "due"


def test_each_of_two_requests_has_its_own_decision():
    again = (CaseStep.ASSESSMENT_REQUESTED, date(2027, 1, 4))
    case = with_steps(ASSESSED, (CaseStep.ASSESSMENT_REFUSED, date(2026, 2, 3)), again)
    found = [each for each in case_clocks(LAWS, case, date(2027, 1, 5)) if each.limit.id == "decide_assess"]
    assert [(each.start_on, each.state) for each in found] == [(ASKED, "done"), (again[1], "due")]


def test_an_exception_lifts_the_duty_and_adds_no_days():
    """Reg 10(4): the limit stays where it is, and nobody is late with it any more."""
    lifted = replace(ASSESSED, lifted=(Lifting("final_plan", ASKED, "reg 10(4)(c)"),))
    (before, after) = (
        next(each for each in case_clocks(LAWS, case, date(2026, 6, 1)) if each.limit.id == "final_plan")
        for case in (ASSESSED, lifted)
    )
    assert (before.state, before.paragraph) == (ClockState.LATE, None)
    assert (after.state, after.paragraph, after.days_late) == (ClockState.LIFTED, "reg 10(4)(c)", 7)
    assert after.limit == before.limit
    assert states(lifted, date(2026, 6, 1))["decide_no_plan"] == "late"  # one clock, and no other


def test_what_is_done_in_time_needs_no_exception_and_what_is_done_late_under_one_is_lifted():
    lifted = replace(ASSESSED, lifted=(Lifting("decide_assess", ASKED, "reg 5(4)(c)"),))
    for decided_on, state in ((date(2026, 2, 16), "done"), (date(2026, 2, 17), "lifted")):
        case = with_steps(lifted, (CaseStep.ASSESSMENT_DECIDED, decided_on))
        assert states(case, date(2026, 5, 1))["decide_assess"] == state


def test_an_exception_to_an_earlier_request_does_not_lift_a_later_one():
    case = replace(ASSESSED, lifted=(Lifting("final_plan", ASKED - timedelta(days=400), "reg 10(4)(c)"),))
    assert states(case, date(2026, 6, 1))["final_plan"] == "late"


def test_an_exception_to_advice_belongs_to_its_request():
    asked = AdviceClock(7, "Educational psychology", ASKED, date(2026, 2, 16))
    case = CaseFacts(
        PlanStatus.ASSESSMENT,
        advice=(asked, replace(asked, request_id=8)),
        lifted=(Lifting("advice", date(2025, 1, 1), "reg 8(2)(c)", request_id=7),),
    )
    assert [each.state for each in case_clocks(LAWS, case, date(2026, 3, 1))] == ["lifted", "late"]


@pytest.mark.parametrize(
    ("came_on", "today", "state", "days"),
    [
        (None, date(2026, 2, 16), "due", 0),
        (None, date(2026, 2, 18), "late", 2),
        (date(2026, 2, 16), date(2026, 5, 1), "done", 0),
        (date(2026, 2, 20), date(2026, 5, 1), "done_late", 4),
    ],
)
def test_advice_ends_its_own_clock(came_on, today, state, days):
    asked = AdviceClock(7, "Educational psychology", ASKED, date(2026, 2, 16), came_on)
    (found,) = case_clocks(LAWS, CaseFacts(PlanStatus.ASSESSMENT, advice=(asked,)), today)
    assert (found.state, found.days_late, found.name) == (state, days, "Advice (6 weeks): Educational psychology")


def test_the_time_of_the_family_passes_by_itself():
    """Reg 13(1): the day of service is day 1, so from the 16th day on the final plan may be sent."""
    case = with_steps(ASSESSED, (CaseStep.DRAFT_SERVED, date(2026, 4, 1)))
    assert states(case, date(2026, 4, 15))["draft_views"] == "due"
    assert states(case, date(2026, 4, 16))["draft_views"] == "done"
    assert not [each for each in case_clocks(LAWS, case, date(2026, 4, 15)) if each.is_minimum and each.is_open]


def test_a_review_to_come_has_what_must_precede_it_and_nothing_else():
    case = with_steps(PLANNED, (CaseStep.REVIEW_HELD, MET))
    assert states(case, date(2026, 2, 16)) == {"review_due": "due", "review_notice": "due", "review_papers": "due"}
    assert states(case, date(2026, 2, 17))["review_papers"] == "late"


def test_notice_and_papers_count_when_they_went_before_the_meeting():
    """Reg 20(3) and (4): at least two weeks before."""
    in_time = with_steps(PLANNED, (CaseStep.REVIEW_HELD, MET), (CaseStep.REVIEW_NOTICE, date(2026, 2, 16)))
    late = with_steps(in_time, (CaseStep.REVIEW_PAPERS, date(2026, 2, 20)))
    found = states(late, MET)
    assert (found["review_notice"], found["review_papers"]) == ("done", "done_late")


@pytest.mark.parametrize(
    ("days", "state", "ended_on"),
    [
        ((10, 20), "done", date(2026, 2, 10)),  # and once more, eleven days before the meeting
        ((10, 16), "done", date(2026, 2, 16)),
        ((20, 25), "done_late", date(2026, 2, 20)),
    ],
)
def test_papers_that_went_in_time_are_not_late_because_they_went_again(days, state, ended_on):
    again = ((CaseStep.REVIEW_PAPERS, date(2026, 2, day)) for day in days)
    case = with_steps(PLANNED, (CaseStep.REVIEW_HELD, MET), *again)
    found = next(each for each in case_clocks(LAWS, case, MET) if each.limit.id == "review_papers")
    assert (found.state, found.ended_on) == (state, ended_on)


def test_the_plan_of_a_reassessment_does_not_end_the_assessment_before_it():
    notice, plan = (CaseStep.REASSESSMENT_NOTICE, date(2028, 1, 10)), (CaseStep.PLAN_ISSUED, date(2028, 4, 3))
    case = with_steps(replace(ASSESSED, plan_status=PlanStatus.PLAN), notice, plan)
    found = states(case, date(2028, 5, 1))
    assert (found["final_plan"], found["reassess_final"]) == ("unrecorded", "done")
    issued = with_steps(case, (CaseStep.PLAN_ISSUED, date(2026, 6, 1)))
    assert states(issued, date(2028, 5, 1))["final_plan"] == "done_late"


def test_the_notice_of_last_years_review_is_not_the_notice_of_this_one():
    last = with_steps(PLANNED, (CaseStep.REVIEW_HELD, date(2025, 4, 1)), (CaseStep.REVIEW_NOTICE, date(2025, 3, 3)))
    case = with_steps(last, (CaseStep.REVIEW_HELD, MET))
    found = [each.state for each in case_clocks(LAWS, case, MET) if each.limit.id == "review_notice"]
    assert found == ["done", "late"]


def test_a_meeting_that_has_been_can_not_be_given_notice_of():
    case = with_steps(PLANNED, (CaseStep.REVIEW_HELD, MET))
    assert states(case, MET)["review_notice"] == "late"
    assert states(case, MET + timedelta(days=1))["review_notice"] == "unrecorded"


def test_what_followed_a_review_is_not_late_any_more_once_the_record_names_a_later_one():
    case = with_steps(PLANNED, (CaseStep.REVIEW_HELD, date(2025, 3, 1)))
    assert states(case, date(2025, 4, 20))["review_report"] == "unrecorded"
    same_day = with_steps(PLANNED, (CaseStep.REVIEW_HELD, date(2025, 4, 1)))
    assert states(same_day, date(2025, 4, 20))["review_report"] == "late"


def test_a_request_that_a_later_one_has_overtaken_is_not_late_any_more():
    case = with_steps(ASSESSED, (CaseStep.ASSESSMENT_REQUESTED, date(2027, 1, 4)))
    found = case_clocks(LAWS, case, date(2027, 1, 5))
    assert [each.state for each in found if each.limit.id == "final_plan"] == ["unrecorded", "due"]


@pytest.mark.parametrize(
    ("decided_on", "state"), [(date(2026, 4, 1), "done"), (date(2026, 4, 2), "done_late"), (None, "due")]
)
def test_a_review_is_due_until_the_next_one_is_decided(decided_on, state):
    """CFA 2014 s44: within 12 months of the last, the decision included; the last one's own decision ends nothing."""
    case = with_steps(PLANNED, (CaseStep.REVIEW_DECIDED, date(2025, 4, 20)), (CaseStep.REVIEW_HELD, MET))
    if decided_on:
        case = with_steps(case, (CaseStep.AMENDMENT_NOTICE, decided_on))
    found = next(each for each in case_clocks(LAWS, case, date(2026, 3, 20)) if each.limit.id == "review_due")
    assert (found.start_on, found.state) == (date(2025, 4, 1), state)


PLANNED_ON = (Step(CaseStep.PLAN_ISSUED, date(2025, 1, 10)),)


def review_clocks(case, today):
    found = [each for each in case_clocks(LAWS, case, today) if each.limit.id == "review_due"]
    return [(each.start_on, each.state.value, each.ended_on) for each in found]


@pytest.mark.parametrize(
    ("next_on", "state", "ended_on"),
    [(date(2025, 12, 1), "done", date(2025, 12, 1)), (date(2026, 2, 1), "unrecorded", None)],
)
def test_a_review_that_a_later_one_has_overtaken_is_not_late_for_ever(next_on, state, ended_on):
    """As the form or the import says it: the day of the last review, and nothing about its decision."""
    case = with_steps(CaseFacts(PlanStatus.PLAN, PLANNED_ON), (CaseStep.REVIEWED, next_on))
    assert review_clocks(case, MET) == [(date(2025, 1, 10), state, ended_on), (next_on, "due", None)]


def test_the_decision_of_a_later_review_does_not_end_the_limit_of_an_earlier_one():
    steps = ((CaseStep.REVIEWED, date(2025, 12, 1)), (CaseStep.REVIEWED, date(2026, 11, 2)))
    case = with_steps(CaseFacts(PlanStatus.PLAN, PLANNED_ON), *steps, (CaseStep.REVIEW_DECIDED, date(2026, 11, 20)))
    ended = [ended_on for _, _, ended_on in review_clocks(case, date(2026, 12, 1))]
    assert ended == [date(2025, 12, 1), date(2026, 11, 20), None]


@pytest.mark.parametrize("what", [CaseStep.REVIEW_DECIDED, CaseStep.AMENDMENT_NOTICE])
def test_a_decision_whose_meeting_was_not_noted_is_a_review(what):
    case = with_steps(PLANNED, (what, date(2026, 3, 20)))
    found = review_clocks(case, date(2026, 6, 1))
    assert found == [(date(2025, 4, 1), "done", date(2026, 3, 20)), (date(2026, 3, 20), "due", None)]


def test_the_decision_soon_after_a_review_is_its_own():
    case = with_steps(PLANNED, (CaseStep.REVIEW_DECIDED, date(2025, 4, 20)))
    assert review_clocks(case, date(2026, 6, 1)) == [(date(2025, 4, 1), "late", None)]


def test_a_review_that_was_held_is_on_its_way_until_it_is_the_last_one():
    assert not is_review_on_its_way(PLANNED)
    held = with_steps(PLANNED, (CaseStep.REVIEW_HELD, MET))
    assert is_review_on_its_way(held)
    assert not is_review_on_its_way(with_steps(held, (CaseStep.REVIEWED, MET)))


def test_the_next_review_is_counted_from_the_plan_until_there_is_a_review():
    case = CaseFacts(PlanStatus.PLAN, (Step(CaseStep.PLAN_ISSUED, date(2026, 1, 5)),))
    (found,) = case_clocks(LAWS, case, date(2026, 1, 6))
    assert (found.limit.id, found.limit.due_on) == ("review_due", date(2027, 1, 5))


def test_a_plan_is_passed_on_the_day_of_a_move_that_was_known_long_before():
    """Reg 15(2)."""
    known = CaseFacts(PlanStatus.PLAN, (Step(CaseStep.MOVE_KNOWN, MET),))
    for moves_on, due_on in ((date(2026, 5, 1), date(2026, 5, 1)), (date(2026, 3, 10), date(2026, 3, 20))):
        (found,) = case_clocks(LAWS, with_steps(known, (CaseStep.MOVED, moves_on)), MET)
        assert found.limit.due_on == due_on


def test_a_phase_transfer_is_reviewed_in_the_year_before_it():
    """Reg 18(1)(b): before 15 February."""
    case = CaseFacts(PlanStatus.PLAN, (Step(CaseStep.PHASE_TRANSFER, date(2027, 9, 1)),))
    for amended_on, state in ((None, "due"), (date(2027, 2, 14), "done"), (date(2027, 2, 15), "done_late")):
        steps = [(CaseStep.AMENDED_PLAN, amended_on)] if amended_on else []
        assert states(with_steps(case, *steps), date(2027, 2, 1))["phase_transfer"] == state


def test_under_five_a_review_is_considered_and_nobody_is_late():
    case = replace(PLANNED, under_five_until=date(2026, 8, 1))
    found = next(each for each in case_clocks(LAWS, case, date(2025, 12, 1)) if each.limit.id == "under5_review")
    assert (found.limit.due_on, found.is_open) == (date(2025, 10, 1), False)
    assert "under5_review" not in states(replace(PLANNED, under_five_until=date(2025, 4, 1)), date(2025, 12, 1))


def test_what_nobody_recorded_is_not_late_once_the_case_has_moved_on():
    found = states(replace(ASSESSED, plan_status=PlanStatus.PLAN), date(2027, 1, 1))
    assert set(found.values()) == {"unrecorded"}


def test_a_start_before_the_law_has_no_clock():
    case = CaseFacts(PlanStatus.ASSESSMENT, (Step(CaseStep.ASSESSMENT_REQUESTED, date(2013, 1, 1)),))
    assert case_clocks(LAWS, case, MET) == []
