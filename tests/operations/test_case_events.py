"""Steps of a case on both databases: what they end, what they move on, and taking them back."""

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from coord_service.domain.case_steps import CaseStep
from coord_service.domain.children import PlanStatus
from coord_service.domain.meetings import MeetingStatus, Purpose
from coord_service.domain.people import Role
from coord_service.errors import InvalidForm, NotAllowed, NotFound, Refused
from coord_service.operations.case_clocks import last_review_day, view_clocks
from coord_service.operations.case_events import RecordStep, record_step, withdraw_step
from coord_service.storage.tables import AuditEntry, CaseEvent, Child, Meeting
from tests.case_files import county, tools, worker
from tests.report_world import a_plain_meeting, a_request, came

__all__ = ["county", "tools", "worker"]

TODAY = date(2026, 3, 3)
ASKED = date(2026, 1, 5)


@pytest.fixture
async def child(county, worker):
    return await county.child(worker, plan_status=PlanStatus.ASSESSMENT, assessment_requested_on=ASKED)


async def clocks(tools, worker, child):
    view = await view_clocks(tools, worker, child.id)
    return {clock.limit.id: clock.state.value for clock in view.clocks}


async def load(tools, child):
    async with tools.database.read() as db:
        return await db.get_one(Child, child.id)


async def test_a_step_ends_its_clock_and_is_on_record_once(tools, worker, child):
    assert (await clocks(tools, worker, child))["decide_assess"] == "late"
    step = RecordStep(child.id, CaseStep.ASSESSMENT_DECIDED, date(2026, 2, 18), "By letter")
    first = await record_step(tools, worker, step)
    assert await record_step(tools, worker, step) == first
    assert (await clocks(tools, worker, child))["decide_assess"] == "done_late"
    async with tools.database.read() as db:
        (entry,) = await db.scalars(sa.select(AuditEntry))
    assert (entry.verb, entry.child_id) == ("record_step", child.id)
    assert entry.details == {"step": "assessment_decided", "on": "2026-02-18", "fields": []}


@pytest.mark.parametrize(
    ("step", "status"),
    [
        (CaseStep.PLAN_ISSUED, PlanStatus.PLAN),
        (CaseStep.PLAN_REFUSED, PlanStatus.SUPPORT),
        (CaseStep.ASSESSMENT_REFUSED, PlanStatus.SUPPORT),
        (CaseStep.DRAFT_SERVED, PlanStatus.ASSESSMENT),
    ],
)
async def test_a_step_moves_the_case_on_and_taking_it_back_sets_that_back(tools, worker, child, step, status):
    event_id = await record_step(tools, worker, RecordStep(child.id, step, TODAY))
    moved = await load(tools, child)
    assert moved.plan_status is status
    assert moved.last_review_on == (TODAY if step is CaseStep.PLAN_ISSUED else None)
    await withdraw_step(tools, worker, event_id, "It was another child")
    back = await load(tools, child)
    assert (back.plan_status, back.last_review_on) == (PlanStatus.ASSESSMENT, None)
    async with tools.database.read() as db:
        event = await db.get_one(CaseEvent, event_id)
    assert event.withdrawn_reason == "It was another child"


async def test_what_was_changed_since_is_not_set_back(tools, worker, child):
    event_id = await record_step(tools, worker, RecordStep(child.id, CaseStep.PLAN_ISSUED, TODAY))
    async with tools.database.begin() as db:
        (await db.get_one(Child, child.id)).last_review_on = date(2026, 3, 1)
    await withdraw_step(tools, worker, event_id, "It was another child")
    back = await load(tools, child)
    assert (back.plan_status, back.last_review_on) == (PlanStatus.ASSESSMENT, date(2026, 3, 1))


async def test_a_step_of_long_ago_does_not_move_a_case_back(tools, worker, child):
    await record_step(tools, worker, RecordStep(child.id, CaseStep.PLAN_REFUSED, date(2024, 5, 1)))
    assert (await load(tools, child)).plan_status is PlanStatus.ASSESSMENT


async def test_a_new_request_keeps_the_clocks_of_the_one_before_it(tools, worker, child):
    await record_step(tools, worker, RecordStep(child.id, CaseStep.ASSESSMENT_REFUSED, date(2026, 2, 16)))
    event_id = await record_step(tools, worker, RecordStep(child.id, CaseStep.ASSESSMENT_REQUESTED, TODAY))
    again = await load(tools, child)
    assert (again.plan_status, again.assessment_requested_on) == (PlanStatus.ASSESSMENT, TODAY)
    view = await view_clocks(tools, worker, child.id)
    found = [(each.start_on, each.state.value) for each in view.clocks if each.limit.id == "decide_assess"]
    assert found == [(ASKED, "done"), (TODAY, "due")]
    await withdraw_step(tools, worker, event_id, "Sent twice")
    assert (await load(tools, child)).assessment_requested_on == ASKED


