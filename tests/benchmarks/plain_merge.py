"""What a straightforward program does to find when everybody is free, and no more: the measure for ``bench_slots``.

Nothing is checked, nobody is optional, tentative or unknown, and no slot says why. Two lists of free time are laid over
one another with two pointers, person by person; :func:`merge_with_portion` leaves that to the ``portion`` library.
"""

import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import portion

Free = list[tuple[datetime, datetime]]
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
AWAY = {"busy", "oof"}


def merge(text: bytes) -> bytes:
    """The first starts at which all are free, JSON to JSON."""
    given = json.loads(text)
    start, end = (datetime.fromisoformat(given["window"][key]) for key in ("start", "end"))
    common: Free = [(start, end)]
    for attendee in given["attendees"]:
        common = _intersect(common, list(_free(attendee, start, end, ZoneInfo(given["time_zone"]))))
    return _written(given, common, start)


def _free(
    attendee: dict[str, Any], start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    travel = timedelta(minutes=attendee.get("travel_minutes", 0))
    busy = sorted(
        (datetime.fromisoformat(block["start"]) - travel, datetime.fromisoformat(block["end"]) + travel)
        for block in attendee["busy"]
        if block["status"] in AWAY
    )
    at = 0
    for opens, closes in _working(attendee["working_hours"], start, end, zone):
        while at < len(busy) and busy[at][1] <= opens:
            at += 1
        reached = opens
        for begins, ends in busy[at:]:
            if begins >= closes:
                break
            if begins > reached:
                yield reached, begins
            reached = max(reached, ends)
        if reached < closes:
            yield reached, closes


def _working(
    hours: list[dict[str, Any]], start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Working hours day by day, always where there are none. No clock changes within those of the benchmark."""
    if not hours:
        yield start, end
    day, utc = start.astimezone(zone).date(), start.tzinfo
    while day <= end.date():
        for each in hours:
            if DAYS[day.weekday()] in each["days"]:
                opens, closes = (
                    datetime.combine(day, time.fromisoformat(each[key]), zone).astimezone(utc)
                    for key in ("start", "end")
                )
                yield max(opens, start), min(closes, end)
        day += timedelta(days=1)


def _intersect(one: Free, other: Free) -> Free:
    common: Free = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            common.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return common


def _written(given: dict[str, Any], common: Free, origin: datetime) -> bytes:
    step, duration = timedelta(minutes=given["step_minutes"]), timedelta(minutes=given["duration_minutes"])
    limit = given.get("limit", 20)
    slots: list[dict[str, str]] = []
    for start, end in common:
        at = origin + -((origin - start) // step) * step
        while at + duration <= end and not (limit and len(slots) == limit):
            slots.append({"start": at.isoformat(), "end": (at + duration).isoformat()})
            at += step
    return json.dumps({"slots": slots}).encode()


def merge_with_portion(text: bytes) -> bytes:
    """The same answer, interval sets being the library's."""
    given = json.loads(text)
    start, end = (datetime.fromisoformat(given["window"][key]) for key in ("start", "end"))
    common = portion.closedopen(start, end)
    for attendee in given["attendees"]:
        travel = timedelta(minutes=attendee.get("travel_minutes", 0))
        busy = portion.Interval(
            *(
                portion.closedopen(
                    datetime.fromisoformat(block["start"]) - travel, datetime.fromisoformat(block["end"]) + travel
                )
                for block in attendee["busy"]
                if block["status"] in AWAY
            )
        )
        hours = _working(attendee["working_hours"], start, end, ZoneInfo(given["time_zone"]))
        common &= portion.Interval(*(portion.closedopen(*each) for each in hours)) - busy
    return _written(given, [(each.lower, each.upper) for each in common], start)
