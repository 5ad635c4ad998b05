"""Mail servers for the demo and the tests: SMTP into a maildir per address, IMAP over the service's own.

Everything stays on loopback and in one folder, so a council can try the whole loop alone: no mail ever leaves.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from integrations.mail.demo_imap import serve_imap
from integrations.mail.demo_maildirs import (
    AUTHSERV_ID,
    delivery_headers,
    letters_to,
    mailbox_of,
    maildir_name,
    open_maildir,
)
from integrations.mail.sessions import serve_sessions

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
        open_maildir(folder, user)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take the mail for every recipient; the content is kept byte for byte below the headers a server adds."""
        content = bytes(envelope.original_content or b"")
        sender = envelope.mail_from or ""
        for recipient in envelope.rcpt_tos:
            box = open_maildir(self._folder, mailbox_of(self._user, recipient))
            box.add(delivery_headers(sender, recipient, content) + content)
        return "250 2.0.0 Kept in the demo"


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

    async with serve_sessions(greet, sessions, ("127.0.0.1", port), tls) as taken:
        yield taken
