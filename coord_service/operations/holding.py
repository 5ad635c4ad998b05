"""Holding a meeting: agenda, who came, notes and decisions, and saying that it took place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.agenda import MOST_HEADINGS, USUAL_AGENDAS, merge_notes, tidy_headings
from coord_service.domain.meetings import Attendance, MeetingStatus
from coord_service.domain.people import Actor, Sector
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.organizer_copy import present_attendees
from coord_service.operations.tools import Tools
from coord_service.storage.actions import list_meeting_actions
from coord_service.storage.database import Session
from coord_service.storage.holding import (
    add_agenda_item,
    has_entry_since,
    list_agenda,
    lock_agenda,
    remove_agenda_item,
)
from coord_service.storage.meetings import load_meeting
from coord_service.storage.tables import Action, AgendaItem, Attendee, Child, Meeting

WERE_THERE = frozenset({Attendance.CAME, Attendance.PART, Attendance.PHONE})
ABOUT_SIX_WEEKS = timedelta(weeks=6)
ONE_ENTRY_PER = timedelta(minutes=10)  # notes are saved as they are typed: the audit tells of a sitting, not of pauses


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the agenda with what is noted; ``item_id`` is none for the usual agenda that nobody has kept yet."""

    item_id: int | None
    child_id: int | None
    heading: str
    notes: str = ""
    decision: str = ""

    @property
    def has_words(self) -> bool:
        """Whether anything is noted."""
        return bool(self.notes or self.decision)


@dataclass(frozen=True, slots=True)
class Section:
    """The lines about one child; about all of them where ``child`` is none."""

    child: Child | None
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class HoldingView:
    """Everything that the page in the room shows."""

    meeting: Meeting
    attendees: Sequence[Attendee]
    sections: Sequence[Section]
    actions: Sequence[Action]
    has_started: bool
    next_on: date

    @property
    def is_held(self) -> bool:
        """Whether somebody has said that it took place."""
        return self.meeting.status is MeetingStatus.HELD

    @property
    def is_family_absent(self) -> bool:
        """Whether everybody of the family has been marked, and none as being there."""
        family = [each for each in self.attendees if each.sector is Sector.FAMILY]
        return not family or (all(each.attendance for each in family) and not _came(family))

    @property
    def headings(self) -> Sequence[str]:
        """The agenda, each heading once."""
        return list(dict.fromkeys(line.heading for section in self.sections for line in section.lines))


@dataclass(frozen=True, slots=True)
class TypedLine:
    """What somebody typed under a heading, and the words that stood there when they began."""

    line: Line
    notes_before: str = ""
    decision_before: str = ""


