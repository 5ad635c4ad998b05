"""A case full of particulars that must never leave: its people, and its meetings told from beginning to end."""

import asyncio
import email
import email.policy
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import sqlalchemy as sa

from coord_service.domain.decisions import Decision
from coord_service.domain.meetings import Answer, MeetingMode
from coord_service.domain.people import Actor, Sector
from coord_service.errors import Refused
from coord_service.operations.answers import LinkAnswer, answer_by_link
from coord_service.operations.changing import (
    AnyChange,
    CancelMeeting,
    ChangePeople,
    EditMeeting,
    MoveMeeting,
    change_meeting,
)
from coord_service.operations.chasing import send_due_chases
from coord_service.operations.deciding import DecideMail, decide_mail
from coord_service.operations.inbound import read_mailbox
from coord_service.operations.meeting_page import view_meeting
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.proposals import decline_proposal
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Attendee, Child, InboundMail, Person, PersonalLink, Service, User
from integrations.mail.demo_servers import DemoMail
from tests.builders import a_booking, a_meeting, actor_for, an_invitee
from tests.installation import StandingClock
from tests.operations.attendee_mail import Reply, send, write_reply
from tests.web.browsing import Browser

TYPED = "Xanthippe Quorndale, born 23/07/2014, NHS 943 476 5919"
PLACE, MOVED_TO = "Elmwick House, Room 2", "Ashwick Refuge, Hall"


@dataclass
class Case:
    """One child and everybody around it, and all that left the house."""

    tools: Tools
    clock: StandingClock
    mail: DemoMail
    lead: User
    child: Child
    mother: Person
    shah: Person
    okoro: Person
    service: Service
    browser: Browser
    addresses: list[str] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        return actor_for(self.lead)

    def mails(self) -> list[tuple[str, bytes]]:
        """Every mail that went out: to whom, and its bytes."""
        return [(to, raw) for to in self.everybody() for raw in self.mail.letters_to(to)]

    def everybody(self) -> list[str]:
        people = [each.email for each in (self.mother, self.shah, self.okoro)]
        offices = [self.service.mailbox, self.service.manager_email, "head@council.example"]
        return [each for each in [*people, *offices, "lead@council.example", "new@council.example"] if each]

    async def deliver(self) -> None:
        self.clock.move(seconds=61)
        await deliver_outbox(self.tools)

    async def sweep(self, day: date) -> None:
        self.clock.instant = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
        await send_due_chases(self.tools)
        await self.deliver()

    def last(self, person: Person) -> EmailMessage:
        raw = self.mail.letters_to(person.email or "")[-1]
        return email.message_from_bytes(raw, policy=email.policy.default)

    def token(self, person: Person, number: int = -1) -> str:
        body = self.last(person).get_body(("plain",))
        assert body
        return str(re.findall(r"/a/([\w-]+)", body.get_content())[number])

    async def version(self, meeting_id: int) -> int:
        return (await view_meeting(self.tools, self.actor, meeting_id)).meeting.version

    async def change(self, meeting_id: int, asked: AnyChange, **typed: str) -> None:
        """A change with the child's particulars typed into it; then without, where that is refused."""
        asked = replace(asked, version=await self.version(meeting_id))
        await first_of(
            lambda: change_meeting(self.tools, self.actor, replace(asked, **typed)),  # type: ignore[arg-type]
            lambda: change_meeting(self.tools, self.actor, asked),
        )
        await self.deliver()

    async def decline(self, attendee_id: int) -> None:
        """Refuse the time that somebody proposes, with the child's particulars as the reason; then without."""
        async with self.tools.database.read() as db:
            row = await db.get_one(Attendee, attendee_id)
        assert row.proposed_start
        place, seen = (row.meeting_id, row.id), row.proposed_start.isoformat()
        await first_of(
            lambda: decline_proposal(self.tools, self.actor, place, seen, TYPED),
            lambda: decline_proposal(self.tools, self.actor, place, seen),
        )


async def first_of(*ways: Callable[[], Awaitable[object]]) -> object:
    """The first of these that the product does not refuse."""
    for way in ways[:-1]:
        try:
            return await way()
        except Refused:
            continue
    return await ways[-1]()


