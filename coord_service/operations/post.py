"""Putting letters into the outbox, and making the personal links that they carry."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from coord_service.domain import itip
from coord_service.operations.tools import Tools
from coord_service.ports import CalendarPart, LetterOrder
from coord_service.storage.database import Session
from coord_service.storage.post import add_letter, add_link
from coord_service.storage.tables import OutboxLetter, PersonalLink

LINK_LIFE = timedelta(days=180)  # an advice request can run late for months, and its link must still open


@dataclass(frozen=True, slots=True)
class About:
    """What a letter or a link is about, by id."""

    person_id: int | None = None
    child_id: int | None = None
    meeting_id: int | None = None
    attendee_id: int | None = None
    advice_request_id: int | None = None
    action_id: int | None = None
    poll_id: int | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """A letter to be queued. ``key`` names it once and for all: the same key is never queued twice."""

    key: str
    letter: str
    to_name: str
    to_address: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    about: About = field(default_factory=About)
    calendar: itip.Outgoing | None = None
    not_before: datetime | None = None
    after_id: int | None = None  # the letter that must have ended before


async def put_letter(db: Session, tools: Tools, posting: Posting, now: datetime) -> OutboxLetter:
    """Write a letter and queue it in the caller's transaction; it goes at ``not_before``, or at once."""
    names = message_names(tools, posting.key)
    written = tools.letters.write(
        LetterOrder(
            letter=posting.letter,
            to_name=posting.to_name,
            to_address=posting.to_address,
            message_id=names["message_id"],
            facts=posting.facts,
            calendar=_calendar_part(tools, posting.calendar),
        ),
        now,
    )
    about = posting.about
    row = OutboxLetter(
        **names,
        letter=posting.letter,
        subject=written.subject,
        recipient=posting.to_address,
        content=written.content,
        person_id=about.person_id,
        child_id=about.child_id,
        meeting_id=about.meeting_id,
        attendee_id=about.attendee_id,
        advice_request_id=about.advice_request_id,
        action_id=about.action_id,
        poll_id=about.poll_id,
        after_id=posting.after_id,
        created_at=now,
        not_before=posting.not_before or now,
    )
    add_letter(db, row)
    return row


def message_names(tools: Tools, key: str) -> dict[str, str]:
    """What a letter of this key is known by: the key, its Message-ID, and the address to which it bounces."""
    mark, domain = hashlib.sha256(key.encode()).hexdigest()[:32], tools.settings.mail_domain
    return {"key": key, "message_id": f"<{mark}@{domain}>", "envelope_from": f"bounces+{mark}@{domain}"}


def _calendar_part(tools: Tools, outgoing: itip.Outgoing | None) -> CalendarPart | None:
    if outgoing is None:
        return None
    return CalendarPart(method=outgoing.method, content=tools.codec.write_calendar(outgoing))


def hash_token(token: str) -> str:
    """How a token is kept: nobody who reads the database can open a link with it."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Door:
    """What a personal link opens, and for whom: ``purpose`` is meeting, advice, action, notes or poll."""

    purpose: str
    address: str
    about: About


def make_link(db: Session, tools: Tools, door: Door, now: datetime) -> str:
    """A new personal link; the URL, which is shown nowhere but in that letter."""
    about = door.about
    token = secrets.token_urlsafe(32)
    add_link(
        db,
        PersonalLink(
            token_hash=hash_token(token),
            purpose=door.purpose,
            address=door.address,
            person_id=about.person_id,
            meeting_id=about.meeting_id,
            attendee_id=about.attendee_id,
            advice_request_id=about.advice_request_id,
            action_id=about.action_id,
            poll_id=about.poll_id,
            created_at=now,
            expires_at=now + LINK_LIFE,
        ),
    )
    return f"{tools.settings.public_url}/a/{token}"