async def test_a_decided_review_is_the_last_review_from_then_on(county, tools, worker):
    child = await county.child(worker, plan_status=PlanStatus.PLAN, last_review_on=date(2025, 2, 20))
    meeting = await a_plain_meeting(tools, worker, child, -10)  # 21 February
    async with tools.database.begin() as db:
        held = await db.get_one(Meeting, meeting.id)
        held.purpose, held.status, held.created_at = (
            Purpose.REVIEW,
            MeetingStatus.HELD,
            datetime(2026, 1, 9, tzinfo=UTC),
        )
    assert (await clocks(tools, worker, child))["review_notice"] == "done"  # booked, and so told, six weeks before
    await record_step(tools, worker, RecordStep(child.id, CaseStep.REVIEW_DECIDED, TODAY))
    view = await view_clocks(tools, worker, child.id)
    due = [(each.start_on, each.state.value) for each in view.clocks if each.limit.id == "review_due"]
    assert due == [(date(2025, 2, 20), "done_late"), (date(2026, 2, 21), "due")]
    assert (await load(tools, child)).last_review_on == date(2026, 2, 21)


async def test_a_decision_without_its_meeting_is_the_last_review(county, tools, worker):
    child = await county.child(worker, plan_status=PlanStatus.PLAN, last_review_on=date(2025, 3, 1))
    await record_step(tools, worker, RecordStep(child.id, CaseStep.REVIEW_DECIDED, date(2026, 2, 20)))
    assert (await load(tools, child)).last_review_on == date(2026, 2, 20)
    view = await view_clocks(tools, worker, child.id)
    due = [(each.start_on, each.state.value) for each in view.clocks if each.limit.id == "review_due"]
    assert due == [(date(2025, 3, 1), "done"), (date(2026, 2, 20), "due")]


async def test_advice_has_its_clock_among_the_others(county, tools, worker, child):
    service = await county.service("Therapies")
    await a_request(tools, child, service, due=-3)
    late = await a_request(tools, child, service, due=-5)
    await came(tools, late, -1, noted_on=-4)
    view = await view_clocks(tools, worker, child.id)
    found = [(each.name, each.state.value, each.days_late) for each in view.clocks if each.request_id]
    assert found == [("Advice (6 weeks): Therapies", "done_late", 1), ("Advice (6 weeks): Therapies", "late", 3)]


@pytest.mark.parametrize(
    ("impossible", "words"),
    [
        ((CaseStep.PLAN_ISSUED, date(2026, 3, 4)), "today or an earlier day"),
        ((CaseStep.PLAN_ISSUED, date(1970, 1, 1)), "before the child was born"),
        ((CaseStep.PHASE_TRANSFER, date(2030, 9, 1)), "next three years"),
    ],
)
async def test_a_day_that_can_not_be_is_refused(tools, worker, child, impossible, words):
    with pytest.raises(InvalidForm) as refused:
        await record_step(tools, worker, RecordStep(child.id, *impossible))
    assert words in refused.value.fields["on"]


async def test_a_transfer_may_be_still_to_come(tools, worker, child):
    await record_step(tools, worker, RecordStep(child.id, CaseStep.PHASE_TRANSFER, date(2026, 9, 1)))
    assert "phase_transfer" in await clocks(tools, worker, child)


async def test_a_step_is_taken_back_once_and_with_a_reason(tools, worker, child):
    event_id = await record_step(tools, worker, RecordStep(child.id, CaseStep.DRAFT_SERVED, TODAY))
    with pytest.raises(InvalidForm):
        await withdraw_step(tools, worker, event_id, "  ")
    await withdraw_step(tools, worker, event_id, "Not sent after all")
    with pytest.raises(Refused, match="taken back already"):
        await withdraw_step(tools, worker, event_id, "Again")
    with pytest.raises(NotFound):
        await withdraw_step(tools, worker, 999, "None")


async def test_an_administrator_sees_no_clocks_and_records_no_steps(county, tools, child):
    administrator = await county.staff(role=Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        await view_clocks(tools, administrator, child.id)
    with pytest.raises(NotAllowed):
        await record_step(tools, administrator, RecordStep(child.id, CaseStep.PLAN_ISSUED, TODAY))


@pytest.mark.parametrize(
    ("reviewed_on", "moves_on", "last_on"),
    [
        (date(2025, 6, 29), None, date(2026, 6, 1)),  # the 12 months, less four weeks
        (date(2026, 3, 1), date(2027, 2, 15), date(2026, 11, 22)),  # before 15 February, less twelve weeks
        (date(2025, 6, 29), date(2027, 2, 15), date(2026, 6, 1)),
        (None, date(2027, 2, 15), date(2026, 11, 22)),
        (None, None, None),
    ],
)
async def test_the_last_day_for_a_review_keeps_every_limit_that_runs(county, worker, reviewed_on, moves_on, last_on):
    child = await county.child(worker, plan_status=PlanStatus.PLAN, last_review_on=reviewed_on)
    if moves_on:
        await record_step(county.tools, worker, RecordStep(child.id, CaseStep.PHASE_TRANSFER, moves_on))
    async with county.tools.database.read() as db:
        found = [
            await last_review_day(db, county.tools, purpose, [await db.get_one(Child, child.id)])
            for purpose in (Purpose.REVIEW, Purpose.TAC)
        ]
    assert found == [last_on, None]
