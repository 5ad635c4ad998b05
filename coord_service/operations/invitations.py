"""The letters that a change of a meeting needs: one a recipient, never more than was decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from coord_service.domain import itip
from coord_service.domain.meetings import NEUTRAL_TITLES, MeetingStatus
from coord_service.operations.organizer_copy import attendee_at, reference_of, where_of
from coord_service.operations.post import About, Door, Posting, make_link, put_letter
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.tables import Attendee, Meeting, OutboxLetter


@dataclass(frozen=True, slots=True)
class Change:
    """What the letters say about a change: when the meeting was before, and the lead worker's reason."""

    was_at: datetime | None = None
    reason: str | None = None
    may_be_undone: bool = True


def letter_for(outgoing: itip.Outgoing, *, is_known: bool) -> str:
    """Which letter carries a calendar message: somebody new is invited, whatever else happened."""
    match outgoing.method:
        case itip.Method.CANCEL:
            return "cancel"
        case itip.Method.DECLINECOUNTER:
            return "decline_counter"
        case _ if not is_known:
            return "invite"
        case _:
            return "move" if outgoing.significant else "change"


def facts_of(meeting: Meeting, attendee: Attendee, change: Change) -> dict[str, Any]:
    """What a letter about this meeting may say to this person."""
    title = NEUTRAL_TITLES[meeting.purpose].lower()
    article = "an" if title[0] in "aeiou" else "a"
    own_phone = meeting.convenor.person.phone
    return {
        **({"phone": own_phone} if own_phone else {}),
        "title": NEUTRAL_TITLES[meeting.purpose],
        "a_title": f"{article} {title}",
        "a_title_capital": f"{article.capitalize()} {title}",
        "reference": reference_of(meeting),
        "asks": meeting.convenor.person.name,
        "starts_at": meeting.starts_at,
        "ends_at": meeting.ends_at,
        "where": where_of(meeting),
        "online_url": meeting.online_url,
        "notes": meeting.notes,
        "need": _need(attendee),
        "is_convenor": attendee.person_id == meeting.convenor.person_id,
        "was_at": change.was_at or meeting.starts_at,
        "reason": change.reason,
        "only_you": meeting.status is not MeetingStatus.CANCELLED,
    }


def _need(attendee: Attendee) -> str:
    if attendee.is_required:
        return "You are needed for this meeting: please say soon if the time does not work for you."
    return "You are welcome at this meeting; it can go ahead without you."


async def post_changes(
    db: Session, tools: Tools, meeting: Meeting, outgoing: Iterable[itip.Outgoing], change: Change
) -> Sequence[OutboxLetter]:
    """Queue a letter for each calendar message, held back for the time in which the change can be undone."""
    letters: list[OutboxLetter] = []
    now = meeting.changed_at
    pause = timedelta(seconds=tools.settings.undo_seconds if change.may_be_undone else 0)
    for each in outgoing:
        attendee = attendee_at(meeting, each.recipient)
        if attendee is None:
            continue
        letter = letter_for(each, is_known=attendee.invited_at is not None)
        facts = facts_of(meeting, attendee, change)
        about = About(person_id=attendee.person_id, meeting_id=meeting.id, attendee_id=attendee.id)
        if letter != "cancel":
            attendee.invited_at = attendee.invited_at or now
            facts["link"] = make_link(db, tools, Door("meeting", attendee.email, about), now)
        posting = Posting(
            key=_key(meeting, attendee, each, letter),
            letter=letter,
            to_name=attendee.person.name,
            to_address=attendee.email,
            facts=facts,
            about=about,
            calendar=each,
            not_before=now + pause,
        )
        letters.append(await put_letter(db, tools, posting, now))
    return letters


def _key(meeting: Meeting, attendee: Attendee, outgoing: itip.Outgoing, letter: str) -> str:
    # A text edit keeps its SEQUENCE; DTSTAMP always rises, so the two together never repeat.
    stamp = int((outgoing.event.dtstamp or meeting.changed_at).timestamp())
    return f"meeting:{meeting.id}:v{outgoing.event.sequence}:{stamp}:{letter}:{attendee.id}"
