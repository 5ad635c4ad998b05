"""A date that was wrong is corrected on both databases: everything that follows from it is derived again."""

from datetime import date

import pytest
import sqlalchemy as sa

from coord_service.domain.case_steps import CaseStep
from coord_service.domain.children import PlanStatus
from coord_service.errors import ChangedMeanwhile, InvalidForm
from coord_service.operations.case_clocks import view_clocks
from coord_service.operations.case_events import RecordStep, record_step, withdraw_step
from coord_service.operations.cases import ChildFacts, correct_child
from coord_service.operations.clock_exceptions import ClockKey, RecordException, record_delay, record_exception
from coord_service.operations.date_corrections import CorrectDate, correct_date
from coord_service.storage.case_events import find_event
from coord_service.storage.tables import AuditEntry, Child
from tests.case_files import county, tools, worker

__all__ = ["county", "tools", "worker"]

WRONG, RIGHT = date(2026, 1, 12), date(2026, 1, 5)  # 6 weeks: 23 and 16 February; today is 3 March


@pytest.fixture
async def child(county, worker):
    return await county.child(worker, plan_status=PlanStatus.ASSESSMENT, assessment_requested_on=WRONG)


async def limits(tools, worker, child):
    view = await view_clocks(tools, worker, child.id)
    return {each.limit.id: (each.limit.due_on, each.state.value) for each in view.clocks}


async def load(tools, child):
    async with tools.database.read() as db:
        return await db.get_one(Child, child.id)


async def test_every_limit_follows_and_the_audit_says_what_was(tools, worker, child):
    wanted = CorrectDate(child.id, CaseStep.ASSESSMENT_REQUESTED, WRONG, RIGHT, "It came by post")
    await correct_date(tools, worker, wanted)
    assert (await limits(tools, worker, child))["decide_assess"] == (date(2026, 2, 16), "late")
    view = await view_clocks(tools, worker, child.id)
    assert [(each.was_on, each.is_on, each.reason) for each in view.corrections] == [(WRONG, RIGHT, "It came by post")]
    async with tools.database.read() as db:
        (entry,) = await db.scalars(sa.select(AuditEntry))
    assert (entry.verb, entry.child_id) == ("correct_date", child.id)
    assert (entry.details["was_on"], entry.details["on"]) == ("2026-01-12", "2026-01-05")
    assert entry.details["limits_were"] == [
        "decide_assess 2026-02-23",
        "decide_no_plan 2026-05-04",
        "final_plan 2026-06-01",
    ]
    assert entry.details["limits_are"][0] == "decide_assess 2026-02-16"


async def test_exceptions_and_reasons_go_with_their_clock(tools, worker, child):
    key = ClockKey(child.id, "final_plan", WRONG)
    facts = {"until_on": None, "asked_on": None, "evidence": "A letter", "decided_by": "Helen"}
    await record_exception(
        tools,
        worker,
        RecordException(key, "reg 10(4)(c)", from_on=date(2026, 2, 2), decided_on=date(2026, 3, 2), **facts),
    )
    await record_delay(tools, worker, key, "Nobody to write it")
    await correct_date(
        tools, worker, CorrectDate(child.id, CaseStep.ASSESSMENT_REQUESTED, WRONG, RIGHT, "It came by post")
    )
    assert (await limits(tools, worker, child))["final_plan"] == (date(2026, 5, 25), "lifted")


async def test_a_step_is_corrected_with_what_it_changed_on_the_record(tools, worker, child):
    issued_on, right = date(2026, 3, 2), date(2026, 2, 27)
    event_id = await record_step(tools, worker, RecordStep(child.id, CaseStep.PLAN_ISSUED, issued_on))
    await correct_date(tools, worker, CorrectDate(child.id, CaseStep.PLAN_ISSUED, issued_on, right, "A slip"))
    assert (await limits(tools, worker, child))["review_due"][0] == date(2027, 2, 27)
    await withdraw_step(tools, worker, event_id, "It was another child")
    back = await load(tools, child)
    assert (back.plan_status, back.last_review_on) == (PlanStatus.ASSESSMENT, None)


async def test_a_step_that_never_happened_gives_the_record_back_what_it_changed(county, tools, worker):
    reviewed_on, issued_on = date(2025, 5, 6), date(2026, 3, 2)
    child = await county.child(worker, plan_status=PlanStatus.ASSESSMENT, last_review_on=reviewed_on)
    await record_step(tools, worker, RecordStep(child.id, CaseStep.PLAN_ISSUED, issued_on))
    await correct_date(tools, worker, CorrectDate(child.id, CaseStep.PLAN_ISSUED, issued_on, None, "Another child’s"))
    back = await load(tools, child)
    assert (back.plan_status, back.last_review_on) == (PlanStatus.ASSESSMENT, reviewed_on)


