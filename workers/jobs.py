"""What the service does by itself, and how often: the only list. Both runners run exactly this."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """One thing done again and again. It may run beside itself: leases and ledgers in the database see to that.

    ``is_woken``: also run at once after every change that calls ``tools.wake``.
    """

    name: str
    run: Callable[[Tools], Awaitable[object]]
    every: timedelta
    is_woken: bool = False


JOBS = (Job("deliver_outbox", deliver_outbox, timedelta(seconds=10), is_woken=True),)


async def run_job(job: Job, tools: Tools) -> bool:
    """Run a job once; whether it went well. A failure is logged, and the next run tries again."""
    try:
        await job.run(tools)
    except Exception:  # whatever went wrong in one run must not end the others
        log.exception("job_failed", job=job.name)
        return False
    return True
