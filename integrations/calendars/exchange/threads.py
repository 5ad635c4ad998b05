"""A few threads of a connection's own for a library that blocks, each call with a time limit.

A server that hangs must not take the event loop's own threads, nor hold up anybody who asks another server. When the
time is up the caller is told at once and the sockets of that call are shut, which ends the thread soon; until it has
ended it counts as abandoned. When every thread is abandoned further calls are refused instead of queued.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from time import monotonic
from typing import Any, TypeVar

from coord_service.errors import CalendarTimedOut

T = TypeVar("T")

TOO_SLOW = "The calendar’s server did not answer within the time limit."
STUCK = "Earlier calls to this calendar’s server have not come back, so it is not asked again yet."
SHORTEST = 0.05  # seconds left for a request that begins when the time is nearly up: 0 would mean no limit


class Call:
    """One call: when it must have ended, and the connections that it uses."""

    def __init__(self, seconds: float) -> None:
        self._half, self._ends = monotonic() + seconds / 2, monotonic() + seconds
        self._connections: list[Any] = []
        self._is_cut = False

    def remaining(self) -> float:
        """Seconds that are left, never none."""
        return max(self._ends - monotonic(), SHORTEST)

    @property
    def is_half_over(self) -> bool:
        """Whether less than half of the time is left."""
        return monotonic() > self._half

    def use(self, connection: Any) -> None:
        """Remember a connection (anything with a ``sock``). Raises CalendarTimedOut when the call has been given up."""
        if self._is_cut:
            raise CalendarTimedOut(TOO_SLOW)
        self._connections.append(connection)

    def cut(self) -> None:
        """Shut its sockets, so that whoever waits on one of them goes on with an error."""
        self._is_cut = True
        for connection in self._connections:
            with contextlib.suppress(OSError, TypeError):
                # Not the TLS socket's own method: that would pull the connection from under the thread that reads it.
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


CURRENT: ContextVar[Call] = ContextVar("current_exchange_call")


class BoundedThreads:
    """At most ``size`` calls at a time."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._executor = ThreadPoolExecutor(size, thread_name_prefix="exchange")
        self._slots = asyncio.Semaphore(size)
        self._calls: set[Call] = set()
        self.abandoned = 0  # threads that nobody waits for any more

    async def run(self, work: Callable[[], T], seconds: float) -> T:
        """What ``work`` returns or raises. Raises CalendarTimedOut after ``seconds``, waiting for a thread included."""
        if self.abandoned >= self._size:
            raise CalendarTimedOut(STUCK)
        call = Call(seconds)
        try:
            async with asyncio.timeout(seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise CalendarTimedOut(TOO_SLOW) from None
        return await self._run(work, call)

    async def _run(self, work: Callable[[], T], call: Call) -> T:
        context = copy_context()
        context.run(CURRENT.set, call)
        self._calls.add(call)
        thread = asyncio.get_running_loop().run_in_executor(self._executor, context.run, work)
        thread.add_done_callback(lambda done: self._ended(call, done))
        finished, _ = await self._wait(thread, call)
        if not finished:
            raise CalendarTimedOut(TOO_SLOW)
        return thread.result()

    async def _wait(self, thread: "asyncio.Future[T]", call: Call) -> tuple[set[Any], set[Any]]:
        try:
            outcome = await asyncio.wait({thread}, timeout=call.remaining())
        except asyncio.CancelledError:
            self._abandon(thread, call)
            raise
        if not outcome[0]:
            self._abandon(thread, call)
        return outcome

    def _abandon(self, thread: "asyncio.Future[Any]", call: Call) -> None:
        self.abandoned += 1
        thread.add_done_callback(lambda _: self._come_back())
        call.cut()

    def _come_back(self) -> None:
        self.abandoned -= 1

    def _ended(self, call: Call, thread: "asyncio.Future[Any]") -> None:
        self._calls.discard(call)
        self._slots.release()
        if not thread.cancelled():
            thread.exception()  # looked at, so that an abandoned thread's error is not reported as forgotten

    def close(self) -> None:
        """Give up what still runs, without waiting for it."""
        for call in tuple(self._calls):
            call.cut()
        self._executor.shutdown(wait=False, cancel_futures=True)
