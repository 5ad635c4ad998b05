"""The server: addresses, permissions, limits, and the ways in which it goes wrong when it is told to."""

import asyncio
import ssl
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import web

from coord_service.clock import Clock
from tests.servers.certificates import make_tls
from tests.servers.graph.delta import Deltas
from tests.servers.graph.entra import Entra
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
    ``lagging``: so many searches don't see new events yet. ``holding``: nobody is answered until it is cleared.
    ``before_change``: what somebody else does just before the next change.
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
    page_links_lead_to: str = ""  # instead of to the next page
    holding: bool = False
    next_change_refusals: deque[Refusal] = field(default_factory=deque)
    before_change: Callable[[], Awaitable[None]] | None = None
    unreadable_from: datetime | None = None  # schedules that reach beyond it can't be read
    zone_always: str = ""  # in which times are shown, whatever is preferred
    seen: list[Seen] = field(default_factory=list)
    refused_at_the_door: int = 0
    silenced: asyncio.Event = field(default_factory=asyncio.Event)  # a request waits for an answer that never comes
    _inside: Counter[str] = field(default_factory=Counter)
    _moved: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None
    _numbers: "count[int]" = field(default_factory=lambda: count(2))

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def add_mailbox(self, address: str) -> Mailbox:
        self.mailboxes[address] = Mailbox(address, self._numbers)
        return self.mailboxes[address]

    def refuse(self, *refusals: Refusal) -> None:
        """The next requests to Graph get these answers."""
        self.next_refusals.extend(refusals)

    def refuse_changes(self, *refusals: Refusal) -> None:
        """The next changes of events get these answers."""
        self.next_change_refusals.extend(refusals)

    async def meet(self, request: web.Request) -> None:
        """What befalls a request that was let through. Raises a Refusal."""
        if self.next_refusals:
            raise self.next_refusals.popleft()
        if not is_change(request):
            return
        if self.before_change is not None:
            hook, self.before_change = self.before_change, None
            await hook()
        if self.next_change_refusals:
            raise self.next_change_refusals.popleft()

    async def start(self) -> None:
        from tests.servers.graph.routes import graph_routes  # noqa: PLC0415 - the routes know the server

        app = web.Application(middlewares=[self._misfortune], client_max_size=4_000_000)
        app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", self.entra.metadata)
        app.router.add_post(f"/{self.entra.tenant}/oauth2/v2.0/token", self.entra.token)
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
            self.refused_at_the_door += 1
            await self._notify()
            raise Refusal(429, "ApplicationThrottled", "MailboxConcurrency limit.", {"Retry-After": "1"})
        self._inside[mailbox] += 1
        try:
            await self._notify()
            async with self._moved:
                await self._moved.wait_for(lambda: not self.holding)
            yield
        finally:
            self._inside[mailbox] -= 1

    async def crowded(self, inside: int, refused: int = 0) -> None:
        """Wait until so many are inside, and so many were refused."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._inside.total() >= inside and self.refused_at_the_door >= refused)

    async def let_go(self) -> None:
        """Answer those who are held."""
        self.holding = False
        await self._notify()

    async def _notify(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    @web.middleware
    async def _misfortune(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        match self.fault:
            case "silent":
                self.silenced.set()
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
        if self.cuts_after_change and is_change(request):
            self.cuts_after_change = False
            return await cut_off(request)
        return response


def is_change(request: web.Request) -> bool:
    """Whether a request is to change an event."""
    return request.method != "GET" and "/events" in request.path


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
