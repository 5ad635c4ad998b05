"""What goes wrong around a sweep: nobody is written to twice, nothing is forgotten."""

import asyncio
import signal
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from coord_service.domain.delivery import LetterState
from coord_service.operations.advice import withdraw_request
from coord_service.operations.chasing import Swept, send_due_chases
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Chase, OutboxLetter
from integrations.mail.demo_servers import DemoMail
from integrations.mail.smtp import SmtpMailer, SmtpServer
from tests.advice_requests import Asking, start_asking, words_of
from tests.builders import a_child, a_service, actor_for
from tests.installation import StandingClock
from tests.servers.smtp import Behaviour, SmtpSink


@pytest.fixture
async def asking(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> Asking:
    return await start_asking(tools, clock, mail_servers)


async def ask_of_services(asking: Asking, number: int) -> list[str]:
    """A request each of so many services; their mailboxes."""
    found: list[str] = []
    for _ in range(number):
        service, child = await a_service(asking.tools), await a_child(asking.tools, asking.worker)
        await asking.ask(service_id=service.id, person_id=None, child_id=child.id)
        found.append(service.mailbox or "")
    return found


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


async def chased(tools: Tools) -> list[tuple[int, str, str]]:
    async with tools.database.read() as db:
        rows = await db.execute(sa.select(Chase.subject_id, Chase.step, Chase.address).order_by(Chase.id))
        return [(number, step, address) for number, step, address in rows]


async def test_three_days_without_a_mail_server_end_in_one_mail_that_speaks_of_its_own_day(
    asking: Asking, smtp: SmtpSink
) -> None:
    await asking.ask()
    sibling = await a_child(asking.tools, asking.worker)
    asking.clock.move(days=1)
    await asking.ask(child_id=sibling.id)  # due on 14 and 15 April: from the 15th on a step falls every day
    mailer = SmtpMailer(SmtpServer(smtp.host, smtp.port, tls="none"))
    tools = replace(asking.tools, mailer=mailer)
    smtp.behaviour = Behaviour.TOO_MANY
    for day in (15, 16, 17):
        for hour in (8, 12, 16):
            asking.clock.instant = at(date(2026, 4, day), hour)
            await send_due_chases(tools)
            await deliver_outbox(tools)
    assert smtp.mails == []
    smtp.behaviour = Behaviour.ACCEPT
    for hour in (8, 9, 10):
        asking.clock.instant = at(date(2026, 4, 20), hour)
        await deliver_outbox(tools)
        await send_due_chases(tools)
        await deliver_outbox(tools)
    await mailer.close()
    (mail,) = smtp.mails
    words = words_of(mail.message)
    assert "6 days late" in words
    assert "5 days late" in words
    assert Counter(step for _, step, _ in await chased(tools)) == {"+1": 2}


async def test_a_mail_that_could_not_go_by_six_waits_for_the_next_morning(asking: Asking, smtp: SmtpSink) -> None:
    await asking.ask()
    mailer = SmtpMailer(SmtpServer(smtp.host, smtp.port, tls="none"))
    tools = replace(asking.tools, mailer=mailer)
    asking.clock.instant = datetime(2026, 4, 15, 16, 59, tzinfo=UTC)
    assert await send_due_chases(tools) == Swept(letters=1, chases=1)
    asking.clock.move(minutes=1)
    await deliver_outbox(tools)
    assert (smtp.mails, await chased(tools)) == ([], [])
    asking.clock.instant = datetime(2026, 4, 16, 7, 0, tzinfo=UTC)
    assert await send_due_chases(tools) == Swept(letters=1, chases=1)
    await deliver_outbox(tools)
    await mailer.close()
    assert len(smtp.mails) == 1


@pytest.mark.parametrize("letters_before", [0, 1, 2])
async def test_a_worker_killed_in_the_middle_of_a_sweep_leaves_nothing_half_done(
    asking: Asking, letters_before: int
) -> None:
    mailboxes = await ask_of_services(asking, 3)
    asking.clock.instant = at(date(2026, 4, 15))
    words = [asking.tools.settings.database, asking.clock.now().isoformat(), str(letters_before)]
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.operations.killed_sweep", *words, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, said = await child.communicate()
    assert child.returncode == -signal.SIGKILL, said.decode()
    async with asking.tools.database.read() as db:
        waiting = await db.scalar(
            sa.select(sa.func.count()).where(
                OutboxLetter.letter == "chase_advice", OutboxLetter.state == LetterState.WAITING
            )
        )
    assert waiting == len(await chased(asking.tools)) == letters_before
    asking.clock.move(minutes=15)
    assert await send_due_chases(asking.tools) == Swept(3 - letters_before, 3 - letters_before)
    await deliver_outbox(asking.tools)
    assert Counter(address for *_, address in await chased(asking.tools)) == Counter(mailboxes)
    assert [len(asking.mails(mailbox)) for mailbox in mailboxes] == [2, 2, 2]  # the request, and one chase


async def test_a_clock_set_back_by_days_sends_nothing_again_and_goes_on(asking: Asking) -> None:
    await asking.ask()
    asking.clock.instant = at(date(2026, 4, 15))
    assert await send_due_chases(asking.tools) == Swept(1, 1)
    await deliver_outbox(asking.tools)
    for day in (10, 13, 14, 15, 16, 17, 20):
        asking.clock.instant = at(date(2026, 4, day), 10)
        assert await send_due_chases(asking.tools) == Swept()
    asking.clock.instant = at(date(2026, 4, 21), 10)
    assert (await send_due_chases(asking.tools)).chases == 2  # +5, to her and to her manager


async def test_an_answer_in_the_same_second_as_the_sweep_stops_the_letter(asking: Asking) -> None:
    """The answer and the sweep run at once; whichever comes first, nobody who has answered gets the letter."""
    number = await asking.ask()
    asking.clock.instant = at(date(2026, 4, 15))
    before = len(asking.mails(asking.shah.email))
    await asyncio.gather(
        send_due_chases(asking.tools), withdraw_request(asking.tools, actor_for(asking.worker), number, "By mistake")
    )
    await deliver_outbox(asking.tools)
    new = [mail["Subject"] for mail in asking.mails(asking.shah.email)[before:]]
    assert not [subject for subject in new if "late" in subject]
    assert await chased(asking.tools) == []
