"""Repetitions beyond the house's engine, by recurring-ical-events: a few in ten thousand diaries.

That library walks from the first date of a series and can't be stopped, so what it is given is measured first: a rule
that would take it long, or that has no date at all, is refused in words.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import icalendar
import recurring_ical_events
from icalendar import InvalidCalendar

from coord_service.domain.itip.rules import day_of, days_from, parse_rule
from coord_service.domain.itip.values import When
from coord_service.errors import CalendarNonsense
from integrations.calendars.entries import Entry, Series
from integrations.itip.lines import Line
from integrations.itip.moments import Zones, zone_key

MOST_STEPS = 300_000  # about two seconds
TOO_MUCH = "The calendar was not read: an entry in it repeats in a way that would take too long to work out."
SECONDS = {"YEARLY": 31_536_000, "MONTHLY": 2_419_200, "WEEKLY": 604_800, "DAILY": 86_400, "HOURLY": 3_600}
OF_THE_CLOCK = {"BYHOUR": 24, "BYMINUTE": 60, "BYSECOND": 61}
BY_THE_HOUR = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}
BY_THE_WEEK_NUMBER = {*BY_THE_HOUR, "BYWEEKNO", "BYDAY", *OF_THE_CLOCK}
TIMED = {"DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID"}
NEEDED = {*TIMED, "DURATION", "RRULE", "SEQUENCE"}


class RareRules:
    """The rare series of one calendar, between two instants; together they may take only so long."""

    def __init__(self, zones: Zones, since: datetime, before: datetime) -> None:
        self._zones, self._since, self._before = zones, since, before
        self._steps = 0

    def dates_of(self, series: Series) -> Iterator[tuple[Entry, When, When]]:
        """Each date, from start to end, and the entry it is by. Raises CalendarNonsense."""
        for entry in series.entries:
            for line in entry.component.every("RRULE"):
                self._steps += _steps(line.value.strip().upper(), entry.start, self._before)
        if self._steps > MOST_STEPS:
            raise CalendarNonsense(TOO_MUCH)
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//coord-service//Diary//EN"]
        for number, entry in enumerate(series.entries):
            lines += ["BEGIN:VEVENT", "UID:one", f"X-COORD-ENTRY:{number}"]
            lines += [self._in_known_zone(each, entry) for each in entry.component.lines if each.name in NEEDED]
            lines.append("END:VEVENT")
        try:
            calendar = icalendar.Calendar.from_ical("\r\n".join([*lines, "END:VCALENDAR", ""]))
            day = timedelta(days=1)
            found = recurring_ical_events.of(calendar).between(self._since - day, self._before + day)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, InvalidCalendar) as error:
            raise CalendarNonsense(
                "The calendar was not read: an entry in it repeats in a way that makes no sense."
            ) from error
        for each in found:
            start, end = (self._moment(each[name].dt) for name in ("DTSTART", "DTEND"))
            yield series.entries[int(each["X-COORD-ENTRY"])], start, end

    def _moment(self, when: When) -> When:
        is_floating = isinstance(when, datetime) and when.tzinfo is None
        return when.replace(tzinfo=self._zones.floating) if is_floating and isinstance(when, datetime) else when

    def _in_known_zone(self, line: Line, entry: Entry) -> str:
        """A line with the zone's name in IANA's list instead of the sender's own."""
        tzid = line.parameter("TZID")
        zone = self._zones.of(tzid, entry.start.year) if tzid and line.name in TIMED else None
        key = zone_key(datetime(2000, 1, 1, tzinfo=zone)) or "UTC" if zone else ""
        return (
            re.sub(r"TZID=(\"[^\"]*\"|[^;:]*)", f"TZID={key}", line.raw, count=1, flags=re.IGNORECASE)
            if key
            else line.raw
        )


def _steps(rule: str, start: When, before: datetime) -> int:
    """How far the library would walk, at most. Raises CalendarNonsense for a walk without an end."""
    parts = dict(part.partition("=")[::2] for part in rule.split(";") if part)
    each = SECONDS.get(parts.get("FREQ", ""))
    interval = parts.get("INTERVAL", "1")
    if each is None or not interval.isdecimal() or len(interval) > 6 or not _has_a_date(parts, start):
        raise CalendarNonsense(TOO_MUCH)
    days = max(0, before.toordinal() - start.toordinal())
    times = 1
    for name, most in OF_THE_CLOCK.items():
        chosen = {value for value in parts.get(name, "").split(",") if value}
        if not all(value.isdecimal() and int(value) < most for value in chosen):
            raise CalendarNonsense(TOO_MUCH)
        times *= max(1, len(chosen))
    return (days * 86_400 // (each * max(1, int(interval))) + 1) * times * (7 if "BYDAY" in parts else 1)


def _has_a_date(parts: dict[str, str], start: When) -> bool:
    """Whether a rule is certain to come round; of others the library would look for a date until the year 9999."""
    if parts["FREQ"] == "HOURLY":
        return parts.keys() <= BY_THE_HOUR
    if "BYWEEKNO" in parts:
        numbers = parts["BYWEEKNO"].split(",")
        are_plain = all(number.isdecimal() and 1 <= int(number) <= 52 for number in numbers)
        are_days = all(day in {"MO", "TU", "WE", "TH", "FR", "SA", "SU"} for day in parts.get("BYDAY", "MO").split(","))
        return parts["FREQ"] == "YEARLY" and parts.keys() <= BY_THE_WEEK_NUMBER and are_plain and are_days
    by_day = ";".join(f"{name}={value}" for name, value in parts.items() if name not in OF_THE_CLOCK)
    rule = parse_rule(by_day, start)
    return rule is not None and next(days_from(rule, day_of(start)), None) is not None
