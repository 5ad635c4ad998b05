"""Every fault of a mail server on the way out: is it this letter or the server, and what does somebody read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from coord_service.errors import MailServerAway, PermanentFailure, TemporaryFailure
from coord_service.ports import OutgoingMail
from integrations.mail.smtp import SmtpMailer, SmtpServer
from tests.integrations.mail.test_smtp import MAIL, at, mailer_to
from tests.servers.processes import free_port
from tests.servers.smtp import Behaviour, SmtpSink, start_smtp_sink

LETTER, LETTER_FOR_GOOD, SERVER, SERVER_AT_A_LETTER, REFUSES_US = range(5)

FAULTS = {
    Behaviour.DEFER: (LETTER, "asks us to try zoe@nhs.example again later"),
    Behaviour.GREYLIST: (LETTER, "asks us to try zoe@nhs.example again later (450 4.7.1 Greylisted"),
    Behaviour.REFUSE: (LETTER_FOR_GOOD, "There is no mailbox zoe@nhs.example: ask for the right address"),
    Behaviour.REFUSE_CONTENT: (LETTER_FOR_GOOD, "nhs.example does not take mail from us: tell whoever runs our mail"),
    Behaviour.NO_RELAY: (REFUSES_US, "Our mail server does not let us send (554 5.7.1 Relay access denied)"),
    Behaviour.NO_SENDER: (REFUSES_US, "Our mail server does not let us send (550 5.7.60"),
    Behaviour.FULL: (SERVER_AT_A_LETTER, "452 4.3.1 Insufficient system storage"),
    Behaviour.FULL_AFTER_DATA: (SERVER_AT_A_LETTER, "takes no mail for now (452 4.3.1"),
    Behaviour.TOO_MANY: (SERVER, "Our mail server hung up"),
    Behaviour.DROP_AFTER_DATA: (SERVER_AT_A_LETTER, "hung up in the middle of a mail"),
}


def kind_of(error: TemporaryFailure | PermanentFailure) -> int:
    if not isinstance(error, MailServerAway):
        return LETTER_FOR_GOOD if isinstance(error, PermanentFailure) else LETTER
    if error.is_refusal:
        return REFUSES_US
    return SERVER_AT_A_LETTER if error.has_met_letter else SERVER


async def failure_of(mailer: SmtpMailer, mail: OutgoingMail = MAIL) -> TemporaryFailure | PermanentFailure:
    with pytest.raises((TemporaryFailure, PermanentFailure)) as caught:
        await mailer.send(mail)
    return caught.value


@pytest.mark.parametrize("behaviour", FAULTS, ids=lambda each: each.name)
async def test_a_fault_is_the_letters_or_the_servers_and_says_what_to_do(behaviour: Behaviour, smtp: SmtpSink):
    kind, words = FAULTS[behaviour]
    async with mailer_to(at(smtp)) as mailer:
        await mailer.send(MAIL)  # over a connection that is kept, as most mails go
        smtp.behaviour = behaviour
        error = await failure_of(mailer)
        assert (kind_of(error), words in str(error)) == (kind, True), str(error)
        smtp.behaviour = Behaviour.ACCEPT
        await mailer.send(MAIL)


async def test_no_server_and_a_silent_server_and_one_that_turns_us_away_have_met_no_letter(tmp_path):
    nobody = SmtpServer("127.0.0.1", free_port(), tls="none", seconds=0.2)
    async with greeting(b"") as silent, greeting(b"421 4.3.2 Shutting down\r\n") as closing:
        for port, words in ((nobody.port, "can't be reached"), (silent, "in time"), (closing, "421 4.3.2")):
            async with mailer_to(replace(nobody, port=port)) as mailer:
                error = await failure_of(mailer)
                assert (kind_of(error), words in str(error)) == (SERVER, True), str(error)


async def test_a_server_that_hangs_with_a_letter_in_its_hands_has_met_it(smtp: SmtpSink):
    smtp.behaviour = Behaviour.HANG
    async with mailer_to(at(smtp, seconds=0.2)) as mailer:
        error = await failure_of(mailer)
    assert (kind_of(error), "in time" in str(error)) == (SERVER_AT_A_LETTER, True)


async def test_a_server_that_takes_its_time_gets_it_and_a_mail_that_waits_for_its_turn_is_not_late(smtp: SmtpSink):
    smtp.behaviour = Behaviour.SLOW
    async with mailer_to(at(smtp, connections=1, seconds=5)) as mailer:
        first, second = (asyncio.create_task(mailer.send(MAIL)) for _ in range(2))
        await smtp.met(Behaviour.SLOW)
        assert smtp.counts["sessions"] == 1
        smtp.may_answer.set()
        await asyncio.gather(first, second)
    assert len(smtp.mails) == 2


async def test_a_mail_larger_than_the_server_takes_is_never_begun_and_the_connection_serves_the_next():
    async with start_smtp_sink(data_size_limit=1000) as sink, mailer_to(at(sink)) as mailer:
        huge = replace(MAIL, content=MAIL.content + b"x" * 70 + b"\r\n" * 500)
        error = await failure_of(mailer, huge)
        assert kind_of(error) == LETTER_FOR_GOOD
        assert "zoe@nhs.example has 0.0 MB and our mail server takes 0.0 MB: send it by another way" in str(error)
        await mailer.send(MAIL)
        assert sink.counts["sessions"] == 1


async def test_letters_before_the_at_that_mail_cannot_carry_are_named_in_words(smtp: SmtpSink):
    async with mailer_to(at(smtp)) as mailer:
        error = await failure_of(mailer, replace(MAIL, recipient="zoë@nhs.example"))
    assert kind_of(error) == LETTER_FOR_GOOD
    assert "“zoë@nhs.example” has letters before the @ that most mail servers can't carry" in str(error)


async def test_a_domain_with_other_letters_is_written_as_mail_carries_it(smtp: SmtpSink):
    async with mailer_to(at(smtp)) as mailer:
        await mailer.send(replace(MAIL, recipient="zoe@münchen.example"))
    assert smtp.mails[0].recipient == "zoe@xn--mnchen-3ya.example"


async def test_a_domain_that_is_none_is_refused_in_words(smtp: SmtpSink):
    async with mailer_to(at(smtp)) as mailer:
        error = await failure_of(mailer, replace(MAIL, recipient=f"zoe@{'ü' * 64}.example"))
    assert kind_of(error) == LETTER_FOR_GOOD
    assert "No mail can reach" in str(error)


@asynccontextmanager
async def greeting(words: bytes) -> AsyncIterator[int]:
    """A server that says this and never anything again."""
    writers: list[asyncio.StreamWriter] = []

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(words)

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