@dataclass(frozen=True, slots=True)
class KeepNotes:
    """The notes of a page. ``note_taker_id``: who takes them, by person, and who it was when they began."""

    meeting_id: int
    lines: tuple[TypedLine, ...]
    note_taker_id: int | None
    note_taker_before: int | None


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line as it stands now; ``is_merged``: somebody else had typed there too, and both are in it."""

    line: Line
    is_merged: bool


async def view_holding(tools: Tools, actor: Actor, meeting_id: int) -> HoldingView:
    """A meeting as it is held. Raises NotFound, and Refused when it will not take place."""
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.read() as db:
        meeting = await load_meeting_to_hold(db, meeting_id)
        items = await list_agenda(db, meeting_id)
        actions = await list_meeting_actions(db, meeting_id)
    lines = [line_of(each) for each in items] or _usual_lines(meeting)
    return HoldingView(
        meeting=meeting,
        attendees=list(present_attendees(meeting)),
        sections=sections_of(meeting, lines),
        actions=actions,
        has_started=meeting.starts_at <= tools.clock.now(),
        next_on=next_meeting_on(tools, meeting),
    )


def next_meeting_on(tools: Tools, meeting: Meeting) -> date:
    """About when the next meeting is wanted: a working day six weeks on (DOMAIN §5)."""
    return tools.rulebook.working_days.next_working_day(day_in_london(meeting.starts_at + ABOUT_SIX_WEEKS))


async def load_meeting_to_hold(db: Session, meeting_id: int) -> Meeting:
    """A meeting that takes or took place. Raises NotFound, and Refused when it was cancelled or undone."""
    meeting = await load_meeting(db, meeting_id)
    if meeting is None:
        raise NotFound("There is no such meeting.")
    if meeting.status not in {MeetingStatus.BOOKED, MeetingStatus.HELD}:
        raise Refused(f"This meeting is {meeting.status.value}: there is nothing to note about it.")
    return meeting


def refuse_early(meeting: Meeting, now: datetime) -> None:
    """Refuse what can only be said once a meeting has begun. Raises Refused."""
    if now < meeting.starts_at:
        raise Refused("This meeting has not begun. Plan the agenda now; the rest opens when it starts.")


def line_of(item: AgendaItem) -> Line:
    """A kept line of the agenda."""
    return Line(item.id, item.child_id, item.heading, item.notes, item.decision)


def _about(meeting: Meeting) -> list[int | None]:
    """What the notes are kept for, one by one: each of several children (DOMAIN §5), else the meeting itself."""
    return [child.id for child in meeting.children] if len(meeting.children) > 1 else [None]


def _usual_lines(meeting: Meeting) -> list[Line]:
    return [Line(None, child_id, heading) for child_id in _about(meeting) for heading in USUAL_AGENDAS[meeting.purpose]]


def sections_of(meeting: Meeting, lines: Sequence[Line]) -> list[Section]:
    """The lines by what they are about: all the children, then each of them."""
    children: list[Child | None] = [None, *meeting.children]
    found = [Section(child, [line for line in lines if line.child_id == (child and child.id)]) for child in children]
    return [section for section in found if section.lines]


async def plan_agenda(tools: Tools, actor: Actor, meeting_id: int, headings: Sequence[str]) -> None:
    """Make these the headings, in this order; one with notes under it stays, at the end. Raises InvalidForm."""
    require(actor, Permission.BOOK_MEETINGS)
    wanted = tidy_headings(headings)
    if not wanted:
        raise InvalidForm({"headings": "Write at least one heading"})
    if len(wanted) > MOST_HEADINGS or any(len(heading) > 200 for heading in wanted):
        raise InvalidForm({"headings": f"Use at most {MOST_HEADINGS} headings of at most 200 characters"})
    now = tools.clock.now()
    async with tools.database.begin() as db:
        meeting = await load_meeting_to_hold(db, meeting_id)
        items = {(each.child_id, each.heading): each for each in await lock_agenda(db, meeting_id)}
        for child_id in _about(meeting):
            for position, heading in enumerate(wanted):
                item = items.pop((child_id, heading), None) or _new_item(db, meeting, Line(None, child_id, heading))
                item.position = position
        for item in items.values():
            item.position = len(wanted)
            if not item.notes and not item.decision:
                await remove_agenda_item(db, item)
        _record(db, actor, "plan_agenda", meeting, now)


def _new_item(db: Session, meeting: Meeting, line: Line) -> AgendaItem:
    item = AgendaItem(
        meeting_id=meeting.id,
        child_id=line.child_id,
        position=MOST_HEADINGS,
        heading=line.heading,
        notes="",
        decision="",
    )
    add_agenda_item(db, item)
    return item


async def record_attendance(tools: Tools, actor: Actor, meeting_id: int, marks: Mapping[int, Attendance]) -> None:
    """Write down what happened on the day for these attendees; the others stay as they are. Raises Refused."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        meeting = await load_meeting_to_hold(db, meeting_id)
        refuse_early(meeting, now)
        changed = [
            each for each in present_attendees(meeting) if marks.get(each.id, each.attendance) is not each.attendance
        ]
        for each in changed:
            each.attendance = marks[each.id]
        if changed:
            _record(db, actor, "record_attendance", meeting, now, attendees=[each.id for each in changed])


