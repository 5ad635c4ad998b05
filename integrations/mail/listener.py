"""Mail in where a mail server hands it over: LMTP (RFC 2033) or SMTP, into a function that keeps it.

A message is answered with 250 only after it has been kept; whatever goes wrong before is 451, and the server that hands
over tries again. Nothing is signed in or encrypted here: listen on loopback, or inside a network that you trust.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal
from weakref import WeakSet

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from integrations.mail.sessions import serve_sessions

log = structlog.get_logger()

Keep = Callable[[str, tuple[str, ...], bytes], Awaitable[None]]  # sender, recipients, content: returns when it is kept
NAME, IDENT = "coord", "ready"
GREETING = f"220 {NAME} {IDENT}".encode()  # by which others see that it is ours
MOST_RECIPIENTS = 100
LONGEST_LINE = 100_000  # octets: longer than RFC 5321 allows, since a mail refused for it would be an answer lost
SECONDS_TO_KEEP = 60


@dataclass(frozen=True, slots=True)
class Door:
    """Where mail is handed over, in which protocol, and for whom. ``port`` 0 takes a free one."""

    mail_from: str  # our own address; bounces+…@ its domain is ours too
    host: str = "127.0.0.1"
    port: int = 0
    protocol: Literal["lmtp", "smtp"] = "lmtp"
    largest: int = 10_000_000  # octets of one message
    connections: int = 20
    seconds: float = 60  # a connection that says nothing for so long is closed


def is_ours(address: str, mail_from: str) -> bool:
    """Whether an address is one of the service's: its own, one of its +tags, or a letter's bounce address."""
    name, _, domain = address.lower().rpartition("@")
    own_name, _, own_domain = mail_from.lower().rpartition("@")
    is_bounce = re.fullmatch(r"bounces\+[0-9a-z]{1,64}", name) is not None
    return domain == own_domain and (is_bounce or name.partition("+")[0] == own_name)


@asynccontextmanager
async def open_door(door: Door, keep: Keep) -> AsyncIterator[int]:
    """Take mail for the length of the block, in this event loop; yields the port. Raises OSError when it is taken."""
    loop = asyncio.get_running_loop()
    sessions: WeakSet[SMTP] = WeakSet()

    def greet() -> asyncio.Protocol:
        if sum(session.transport is not None for session in sessions) >= door.connections:
            return _TurnedAway()
        options: dict[str, Any] = {"data_size_limit": door.largest, "timeout": door.seconds}
        kind = _LmtpSession if door.protocol == "lmtp" else _SmtpSession
        session: SMTP = kind(
            _Keeper(door, keep), loop=loop, hostname=NAME, ident=IDENT, enable_SMTPUTF8=True, **options
        )
        sessions.add(session)
        return session

    async with serve_sessions(greet, sessions, (door.host, door.port)) as port:
        yield port


class _Keeper:
    """What aiosmtpd asks at each step."""

    def __init__(self, door: Door, keep: Keep) -> None:
        self._door = door
        self._keep = keep

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not is_ours(address, self._door.mail_from):
            return "550 5.1.1 No such mailbox here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = bytes(envelope.original_content or b"")
        try:
            async with asyncio.timeout(SECONDS_TO_KEEP):
                await self._keep((envelope.mail_from or "").strip("<>"), tuple(envelope.rcpt_tos), content)
        except Exception:  # whatever it was: the server that hands over keeps the message and tries again
            log.exception("mail_not_kept")
            return "451 4.3.0 Not kept: try again later"
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours is no reason to lose a message; its words stay here."""
        log.error("mail_session_failed", exc_info=error)
        return "451 4.3.0 Something went wrong here: try again later"


class _SmtpSession(SMTP):
    line_length_limit = LONGEST_LINE


class _LmtpSession(LMTP):
    """After the message LMTP answers once for each recipient (RFC 2033 §4.2); aiosmtpd answers once."""

    line_length_limit = LONGEST_LINE
    _answers = 1

    async def smtp_DATA(self, arg: str) -> None:
        """Take the message, and answer for everybody."""
        self._answers = max(1, len(self.envelope.rcpt_tos)) if self.envelope and not arg else 1
        try:
            await super().smtp_DATA(arg)
        finally:
            self._answers = 1

    async def push(self, status: Any) -> None:
        """Say it; what ends a message once for each recipient."""
        is_go_ahead = isinstance(status, str) and status.startswith("354")
        for _ in range(1 if is_go_ahead else self._answers):
            await super().push(status)


class _TurnedAway(asyncio.Protocol):
    """For whoever comes when all connections are taken."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask them to come again, and close."""
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"421 4.7.0 Too many connections: come again later\r\n")
        transport.close()
