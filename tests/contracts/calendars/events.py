"""Appointments and meetings for the contract: invented, short to write."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from coord_service.domain.diaries import Block, BlockStatus
from coord_service.domain.itip import Attendee, Event, Organizer, PartStat, Role
from tests.contracts.calendars.hand import OWNER

LONDON = ZoneInfo("Europe/London")
WORDS = "Zebedee-Quill"  # stands in every subject, place and description here, and may stand nowhere else
STAMP = datetime(2027, 3, 1, 9, tzinfo=UTC)
HER, HIM = "dr.shah@example.net", "s.lowe@example.net"


def at(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    """A time on London's clocks in 2027; 1 March is a Monday, and the clocks change on 28 March and 31 October."""
    return datetime(2027, month, day, hour, minute, tzinfo=LONDON)


def utc(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    """The same day in UTC."""
    return datetime(2027, month, day, hour, minute, tzinfo=UTC)


def appointment(start: Any, end: Any, **changes: Any) -> Event:
    """Somebody's own appointment, which we know nothing of."""
    organizer = Organizer(OWNER)
    event = Event(f"own-{start:%Y%m%dT%H%M}@example.org", start, end, organizer, f"{WORDS} at the dentist")
    return replace(event, description=WORDS, location=WORDS, dtstamp=STAMP, **changes)


def own_answer(partstat: PartStat, address: str = OWNER) -> dict[str, Any]:
    """Somebody else's meeting to which this person gave an answer."""
    return {"organizer": Organizer("boss@example.org"), "attendees": (Attendee(address, partstat=partstat),)}


def meeting(hour: int = 14, *, sequence: int = 0, **changes: Any) -> Event:
    """A meeting of ours on Tuesday 9 March 2027, an hour long, with two people."""
    event = Event(
        uid="meeting-17@coord.example.org",
        start=at(9, hour),
        end=at(9, hour + 1),
        organizer=Organizer(OWNER, "Jo Marsh"),
        summary="Team meeting (ref AB-1234)",
        sequence=sequence,
        dtstamp=STAMP + timedelta(minutes=sequence),
        attendees=(Attendee(HER, "Dr Shah"), Attendee(HIM, "S Lowe", role=Role.OPTIONAL)),
    )
    return replace(event, **changes)


def busy(start_at: datetime, end_at: datetime, status: BlockStatus = BlockStatus.BUSY) -> Block:
    """A block as it is expected."""
    return Block(start_at.astimezone(UTC), end_at.astimezone(UTC), status)
