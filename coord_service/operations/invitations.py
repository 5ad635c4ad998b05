"""The letters that a change of a meeting needs: one a recipient, never more than was decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from coord_service.domain import itip
from coord_service.domain.meetings import NEUTRAL_TITLES, MeetingStatus
from coord_service.domain.routes import Route
from coord_service.operations.organizer_copy import attendee_at, reference_of, where_of
from coord_service.operations.post import About, Door, Posting, make_link, put_letter
from coord_service.operations.routing import post_event, route_for
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.event_queue import find_waiting_removal
from coord_service.storage.tables import Attendee, Meeting, OutboxLetter


@dataclass(frozen=True, slots=True)
class Change:
    """What the letters say about a change: when the meeting was before, and the lead worker's reason.

    ``after_id``: the letter that must have ended before these go; it takes the same meeting out of their calendars.
    """

    was_at: datetime | None = None
    reason: str | None = None
    may_be_undone: bool = True
    after_id: int | None = None


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
        "replaces": change.after_id is not None,
        "link_follows": meeting.wants_link and not meeting.online_url,
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
    through_calendar: list[Attendee] = []
    if meeting.calendar is None and meeting.calendar_uid and change.after_id is None:
        # It left its calendar a moment ago: until that has taken it back, no letter of ours may be there first.
        change = replace(change, after_id=await find_waiting_removal(db, meeting.calendar_uid))
    for each in outgoing:
        attendee = attendee_at(meeting, each.recipient)
        if attendee is None:
            continue
        attendee.route = route_for(meeting, attendee)
        if attendee.route is Route.MAIL or each.method is itip.Method.DECLINECOUNTER:
            letters.append(await _post(db, tools, (meeting, attendee, each), change))
        else:
            through_calendar.append(attendee)
            attendee.invited_at = attendee.invited_at or meeting.changed_at
    if through_calendar and (event := await post_event(db, tools, meeting, through_calendar, _pause(tools, change))):
        letters.append(event)
    return letters


def _pause(tools: Tools, change: Change) -> timedelta:
    return timedelta(seconds=tools.settings.undo_seconds if change.may_be_undone else 0)


async def _post(
    db: Session, tools: Tools, told: tuple[Meeting, Attendee, itip.Outgoing], change: Change
) -> OutboxLetter:
    meeting, attendee, outgoing = told
    now = meeting.changed_at
    letter = letter_for(outgoing, is_known=attendee.invited_at is not None)
    facts = facts_of(meeting, attendee, change)
    about = About(person_id=attendee.person_id, meeting_id=meeting.id, attendee_id=attendee.id)
    if letter != "cancel":
        attendee.invited_at = attendee.invited_at or now
        facts["link"] = make_link(db, tools, Door("meeting", attendee.email, about), now)
    posting = Posting(
        key=_key(meeting, attendee, outgoing, letter),
        letter=letter,
        to_name=attendee.person.name,
        to_address=attendee.email,
        facts=facts,
        about=about,
        # Whoever holds the organizer's own event is told in words: another event of ours would be a second one.
        calendar=outgoing if attendee.route is Route.MAIL else None,
        not_before=now + _pause(tools, change),
        after_id=change.after_id,
    )
    return await put_letter(db, tools, posting, now)


def _key(meeting: Meeting, attendee: Attendee, outgoing: itip.Outgoing, letter: str) -> str:
    # A text edit keeps its SEQUENCE; DTSTAMP always rises, so the two together never repeat.
    stamp = int((outgoing.event.dtstamp or meeting.changed_at).timestamp())
    return f"meeting:{meeting.id}:v{outgoing.event.sequence}:{stamp}:{letter}:{attendee.id}"
