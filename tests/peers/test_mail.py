"""Postfix and Dovecot as Debian has them: our letters go out through them, and answers and bounces come back.

Postfix is set as the guide for IT says, to the letter: its recipes are read out of the guide. The same Postfix stands
for the rest of the world: mail for nhs.example goes to Dovecot, where Dr Shah has a mailbox and others have none.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
import sqlalchemy as sa

from coord_service.domain.delivery import LetterState
from coord_service.domain.meetings import Answer
from coord_service.operations.inbound import read_mailbox
from coord_service.operations.meeting_page import MeetingView, view_meeting
from coord_service.operations.outbox import Delivered, deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import InboundMail, OutboxLetter, User
from integrations.itip.codec import ItipCodec
from integrations.mail.imap import ImapMailbox, ImapServer
from integrations.mail.smtp import SmtpMailer, SmtpServer
from tests.builders import a_child, a_meeting, a_person, a_user, actor_for
from tests.installation import StandingClock, clock, tools
from tests.operations.attendee_mail import OURS, Reply, write_reply
from tests.peers.dovecot import PASSWORD, Dovecot, start_dovecot
from tests.peers.postfix import Postfix, start_postfix
from tests.servers.certificates import make_tls
from tests.servers.processes import free_port
from workers.mail_door import mail_door

__all__ = ["clock", "tools"]
GUIDE = Path(__file__).parents[2] / "docs/guide/it.md"
SHAH, GONE, GREYLISTED = "shah@nhs.example", "gone@nhs.example", "greylisted@nhs.example"
AUTHSERV_ID = "mail.example.org"
PATIENCE = 120  # seconds for what other programs do
HOUR = 3600  # to wait for an announcement: one that is lost fails the test


def recipe(heading: str, port: int = 0) -> tuple[dict[str, str], dict[str, str]]:
    """The settings and the tables of a recipe in the guide, for our own domain, folder and port."""
    section = GUIDE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    tables: dict[str, list[str]] = {"main.cf": []}
    name = "main.cf"
    for line in (line.strip() for line in section.splitlines() if line.startswith("    ")):
        if line.startswith("#"):
            name = "main.cf" if "main.cf" in line else line.split()[1].removeprefix("/etc/postfix/").rstrip(",")
            tables.setdefault(name, [])
        else:
            tables[name].append(line.replace("send.example.gov.uk", "example.org").replace(":2424", f":{port}"))
    settings = [line.replace("/etc/postfix", "{folder}").split(" = ") for line in tables.pop("main.cf")]
    assert settings
    return dict(settings), {key: "\n".join([*each, ""]) for key, each in tables.items()}


def our_own(folder: Path, dovecot: Dovecot) -> dict[str, str]:
    """What a council's Postfix has already: its certificate, its domain, its filter; and the world around it."""
    vouch = f"PREPEND Authentication-Results: {AUTHSERV_ID}; dmarc=pass"  # in place of a milter
    return {
        "myhostname": "mail.example.org",
        "smtpd_tls_security_level": "encrypt",
        "smtpd_tls_cert_file": f"{folder}/certificate.pem",
        "smtpd_tls_key_file": f"{folder}/key.pem",
        "smtpd_sender_restrictions": f"check_sender_access static:{{{{{vouch}}}}}",
        "smtpd_recipient_restrictions": "check_recipient_access hash:{folder}/refusals, reject_unauth_destination",
        "virtual_mailbox_domains": "example.org",
        "virtual_transport": f"lmtp:inet:127.0.0.1:{dovecot.lmtp_port}",
        "relay_domains": "nhs.example",
        "relay_transport": f"lmtp:inet:127.0.0.1:{dovecot.lmtp_port}",
    }


