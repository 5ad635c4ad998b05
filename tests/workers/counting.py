"""Jobs that count their runs and can be held in the middle of one."""

import asyncio
from datetime import timedelta
from typing import Any

from coord_service.operations.tools import Tools
from workers.jobs import Job


class Counted:
    """A job's function: counts, waits while it is held, fails when told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.side_by_side = 0
        self.fails = False
        self.may_end = asyncio.Event()
        self.may_end.set()
        self._change = asyncio.Condition()

    async def __call__(self, _tools: Tools) -> None:
        self.begun += 1
        self.side_by_side = max(self.side_by_side, self.begun - self.ended)
        await self._tell()
        await self.may_end.wait()
        self.ended += 1
        await self._tell()
        if self.fails:
            raise RuntimeError("told to fail")

    async def _tell(self) -> None:
        async with self._change:
            self._change.notify_all()

    async def begun_times(self, number: int, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds), self._change:
            await self._change.wait_for(lambda: self.begun >= number)

    async def ended_times(self, number: int, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds), self._change:
            await self._change.wait_for(lambda: self.ended >= number)


class Ear:
    """A job's ``listen`` that counts: returns at once while the job fails, as a mailbox without a connection does."""

    def __init__(self, counted: Counted) -> None:
        self._counted = counted
        self.times = 0
        self.is_quiet = asyncio.Event()  # the job goes well again, and this waits for news

    async def __call__(self, _tools: Tools, _seconds: float) -> None:
        self.times += 1
        if not self._counted.fails:
            self.is_quiet.set()
        if not self._counted.fails or self.times > 9:  # a runner that spins must not take the test with it
            await asyncio.Event().wait()


HOUR = timedelta(hours=1)


def job(counted: Counted, every: timedelta = HOUR, *, name: str = "counted", **more: Any) -> Job:
    return Job(name, counted, every, **more)
