"""Exceptions to one clock on both databases: recorded, late or in time, told, taken back; and reasons for delay."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from coord_service.domain.children import PlanStatus
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.case_clocks import view_clocks
from coord_service.operations.clock_exceptions import (
    ClockKey,
    RecordException,
    note_family_told,
    record_delay,
    record_exception,
    view_clock,
    withdraw_exception,
)
from coord_service.storage.tables import AuditEntry
from tests.case_files import county, tools, worker
from tests.report_world import a_request

__all__ = ["county", "tools", "worker"]

ASKED = date(2025, 10, 6)  # 20 weeks end on 23 February 2026, before today, 3 March


@pytest.fixture
async def child(county, worker):
    return await county.child(worker, plan_status=PlanStatus.ASSESSMENT, assessment_requested_on=ASKED)


@pytest.fixture
def exception(child):
    return RecordException(
        key=ClockKey(child.id, "final_plan", ASKED),
        paragraph="reg 10(4)(c)",
        from_on=date(2025, 12, 1),
        until_on=None,
        asked_on=None,
        evidence="A letter from the hospital",
        decided_by="Helen Trialwick",
        decided_on=date(2026, 3, 2),
    )


async def states(tools, worker, child):
    return {each.limit.id: each.state.value for each in (await view_clocks(tools, worker, child.id)).clocks}


async def test_an_exception_lifts_one_limit_and_leaves_its_day(tools, worker, child, exception):
    before = (await view_clock(tools, worker, exception.key)).clock
    first = await record_exception(tools, worker, exception)
    assert await record_exception(tools, worker, exception) == first  # a double click
    after = await view_clock(tools, worker, exception.key)
    assert (after.clock.state, after.clock.paragraph) == ("lifted", "reg 10(4)(c)")
    assert after.clock.limit == before.limit
    assert (await states(tools, worker, child))["decide_no_plan"] == "late"
    async with tools.database.read() as db:
        (entry,) = await db.scalars(sa.select(AuditEntry))
    assert entry.details == {"clock": "final_plan", "paragraph": "reg 10(4)(c)", "is_family_told": False}


@pytest.mark.parametrize("paragraph", ["reg 5(4)(c)", "reg 8(2)(c)", "reg 10(4)(e)", ""])
async def test_a_paragraph_of_another_clock_is_refused(tools, worker, exception, paragraph):
    with pytest.raises(InvalidForm) as refused:
        await record_exception(tools, worker, replace(exception, paragraph=paragraph))
    assert "belongs to this limit (SEND Regulations 2014 reg 13(2))" in refused.value.fields["paragraph"]


async def test_a_missed_appointment_lifts_the_bodys_limit_alone(county, tools, worker, child):
    """Reg 8(2)(c): the partner's six weeks, and no clock of the authority's."""
    service = await county.service()
    late, other = [await a_request(tools, child, service, due=due) for due in (-5, -4)]
    start_on = date(2026, 1, 15)
    key = ClockKey(child.id, "advice", start_on, late.id)
    missed = RecordException(
        key, "reg 8(2)(c)", date(2026, 2, 2), None, None, "The clinic's list", "Helen", date(2026, 3, 2)
    )
    await record_exception(tools, worker, missed)
    view = await view_clocks(tools, worker, child.id)
    assert {each.request_id: each.state.value for each in view.clocks if each.request_id} == {
        late.id: "lifted",
        other.id: "late",
    }
    with pytest.raises(InvalidForm):
        await record_exception(tools, worker, replace(missed, paragraph="reg 10(4)(a)"))


async def test_a_limit_without_exceptions_takes_none(county, tools, worker, exception):
    planned = await county.child(worker, plan_status=PlanStatus.PLAN, last_review_on=date(2025, 2, 1))
    key = ClockKey(planned.id, "review_due", date(2025, 2, 1))
    with pytest.raises(InvalidForm, match="paragraph"):
        await record_exception(tools, worker, replace(exception, key=key))


async def test_a_clock_that_the_case_has_not_is_not_found(tools, worker, exception):
    for wrong in ({"clock": "nonsense"}, {"start_on": date(2025, 10, 7)}, {"request_id": 9}):
        with pytest.raises(NotFound):
            await record_exception(tools, worker, replace(exception, key=replace(exception.key, **wrong)))


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"decided_on": date(2026, 3, 4)}, {"decided_on"}),
        ({"told_on": date(2026, 3, 4), "told_how": "By telephone"}, {"told_on"}),
        ({"told_on": date(2026, 3, 3)}, {"told_how"}),
        ({"told_how": "By telephone"}, {"told_on"}),
        ({"paragraph": "reg 10(4)(a)"}, {"until_on"}),
        ({"from_on": date(2026, 3, 3)}, {"from_on"}),
    ],
)
async def test_what_does_not_hold_together_is_refused(tools, worker, exception, changes, fields):
    with pytest.raises(InvalidForm) as refused:
        await record_exception(tools, worker, replace(exception, **changes))
    assert set(refused.value.fields) == fields


async def test_the_family_is_told_later_and_until_then_the_page_asks_for_it(tools, worker, child, exception):
    number = await record_exception(tools, worker, exception)
    assert [each.id for each in (await view_clocks(tools, worker, child.id)).untold] == [number]
    with pytest.raises(InvalidForm):
        await note_family_told(tools, worker, number, date(2026, 3, 3), " ")
    assert await note_family_told(tools, worker, number, date(2026, 3, 3), "By telephone") == exception.key
    assert not (await view_clocks(tools, worker, child.id)).untold


async def test_an_exception_taken_back_lifts_nothing_and_stays_on_record(tools, worker, child, exception):
    number = await record_exception(tools, worker, exception)
    with pytest.raises(InvalidForm):
        await withdraw_exception(tools, worker, number, "")
    await withdraw_exception(tools, worker, number, "The letter was about her brother")
    one = await view_clock(tools, worker, exception.key)
    assert one.clock.state == "late"
    assert [each.withdrawn_reason for each in one.exceptions] == ["The letter was about her brother"]
    assert not (await view_clocks(tools, worker, child.id)).untold
    with pytest.raises(Refused):
        await withdraw_exception(tools, worker, number, "Again")
    assert await record_exception(tools, worker, exception) != number  # recorded anew


async def test_a_reason_for_delay_is_kept_as_just_that(tools, worker, child, exception):
    await record_delay(tools, worker, exception.key, "No educational psychologist until May")
    one = await view_clock(tools, worker, exception.key)
    assert (one.clock.state, [each.reason for each in one.delays]) == (
        "late",
        ["No educational psychologist until May"],
    )
    with pytest.raises(InvalidForm):
        await record_delay(tools, worker, exception.key, " ")
