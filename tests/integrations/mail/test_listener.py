"""Mail handed over to us, by real SMTP and LMTP clients that are not ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiosmtplib
import pytest

from integrations.mail.listener import Door, is_ours, open_door

OURS = "send.team@example.org"
BOUNCES = "bounces+0123456789abcdef0123456789abcdef@example.org"
CONTENT = b"Subject: Hello\r\n\r\n.Hello\r\n"


class Shelf:
    """Keeps what it is handed, or fails, or waits until it may."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, tuple[str, ...], bytes]] = []
        self.fails = False
        self.asked, self.may_keep = asyncio.Event(), asyncio.Event()
        self.may_keep.set()

    async def __call__(self, sender: str, recipients: tuple[str, ...], content: bytes) -> None:
        self.asked.set()
        await self.may_keep.wait()
        if self.fails:
            raise OSError("the database is away")
        self.kept.append((sender, recipients, content))


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@asynccontextmanager
async def door_to(shelf: Shelf, **options: Any) -> AsyncIterator[int]:
    async with open_door(Door(OURS, **{"protocol": "smtp", **options}), shelf) as port:
        yield port


async def send(port: int, *recipients: str, content: bytes = CONTENT, sender: str = "zoe@nhs.example") -> None:
    await aiosmtplib.send(
        content, sender=sender, recipients=list(recipients or [OURS]), hostname="127.0.0.1", port=port, start_tls=False
    )


async def lines_said(port: int, *words: bytes) -> list[bytes]:
    """What the server answers to these lines, until it has said goodbye: libraries know one answer a message."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\r\n".join([*words, b"QUIT", b""]))
    said = await reader.read()
    writer.close()
    return said.split(b"\r\n")


def to(*recipients: str) -> list[bytes]:
    return [f"RCPT TO:<{each}>".encode() for each in recipients]


@pytest.mark.parametrize(
    ("address", "is_for_us"),
    [
        (OURS, True),
        ("Send.Team@Example.ORG", True),
        ("send.team+ab12@example.org", True),
        (BOUNCES, True),
        ("bounces@example.org", False),
        ("bounces+@example.org", False),
        ("bounces+x@other.example", False),
        ("somebody@example.org", False),
        ("send.team@example.org.evil.example", False),
        ("", False),
    ],
)
def test_only_the_services_own_addresses_are_its_own(address: str, is_for_us: bool):
    assert is_ours(address, OURS) is is_for_us


async def test_a_message_is_kept_byte_for_byte_with_its_envelope(shelf: Shelf):
    async with door_to(shelf) as port:
        await send(port, OURS, BOUNCES)
    assert shelf.kept == [("zoe@nhs.example", (OURS, BOUNCES), CONTENT)]


async def test_a_bounce_has_no_sender_and_is_taken(shelf: Shelf):
    async with door_to(shelf) as port:
        await lines_said(port, b"EHLO x", b"MAIL FROM:<>", *to(BOUNCES), b"DATA", b"Hello", b".")
    assert shelf.kept[0][0] == ""


async def test_nobody_is_answered_before_the_message_is_kept(shelf: Shelf):
    shelf.may_keep.clear()
    async with door_to(shelf) as port:
        sending = asyncio.create_task(send(port))
        await shelf.asked.wait()
        assert not sending.done()
        assert shelf.kept == []
        shelf.may_keep.set()
        await sending
    assert len(shelf.kept) == 1


async def test_what_cannot_be_kept_is_to_be_tried_again(shelf: Shelf):
    shelf.fails = True
    async with door_to(shelf) as port:
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await send(port)
        assert refused.value.code == 451
        shelf.fails = False
        await send(port)
    assert len(shelf.kept) == 1


async def test_mail_for_others_is_refused_and_none_is_passed_on(shelf: Shelf):
    async with door_to(shelf) as port:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await send(port, "victim@elsewhere.example")
        assert refused.value.recipients[0].code == 550
    assert shelf.kept == []


async def test_a_message_that_is_too_large_is_refused_for_good(shelf: Shelf):
    async with door_to(shelf, largest=1000) as port:
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await send(port, content=CONTENT + b"x" * 70 + b"\r\n" * 900)
        assert refused.value.code == 552
        await send(port)
    assert len(shelf.kept) == 1


async def test_a_line_longer_than_mail_allows_is_no_reason_to_lose_an_answer(shelf: Shelf):
    content = b"Subject: Hello\r\n\r\n" + b"x" * 5000 + b"\r\n"
    async with door_to(shelf) as port:
        await send(port, content=content)
    assert shelf.kept[0][2] == content


async def test_lmtp_answers_for_each_recipient(shelf: Shelf):
    async with door_to(shelf, protocol="lmtp") as port:
        people = to(OURS, "somebody@example.org", BOUNCES)
        said = await lines_said(port, b"LHLO x", b"MAIL FROM:<zoe@nhs.example>", *people, b"DATA", b"Hello", b".")
    assert said.count(b"250 2.0.0 Kept") == 2
    assert said.count(b"550 5.1.1 No such mailbox here") == 1
    assert shelf.kept == [("zoe@nhs.example", (OURS, BOUNCES), b"Hello\r\n")]


async def test_lmtp_says_for_each_recipient_that_a_message_is_too_large(shelf: Shelf):
    async with door_to(shelf, protocol="lmtp", largest=1000) as port:
        people = to(OURS, BOUNCES)
        said = await lines_said(port, b"LHLO x", b"MAIL FROM:<>", *people, b"DATA", *[b"x" * 70] * 20, b".")
    assert [line[:3] for line in said].count(b"552") == 2


async def test_whoever_comes_when_all_connections_are_taken_is_asked_to_come_again(shelf: Shelf):
    async with door_to(shelf, connections=1) as port:
        first_reader, first = await asyncio.open_connection("127.0.0.1", port)
        await first_reader.readline()
        assert (await lines_said(port))[0].startswith(b"421 4.7.0")
        first.write(b"QUIT\r\n")
        await first_reader.read()
        first.close()
        await send(port)
    assert len(shelf.kept) == 1


async def test_a_connection_that_says_nothing_is_closed(shelf: Shelf):
    async with door_to(shelf, seconds=0.05) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()


async def test_a_connection_that_breaks_off_in_a_message_leaves_nothing(shelf: Shelf):
    async with door_to(shelf) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: half" % OURS.encode())
        await reader.readuntil(b"354")
        writer.transport.abort()
        await send(port)
    assert len(shelf.kept) == 1
