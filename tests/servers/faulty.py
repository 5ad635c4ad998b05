"""An HTTP server that stands before another (or a function) and goes wrong on demand, as calendar servers do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from weakref import WeakSet

import aiohttp
from aiohttp import web

from tests.contracts.calendars.hand import Fault
from tests.servers.processes import free_port

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
CHANGES = {"PUT", "DELETE", "POST"}
NOT_FORWARDED = {"host", "transfer-encoding", "content-length", "connection", "accept-encoding"}


class FaultyServer:
    """``fault`` holds until it is taken away; ``requests``: what was asked, as (method, path), also in vain."""

    def __init__(self, answering: Answering) -> None:
        self.fault: Fault | None = None
        self.cuts_next_change = False
        self.requests: list[tuple[str, str]] = []
        self.port = free_port()
        self._answering = answering
        self._listening: asyncio.Server | None = None
        self._cut: tuple[str, str] | None = None
        self._open: WeakSet[asyncio.BaseTransport] = WeakSet()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen, on the same port as ever."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(web.Server(self._handle, access_log=None), "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Listen no more, and hang up on everybody."""
        if self._listening:
            self._listening.close()
            self._listening = None
        for transport in list(self._open):
            transport.abort() if isinstance(transport, asyncio.WriteTransport) else transport.close()

    async def break_with(self, fault: Fault | None) -> None:
        """Go wrong in this way from now on; None: no more."""
        if Fault.UNREACHABLE in {fault, self.fault}:
            await (self.stop() if fault is Fault.UNREACHABLE else self.start())
        self.fault = fault

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport
        self._open.add(request.transport)
        self.requests.append((request.method, request.path))
        if self.fault:
            return await self._go_wrong(request)
        answer = await self._answering(request)
        if request.method in CHANGES and (self.cuts_next_change or self._cut == (request.method, request.path)):
            # aiohttp asks once more by itself when a line goes dead: it is dead for that, too
            self._cut = (request.method, request.path) if self.cuts_next_change else None
            self.cuts_next_change = False
            _hang_up(request)
        return answer

    async def _go_wrong(self, request: web.BaseRequest) -> web.StreamResponse:
        match self.fault:
            case Fault.REFUSED:
                return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="here"'})
            case Fault.SILENT:
                await asyncio.Event().wait()  # cancelled when the client hangs up
            case Fault.THROTTLED:
                return web.Response(status=429, headers={"Retry-After": "30"})
            case Fault.NONSENSE:
                return web.Response(text="<!doctype html><title>Sign in</title>", content_type="text/html")
        answer = web.StreamResponse(headers={"Content-Length": "1000"})
        await answer.prepare(request)
        await answer.write(b"BEGIN:VCALENDAR\r\n")
        _hang_up(request)
        return answer


def _hang_up(request: web.BaseRequest) -> None:
    assert isinstance(request.transport, asyncio.WriteTransport)
    request.transport.abort()


@asynccontextmanager
async def forwarding(upstream: str) -> AsyncIterator[Answering]:
    """What hands every request on to another server."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def forward(request: web.BaseRequest) -> web.StreamResponse:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in NOT_FORWARDED}
            async with session.request(
                request.method,
                f"{upstream}{request.path_qs}",
                headers=headers,
                data=await request.read(),
                allow_redirects=False,
            ) as answer:
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in NOT_FORWARDED}
                return web.Response(status=answer.status, headers=kept, body=await answer.read())

        yield forward


@asynccontextmanager
async def serve_faulty(answering: Answering) -> AsyncIterator[FaultyServer]:
    """A server for the length of the block."""
    server = FaultyServer(answering)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
