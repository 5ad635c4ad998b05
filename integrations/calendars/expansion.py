"""From a calendar's bytes to the busy times in it: repeated entries on each of their dates (RFC 5545 §3.8.5).

The dates of a rule come from the house's one engine, ``domain.itip.rules``, which begins where the time asked for
does; what it doesn't know goes to recurring-ical-events (``rare_rules``). Both give the same for every date, but where
the library leaves the RFC: hours in DURATION are exact over a change of the clocks, and an UNTIL that is a day is all
of it.
"""

from collections.abc import Iterable, Iterator, Set
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from operator import attrgetter

from coord_service.domain.diaries import Block
from coord_service.domain.itip.recurrence import in_form_of, shifted_end
from coord_service.domain.itip.rules import Rule, comparable, day_of, days_from, instant
from coord_service.domain.itip.values import When
from coord_service.errors import CalendarNonsense
from integrations.calendars.entries import Entry, Question, Series, read_series
from integrations.calendars.rare_rules import RareRules
from integrations.itip.moments import Zones, end_after

MOST_BLOCKS = 200_000
ONE_DAY = timedelta(days=1)
Key = datetime | date
Date = tuple[Key, datetime, datetime]  # of a series: its key there, its start and its end in UTC


def busy_blocks(raw: bytes, question: Question) -> tuple[Block, ...]:
    """The blocks of a calendar that touch the time asked for, by start, in UTC. Raises CalendarNonsense.

    Left out: what is cancelled, transparent, declined by the owner, or of no length.
    """
    every_series, zones = read_series(raw, question)
    expansion = Expansion(question, zones)
    blocks: list[Block] = []
    for series in every_series:
        blocks.extend(expansion.blocks_of(series))
        if len(blocks) > MOST_BLOCKS:
            raise CalendarNonsense(f"The calendar was not read: more than {MOST_BLOCKS:,} entries at that time.")
    blocks.sort(key=attrgetter("start_at"))
    return tuple(blocks)


class Expansion:
    """One question put to every series of one calendar; what is found out about its zones is kept for the next."""

    def __init__(self, question: Question, zones: Zones) -> None:
        self._since, self._before = question.start_at.astimezone(UTC), question.end_at.astimezone(UTC)
        self._zones = zones
        self._clocks: dict[int, WallClock] = {}
        self._rare = RareRules(zones, self._since, self._before)

    def blocks_of(self, series: Series) -> list[Block]:
        """The blocks of one series in the time asked for, in any order. Raises CalendarNonsense."""
        if any(each.is_rare for each in series.entries):
            return [block for entry, date in self._rare_dates(series) for block in self._blocks(entry, [date])]
        gone: set[Key] = set()
        blocks: list[Block] = []
        if core := series.core:
            gone = {series.key(each) for each in core.exdates}
            blocks = self._blocks(core, self._dates_of(core), gone | series.overrides.keys())
        for key, override in series.overrides.items():
            if key not in gone:
                blocks += self._blocks(override, [self._single(override, override.start)])
        return blocks

    def _rare_dates(self, series: Series) -> Iterator[tuple[Entry, Date]]:
        for entry, start, end in self._rare.dates_of(series):
            yield entry, (instant(start), *self._instants(start, end))

    def _blocks(self, entry: Entry, dates: Iterable[Date], gone: Set[Key] = frozenset()) -> list[Block]:
        status, since, before = entry.status, self._since, self._before
        if status is None:
            return []
        return [
            Block(start_at, end_at, status)
            for key, start_at, end_at in dates
            if start_at < before and since < end_at and start_at < end_at and not (gone and key in gone)
        ]

    def _dates_of(self, core: Entry) -> list[Date]:
        """Each date of a series that may touch the time asked for, once; perhaps some around it."""
        rule, start = core.rule, core.start
        singles = [in_form_of(start, each) for each in core.rdates]
        if not (rule and rule.until and comparable(start) > comparable(rule.until)):
            singles.append(start)
        dates = {date[0]: date for each in singles if (date := self._single(core, each)) and self._touches(date)}
        if rule is None:
            return list(dates.values())
        by_rule = self._by_rule(core, rule)
        known = {key for key, _, _ in by_rule} if dates else ()
        return [*by_rule, *(date for key, date in dates.items() if key not in known)]

    def _touches(self, date: Date) -> bool:
        return date[1] < self._before and self._since < date[2]

    def _by_rule(self, core: Entry, rule: Rule) -> list[Date]:
        days = self._days(core, rule)
        if not isinstance(core.start, datetime):
            day_at, length = self._clock(self._zones.floating).day, core.length
            return [(day, day_at(day)[0], day_at(day + length)[0]) for day in days]
        dates = self._at_its_hour(core, core.start, days)
        if rule.until is None:
            return dates
        until = comparable(rule.until)
        return [date for date in dates if date[1] <= until]

    def _at_its_hour(self, core: Entry, start: datetime, days: list[date]) -> list[Date]:
        day_at, length = self._clock(start.tzinfo).day, core.length
        begins = timedelta(hours=start.hour, minutes=start.minute, seconds=start.second)
        is_within_a_day = begins + length <= ONE_DAY
        dates: list[Date] = []
        for day in days:
            midnight, is_even = day_at(day)
            if is_even and is_within_a_day:
                start_at = midnight + begins
                dates.append((start_at, start_at, start_at + length))
            else:
                dates.append(self._single(core, datetime.combine(day, start.time(), start.tzinfo)))
        return dates

    def _days(self, core: Entry, rule: Rule) -> list[date]:
        length = comparable(core.end) - comparable(core.start)
        since = (self._since - length).date() - ONE_DAY  # a day more on either side, whatever the zone
        before = self._before.date() + 2 * ONE_DAY
        days = list(days_from(rule, day_of(core.start), since, before))
        if days and days[-1] is None:
            raise CalendarNonsense("The calendar was not read: an entry in it repeats in a way that can’t be counted.")
        return [day for day in days if day]

    def _single(self, entry: Entry, start: When) -> Date:
        """One date of an entry, exactly: its end may lie beyond a change of the clocks."""
        end = entry.end if start is entry.start else shifted_end(entry, start)
        if entry.duration is not None:
            end = end_after(start, entry.duration) or end
        start_at, end_at = self._instants(start, end)
        if end_at <= start_at and isinstance(start, datetime):  # it begins in the hour that never comes
            end_at = start_at + (comparable(entry.end) - comparable(entry.start))
        return instant(start), start_at, end_at

    def _instants(self, start: When, end: When) -> tuple[datetime, datetime]:
        clock = self._clock(self._zones.floating)
        first, last = (
            each.astimezone(UTC) if isinstance(each, datetime) else clock.day(each)[0] for each in (start, end)
        )
        return first, last

    def _clock(self, zone: tzinfo | None) -> "WallClock":
        if id(zone) not in self._clocks:
            self._clocks[id(zone)] = WallClock(zone)
        return self._clocks[id(zone)]


class WallClock:
    """The clock on the wall of one zone; what it does on a day is found out once."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._days: dict[date, tuple[datetime, bool]] = {}

    def day(self, day: date) -> tuple[datetime, bool]:
        """The instant in UTC at which a day begins, and whether it has 24 hours: no change of the clocks is in it."""
        known = self._days.get(day)
        if known is None:
            begins, ends = (datetime.combine(each, time(), self._zone).astimezone(UTC) for each in (day, day + ONE_DAY))
            known = self._days[day] = begins, ends - begins == ONE_DAY
        return known
