"""Mail out over SMTP: a few connections kept open, a time limit on everything, and two kinds of failure."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

from coord_service.errors import DeliveryFailure, PermanentFailure, TemporaryFailure
from coord_service.ports import OutgoingMail, Receipt

# Enhanced status code (RFC 3463), or the plain reply code, of a refusal -> what a lead worker can do about it.
REFUSALS = (
    (r"5\.1\.(1|0|6)\b", "there is no mailbox {recipient}: ask for the right address"),
    (r"5\.1\.(2|10)\b|5\.4\.4\b", "no mail can reach {domain}: ask for the right address"),
    (r"5\.1\.3\b|^553\b", "{recipient} is not written as a mail address: correct it"),
    (r"5\.2\.2\b|^552\b", "the mailbox of {recipient} is full: ring them, or ask for another address"),
    (r"5\.2\.1\b", "the mailbox of {recipient} has been closed: ask for another address"),
    (r"5\.(2\.3|3\.4)\b", "the mail is too large for {recipient}: send it by another way"),
    (r"5\.7\.\d+\b", "the mail server of {domain} does not take mail from us: tell whoever runs our mail"),
    (r"^55[01]\b", "the mail server does not know or does not take {recipient}: ask for the right address"),
)
OTHERWISE = "the mail server refused the mail to {recipient}: tell whoever runs our mail"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where our mail goes out, and how. ``seconds`` bounds each whole mail, connecting included."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    password: str = ""
    seconds: float = 10
    connections: int = 2
    trust: ssl.SSLContext | None = None  # whose certificates we believe; None: the machine's own list


class SmtpMailer:
    """The Mailer port over SMTP."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._turn = asyncio.Semaphore(server.connections)
        self._idle: list[aiosmtplib.SMTP] = []

    async def send(self, mail: OutgoingMail) -> Receipt:
        """Hand one mail over; the receipt carries the server's words.

        Raises TemporaryFailure for 4xx, time-outs, lost connections and for what is wrong with our own access (the
        letter waits until that is mended), PermanentFailure when this recipient or this mail is refused (5xx). When
        the connection is lost after the content went out, nobody knows whether the server took it: it is a
        TemporaryFailure, and the repeat carries the same Message-ID.
        """
        for address in (mail.sender, mail.recipient):
            if not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+", address):  # aiosmtplib would send to a part of it
                raise PermanentFailure(f"“{' '.join(address.split())}” is not a mail address: correct it.")
        try:
            async with asyncio.timeout(self._server.seconds), self._connection() as client:
                _, answer = await client.sendmail(mail.sender, [mail.recipient], mail.content)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _failure(error, mail.recipient) from error
        return Receipt(answer)

    async def check(self) -> str:
        """Connect, sign in and leave again; what the server says of itself. Raises TemporaryFailure with the cause."""
        try:
            async with asyncio.timeout(self._server.seconds), self._connection() as client:
                return (await client.noop()).message
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _failure(error, "") from error

    async def close(self) -> None:
        """Close the connections that are kept open."""
        while self._idle:
            self._idle.pop().close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connection that answered a moment ago; kept for the next mail unless this one broke it."""
        async with self._turn:
            client = await self._awake() or await self._connect()
            try:
                yield client
            except aiosmtplib.SMTPRecipientsRefused:
                self._idle.append(client)  # the next mail begins with RSET
                raise
            except BaseException:
                client.close()
                raise
            self._idle.append(client)

    async def _awake(self) -> aiosmtplib.SMTP | None:
        """A kept connection whose server still answers; servers hang up on idle ones after some minutes."""
        while self._idle:
            client = self._idle.pop()
            try:
                await client.rset()
            except (aiosmtplib.SMTPException, OSError):
                client.close()
            else:
                return client
        return None

    async def _connect(self) -> aiosmtplib.SMTP:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            tls_context=server.trust,
            username=server.user or None,
            password=server.password or None,
            timeout=server.seconds,
        )
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        return client


def _failure(error: Exception, recipient: str) -> DeliveryFailure:
    """What an exception of aiosmtplib means to the outbox."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[refusal, *_]):
            return _answered(refusal.code, refusal.message, recipient)
        case aiosmtplib.SMTPAuthenticationError():
            return TemporaryFailure(
                f"Our mail server refused our user name or password ({error.code} {error.message})."
            )
        case aiosmtplib.SMTPDataError():
            return _answered(error.code, error.message, recipient)
        case aiosmtplib.SMTPResponseException():
            return TemporaryFailure(f"Our mail server does not let us send ({error.code} {error.message}).")
        case TimeoutError():
            return TemporaryFailure("Our mail server did not answer in time.")
        case ValueError() | aiosmtplib.SMTPNotSupported():
            return PermanentFailure(f"Mail can't be sent to {recipient}: correct the address ({error}).")
    return TemporaryFailure(f"Our mail server can't be reached ({error}).")


def _answered(code: int, words: str, recipient: str) -> DeliveryFailure:
    """The server's answer about this recipient or this mail, in words that say what to do."""
    if code < 500:
        return TemporaryFailure(f"The mail server asks us to try {recipient} again later ({code} {words}).")
    answer = " ".join(f"{code} {words}".split())
    advice = next((text for pattern, text in REFUSALS if re.search(pattern, answer)), OTHERWISE)
    sentence = advice.format(recipient=recipient, domain=recipient.rpartition("@")[2])
    return PermanentFailure(f"{sentence[0].upper()}{sentence[1:]} (it answered: {answer}).")
