"""The server itself: TLS, sign-in, the header of a request, the operation, and every way of going wrong."""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler
from lxml import etree

from tests.servers.certificates import make_tls
from tests.servers.ews.availability import get_user_availability
from tests.servers.ews.discovery import Directory
from tests.servers.ews.items import OPERATIONS, Asked
from tests.servers.ews.schema import VERSIONS, check_request, problem_of
from tests.servers.ews.sign_in import CLIENT, Door, Refused, known_users
from tests.servers.ews.soap import NAMES, Element, SoapFault, envelope, fault, local, text_of
from tests.servers.ews.store import Store
from tests.servers.processes import free_port

ALL_OPERATIONS = {**OPERATIONS, "GetUserAvailabilityRequest": get_user_availability}
CHANGES = {"CreateItem", "UpdateItem", "DeleteItem"}
XML = {"Content-Type": "text/xml; charset=utf-8"}


class Trick(Enum):
    """What the server does to requests, until told otherwise."""

    HANG = "takes the request and never answers"
    DRIP = "answers a blank now and then, for ever"
    CUT = "hangs up in the middle of an answer"
    BUSY = "ErrorServerBusy: again in 30 seconds"
    OVERLOADED = "503, with Retry-After"
    GARBAGE = "a page of HTML"
    TRUNCATED = "the beginning of an envelope"
    CLOSED = "403"
    REDIRECTED = "302 to Exchange Online"


