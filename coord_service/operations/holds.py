"""Times that the convenor keeps free while others are asked: tentative in their own calendar, released by themselves.

Where the convenor's meetings go out through their own calendar, held times are put into it as well. Everybody else
gets a tentative entry by mail, as all get invitations, so that it works in any calendar.
"""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from coord_service.clock import LONDON
from coord_service.domain import itip
from coord_service.operations.poll_letters import Question
from coord_service.operations.post import About, Posting, put_letter
from coord_service.operations.routing import Writing, find_sending_calendar, put_event, take_event_out
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.polls import has_letter_gone
from coord_service.storage.tables import PollTime


async def hold_time(db: Session, tools: Tools, question: Question, time: PollTime, now: datetime) -> None:
    """Keep a time free in the convenor's calendar until it is released. Quiet where they have no address."""
    person = question.convenor.person
    time.holder_id = person.id
    if not person.email:
        return
    time.held_uid = f"held-{time.id}-{secrets.token_hex(8)}@{tools.settings.mail_domain}"
    changes = itip.diff(None, _event(tools, question, time), now)
    time.held_dtstamp = changes.event.dtstamp
    waits_until = now + timedelta(seconds=tools.settings.undo_seconds)
    if calendar := await find_sending_calendar(db, person.id):
        own = replace(changes.event, organizer=itip.Organizer(person.email.lower(), person.name), attendees=())
        put_event(db, tools, Writing(calendar, own, not_before=waits_until, poll_id=question.poll.id), now)
        return
    for outgoing in changes.outgoing:
        posting = _posting(question, time, outgoing, "hold")
        await put_letter(db, tools, replace(posting, not_before=waits_until), now)


async def release_time(db: Session, tools: Tools, question: Question, time: PollTime, now: datetime) -> None:
    """Let a time go: it leaves the convenor's calendar where it had got there."""
    time.released_at = now
    if time.held_uid is not None:
        await take_event_out(db, tools, time.held_uid, now)
    if time.held_uid is None or not await has_letter_gone(db, _key(time, "hold")):
        return
    changes = itip.diff(_event(tools, question, time), None, now)
    time.held_dtstamp = changes.event.dtstamp
    for outgoing in changes.outgoing:
        await put_letter(db, tools, _posting(question, time, outgoing, "release_hold"), now)


def _event(tools: Tools, question: Question, time: PollTime) -> itip.Event:
    person = question.convenor.person
    return itip.Event(
        uid=time.held_uid or "",
        start=time.starts_at.astimezone(LONDON),
        end=time.ends_at.astimezone(LONDON),
        organizer=itip.Organizer(tools.settings.mail_from, tools.settings.mail_from_name),
        summary=f"Held: {question.title.lower()}, ref {question.reference}",
        description="Kept free while people are asked which time suits them.",
        status=itip.Status.TENTATIVE,
        dtstamp=time.held_dtstamp,
        attendees=(itip.Attendee((person.email or "").lower(), person.name, rsvp=False),),
    )


def _posting(question: Question, time: PollTime, outgoing: itip.Outgoing, letter: str) -> Posting:
    person = question.convenor.person
    return Posting(
        key=_key(time, letter),
        letter=letter,
        to_name=person.name,
        to_address=outgoing.recipient,
        facts={**question.facts(), "starts_at": time.starts_at, "ends_at": time.ends_at},
        about=About(person_id=person.id, poll_id=question.poll.id),
        calendar=outgoing,
    )


def _key(time: PollTime, letter: str) -> str:
    return f"poll_time:{time.id}:{letter}"
