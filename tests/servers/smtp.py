"""A strict SMTP server that keeps what it takes, counts, and fails in the ways that real ones do."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import Enum
from ssl import SSLContext
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from integrations.mail.demo_servers import serve_smtp


class Behaviour(Enum):
    """What the server does with the next mails, until told otherwise."""

    ACCEPT = "250 2.0.0 Taken"
    REFUSE = "550 5.1.1 No such mailbox here"  # at RCPT
    DEFER = "451 4.3.0 Try again later"  # at RCPT
    GREYLIST = "450 4.7.1 Greylisted, come back later"  # at RCPT
    NO_RELAY = "554 5.7.1 Relay access denied"  # at RCPT: it does not send mail for us
    FULL = "452 4.3.1 Insufficient system storage"  # at MAIL
    NO_SENDER = "550 5.7.60 You may not send as this sender"  # at MAIL
    TOO_MANY = "421 4.7.0 Too many connections"  # at MAIL
    REFUSE_CONTENT = "554 5.7.1 Looks like spam"  # after DATA
    FULL_AFTER_DATA = "452 4.3.1 Insufficient system storage, sorry"  # after DATA
    SLOW = "250 2.0.0 Taken at last"  # after DATA: once ``may_answer`` is set
    HANG = "hang"  # after DATA: never an answer
    DROP_AFTER_DATA = "drop"  # takes the mail and leaves without a word: the sender can't know


AT_MAIL = {Behaviour.FULL, Behaviour.NO_SENDER, Behaviour.TOO_MANY}
AT_RCPT = {Behaviour.REFUSE, Behaviour.DEFER, Behaviour.GREYLIST, Behaviour.NO_RELAY}
TAKING = {Behaviour.ACCEPT, Behaviour.SLOW, Behaviour.DROP_AFTER_DATA}


@dataclass(frozen=True)
class TakenMail:
    """A mail that the server took, with its envelope."""

    sender: str
    recipient: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        message = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message


class SmtpSink:
    """The handler behind the server, and what a test looks at."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.port = 0
        self.behaviour = Behaviour.ACCEPT
        self.towards: dict[str, Behaviour] = {}  # the behaviour for some domains of recipients, in place of that
        self.may_answer = asyncio.Event()  # what SLOW waits for
        self.mails: list[TakenMail] = []
        self.counts: Counter[str] = Counter()  # "sessions", and each Behaviour's name by how often it was met
        self._change = asyncio.Condition()
        self._open: WeakSet[SMTP] = WeakSet()

    async def taken(self, number: int, seconds: float = 10) -> list[TakenMail]:
        """Wait until at least ``number`` mails have been taken; all of them so far. Raises TimeoutError."""
        async with asyncio.timeout(seconds), self._change:
            await self._change.wait_for(lambda: len(self.mails) >= number)
        return self.mails

    async def met(self, behaviour: "Behaviour | str", number: int = 1, seconds: float = 10) -> None:
        """Wait until a behaviour has been met at least ``number`` times. Raises TimeoutError."""
        async with asyncio.timeout(seconds), self._change:
            await self._change.wait_for(lambda: self.counts[name_of(behaviour)] >= number)

    def hang_up(self) -> None:
        """Close every connection, as servers do with idle ones."""
        for server in self._open:
            _abort(server)

    async def handle_EHLO(self, server: SMTP, session: Session, _envelope: Envelope, hostname: str,
                          responses: list[str]) -> list[str]:  # fmt: skip
        self.counts["sessions"] += 1
        self._open.add(server)
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, _server: SMTP, _session: Session, envelope: Envelope, address: str,
                          options: list[str]) -> str:  # fmt: skip
        if self.behaviour in AT_MAIL:
            await self._count(self.behaviour)
            return self.behaviour.value
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str,
                          _options: list[str]) -> str:  # fmt: skip
        behaviour = self._towards(address)
        if behaviour in AT_RCPT:
            await self._count(behaviour)
            return behaviour.value
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = bytes(envelope.original_content or b"")
        if fault := fault_of(content):
            self.counts["faulty"] += 1
            return f"554 5.6.0 {fault}"
        behaviour = self._towards(envelope.rcpt_tos[0])
        await self._count(behaviour)
        if behaviour is Behaviour.SLOW:
            await self.may_answer.wait()
        if behaviour in TAKING:
            self.mails += [TakenMail(envelope.mail_from or "", to, content) for to in envelope.rcpt_tos]
            await self._count("taken")
        if behaviour is Behaviour.DROP_AFTER_DATA:
            _abort(server)
        if behaviour in {Behaviour.DROP_AFTER_DATA, Behaviour.HANG}:
            await asyncio.Event().wait()  # cancelled when the connection ends
        return behaviour.value

    def _towards(self, address: str) -> Behaviour:
        return self.towards.get(address.rpartition("@")[2], self.behaviour)

    async def _count(self, what: "Behaviour | str") -> None:
        async with self._change:
            self.counts[name_of(what)] += 1
            self._change.notify_all()


def name_of(what: Behaviour | str) -> str:
    """What is counted under which name: a behaviour, or a word such as "taken"."""
    return what.name if isinstance(what, Behaviour) else what


def _abort(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


def fault_of(content: bytes) -> str | None:
    """What RFC 5321 (§2.3.8, §4.5.3.1.6) and 8-bit-free transport forbid in a mail, or None."""
    if re.search(rb"(?<!\r)\n|\r(?!\n)", content):
        return "A bare CR or LF"
    if any(len(line) > 998 for line in content.split(b"\r\n")):
        return "A line of more than 998 octets"
    return None if content.isascii() else "8-bit content without encoding"


@asynccontextmanager
async def start_smtp_sink(tls: SSLContext | None = None, **options: Any) -> AsyncIterator[SmtpSink]:
    """A sink in this event loop; ``tls`` from the first byte, ``tls_context=`` for STARTTLS, ``authenticator=`` …"""
    sink = SmtpSink()
    async with serve_smtp(sink, tls=tls, **options) as port:
        sink.port = port
        yield sink