async def play_meeting(case: Case) -> int:
    """Booked, edited, moved, answered, another time refused, somebody taken off: each with the names typed in."""
    booking = a_booking(case.tools, case.lead, case.child, case.mother, case.shah, case.okoro)
    invitees = (*booking.invitees[:1], an_invitee(case.mother, Sector.FAMILY), *booking.invitees[2:])
    facts = {"place": PLACE, "invitees": invitees}
    meeting_id = await a_meeting(case.tools, case.lead, case.child, case.shah, **facts)
    await case.deliver()
    await answer_by_link(
        case.tools, case.token(case.shah), LinkAnswer(Answer.TENTATIVE, TYPED, booking.starts_at + timedelta(days=1))
    )
    await case.deliver()
    async with case.tools.database.read() as db:
        link = (await db.scalars(sa.select(PersonalLink).order_by(PersonalLink.id.desc()))).first()
    assert link
    await case.decline(link.attendee_id or 0)
    edit = EditMeeting(meeting_id, 0, MeetingMode.BOTH, MOVED_TO, "https://meet.example/abc", "Park behind the house.")
    await case.change(meeting_id, edit, notes=TYPED)
    await case.change(meeting_id, replace(edit, notes=None), place=f"{MOVED_TO}, by {TYPED}")
    await case.change(meeting_id, replace(edit, notes=None), online_url="https://meet.example/Xanthippe-Quorndale")
    start = booking.starts_at + timedelta(days=2)
    await case.change(meeting_id, MoveMeeting(meeting_id, 0, start, start + timedelta(hours=1)), reason=TYPED)
    await answer_in_words_of_a_calendar(case)
    await send_somebody_else(case)
    await case.change(meeting_id, ChangePeople(meeting_id, 0, invitees[:-1]))
    return meeting_id


async def answer_in_words_of_a_calendar(case: Case) -> None:
    """Another time proposed from a calendar, with the child's name in the comment; refused with a mail."""
    invitation = last_invitation(case)
    start = case.clock.now() + timedelta(days=30)
    times = {"start": start, "end": start + timedelta(hours=1), "comment": TYPED}
    reply = Reply(invitation, "TENTATIVE", "a.shah@nhs.example", case.clock.now(), "COUNTER", **times)  # type: ignore[arg-type]
    await asyncio.to_thread(send, case.mail, write_reply(reply))  # the server runs on this very loop
    await read_mailbox(case.tools)
    async with case.tools.database.read() as db:
        link = (await db.scalars(sa.select(PersonalLink).where(PersonalLink.person_id == case.shah.id))).first()
    assert link
    await case.decline(link.attendee_id or 0)
    await case.deliver()


async def send_somebody_else(case: Case) -> None:
    """A place passed on from a calendar, with the child's name in the comment; refused with a mail."""
    invitation = last_invitation(case)
    facts = {"comment": TYPED, "delegated_to": "locum@nhs.example"}
    reply = Reply(invitation, "DELEGATED", "a.shah@nhs.example", case.clock.now(), **facts)  # type: ignore[arg-type]
    await asyncio.to_thread(send, case.mail, write_reply(reply))
    await read_mailbox(case.tools)
    async with case.tools.database.read() as db:
        mail_id = await db.scalar(sa.select(sa.func.max(InboundMail.id)))
    await decide_mail(case.tools, case.actor, DecideMail(mail_id or 0, Decision.REFUSE))
    await case.deliver()


def last_invitation(case: Case) -> EmailMessage:
    """The last mail with a calendar part that Dr Shah got."""
    return next(
        mail for raw in reversed(case.mail.letters_to("a.shah@nhs.example"))
        if (mail := email.message_from_bytes(raw, policy=email.policy.default)) and b"text/calendar" in raw
    )  # fmt: skip


async def play_cancelled(case: Case) -> None:
    """Another meeting, called off with a reason."""
    when = case.clock.now() + timedelta(days=40)
    times = {"starts_at": when, "ends_at": when + timedelta(hours=1), "place": PLACE}
    meeting_id = await a_meeting(case.tools, case.lead, case.child, case.shah, case.mother, **times)
    await case.deliver()
    await case.change(meeting_id, CancelMeeting(meeting_id, 0), reason=TYPED)
