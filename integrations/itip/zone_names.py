"""Time zones as senders name and define them -> zoneinfo (ITIP.md §2.1)."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from integrations.itip.lines import Component

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_OBSERVANCES, MOST_DATES = 50, 200
OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
# Names that are neither IANA's nor in the table of Windows names.
OTHER_NAMES = {
    "UTC": "UTC",
    "Z": "UTC",
    "GMT": "Europe/London",
    "BST": "Europe/London",
    "tzone://Microsoft/Utc": "UTC",
    "(UTC) Coordinated Universal Time": "UTC",
    "(UTC+00:00) Dublin, Edinburgh, Lisbon, London": "Europe/London",
    "(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London": "Europe/London",
}
# What a VTIMEZONE of an unknown name is compared with, the likely ones first.
LIKELY = (
    "Europe/London",
    "Europe/Paris",
    "Europe/Athens",
    "UTC",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Australia/Sydney",
)


@lru_cache(maxsize=512)
def zone_named(tzid: str) -> tzinfo | None:
    """The zone of a TZID: IANA's name, with a vendor's prefix, or Microsoft's; None for a name nobody knows."""
    name = tzid.strip().strip('"')[:100]
    name = OTHER_NAMES.get(name, name)
    if name == "UTC":
        return UTC
    parts = name.strip("/").split("/")
    for first in range(len(parts)):
        known = _iana("/".join(parts[first:]))
        if known:
            return known
    return _windows(name)


def zone_defined(vtimezone: Component, year: int) -> tzinfo | None:
    """The likely zone with the offsets of a VTIMEZONE through one year; None when it describes none of them."""
    moments = [datetime(year, month, 15, 12) for month in range(1, 13)]  # noqa: DTZ001 - wall time, its zone is sought
    offsets = [_offset_at(vtimezone, each) for each in moments]
    for name in LIKELY:
        zone = ZoneInfo(name)
        if offsets == [each.replace(tzinfo=zone).utcoffset() for each in moments]:
            return UTC if name == "UTC" else zone
    steady = {*offsets}
    only = steady.pop() if len(steady) == 1 else None
    return None if only is None else timezone(only)


def offset_defined(vtimezone: Component, wall: datetime) -> tzinfo | None:
    """The offset that a VTIMEZONE gives for one wall time: the moment is right, whatever zone that is."""
    offset = _offset_at(vtimezone, wall)
    return None if offset is None else timezone(offset)


def _iana(name: str) -> ZoneInfo | None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _windows(name: str) -> tzinfo | None:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # noqa: PLC0415 - 0.1 s, and seldom needed

    known = WINDOWS_TO_OLSON.get(name)
    return _iana(known) if known else None


def _offset_at(vtimezone: Component, wall: datetime) -> timedelta | None:
    """The offset a VTIMEZONE gives for a wall time: that of the latest observance before it (year 1601 included)."""
    onsets = [(onset, offset) for each in vtimezone.inner[:MOST_OBSERVANCES] for onset, offset in _onsets(each, wall)]
    past = [each for each in onsets if each[0] <= wall]
    chosen = max(past, default=None) or min(onsets, default=None)
    return chosen[1] if chosen else None


def _onsets(observance: Component, wall: datetime) -> Iterable[tuple[datetime, timedelta]]:
    offset = _offset(observance.value("TZOFFSETTO"))
    start = _wall_time(observance.value("DTSTART"))
    if offset is None or start is None:
        return
    yield start, offset
    dates = [value for each in observance.every("RDATE") for value in each.value.split(",")[:MOST_DATES]][:MOST_DATES]
    yield from ((onset, offset) for each in dates if (onset := _wall_time(each)))
    rule = dict(part.partition("=")[::2] for part in observance.value("RRULE").upper().split(";"))
    found = re.fullmatch(r"([+-]?\d)?(MO|TU|WE|TH|FR|SA|SU)", rule.get("BYDAY", ""))
    month = rule.get("BYMONTH", str(start.month))
    if rule.get("FREQ") != "YEARLY" or not found or not month.isdigit() or not 1 <= int(month) <= 12:
        return
    for year in (wall.year - 1, wall.year):
        day = nth_weekday(year, int(month), int(found[1] or 1), WEEKDAYS.index(found[2]))
        if day and year >= start.year:
            yield datetime.combine(day, start.time()), offset


def _wall_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip()[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - wall time
    except ValueError:
        return None


def _offset(text: str) -> timedelta | None:
    found = OFFSET.match(text)
    if not found:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    if size >= timedelta(hours=24):
        return None
    return -size if found[1] == "-" else size


def nth_weekday(year: int, month: int, nth: int, weekday: int) -> date | None:
    """The nth weekday of a month, counted from its end when negative; None when it has none."""
    first = date(year, month, 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    days = [date.fromordinal(n) for n in range(first.toordinal(), following.toordinal())]
    chosen = [each for each in days if each.weekday() == weekday]
    return chosen[nth - 1 if nth > 0 else nth] if 0 < abs(nth) <= len(chosen) else None
