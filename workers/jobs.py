"""What the service does by itself, and how often: the only list. Both runners run exactly this."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from coord_service.errors import TemporaryFailure
from coord_service.operations.chasing import send_due_chases
from coord_service.operations.following import follow_calendars
from coord_service.operations.inbound import read_mailbox
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.poll_rounds import tend_polls
from coord_service.operations.report_mail import report_to_managers
from coord_service.operations.tools import Tools
from coord_service.operations.writing_events import write_events

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """One thing done again and again. It may run beside itself: leases and ledgers in the database see to that.

    ``is_woken``: also run at once after every change that calls ``tools.wake``. ``listen`` ends when something outside
    gives reason to run before ``every`` is over, at the latest after that many seconds.
    """

    name: str
    run: Callable[[Tools], Awaitable[object]]
    every: timedelta
    is_woken: bool = False
    listen: Callable[[Tools, float], Awaitable[None]] | None = None


async def listen_for_mail(tools: Tools, seconds: float) -> None:
    """Return when the mailbox says that mail has come (IDLE), else after ``seconds``."""
    if tools.mailbox is None:
        await asyncio.sleep(seconds)
        return
    await tools.mailbox.wait(seconds)


JOBS = (
    Job("deliver_outbox", deliver_outbox, timedelta(seconds=10), is_woken=True),
    Job("write_events", write_events, timedelta(seconds=10), is_woken=True),
    Job("follow_calendars", follow_calendars, timedelta(seconds=60)),
    Job("read_mailbox", read_mailbox, timedelta(seconds=30), listen=listen_for_mail),
    Job("tend_polls", tend_polls, timedelta(minutes=5)),
    Job("send_due_chases", send_due_chases, timedelta(minutes=15)),
    Job("report_to_managers", report_to_managers, timedelta(minutes=15)),
)


async def run_job(job: Job, tools: Tools) -> bool:
    """Run a job once; whether it went well. A failure is logged, and the next run tries again."""
    try:
        await job.run(tools)
    except TemporaryFailure as error:  # of a server outside: its words say enough, and say no names
        log.warning("job_waits", job=job.name, why=str(error))
        return False
    except Exception:  # whatever went wrong in one run must not end the others
        log.exception("job_failed", job=job.name)
        return False
    return True
