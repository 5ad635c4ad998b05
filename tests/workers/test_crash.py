"""A worker dies at the worst moment: no letter is lost, and a repeat is the same letter to whoever reads it."""

import asyncio
import re
import signal
import sys
from collections import Counter
from dataclasses import replace

import pytest

from coord_service.domain.delivery import LEASE
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from integrations.mail.smtp import SmtpMailer, SmtpServer
from tests.builders import a_child, a_meeting, a_person, a_user
from tests.installation import StandingClock, clock
from tests.installation import tools as installation
from tests.servers.smtp import SmtpSink, TakenMail

__all__ = ["clock", "installation"]
PEOPLE = 2  # with the lead worker as many letters as a worker of one connection takes out at a time


async def run_until_killed(*words: object) -> None:
    command = [sys.executable, "-m", "tests.workers.crashing_child", *map(str, words)]
    child = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    async with asyncio.timeout(30):
        _, said = await child.communicate()
    assert child.returncode == -signal.SIGKILL, said.decode()


def identity(mail: TakenMail) -> tuple[str, str, str]:
    """What makes two copies one letter to a mail program and one meeting to a calendar: Message-ID, UID, SEQUENCE."""
    part = next(part for part in mail.message.walk() if part.get_content_type() == "text/calendar")
    calendar = str(part.get_content()).replace("\r\n ", "")
    uid, sequence = (
        re.search(r"^UID:(.+)$", calendar, re.MULTILINE),
        re.search(r"^SEQUENCE:(\d+)", calendar, re.MULTILINE),
    )
    assert uid is not None
    assert sequence is not None
    return str(mail.message["Message-ID"]), uid.group(1).strip(), sequence.group(1)


async def booked_letters(tools: Tools, clock: StandingClock) -> int:
    """Letters of a booking that wait in the outbox, past undoing; how many."""
    worker = await a_user(tools)
    people = [await a_person(tools) for _ in range(PEOPLE)]
    await a_meeting(tools, worker, await a_child(tools, worker), *people)
    clock.move(seconds=tools.settings.undo_seconds + 1)
    return PEOPLE + 1  # and the lead worker's own copy


@pytest.mark.parametrize(("point", "repeats"), [("lease", 0), ("send", 1), ("record", 0)])
async def test_no_letter_is_lost_and_a_repeat_is_the_same_letter(
    installation: Tools, clock: StandingClock, smtp: SmtpSink, point: str, repeats: int
):
    tools = replace(installation, mailer=SmtpMailer(SmtpServer(smtp.host, smtp.port, tls="none")))
    letters = await booked_letters(tools, clock)
    await run_until_killed(tools.settings.database, smtp.port, clock.now().isoformat(), point)
    before = len(smtp.mails)

    assert (await deliver_outbox(tools)).sent == 0  # the dead worker's lease still stands
    clock.move(seconds=LEASE.total_seconds() + 1)
    await deliver_outbox(tools)
    await tools.mailer.close()

    copies = Counter(identity(mail) for mail in smtp.mails)
    assert len(copies) == letters
    assert len(smtp.mails) == letters + repeats
    assert before == (0 if point == "lease" else 1)
    assert (await deliver_outbox(tools)).sent == 0


async def test_two_workers_side_by_side_send_every_letter_once(
    installation: Tools, clock: StandingClock, smtp: SmtpSink
):
    tools = replace(installation, mailer=SmtpMailer(SmtpServer(smtp.host, smtp.port, tls="none")))
    letters = await booked_letters(tools, clock)
    await asyncio.gather(*(deliver_outbox(tools) for _ in range(4)))
    await tools.mailer.close()
    assert len(smtp.mails) == len({identity(mail) for mail in smtp.mails}) == letters
