"""Runs the jobs inside the process that asks for it: what a council without Redis has."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from coord_service.operations.tools import Tools
from workers.jobs import JOBS, Job, run_job

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
            await run_job(job, tools)
            await _wait(signal, job.every.total_seconds())


async def _wait(signal: asyncio.Event, seconds: float) -> None:
    """Until the signal, or that many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await signal.wait()
    except TimeoutError:
        return


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Give the tasks their grace, then cancel what still runs."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=GRACE)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
