"""Mail in, against a real IMAP server with IDLE, fed by a real SMTP server."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from coord_service.errors import TemporaryFailure
from coord_service.ports import Position, ReceivedMail
from integrations.mail.demo_imap import serve_imap
from integrations.mail.demo_maildirs import AUTHSERV_ID
from integrations.mail.demo_servers import DemoMail
from integrations.mail.imap import ImapMailbox, ImapServer, seconds_to_leave
from tests.servers.certificates import make_tls
from tests.servers.cutting import cutting_wire
from tests.servers.processes import free_port


def server_of(mail: DemoMail, **changes: Any) -> ImapServer:
    return replace(ImapServer(mail.host, mail.imap_port, mail.user, mail.password, tls=False, seconds=5), **changes)


@asynccontextmanager
async def opened(server: ImapServer) -> AsyncIterator[ImapMailbox]:
    mailbox = ImapMailbox(server)
    try:
        yield mailbox
    finally:
        await mailbox.close()


@pytest.fixture
async def mailbox(mail_servers: DemoMail) -> AsyncIterator[ImapMailbox]:
    async with opened(server_of(mail_servers)) as mailbox:
        yield mailbox


async def post(mail: DemoMail, number: int, to: str = "", body: bytes = b"Hello\r\n") -> None:
    content = b"From: zoe@nhs.example\r\nSubject: %d\r\n\r\n%s" % (number, body)
    await aiosmtplib.send(content, sender="zoe@nhs.example", recipients=[to or mail.user],
                          hostname=mail.host, port=mail.smtp_port)  # fmt: skip


def numbers(mails: "list[ReceivedMail] | Any") -> list[int]:
    return [int(mail.content.split(b"Subject: ")[1].split(b"\r\n")[0]) for mail in mails]


def place(mail: ReceivedMail) -> Position:
    return Position(mail.uidvalidity, mail.uid)


async def test_an_empty_mailbox_has_no_mail(mailbox: ImapMailbox):
    assert list(await mailbox.fetch(None, 10)) == []


async def test_mail_comes_back_byte_for_byte_below_what_the_server_adds(mailbox: ImapMailbox, mail_servers: DemoMail):
    body = "Grüße (\r\n) {3}\r\n* 1 FETCH (\r\nFrom here\r\n.\r\n".encode() + b"\xff\x00\xe9\r\n"
    await post(mail_servers, 1, body=body)
    [mail] = await mailbox.fetch(None, 10)
    assert mail.content.endswith(b"From: zoe@nhs.example\r\nSubject: 1\r\n\r\n" + body)
    assert f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass".encode() in mail.content


async def test_fetching_resumes_after_the_last_position(mailbox: ImapMailbox, mail_servers: DemoMail):
    for number in (1, 2, 3):
        await post(mail_servers, number)
    first = await mailbox.fetch(None, 2)
    assert numbers(first) == [1, 2]
    assert numbers(await mailbox.fetch(place(first[1]), 2)) == [3]
    assert numbers(await mailbox.fetch(place(first[0]), 10)) == [2, 3]


async def test_nothing_new_gives_nothing(mailbox: ImapMailbox, mail_servers: DemoMail):
    await post(mail_servers, 1)
    [mail] = await mailbox.fetch(None, 10)
    assert list(await mailbox.fetch(place(mail), 10)) == []


async def test_another_uidvalidity_starts_again_at_the_first_mail(mailbox: ImapMailbox, mail_servers: DemoMail):
    await post(mail_servers, 1)
    [mail] = await mailbox.fetch(None, 10)
    assert numbers(await mailbox.fetch(Position(mail.uidvalidity + 1, 99), 10)) == [1]


async def test_mail_is_marked_as_read_only_once_it_is_recorded(mailbox: ImapMailbox, mail_servers: DemoMail):
    await post(mail_servers, 1)
    [mail] = await mailbox.fetch(None, 10)
    assert seen_in(mail_servers) == 0
    await mailbox.fetch(place(mail), 10)
    assert seen_in(mail_servers) == 1


def seen_in(mail: DemoMail) -> int:
    return sum(name.name.endswith("S") for name in (mail.folder / mail.user / "cur").iterdir())


async def test_a_huge_mail_is_cut_and_the_next_one_still_read(mail_servers: DemoMail):
    await post(mail_servers, 1, body=b"x" * 900 + b"\r\n" + b"y" * 900)
    await post(mail_servers, 2)
    async with opened(server_of(mail_servers, largest=500)) as mailbox:
        [huge] = await mailbox.fetch(None, 10)
        assert len(huge.content) == 500
        assert numbers(await mailbox.fetch(place(huge), 10)) == [2]


async def test_waiting_ends_when_mail_comes(mailbox: ImapMailbox, mail_servers: DemoMail):
    await mailbox.fetch(None, 10)
    waiting = asyncio.create_task(mailbox.wait(60))
    await post(mail_servers, 1)
    async with asyncio.timeout(20):
        await waiting
    assert numbers(await mailbox.fetch(None, 10)) == [1]


async def test_waiting_ends_after_its_time_without_mail_and_can_be_done_again(mailbox: ImapMailbox):
    await mailbox.fetch(None, 10)
    await mailbox.wait(0.05)
    await mailbox.wait(0.05)
    assert list(await mailbox.fetch(None, 10)) == []


@pytest.mark.parametrize(
    "instead",
    [pytest.param((b" IDLE", b" NONE"), id="not offered"), pytest.param((b" IDLE\r\n", b" NONE\r\n"), id="refused")],
)
async def test_a_server_without_idle_is_asked_again_and_again(mail_servers: DemoMail, instead: tuple[bytes, bytes]):
    async with (
        cutting_wire(mail_servers.imap_port) as wire,
        opened(server_of(mail_servers, port=wire.port, poll_seconds=0.01)) as mailbox,
    ):
        wire.instead = instead
        await mailbox.fetch(None, 10)
        async with asyncio.timeout(20):
            for _ in range(3):
                await mailbox.wait(600)
        await post(mail_servers, 1)
        assert numbers(await mailbox.fetch(None, 10)) == [1]
    assert wire.cut == 0


async def test_what_others_have_opened_in_the_mailbox_says_so_and_when_it_came(
    mailbox: ImapMailbox, mail_servers: DemoMail
):
    came_at = datetime(2020, 5, 4, 12, tzinfo=UTC)
    for number, flags in enumerate(("", "S")):
        file = mail_servers.folder / mail_servers.user / f"cur/{number}.M1.old:2,{flags}"
        file.write_bytes(b"Subject: %d\r\n\r\nHello\r\n" % number)
        os.utime(file, (came_at.timestamp(),) * 2)
    found = await mailbox.fetch(None, 10)
    assert list(zip(numbers(found), (mail.is_opened for mail in found), strict=True)) == [(0, False), (1, True)]
    assert {mail.arrived_at for mail in found} == {came_at}


async def test_waiting_returns_at_once_while_mail_is_left_behind(mailbox: ImapMailbox, mail_servers: DemoMail):
    await post(mail_servers, 1)
    await post(mail_servers, 2)
    await mailbox.fetch(None, 1)
    async with asyncio.timeout(20):
        await mailbox.wait(600)


async def test_a_wait_can_be_cancelled_and_the_mailbox_used_again(mailbox: ImapMailbox, mail_servers: DemoMail):
    await mailbox.fetch(None, 10)
    waiting = asyncio.create_task(mailbox.wait(600))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await post(mail_servers, 1)
    assert numbers(await mailbox.fetch(None, 10)) == [1]


async def test_a_server_that_hangs_up_is_a_failure_that_passes_and_the_next_call_connects_anew(tmp_path: Path):
    port = free_port()
    server = ImapServer("127.0.0.1", port, "team", "secret", tls=False, seconds=5)
    async with opened(server) as mailbox:
        async with serve_imap(tmp_path / "box", ("team", "secret"), port):
            await mailbox.fetch(None, 10)
            waiting = asyncio.create_task(mailbox.wait(600))
            await asyncio.sleep(0)
        with pytest.raises(TemporaryFailure):
            await waiting
        with pytest.raises(TemporaryFailure):
            await mailbox.fetch(None, 10)
        async with serve_imap(tmp_path / "box", ("team", "secret"), port):
            assert list(await mailbox.fetch(None, 10)) == []


async def test_a_server_that_never_answers_is_given_up():
    async with silent_server() as port, opened(ImapServer("127.0.0.1", port, "a", "b", tls=False, seconds=0.2)) as box:
        with pytest.raises(TemporaryFailure, match="in time"):
            await box.fetch(None, 10)


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    writers: list[asyncio.StreamWriter] = []

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()


async def test_a_wrong_password_says_so(mail_servers: DemoMail):
    async with opened(server_of(mail_servers, password="old")) as mailbox:
        with pytest.raises(TemporaryFailure, match="user name or password"):
            await mailbox.check()


async def test_after_a_wrong_password_the_server_is_left_alone_for_a_while(tmp_path: Path):
    async with after_a_refusal(tmp_path) as mailbox:
        with pytest.raises(TemporaryFailure, match="user name or password"):  # and not that nobody is there any more
            await mailbox.fetch(None, 10)


async def test_once_that_while_is_over_the_password_is_tried_again(tmp_path: Path):
    async with after_a_refusal(tmp_path, refused_seconds=0) as mailbox:
        with pytest.raises(TemporaryFailure, match="Connect call failed"):
            await mailbox.fetch(None, 10)


async def test_the_check_asks_the_server_whatever_it_answered_before(tmp_path: Path):
    async with after_a_refusal(tmp_path) as mailbox:
        with pytest.raises(TemporaryFailure, match="Connect call failed"):
            await mailbox.check()


@asynccontextmanager
async def after_a_refusal(folder: Path, **changes: Any) -> AsyncIterator[ImapMailbox]:
    """A mailbox whose server refused the password and has gone since: whoever asks it again hears of that instead."""
    port = free_port()
    async with opened(ImapServer("127.0.0.1", port, "team", "old", tls=False, seconds=5, **changes)) as mailbox:
        async with serve_imap(folder / "box", ("team", "new"), port):
            with pytest.raises(TemporaryFailure, match="user name or password"):
                await mailbox.fetch(None, 10)
        yield mailbox


def test_each_refusal_doubles_the_while_until_it_is_ten_minutes():
    assert [seconds_to_leave(times, 60) for times in (1, 2, 3, 4, 5, 5000)] == [60, 120, 240, 480, 600, 600]


async def test_the_check_says_that_new_mail_is_announced(mailbox: ImapMailbox):
    assert await mailbox.check() == "INBOX is open, new mail is announced"


async def test_a_server_whose_certificate_nobody_vouches_for_is_not_told_our_password(tmp_path: Path):
    context, _ = make_tls(tmp_path)
    async with (
        listening_with(context) as port,
        opened(ImapServer("127.0.0.1", port, "team", "secret", seconds=5)) as mailbox,
    ):
        with pytest.raises(TemporaryFailure, match="certificate"):
            await mailbox.fetch(None, 10)


@asynccontextmanager
async def listening_with(tls: ssl.SSLContext) -> AsyncIterator[int]:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_mail_to_a_tag_or_to_bounces_reaches_the_services_mailbox(mailbox: ImapMailbox, mail_servers: DemoMail):
    await post(mail_servers, 1, to="Send.Team+ab12@example.org")
    await post(mail_servers, 2, to="bounces+ab12@example.org")
    await post(mail_servers, 3, to="zoe@nhs.example")
    assert numbers(await mailbox.fetch(None, 10)) == [1, 2]
    [letter] = mail_servers.letters_to("Zoe@NHS.example")
    assert b"Subject: 3" in letter


async def test_a_mail_that_claims_another_domain_is_marked_so(mailbox: ImapMailbox, mail_servers: DemoMail):
    content = b"From: zoe@nhs.example\r\nSubject: 1\r\n\r\nHello\r\n"
    await aiosmtplib.send(content, sender="eve@other.example", recipients=[mail_servers.user],
                          hostname=mail_servers.host, port=mail_servers.smtp_port)  # fmt: skip
    [mail] = await mailbox.fetch(None, 10)
    assert b"dmarc=fail header.from=nhs.example" in mail.content
