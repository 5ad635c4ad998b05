"""What calendars outside say of somebody's time, and how much of it can still be believed.

A reading is fresh for some minutes and asked for again after that; it goes on being shown, with its age, for a day.
What could not be read is "not known since": old busy blocks stay, and the time between is neither free nor busy.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from coord_service.domain.diaries import Block

FRESH = timedelta(minutes=10)
SHOWN = timedelta(days=1)
PAUSE = timedelta(minutes=1)  # after a failure, before a page asks again by itself


@dataclass(frozen=True, slots=True)
class Reading:
    """What was last read of one person: a window, its blocks, when; and how it failed since, if it did."""

    start_at: datetime | None = None
    end_at: datetime | None = None
    read_at: datetime | None = None
    blocks: tuple[Block, ...] = ()
    failed_at: datetime | None = None
    trouble: str | None = None

    def covers(self, start_at: datetime, end_at: datetime) -> bool:
        """Whether the window that was read holds this time."""
        return bool(self.start_at and self.end_at and self.start_at <= start_at and end_at <= self.end_at)


class Knowledge(StrEnum):
    """How much is known of somebody's own calendar."""

    NO_CALENDAR = "no_calendar"  # none is connected: what is known here has to do
    KNOWN = "known"  # read a moment ago
    OLD = "old"  # read today, and not asked again yet
    LOST = "lost"  # can't be read now
    NOT_YET = "not_yet"  # never read, or not in these weeks


@dataclass(frozen=True, slots=True)
class Outside:
    """One person's own calendar for a search: its blocks, since when nothing more is known, and why."""

    knowledge: Knowledge = Knowledge.NO_CALENDAR
    blocks: tuple[Block, ...] = ()
    known_at: datetime | None = None
    trouble: str | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether the time between the blocks is neither free nor busy."""
        return self.knowledge in {Knowledge.LOST, Knowledge.NOT_YET}


def judge(reading: Reading | None, start_at: datetime, end_at: datetime, now: datetime) -> Outside:
    """What a reading is worth ``now`` for a search between two instants."""
    if reading is None:
        return Outside(Knowledge.NOT_YET)
    is_shown = reading.read_at is not None and now - reading.read_at <= SHOWN
    touching = tuple(each for each in reading.blocks if each.start_at < end_at and start_at < each.end_at)
    if reading.failed_at is not None:
        knowledge = Knowledge.LOST
    elif not is_shown or not reading.covers(start_at, end_at):
        knowledge = Knowledge.NOT_YET
    else:
        knowledge = Knowledge.KNOWN if _is_fresh(reading, now) else Knowledge.OLD
    return Outside(knowledge, touching if is_shown else (), reading.read_at, reading.trouble)


def needs_asking(reading: Reading | None, start_at: datetime, end_at: datetime, now: datetime) -> bool:
    """Whether a page that wants this time should ask the calendar again."""
    if reading is None:
        return True
    if reading.failed_at is not None:
        return now - reading.failed_at >= PAUSE
    return not (_is_fresh(reading, now) and reading.covers(start_at, end_at))


def without_meeting(blocks: tuple[Block, ...], start_at: datetime, end_at: datetime) -> tuple[Block, ...]:
    """The blocks without a meeting of ours, which must not stand in the way of its own move.

    Free/busy says no UID: a block of exactly our time is taken to be ours. One that begins or ends with it is what is
    left when a system joins neighbours, and keeps its other part. Any other overlap is something else, and stays.
    """
    left: list[Block] = []
    for block in blocks:
        if (block.start_at, block.end_at) == (start_at, end_at):
            continue
        if block.start_at == start_at and end_at < block.end_at:
            left.append(Block(end_at, block.end_at, block.status))
        elif block.end_at == end_at and block.start_at < start_at:
            left.append(Block(block.start_at, start_at, block.status))
        else:
            left.append(block)
    return tuple(left)


def _is_fresh(reading: Reading, now: datetime) -> bool:
    return reading.read_at is not None and now - reading.read_at <= FRESH
