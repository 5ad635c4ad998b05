"""Finding a time for a booking, or another for a meeting: the search as it follows from what is asked and known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from coord_service.clock import LONDON, day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.bookings import LONGEST, SHORTEST, Need
from coord_service.domain.diaries import Block, Diary
from coord_service.domain.lawful import lawful_days
from coord_service.domain.meetings import Answer, MeetingStatus, Purpose
from coord_service.domain.needed_roles import fills, roles_needed
from coord_service.domain.outside import Outside
from coord_service.domain.people import Actor, PersonKind, normal_address
from coord_service.domain.quorum import QuorumRule
from coord_service.domain.slots import SlotSearch
from coord_service.domain.standings import Quorum
from coord_service.domain.wall_time import day_span, midnight_in_london
from coord_service.errors import NotFound
from coord_service.operations.booking import load_booking
from coord_service.operations.calendar_states import list_states
from coord_service.operations.case_clocks import last_review_day
from coord_service.operations.day_loads import find_strains
from coord_service.operations.diaries import DaySpan, Moving, addresses_of, read_diaries, span_of
from coord_service.operations.finding_rules import load_finding_rules
from coord_service.operations.found import FARTHEST, Asked, Found, show_found, without_people
from coord_service.operations.gathering import Wanted, gather_busy
from coord_service.operations.guests import Guest, guests_of, load_guests
from coord_service.operations.organizer_copy import present_attendees
from coord_service.operations.people import load_person
from coord_service.operations.poll_diaries import add_polls
from coord_service.operations.quorums import load_quorum
from coord_service.operations.rooms import RoomsFound, RoomsWanted, add_travel, find_rooms, need_of, rooms_of_meeting
from coord_service.operations.tools import Tools
from coord_service.operations.wishes import wishes_of
from coord_service.storage.database import Session
from coord_service.storage.meetings import load_children, load_meeting
from coord_service.storage.tables import Child

WINDOW = timedelta(weeks=6)
STEP = timedelta(minutes=30)
USUAL_NOTICE = 5  # working days: who is given less can hardly come; "earlier" looks at them all the same
EITHER_SIDE = timedelta(weeks=1)  # how long before the day somebody has in mind the search begins


@dataclass(frozen=True, slots=True)
class View:
    """How to look: from which day, for how long a meeting, without needing whom. Empty: as the booking says.

    ``is_beyond``: also at times without the notice that the law wants, or after its limit.
    """

    from_on: date | None = None
    minutes: int | None = None
    without: frozenset[int] = frozenset()
    is_beyond: bool = False


@dataclass(frozen=True, slots=True)
class Sought:
    """A meeting that wants a time. If it has one (``now_at``), that stands in nobody's way and is not offered again.

    Whoever refused it (``refused_by``, diary ids) is not asked for another hour of that day: a no means the day.
    ``draft_id``: the booking it comes from, whose poll counts and whose held times stand in nobody's way.
    """

    purpose: Purpose
    minutes: int
    guests: tuple[Guest, ...]
    children: Sequence[Child]
    moving: Moving | None = None
    refused_by: frozenset[str] = frozenset()
    draft_id: int | None = None
    rooms: RoomsWanted | None = None

    @property
    def now_at(self) -> datetime | None:
        """When the meeting is now, if it has a time."""
        return self.moving.starts_at if self.moving else None


@dataclass(frozen=True, slots=True)
class Planned:
    """What to look for, how much is known of whose calendar (by person id), why there is no room, what rooms have."""

    search: SlotSearch
    outside: Mapping[int, Outside]
    room_lack: str = ""
    room_words: Mapping[int, str] = field(default_factory=dict)


async def find_slots(tools: Tools, actor: Actor, draft_id: int, view: View) -> Found:
    """The times at which everybody required can come, as far as is known here. Raises NotFound."""
    booking = (await load_booking(tools, actor, draft_id)).booking
    now = tools.clock.now()
    async with tools.database.read() as db:
        guests = tuple(guest for guest in await load_guests(db, booking, day_in_london(now)) if guest.is_invited)
        children = await load_children(db, booking.what.child_ids)
    needed = roles_needed(children)
    guests = tuple(replace(each, need=Need.REQUIRED) if fills(each.role, needed) else each for each in guests)
    what = booking.what
    rooms = RoomsWanted(what.rooms_at, need_of(children, len(guests))) if what.rooms_at else None
    sought = Sought(what.purpose, what.minutes, guests, children, draft_id=draft_id, rooms=rooms)
    around_on = booking.what.around_on
    if view.from_on is None and around_on is not None:
        view = replace(view, from_on=around_on - EITHER_SIDE)
    return await _look_for(tools, sought, view)


async def find_new_time(tools: Tools, actor: Actor, meeting_id: int, view: View) -> Found:
    """The same for a meeting that is booked and has to move. Raises NotFound."""
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.read() as db:
        meeting = await load_meeting(db, meeting_id)
        if meeting is None or meeting.status is not MeetingStatus.BOOKED:
            raise NotFound("There is no such meeting that can be moved.")
        rooms = await rooms_of_meeting(db, meeting)
    minutes = (meeting.ends_at - meeting.starts_at) // timedelta(minutes=1)
    moving = Moving(meeting.id, meeting.starts_at, meeting.ends_at)
    refused = (each.person_id for each in present_attendees(meeting) if each.answer is Answer.DECLINED)
    sought = Sought(meeting.purpose, minutes, guests_of(meeting), meeting.children, moving, rooms=rooms)
    return await _look_for(tools, replace(sought, refused_by=frozenset(map(str, refused))), view)


async def look_again(tools: Tools, actor: Actor, person_id: int, from_on: date) -> None:
    """Ask one person's calendar once more about the weeks from a day on. Raises NotFound."""
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.read() as db:
        person = await load_person(db, actor, person_id)
    if person.email and person.kind is not PersonKind.FAMILY:
        span = span_of(DaySpan(from_on, from_on + WINDOW))
        address = normal_address(person.email)
        await gather_busy(tools, Wanted({person_id: address}, *span, again=frozenset({person_id})))


