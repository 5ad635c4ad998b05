"""Dates, times and durations as they stand on content lines (RFC 5545 §3.3.4-6)."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from coord_service.domain.itip.values import When
from integrations.itip.lines import Component, Line
from integrations.itip.zone_names import offset_defined, zone_defined, zone_named

# Nobody meets outside these; beyond them changing the zone overflows.
FIRST_YEAR, LAST_YEAR = 1600, 9997
LONDON = ZoneInfo("Europe/London")
MOMENT = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)?(?:\.\d+)?(Z)?)?\Z")
DURATION = re.compile(r"([+-])?P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?\Z")


@dataclass(frozen=True, slots=True)
class Zones:
    """The VTIMEZONEs that a calendar brings along, where to complain, and whose time is meant where none is named."""

    defined: dict[str, Component]
    problems: list[str]
    floating: tzinfo = LONDON
    known: dict[tuple[str, int], tzinfo | None] = field(default_factory=dict)

    def of(self, tzid: str, year: int) -> tzinfo | None:
        """The zone of a TZID: by its name, else the likely one with the same offsets through that year; or None."""
        zone = zone_named(tzid)
        if zone is None and tzid in self.defined:
            if (tzid, year) not in self.known:
                self.known[tzid, year] = zone_defined(self.defined[tzid], year)
            zone = self.known[tzid, year]
        return zone

    def at(self, tzid: str, wall: datetime) -> tzinfo | None:
        """The zone, or else the offset, that a TZID means at one wall time; None and a problem for neither."""
        zone = self.of(tzid, wall.year)
        if zone is None and tzid in self.defined:
            zone = offset_defined(self.defined[tzid], wall)
        if zone is None:
            complaint = f"unknown time zone {tzid[:60]!r}"
            if complaint not in self.problems:
                self.problems.append(complaint)
        return zone


def read_moment(line: Line | None, zones: Zones) -> When | None:
    """The moment on a line such as DTSTART; None, and a problem, when it makes no sense."""
    if line is None:
        return None
    return read_value(line.value, line.parameter("TZID"), zones, line.name)


def read_moments(lines: list[Line], zones: Zones) -> tuple[When, ...]:
    """All moments of RDATE or EXDATE lines, in order; of a period its start."""
    found = [
        read_value(value.partition("/")[0], line.parameter("TZID"), zones, line.name)
        for line in lines
        for value in line.value.split(",")[:1_000]
    ]
    return tuple(each for each in found if each is not None)


def read_instant(line: Line | None, zones: Zones) -> datetime | None:
    """A DTSTAMP: UTC, whatever it says."""
    if line is None:
        return None
    value = read_value(line.value.strip().rstrip("Zz") + "Z", "", zones, line.name)
    return value if isinstance(value, datetime) else None


def read_value(text: str, tzid: str, zones: Zones, name: str) -> When | None:
    """One DATE or DATE-TIME. Without any zone it is taken as ``zones.floating``, with a problem."""
    local = _usual(text) or _wall_time(MOMENT.match(text.strip().upper()))
    if local is None:
        zones.problems.append(f"{name} is no date or time: {text[:40]!r}")
        return None
    if not isinstance(local, datetime) or local.tzinfo:
        return local
    if not tzid:
        zones.problems.append(f"{name} has no time zone; taken as the calendar's own, or London's")
        return local.replace(tzinfo=zones.floating)
    zone = zones.at(tzid, local)
    return local.replace(tzinfo=zone) if zone else None


def _usual(text: str) -> When | None:
    """A moment in the form that nearly all have, in a fifth of the time; None for any other."""
    if text[8:9] != "T" or len(text) not in {15, 16} or not (text[:8] + text[9:15]).isdecimal():
        return None
    try:
        moment = datetime.fromisoformat(text) if text[15:] in {"", "Z"} else None
    except ValueError:
        return None
    return moment if moment and FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _wall_time(found: re.Match[str] | None) -> When | None:
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            return None
        if found[4] is None:
            return day
        clock = time(int(found[4]), int(found[5]), min(59, int(found[6] or 0)))
        return datetime.combine(day, clock, UTC if found[7] else None)
    except ValueError:
        return None


def read_duration(text: str) -> timedelta | None:
    """A DURATION; None when it makes no sense."""
    found = DURATION.match(text.strip().upper())
    if not found or not any(found.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] == "-" else length


def end_after(start: When, length: timedelta) -> When | None:
    """The end of something that lasts: days by the wall, hours exactly (RFC 5545 §3.3.6); None beyond year 9999."""
    try:
        end = _after(start, length)
    except OverflowError:
        return None
    return end if FIRST_YEAR <= end.year <= LAST_YEAR else None


def _after(start: When, length: timedelta) -> When:
    if not isinstance(start, datetime):
        return start + length
    days = timedelta(days=length.days)
    rest = length - days
    return ((start + days).astimezone(UTC) + rest).astimezone(start.tzinfo) if rest else start + days


def write_moment(name: str, when: When, parameters: str = "") -> str:
    """A line such as ``DTSTART;TZID=Europe/London:20260303T143000``."""
    if not isinstance(when, datetime):
        return f"{name}{parameters};VALUE=DATE:{when:%Y%m%d}"
    key = zone_key(when)
    if key is None:
        return f"{name}{parameters}:{utc_text(when)}"
    return f"{name}{parameters};TZID={key}:{_digits(when)}"


def zone_key(when: When) -> str | None:
    """The IANA name to write a moment with; None: it is written in UTC."""
    key = getattr(when.tzinfo, "key", None) if isinstance(when, datetime) else None
    return None if key in {None, "UTC", "Etc/UTC"} else str(key)


def utc_text(when: datetime) -> str:
    """An instant as ``20260303T143000Z``."""
    return f"{_digits(when.astimezone(UTC))}Z"


def bare_text(when: When) -> str:
    """A date, or an instant in UTC, as a value without parameters."""
    return utc_text(when) if isinstance(when, datetime) else f"{when:%Y%m%d}"


def _digits(when: datetime) -> str:
    # strftime leaves out the zeros of years before 1000
    return f"{when.year:04}{when.month:02}{when.day:02}T{when.hour:02}{when.minute:02}{when.second:02}"
