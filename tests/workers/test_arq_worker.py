"""Jobs from a real Redis."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from redis.asyncio import Redis

from coord_service.operations.inbound import read_mailbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import InboundMail
from integrations.itip.codec import ItipCodec
from integrations.mail.demo_servers import DemoMail
from integrations.mail.imap import ImapMailbox, ImapServer
from tests.operations.attendee_mail import send, write_words
from tests.servers.processes import folder_for_servers, free_port, running
from tests.servers.redis import redis_binary
from tests.workers.counting import Counted, Ear, job
from workers.arq_worker import ArqWake, run_worker
from workers.jobs import Job, listen_for_mail

pytestmark = pytest.mark.xdist_group("redis")


@asynccontextmanager
async def working(tools: Tools, redis_url: str, *jobs: Job) -> AsyncIterator[None]:
    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(tools, redis_url, stop, jobs))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await worker


@asynccontextmanager
async def waking(redis_url: str, *jobs: Job) -> AsyncIterator[ArqWake]:
    wake = ArqWake(redis_url, jobs)
    yield wake
    await wake.close()


async def test_every_job_runs_at_the_start(tools: Tools, redis_url: str):
    counted = Counted()
    async with working(tools, redis_url, job(counted)):
        await counted.ended_times(1)


async def test_a_job_comes_round_again(tools: Tools, redis_url: str):
    counted = Counted()
    async with working(tools, redis_url, job(counted, timedelta(seconds=1))):
        await counted.ended_times(3)


async def test_a_wake_up_call_runs_the_job_at_once(tools: Tools, redis_url: str):
    counted = Counted()
    woken = job(counted, is_woken=True)
    async with working(tools, redis_url, woken), waking(redis_url, woken) as wake:
        await counted.ended_times(1)
        await wake()
        await counted.ended_times(2)


async def test_many_wake_up_calls_do_not_run_a_job_beside_itself(tools: Tools, redis_url: str):
    counted = Counted()
    counted.may_end.clear()
    woken = job(counted, is_woken=True)
    async with working(tools, redis_url, woken), waking(redis_url, woken) as wake:
        await counted.begun_times(1)
        for _ in range(20):
            await wake()
        counted.may_end.set()
        await counted.ended_times(2)
    assert counted.side_by_side == 1


async def test_a_run_that_fails_is_followed_by_the_next(tools: Tools, redis_url: str):
    counted = Counted()
    counted.fails = True
    woken = job(counted, is_woken=True)
    async with working(tools, redis_url, woken), waking(redis_url, woken) as wake:
        await counted.ended_times(1)
        await wake()
        await counted.ended_times(2)


async def test_redis_is_told_a_name_and_nothing_else(redis_url: str):
    async with waking(redis_url, job(Counted(), is_woken=True, name="deliver_outbox")) as wake:
        await wake()
    async with Redis.from_url(redis_url) as redis:
        [key] = await redis.keys("arq:job:*")
        kept = json.loads(await redis.get(key))
    assert (kept["f"], kept["a"], kept["k"]) == ("deliver_outbox", [], {})


async def test_waking_without_redis_does_no_harm():
    async with waking(f"redis://127.0.0.1:{free_port()}/0", job(Counted(), is_woken=True)) as wake:
        await wake()


async def test_the_worker_waits_for_redis_and_survives_its_restart(tools: Tools):
    port, counted = free_port(), Counted()
    command = [redis_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    url = f"redis://127.0.0.1:{port}/0"
    woken = job(counted, is_woken=True)
    with folder_for_servers() as folder:
        async with working(tools, url, woken):
            with running(command, port, folder / "first.log"):
                await counted.ended_times(1)
            with running(command, port, folder / "second.log"):
                async with waking(url, woken) as wake:
                    await wake()
                await counted.ended_times(2)


async def test_mail_is_read_when_the_mailbox_announces_it_and_not_when_the_clock_says_so(
    tools: Tools, redis_url: str, mail_servers: DemoMail
):
    class Reading(Counted):
        """Reads the mailbox, and is counted."""

        async def __call__(self, tools: Tools) -> None:
            await read_mailbox(tools)
            await super().__call__(tools)

    async def has_read(number: int) -> None:
        ended = reading.ended
        while len(await kept(tools)) < number:
            await reading.ended_times(ended + 1)
            ended = reading.ended

    reading = Reading()
    server = ImapServer(mail_servers.host, mail_servers.imap_port, mail_servers.user, mail_servers.password, tls=False)
    tools = replace(tools, mailbox=ImapMailbox(server), codec=ItipCodec())
    assert tools.mailbox is not None
    async with working(tools, redis_url, job(reading, name="read_mailbox", listen=listen_for_mail)):
        await reading.ended_times(1)
        for number in (1, 2):
            mail = write_words("zoe@nhs.example", f"Question {number}")
            await asyncio.to_thread(send, mail_servers, mail)
            await has_read(number)
    await tools.mailbox.close()


async def kept(tools: Tools) -> list[int]:
    async with tools.database.read() as db:
        return list(await db.scalars(sa.select(InboundMail.id)))


async def test_after_a_run_that_failed_only_a_wake_up_call_or_the_end_comes_before_the_next_round(
    tools: Tools, redis_url: str
):
    counted = Counted()
    counted.fails = True
    ear = Ear(counted)
    woken = job(counted, is_woken=True, listen=ear)
    async with working(tools, redis_url, woken), waking(redis_url, woken) as wake:
        await counted.ended_times(2)  # what was heard at the start, and the worker's own first round
        await wake()
        await counted.ended_times(3)
        assert ear.times == 1


async def test_a_job_that_fails_comes_round_by_the_clock_and_listens_once_it_goes_well(tools: Tools, redis_url: str):
    counted = Counted()
    counted.fails = True
    ear = Ear(counted)
    async with working(tools, redis_url, job(counted, timedelta(seconds=1), listen=ear)):
        await counted.ended_times(3)
        assert ear.times == 1
        counted.fails = False
        async with asyncio.timeout(10):
            await ear.is_quiet.wait()


async def test_stopping_lets_a_run_in_progress_end(tools: Tools, redis_url: str):
    counted = Counted()
    counted.may_end.clear()
    async with working(tools, redis_url, job(counted)):
        await counted.begun_times(1)
        asyncio.get_running_loop().call_later(0.05, counted.may_end.set)
    assert (counted.begun, counted.ended) == (1, 1)
