"""A diary of 500 entries, half of them recurring for years, over twelve weeks: beside recurring-ical-events."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from integrations.calendars.entries import Question
from integrations.calendars.expansion import busy_blocks
from tests.benchmarks.measuring import Figure, compare

LONDON = ZoneInfo("Europe/London")
START = datetime(2026, 9, 7, tzinfo=LONDON)
END = START + timedelta(weeks=12)
RULES = (
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=2TU",
    "FREQ=YEARLY",
)


def diary(entries: int = 500, *, seed: int = 5) -> list[str]:
    """VEVENTs as text, every second one a series that began two to eight years ago. The same seed, the same diary."""
    luck = random.Random(seed)
    return [_entry(number, luck) for number in range(entries)]


def _entry(number: int, luck: random.Random) -> str:
    day = date(2026, 1, 5) + timedelta(days=luck.randrange(320))
    repeats = number % 2 == 1
    if repeats:
        day = day.replace(year=2026 - luck.randrange(2, 8))
    hour = luck.randrange(8, 17)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{number}@example.org",
        "DTSTAMP:20260101T000000Z",
        f"DTSTART;TZID=Europe/London:{day:%Y%m%d}T{hour:02}0000",
        f"DTEND;TZID=Europe/London:{day:%Y%m%d}T{hour + 1:02}0000",
        *([f"RRULE:{luck.choice(RULES)}"] if repeats else []),
        "SUMMARY:Something or other",
        "DESCRIPTION:Words that nobody reads here",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "END:VEVENT",
    ]
    return "\r\n".join(lines)


def calendar_of(events: list[str]) -> bytes:
    """The calendar with these VEVENTs."""
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//EN", *events, "END:VCALENDAR", ""]).encode()


def figures() -> Iterator[Figure]:
    """From the bytes of the file to the times, on both sides; the library's as it is meant to be used."""
    raw = calendar_of(diary())
    question = Question(START, END, LONDON)

    def theirs() -> list[icalendar.cal.Component]:
        return recurring_ical_events.of(icalendar.Calendar.from_ical(raw)).between(START, END)

    assert len(busy_blocks(raw, question)) == len(theirs())
    yield compare("500 entries over 12 weeks", lambda: busy_blocks(raw, question), theirs, at_least_times_as_fast=20)
