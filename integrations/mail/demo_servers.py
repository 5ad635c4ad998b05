"""Mail servers for the demo and the tests: SMTP into a maildir per address, IMAP over the service's own.

Everything stays on loopback and in one folder, so a council can try the whole loop alone: no mail ever leaves.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.utils import parseaddr
from mailbox import Maildir
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from integrations.mail.demo_imap import arrived, serve_imap

AUTHSERV_ID = "demo-mail.invalid"  # who writes our Authentication-Results (RFC 8601)
PASSWORD = "demo"  # noqa: S105 - the demo's own mailbox, on loopback


@dataclass(frozen=True, slots=True)
class DemoMail:
    """Where the demo's mail servers listen and what they keep."""

    folder: Path
    host: str
    smtp_port: int
    imap_port: int
    user: str  # the service's own address, also its IMAP name
    password: str
    authserv_id: str

    def letters_to(self, address: str) -> list[bytes]:
        """Every mail that an address was sent, oldest first, as it arrived."""
        return letters_to(self.folder, address)


def letters_to(folder: Path, address: str) -> list[bytes]:
    """Every mail kept for an address under ``folder``, oldest first, as it arrived."""
    box = _maildir(folder, address)
    return [box.get_bytes(key) for key in sorted(box.keys(), key=arrived)]


@asynccontextmanager
async def serve_demo_mail(folder: Path, user: str, smtp_port: int = 0, imap_port: int = 0) -> AsyncIterator[DemoMail]:
    """Both servers for the length of the block; port 0 takes a free one. What was kept in ``folder`` is still there.

    Mail to ``user``, to one of its +tags or to ``bounces+…`` at its domain reaches the IMAP inbox of ``user``.
    """
    async with (
        serve_smtp(MaildirKeeper(folder, user), smtp_port) as smtp,
        serve_imap(folder / maildir_name(user), (user.lower(), PASSWORD), imap_port) as imap,
    ):
        yield DemoMail(folder, "127.0.0.1", smtp, imap, user.lower(), PASSWORD, AUTHSERV_ID)


class MaildirKeeper:
    """What aiosmtpd calls with each mail: keeps it in a maildir a recipient."""

    def __init__(self, folder: Path, user: str) -> None:
        self._folder = folder
        self._user = user.lower()
        _maildir(folder, user)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take the mail for every recipient; the content is kept byte for byte below the headers a server adds."""
        content = bytes(envelope.original_content or b"")
        sender = envelope.mail_from or ""
        for recipient in envelope.rcpt_tos:
            box = _maildir(self._folder, self.mailbox_of(recipient))
            box.add(_delivery_headers(sender, recipient, content) + content)
        return "250 2.0.0 Kept in the demo"

    def mailbox_of(self, recipient: str) -> str:
        """The address whose maildir keeps mail to ``recipient``: the service's own for its tags and for bounces."""
        name, _, domain = recipient.lower().rpartition("@")
        untagged = f"{name.partition('+')[0]}@{domain}"
        ours = {self._user, f"bounces@{self._user.rpartition('@')[2]}"}
        return self._user if untagged in ours else recipient.lower()


def _delivery_headers(sender: str, recipient: str, content: bytes) -> bytes:
    """What a receiving server writes on top: the envelope, and whether From's domain is the one that sent it."""
    author = parseaddr(str(message_from_bytes(content[:100_000])["From"] or ""))[1]
    domain = author.rpartition("@")[2].lower()
    verdict = "pass" if domain and domain == sender.rpartition("@")[2].lower() else "fail"
    lines = [
        f"Return-Path: <{sender}>",
        f"Delivered-To: {recipient}",
        f"Authentication-Results: {AUTHSERV_ID}; dmarc={verdict} header.from={domain}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")


def maildir_name(address: str) -> str:
    """The name of the folder that keeps an address's mail; no address can step out of it."""
    return quote(address.lower(), safe="@+")


def _maildir(folder: Path, address: str) -> Maildir:
    folder.mkdir(parents=True, exist_ok=True)
    return Maildir(folder / maildir_name(address), factory=None)


@asynccontextmanager
async def serve_smtp(
    handler: Any, port: int = 0, *, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    """An SMTP server on loopback, in this event loop; with ``tls`` from the first byte. ``options`` are aiosmtpd's.

    Yields the port.
    """
    loop = asyncio.get_running_loop()
    sessions: WeakSet[SMTP] = WeakSet()

    def greet() -> SMTP:
        session = SMTP(handler, loop=loop, hostname="localhost", enable_SMTPUTF8=True, **options)
        sessions.add(session)
        return session

    server = await loop.create_server(greet, "127.0.0.1", port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for session in sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        await asyncio.sleep(0)  # lets the sessions see that they ended
        await server.wait_closed()
