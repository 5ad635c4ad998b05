"""Ranking from JSON to JSON, beside programs that only find when everybody is free.

The diaries are invented from a fixed seed: three blocks a working day, one in five tentative, on the quarter of an hour
or beside it; working hours of up to sixteen patterns; the weeks from September on, in which the clocks go back.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from coord_service.commands.slots import answer
from tests.benchmarks.measuring import Figure, compare
from tests.benchmarks.plain_merge import merge, merge_with_portion

MONDAY = datetime(2026, 9, 7, tzinfo=UTC)
SIZES = ((12, 12), (12, 52), (30, 12))  # people, weeks
PER_DAY = 3
OPENS, CLOSES = ("08:00", "08:30", "09:00", "09:15"), ("15:30", "16:30", "17:00", "18:00")


def figures() -> Iterator[Figure]:
    """Each size: all must come; the same without working hours; with optional people and a quorum. Then the growth."""
    for people, weeks in SIZES:
        size = f"{people} people x {weeks} weeks"
        plain, always = as_text(people, weeks), as_text(people, weeks, has_hours=False)
        check_same(plain)
        check_same(always)
        yield compare(f"{size}: everybody free", partial(ours, plain), partial(merge, plain), at_most=1.5)
        yield compare(f"{size}: at any hour", partial(ours, always), partial(merge, always), at_most=1.5)
        chosen = as_text(people, weeks, has_quorum=True)
        yield compare(f"{size}: quorum and reasons", partial(ours, chosen), partial(merge, chosen), at_most=3)
        yield compare(f"{size}: beside portion", partial(ours, plain), partial(merge_with_portion, plain))
    once, four_times = as_text(12, 12), as_text(12, 12, per_day=4 * PER_DAY)
    yield compare("four times the intervals", partial(ours, four_times), partial(ours, once), at_most=4)


def ours(text: bytes) -> bytes:
    """What ``coord slots`` does between reading its input and writing its output."""
    return json.dumps(answer(json.loads(text)), ensure_ascii=False).encode()


def check_same(text: bytes) -> None:
    """All three find the same starts, or their times are not worth comparing."""
    wanted = json.loads(text) | {"limit": 0}
    found = [
        sorted(datetime.fromisoformat(slot["start"]) for slot in json.loads(find(json.dumps(wanted).encode()))["slots"])
        for find in (ours, merge, merge_with_portion)
    ]
    assert found[0] == found[1] == found[2], "the benchmark compares different answers"


def as_text(
    people: int, weeks: int, *, has_hours: bool = True, has_quorum: bool = False, per_day: int = PER_DAY
) -> bytes:
    """A search as JSON. With a quorum three of four people are optional, and some diaries unknown."""
    dice = random.Random(people * weeks)
    attendees = [_attendee(dice, number, weeks, per_day) for number in range(people)]
    search: dict[str, Any] = {
        "window": {"start": _written(MONDAY), "end": _written(MONDAY + timedelta(weeks=weeks))},
        "duration_minutes": 60,
        "step_minutes": 15,
        "time_zone": "Europe/London",
        "attendees": attendees,
    }
    if not has_hours:
        for each in attendees:
            each["working_hours"] = []
    if has_quorum:
        for number, each in enumerate(attendees):
            each |= {"required": number % 4 == 0, "unknown": number % 7 == 5}
        ids = [each["id"] for each in attendees]
        search["quorum"] = [{"any_of": ids[::2], "at_least": 2}, {"any_of": ids[1::2], "at_least": people // 4}]
    return json.dumps(search).encode()


def _attendee(dice: random.Random, number: int, weeks: int, per_day: int) -> dict[str, Any]:
    days = (MONDAY + timedelta(days=n) for n in range(weeks * 7))
    blocks = sorted((_block(dice, day) for day in days if day.weekday() < 5 for _ in range(per_day)), key=str)
    hours = {"days": ["MO", "TU", "WE", "TH", "FR"], "start": OPENS[number % 4], "end": CLOSES[number // 4 % 4]}
    return {"id": f"person-{number}", "required": True, "busy": blocks, "working_hours": [hours]}


def _block(dice: random.Random, day: datetime) -> dict[str, str]:
    start = day + timedelta(minutes=dice.choice((15, 15, 5)) * dice.randrange(28, 66))
    length = timedelta(minutes=dice.choice((15, 15, 30)))
    status = dice.choices(("busy", "tentative", "oof", "free"), (7, 2, 0.5, 0.5))[0]
    return {"start": _written(start), "end": _written(start + length), "status": status}


def _written(instant: datetime) -> str:
    return instant.isoformat().removesuffix("+00:00") + "Z"
