"""What goes wrong where mail comes in: a row a fault, what is said of it, and that nothing is lost when it is mended.

Further rows stand where their tools are: a connection cut at every step, a mailbox numbered anew, a message that can't
be given out or judged, and a database that goes away (``test_keeping_mail``, ``test_hostile_mail``); IDLE that is not
offered or refused (``integrations/mail/test_imap``).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from mailbox import Maildir
from pathlib import Path

import pytest
import sqlalchemy as sa

from coord_service.commands.check import CHECKS, Found
from coord_service.errors import TemporaryFailure
from coord_service.operations.inbound import read_mailbox
from coord_service.operations.keeping_mail import AT_ONCE
from coord_service.operations.tools import Tools
from coord_service.storage.tables import InboundMail
from integrations.mail.demo_imap import serve_imap
from integrations.mail.imap import ImapMailbox, ImapServer
from tests.builders import a_child, a_meeting, a_user
from tests.operations.test_inbound import unmatched_mail
from tests.servers.processes import free_port

FOLDER = "Team"
CURE = "Correct COORD_IMAP_HOST, _PORT, _TLS, _USER, _PASSWORD or _FOLDER."


class Box:
    """A mailbox folder behind a real IMAP server that can be stopped, and started differently, on the same port."""

    def __init__(self, tools: Tools, path: Path) -> None:
        self.port = free_port()
        server = ImapServer("127.0.0.1", self.port, "team", "old", tls=False, folder=FOLDER, refused_seconds=0)
        self.mailbox = ImapMailbox(server)
        settings = tools.settings.model_copy(update={"imap_user": "team", "imap_port": self.port})
        self.tools = replace(tools, mailbox=self.mailbox, settings=settings)
        self.path = path
        self.folder = path / f".{FOLDER}"
        self._running = AsyncExitStack()
        self._count = 0

    async def start(self, password: str = "old") -> None:
        await self._running.enter_async_context(serve_imap(self.path, ("team", password), self.port))

    async def stop(self) -> None:
        await self._running.aclose()

    def put(self, flags: str = "", came_at: datetime | None = None) -> None:
        self._count += 1
        file = self.folder / f"cur/{self._count}.M1.box:2,{flags}"
        file.write_bytes(b"From: zoe@nhs.example\r\nSubject: %d\r\n\r\nHello\r\n" % self._count)
        if came_at:
            os.utime(file, (came_at.timestamp(),) * 2)

    async def kept(self) -> list[str]:
        async with self.tools.database.read() as db:
            rows = await db.scalars(sa.select(InboundMail.content).order_by(InboundMail.id))
            return [raw.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for raw in rows]


@pytest.fixture
async def box(tools: Tools, tmp_path: Path) -> AsyncIterator[Box]:
    made = Box(tools, tmp_path / "box")
    Maildir(made.path).add_folder(FOLDER)
    await made.start()
    yield made
    await made.mailbox.close()
    await made.stop()


@asynccontextmanager
async def server_gone(box: Box) -> AsyncIterator[None]:
    await box.stop()
    yield
    await box.start()


@asynccontextmanager
async def password_changed(box: Box) -> AsyncIterator[None]:
    await box.stop()
    await box.start("new")
    yield
    await box.stop()
    await box.start()


@asynccontextmanager
async def folder_gone(box: Box) -> AsyncIterator[None]:
    aside = box.path / "aside"
    box.folder.rename(aside)
    yield
    aside.rename(box.folder)


@asynccontextmanager
async def greets_and_hangs(box: Box) -> AsyncIterator[None]:
    writers: list[asyncio.StreamWriter] = []

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n")
        writers.append(writer)

    await box.stop()
    server, patient = await asyncio.start_server(greet, "127.0.0.1", box.port), box.mailbox._server
    box.mailbox._server = replace(patient, seconds=0.1)
    yield
    box.mailbox._server = patient
    server.close()
    for writer in writers:
        writer.transport.abort()
    await box.start()


@asynccontextmanager
async def not_imap(box: Box) -> AsyncIterator[None]:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.example ESMTP\r\n")
        writer.close()

    await box.stop()
    server = await asyncio.start_server(greet, "127.0.0.1", box.port)
    yield
    server.close()
    await box.start()


Fault = Callable[[Box], AbstractAsyncContextManager[None]]
FAULTS: list[tuple[Fault, str]] = [
    (server_gone, "Our mailbox can't be read ("),
    (password_changed, "Our mailbox refused our user name or password ("),
    (folder_gone, "Our mailbox's server refused: "),
    (greets_and_hangs, "Our mailbox's server did not answer in time."),
    (not_imap, "Our mailbox's server hung up."),
]


@pytest.mark.parametrize(("fault", "words"), [pytest.param(*row, id=row[0].__name__) for row in FAULTS])
async def test_reading_says_what_is_wrong_and_goes_on_where_it_stopped(box: Box, fault: Fault, words: str) -> None:
    box.put()
    assert await read_mailbox(box.tools) == 1
    async with fault(box):
        for _ in range(2):  # in the kept connection, and in a new one
            with pytest.raises(TemporaryFailure) as refused:
                await read_mailbox(box.tools)
        found = await looked_at(box.tools, "mail in")
    assert str(refused.value).startswith(words)
    assert found.what.startswith(f"team at {box.tools.settings.imap_host} port {box.port}: {words}")
    assert found.cure == CURE
    box.put()
    assert await read_mailbox(box.tools) == 1
    assert await box.kept() == ["1", "2"]


async def looked_at(tools: Tools, name: str) -> Found:
    """What `coord check` says in one of its lines."""
    return await dict(CHECKS)[name](tools)


async def test_of_a_mailbox_full_of_old_mails_those_that_somebody_has_opened_ask_nothing_of_anybody(box: Box) -> None:
    worker = await a_user(box.tools)
    for _ in range(AT_ONCE + 9):
        box.put("S", datetime(2020, 5, 4, tzinfo=UTC))
    box.put("", datetime(2020, 5, 4, tzinfo=UTC))
    assert await read_mailbox(box.tools) == AT_ONCE + 10
    assert len(await unmatched_mail(box.tools, worker)) == 1
    async with box.tools.database.read() as db:
        whys = list(await db.scalars(sa.select(InboundMail.why).distinct().order_by(InboundMail.why)))
    assert [why.partition(".")[0] for why in whys] == [
        "It belongs to no meeting, request or action that we know",
        "It was in the mailbox, and opened there, before our first letter went out",
    ]


async def test_a_mail_that_came_since_our_first_letter_is_judged_though_somebody_has_opened_it(box: Box) -> None:
    worker = await a_user(box.tools)
    await a_meeting(box.tools, worker, await a_child(box.tools, worker))
    box.put("S", box.tools.clock.now())
    await read_mailbox(box.tools)
    assert len(await unmatched_mail(box.tools, worker)) == 1
