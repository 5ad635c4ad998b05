"""Advice, chases and actions as they stand in the tables, for tests of the report and of the home page.

Dates are days from today (negative: past); "today" is that of the installation's clock.
"""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from coord_service.clock import day_in_london
from coord_service.domain.advice import AdviceKind, AdviceStatus, Happening
from coord_service.domain.delivery import LetterState
from coord_service.domain.meetings import Answer, MeetingStatus, Purpose
from coord_service.domain.people import Actor, Sector
from coord_service.operations.tools import Tools
from coord_service.storage.tables import (
    Action,
    AdviceEvent,
    AdviceRequest,
    Attendee,
    Chase,
    Child,
    Contact,
    InboundMail,
    Meeting,
    MeetingChild,
    OutboxLetter,
    Person,
    Service,
    User,
)
from tests.builders import number_of

_NUMBERS = count(1)


def day(tools: Tools, days: int = 0):
    """Today in London, and days from it."""
    return day_in_london(tools.clock.now()) + timedelta(days=days)


def instant(tools: Tools, days: float = 0) -> datetime:
    """Now, and days from it."""
    return tools.clock.now() + timedelta(days=days)


async def keep(tools: Tools, *rows: Any) -> None:
    async with tools.database.begin() as db:
        db.add_all(rows)


async def a_request(tools: Tools, child: Child, service: Service, due: int, **changes: Any) -> AdviceRequest:
    """Open advice, due so many days from today, asked for six weeks before that."""
    facts: dict[str, Any] = {
        "child_id": child.id,
        "service_id": service.id,
        "kind": AdviceKind.HEALTH,
        "question": "What helps?",
        "asked_at": instant(tools, due - 42),
        "due_on": day(tools, due),
        **changes,
    }
    request = AdviceRequest(**facts)
    await keep(tools, request)
    return request


async def came(tools: Tools, request: AdviceRequest, when: float, noted_on: int | None = None) -> None:
    """The advice came, so many days from now; by hand where the day is noted."""
    details = {} if noted_on is None else {"on": day(tools, noted_on).isoformat()}
    async with tools.database.begin() as db:
        row = await db.get_one(AdviceRequest, request.id)
        row.status, row.ended_at = AdviceStatus.RECEIVED, instant(tools, when)
        db.add(an_event(tools, request, Happening.RECEIVED, when, **details))


def an_event(tools: Tools, request: AdviceRequest, what: Happening, when: float, **details: Any) -> AdviceEvent:
    """Something that happened to a request."""
    at = instant(tools, when)
    return AdviceEvent(request_id=request.id, at=at, what=what.value, words="Said so", by="Dr Shah", details=details)


def a_letter(tools: Tools, **changes: Any) -> OutboxLetter:
    """A letter that was sent."""
    number = next(_NUMBERS)
    facts: dict[str, Any] = {
        "key": f"test:{number}",
        "letter": "chase_advice",
        "subject": "Advice is due",
        "recipient": f"holder{number}@nhs.example",
        "envelope_from": f"bounces+{number}@example.org",
        "message_id": f"<{number}@example.org>",
        "content": b"",
        "created_at": instant(tools, -1),
        "not_before": instant(tools, -1),
        "state": LetterState.SENT,
        "sent_at": instant(tools, -1),
        **changes,
    }
    return OutboxLetter(**facts)


async def a_chase(tools: Tools, subject: AdviceRequest | Action, when: float, **changes: Any) -> Chase:
    """A chase that went out so many days from now, in a letter of its own unless it is a call."""
    facts: dict[str, Any] = {
        "subject": "advice" if isinstance(subject, AdviceRequest) else "action",
        "subject_id": subject.id,
        "step": f"+{next(_NUMBERS)}",
        "anchor_on": subject.due_on,
        "address": f"holder{next(_NUMBERS)}@nhs.example",
        "audience": "holder",
        "chased_at": instant(tools, when),
    }
    letter = changes.pop("letter", None)
    if letter is None and changes.get("audience") != "call" and facts["step"] != "manual":
        letter = a_letter(tools, recipient=changes.get("address", facts["address"]))
    if letter is not None:
        await keep(tools, letter)
        facts["letter_id"] = letter.id
    chase = Chase(**(facts | changes))
    await keep(tools, chase)
    return chase


def a_contact(tools: Tools, worker: User, child: Child, when: float, **changes: Any) -> Contact:
    """A call, so many days from now."""
    facts: dict[str, Any] = {"child_id": child.id, "kind": "call", "note": "Rang", "by_user_id": worker.id, **changes}
    return Contact(at=instant(tools, when), **facts)


async def a_plain_meeting(tools: Tools, worker: User | Actor, child: Child, when: float, **changes: Any) -> Meeting:
    """A booked meeting, straight into the tables, nobody invited and no letters."""
    start = instant(tools, when)
    facts: dict[str, Any] = {
        "uid": f"test-{next(_NUMBERS)}@example.org",
        "dtstamp": instant(tools, -20),
        "purpose": Purpose.TAC,
        "starts_at": start,
        "ends_at": start + timedelta(hours=1),
        "place": "Elm House",
        "status": MeetingStatus.BOOKED,
        "convenor_id": number_of(worker),
        "created_at": instant(tools, -20),
        "changed_at": instant(tools, -20),
        **changes,
    }
    meeting = Meeting(**facts)
    await keep(tools, meeting)
    await keep(tools, MeetingChild(meeting_id=meeting.id, child_id=child.id))
    return meeting


async def an_attendee(tools: Tools, meeting: Meeting, person: Person, **changes: Any) -> Attendee:
    """Somebody invited, who has not answered."""
    facts: dict[str, Any] = {
        "meeting_id": meeting.id,
        "person_id": person.id,
        "email": person.email or "",
        "role": "Therapist",
        "sector": Sector.HEALTH,
        "is_required": True,
        "answer": Answer.NEEDS_ACTION,
        **changes,
    }
    attendee = Attendee(**facts)
    await keep(tools, attendee)
    return attendee


async def an_action(tools: Tools, meeting: Meeting, child: Child, owner: Person, due: int, **changes: Any) -> Action:
    """An open action."""
    facts: dict[str, Any] = {
        "meeting_id": meeting.id,
        "child_id": child.id,
        "owner_id": owner.id,
        "agency": "Rivermead Trust",
        "what": "Send the report",
        "due_on": day(tools, due),
        "created_at": instant(tools, due - 14),
        **changes,
    }
    action = Action(**facts)
    await keep(tools, action)
    return action


def a_mail(tools: Tools, **changes: Any) -> InboundMail:
    """A mail that waits for a decision."""
    facts: dict[str, Any] = {
        "mailbox": "test",
        "uidvalidity": 1,
        "uid": next(_NUMBERS),
        "content": b"",
        "received_at": instant(tools, -0.1),
        "judged_at": instant(tools, -0.1),
        "kind": "other",
        "verdict": "held",
        "why": "They answered in words.",
        "sender": "somebody@nhs.example",
        "words": "Sorry, can we talk about it?",
        "needs_decision": True,
        **changes,
    }
    return InboundMail(**facts)
