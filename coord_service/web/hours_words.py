"""When somebody works, in words."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, time
from typing import Any

from coord_service.domain.diaries import week_of
from coord_service.domain.wall_time import say_clock
from coord_service.domain.wishes import WISH_NAMES, WishedTimes

DAY_NAMES = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
HOLIDAYS = {None: "As usual: people at schools are away", True: "At work", False: "Away"}


def say_spans(hours: Iterable[Mapping[str, Any]], day: str, week: int | None) -> str:
    """The stretches of one day, in every week or in those of a week: “9am to 12:30pm, 1:30pm to 5pm”."""
    spans = sorted(
        (each["start"], each["end"]) for each in hours if day in each["days"] and each.get("week") in (None, week)
    )
    return ", ".join(f"{_say(start)} to {_say(end)}" for start, end in spans)


def say_hours(hours: Iterable[Mapping[str, Any]], today: date) -> list[str]:
    """The week as lines, days of the same hours together; where two weeks take turns, each under its name."""
    kept = list(hours)
    if not works_in_turn(kept):
        return _lines(kept, None)
    now = week_of(today)
    return [
        *(f"This week: {line}" for line in _lines(kept, now)),
        *(f"Next week: {line}" for line in _lines(kept, 1 - now)),
    ]


def works_in_turn(hours: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the hours of one week are others than those of the next."""
    return any(each.get("week") is not None for each in hours)


def _lines(hours: list[Mapping[str, Any]], week: int | None) -> list[str]:
    days: dict[str, list[str]] = {}
    for day, name in DAY_NAMES.items():
        if said := say_spans(hours, day, week):
            days.setdefault(said, []).append(name)
    return [f"{', '.join(names)}: {said}" for said, names in days.items()] or ["not at work"]


def say_wishes(wishes: Iterable[WishedTimes]) -> list[str]:
    """Which times somebody likes, a line a kind: “Good: Monday to Friday, 9:15am to 2:45pm”."""
    return [f"{WISH_NAMES[each.kind]}: {_say_days(each.weekdays)}{_say_stretches(each.spans)}" for each in wishes]


def say_minutes(spans: Iterable[tuple[int, int]]) -> str:
    """Stretches of minutes after midnight: “9am to 12:30pm, 1:30pm to 5pm”."""
    clocks = ([f"{each // 60:02}:{each % 60:02}" for each in span] for span in spans)
    return ", ".join(f"{_say(since)} to {_say(until)}" for since, until in clocks)


def _say_days(weekdays: Collection[int]) -> str:
    if len(weekdays) == len(DAY_NAMES):
        return "every day"
    if set(weekdays) == set(range(5)):
        return "Monday to Friday"
    return " and ".join(
        ", ".join(name for day, name in enumerate(DAY_NAMES.values()) if day in weekdays).rsplit(", ", 1)
    )


def _say_stretches(spans: Collection[tuple[int, int]]) -> str:
    return f", {say_minutes(spans)}" if spans else ""


def _say(clock: str) -> str:
    hours, minutes = clock.split(":")
    return "midnight" if hours == "24" else say_clock(time(int(hours), int(minutes)))
