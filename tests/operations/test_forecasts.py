"""Forecasts on both databases: the pace of the last year, constant statements, and who may see them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from coord_service.domain.advice import AdviceStatus, ReceiptBasis
from coord_service.domain.case_steps import CaseStep
from coord_service.domain.children import PlanStatus
from coord_service.domain.forecasts import Outlook
from coord_service.domain.people import Role
from coord_service.errors import NotAllowed
from coord_service.operations.case_events import RecordStep, record_step
from coord_service.operations.forecasts import view_child_forecasts, view_forecasts
from coord_service.storage.forecasts import count_answer_days, count_decision_days
from coord_service.storage.tables import AdviceRequest
from tests.case_files import County, make_tools
from tests.report_world import a_request, came, keep
from tests.statements import count_statements

TODAY = date(2026, 3, 3)
ASKED = date(2026, 1, 12)


@pytest.fixture
async def county(migrated_url):
    tools = make_tools(migrated_url)
    yield County(tools)
    await tools.close()


@pytest.fixture
def tools(county):
    return county.tools


@pytest.fixture
async def worker(county):
    return await county.staff("Robin Worker")


@pytest.fixture
async def child(county, worker):
    return await county.child(worker, plan_status=PlanStatus.ASSESSMENT, assessment_requested_on=ASKED)


@pytest.fixture
async def service(county):
    return await county.service("Educational psychology")


def answered(child, service, took, *, received_on=date(2025, 6, 2), hour=12):
    ended = datetime(received_on.year, received_on.month, received_on.day, hour, tzinfo=UTC) + timedelta(days=took)
    return AdviceRequest(
        child_id=child.id,
        service_id=service.id,
        kind="d",
        question="What helps?",
        status=AdviceStatus.RECEIVED,
        asked_at=datetime(2025, 6, 1, tzinfo=UTC),
        received_on=received_on,
        receipt_basis=ReceiptBasis.ACKNOWLEDGED,
        due_on=received_on + timedelta(days=42),
        ended_at=ended,
    )


async def days_of(tools, service):
    since, until = datetime(2025, 3, 3, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
    async with tools.database.read() as db:
        return (await count_answer_days(db, {service.id}, since, until)).get(service.id, {})


async def test_answers_are_counted_by_the_days_they_took(tools, child, service):
    late = [answered(child, service, took) for took in (61, 61, 40)]
    old = answered(child, service, 40, received_on=date(2024, 6, 3))
    await keep(tools, *late, old)
    assert await days_of(tools, service) == {61: 2, 40: 1}


async def test_the_day_that_was_noted_by_hand_counts(tools, child, service):
    request = await a_request(tools, child, service, due=-20, received_on=date(2025, 12, 31))
    await came(tools, request, -1, noted_on=-10)  # 21 February
    assert await days_of(tools, service) == {52: 1}


async def test_what_was_never_received_by_them_has_no_pace(tools, child, service):
    request = await a_request(tools, child, service, due=-20)
    await came(tools, request, -1)
    assert await days_of(tools, service) == {}


async def test_decisions_are_counted_from_the_request(tools, worker, child):
    await record_step(tools, worker, RecordStep(child.id, CaseStep.ASSESSMENT_DECIDED, date(2026, 2, 26)))
    async with tools.database.read() as db:
        assert await count_decision_days(db, date(2025, 3, 3)) == {45: 1}
        assert await count_decision_days(db, date(2026, 2, 27)) == {}


async def test_a_slow_service_is_said_to_miss_a_limit_before_it_does(county, tools, worker, child, service):
    elsewhere = await county.child(worker, "Fern")
    await keep(tools, *[answered(elsewhere, service, 130) for _ in range(5)])
    await a_request(tools, child, service, due=40, received_on=date(2026, 3, 1))
    said = await view_child_forecasts(tools, worker, child.id)
    assert [(each.clock, each.outlook) for each in said] == [
        ("advice", Outlook.WILL_MISS),
        ("decide_no_plan", Outlook.WILL_MISS),
        ("final_plan", Outlook.WILL_MISS),
    ]
    found = await view_forecasts(tools, worker)
    assert [each.record.child_id for each in found.cases] == [child.id]
    assert (found.by_clock["final_plan"], found.by_service) == (1, {"Educational psychology": 1})


async def test_four_answers_are_too_few_to_tell_and_stay_out_of_the_report(county, tools, worker, child, service):
    elsewhere = await county.child(worker, "Fern")
    await keep(tools, *[answered(elsewhere, service, 130) for _ in range(4)])
    await a_request(tools, child, service, due=40, received_on=date(2026, 3, 1))
    assert {each.outlook for each in await view_child_forecasts(tools, worker, child.id)} == {Outlook.TOO_FEW}
    assert not (await view_forecasts(tools, worker)).cases


async def test_a_thousand_cases_take_as_many_statements_as_one(county, tools, worker, child, service):
    await keep(tools, *[answered(child, service, 130) for _ in range(5)])
    await a_request(tools, child, service, due=40, received_on=date(2026, 3, 1))
    with count_statements(tools.database) as one:
        await view_forecasts(tools, worker)
    for number in range(12):
        other = await county.child(
            worker, f"Fern{number}", plan_status=PlanStatus.ASSESSMENT, assessment_requested_on=ASKED
        )
        await a_request(tools, other, service, due=40, received_on=date(2026, 3, 1))
    with count_statements(tools.database) as many:
        assert len((await view_forecasts(tools, worker)).cases) == 13
    assert many.number == one.number


async def test_an_administrator_sees_no_forecast(county, tools, child):
    administrator = await county.staff(role=Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        await view_forecasts(tools, administrator)
    with pytest.raises(NotAllowed):
        await view_child_forecasts(tools, administrator, child.id)
