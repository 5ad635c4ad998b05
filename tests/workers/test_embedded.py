"""Jobs inside the web process."""

import asyncio
from datetime import timedelta

from coord_service.errors import TemporaryFailure
from coord_service.operations.tools import Tools
from tests.workers.counting import Counted, Ear, job
from workers.embedded import EmbeddedJobs


async def test_every_job_runs_once_at_the_start(tools: Tools):
    first, second = Counted(), Counted()
    async with EmbeddedJobs([job(first, name="first"), job(second, name="second")]).running(tools):
        await first.ended_times(1)
        await second.ended_times(1)
    assert (first.begun, second.begun) == (1, 1)


async def test_a_job_comes_round_again(tools: Tools):
    counted = Counted()
    async with EmbeddedJobs([job(counted, timedelta(milliseconds=1))]).running(tools):
        await counted.ended_times(3)


async def test_a_wake_up_call_runs_the_jobs_that_wait_for_it_and_no_others(tools: Tools):
    woken, other = Counted(), Counted()
    jobs = EmbeddedJobs([job(woken, is_woken=True, name="woken"), job(other, name="other")])
    async with jobs.running(tools):
        await woken.ended_times(1)
        await other.ended_times(1)
        await jobs.wake()
        await woken.ended_times(2)
    assert other.begun == 1


async def test_a_wake_up_call_during_a_run_is_not_lost(tools: Tools):
    counted = Counted()
    counted.may_end.clear()
    jobs = EmbeddedJobs([job(counted, is_woken=True)])
    async with jobs.running(tools):
        await counted.begun_times(1)
        await jobs.wake()  # what it is about may have come too late for the run that goes on
        counted.may_end.set()
        await counted.ended_times(2)
    assert counted.side_by_side == 1


async def test_a_run_that_fails_does_not_end_the_job(tools: Tools):
    counted = Counted()
    counted.fails = True
    async with EmbeddedJobs([job(counted, timedelta(milliseconds=1))]).running(tools):
        await counted.ended_times(2)


async def test_stopping_lets_a_run_in_progress_end(tools: Tools):
    counted = Counted()
    counted.may_end.clear()
    async with EmbeddedJobs([job(counted)]).running(tools):
        await counted.begun_times(1)
        asyncio.get_running_loop().call_soon(counted.may_end.set)
    assert (counted.begun, counted.ended) == (1, 1)


async def test_stopping_does_not_wait_for_the_next_round(tools: Tools):
    counted = Counted()
    async with asyncio.timeout(10), EmbeddedJobs([job(counted)]).running(tools):
        await counted.ended_times(1)


async def test_a_job_that_listens_runs_when_it_hears_something(tools: Tools):
    counted, call = Counted(), asyncio.Event()

    async def listen(_tools: Tools, _seconds: float) -> None:
        await call.wait()
        call.clear()

    async with EmbeddedJobs([job(counted, listen=listen)]).running(tools):
        await counted.ended_times(1)
        call.set()
        await counted.ended_times(2)


async def test_a_job_that_cannot_listen_goes_by_the_clock(tools: Tools):
    async def deaf(_tools: Tools, _seconds: float) -> None:
        raise TemporaryFailure("no mail server there")

    counted = Counted()
    async with EmbeddedJobs([job(counted, timedelta(milliseconds=1), listen=deaf)]).running(tools):
        await counted.ended_times(3)


async def test_after_a_run_that_failed_only_a_wake_up_call_or_the_end_comes_before_the_next_round(tools: Tools):
    counted = Counted()
    counted.fails = True
    ear = Ear(counted)
    jobs = EmbeddedJobs([job(counted, is_woken=True, listen=ear)])
    async with asyncio.timeout(10), jobs.running(tools):
        await counted.ended_times(1)
        await jobs.wake()
        await counted.ended_times(2)
        assert ear.times == 0


async def test_a_job_that_fails_comes_round_by_the_clock_and_listens_once_it_goes_well(tools: Tools):
    counted = Counted()
    counted.fails = True
    ear = Ear(counted)
    async with asyncio.timeout(10), EmbeddedJobs([job(counted, timedelta(milliseconds=1), listen=ear)]).running(tools):
        await counted.ended_times(3)
        assert ear.times == 0
        counted.fails = False
        await ear.is_quiet.wait()