@dataclass
class World:
    """Our service between a real Postfix and a real Dovecot."""

    tools: Tools
    clock: StandingClock
    postfix: Postfix
    dovecot: Dovecot
    trust: ssl.SSLContext
    worker: User | None = None
    meeting_id: int = 0

    def mailbox(self, user: str) -> ImapMailbox:
        trust = ssl.create_default_context(cafile=self.dovecot.certificate)
        return ImapMailbox(ImapServer("127.0.0.1", self.dovecot.imaps_port, user, PASSWORD, trust=trust))

    async def invite(self, *addresses: str) -> Delivered:
        self.worker = await a_user(self.tools, email="amy@nhs.example")
        people = [await a_person(self.tools, email=address) for address in addresses]
        self.meeting_id = await a_meeting(self.tools, self.worker, await a_child(self.tools, self.worker), *people)
        self.clock.move(seconds=61)
        return await deliver_outbox(self.tools)

    async def invitation(self) -> EmailMessage:
        """What has arrived in Dr Shah's mailbox."""
        mailbox = self.mailbox(SHAH)
        try:
            async with asyncio.timeout(PATIENCE):
                while not (mails := await mailbox.fetch(None, 1)):
                    await mailbox.wait(HOUR)
        finally:
            await mailbox.close()
        mail = message_from_bytes(mails[0].content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        return mail

    async def answer(self, partstat: str) -> None:
        """Dr Shah's calendar answers, through her own mail server."""
        mail = write_reply(Reply(await self.invitation(), partstat, SHAH, self.clock.now()))
        port = self.postfix.port
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, start_tls=True, tls_context=self.trust)

    async def judged(self, number: int) -> list[InboundMail]:
        """What has come in once there are so many: read whenever the mailbox announces it, or handed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                await read_mailbox(self.tools)
                async with self.tools.database.read() as db:
                    mails = list(await db.scalars(sa.select(InboundMail).where(InboundMail.judged_at.is_not(None))))
                if len(mails) >= number:
                    return mails
                if self.tools.mailbox is not None:
                    await self.tools.mailbox.wait(HOUR)
                else:
                    await asyncio.sleep(0.05)  # Postfix tells nobody but our listener

    async def view(self) -> MeetingView:
        assert self.worker is not None
        return await view_meeting(self.tools, actor_for(self.worker), self.meeting_id)

    async def letter_to(self, address: str) -> OutboxLetter:
        async with self.tools.database.read() as db:
            return (await db.scalars(sa.select(OutboxLetter).where(OutboxLetter.recipient == address))).one()


@contextmanager
def servers(folder: Path, settings: Mapping[str, str], tables: Mapping[str, str]) -> Iterator[tuple[Postfix, Dovecot]]:
    make_tls(folder)
    with ExitStack() as stack:
        dovecot = stack.enter_context(start_dovecot([OURS, SHAH, "amy@nhs.example"]))
        ours = {
            "virtual_mailbox": f"{OURS} here\n",
            "refusals": f"{GREYLISTED} 450 4.7.1 Greylisted, come back later\n",
        }
        known = {"virtual_mailbox_maps": "hash:{folder}/virtual_mailbox"}
        both = our_own(folder, dovecot) | known | dict(settings)
        yield stack.enter_context(start_postfix(both, ours | dict(tables))), dovecot


@pytest.fixture(params=["read from the mailbox", "handed over"])
async def world(
    request: pytest.FixtureRequest, tmp_path: Path, tools: Tools, clock: StandingClock
) -> AsyncIterator[World]:
    is_handed_over = request.param == "handed over"
    port = free_port() if is_handed_over else 0
    heading = "Mail in, handed over by your mail server" if is_handed_over else "Mail in, read from a mailbox"
    with servers(tmp_path, *recipe(heading, port)) as (postfix, dovecot):
        trust = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
        mailer = SmtpMailer(SmtpServer("127.0.0.1", postfix.port, trust=trust))
        settings = tools.settings.model_copy(update={"mail_listen_port": port})
        made = World(tools, clock, postfix, dovecot, trust)
        mailbox = None if is_handed_over else made.mailbox(OURS)
        codec = ItipCodec(AUTHSERV_ID)
        made.tools = replace(tools, mailer=mailer, mailbox=mailbox, settings=settings, codec=codec)
        async with mail_door(made.tools):
            yield made
        await mailer.close()
        if mailbox is not None:
            await mailbox.close()


async def test_an_invitation_goes_out_and_its_answer_comes_back_and_counts(world: World) -> None:
    assert (await world.invite(SHAH)).sent == 2
    await world.answer("ACCEPTED")
    (mail,) = await world.judged(1)
    assert (mail.verdict, mail.sender, (mail.evidence or {})["authentication"]) == ("applied", SHAH, "passed")
    answers = {each.attendee.email: each.attendee.answer for each in (await world.view()).invitations}
    assert answers[SHAH] is Answer.ACCEPTED


async def test_a_bounce_of_postfix_is_understood_and_reaches_the_letter_that_it_is_about(world: World) -> None:
    assert (await world.invite(SHAH, GONE)).sent == 3
    (mail,) = await world.judged(1)
    assert (mail.kind, mail.verdict, (mail.evidence or {})["matched_by"]) == ("bounce", "noted", "bounce_address")
    letter = await world.letter_to(GONE)
    assert letter.bounced_at is not None
    assert f"There is no mailbox {GONE}: ask for the right address" in (letter.error or "")
    assert (await world.letter_to(SHAH)).bounced_at is None
    answers = {each.attendee.email: each.attendee.answer for each in (await world.view()).invitations}
    assert answers[GONE] is Answer.NEEDS_ACTION


async def test_a_greylisted_letter_is_tried_again_later_and_holds_up_nobody(world: World) -> None:
    delivered = await world.invite(SHAH, GREYLISTED)
    assert (delivered.sent, delivered.postponed) == (2, 1)
    letter = await world.letter_to(GREYLISTED)
    assert (letter.state, letter.attempts) == (LetterState.WAITING, 1)
    assert letter.not_before == world.clock.now() + timedelta(minutes=1)
    assert f"asks us to try {GREYLISTED} again later (450 4.7.1" in (letter.error or "")
    world.clock.move(minutes=2)
    assert (await deliver_outbox(world.tools)).postponed == 1
    assert (await world.letter_to(GREYLISTED)).not_before == world.clock.now() + timedelta(minutes=5)
