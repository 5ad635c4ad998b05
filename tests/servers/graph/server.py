"""The server: addresses, permissions, limits, and the ways in which it goes wrong when it is told to."""

import asyncio
import ssl
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import web

from coord_service.clock import Clock
from tests.servers.certificates import make_tls
from tests.servers.graph.delta import Deltas
from tests.servers.graph.entra import TENANT, Entra
from tests.servers.graph.mailboxes import Mailbox
from tests.servers.graph.refusing import Refusal
from tests.servers.processes import free_port

AT_ONCE = 4
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Seen:
    """A request to Graph that was signed in."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    prefer: str


@dataclass
class GraphServer:
    """Microsoft 365 for one organisation.

    ``fault``: how every request goes wrong ("silent", "cut", "throttled", "nonsense"). ``next_refusals``: what the next
    requests to Graph are answered with. ``cuts_after_change``: the next change is made, and the line goes dead.
    ``lagging``: so many searches don't see new events yet. ``crowd``: each request waits until so many are there at
    once; ``most_at_once`` is how many there were.
    """

    clock: Clock
    port: int
    server_tls: ssl.SSLContext
    trust: ssl.SSLContext  # for whoever calls
    entra: Entra = field(default_factory=Entra)
    deltas: Deltas = field(default_factory=Deltas)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    permissions: set[str] = field(default_factory=lambda: {"Calendars.ReadWrite"})
    closed_to_us: set[str] = field(default_factory=set)  # mailboxes outside the app's access policy
    fault: str = ""
    next_refusals: deque[Refusal] = field(default_factory=deque)
    cuts_after_change: bool = False
    lagging: int = 0
    page_size: int = 1000
    crowd: int = 0
    seen: list[Seen] = field(default_factory=list)
    most_at_once: int = 0
    _inside: Counter[str] = field(default_factory=Counter)
    _together: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def add_mailbox(self, address: str) -> Mailbox:
        self.mailboxes[address] = Mailbox(address, self._numbers)
        return self.mailboxes[address]

    def refuse(self, *refusals: Refusal) -> None:
        """The next requests to Graph get these answers."""
        self.next_refusals.extend(refusals)

    async def start(self) -> None:
        from tests.servers.graph.routes import graph_routes  # noqa: PLC0415 - the routes know the server

        app = web.Application(middlewares=[self._misfortune], client_max_size=4_000_000)
        app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", self.entra.metadata)
        app.router.add_post(f"/{TENANT}/oauth2/v2.0/token", self.entra.token)
        app.add_routes(graph_routes(self))
        self.entra.scope = f"{self.address}/.default"
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.server_tls).start()

    @property
    def is_there(self) -> bool:
        """Somebody listens."""
        return self._runner is not None

    async def stop(self) -> None:
        """Nobody listens any more."""
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = None

    @asynccontextmanager
    async def entered(self, mailbox: str) -> AsyncIterator[None]:
        """One of the four that may be there at once."""
        if self._inside[mailbox] >= AT_ONCE:
            raise Refusal(429, "ApplicationThrottled", "MailboxConcurrency limit.", {"Retry-After": "1"})
        self._inside[mailbox] += 1
        self.most_at_once = max(self.most_at_once, self._inside[mailbox])
        try:
            async with self._together:
                self._together.notify_all()
                await self._together.wait_for(lambda: self.most_at_once >= self.crowd)
            yield
        finally:
            self._inside[mailbox] -= 1

    @web.middleware
    async def _misfortune(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        match self.fault:
            case "silent":
                await asyncio.Event().wait()
            case "cut":
                return await cut_off(request)
            case "throttled":
                return Refusal(429, "ApplicationThrottled", headers={"Retry-After": "30"}).response()
            case "nonsense":
                return web.Response(text="<html><body>Welcome</body></html>", content_type="text/html")
        try:
            response = await handler(request)
        except Refusal as refusal:
            return refusal.response()
        except web.HTTPNotFound:
            return Refusal(400, "BadRequest", "Resource not found for the segment.").response()
        is_change = request.method in ("POST", "PATCH", "DELETE") and "/events" in request.path
        if self.cuts_after_change and is_change:
            self.cuts_after_change = False
            return await cut_off(request)
        return response


async def cut_off(request: web.Request) -> web.StreamResponse:
    """The beginning of an answer, and no end."""
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"value": [')
    if request.transport is not None:
        request.transport.abort()
    return response


@asynccontextmanager
async def start_graph(folder: Path, clock: Clock) -> AsyncIterator[GraphServer]:
    """A server without mailboxes, whose certificate ``trust`` believes."""
    server_tls, trust = make_tls(folder)
    server = GraphServer(clock, free_port(), server_tls, trust)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
