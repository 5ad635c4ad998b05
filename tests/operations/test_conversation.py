"""A whole conversation over real servers: SMTP out, IMAP and LMTP in, with cut wires, lost, repeated and shuffled mail.

Every attendee is an independent calendar (``attendee_peer``). Whatever happens on the way, all end with the same.
"""

import email
import email.policy
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from random import Random
from typing import Any

import aiosmtplib
import pytest
import sqlalchemy as sa

from coord_service.domain.meetings import Answer
from coord_service.errors import TemporaryFailure
from coord_service.operations.changing import MoveMeeting, change_meeting
from coord_service.operations.inbound import judge_mail, read_mailbox
from coord_service.operations.meeting_page import MeetingView, view_meeting
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import AuditEntry, InboundMail, User
from integrations.mail.demo_maildirs import maildir_name
from integrations.mail.demo_servers import DemoMail
from integrations.mail.imap import ImapMailbox, ImapServer
from integrations.mail.smtp import SmtpMailer, SmtpServer
from tests.attendee_peer import AttendeePeer
from tests.builders import a_child, a_meeting, a_person, a_user, actor_for
from tests.installation import StandingClock
from tests.operations.attendee_mail import OURS, hand_over
from tests.servers.cutting import CuttingWire, cutting_wire
from tests.servers.processes import free_port
from workers.mail_door import mail_door

SEEDS = (1, 2, 5)


class Post:
    """The way between us and the attendees: real servers, on wires that can be cut. ``seed`` settles what is luck."""

    def __init__(self, tools: Tools, clock: StandingClock, servers: DemoMail, wires: tuple[CuttingWire, CuttingWire]):
        self.clock, self.servers = clock, servers
        self.out, self.back = wires
        mailer = SmtpMailer(SmtpServer("127.0.0.1", self.out.port, tls="none", connections=1, seconds=5))
        mailbox = ImapMailbox(
            ImapServer("127.0.0.1", self.back.port, servers.user, servers.password, tls=False, seconds=5)
        )
        settings = tools.settings.model_copy(update={"mail_listen_port": free_port(), "smtp_connections": 1})
        self.tools = replace(tools, mailer=mailer, mailbox=mailbox, settings=settings)
        self._seen: Counter[str] = Counter()

    async def deliver(self, *cuts: bytes) -> None:
        """Send what is due, however often the wire is cut, until nothing waits."""
        self.out.cuts = list(cuts)
        for _ in range(10):
            self.clock.move(minutes=6)
            await deliver_outbox(self.tools)
        assert self.out.cuts == []

    async def read(self, *cuts: bytes) -> None:
        """Read the mailbox to its end, however often the wire is cut, and judge what was handed over."""
        self.back.cuts = list(cuts)
        for _ in range(len(cuts) + 1):
            try:
                await read_mailbox(self.tools)
            except TemporaryFailure:
                continue
        assert self.back.cuts == []
        await read_mailbox(self.tools)
        await judge_mail(self.tools)

    def fetch_for(self, peer: AttendeePeer, seed: int) -> set[str]:
        """The peer takes what has arrived since, in any order and everything twice; the Message-IDs of it."""
        letters = self.servers.letters_to(peer.address)
        new = [email.message_from_bytes(raw, policy=email.policy.default) for raw in letters]
        new = new[self._seen[peer.address] :]
        self._seen[peer.address] = len(letters)
        for mail in shuffled([*new, *new], seed):
            part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
            peer.receive(part.get_content().encode())
        return {str(mail["Message-ID"]) for mail in new}

    async def arrive(self, mails: list[EmailMessage], seed: int) -> None:
        """From attendees to us, in any order: every other one into the mailbox, the others handed over."""
        for number, mail in enumerate(shuffled(mails, seed), seed):
            if number % 2:
                await aiosmtplib.send(mail, hostname="127.0.0.1", port=self.servers.smtp_port, start_tls=False)
            else:
                await hand_over(self.tools.settings.mail_listen_port, mail)

    def number_the_mailbox_anew(self) -> None:
        """Every message gets another UID under another UIDVALIDITY."""
        folder = self.servers.folder / maildir_name(self.servers.user)
        lists = [path for path in folder.rglob("*uidlist*") if path.is_file()]
        assert lists
        for path in lists:
            path.unlink()


def shuffled(mails: list[Any], seed: int) -> list[Any]:
    """Each shuffle has luck of its own: what one of them takes must not change the next."""
    return Random(seed).sample(mails, len(mails))


