"""A VTIMEZONE for an IANA zone, made of yearly rules: what Outlook reads right (ITIP.md §1.6).

icalendar writes RDATEs, which Outlook takes an hour wrong (nextcloud/calendar#4429). The rule is found in zoneinfo's
own data and kept as text, so that a zone costs its few milliseconds once.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from integrations.itip.zone_names import WEEKDAYS, nth_weekday

FIRST_YEAR, SURE_YEAR, LAST_YEAR = 1970, 2020, 2040
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """A yearly change of the clocks: the nth weekday of a month (negative: from its end), at a time on the wall."""

    month: int
    nth: int
    weekday: int
    clock: str
    before: timedelta
    after: timedelta
    name: str


@lru_cache(maxsize=64)
def vtimezone_text(name: str) -> str | None:
    """The VTIMEZONE of an IANA zone as CRLF lines; None where no yearly rule describes it (Morocco, Israel).

    Its offsets equal zoneinfo's from the year the present rule began to 2040.
    """
    zone = ZoneInfo(name)
    years = {year: _changes(zone, year) for year in range(SURE_YEAR, LAST_YEAR + 1)}
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    if not any(years.values()):
        return "\r\n".join([*lines, *_steady(zone, name), "END:VTIMEZONE", ""])
    turns = _yearly_turns(zone, list(years.values()))
    if turns is None:
        return None
    since = SURE_YEAR
    while since > FIRST_YEAR and _turns_of(zone, since - 1, turns) == turns:
        since -= 1
    for turn in turns:
        lines += _observance(turn, since)
    return "\r\n".join([*lines, "END:VTIMEZONE", ""])


def _changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """The instants (UTC) in a year from which the clocks show another offset."""
    found, day = [], datetime(year, 1, 1, tzinfo=UTC)
    while day.year == year:
        if _offset(zone, day) != _offset(zone, day + DAY):
            found.append(_first_second(zone, day))
        day += DAY
    return found


def _first_second(zone: ZoneInfo, day: datetime) -> datetime:
    before, after = day, day + DAY
    while after - before > SECOND:
        middle = before + (after - before) // 2 // SECOND * SECOND
        before, after = (middle, after) if _offset(zone, middle) == _offset(zone, before) else (before, middle)
    return after


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _yearly_turns(zone: ZoneInfo, years: list[list[datetime]]) -> list[Turn] | None:
    """The turns that hold in each of these years, or None."""
    if any(len(each) != len(years[0]) for each in years):
        return None
    turns = []
    for same_turn in zip(*years, strict=True):
        for from_end in (True, False):
            forms = {_turn(zone, each, from_end=from_end) for each in same_turn}
            if len(forms) == 1:
                turns.append(forms.pop())
                break
        else:
            return None
    return turns


def _turns_of(zone: ZoneInfo, year: int, like: list[Turn]) -> list[Turn]:
    """The turns of one year, each counted from the end of which the known one is counted."""
    changes = _changes(zone, year)
    if len(changes) != len(like):
        return []
    return [_turn(zone, each, from_end=turn.nth < 0) for each, turn in zip(changes, like, strict=True)]


def _turn(zone: ZoneInfo, change: datetime, *, from_end: bool) -> Turn:
    old, new = _offset(zone, change - SECOND), _offset(zone, change)
    wall = (change + old).replace(tzinfo=None)
    if from_end:
        following = date(wall.year + wall.month // 12, wall.month % 12 + 1, 1)
        nth = -(((following - wall.date()).days - 1) // 7 + 1)
    else:
        nth = (wall.day - 1) // 7 + 1
    name = change.astimezone(zone).tzname() or ""
    return Turn(wall.month, nth, wall.weekday(), f"{wall:%H%M%S}", old, new, name)


def _observance(turn: Turn, since: int) -> list[str]:
    kind = "DAYLIGHT" if turn.after > turn.before else "STANDARD"
    day = nth_weekday(since, turn.month, turn.nth, turn.weekday)
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{day:%Y%m%d}T{turn.clock}",
        f"RRULE:FREQ=YEARLY;BYMONTH={turn.month};BYDAY={turn.nth}{WEEKDAYS[turn.weekday]}",
        f"TZOFFSETFROM:{_offset_text(turn.before)}",
        f"TZOFFSETTO:{_offset_text(turn.after)}",
        f"TZNAME:{turn.name}",
        f"END:{kind}",
    ]


def _steady(zone: ZoneInfo, name: str) -> list[str]:
    """The one observance of a zone whose clocks never change."""
    moment = datetime(SURE_YEAR, 1, 1, tzinfo=zone)
    offset = _offset_text(moment.utcoffset() or timedelta())
    return [
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        f"TZOFFSETFROM:{offset}",
        f"TZOFFSETTO:{offset}",
        f"TZNAME:{moment.tzname() or name}",
        "END:STANDARD",
    ]


def _offset_text(offset: timedelta) -> str:
    minutes, seconds = divmod(abs(int(offset.total_seconds())), 60)
    text = f"{'-' if offset < timedelta() else '+'}{minutes // 60:02}{minutes % 60:02}"
    return f"{text}{seconds:02}" if seconds else text
