"""Answers that come by mail, through a real SMTP server and a real IMAP mailbox."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from coord_service.domain.decisions import Decision
from coord_service.domain.meetings import Answer
from coord_service.errors import ChangedMeanwhile
from coord_service.operations.case_needs import Need
from coord_service.operations.changing import CancelMeeting, MoveMeeting, change_meeting
from coord_service.operations.deciding import DecideMail, decide_mail
from coord_service.operations.home import view_needs
from coord_service.operations.inbound import judge_mail, read_mailbox
from coord_service.operations.meeting_page import Delivery, MeetingView, view_meeting
from coord_service.operations.proposals import AcceptProposal, accept_proposal, decline_proposal
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Child, InboundMail, Person, User
from integrations.mail.demo_servers import DemoMail
from tests.builders import a_child, a_meeting, a_person, a_user, actor_for
from tests.installation import StandingClock
from tests.operations.attendee_mail import Reply, send, write_bounce, write_reply, write_words
from tests.operations.test_meetings import calendar_of, deliver, mails_to


class Conversation:
    """One meeting with Dr Shah, whose mail program we play."""

    def __init__(self, tools: Tools, clock: StandingClock, servers: DemoMail) -> None:
        self.tools, self.clock, self.servers = tools, clock, servers
        self.worker: User
        self.child: Child
        self.shah: Person
        self.meeting_id = 0

    async def begin(self) -> None:
        self.worker = await a_user(self.tools, name="Amy Leadworth")
        self.child = await a_child(self.tools, self.worker)
        self.shah = await a_person(self.tools, "Dr Priya Shah")
        await self.book(self.shah)

    async def book(self, *people: Person, **changes: object) -> None:
        self.meeting_id = await a_meeting(self.tools, self.worker, self.child, *people, **changes)
        await deliver(self.tools, self.clock)

    async def cancel(self, version: int) -> None:
        await change_meeting(self.tools, actor_for(self.worker), CancelMeeting(self.meeting_id, version))
        await deliver(self.tools, self.clock)

    @property
    def address(self) -> str:
        return self.shah.email or ""

    @property
    def invitation(self) -> EmailMessage:
        return mails_to(self.servers, self.address)[-1]

    async def receive(self, *mails: EmailMessage, envelope: str = "") -> MeetingView:
        for mail in mails:
            await asyncio.to_thread(send, self.servers, mail, envelope)
        self.clock.move(seconds=5)
        await read_mailbox(self.tools)
        return await self.view()

    async def view(self) -> MeetingView:
        return await view_meeting(self.tools, actor_for(self.worker), self.meeting_id)

    async def reply(self, partstat: str, **changes: object) -> MeetingView:
        facts = {"invitation": self.invitation, "partstat": partstat, "sender": self.address, "at": self.clock.now()}
        return await self.receive(write_reply(Reply(**{**facts, **changes})))

    def answer_in(self, view: MeetingView) -> Answer:
        return next(e.attendee.answer for e in view.invitations if e.attendee.person_id == self.shah.id)


@pytest.fixture
async def talk(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> Conversation:
    conversation = Conversation(tools, clock, mail_servers)
    await conversation.begin()
    return conversation


async def test_accept_in_a_calendar_arrives_on_the_meeting_page(talk: Conversation) -> None:
    view = await talk.reply("ACCEPTED")
    assert talk.answer_in(view) is Answer.ACCEPTED
    assert view.correspondence[0].verdict == "applied"


async def test_the_same_mail_twice_changes_nothing(talk: Conversation) -> None:
    mail = write_reply(Reply(talk.invitation, "DECLINED", talk.address, talk.clock.now()))
    view = await talk.receive(mail, mail)
    assert talk.answer_in(view) is Answer.DECLINED
    assert [each.verdict for each in view.correspondence] == ["applied", "duplicate"]


async def test_an_answer_to_the_time_before_a_move_is_not_counted_for_the_new_one(talk: Conversation) -> None:
    old_invitation = talk.invitation
    view = await talk.view()
    later = view.meeting.starts_at + timedelta(days=2)
    asked = MoveMeeting(talk.meeting_id, view.meeting.version, later, later + timedelta(hours=1))
    await change_meeting(talk.tools, actor_for(talk.worker), asked)
    await deliver(talk.tools, talk.clock)
    view = await talk.receive(write_reply(Reply(old_invitation, "ACCEPTED", talk.address, talk.clock.now())))
    assert talk.answer_in(view) is Answer.NEEDS_ACTION
    assert view.correspondence[0].verdict == "older"


async def test_a_required_no_asks_for_a_decision(talk: Conversation) -> None:
    view = await talk.reply("DECLINED", comment="On leave that week")
    assert [each.person.name for each in view.declined_required] == ["Dr Priya Shah"]
    assert view.declined_required[0].comment == "On leave that week"


async def test_a_proposed_time_can_be_taken_for_everybody(talk: Conversation) -> None:
    start = (await talk.view()).meeting.starts_at + timedelta(days=1)
    view = await talk.reply("TENTATIVE", method="COUNTER", start=start, end=start + timedelta(hours=1))
    (proposal,) = view.proposals
    assert proposal.starts_at == start
    asked = AcceptProposal(talk.meeting_id, proposal.attendee.id, view.meeting.version, start.isoformat())
    with pytest.raises(ChangedMeanwhile, match="another time since"):
        await accept_proposal(talk.tools, actor_for(talk.worker), replace(asked, seen="2026-03-19T09:00:00+00:00"))
    await accept_proposal(talk.tools, actor_for(talk.worker), asked)
    await deliver(talk.tools, talk.clock)
    view = await talk.view()
    assert view.meeting.starts_at == start
    assert view.proposals == []
    assert "SEQUENCE:1" in calendar_of(talk.invitation)


async def test_a_proposed_time_can_be_declined_to_that_person_alone(talk: Conversation) -> None:
    start = (await talk.view()).meeting.starts_at + timedelta(days=1)
    view = await talk.reply("TENTATIVE", method="COUNTER", start=start, end=start + timedelta(hours=1))
    place = (talk.meeting_id, view.proposals[0].attendee.id)
    await decline_proposal(talk.tools, actor_for(talk.worker), place, start.isoformat(), "The room is taken then.")
    await deliver(talk.tools, talk.clock)
    body = talk.invitation.get_body(("plain",))
    assert body is not None
    assert "The room is taken then." in body.get_content()
    assert "METHOD:DECLINECOUNTER" in calendar_of(talk.invitation)
    assert (await talk.view()).proposals == []
    assert len(mails_to(talk.servers, talk.worker.person.email)) == 1


async def test_words_are_shown_beside_the_meeting_for_a_decision(talk: Conversation) -> None:
    view = await talk.receive(write_words(talk.address, "Sorry, I can't make it. Priya", talk.invitation))
    (held,) = view.to_decide
    assert held.mail.words is not None
    assert "Sorry, I can't make it" in held.mail.words
    assert talk.answer_in(view) is Answer.NEEDS_ACTION
    asked = DecideMail(held.mail.id, Decision.ANSWER, Answer.DECLINED)
    await decide_mail(talk.tools, actor_for(talk.worker), asked)
    view = await talk.view()
    assert talk.answer_in(view) is Answer.DECLINED
    assert view.to_decide == []


async def test_a_stranger_with_the_invitation_is_held(talk: Conversation) -> None:
    view = await talk.reply("ACCEPTED", sender="stranger@elsewhere.example")
    assert talk.answer_in(view) is Answer.NEEDS_ACTION
    assert [each.mail.sender for each in view.to_decide] == ["stranger@elsewhere.example"]


async def test_a_bounce_says_who_does_not_know_and_changes_no_answer(talk: Conversation) -> None:
    letter = next(e.latest for e in (await talk.view()).invitations if e.attendee.person_id == talk.shah.id)
    assert letter is not None
    view = await talk.receive(write_bounce(talk.invitation, letter.envelope_from))
    line = next(each for each in view.invitations if each.attendee.person_id == talk.shah.id)
    assert line.delivery is Delivery.BOUNCED
    assert line.is_in_trouble
    assert line.latest is not None
    assert "No such user here" in (line.latest.error or "")
    assert talk.answer_in(view) is Answer.NEEDS_ACTION


async def test_a_mail_that_cannot_be_judged_holds_up_nobody(talk: Conversation) -> None:
    async with talk.tools.database.begin() as db:
        garbage = b"\xff\x00 nothing of this is mail"
        db.add(InboundMail(mailbox="m", uidvalidity=1, uid=1, content=garbage, received_at=talk.clock.now()))
    await judge_mail(talk.tools)
    view = await talk.reply("ACCEPTED")
    assert talk.answer_in(view) is Answer.ACCEPTED


async def test_reading_the_mailbox_again_judges_nothing_twice(talk: Conversation) -> None:
    await talk.reply("ACCEPTED")
    view = await talk.receive()
    assert len(view.correspondence) == 1


async def test_a_mail_about_nothing_we_know_waits_on_every_lead_workers_home(talk: Conversation) -> None:
    await talk.receive(write_words("nobody@elsewhere.example", "Please ring me about my son"))
    other = await a_user(talk.tools)
    for worker in (talk.worker, other):
        (need,) = await unmatched_mail(talk.tools, worker)
        assert need.who == "nobody@elsewhere.example"
    await decide_mail(talk.tools, actor_for(other), DecideMail(need.record[1], Decision.READ))
    assert await unmatched_mail(talk.tools, talk.worker) == []


async def unmatched_mail(tools: Tools, worker: User) -> list[Need]:
    needs = await view_needs(tools, actor_for(worker))
    return [need for group in needs.groups for need in group.needs if need.record[0] == "mail"]
