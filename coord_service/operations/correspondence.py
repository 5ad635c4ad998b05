"""A message as a person can read it; and everything that passed between us and one person about one meeting."""

import email
import email.policy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum

from coord_service.domain.access import Permission, require
from coord_service.domain.people import Actor
from coord_service.errors import NotFound
from coord_service.operations.tools import Tools
from coord_service.storage.audit import list_entries_about
from coord_service.storage.cases import list_staff_names
from coord_service.storage.links import list_links_of_attendee
from coord_service.storage.meetings import load_meeting
from coord_service.storage.post import list_meeting_inbound, list_meeting_letters
from coord_service.storage.tables import Attendee, AuditEntry, InboundMail, Meeting, OutboxLetter

SHOWN = 20_000  # characters of each part: enough for every letter of ours, and a bound for what strangers send


@dataclass(frozen=True, slots=True)
class ReadableMail:
    """What the page about one message shows."""

    headers: tuple[tuple[str, str], ...]
    text: str
    calendar: str
    size: int


def read_message(content: bytes) -> ReadableMail:
    """The readable parts of a message, each cut at ``SHOWN`` characters; whatever can't be read is left out."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    shown = ("Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "Auto-Submitted", "Authentication-Results")
    parts = {part.get_content_type(): part for part in reversed(list(message.walk())) if not part.is_multipart()}
    return ReadableMail(
        headers=tuple((name, str(message[name])[:SHOWN]) for name in shown if message[name]),
        text=_words(parts.get("text/plain")),
        calendar=_words(parts.get("text/calendar")),
        size=len(content),
    )


def read_event(content: bytes) -> ReadableMail:
    """An event as it was put into a calendar: all of it is calendar."""
    return ReadableMail(headers=(), text="", calendar=content.decode("utf-8", "replace")[:SHOWN], size=len(content))


def _words(part: EmailMessage | None) -> str:
    if part is None:
        return ""
    try:
        words = part.get_content()
    except (LookupError, ValueError):
        words = part.get_payload(decode=True)
    return (words if isinstance(words, str) else bytes(words).decode("utf-8", "replace"))[:SHOWN]


class EntryKind(StrEnum):
    """What happened between us and one person."""

    LETTER = "letter"
    MAIL = "mail"
    LINK_OPENED = "link_opened"
    ANSWER = "answer"
    DEED = "deed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. ``by``: who of the staff did it; ``what``: the answer, or the deed's verb."""

    at: datetime
    kind: EntryKind
    letter: OutboxLetter | None = None
    mail: InboundMail | None = None
    by: str = ""
    through: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class Correspondence:
    """Everything between us and one person about one meeting, in the order in which it happened."""

    meeting: Meeting
    attendee: Attendee
    entries: Sequence[Entry]
    staff: Mapping[int, str]


async def view_correspondence(tools: Tools, actor: Actor, meeting_id: int, attendee_id: int) -> Correspondence:
    """One person's whole correspondence for a meeting. Raises NotFound."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        meeting = await load_meeting(db, meeting_id)
        attendee = next((each for each in meeting.attendees if each.id == attendee_id), None) if meeting else None
        if meeting is None or attendee is None:
            raise NotFound("There is no such invitation.")
        letters = [each for each in await list_meeting_letters(db, meeting_id) if _is_to(each, attendee_id)]
        mails = [each for each in await list_meeting_inbound(db, meeting_id) if each.attendee_id == attendee_id]
        links = await list_links_of_attendee(db, attendee_id)
        deeds = await list_entries_about(db, ("meeting", meeting_id))
        staff = await list_staff_names(db)
    entries = [
        *(Entry(each.created_at, EntryKind.LETTER, letter=each) for each in letters),
        *(Entry(each.received_at, EntryKind.MAIL, mail=each) for each in mails),
        *(Entry(each.opened_at, EntryKind.LINK_OPENED) for each in links if each.opened_at),
        *_deeds(deeds, attendee_id, staff),
    ]
    return Correspondence(meeting, attendee, sorted(entries, key=lambda each: each.at), staff)


def _is_to(letter: OutboxLetter, attendee_id: int) -> bool:
    """Whether it tells them: their letter, or an event by which the organizer's calendar does."""
    return letter.attendee_id == attendee_id if letter.connection_id is None else attendee_id in (letter.told or ())


def _deeds(deeds: Iterable[AuditEntry], attendee_id: int, staff: Mapping[int, str]) -> Iterator[Entry]:
    """Answers by telephone, by link or read out of words, and what was sent again; once, however many the children."""
    seen = set()
    for each in deeds:
        key = (each.at, each.verb, each.actor)
        if each.details.get("attendee") != attendee_id or key in seen or each.actor.startswith("job:"):
            continue
        seen.add(key)
        is_answer = each.verb == "answer_invitation"
        yield Entry(
            each.at,
            EntryKind.ANSWER if is_answer else EntryKind.DEED,
            by=staff.get(each.user_id or 0, ""),
            through=str(each.details.get("by", "link" if each.actor.startswith("link:") else "phone")),
            what=str(each.details.get("answer", "")) if is_answer else each.verb,
        )
