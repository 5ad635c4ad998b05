"""One case in the order in which it happened, each line with the record it stands in: ready for a complaint."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.history_words import say_change
from coord_service.domain.meetings import ATTENDANCE_NAMES, PURPOSE_NAMES, Attendance
from coord_service.domain.people import Actor
from coord_service.operations.cases import load_child
from coord_service.operations.history_lines import HistoryLine, chased, spoken, told, written
from coord_service.operations.tools import Tools
from coord_service.storage.cases import list_staff_names
from coord_service.storage.chasing import ACTION, ADVICE
from coord_service.storage.chronology import Chronicle, load_chronicle
from coord_service.storage.tables import Action, Attendee, AuditEntry, Child, InboundMail, Meeting


class Chapter(StrEnum):
    """What a line is about."""

    ADVICE = "advice"
    MEETINGS = "meetings"
    ACTIONS = "actions"
    CONTACTS = "contacts"
    RECORD = "record"


CHAPTER_NAMES = {
    Chapter.ADVICE: "Advice",
    Chapter.MEETINGS: "Meetings",
    Chapter.ACTIONS: "Actions",
    Chapter.CONTACTS: "Contacts",
    Chapter.RECORD: "The record, its team and its limits",
}
_CHAPTER_OF = {
    "meeting": Chapter.MEETINGS,
    "attendee": Chapter.MEETINGS,
    "poll": Chapter.MEETINGS,
    "inbound_mail": Chapter.MEETINGS,
    "action": Chapter.ACTIONS,
}
# What these entries of the audit say stands in the history of the request or in the contact itself.
_TOLD_ELSEWHERE = {"advice_request", "document", "contact"}
_CHASED = "send_due_chases"  # stands in the ledger


@dataclass(frozen=True, slots=True)
class ChronologyFilter:
    """What is shown; None does not narrow. ``since_on`` is a day in London, included."""

    chapter: Chapter | None = None
    since_on: date | None = None


@dataclass(frozen=True, slots=True)
class ChronologyLine:
    """A line: ``about`` is what it belongs to, and ``page`` the record that has a page (its type and id).

    ``recipient`` is the name of whoever a letter went to, "" where it went to a mailbox or is no letter.
    """

    chapter: Chapter
    about: str
    page: tuple[str, int] | None
    line: HistoryLine
    recipient: str = ""


async def view_chronology(
    tools: Tools, actor: Actor, child_id: int, chosen: ChronologyFilter
) -> tuple[Child, list[ChronologyLine]]:
    """The child and every line that fits, the oldest first. Raises NotFound."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        child = await load_child(db, child_id)
        chronicle = await load_chronicle(db, child_id)
        staff = await list_staff_names(db)
    lines = sorted(_named(_lines(chronicle, staff), chronicle), key=lambda each: each.line.at)
    return child, [each for each in lines if _fits(each, chosen)]


def _named(lines: Iterable[ChronologyLine], chronicle: Chronicle) -> Iterator[ChronologyLine]:
    """The lines with the names of those to whom letters went."""
    person_of = {letter.id: letter.person_id for letter in chronicle.letters}
    for each in lines:
        person_id = person_of.get(each.line.letter_id or 0)
        yield replace(each, recipient=chronicle.recipients.get(person_id or 0, ""))


def _fits(each: ChronologyLine, chosen: ChronologyFilter) -> bool:
    is_about_it = chosen.chapter is None or each.chapter is chosen.chapter
    return is_about_it and (chosen.since_on is None or day_in_london(each.line.at) >= chosen.since_on)


def _lines(chronicle: Chronicle, staff: Mapping[int, str]) -> Iterator[ChronologyLine]:
    yield from _of_requests(chronicle, staff)
    yield from _of_meetings(chronicle)
    yield from _of_actions(chronicle)
    for line in written([each for each in chronicle.letters if each.poll_id is not None]):
        yield ChronologyLine(Chapter.MEETINGS, "Asking about times", None, line)
    for line in spoken([each for each in chronicle.contacts if each.advice_request_id is None]):
        yield ChronologyLine(Chapter.CONTACTS, "", None, line)
    yield from _of_entries(chronicle, staff)


