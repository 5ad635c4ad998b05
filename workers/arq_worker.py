"""Runs the same jobs from Redis with arq: for a council with several web processes. The only module that knows arq.

Redis makes the jobs quicker and wider, never more correct: what is to be done stands in the database, and a wake-up
call that Redis loses is made good by the next round.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, timedelta
from typing import Any

import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.constants import health_check_key_suffix
from arq.cron import CronJob, cron
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from coord_service.operations.tools import Tools
from workers.embedded import GRACE, pause
from workers.jobs import JOBS, Job, run_job

log = structlog.get_logger()

QUEUE = "coord:jobs"
LONGEST_RUN = timedelta(minutes=10)  # a run that takes longer is ended; what it had leased comes round again
AGAIN_AFTER = 2.0  # seconds before Redis is tried again
UNREACHABLE = (RedisError, OSError)


class Turn:
    """A job of which one run goes on at a time in this process; called meanwhile, it runs once more afterwards."""

    def __init__(self, job: Job, tools: Tools) -> None:
        self.job = job
        self.went_well = True  # the last run; before the first nothing has failed
        self._tools = tools
        self._is_wanted = False
        self._has_ended = asyncio.Event()
        self._has_ended.set()

    async def take(self) -> None:
        """Run the job now, or once more after the present run."""
        self._is_wanted = True
        if not self._has_ended.is_set():
            return
        self._has_ended.clear()
        try:
            while self._is_wanted:
                self._is_wanted = False
                self.went_well = await run_job(self.job, self._tools)
        finally:
            self._has_ended.set()

    async def end(self) -> None:
        """Until no run goes on."""
        await self._has_ended.wait()


async def check_redis(redis_url: str) -> bool:
    """Whether a worker runs the jobs. Raises RedisError or OSError when Redis can't be reached."""
    async with await _connect(redis_url) as pool:
        return bool(await pool.exists(f"{QUEUE}{health_check_key_suffix}"))


class ArqWake:
    """Tells the workers through Redis that there is something to do. Redis being away is logged and otherwise fine."""

    def __init__(self, redis_url: str, jobs: Sequence[Job] = JOBS) -> None:
        self._redis_url = redis_url
        self._names = [job.name for job in jobs if job.is_woken]
        self._pool: ArqRedis | None = None

    async def __call__(self) -> None:
        """Put the woken jobs into the queue."""
        try:
            if self._pool is None:
                self._pool = await _connect(self._redis_url)
            for name in self._names:
                await self._pool.enqueue_job(name)
        except UNREACHABLE as error:
            log.warning("wake_failed", error=type(error).__name__)

    async def close(self) -> None:
        """Leave Redis."""
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None


async def run_worker(tools: Tools, redis_url: str, stop: asyncio.Event, jobs: Sequence[Job] = JOBS) -> None:
    """Run the jobs until ``stop`` is set. Redis may come and go meanwhile."""
    turns = [Turn(job, tools) for job in jobs]
    listening = [asyncio.create_task(_listen(turn, tools)) for turn in turns if turn.job.listen is not None]
    try:
        await _follow_redis(turns, redis_url, stop)
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)


async def _listen(turn: Turn, tools: Tools) -> None:
    """Run the job whenever it hears something (new mail), whether Redis is there or not."""
    while True:
        await pause(turn.job, tools, went_well=turn.went_well)
        await turn.take()
        await turn.end()  # a run of somebody else's may go on: listening beside it would hear itself at once


async def _follow_redis(turns: Sequence[Turn], redis_url: str, stop: asyncio.Event) -> None:
    is_away = False
    while not stop.is_set():
        try:
            async with await _connect(redis_url) as pool:
                is_away = False
                await _run_until(_worker(turns, pool), stop)
        except UNREACHABLE as error:
            if not is_away:
                log.warning("redis_unreachable", error=type(error).__name__)
            is_away = True
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), AGAIN_AFTER)


async def _run_until(worker: Worker, stop: asyncio.Event) -> None:
    """Run one arq worker until it ends by itself or is asked to stop; then runs in progress have their grace."""
    running = asyncio.create_task(worker.async_run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return running.result()
        worker.allow_pick_jobs = False
        if worker.tasks:
            await asyncio.wait(worker.tasks.values(), timeout=GRACE)
    finally:
        left = [running, stopping, *worker.tasks.values()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _worker(turns: Sequence[Turn], pool: ArqRedis) -> Worker:
    return Worker(
        functions=[func(_coroutine(turn), name=turn.job.name, max_tries=1, keep_result=0) for turn in turns],
        cron_jobs=[_cron(turn) for turn in turns],
        queue_name=QUEUE,
        redis_pool=pool,
        handle_signals=False,
        max_tries=1,
        keep_result=0,
        job_timeout=LONGEST_RUN,
        job_serializer=_to_json,
        job_deserializer=json.loads,
        log_results=False,
        timezone=UTC,
        health_check_interval=60,  # how often a worker says that it lives
    )


def _cron(turn: Turn) -> CronJob:
    """As arq's fields: ``every`` divides a minute or an hour evenly."""
    seconds = int(turn.job.every.total_seconds())
    times: dict[str, Any]
    if seconds < 60:
        times = {"second": set(range(0, 60, seconds))}
    else:
        times = {"minute": set(range(0, 60, seconds // 60)), "second": 0}
    return cron(_coroutine(turn), name=f"cron:{turn.job.name}", unique=True, run_at_startup=True, **times)


def _coroutine(turn: Turn) -> WorkerCoroutine:
    async def take(ctx: dict[Any, Any]) -> None:  # noqa: ARG001 - arq passes it by this name
        await turn.take()

    return take


async def _connect(redis_url: str) -> ArqRedis:
    """A pool of connections that has answered once. Raises RedisError or OSError at once when nobody does."""
    address = RedisSettings.from_dsn(redis_url)
    address.conn_retries = 0
    return await create_pool(address, job_serializer=_to_json, job_deserializer=json.loads, default_queue_name=QUEUE)


def _to_json(value: Any) -> bytes:
    """Nothing but names and numbers goes through Redis. An exception, which arq reports as a value, by its name."""
    return json.dumps(value, default=repr).encode()
