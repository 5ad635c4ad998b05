"""A worker that is killed at a chosen point: run as a script by the test beside it.

    python -m tests.workers.crashing_child DATABASE_URL SMTP_PORT NOW POINT

POINT is lease (letters are leased, none is sent), send (the first is sent, and not on record), record (the first is on
record, the others are leased).
"""

import asyncio
import os
import signal
import sys
from datetime import datetime
from typing import NoReturn

from coord_service.clock import StandingClock
from coord_service.ports import OutgoingMail, Receipt
from integrations.mail.smtp import SmtpMailer, SmtpServer
from tests.workers.conftest import make_tools
from workers.embedded import EmbeddedJobs
from workers.jobs import JOBS


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL came back")


class KilledMailer:
    """Sends real mail, until the moment has come."""

    def __init__(self, inner: SmtpMailer, point: str) -> None:
        self._inner = inner
        self._point = point
        self._sent = 0

    async def send(self, mail: OutgoingMail) -> Receipt:
        if self._point == "lease" or (self._point == "record" and self._sent):
            die()
        receipt = await self._inner.send(mail)
        self._sent += 1
        if self._point == "send":
            die()
        return receipt

    async def close(self) -> None:
        await self._inner.close()


async def work(database_url: str, smtp_port: int, now: datetime, point: str) -> None:
    mailer = KilledMailer(SmtpMailer(SmtpServer("127.0.0.1", smtp_port, tls="none")), point)
    tools = make_tools(database_url, smtp_port, mailer=mailer, clock=StandingClock(now))
    async with EmbeddedJobs([job for job in JOBS if job.name == "deliver_outbox"]).running(tools):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]), sys.argv[4]))