def _of_requests(chronicle: Chronicle, staff: Mapping[int, str]) -> Iterator[ChronologyLine]:
    letters = {each.id: each for each in chronicle.letters}
    for request in chronicle.requests:
        about = f"Advice from {request.person.name if request.person else request.service.name}"
        lines = [
            *told([each for each in chronicle.events if each.request_id == request.id], staff),
            *spoken([each for each in chronicle.contacts if each.advice_request_id == request.id]),
            *written([each for each in chronicle.letters if each.advice_request_id == request.id]),
            *chased(
                [each for each in chronicle.chases if (each.subject, each.subject_id) == (ADVICE, request.id)], letters
            ),
            *_received(each for each in chronicle.mails if each.advice_request_id == request.id),
        ]
        for line in lines:
            yield ChronologyLine(Chapter.ADVICE, about, ("advice_request", request.id), line)


def _of_meetings(chronicle: Chronicle) -> Iterator[ChronologyLine]:
    for meeting in chronicle.meetings:
        lines = [
            *_held(meeting, [each for each in chronicle.attendees if each.meeting_id == meeting.id]),
            *written([each for each in chronicle.letters if each.meeting_id == meeting.id]),
            *_received(each for each in chronicle.mails if each.meeting_id == meeting.id),
        ]
        for line in lines:
            yield ChronologyLine(Chapter.MEETINGS, say_meeting(meeting), ("meeting", meeting.id), line)


def say_meeting(meeting: Meeting) -> str:
    """A meeting by its kind and its day."""
    day = day_in_london(meeting.starts_at)
    return f"{PURPOSE_NAMES[meeting.purpose]}, {day.day} {day:%B %Y}"


def _held(meeting: Meeting, attendees: Iterable[Attendee]) -> Iterator[HistoryLine]:
    if meeting.held_at is None:
        return
    came: dict[Attendance, list[str]] = {}
    for each in attendees:
        if each.attendance is not None:
            came.setdefault(each.attendance, []).append(each.person.name)
    words = [f"{ATTENDANCE_NAMES[kind]}: {', '.join(names)}." for kind, names in came.items()]
    if meeting.family_absence:
        words.append(f"Nobody of the family: {meeting.family_absence}")
    yield HistoryLine(meeting.held_at, "Held", " ".join(words), "", f"meeting {meeting.id}")


def _of_actions(chronicle: Chronicle) -> Iterator[ChronologyLine]:
    letters = {each.id: each for each in chronicle.letters}
    for action in chronicle.actions:
        lines = [
            *written([each for each in chronicle.letters if each.action_id == action.id]),
            *chased(
                [each for each in chronicle.chases if (each.subject, each.subject_id) == (ACTION, action.id)], letters
            ),
            *_received(each for each in chronicle.mails if each.action_id == action.id),
        ]
        for line in lines:
            yield ChronologyLine(Chapter.ACTIONS, say_action(action), ("action", action.id), line)


def say_action(action: Action) -> str:
    """An action by what was undertaken."""
    return f"Action: {action.what}"


def _received(mails: Iterable[InboundMail]) -> Iterator[HistoryLine]:
    for mail in mails:
        yield HistoryLine(mail.received_at, "Mail received", mail.why or "", mail.sender or "", f"mail {mail.id}")


def _of_entries(chronicle: Chronicle, staff: Mapping[int, str]) -> Iterator[ChronologyLine]:
    meetings = {each.id: say_meeting(each) for each in chronicle.meetings}
    actions = {each.id: say_action(each) for each in chronicle.actions}
    for entry, name in chronicle.entries:
        if entry.record_type in _TOLD_ELSEWHERE or entry.verb == _CHASED:
            continue
        about = {"meeting": meetings, "action": actions}.get(entry.record_type, {}).get(entry.record_id, "")
        page = (entry.record_type, entry.record_id) if about else None
        what = say_change(entry.verb, entry.details, staff)
        line = HistoryLine(entry.at, what, "", say_who(entry, name), f"audit {entry.id}")
        yield ChronologyLine(_CHAPTER_OF.get(entry.record_type, Chapter.RECORD), about, page, line)


def say_who(entry: AuditEntry, name: str | None) -> str:
    """Who did it: a member of staff by name."""
    return name or ("The service itself" if entry.actor.startswith("job:") else "By a personal link")
