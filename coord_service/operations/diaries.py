"""What this service knows of people's time: their hours, bank holidays, leave, and the meetings booked here.

No outside calendar is connected yet, so "free" means free as far as is known here, and the pages say so.
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
from coord_service.domain.wall_time import day_span, midnight_in_london, say_day
from coord_service.domain.working_days import WorkingDays
from coord_service.operations.guests import Guest
from coord_service.operations.tools import Tools
from coord_service.storage.booking import list_leave
from coord_service.storage.database import Session
from coord_service.storage.meetings import list_clashes

OFFICE_HOURS = (WorkingHours(frozenset(range(5)), opens=9 * 60, closes=17 * 60),)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_WHY_NOT = {
    Presence.AWAY: "is away then",
    Presence.BUSY: "is at another meeting then",
    Presence.TENTATIVE: "may be at another meeting then",
    Presence.OUTSIDE: "does not work at that time",
}


def hours_of(pattern: Sequence[Mapping[str, Any]] | None) -> tuple[WorkingHours, ...]:
    """Somebody's working hours as they are kept; office hours where nobody has told us any."""
    return tuple(_hours(each) for each in pattern) if pattern else OFFICE_HOURS


def _hours(entry: Mapping[str, Any]) -> WorkingHours:
    weekdays = frozenset(_DAYS.index(day) for day in entry["days"])
    return WorkingHours(weekdays, _minutes(entry["start"]), _minutes(entry["end"]))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Whole days in London, the last one included."""

    first_on: date
    last_on: date


async def read_diaries(
    db: Session, working_days: WorkingDays, guests: Sequence[Guest], span: DaySpan, except_meeting: int | None = None
) -> tuple[Diary, ...]:
    """A diary for each guest over these days, by their person id: two statements, however many guests."""
    ids = [guest.person_id for guest in guests]
    first_on, last_on = span.first_on, span.last_on
    starts_at, ends_at = midnight_in_london(first_on), day_span(last_on)[1]
    blocks: dict[int, list[Block]] = defaultdict(list)
    for leave in await list_leave(db, ids, first_on, last_on):
        since, until = max(leave.starts_on, first_on), min(leave.ends_on, last_on)
        blocks[leave.person_id].append(
            Block(midnight_in_london(since), day_span(until)[1], BlockStatus.OOF),
        )
    for person_id, start, end in await list_clashes(db, ids, starts_at, ends_at, except_meeting):
        blocks[person_id].append(Block(start, end))
    closed = tuple(_bank_holidays(working_days, first_on, last_on))
    return tuple(
        Diary(
            id=str(guest.person_id),
            name=guest.name,
            is_required=guest.need is Need.REQUIRED,
            busy=(*closed, *blocks[guest.person_id]),
            working_hours=hours_of(guest.working_hours),
        )
        for guest in guests
    )


def _bank_holidays(working_days: WorkingDays, first_on: date, last_on: date) -> Iterator[Block]:
    days = (first_on + timedelta(days=n) for n in range((last_on - first_on).days + 1))
    return (Block(*day_span(day), BlockStatus.OOF) for day in days if day in working_days.holidays)


async def who_cannot(
    db: Session, tools: Tools, guests: Sequence[Guest], starts_at: datetime, ends_at: datetime
) -> list[str]:
    """What speaks against a time that was agreed without a search: a sentence each."""
    day = day_in_london(starts_at)
    working_days = tools.rulebook.working_days
    if not working_days.is_working_day(day):
        kind = "a bank holiday" if day in working_days.holidays else "not a working day"
        return [f"{say_day(day)} is {kind}: most people are not at work."]
    diaries = await read_diaries(db, working_days, guests, DaySpan(day, day))
    return list(_against(diaries, starts_at, ends_at))


def _against(diaries: Iterable[Diary], starts_at: datetime, ends_at: datetime) -> Iterator[str]:
    for diary in diaries:
        found = {each.presence for each in stretches_of(diary, LONDON, starts_at, ends_at)}
        for presence, words in _WHY_NOT.items():
            if presence in found:
                yield f"{diary.name} {words}."
                break
