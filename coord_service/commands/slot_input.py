"""The JSON that ``coord slots`` reads, checked to the last key before anything is worked out."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from coord_service.commands.json_entry import JsonEntry
from coord_service.commands.terminal import BadInput
from coord_service.domain.diaries import Block, BlockStatus, Diary, WorkingHours
from coord_service.domain.slots import SlotSearch
from coord_service.domain.standings import Quorum

WEEKDAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
YEAR = 366 * 24 * 60
_BLOCK_KEYS = frozenset({"start", "end", "status"})
_STATUSES: dict[str | None, BlockStatus] = {None: BlockStatus.BUSY, **{status.value: status for status in BlockStatus}}

# Bounds on the answer, so that none takes more than seconds or half a gigabyte: a year by the minute for three people,
# or by the quarter of an hour for fifty.
YEARS = range(1900, 2200)
MOST_DAYS = 5 * 366
MOST_STARTS = 600_000
MOST_CELLS = 2_000_000
MOST_PEOPLE = 500
MOST_HOURS = 50
MOST_BLOCKS = 200_000


def read_search(value: Any) -> SlotSearch:
    """The search that the JSON describes. Raises BadInput, or Refused where its parts do not fit together."""
    entry = JsonEntry(value, "search", (
        "window", "duration_minutes", "step_minutes", "time_zone", "attendees", "quorum", "earliest", "latest", "limit",
    ))  # fmt: skip
    window = JsonEntry(entry.required("window"), "window", ("start", "end"))
    instants = _Instants()
    search = SlotSearch(
        window_start_at=_in_reach(window, "start"),
        window_end_at=_in_reach(window, "end"),
        duration=timedelta(minutes=entry.whole("duration_minutes", 1, YEAR)),
        step=timedelta(minutes=entry.whole("step_minutes", 1, YEAR)),
        zone=_zone(entry),
        diaries=tuple(
            _diary(each, f"attendees[{number}]", instants)
            for number, each in enumerate(entry.items("attendees", MOST_PEOPLE, is_required=True))
        ),
        quorums=tuple(
            _quorum(each, f"quorum[{number}]") for number, each in enumerate(entry.items("quorum", MOST_PEOPLE))
        ),
        earliest_at=entry.instant_if_given("earliest"),
        latest_at=entry.instant_if_given("latest"),
        limit=entry.whole("limit", 0, 10**9, default=20),
    )
    _check_size(search)
    return search


def _check_size(search: SlotSearch) -> None:
    length = search.window_end_at - search.window_start_at
    starts = length // search.step + 1
    if length > timedelta(days=MOST_DAYS):
        raise BadInput(f"the window is longer than {MOST_DAYS} days")
    if starts > MOST_STARTS or starts * len(search.diaries) > MOST_CELLS:
        raise BadInput(f"{starts} starts for {len(search.diaries)} attendees are too many: take a longer step")


def _in_reach(window: JsonEntry, key: str) -> datetime:
    instant = window.instant(key)
    if instant.year not in YEARS:
        raise BadInput(f"{window.place(key)} is not between {YEARS[0]} and {YEARS[-1]}")
    return instant


def _zone(entry: JsonEntry) -> ZoneInfo:
    name = entry.text("time_zone")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadInput(f"{name!r} is not a time zone like Europe/London") from error


def _diary(value: Any, where: str, instants: "_Instants") -> Diary:
    keys = ("id", "required", "busy", "working_hours", "unknown", "travel_minutes")
    entry = JsonEntry(value, where, keys)
    busy, hours = entry.items("busy", MOST_BLOCKS), entry.items("working_hours", MOST_HOURS)
    return Diary(
        id=entry.text("id"),
        is_required=entry.flag("required", default=True),
        busy=_blocks(busy, where, instants),
        working_hours=tuple(_hours(each, f"{where} working_hours[{number}]") for number, each in enumerate(hours)),
        is_unknown=entry.flag("unknown", default=False),
        travel=timedelta(minutes=entry.whole("travel_minutes", 0, YEAR, default=0)),
    )


class _Instants(dict[str, datetime]):
    """The instant of each text seen so far: those in the diaries of a team are mostly quarters of the same days.

    Raises ValueError or TypeError for what is no instant with an offset.
    """

    def __missing__(self, text: str) -> datetime:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError(text)
        self[text] = instant
        return instant


def _blocks(values: list[Any], where: str, instants: _Instants) -> tuple[Block, ...]:
    """The blocks, quickly. Where one is not as it should be, all are read again with a sentence for what is wrong."""
    try:
        return tuple(map(Block._make, _quick_blocks(values, instants)))
    except (AttributeError, KeyError, TypeError, ValueError):
        return tuple(_block(each, f"{where} busy[{number}]") for number, each in enumerate(values))


def _quick_blocks(values: list[Any], instants: _Instants) -> Iterator[tuple[datetime, datetime, BlockStatus]]:
    """The parts of blocks as they are mostly written; any exception where one is not."""
    for value in values:
        start_at, end_at = instants[value["start"]], instants[value["end"]]
        if end_at < start_at or len(value) > 2 + ("status" in value):
            raise ValueError
        yield start_at, end_at, _STATUSES[value.get("status")]


def _block(value: Any, where: str) -> Block:
    entry = JsonEntry(value, where, _BLOCK_KEYS)
    status = entry.text("status") if entry.has("status") else BlockStatus.BUSY
    if status not in set(BlockStatus):
        raise BadInput(f"{entry.place('status')} must be one of {', '.join(BlockStatus)}")
    block = Block(entry.instant("start"), entry.instant("end"), BlockStatus(status))
    if block.end_at < block.start_at:
        raise BadInput(f"{where} ends before it starts")
    return block


def _hours(value: Any, where: str) -> WorkingHours:
    entry = JsonEntry(value, where, ("days", "start", "end"))
    days = entry.items("days", len(WEEKDAYS), is_required=True)
    if not all(isinstance(day, str) and day in WEEKDAYS for day in days):
        raise BadInput(f"{entry.place('days')} must be some of {', '.join(WEEKDAYS)}")
    hours = WorkingHours(frozenset(WEEKDAYS[day] for day in days), _minutes(entry, "start"), _minutes(entry, "end"))
    if hours.closes <= hours.opens:
        raise BadInput(f"{where} must end after its start, on the same day (24:00 is its end)")
    return hours


def _minutes(entry: JsonEntry, key: str) -> int:
    text = entry.text(key)
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", text, re.ASCII):
        raise BadInput(f"{entry.place(key)} {text!r} is not a time like 09:00")
    return int(text[:2]) * 60 + int(text[3:])


def _quorum(value: Any, where: str) -> Quorum:
    entry = JsonEntry(value, where, ("any_of", "at_least"))
    people = entry.items("any_of", MOST_PEOPLE, is_required=True)
    if not all(isinstance(person, str) for person in people):
        raise BadInput(f"{entry.place('any_of')} must be a list of attendees' ids")
    if len(set(people)) != len(people):
        raise BadInput(f"{entry.place('any_of')} names somebody twice")
    return Quorum(frozenset(people), entry.whole("at_least", 0, MOST_PEOPLE, default=1))
