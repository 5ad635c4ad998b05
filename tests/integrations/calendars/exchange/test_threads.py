"""A server that hangs holds up nobody else, and its threads come back."""

import asyncio
import threading

import pytest

from coord_service.errors import CalendarTimedOut, CalendarTrouble
from integrations.calendars.exchange.threads import STUCK, TOO_SLOW, BoundedThreads
from tests.servers.ews.server import Trick


@pytest.fixture
async def threads():
    made = BoundedThreads(2)
    yield made
    made.close()


class Gate:
    """Work that waits until it is opened, whatever is cut."""

    def __init__(self):
        self._open = threading.Event()

    def __call__(self):
        self._open.wait(30)
        return "through"

    def open(self):
        self._open.set()


async def all_back(threads):
    """Wait until every thread is free; then none is abandoned any more."""
    async with asyncio.timeout(10):
        for _ in range(threads._size):
            await threads._slots.acquire()
    for _ in range(threads._size):
        threads._slots.release()
    assert threads.abandoned == 0


async def test_what_the_work_returns_and_raises_comes_out(threads):
    assert await threads.run(lambda: 7, 5) == 7
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 / 0, 5)


async def test_a_call_that_takes_too_long_is_given_up_and_counted(threads):
    gate = Gate()
    with pytest.raises(CalendarTimedOut, match=TOO_SLOW):
        await threads.run(gate, 0.01)
    assert threads.abandoned == 1
    assert await threads.run(lambda: "still works", 5) == "still works"
    gate.open()
    await all_back(threads)


async def test_with_every_thread_abandoned_calls_are_refused_and_not_queued(threads):
    gate = Gate()
    for _ in range(2):
        with pytest.raises(CalendarTimedOut):
            await threads.run(gate, 0.01)
    with pytest.raises(CalendarTimedOut, match=STUCK):
        await threads.run(lambda: "never begun", 600)  # a queue would wait ten minutes
    gate.open()
    await all_back(threads)
    assert await threads.run(lambda: "again", 5) == "again"


async def test_more_calls_than_threads_wait_for_their_turn_within_their_time(threads):
    assert await asyncio.gather(*(threads.run(lambda: 1, 5) for _ in range(20))) == [1] * 20
    gate = Gate()
    waiting = [asyncio.create_task(threads.run(gate, 30)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(CalendarTimedOut, match=TOO_SLOW):
        await threads.run(lambda: 1, 0.01)
    gate.open()
    assert await asyncio.gather(*waiting) == ["through", "through"]


async def test_a_caller_who_loses_patience_leaves_an_abandoned_thread(threads):
    gate = Gate()
    task = asyncio.create_task(threads.run(gate, 30))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert threads.abandoned == 1
    gate.open()
    await all_back(threads)


@pytest.mark.parametrize("trick", [Trick.HANG, Trick.DRIP])
async def test_a_hanging_and_a_dripping_server_are_cut_so_that_their_threads_end(exchange, connect, trick):
    calendar = connect(seconds=0.3)
    exchange.trick = trick
    for _ in range(6):  # more often than it has threads
        with pytest.raises(CalendarTimedOut, match=TOO_SLOW):
            await calendar.check()
        await all_back(calendar._threads)
    exchange.trick = None
    patient = connect()
    await patient.check()


async def test_a_hanging_server_leaves_the_event_loops_own_threads_alone(exchange, connect):
    exchange.trick = Trick.HANG
    calendars = [connect(seconds=30) for _ in range(12)]
    hanging = [asyncio.create_task(each.check()) for each in calendars for _ in range(4)]
    await exchange.noticed("hung", 12)
    name = await asyncio.to_thread(lambda: threading.current_thread().name)
    assert name.startswith("asyncio")
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


async def test_a_calendar_that_was_closed_in_the_middle_of_a_call_gives_it_up(exchange, connect):
    exchange.trick = Trick.HANG
    calendar = connect(seconds=30)
    call = asyncio.create_task(calendar.check())
    await exchange.noticed("hung")
    await calendar.close()
    with pytest.raises(CalendarTrouble):
        await call
