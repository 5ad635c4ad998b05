"""What this service knows of people's time: their hours, bank holidays, leave, the meetings booked here, and what was
last read in the calendars they connected. Whoever has none is free as far as is known here, and the pages say so.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from coord_service.clock import LONDON, day_in_london
from coord_service.domain.availability import Presence, stretches_of
from coord_service.domain.bookings import Need
from coord_service.domain.diaries import Block, BlockStatus, Diary, WorkingHours
from coord_service.domain.outside import Knowledge, Outside, without_meeting
from coord_service.domain.people import Sector
from coord_service.domain.wall_time import day_span, midnight_in_london, say_day
from coord_service.domain.working_days import WorkingDays
from coord_service.operations.gathering import load_outside
from coord_service.operations.guests import Guest
from coord_service.operations.terms import load_terms
from coord_service.operations.tools import Tools
from coord_service.storage.booking import list_leave
from coord_service.storage.database import Session
from coord_service.storage.meetings import list_clashes

OFFICE_HOURS = (WorkingHours(frozenset(range(5)), opens=9 * 60, closes=17 * 60),)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_WHY_NOT = {
    Presence.AWAY: "is away then",
    Presence.BUSY: "is busy then",
    Presence.TENTATIVE: "may be busy then",
    Presence.OUTSIDE: "does not work at that time",
    Presence.UNKNOWN: "has a calendar that can’t be read, so nobody knows whether they can come then",
}


def hours_of(pattern: Sequence[Mapping[str, Any]] | None) -> tuple[WorkingHours, ...]:
    """Somebody's working hours as they are kept; office hours where nobody has told us any."""
    return tuple(_hours(each) for each in pattern) if pattern else OFFICE_HOURS


def _hours(entry: Mapping[str, Any]) -> WorkingHours:
    weekdays = frozenset(_DAYS.index(day) for day in entry["days"])
    return WorkingHours(weekdays, _minutes(entry["start"]), _minutes(entry["end"]), entry.get("week"))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Whole days in London, the last one included."""

    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class Moving:
    """A meeting that looks for another time, and when it is now."""

    meeting_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class KnownTimes:
    """The guests' diaries by their person id, and how much is known of each one's own calendar.

    ``meetings``: those that are booked here, by person id; they stand in the diaries too.
    """

    diaries: tuple[Diary, ...]
    outside: Mapping[int, Outside]
    meetings: Mapping[int, Sequence[Block]]


def addresses_of(guests: Iterable[Guest]) -> dict[int, str]:
    """Whose own calendars are looked at, by person id. Families are asked; no calendar of theirs is read."""
    return {guest.person_id: guest.address for guest in guests if guest.address and guest.sector is not Sector.FAMILY}


def span_of(span: DaySpan) -> tuple[datetime, datetime]:
    """The instants at which these days begin and are over."""
    return midnight_in_london(span.first_on), day_span(span.last_on)[1]


async def read_diaries(
    db: Session, tools: Tools, guests: Sequence[Guest], span: DaySpan, moving: Moving | None = None
) -> KnownTimes:
    """A diary for each guest over these days: five statements, however many guests, and nobody outside is asked.

    ``moving`` is a meeting that looks for another time: it stands in nobody's way, in their own calendars neither.
    """
    ids = [guest.person_id for guest in guests]
    starts_at, ends_at = span_of(span)
    blocks: dict[int, list[Block]] = defaultdict(list)
    for leave in await list_leave(db, ids, span.first_on, span.last_on):
        since, until = max(leave.starts_on, span.first_on), min(leave.ends_on, span.last_on)
        blocks[leave.person_id].append(
            Block(midnight_in_london(since), day_span(until)[1], BlockStatus.OOF),
        )
    meetings: dict[int, list[Block]] = defaultdict(list)
    for person_id, start, end in await list_clashes(db, ids, starts_at, ends_at, moving.meeting_id if moving else None):
        meetings[person_id].append(Block(start, end))
        blocks[person_id].append(Block(start, end))
    outside = await load_outside(db, addresses_of(guests), (starts_at, ends_at), tools.clock.now())
    for person_id, known in outside.items():
        own = without_meeting(known.blocks, moving.starts_at, moving.ends_at) if moving else known.blocks
        blocks[person_id].extend(own)
    closed = tuple(_bank_holidays(tools.rulebook.working_days, span.first_on, span.last_on))
    in_holidays = (*closed, *_whole_days((await load_terms(db)).closed(span.first_on, span.last_on)))
    diaries = tuple(
        _diary(
            guest,
            (*(in_holidays if guest.is_away_in_holidays else closed), *blocks[guest.person_id]),
            outside.get(guest.person_id),
        )
        for guest in guests
    )
    return KnownTimes(diaries, outside, meetings)


def _diary(guest: Guest, busy: tuple[Block, ...], outside: Outside | None) -> Diary:
    return Diary(
        id=str(guest.person_id),
        name=guest.name,
        is_required=guest.need is Need.REQUIRED,
        busy=busy,
        working_hours=hours_of(guest.habits.working_hours),
        is_unknown=outside is not None and outside.is_unknown,
        known_at=outside.known_at if outside else None,
        is_unseen=outside is None or outside.knowledge is Knowledge.NO_CALENDAR,
    )


def _whole_days(runs: Iterable[tuple[date, date]]) -> Iterator[Block]:
    return (Block(midnight_in_london(first_on), day_span(last_on)[1], BlockStatus.OOF) for first_on, last_on in runs)


def _bank_holidays(working_days: WorkingDays, first_on: date, last_on: date) -> Iterator[Block]:
    days = (first_on + timedelta(days=n) for n in range((last_on - first_on).days + 1))
    return _whole_days((day, day) for day in days if day in working_days.holidays)


async def who_cannot(
    db: Session, tools: Tools, guests: Sequence[Guest], starts_at: datetime, ends_at: datetime
) -> list[str]:
    """What speaks against a time that was agreed without a search: a sentence each."""
    day = day_in_london(starts_at)
    working_days = tools.rulebook.working_days
    if not working_days.is_working_day(day):
        kind = "a bank holiday" if day in working_days.holidays else "not a working day"
        return [f"{say_day(day)} is {kind}: most people are not at work."]
    known = await read_diaries(db, tools, guests, DaySpan(day, day))
    return list(_against(known.diaries, starts_at, ends_at))


def _against(diaries: Iterable[Diary], starts_at: datetime, ends_at: datetime) -> Iterator[str]:
    for diary in diaries:
        found = {each.presence for each in stretches_of(diary, LONDON, starts_at, ends_at)}
        for presence, words in _WHY_NOT.items():
            if presence in found:
                yield f"{diary.name} {words}."
                break