class EwsServer:
    """Exchange on 127.0.0.1: ``url`` and ``ca_file`` for the client; ``store``, ``door`` and ``trick`` for the test."""

    def __init__(self, folder: Path, addresses: tuple[str, ...]) -> None:
        self._tls, _ = make_tls(folder)
        self.ca_file = str(folder / "certificate.pem")
        self.port = free_port()
        self.store, self.door = Store(addresses), Door(folder / "certificate.pem")
        self.directory = Directory(self.url)
        self.trick: Trick | None = None
        self.cuts_after_change = False
        self.may_impersonate = True
        self.back_off = "30000"  # milliseconds that ErrorServerBusy asks for, empty for none
        self.interruptions = 0  # how often somebody changes an item just before our UpdateItem
        self.build = (15, 1, 2507, 6)
        self.counts: Counter[str] = Counter()  # requests by operation, and "hung"
        self.requests: list[bytes] = []
        self.faults: list[str] = []  # what this server itself answered that its schema forbids
        self._runner: web.AppRunner | None = None
        self._is_over = asyncio.Event()
        self._transports: set[asyncio.Transport] = set()
        self._noticed = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/EWS/Exchange.asmx"

    @property
    def autodiscover_url(self) -> str:
        return f"https://127.0.0.1:{self.port}/autodiscover/autodiscover.svc"

    @property
    def token_url(self) -> str:
        return f"https://127.0.0.1:{self.port}/adfs/oauth2/token"

    @property
    def is_listening(self) -> bool:
        return self._runner is not None

    async def listen(self) -> None:
        """Take connections, on the same port as before."""
        app = web.Application(client_max_size=10_000_000, middlewares=[self._remember])
        app.router.add_post("/EWS/Exchange.asmx", self._handle)
        app.router.add_post("/autodiscover/autodiscover.svc", self._discover)
        app.router.add_post("/adfs/oauth2/token", self.door.issue_token)
        self._is_over = asyncio.Event()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        context: ssl.SSLContext = self._tls
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=context, reuse_address=True).start()

    async def vanish(self) -> None:
        """Take no connection any more, and end those there are."""
        if self._runner:
            self._is_over.set()
            await self._runner.cleanup()
            self._runner = None
        for transport in self._transports:
            transport.abort()  # those, too, that were cut and would wait for the end of TLS
        self._transports.clear()
        await asyncio.sleep(0)  # in which the sockets are closed

    @web.middleware
    async def _remember(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        assert request.transport is not None
        self._transports.add(request.transport)
        return await handler(request)

    async def noticed(self, name: str, number: int = 1) -> None:
        """Wait until something has been counted that often. Raises TimeoutError."""
        async with asyncio.timeout(10), self._noticed:
            await self._noticed.wait_for(lambda: self.counts[name] >= number)

    async def _count(self, name: str) -> None:
        async with self._noticed:
            self.counts[name] += 1
            self._noticed.notify_all()

    async def _discover(self, request: web.Request) -> web.StreamResponse:
        try:
            self.door.let_in(request)
        except Refused as refused:
            return web.Response(status=401, headers=refused.headers)
        return web.Response(body=self.directory.answer(await request.read()), headers=XML)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self.trick and (answer := await self._play(self.trick, request)):
            return answer
        try:
            user = self.door.let_in(request)
        except Refused as refused:
            return web.Response(status=401, headers=refused.headers)
        body = await request.read()
        self.requests.append(body)
        try:
            operation, answer_body = await self._answer(user, body)
        except SoapFault as error:
            return web.Response(status=500, body=fault(error), headers=XML)
        if self.cuts_after_change and operation in CHANGES:
            self.cuts_after_change = False
            return await self._cut(request)
        return web.Response(body=envelope(answer_body, self.build), headers=XML)

    async def _answer(self, user: str, body: bytes) -> tuple[str, Element]:
        parsed = etree.fromstring(body)
        content = parsed.find("s:Body", NAMES)
        if parsed.tag != f"{{{NAMES['s']}}}Envelope" or content is None or len(content) != 1:
            raise SoapFault("ErrorInvalidRequest", "The request is no SOAP envelope with one request in it.")
        self._check_version(parsed)
        operation = local(content[0])
        await self._count(operation)
        if operation not in ALL_OPERATIONS:
            raise SoapFault("ErrorInvalidOperation", f"This server knows no {operation}.")
        check_request(content[0])
        acting = self._acting(user, parsed)
        if operation == "UpdateItem" and self.interruptions:
            self.interruptions -= 1
            for mailbox in self.store.mailboxes.values():
                for item in mailbox.items.values():
                    self.store.touch(item)
        answer = ALL_OPERATIONS[operation](Asked(self.store, acting, content[0]))
        if problem := problem_of(answer):
            self.faults.append(f"{operation}: {problem}")
        return operation, answer

    def _check_version(self, parsed: Element) -> None:
        for each in parsed.iterfind("s:Header/*", NAMES):
            if local(each) == "RequestServerVersion":
                if each.get("Version") not in VERSIONS:
                    raise SoapFault("ErrorInvalidServerVersion", "The specified server version is invalid.")
            else:
                check_request(each)

    def _acting(self, user: str, parsed: Element) -> str:
        """Whose rights count. A token of client credentials must name a mailbox; it has none of its own."""
        wanted = text_of(parsed, "s:Header/t:ExchangeImpersonation/t:ConnectingSID/t:PrimarySmtpAddress").lower()
        if wanted and not self.may_impersonate:
            raise SoapFault("ErrorImpersonateUserDenied", "The account does not have permission to impersonate.")
        if user == CLIENT and not wanted:
            raise SoapFault("ErrorImpersonationRequired", "ExchangeImpersonation SOAP header must be present.")
        if wanted and wanted not in self.store.mailboxes:
            raise SoapFault("ErrorNonExistentMailbox", "No mailbox with such guid.")
        return wanted or f"{user}@example.org"

    async def _play(self, trick: Trick, request: web.Request) -> web.StreamResponse | None:
        if trick is Trick.BUSY:
            raise_from = SoapFault("ErrorServerBusy", "The server cannot service this request right now.",
                                   {"BackOffMilliseconds": self.back_off} if self.back_off else {})  # fmt: skip
            return web.Response(status=500, body=fault(raise_from), headers=XML)
        if trick is Trick.CUT:
            return await self._cut(request)
        if trick in {Trick.HANG, Trick.DRIP}:
            return await self._hang(request, drips=trick is Trick.DRIP)
        plain = {
            Trick.OVERLOADED: web.Response(status=503, headers={"Retry-After": "30"}),
            Trick.GARBAGE: web.Response(text="<html><h1>It works!</h1></html>", content_type="text/html"),
            Trick.TRUNCATED: web.Response(body=b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/", headers=XML),
            Trick.CLOSED: web.Response(status=403, text="Forbidden"),
            Trick.REDIRECTED: web.Response(
                status=302, headers={"Location": "https://outlook.office365.com/EWS/Exchange.asmx"}
            ),
        }
        return plain[trick]

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={**XML, "Content-Length": "4000"})
        await answer.prepare(request)
        await answer.write(b"<?xml version='1.0' encoding='utf-8'?><s:Envelope")
        assert request.transport is not None
        request.transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        return answer

    async def _hang(self, request: web.Request, *, drips: bool) -> web.StreamResponse:
        await self._count("hung")
        if not drips:
            await self._is_over.wait()
            return web.Response(status=503)
        answer = web.StreamResponse(headers=XML)
        await answer.prepare(request)
        while not self._is_over.is_set():
            await answer.write(b" ")  # raises when the client has gone
            await asyncio.sleep(0.02)
        return answer


@asynccontextmanager
async def serve_exchange(folder: Path, *addresses: str) -> AsyncIterator[EwsServer]:
    """A server with these mailboxes, for the length of the block. Fails if it broke Microsoft's schema itself."""
    with known_users(folder):
        server = EwsServer(folder, addresses)
        await server.listen()
        try:
            yield server
        finally:
            await server.vanish()
    assert server.faults == []
