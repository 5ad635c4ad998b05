"""Calendars written by hand for the tests of their expansion, and recurring-ical-events as the oracle."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from coord_service.domain.diaries import Block
from integrations.calendars.entries import Question
from integrations.calendars.expansion import busy_blocks

LONDON = ZoneInfo("Europe/London")
OWNER = "lead.worker@example.org"


def at(day: int, hour: int = 0, minute: int = 0, *, month: int = 3) -> datetime:
    """A time on London's clocks in 2027: 1 March is a Monday, the clocks change on 28 March and 31 October."""
    return datetime(2027, month, day, hour, minute, tzinfo=LONDON)


def utc(day: int, hour: int = 0, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=UTC)


def calendar(*events: str, head: str = "") -> bytes:
    """A calendar of VEVENTs, each given as its lines; one without UID gets one."""
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *filter(None, [head])]
    for number, lines in enumerate(events):
        own = lines.strip().splitlines()
        uid = [] if any(line.strip().startswith("UID") for line in own) else [f"UID:{number}@example.org"]
        parts += ["BEGIN:VEVENT", *uid, "DTSTAMP:20260101T000000Z", *(line.strip() for line in own), "END:VEVENT"]
    return "\r\n".join([*parts, "END:VCALENDAR", ""]).encode()


def question(start_at: datetime, end_at: datetime, zone: tzinfo = LONDON) -> Question:
    return Question(start_at, end_at, zone, frozenset({OWNER}))


MARCH = question(at(1), at(1, month=4))


def expand(*events: str, asked: Question = MARCH, head: str = "") -> list[tuple[datetime, datetime]]:
    """The spans of the blocks, in their order."""
    return [(block.start_at, block.end_at) for block in blocks(*events, asked=asked, head=head)]


def blocks(*events: str, asked: Question = MARCH, head: str = "") -> tuple[Block, ...]:
    return busy_blocks(calendar(*events, head=head), asked)


def by_the_library(raw: bytes, asked: Question) -> list[tuple[datetime, datetime]]:
    """What recurring-ical-events finds, as spans in UTC of those that take time, in order."""

    def instants(component: icalendar.Event) -> Iterable[datetime]:
        for name in ("DTSTART", "DTEND"):
            when: date = component[name].dt
            local = when if isinstance(when, datetime) else datetime.combine(when, time(), asked.zone)
            yield local.astimezone(UTC)

    day = timedelta(days=1)  # the library compares whole days with its own idea of a zone
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(raw)).between(
        asked.start_at - day, asked.end_at + day
    )
    spans = [tuple(instants(each)) for each in found]
    return sorted((start, end) for start, end in spans if start < end and start < asked.end_at and asked.start_at < end)