async def _look_for(tools: Tools, sought: Sought, view: View) -> Found:
    """Ask the calendars, with no transaction open; then look through what is known."""
    rulebook = tools.rulebook
    today, working_days = day_in_london(tools.clock.now()), rulebook.working_days
    async with tools.database.read() as db:
        limit_on = await last_review_day(db, tools, sought.purpose, sought.children)
        own_notice = (await load_finding_rules(db)).notice_of(sought.purpose)
    lawful = lawful_days(sought.purpose, today, limit_on, working_days, own_notice)
    earliest_on = working_days.add(today, 1) if view.is_beyond else lawful.earliest_on
    last_lawful_on = None if view.is_beyond else lawful.latest_on
    first_on = _first_day(view, earliest_on, working_days.add(today, USUAL_NOTICE), last_lawful_on)
    span = DaySpan(first_on, first_on + WINDOW - timedelta(days=1))
    pending = await gather_busy(tools, Wanted(addresses_of(sought.guests), *span_of(span)))
    minutes = _clip(view.minutes or sought.minutes, SHORTEST, LONGEST)
    async with tools.database.read() as db:
        planned = await plan_search(tools, db, replace(sought, minutes=minutes), span)
    latest_at = day_span(last_lawful_on)[1] if last_lawful_on else None
    search = replace(planned.search, latest_at=latest_at, limit_on=limit_on)
    asked = Asked(sought.guests, view.without, lawful, view.is_beyond, earliest_on, sought.now_at)
    found = show_found(without_people(search, view.without), asked)
    calendars = list_states(sought.guests, planned.outside, pending)
    lack = planned.room_lack or found.room_lack
    return replace(found, calendars=calendars, room_lack=lack, room_words=planned.room_words)


async def plan_search(tools: Tools, db: Session, sought: Sought, span: DaySpan) -> Planned:
    """What to look for over these days: everybody's diaries as far as they are known, and the quorums."""
    known = await read_diaries(db, tools, sought.guests, span, sought.moving)
    diaries = await add_polls(db, known.diaries, span, sought.draft_id)
    rooms, except_meeting = RoomsFound(), sought.moving.meeting_id if sought.moving else None
    if sought.rooms is not None:
        rooms = await find_rooms(db, sought.rooms, *span_of(span), except_meeting)
    if rooms.whereabouts is not None:
        diaries = await add_travel(db, diaries, rooms.whereabouts, span_of(span), except_meeting)
    search = SlotSearch(
        window_start_at=midnight_in_london(span.first_on),
        window_end_at=day_span(span.last_on)[1],
        duration=timedelta(minutes=sought.minutes),
        step=STEP,
        zone=LONDON,
        diaries=_heed_refusals(diaries, sought),
        quorums=tuple(_quorums(await load_quorum(db, sought.purpose), sought.guests)),
        earliest_at=tools.clock.now(),
        limit=0,
        rooms=rooms.rooms,
        wishes=wishes_of(sought.guests),
        strains=await find_strains(db, sought.guests, known),
        weighs_elsewhere=True,
    )
    return Planned(search, known.outside, rooms.lack, rooms.words)


def _first_day(view: View, earliest_on: date, usual_on: date, limit_on: date | None) -> date:
    """Where the search begins: as asked, or with the usual notice unless that is after the limit."""
    if view.from_on is None and limit_on is not None:
        usual_on = min(usual_on, limit_on)
    return _clip(view.from_on or usual_on, earliest_on, earliest_on + FARTHEST)


def _heed_refusals(diaries: tuple[Diary, ...], sought: Sought) -> tuple[Diary, ...]:
    if sought.now_at is None or not sought.refused_by:
        return diaries
    day = Block(*day_span(day_in_london(sought.now_at)))
    return tuple(
        replace(diary, busy=(*diary.busy, day)) if diary.id in sought.refused_by else diary for diary in diaries
    )


def _quorums(rules: Iterable[QuorumRule], guests: Sequence[Guest]) -> Iterator[Quorum]:
    """The rules that the people invited can meet; the others are a concern for the last step, not for the search."""
    for rule in rules:
        people = frozenset(str(guest.person_id) for guest in guests if rule.counts(guest))
        if len(people) >= rule.at_least:
            yield Quorum(people, rule.at_least, rule.said)


Value = TypeVar("Value", int, date)


def _clip(value: Value, least: Value, most: Value) -> Value:
    return min(max(value, least), most)
