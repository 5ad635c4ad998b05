"""A pause: with a reason and an end, nobody is reminded in it, and no date moves."""

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from coord_service.errors import InvalidForm, Refused
from coord_service.operations.advice import withdraw_request
from coord_service.operations.advice_page import view_request
from coord_service.operations.chase_pauses import PauseChasing, pause_chasing, resume_chasing
from coord_service.operations.chasing import Swept, rehearse_chases, send_due_chases
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import AuditEntry
from integrations.mail.demo_servers import DemoMail
from tests.advice_requests import Asking, start_asking, tokens_in, words_of
from tests.builders import a_child, actor_for
from tests.installation import StandingClock


@pytest.fixture
async def asking(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> Asking:
    """What is asked for is due on Tuesday 14 April."""
    return await start_asking(tools, clock, mail_servers)


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


async def pause(asking: Asking, number: int, until_on: date) -> None:
    words = PauseChasing(number, until_on, "Their clinic moves house.")
    await pause_chasing(asking.tools, actor_for(asking.worker), words)


async def test_nobody_is_reminded_until_the_pause_is_over_and_then_once(asking: Asking) -> None:
    number = await asking.ask()
    asking.clock.instant = at(date(2026, 4, 10))
    await pause(asking, number, date(2026, 4, 17))
    for day in (13, 15, 17):
        asking.clock.instant = at(date(2026, 4, day))
        assert await send_due_chases(asking.tools) == Swept()
    asking.clock.instant = at(date(2026, 4, 20))
    assert await send_due_chases(asking.tools) == Swept(letters=1, chases=1)
    assert (await asking.load(number)).due_on == date(2026, 4, 14)


async def test_a_rehearsal_says_that_it_is_paused(asking: Asking) -> None:
    await pause(asking, await asking.ask(), date(2026, 4, 14))
    (waiting,) = (await rehearse_chases(asking.tools, at(date(2026, 4, 9)))).not_chased
    assert (waiting.why, waiting.look_again_on) == ("Paused until 14 April 2026.", date(2026, 4, 15))


async def test_a_digest_about_something_else_says_nothing_of_what_is_paused(asking: Asking) -> None:
    sibling = await a_child(asking.tools, asking.worker)
    number = await asking.ask()
    await asking.ask(child_id=sibling.id)
    asking.clock.instant = at(date(2026, 4, 10))
    await pause(asking, number, date(2026, 4, 17))
    asking.clock.instant = at(date(2026, 4, 15))
    assert await send_due_chases(asking.tools) == Swept(letters=1, chases=1)
    await deliver_outbox(asking.tools)
    mail = asking.last(asking.shah.email)
    assert asking.child.reference not in words_of(mail)
    assert len(set(tokens_in(mail))) == 1


@pytest.mark.parametrize(("paused_until_on", "weekly_list"), [(17, False), (14, True)])
async def test_what_is_paused_does_not_count_towards_the_list_of_the_week(
    asking: Asking, paused_until_on: int, weekly_list: bool
) -> None:
    numbers = [
        await asking.ask(child_id=(await a_child(asking.tools, asking.worker)).id)
        for _ in range(asking.tools.rulebook.list_from)
    ]
    asking.clock.instant = at(date(2026, 4, 10))
    await pause(asking, numbers[0], date(2026, 4, paused_until_on))
    rehearsed = await rehearse_chases(asking.tools, at(date(2026, 4, 15)))
    assert rehearsed.digests[0].owes_much is weekly_list


async def test_a_pause_stops_a_letter_that_has_not_gone_yet(asking: Asking) -> None:
    number = await asking.ask()
    asking.clock.instant = at(date(2026, 4, 15))
    assert (await send_due_chases(asking.tools)).letters == 1
    await pause(asking, number, date(2026, 4, 17))
    before = len(asking.mails(asking.shah.email))
    await deliver_outbox(asking.tools)
    assert len(asking.mails(asking.shah.email)) == before


async def test_a_pause_can_be_ended_and_stands_in_the_history_with_its_reason(asking: Asking) -> None:
    number, worker = await asking.ask(), actor_for(asking.worker)
    asking.clock.instant = at(date(2026, 4, 15))
    await pause(asking, number, date(2026, 4, 30))
    assert (await view_request(asking.tools, worker, number)).is_paused
    await resume_chasing(asking.tools, worker, number)
    view = await view_request(asking.tools, worker, number)
    assert not view.is_paused
    assert [(line.what, line.words) for line in view.history[-2:]] == [
        ("Reminders paused", "Until 30 April 2026. Their clinic moves house."),
        ("Reminders go on", ""),
    ]
    assert (await send_due_chases(asking.tools)).letters == 1
    async with asking.tools.database.read() as db:
        verbs = list(await db.scalars(sa.select(AuditEntry.verb).where(AuditEntry.verb.like("%_chasing"))))
    assert verbs == ["pause_chasing", "resume_chasing"]
    with pytest.raises(Refused):
        await resume_chasing(asking.tools, worker, number)


@pytest.mark.parametrize(("until_on", "is_refused"), [(2, True), (3, False)])
async def test_a_pause_ends_today_or_later(asking: Asking, until_on: int, is_refused: bool) -> None:
    number = await asking.ask()
    if is_refused:
        with pytest.raises(InvalidForm):
            await pause(asking, number, date(2026, 3, until_on))
    else:
        await pause(asking, number, date(2026, 3, until_on))


async def test_a_pause_lasts_six_weeks_at_most_and_of_nothing_that_is_over(asking: Asking) -> None:
    number = await asking.ask()
    await pause(asking, number, date(2026, 4, 14))
    with pytest.raises(InvalidForm):
        await pause(asking, number, date(2026, 4, 15))
    await withdraw_request(asking.tools, actor_for(asking.worker), number, "By mistake")
    with pytest.raises(Refused):
        await pause(asking, number, date(2026, 4, 14))