@pytest.fixture
async def post(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> AsyncIterator[Post]:
    async with cutting_wire(mail_servers.smtp_port) as out, cutting_wire(mail_servers.imap_port) as back:
        made = Post(tools, clock, mail_servers, (out, back))
        async with mail_door(made.tools):
            yield made
        await made.tools.mailer.close()
        assert made.tools.mailbox is not None
        await made.tools.mailbox.close()


def reply(peer: AttendeePeer, partstat: str, at: datetime) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = peer.address, OURS, f"{partstat}: Meeting"
    mail["Message-ID"] = f"<{peer.address}.{partstat}.{at.timestamp()}@mail.example>"
    mail.set_content("Answered in my calendar.")
    calendar = peer.answer(partstat, at).decode()
    mail.add_alternative(calendar, subtype="calendar", params={"method": "REPLY", "charset": "utf-8"})
    return mail


class Meeting:
    """One meeting with three attendees."""

    def __init__(self, post: Post, worker: User, meeting_id: int, peers: list[AttendeePeer]) -> None:
        self.post, self.worker, self.meeting_id, self.peers = post, worker, meeting_id, peers

    async def view(self) -> MeetingView:
        return await view_meeting(self.post.tools, actor_for(self.worker), self.meeting_id)

    async def move(self, by: timedelta) -> None:
        meeting = (await self.view()).meeting
        start, end = meeting.starts_at + by, meeting.ends_at + by
        await change_meeting(
            self.post.tools, actor_for(self.worker), MoveMeeting(self.meeting_id, meeting.version, start, end)
        )

    async def answers(self) -> list[Answer]:
        found = {each.attendee.email: each.attendee.answer for each in (await self.view()).invitations}
        return [found[peer.address] for peer in self.peers]


@pytest.fixture
async def meeting(post: Post) -> Meeting:
    worker = await a_user(post.tools)
    people = [await a_person(post.tools) for _ in range(3)]
    meeting_id = await a_meeting(post.tools, worker, await a_child(post.tools, worker), *people)
    return Meeting(post, worker, meeting_id, [AttendeePeer(str(person.email)) for person in people])


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_happens_on_the_way_everybody_ends_with_the_same(
    post: Post, meeting: Meeting, seed: int
) -> None:
    clock, (first, second, third) = post.clock, meeting.peers
    # Cut before a letter, in the middle of one, and after the server took one and before it could say so.
    await post.deliver(b"MAIL FROM", b"RCPT TO", b"Kept in the demo")
    assert [len(post.fetch_for(peer, seed)) for peer in meeting.peers] == [1, 1, 1]
    assert letters_kept(post, meeting) == 5  # four letters, and the one of which nobody knew

    late = reply(third, "TENTATIVE", clock.now())  # to the first time; it arrives when that has passed
    early = [reply(first, "DECLINED", clock.now()), reply(second, "ACCEPTED", clock.now() + timedelta(seconds=1))]
    await post.arrive(early, seed)
    await post.read(b"LOGIN", b"FETCH")
    assert await meeting.answers() == [Answer.DECLINED, Answer.ACCEPTED, Answer.NEEDS_ACTION]

    await meeting.move(timedelta(days=2))
    await post.deliver(b"DATA")
    assert [len(post.fetch_for(peer, seed)) for peer in meeting.peers] == [1, 1, 1]
    now = clock.now()
    answers = [reply(first, "TENTATIVE", now), reply(first, "ACCEPTED", now + timedelta(seconds=9)),
               reply(second, "DECLINED", now), late]  # fmt: skip
    await post.arrive(shuffled(answers, seed)[1:], seed)  # one is lost, and comes at the next try
    post.number_the_mailbox_anew()
    await post.arrive([*answers, *answers, *early], seed)
    await post.read(b"SELECT", b"SEARCH", b"BODY[")

    assert await meeting.answers() == [Answer.ACCEPTED, Answer.DECLINED, Answer.NEEDS_ACTION]
    starts_at = (await meeting.view()).meeting.starts_at
    assert [{start for start, _, _ in peer.sees()} for peer in meeting.peers] == [{starts_at}] * 3
    await every_answer_counted_once(post.tools)
    await nobody_hears_more(post, meeting)


def letters_kept(post: Post, meeting: Meeting) -> int:
    addresses = [*(peer.address for peer in meeting.peers), str(meeting.worker.email)]
    return sum(len(post.servers.letters_to(address)) for address in addresses)


async def every_answer_counted_once(tools: Tools) -> None:
    """However often an answer came and by whichever way: it was applied once, or came too late for the present time."""
    async with tools.database.read() as db:
        rows = (await db.execute(sa.select(InboundMail.content, InboundMail.verdict))).all()
        entries = list(await db.scalars(sa.select(AuditEntry.id).where(AuditEntry.verb == "answer_invitation")))
    applied = Counter(email.message_from_bytes(raw)["Message-ID"] for raw, verdict in rows if verdict == "applied")
    assert {verdict for _, verdict in rows} <= {"applied", "duplicate", "older"}
    assert set(applied.values()) == {1}
    assert len(entries) == len(applied)


async def nobody_hears_more(post: Post, meeting: Meeting) -> None:
    """Two letters each, the invitation and the move: what came again has its first Message-ID, and nothing is left."""
    before = letters_kept(post, meeting)
    await post.deliver()
    assert letters_kept(post, meeting) == before
    for peer in meeting.peers:
        mails = map(email.message_from_bytes, post.servers.letters_to(peer.address))
        assert len({mail["Message-ID"] for mail in mails}) == 2
