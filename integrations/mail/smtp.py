"""Mail out over SMTP: a few connections kept open, a time limit on everything; ``refusals`` says what failures mean."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

from coord_service.errors import PermanentFailure
from coord_service.ports import OutgoingMail, Receipt
from integrations.mail import refusals

IDLE_SECONDS = 5  # a connection that rested longer is asked whether it still lives before it is used
Kept = tuple[aiosmtplib.SMTP, float]  # and since when it rests, by the loop's clock


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where our mail goes out, and how. ``seconds`` bounds connecting, and then each whole mail."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    password: str = ""
    seconds: float = 10
    connections: int = 4
    trust: ssl.SSLContext | None = None  # whose certificates we believe; None: the machine's own list


class SmtpMailer:
    """The Mailer port over SMTP."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._turn = asyncio.Semaphore(server.connections)
        self._idle: list[Kept] = []

    async def send(self, mail: OutgoingMail) -> Receipt:
        """Hand one mail over; the receipt carries the server's words.

        Raises PermanentFailure when this recipient or this mail is refused (5xx) or can't be carried, MailServerAway
        for what is wrong with the server or with our access to it, TemporaryFailure for 4xx. When the connection is
        lost after the content went out, nobody knows whether the server took it: the repeat has the same Message-ID.
        """
        sender, recipient = refusals.carried(mail.sender), refusals.carried(mail.recipient)
        mail = OutgoingMail(sender, recipient, mail.content)
        async with self._turn:  # outside the time limit: a mail that waits for others is not late
            try:
                return Receipt(await self._hand_over(mail))
            except refusals.CAUSES as error:
                raise refusals.failure(error, recipient) from error

    async def check(self) -> str:
        """Connect, sign in and leave again; what the server says of itself. Raises MailServerAway with the cause."""
        try:
            client = await self._new()
            try:
                return (await client.noop()).message
            finally:
                client.close()
        except refusals.CAUSES as error:
            raise refusals.failure(error, "") from error

    async def close(self) -> None:
        """Close the connections that are kept open."""
        while self._idle:
            self._idle.pop()[0].close()

    async def _hand_over(self, mail: OutgoingMail) -> str:
        """The server's answer to a mail, over a kept connection where one still lives."""
        kept = await self._awake()
        if kept is not None:
            try:
                return await self._converse(kept, mail)
            except refusals.HungUpBefore:
                pass  # it had closed the connection, or wants no more mails on it: nothing has been handed over yet
        return await self._converse(await self._new(), mail)

    async def _converse(self, client: aiosmtplib.SMTP, mail: OutgoingMail) -> str:
        """One mail over one connection, which is kept for the next unless this one broke it."""
        async with asyncio.timeout(self._server.seconds), self._keeping(client):
            refusals.require_size(client, len(mail.content), mail.recipient)
            options = [f"SIZE={len(mail.content)}"] if client.supports_extension("size") else []
            try:
                await client.mail(mail.sender, options=options)
            except aiosmtplib.SMTPServerDisconnected as error:
                raise refusals.HungUpBefore(str(error)) from error
            except aiosmtplib.SMTPSenderRefused as error:
                if error.code == refusals.CLOSING:
                    raise refusals.HungUpBefore(error.message) from error
                raise
            await client.rcpt(mail.recipient)
            return (await client.data(mail.content)).message

    @asynccontextmanager
    async def _keeping(self, client: aiosmtplib.SMTP) -> AsyncIterator[None]:
        try:
            yield
        except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError) as error:
            if error.code == refusals.CLOSING or not await _is_alive(client):  # RSET: the envelope is forgotten
                client.close()
            else:
                self._rest(client)
            raise
        except PermanentFailure:  # of ours, before a word was said
            self._rest(client)
            raise
        except BaseException:
            client.close()
            raise
        self._rest(client)

    def _rest(self, client: aiosmtplib.SMTP) -> None:
        self._idle.append((client, asyncio.get_running_loop().time()))

    async def _awake(self) -> aiosmtplib.SMTP | None:
        """A kept connection whose server still answers; servers hang up on idle ones after some minutes."""
        while self._idle:
            client, since = self._idle.pop()
            is_fresh = asyncio.get_running_loop().time() - since < IDLE_SECONDS
            if client.is_connected and (is_fresh or await _is_alive(client)):
                return client
            client.close()
        return None

    async def _new(self) -> aiosmtplib.SMTP:
        try:
            async with asyncio.timeout(self._server.seconds):
                return await self._connect()
        except refusals.CAUSES as error:
            raise refusals.NotConnected(error) from error

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
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except BaseException:
            client.close()
            raise
        return client


async def _is_alive(client: aiosmtplib.SMTP) -> bool:
    try:
        await client.rset()
    except (aiosmtplib.SMTPException, OSError):
        return False
    return True
