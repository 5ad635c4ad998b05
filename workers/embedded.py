"""Runs the jobs inside the process that asks for it: what a council without Redis has."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog

from coord_service.errors import TemporaryFailure
from coord_service.operations.tools import Tools
from workers.jobs import JOBS, Job, run_job

log = structlog.get_logger()

GRACE = 20.0  # seconds that a run in progress has to end by itself: one mail's time limit and a little


class EmbeddedJobs:
    """A task for each job; ``wake`` is what ``bootstrap.build`` wants."""

    def __init__(self, jobs: Sequence[Job] = JOBS) -> None:
        self._jobs = jobs
        self._signals = {job.name: asyncio.Event() for job in jobs}
        self._is_stopping = False

    async def wake(self) -> None:
        """Run the jobs that wait for a change, now."""
        for job in self._jobs:
            if job.is_woken:
                self._signals[job.name].set()

    @asynccontextmanager
    async def running(self, tools: Tools) -> AsyncIterator[None]:
        """Run the jobs for the length of the block. At its end a run in progress may finish; nothing new begins."""
        tasks = [asyncio.create_task(self._repeat(job, tools), name=job.name) for job in self._jobs]
        try:
            yield
        finally:
            self._is_stopping = True
            for signal in self._signals.values():
                signal.set()
            await _end(tasks)

    async def _repeat(self, job: Job, tools: Tools) -> None:
        signal = self._signals[job.name]
        while not self._is_stopping:
            signal.clear()
            went_well = await run_job(job, tools)
            await _first_of(signal.wait(), pause(job, tools, went_well=went_well))


async def pause(job: Job, tools: Tools, *, went_well: bool) -> None:
    """Until the job's next round, or what it listens for.

    After a run that failed by the clock alone: what can't be read (a mailbox without a connection) ends every listening
    at once, and the job would run without a pause.
    """
    seconds = job.every.total_seconds()
    if job.listen is not None and went_well:
        try:
            await job.listen(tools, seconds)
        except TemporaryFailure as error:  # deaf for now: go by the clock
            log.warning("job_does_not_hear", job=job.name, why=type(error).__name__)
        except Exception:  # whatever is wrong with the listening must not end the job: go by the clock
            log.exception("job_does_not_hear", job=job.name)
        else:
            return
    await asyncio.sleep(seconds)


async def _first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Return when one of them ends; the others are cancelled."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Give the tasks their grace, then cancel what still runs."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=GRACE)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
