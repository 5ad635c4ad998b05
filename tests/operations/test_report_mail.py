"""The chase report by mail, once for each day it is due, and the alarm while anything is overdue and unchased."""

import asyncio
import email
import email.policy
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from coord_service.domain.people import Role
from coord_service.domain.report_times import Every
from coord_service.errors import NotAllowed
from coord_service.operations.report_mail import load_own_order, order_report, report_to_managers
from coord_service.storage.tables import OutboxLetter, ReportOrder, User
from tests.builders import a_child, a_person, a_service, a_user, actor_for
from tests.report_world import a_chase, a_plain_meeting, a_request, an_action

MONDAY = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)


@pytest.fixture
async def helen(tools):
    return await a_user(tools, Role.MANAGER, name="Helen Head", email="helen@council.example")


async def letters(tools, kind="chase_report"):
    async with tools.database.read() as db:
        rows = await db.execute(
            sa.select(OutboxLetter.recipient, OutboxLetter.content).where(OutboxLetter.letter == kind)
        )
    return [(to, email.message_from_bytes(raw, policy=email.policy.default)) for to, raw in rows]


def words_of(message) -> str:
    return " ".join(message.get_body(("plain",)).get_content().split())


async def late_advice(tools, *, is_chased=True):
    worker = await a_user(tools, name="Lena Lead")
    child = await a_child(tools, worker, given_name="Juniper", family_name="Testwood")
    request = await a_request(tools, child, await a_service(tools), -9)
    if is_chased:
        await a_chase(tools, request, -8)
    meeting = await a_plain_meeting(tools, worker, child, -30)
    await an_action(tools, meeting, child, await a_person(tools, "Dr Shah"), -5)


async def test_it_comes_on_the_next_monday_and_once(tools, clock, helen):
    await late_advice(tools)
    await order_report(tools, actor_for(helen), Every.WEEK)
    await report_to_managers(tools)
    assert await letters(tools) == []  # ordered on a Tuesday: this week's has been
    clock.instant = MONDAY
    for _ in range(3):
        await report_to_managers(tools)
    [(to, message)] = await letters(tools)
    assert to == "helen@council.example"
    words = words_of(message)
    assert "Monday 9 March" in message["Subject"]
    assert "at the end of Sunday 8 March" in words
    assert "1 of 1 open" in words
    assert "http://127.0.0.1:8080/reports/chase" in words
    for name in ("Juniper", "Testwood", "Shah", "Lena"):
        assert name not in words


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 3, 9, 7, 59, tzinfo=UTC),
        datetime(2026, 3, 8, 10, 0, tzinfo=UTC),
        datetime(2026, 4, 6, 10, 0, tzinfo=UTC),  # Easter Monday
    ],
)
async def test_it_waits_for_a_working_day_and_for_eight_oclock(tools, clock, helen, now):
    await order_report(tools, actor_for(helen), Every.WEEK)
    clock.instant = now
    await report_to_managers(tools)
    assert await letters(tools) == []


async def test_after_weeks_without_a_runner_one_comes_and_not_one_a_week(tools, clock, helen):
    await order_report(tools, actor_for(helen), Every.WEEK)
    clock.instant = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)
    await report_to_managers(tools)
    assert ["Monday 1 June" in message["Subject"] for _, message in await letters(tools)] == [True]


async def test_two_runners_at_once_send_one(tools, clock, helen):
    await late_advice(tools, is_chased=False)
    await order_report(tools, actor_for(helen), Every.WEEK)
    clock.instant = MONDAY
    await asyncio.gather(*(report_to_managers(tools) for _ in range(4)))
    assert len(await letters(tools)) == 1
    assert len(await letters(tools, "unchased_alarm")) == 1


async def test_an_order_can_be_changed_and_ended(tools, clock, helen):
    actor = actor_for(helen)
    assert await load_own_order(tools, actor) is None
    await order_report(tools, actor, Every.WEEK)
    await order_report(tools, actor, Every.MONTH)
    assert await load_own_order(tools, actor) is Every.MONTH
    clock.instant = MONDAY
    await report_to_managers(tools)
    assert await letters(tools) == []
    await order_report(tools, actor, None)
    await order_report(tools, actor, None)
    assert await load_own_order(tools, actor) is None
    clock.instant = datetime(2026, 4, 1, 10, 0, tzinfo=UTC)
    await report_to_managers(tools)
    assert await letters(tools) == []


@pytest.mark.parametrize("changes", [{"is_active": False}, {"role": Role.ADMINISTRATOR}])
async def test_whoever_may_not_see_it_any_more_gets_nothing(tools, clock, helen, changes):
    await order_report(tools, actor_for(helen), Every.WEEK)
    async with tools.database.begin() as db:
        await db.execute(sa.update(User).where(User.id == helen.id).values(**changes))
    clock.instant = MONDAY
    await report_to_managers(tools)
    assert await letters(tools) == []


async def test_an_administrator_can_not_order_it(tools):
    administrator = actor_for(await a_user(tools, Role.ADMINISTRATOR))
    with pytest.raises(NotAllowed):
        await order_report(tools, administrator, Every.WEEK)
    async with tools.database.read() as db:
        assert await db.scalar(sa.select(sa.func.count()).select_from(ReportOrder)) == 0


async def test_every_manager_hears_the_alarm_once_a_day_while_it_is_not_zero(tools, clock, helen):
    await a_user(tools, Role.MANAGER, email="max@council.example")
    await late_advice(tools, is_chased=False)
    for _ in range(2):
        await report_to_managers(tools)
    first = await letters(tools, "unchased_alarm")
    assert sorted(to for to, _ in first) == ["helen@council.example", "max@council.example"]
    assert first[0][1]["Subject"].startswith("1 overdue and nobody has chased")
    assert "1 overdue request for advice has had no reminder" in words_of(first[0][1])
    clock.move(days=1)
    await report_to_managers(tools)
    assert len(await letters(tools, "unchased_alarm")) == 4


async def test_no_alarm_is_raised_while_everything_is_chased(tools, helen):
    await late_advice(tools)
    await report_to_managers(tools)
    assert await letters(tools, "unchased_alarm") == []
