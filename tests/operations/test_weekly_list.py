"""The list of the week of somebody who owes much, as it arrives."""

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from coord_service.operations.chasing import Swept, rehearse_chases, send_due_chases
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import AdviceRequest, Chase
from integrations.mail.demo_servers import DemoMail
from tests.advice_requests import Asking, start_asking, tokens_in, words_of
from tests.builders import a_child
from tests.installation import StandingClock

DUE = [date(2026, 4, 14), date(2026, 4, 15), date(2026, 4, 16), date(2026, 4, 17), date(2026, 4, 20)]


@pytest.fixture
async def asking(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> Asking:
    """Five requests of Dr Shah, the first with a reference of her own."""
    asking = await start_asking(tools, clock, mail_servers)
    for due_on in DUE:
        number = await asking.ask(child_id=(await a_child(tools, asking.worker)).id)
        async with tools.database.begin() as db:
            their_reference = "EP/44" if due_on == DUE[0] else None
            change = sa.update(AdviceRequest).where(AdviceRequest.id == number)
            await db.execute(change.values(due_on=due_on, their_reference=their_reference))
    return asking


async def sweep_on(asking: Asking, day: date) -> Swept:
    asking.clock.instant = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    swept = await send_due_chases(asking.tools)
    await deliver_outbox(asking.tools)
    return swept


async def holder_steps(tools: Tools) -> list[str]:
    async with tools.database.read() as db:
        rows = await db.scalars(sa.select(Chase.step).where(Chase.audience == "holder").order_by(Chase.id))
        return list(rows)


async def test_five_things_owed_make_one_list_a_week_and_little_besides(asking: Asking) -> None:
    assert await sweep_on(asking, date(2026, 4, 27)) == Swept(
        letters=2, chases=10
    )  # her list, and the one of her manager
    mail = asking.last(asking.shah.email)
    assert mail["Subject"] == "Your list of the week: 5 pieces of advice are late"
    words = words_of(mail)
    assert len(set(tokens_in(mail))) == 5
    assert "(yours: EP/44)" in words
    assert words.index("14 April") < words.index("15 April") < words.index("20 April")
    before = len(asking.mails(asking.shah.email))
    for day in (28, 29, 30):
        await sweep_on(asking, date(2026, 4, day))  # a step a day falls, for her and for her manager
    assert len(asking.mails(asking.shah.email)) == before
    await sweep_on(asking, date(2026, 5, 5))  # the Monday is a bank holiday
    assert len(asking.mails(asking.shah.email)) == before + 1
    assert asking.last(asking.shah.email)["Subject"].startswith("Your list of the week: ")


async def test_the_day_after_a_due_date_is_asked_about_besides_the_list(asking: Asking) -> None:
    await sweep_on(asking, date(2026, 4, 13))
    assert await holder_steps(asking.tools) == ["-3"] * 3 + ["-10"] * 2
    assert (await sweep_on(asking, date(2026, 4, 15))).chases == 3
    mail = asking.last(asking.shah.email)
    assert mail["Subject"] == "3 pieces of advice are due (1 late)"  # the +1 of one, the -3 of two
    assert "This is new today. 2 more are due from you, and stand in your list of the week." in words_of(mail)
    assert len(set(tokens_in(mail))) == 3


async def test_a_rehearsal_says_what_waits_for_the_list(asking: Asking) -> None:
    await sweep_on(asking, date(2026, 4, 21))
    rehearsal = await rehearse_chases(asking.tools, datetime(2026, 4, 22, 9, tzinfo=UTC))
    waiting = [each for each in rehearsal.not_chased if "list of the week" in each.why]
    assert [(each.due_on, each.look_again_on) for each in waiting] == [(date(2026, 4, 15), date(2026, 4, 27))]
