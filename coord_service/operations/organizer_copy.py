"""A meeting's rows as the organizer's copy that iTIP decides on, and back."""

from collections.abc import Sequence
from datetime import datetime

from coord_service.clock import LONDON
from coord_service.domain import itip
from coord_service.domain.itip import bare_address
from coord_service.domain.meetings import NEUTRAL_TITLES, Answer, MeetingStatus, Purpose
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Attendee, Meeting


def reference_of(meeting: Meeting) -> str:
    """The case references of the meeting's children: the only thing about them that leaves the house."""
    return " and ".join(child.reference for child in meeting.children)


def where_of(meeting: Meeting) -> str:
    """Where to go, as everybody invited may read it."""
    if meeting.purpose is Purpose.HOME_VISIT:
        return "A visit. The address is not written here: ring if you need it."
    if meeting.is_private:
        return "Not written here. We will tell you the place by telephone."
    if meeting.place:
        return meeting.place
    return "Online" if meeting.online_url or meeting.wants_link else "To be arranged"


def event_of(tools: Tools, meeting: Meeting, *, is_for_calendar: bool = False) -> itip.Event:
    """The organizer's copy. Neutral words only; the place only where nobody is shielded (DOMAIN §6).

    ``is_for_calendar``: as the organizer's calendar gets it: a link that its system makes, that system writes into it.
    """
    convenor = meeting.convenor.person.name
    council, phone = tools.settings.council, tools.settings.contact_phone
    lines = [
        f"Asked for by {convenor}, {council}.",
        "" if is_for_calendar and meeting.wants_link else _online(meeting),
        meeting.notes or "",
        f"Questions: {phone}",
    ]
    return itip.Event(
        uid=meeting.uid,
        start=meeting.starts_at.astimezone(LONDON),
        end=meeting.ends_at.astimezone(LONDON),
        organizer=itip.Organizer(tools.settings.mail_from, convenor),
        summary=f"{NEUTRAL_TITLES[meeting.purpose]}, ref {reference_of(meeting)}",
        description="\n".join(line for line in lines if line),
        location=where_of(meeting),
        status=itip.Status.CANCELLED if meeting.status is MeetingStatus.CANCELLED else itip.Status.CONFIRMED,
        sequence=meeting.sequence,
        dtstamp=meeting.dtstamp,
        time_sequence=meeting.time_sequence,
        is_online=is_for_calendar and meeting.wants_link,
        attendees=tuple(_attendee(each) for each in meeting.attendees if each.removed_at is None),
        removed=tuple(
            itip.Removed(each.email, each.removed_sequence)
            for each in meeting.attendees
            if each.removed_at is not None and each.removed_sequence is not None
        ),
    )


def _online(meeting: Meeting) -> str:
    if meeting.online_url:
        return f"Online: {meeting.online_url}"
    return "Online: the link to join by follows." if meeting.wants_link else ""


def _attendee(row: Attendee) -> itip.Attendee:
    return itip.Attendee(
        address=row.email,
        name=row.person.name,
        role=itip.Role.REQUIRED if row.is_required else itip.Role.OPTIONAL,
        partstat=itip.PartStat(row.answer.value),
        cutype=itip.Cutype.GROUP if is_shared_mailbox(row) else itip.Cutype.INDIVIDUAL,
        delegated_to=tuple(row.delegated_to or ()),
        delegated_from=tuple(row.delegated_from or ()),
        comment=row.comment or "",
        answered_sequence=row.answered_sequence,
        answered_dtstamp=row.answered_dtstamp,
    )


def is_shared_mailbox(row: Attendee) -> bool:
    """Whether the invitation goes to a service's mailbox, which several people read."""
    service = row.person.service
    return service is not None and bool(service.mailbox) and bare_address(service.mailbox or "") == row.email


def keep_changes(meeting: Meeting, event: itip.Event, now: datetime) -> None:
    """Write what ``itip.diff`` or ``itip.apply`` decided back into the rows."""
    meeting.sequence, meeting.time_sequence = event.sequence, event.time_sequence
    if event.dtstamp is not None:
        meeting.dtstamp = event.dtstamp
    cancels = {each.address: each.sequence for each in event.removed}
    for row in meeting.attendees:
        if row.removed_at is not None:
            row.removed_sequence = cancels.get(row.email, row.removed_sequence)
        elif (attendee := event.attendee(row.email)) is not None:
            _keep_answer(row, attendee, now)


def _keep_answer(row: Attendee, attendee: itip.Attendee, now: datetime) -> None:
    answer = Answer(attendee.partstat.value)
    if answer is not row.answer:
        row.answered_at = now
    if answer is Answer.NEEDS_ACTION:
        row.answered_at, row.answered_by = None, None
        row.answered_from = None
    row.answer = answer
    row.delegated_to = list(attendee.delegated_to) or None
    row.delegated_from = list(attendee.delegated_from) or None
    row.comment = attendee.comment or None
    row.answered_sequence, row.answered_dtstamp = attendee.answered_sequence, attendee.answered_dtstamp


def attendee_at(meeting: Meeting, address: str) -> Attendee | None:
    """The attendee row with this address, removed or not."""
    return next((each for each in meeting.attendees if each.email == address), None)


def present_attendees(meeting: Meeting) -> Sequence[Attendee]:
    """Those who are still invited."""
    return [each for each in meeting.attendees if each.removed_at is None]
