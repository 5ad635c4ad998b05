"""Mail out, against a real SMTP server that fails on demand."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from coord_service.errors import PermanentFailure, TemporaryFailure
from coord_service.ports import OutgoingMail, Receipt
from integrations.mail.smtp import SmtpMailer, SmtpServer
from tests.servers.certificates import make_tls
from tests.servers.processes import free_port
from tests.servers.smtp import Behaviour, SmtpSink, start_smtp_sink

MAIL = OutgoingMail(
    "bounces+1@example.org", "zoe@nhs.example", b"Subject: Hello\r\nMessage-ID: <1@example.org>\r\n\r\n.\r\nHello\r\n"
)
Open = Callable[[SmtpServer], AbstractAsyncContextManager[SmtpMailer]]


def at(sink: SmtpSink, **changes: Any) -> SmtpServer:
    return replace(SmtpServer(sink.host, sink.port, tls="none"), **changes)


@asynccontextmanager
async def mailer_to(server: SmtpServer) -> AsyncIterator[SmtpMailer]:
    mailer = SmtpMailer(server)
    try:
        yield mailer
    finally:
        await mailer.close()


@pytest.fixture
async def mailer(smtp: SmtpSink) -> AsyncIterator[SmtpMailer]:
    async with mailer_to(at(smtp)) as mailer:
        yield mailer


async def test_a_mail_arrives_as_it_was_given_and_the_receipt_has_the_servers_words(mailer: SmtpMailer, smtp: SmtpSink):
    assert await mailer.send(MAIL) == Receipt("2.0.0 Taken")
    [taken] = smtp.mails
    assert (taken.sender, taken.recipient, taken.content) == (MAIL.sender, MAIL.recipient, MAIL.content)


async def test_mails_after_one_another_share_a_connection(mailer: SmtpMailer, smtp: SmtpSink):
    for _ in range(3):
        await mailer.send(MAIL)
    assert len(smtp.mails) == 3
    assert smtp.counts["sessions"] == 1


async def test_a_refused_mailbox_is_named_and_the_connection_serves_the_next_mail(mailer: SmtpMailer, smtp: SmtpSink):
    smtp.behaviour = Behaviour.REFUSE
    with pytest.raises(PermanentFailure, match=r"There is no mailbox zoe@nhs.example: ask for the right address"):
        await mailer.send(MAIL)
    smtp.behaviour = Behaviour.ACCEPT
    await mailer.send(MAIL)
    assert smtp.counts["sessions"] == 1


async def test_a_busy_server_is_a_failure_that_passes(mailer: SmtpMailer, smtp: SmtpSink):
    smtp.behaviour = Behaviour.DEFER
    with pytest.raises(TemporaryFailure, match=r"451 4.3.0 Try again later"):
        await mailer.send(MAIL)


async def test_refused_content_needs_somebody(mailer: SmtpMailer, smtp: SmtpSink):
    smtp.behaviour = Behaviour.REFUSE_CONTENT
    with pytest.raises(PermanentFailure, match=r"nhs.example does not take mail from us"):
        await mailer.send(MAIL)


async def test_a_server_that_leaves_after_the_content_may_have_taken_it(mailer: SmtpMailer, smtp: SmtpSink):
    smtp.behaviour = Behaviour.DROP_AFTER_DATA
    with pytest.raises(TemporaryFailure):
        await mailer.send(MAIL)
    assert len(smtp.mails) == 1
    smtp.behaviour = Behaviour.ACCEPT
    await mailer.send(MAIL)
    assert {taken.message["Message-ID"] for taken in smtp.mails} == {"<1@example.org>"}


async def test_a_server_that_never_answers_is_given_up_and_a_new_connection_made(smtp: SmtpSink):
    async with mailer_to(at(smtp, seconds=0.2)) as mailer:
        smtp.behaviour = Behaviour.HANG
        with pytest.raises(TemporaryFailure, match="did not answer in time"):
            await mailer.send(MAIL)
    async with mailer_to(at(smtp)) as mailer:
        smtp.behaviour = Behaviour.ACCEPT
        await mailer.send(MAIL)
    assert len(smtp.mails) == 1


async def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(mailer: SmtpMailer, smtp: SmtpSink):
    await mailer.send(MAIL)
    smtp.hang_up()
    await mailer.send(MAIL)
    assert (len(smtp.mails), smtp.counts["sessions"]) == (2, 2)


async def test_no_server_at_all_is_a_failure_that_passes():
    with pytest.raises(TemporaryFailure, match="can't be reached"):
        await SmtpMailer(SmtpServer("127.0.0.1", free_port(), tls="none")).send(MAIL)


async def test_an_address_that_would_break_the_protocol_never_reaches_the_server(mailer: SmtpMailer, smtp: SmtpSink):
    for address in ("zoe@nhs.example>\r\nRCPT TO:<eve@example.org", "zoe@nhs.example\n", "a b@c.example", ""):
        with pytest.raises(PermanentFailure):
            await mailer.send(replace(MAIL, recipient=address))
    assert smtp.mails == []


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return make_tls(tmp_path)


async def test_mail_goes_out_encrypted_from_the_first_byte(tls: tuple[ssl.SSLContext, ssl.SSLContext]):
    server, client = tls
    async with start_smtp_sink(tls=server) as sink, mailer_to(at(sink, tls="tls", trust=client)) as mailer:
        await mailer.send(MAIL)
        assert len(sink.mails) == 1


async def test_mail_goes_out_encrypted_after_starttls(tls: tuple[ssl.SSLContext, ssl.SSLContext]):
    server, client = tls
    async with (
        start_smtp_sink(tls_context=server, require_starttls=True) as sink,
        mailer_to(at(sink, tls="starttls", trust=client)) as mailer,
    ):
        await mailer.send(MAIL)
        assert len(sink.mails) == 1


async def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(tls: tuple[ssl.SSLContext, ssl.SSLContext]):
    async with start_smtp_sink(tls=tls[0]) as sink, mailer_to(at(sink, tls="tls")) as mailer:
        with pytest.raises(TemporaryFailure, match="certificate"):
            await mailer.send(MAIL)
        assert sink.mails == []


async def test_a_server_without_starttls_gets_no_mail_where_it_is_required(smtp: SmtpSink):
    async with mailer_to(at(smtp, tls="starttls")) as mailer:
        with pytest.raises(TemporaryFailure):
            await mailer.send(MAIL)
    assert smtp.mails == []


@asynccontextmanager
async def sink_that_asks_for_a_password(tls: ssl.SSLContext) -> AsyncIterator[SmtpSink]:
    def is_right(_server: object, _session: object, _envelope: object, _how: str, given: LoginPassword) -> AuthResult:
        return AuthResult(success=given == LoginPassword(b"team", b"secret"), handled=False)

    async with start_smtp_sink(
        tls_context=tls, require_starttls=True, authenticator=is_right, auth_required=True
    ) as sink:
        yield sink


async def test_mail_goes_out_after_signing_in(tls: tuple[ssl.SSLContext, ssl.SSLContext]):
    async with sink_that_asks_for_a_password(tls[0]) as sink:
        server = at(sink, tls="starttls", trust=tls[1], user="team", password="secret")
        async with mailer_to(server) as mailer:
            await mailer.send(MAIL)
        assert len(sink.mails) == 1


async def test_a_wrong_password_holds_the_letters_until_it_is_mended(tls: tuple[ssl.SSLContext, ssl.SSLContext]):
    async with sink_that_asks_for_a_password(tls[0]) as sink:
        server = at(sink, tls="starttls", trust=tls[1], user="team", password="old")
        async with mailer_to(server) as mailer:
            with pytest.raises(TemporaryFailure, match="user name or password"):
                await mailer.send(MAIL)
            with pytest.raises(TemporaryFailure, match="user name or password"):
                await mailer.check()


async def test_the_check_says_what_the_server_answers(mailer: SmtpMailer):
    assert await mailer.check()
