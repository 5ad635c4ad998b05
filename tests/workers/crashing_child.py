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

import sqlalchemy as sa

from coord_service.clock import StandingClock
from coord_service.domain.delivery import LetterState
from coord_service.ports import OutgoingMail, Receipt
from coord_service.settings import Settings
from coord_service.storage.database import Database
from coord_service.storage.tables import OutboxLetter
from integrations.mail.smtp import SmtpMailer, SmtpServer
from tests.workers.conftest import make_tools
from workers.embedded import EmbeddedJobs
from workers.jobs import JOBS


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL came back")


class KilledMailer:
    """Sends real mail, until the moment has come."""

    def __init__(self, inner: SmtpMailer, database: Database, point: str) -> None:
        self._inner = inner
        self._database = database
        self._point = point
        self._sent = 0

    async def send(self, mail: OutgoingMail) -> Receipt:
        if self._point == "lease":
            die()
        if self._point == "record" and self._sent:
            await self._first_is_on_record()
            die()
        receipt = await self._inner.send(mail)
        self._sent += 1
        if self._point == "send":
            die()
        return receipt

    async def _first_is_on_record(self) -> None:
        is_sent = sa.select(OutboxLetter.id).where(OutboxLetter.state == LetterState.SENT)
        while True:
            async with self._database.read() as db:
                if await db.scalar(is_sent) is not None:
                    return

    async def close(self) -> None:
        await self._inner.close()


async def work(database_url: str, smtp_port: int, now: datetime, point: str) -> None:
    database, smtp = Database(database_url), SmtpMailer(SmtpServer("127.0.0.1", smtp_port, tls="none", connections=1))
    mailer, clock = KilledMailer(smtp, database, point), StandingClock(now)
    one_at_a_time = Settings(database_url=database_url, smtp_connections=1)
    tools = make_tools(database_url, smtp_port, mailer=mailer, clock=clock, database=database, settings=one_at_a_time)
    async with EmbeddedJobs([job for job in JOBS if job.name == "deliver_outbox"]).running(tools):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]), sys.argv[4]))
