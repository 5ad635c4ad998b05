"""After silence nobody is flooded: one digest to each holder, and managers wait for a day, or for a manager's word."""

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from coord_service.domain.people import Role
from coord_service.errors import NotAllowed, Refused
from coord_service.operations.chase_guard import hold_escalations_longer, release_escalations, view_held
from coord_service.operations.chasing import Swept, rehearse_chases, send_due_chases
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import AuditEntry, Chase, ChaseWatch
from integrations.mail.demo_servers import DemoMail
from tests.advice_requests import Asking, start_asking
from tests.builders import a_child, a_user, actor_for
from tests.installation import StandingClock

MONDAY, TUESDAY, WEDNESDAY = date(2026, 4, 27), date(2026, 4, 28), date(2026, 4, 29)


@pytest.fixture
async def asking(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> Asking:
    """Ten requests that are late by more than five working days on Monday 27 April, and nobody has chased them."""
    asking = await start_asking(tools, clock, mail_servers)
    for _ in range(10):
        await asking.ask(child_id=(await a_child(tools, asking.worker)).id)
    return asking


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


async def sweep_on(asking: Asking, day: date, hour: int = 9) -> Swept:
    asking.clock.instant = at(day, hour)
    swept = await send_due_chases(asking.tools)
    await deliver_outbox(asking.tools)
    return swept


async def swept_before(asking: Asking, instant: datetime) -> None:
    async with asking.tools.database.begin() as db:
        (await db.get_one(ChaseWatch, 1)).swept_at = instant


async def test_the_first_run_writes_to_whoever_holds_it_and_to_managers_a_working_day_later(asking: Asking) -> None:
    assert await sweep_on(asking, MONDAY) == Swept(letters=1, chases=10)
    assert asking.mails(asking.service.manager_email) == []
    assert await sweep_on(asking, MONDAY, 15) == Swept()
    await sweep_on(asking, TUESDAY)
    assert len(asking.mails(asking.service.manager_email)) == 1
    async with asking.tools.database.read() as db:
        entry = await db.scalar(sa.select(AuditEntry).where(AuditEntry.verb == "hold_escalations"))
    assert entry is not None
    assert entry.details == {"until_on": "2026-04-27", "held": 10}


@pytest.mark.parametrize(
    ("last", "is_held"),
    [
        (at(date(2026, 4, 24)), False),
        (at(date(2026, 4, 22)), True),  # an outage
        (at(date(2026, 5, 20)), True),  # a clock set back
    ],
)
async def test_an_outage_and_a_clock_that_was_wrong_hold_managers_back(
    asking: Asking, last: datetime, is_held: bool
) -> None:
    await swept_before(asking, last)
    assert await sweep_on(asking, MONDAY) == (Swept(1, 10) if is_held else Swept(2, 20))


async def test_an_import_holds_managers_back(asking: Asking) -> None:
    await swept_before(asking, at(date(2026, 4, 24)))
    entry = AuditEntry(
        at=at(date(2026, 4, 25)), actor="job:import", verb="add_child", record_type="child", record_id=1, details={}
    )
    async with asking.tools.database.begin() as db:
        db.add(entry)
    assert await sweep_on(asking, MONDAY) == Swept(1, 10)


async def test_few_are_not_held(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> None:
    asking = await start_asking(tools, clock, mail_servers)
    await asking.ask()
    assert await sweep_on(asking, MONDAY) == Swept(letters=2, chases=2)


async def test_a_manager_sees_what_is_held_and_why_and_lets_it_go(asking: Asking) -> None:
    manager = actor_for(await a_user(asking.tools, Role.MANAGER))
    await sweep_on(asking, MONDAY)
    held = await view_held(asking.tools, manager)
    assert held.hold is not None
    assert held.hold.why == "It is the first time that anything is chased."
    assert {(each.owed.address, each.step.step) for each in held.chases} == {(asking.service.manager_email, "+5")}
    assert len(held.chases) == 10
    await release_escalations(asking.tools, manager)
    assert (await view_held(asking.tools, manager)).hold is None
    assert await sweep_on(asking, MONDAY, 12) == Swept(letters=1, chases=10)
    with pytest.raises(Refused):
        await release_escalations(asking.tools, manager)


async def test_a_manager_can_hold_it_longer_and_a_lead_worker_can_not(asking: Asking) -> None:
    manager = actor_for(await a_user(asking.tools, Role.MANAGER))
    await sweep_on(asking, MONDAY)
    assert await hold_escalations_longer(asking.tools, manager) == TUESDAY
    await sweep_on(asking, TUESDAY)
    assert asking.mails(asking.service.manager_email) == []
    await sweep_on(asking, WEDNESDAY)
    assert len(asking.mails(asking.service.manager_email)) == 1
    with pytest.raises(NotAllowed):
        await release_escalations(asking.tools, actor_for(asking.worker))


async def test_a_rehearsal_of_today_says_what_is_held_and_one_of_a_later_day_takes_it_that_sweeps_go_on(
    asking: Asking,
) -> None:
    asking.clock.instant = at(MONDAY, 8)
    today = await rehearse_chases(asking.tools, at(MONDAY))
    assert today.hold is not None
    assert (len(today.held), len(today.digests)) == (10, 1)
    later = await rehearse_chases(asking.tools, at(TUESDAY))
    assert (later.hold, len(later.held), len(later.digests)) == (None, 0, 2)


async def test_after_a_clock_that_was_years_ahead_chasing_goes_on(asking: Asking) -> None:
    """What went out in 2030 by the wrong clock counts as sent today: nobody is written to twice or forgotten."""
    await sweep_on(asking, date(2030, 4, 26))
    await sweep_on(asking, date(2030, 4, 29))
    letters = len(asking.mails(asking.shah.email))
    to_manager = len(asking.mails(asking.service.manager_email))
    assert await sweep_on(asking, MONDAY) == Swept()
    await sweep_on(asking, date(2026, 5, 6))
    assert len(asking.mails(asking.shah.email)) == letters + 1
    async with asking.tools.database.read() as db:
        assert await db.scalar(sa.select(sa.func.max(Chase.chased_at))) == at(date(2026, 5, 6))
    await sweep_on(asking, date(2026, 5, 7))  # after a day, as there was no sweep for a week
    assert len(asking.mails(asking.service.manager_email)) == to_manager + 1


async def test_a_hold_of_a_clock_that_was_years_ahead_ends_though_the_ledger_has_nothing_of_that_time(
    asking: Asking,
) -> None:
    async with asking.tools.database.begin() as db:
        watch = await db.get_one(ChaseWatch, 1)
        watch.swept_at, watch.held_until_on, watch.held_why = at(date(2030, 4, 26)), date(2030, 4, 26), "An outage."
    await sweep_on(asking, MONDAY)
    manager = actor_for(await a_user(asking.tools, Role.MANAGER))
    hold = (await view_held(asking.tools, manager)).hold
    assert hold is not None
    assert hold.until_on == MONDAY
    await sweep_on(asking, TUESDAY)
    assert len(asking.mails(asking.service.manager_email)) == 1