@pytest.fixture
async def reviewed(county, tools, worker):
    """Reviewed on 5 February and decided on the same day; the last review before was on 10 March of last year."""
    child = await county.child(worker, plan_status=PlanStatus.PLAN, last_review_on=date(2025, 3, 10))
    for what in (CaseStep.REVIEW_HELD, CaseStep.REVIEW_DECIDED):
        await record_step(tools, worker, RecordStep(child.id, what, date(2026, 2, 5)))
    return child


@pytest.mark.parametrize(
    ("what", "days"),
    [
        (CaseStep.REVIEW_HELD, (date(2026, 2, 3), date(2026, 2, 3))),
        (CaseStep.REVIEW_HELD, (None, date(2025, 3, 10))),
        (CaseStep.REVIEW_DECIDED, (date(2026, 2, 26), date(2026, 2, 5))),  # the meeting was on the 5th nonetheless
        (CaseStep.REVIEW_DECIDED, (None, date(2025, 3, 10))),
    ],
)
async def test_the_last_review_follows_its_meeting_and_not_its_decision(tools, worker, reviewed, what, days):
    is_on, reviewed_on = days
    await correct_date(tools, worker, CorrectDate(reviewed.id, what, date(2026, 2, 5), is_on, "A slip"))
    assert (await load(tools, reviewed)).last_review_on == reviewed_on


async def test_a_decision_taken_back_after_its_meeting_was_corrected_sets_the_review_back(tools, worker, reviewed):
    held = CorrectDate(reviewed.id, CaseStep.REVIEW_HELD, date(2026, 2, 5), date(2026, 2, 3), "A slip")
    await correct_date(tools, worker, held)
    async with tools.database.read() as db:
        decided = await find_event(db, reviewed.id, CaseStep.REVIEW_DECIDED, date(2026, 2, 5))
    await withdraw_step(tools, worker, decided.id, "Not sent")
    assert (await load(tools, reviewed)).last_review_on == date(2025, 3, 10)


async def test_a_decision_without_a_meeting_is_corrected_with_the_review_that_it_is(county, tools, worker):
    child = await county.child(worker, plan_status=PlanStatus.PLAN, last_review_on=date(2025, 3, 10))
    await record_step(tools, worker, RecordStep(child.id, CaseStep.REVIEW_DECIDED, date(2026, 2, 5)))
    decided = CorrectDate(child.id, CaseStep.REVIEW_DECIDED, date(2026, 2, 5), date(2026, 2, 3), "A slip")
    await correct_date(tools, worker, decided)
    assert (await load(tools, child)).last_review_on == date(2026, 2, 3)


async def test_a_second_request_that_never_came_gives_the_first_back(tools, worker, child):
    again_on = date(2026, 3, 2)
    await record_step(tools, worker, RecordStep(child.id, CaseStep.ASSESSMENT_REQUESTED, again_on))
    never = CorrectDate(child.id, CaseStep.ASSESSMENT_REQUESTED, again_on, None, "Sent twice")
    await correct_date(tools, worker, never)
    assert (await load(tools, child)).assessment_requested_on == WRONG


async def test_what_never_happened_starts_nothing(tools, worker, child):
    await correct_date(
        tools, worker, CorrectDate(child.id, CaseStep.ASSESSMENT_REQUESTED, WRONG, None, "Another child’s letter")
    )
    assert await limits(tools, worker, child) == {}
    assert (await load(tools, child)).assessment_requested_on is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ((RIGHT, "  "), "reason"),
        ((WRONG, "A slip"), "is_on"),
        ((date(2026, 3, 4), "A slip"), "is_on"),
        ((date(1970, 1, 1), "A slip"), "is_on"),
    ],
)
async def test_a_correction_says_why_and_can_have_been(tools, worker, child, said, field):
    with pytest.raises(InvalidForm) as refused:
        await correct_date(tools, worker, CorrectDate(child.id, CaseStep.ASSESSMENT_REQUESTED, WRONG, *said))
    assert set(refused.value.fields) == {field}


async def test_a_date_that_stands_no_longer_is_not_corrected_twice(tools, worker, child):
    wanted = CorrectDate(child.id, CaseStep.ASSESSMENT_REQUESTED, WRONG, RIGHT, "It came by post")
    await correct_date(tools, worker, wanted)
    with pytest.raises(ChangedMeanwhile):
        await correct_date(tools, worker, wanted)


async def test_the_form_of_the_record_changes_no_date_that_limits_are_counted_from(tools, worker, child):
    facts = ChildFacts("Wren", "Applegarth", child.born_on, plan_status=PlanStatus.ASSESSMENT)
    assert await correct_child(tools, worker, child.id, 1, facts) == []
    assert (await load(tools, child)).assessment_requested_on == WRONG
    moved = ChildFacts("Wren", "Applegarth", child.born_on, assessment_requested_on=RIGHT)
    with pytest.raises(InvalidForm) as refused:
        await correct_child(tools, worker, child.id, 1, moved)
    assert "with a reason" in refused.value.fields["assessment_requested_on"]
