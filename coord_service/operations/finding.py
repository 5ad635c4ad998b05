"""Finding a time for a booking: the search, the few times worth showing, and what would have to give if none fits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import TypeVar

from coord_service.clock import LONDON, day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.availability import DiaryStretch, stretches_of
from coord_service.domain.bookings import LONGEST, REVIEW_NOTICE, SHORTEST, Need
from coord_service.domain.choices import choose_spread
from coord_service.domain.clocks import ClockKind, ClockLaw, due
from coord_service.domain.diaries import Block, Diary
from coord_service.domain.meetings import Answer, MeetingStatus, Purpose
from coord_service.domain.people import Actor
from coord_service.domain.quorum import QuorumRule
from coord_service.domain.slots import Quorum, Slot, SlotSearch, rank
from coord_service.domain.wall_time import day_span, instant_in_london, midnight_in_london
from coord_service.errors import NotFound
from coord_service.operations.booking import load_booking
from coord_service.operations.diaries import DaySpan, read_diaries
from coord_service.operations.guests import Guest, guests_of, load_guests
from coord_service.operations.organizer_copy import present_attendees
from coord_service.operations.quorums import load_quorum
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.meetings import load_children, load_meeting
from coord_service.storage.tables import Child

WINDOW = timedelta(weeks=6)
SHIFT = timedelta(weeks=2)  # how far "earlier" and "later" go
FARTHEST = timedelta(weeks=100)
STEP = timedelta(minutes=30)
USUAL_NOTICE = 5  # working days: who is given less can hardly come; "earlier" looks at them all the same
EITHER_SIDE = timedelta(weeks=1)  # how long before the day somebody has in mind the search begins
BEST = 5
DAYS_SHOWN = 10  # with further times
DECISION_TIME = timedelta(weeks=4)  # between the meeting and the end of the 12 months: reg 20(10)
SHOWN_FROM, SHOWN_UNTIL = time(8), time(18)  # the part of the day in the picture


@dataclass(frozen=True, slots=True)
class View:
    """How to look: from which day, for how long a meeting, without needing whom. Empty: as the booking says."""

    from_on: date | None = None
    minutes: int | None = None
    without: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Offer:
    """A time on offer; people by name; ``reasons`` are sentences without a full stop."""

    start_at: datetime
    end_at: datetime
    free: tuple[str, ...]
    absent: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """What would have to give: without needing this person there are so many times, with a quorum or not."""

    person_id: int
    name: str
    count: int
    has_quorum: bool


@dataclass(frozen=True, slots=True)
class DayShown:
    """A day of the picture: what is known of each person, and where the offers lie."""

    day: date
    start_at: datetime
    end_at: datetime
    people: tuple[tuple[str, tuple[DiaryStretch, ...]], ...]
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and how to look elsewhere: ``earlier_on`` and ``later_on`` are other first days.

    Where nothing was found: ``ways`` out, and who ``never`` can in these weeks.
    """

    first_on: date
    last_on: date
    minutes: int
    total: int
    best: tuple[Offer, ...]
    more: tuple[tuple[date, tuple[Offer, ...]], ...]
    days: tuple[DayShown, ...]
    ways: tuple[Way, ...]
    never: tuple[str, ...]
    earlier_on: date | None
    later_on: date | None
    limit_on: date | None
    required: tuple[Guest, ...]
    without: tuple[Guest, ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """A meeting that wants a time. If it has one (``now_at``), that stands in nobody's way and is not offered again.

    Whoever refused it (``refused_by``, diary ids) is not asked for another hour of that day: a no means the day.
    """

    purpose: Purpose
    minutes: int
    guests: tuple[Guest, ...]
    children: Sequence[Child]
    meeting_id: int | None = None
    now_at: datetime | None = None
    refused_by: frozenset[str] = frozenset()


async def find_slots(tools: Tools, actor: Actor, draft_id: int, view: View) -> Found:
    """The times at which everybody required can come, as far as is known here. Raises NotFound."""
    booking = (await load_booking(tools, actor, draft_id)).booking
    now = tools.clock.now()
    async with tools.database.read() as db:
        guests = tuple(guest for guest in await load_guests(db, booking, day_in_london(now)) if guest.is_invited)
        children = await load_children(db, booking.what.child_ids)
        sought = Sought(booking.what.purpose, booking.what.minutes, guests, children)
        around_on = booking.what.around_on
        if view.from_on is None and around_on is not None:
            view = replace(view, from_on=around_on - EITHER_SIDE)
        return await _look_for(tools, db, sought, view)


async def find_new_time(tools: Tools, actor: Actor, meeting_id: int, view: View) -> Found:
    """The same for a meeting that is booked and has to move. Raises NotFound."""
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.read() as db:
        meeting = await load_meeting(db, meeting_id)
        if meeting is None or meeting.status is not MeetingStatus.BOOKED:
            raise NotFound("There is no such meeting that can be moved.")
        minutes = (meeting.ends_at - meeting.starts_at) // timedelta(minutes=1)
        sought = Sought(meeting.purpose, minutes, guests_of(meeting), meeting.children, meeting.id, meeting.starts_at)
        refused = (each.person_id for each in present_attendees(meeting) if each.answer is Answer.DECLINED)
        return await _look_for(tools, db, replace(sought, refused_by=frozenset(map(str, refused))), view)


async def _look_for(tools: Tools, db: Session, sought: Sought, view: View) -> Found:
    now, rulebook = tools.clock.now(), tools.rulebook
    earliest_on = first_day(tools, sought.purpose, now)
    usual_on = max(earliest_on, rulebook.working_days.add(day_in_london(now), USUAL_NOTICE))
    first_on = _clip(view.from_on or usual_on, earliest_on, earliest_on + FARTHEST)
    last_on = first_on + WINDOW - timedelta(days=1)
    minutes = _clip(view.minutes or sought.minutes, SHORTEST, LONGEST)
    search = await plan_search(tools, db, replace(sought, minutes=minutes), DaySpan(first_on, last_on))
    return _found(_without(search, view.without), sought, view, earliest_on)


async def plan_search(tools: Tools, db: Session, sought: Sought, span: DaySpan) -> SlotSearch:
    """What to look for over these days: everybody's diaries as far as they are known, quorums, and the legal limit."""
    diaries = await read_diaries(db, tools.rulebook.working_days, sought.guests, span, sought.meeting_id)
    return SlotSearch(
        window_start_at=midnight_in_london(span.first_on),
        window_end_at=day_span(span.last_on)[1],
        duration=timedelta(minutes=sought.minutes),
        step=STEP,
        zone=LONDON,
        diaries=_heed_refusals(diaries, sought),
        quorums=tuple(_quorums(await load_quorum(db, sought.purpose), sought.guests)),
        earliest_at=tools.clock.now(),
        limit=0,
        limit_on=review_limit(tools.rulebook.clock_laws, sought.purpose, sought.children),
    )


def _heed_refusals(diaries: tuple[Diary, ...], sought: Sought) -> tuple[Diary, ...]:
    if sought.now_at is None or not sought.refused_by:
        return diaries
    day = Block(*day_span(day_in_london(sought.now_at)))
    return tuple(
        replace(diary, busy=(*diary.busy, day)) if diary.id in sought.refused_by else diary for diary in diaries
    )


def review_limit(laws: Sequence[ClockLaw], purpose: Purpose, children: Iterable[Child]) -> date | None:
    """The last day for a review that leaves four weeks for the decision in the 12 months (CFA 2014 s44, reg 20(10)).

    The earliest where it is about several children; none for other purposes and where no last review is known.
    """
    if purpose is not Purpose.REVIEW:
        return None
    reviewed = [child.last_review_on for child in children if child.last_review_on]
    ends = [limit.due_on for day in reviewed for limit in due(laws, ClockKind.REVIEW, day) if limit.id == "review_due"]
    return min(ends) - DECISION_TIME if ends else None


def first_day(tools: Tools, purpose: Purpose, now: datetime) -> date:
    """The first day worth looking at: the next working day, for a review one that gives two weeks' notice."""
    today, working_days = day_in_london(now), tools.rulebook.working_days
    if purpose is Purpose.REVIEW:
        return working_days.next_working_day(today + REVIEW_NOTICE)
    return working_days.add(today, 1)


def _found(search: SlotSearch, sought: Sought, view: View, earliest_on: date) -> Found:
    slots = [slot for slot in rank(search) if slot.start_at != sought.now_at]
    best = choose_spread(slots, BEST)
    first_on, last_on = day_in_london(search.window_start_at), day_in_london(search.window_end_at) - timedelta(days=1)
    offers = tuple(_offer(slot, search.diaries) for slot in best)
    required = [guest for guest in sought.guests if guest.need is Need.REQUIRED]
    return Found(
        first_on=first_on,
        last_on=last_on,
        minutes=search.duration // timedelta(minutes=1),
        total=len(slots),
        best=offers,
        more=tuple(_more(slots, best, search.diaries)),
        days=tuple(_days_shown(search, offers, first_on)),
        ways=() if slots else tuple(_ways(search, required)),
        never=() if slots else tuple(_who_never_can(search)),
        earlier_on=max(earliest_on, first_on - SHIFT) if first_on > earliest_on else None,
        later_on=first_on + SHIFT if first_on + SHIFT <= earliest_on + FARTHEST else None,
        limit_on=search.limit_on,
        required=tuple(guest for guest in required if guest.person_id not in view.without and not guest.is_convenor),
        without=tuple(guest for guest in required if guest.person_id in view.without),
    )


def _without(search: SlotSearch, person_ids: Iterable[int]) -> SlotSearch:
    """The same search, needing these people no longer: neither themselves nor a quorum that hangs on them alone."""
    spared = {str(person_id) for person_id in person_ids}
    diaries = (replace(diary, is_required=diary.is_required and diary.id not in spared) for diary in search.diaries)
    quorums = (quorum for quorum in search.quorums if len(quorum.any_of - spared) >= quorum.at_least)
    return replace(search, diaries=tuple(diaries), quorums=tuple(quorums))


def _quorums(rules: Iterable[QuorumRule], guests: Sequence[Guest]) -> Iterator[Quorum]:
    """The rules that the people invited can meet; the others are a concern for the last step, not for the search."""
    for rule in rules:
        people = frozenset(str(guest.person_id) for guest in guests if rule.counts(guest))
        if len(people) >= rule.at_least:
            yield Quorum(people, rule.at_least)


def _offer(slot: Slot, diaries: Sequence[Diary]) -> Offer:
    names = {diary.id: diary.name for diary in diaries}
    free, absent = (tuple(names[each] for each in ids) for ids in (slot.free, slot.absent))
    return Offer(slot.start_at, slot.end_at, free, absent, slot.reasons)


def _more(
    slots: Sequence[Slot], best: Sequence[Slot], diaries: Sequence[Diary]
) -> Iterator[tuple[date, tuple[Offer, ...]]]:
    rest = sorted((slot for slot in slots if slot not in best), key=lambda slot: slot.start_at)
    for count, (day, group) in enumerate(groupby(rest, key=lambda slot: day_in_london(slot.start_at))):
        if count == DAYS_SHOWN:
            return
        yield day, tuple(_offer(slot, diaries) for slot in group)


def _days_shown(search: SlotSearch, offers: Sequence[Offer], first_on: date) -> Iterator[DayShown]:
    """The days of the best offers; where there are none, the first five, to see what is in the way."""
    offered = sorted({day_in_london(offer.start_at) for offer in offers})
    for day in offered or [
        first_on + timedelta(days=n) for n in range(7) if (first_on + timedelta(days=n)).weekday() < 5
    ]:
        start_at, end_at = instant_in_london(day, SHOWN_FROM), instant_in_london(day, SHOWN_UNTIL)
        yield DayShown(
            day=day,
            start_at=start_at,
            end_at=end_at,
            people=tuple((diary.name, stretches_of(diary, LONDON, start_at, end_at)) for diary in search.diaries),
            offers=tuple(offer for offer in offers if day_in_london(offer.start_at) == day),
        )


def _ways(search: SlotSearch, required: Iterable[Guest]) -> list[Way]:
    """Whom to do without, one person at a time, the most helpful first."""
    ways = []
    for guest in required:
        if not guest.is_convenor:
            spared = _without(search, [guest.person_id])
            has_quorum = len(spared.quorums) == len(search.quorums)
            ways.append(Way(guest.person_id, guest.name, len(rank(spared)), has_quorum))
    return sorted((way for way in ways if way.count), key=lambda way: (not way.has_quorum, -way.count))


def _who_never_can(search: SlotSearch) -> Iterator[str]:
    """The required people who have no time in the whole window, even for a meeting with nobody else."""
    for diary in search.diaries:
        if diary.is_required and not rank(replace(search, diaries=(diary,), quorums=(), limit=1)):
            yield diary.name


Value = TypeVar("Value", int, date)


def _clip(value: Value, least: Value, most: Value) -> Value:
    return min(max(value, least), most)