async def keep_notes(tools: Tools, actor: Actor, request: KeepNotes) -> tuple[KeptLine, ...]:
    """Keep what was typed, joined with what anybody else has typed meanwhile; how each line stands now."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        meeting = await load_meeting_to_hold(db, request.meeting_id)
        if request.note_taker_id != request.note_taker_before:
            _keep_note_taker(meeting, request.note_taker_id)
        items = list(await lock_agenda(db, meeting.id))
        if not items:
            items = _keep_usual_agenda(db, meeting)
        kept = [_keep_line(_find_item(db, meeting, items, typed.line), typed) for typed in request.lines]
        await db.flush()
        subject = ("meeting", meeting.id)
        if not await has_entry_since(db, actor, "keep_notes", subject, now - ONE_ENTRY_PER):
            _record(db, actor, "keep_notes", meeting, now)
        return tuple(KeptLine(line_of(item), is_merged) for item, is_merged in kept)


def _keep_note_taker(meeting: Meeting, note_taker_id: int | None) -> None:
    if note_taker_id is not None and note_taker_id not in {each.person_id for each in present_attendees(meeting)}:
        raise InvalidForm({"note_taker": "Choose somebody who is at the meeting"})
    meeting.note_taker_id = note_taker_id


def _keep_usual_agenda(db: Session, meeting: Meeting) -> list[AgendaItem]:
    items = [_new_item(db, meeting, line) for line in _usual_lines(meeting)]
    for position, item in enumerate(items):
        item.position = position
    return items


def _find_item(db: Session, meeting: Meeting, items: list[AgendaItem], line: Line) -> AgendaItem:
    """The kept line that a typed one is; a new one where it was taken off the agenda meanwhile: nothing is lost."""
    by_id = [each for each in items if line.item_id is not None and each.id == line.item_id]
    same = by_id or [each for each in items if (each.child_id, each.heading) == (line.child_id, line.heading)]
    if same:
        return same[0]
    if line.child_id not in _about(meeting):
        raise NotFound("These notes belong to another meeting.")
    items.append(_new_item(db, meeting, line))
    return items[-1]


def _keep_line(item: AgendaItem, typed: TypedLine) -> tuple[AgendaItem, bool]:
    notes = merge_notes(typed.notes_before, item.notes, typed.line.notes)
    decision = merge_notes(typed.decision_before, item.decision, typed.line.decision)
    if (notes, decision) != (item.notes, item.decision):
        item.notes, item.decision = notes, decision
    return item, (notes, decision) != (typed.line.notes, typed.line.decision)


async def end_meeting(tools: Tools, actor: Actor, meeting_id: int, family_absence: str | None) -> None:
    """Say that the meeting took place; a second time changes nothing.

    Raises Refused before it starts, InvalidForm while it is not known who came, or why the family did not.
    """
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        meeting = await load_meeting_to_hold(db, meeting_id)
        if meeting.status is MeetingStatus.HELD:
            return
        refuse_early(meeting, now)
        people = list(present_attendees(meeting))
        _refuse_unknown_attendance(people)
        family_came = _came([each for each in people if each.sector is Sector.FAMILY])
        if not family_came and not family_absence:
            raise InvalidForm({"family_absence": "Say why nobody of the family was there, as far as you know"})
        meeting.status, meeting.held_at = MeetingStatus.HELD, now
        meeting.family_absence = None if family_came else family_absence
        for child in meeting.children if family_came else ():
            child.family_heard_at = now
        _record(db, actor, "end_meeting", meeting, now)


def _refuse_unknown_attendance(people: Sequence[Attendee]) -> None:
    unknown = [each for each in people if each.attendance is None]
    if unknown:
        names = " and ".join(each.person.name for each in unknown[:3])
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        raise InvalidForm({f"attendance-{unknown[0].id}": f"Say for {names}{more} who came and who did not"})
    if not _came(people):
        raise InvalidForm(
            {f"attendance-{people[0].id}": "Nobody came. If the meeting did not take place, cancel it instead"}
        )


def _came(people: Sequence[Attendee]) -> bool:
    return any(each.attendance in WERE_THERE for each in people)


def _record(db: Session, actor: Actor, verb: str, meeting: Meeting, now: datetime, **details: object) -> None:
    for child in meeting.children:
        record(db, actor, verb, ("meeting", meeting.id), now, child_id=child.id, **details)
