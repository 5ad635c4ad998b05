"""A calendar's bytes as entries: what each VEVENT says of its owner's time, and nothing of what it is about.

Only the lines that tell a time or its kind are looked at: a subject, a place or a name is never parsed.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from coord_service.domain.diaries import BlockStatus
from coord_service.domain.itip.addresses import bare_address
from coord_service.domain.itip.recurrence import in_form_of
from coord_service.domain.itip.rules import Rule, instant, parse_rule
from coord_service.domain.itip.values import When
from coord_service.errors import CalendarNonsense
from integrations.itip.lines import ENDS_EARLY, Component, Line, TooMuch, lines_named, parse
from integrations.itip.moments import Zones, end_after, read_duration, read_moment, read_moments
from integrations.itip.zone_names import zone_named

MOST_BYTES = 16_000_000
MOST_EVENTS = 20_000
NAMES = (
    *("UID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"),
    *("TZID", "TZOFFSETTO", "X-WR-TIMEZONE", "X-MICROSOFT-CDO-BUSYSTATUS"),
    *("STATUS(?!:CONFIRMED)", "TRANSP(?!:OPAQUE)"),  # not where they say what is so anyway
)
TIMES = lines_named(*NAMES)
TIMES_AND_PEOPLE = lines_named(*NAMES, "ATTENDEE")
REPEATS = {"RRULE", "RDATE", "RECURRENCE-ID"}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a diary: the time between two aware instants, half-open, as seen by its owner.

    ``zone``: where whole days begin and floating times are meant, unless the calendar names its own.
    ``owners``: the owner's mail addresses, bare and lower-case, by which their own answer is found.
    """

    start_at: datetime
    end_at: datetime
    zone: tzinfo
    owners: frozenset[str] = frozenset()


@dataclass(slots=True)
class Entry:
    """One VEVENT. ``status`` None: it takes no time. ``duration``: how long DURATION says it is, if that is said."""

    start: When
    end: When
    duration: timedelta | None
    status: BlockStatus | None
    sequence: int
    component: Component
    recurrence_id: When | None = None
    rule: Rule | None = None
    rdates: tuple[When, ...] = ()
    exdates: tuple[When, ...] = ()
    is_rare: bool = False  # it repeats in a way that the house's engine doesn't know

    @property
    def length(self) -> timedelta:
        """From start to end, by the clock on the wall where both have one zone."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return self.end - self.start
        return timedelta(days=self.end.toordinal() - self.start.toordinal())


@dataclass(slots=True)
class Series:
    """The entries of one UID: ``core`` repeats, or happens once; ``overrides`` stand for single dates of it, by key."""

    entries: list[Entry]
    core: Entry | None = None
    overrides: dict[datetime | date, Entry] = field(default_factory=dict)

    def key(self, when: When) -> datetime | date:
        """A value that is equal for the same date of the series, in whatever form it is written."""
        return instant(when if self.core is None else in_form_of(self.core.start, when))


def read_series(raw: bytes, question: Question) -> tuple[list[Series], Zones]:
    """What a calendar holds that may touch the time asked for, and its zones. Raises CalendarNonsense.

    An entry whose start can't be read is left out, as in every calendar programme: nobody knows when it is.
    """
    problems: list[str] = []
    try:
        calendars = parse(raw, problems, only=TIMES_AND_PEOPLE if question.owners else TIMES, most_bytes=MOST_BYTES)
    except TooMuch as error:
        raise CalendarNonsense(f"The calendar was not read: {error}.") from error
    calendars = [each for each in calendars if each.name == "VCALENDAR"]
    if not calendars:
        raise CalendarNonsense("What came is no calendar.")
    if any(each.startswith(ENDS_EARLY) for each in problems):
        raise CalendarNonsense("The calendar breaks off before its end.")
    zone = next(filter(None, (zone_named(each.value("X-WR-TIMEZONE")) for each in calendars)), question.zone)
    parts = [each for calendar in calendars for each in calendar.inner]
    events = [each for each in parts if each.name == "VEVENT"]
    if len(events) > MOST_EVENTS:
        raise CalendarNonsense(f"The calendar was not read: it has more than {MOST_EVENTS:,} entries.")
    defined = {each.value("TZID"): each for each in parts if each.name == "VTIMEZONE"}
    zones = Zones(defined, [], zone)
    return _grouped(events, zones, question), zones


def _grouped(events: Iterable[Component], zones: Zones, question: Question) -> list[Series]:
    named = [(each, {line.name: line for line in reversed(each.lines)}) for each in events]
    uids = [line.value if (line := found.get("UID")) else "" for _, found in named]
    often = Counter(uids)
    first, last = (f"{when:%Y%m%d}" for when in _days_around(question))
    groups: dict[str, list[Entry]] = {}
    for number, ((component, found), uid) in enumerate(zip(named, uids, strict=True)):
        if often[uid] == 1 and _is_outside(found, first, last):
            continue
        if entry := _entry(component, found, zones, question.owners):
            groups.setdefault(uid or f"\n{number}", []).append(entry)  # no UID: it stands by itself
    return [_series(each) for each in groups.values()]


def _days_around(question: Question) -> tuple[date, date]:
    two_days = timedelta(days=2)  # whatever the zones
    return (question.start_at - two_days).date(), (question.end_at + two_days).date()


def _is_outside(found: dict[str, Line], first: str, last: str) -> bool:
    """Whether something that happens once is over before, or begins after: seen from the digits alone."""
    if REPEATS & found.keys() or "DTSTART" not in found:
        return False
    start = found["DTSTART"].value[:8]
    if start.isdecimal() and start > last:
        return True
    end = found["DTEND"].value[:8] if "DTEND" in found else ""
    return end.isdecimal() and start.isdecimal() and max(start, end) < first


def _series(entries: list[Entry]) -> Series:
    """The newest of each: of the whole, and of every date that has an entry of its own."""
    series = Series(entries)
    for entry in entries:
        if entry.recurrence_id is None and (series.core is None or entry.sequence > series.core.sequence):
            series.core = entry
    for entry in entries:
        if entry.recurrence_id is not None:
            key = series.key(entry.recurrence_id)
            known = series.overrides.get(key)
            if known is None or entry.sequence > known.sequence:
                series.overrides[key] = entry
    return series


def _entry(component: Component, found: dict[str, Line], zones: Zones, owners: frozenset[str]) -> Entry | None:
    start = read_moment(found.get("DTSTART"), zones)
    if start is None:
        return None
    duration = read_duration(found["DURATION"].value) if "DURATION" in found and "DTEND" not in found else None
    start, end = _span(start, read_moment(found.get("DTEND"), zones), duration)
    sequence = found["SEQUENCE"].value.strip() if "SEQUENCE" in found else ""
    entry = Entry(
        start=start,
        end=end,
        duration=duration,
        status=_status(component, found, owners),
        sequence=int(sequence) if sequence.isdecimal() and len(sequence) < 19 else -1,
        component=component,
    )
    if REPEATS & found.keys():
        _read_repeats(entry, found, zones)
    return entry


def _read_repeats(entry: Entry, found: dict[str, Line], zones: Zones) -> None:
    every = entry.component.every
    entry.recurrence_id = read_moment(found.get("RECURRENCE-ID"), zones)
    entry.is_rare = "RECURRENCE-ID" in found and "RANGE" in found["RECURRENCE-ID"].parameters
    if "RRULE" in found:
        entry.rule = parse_rule(found["RRULE"].value.strip(), entry.start)
        entry.is_rare |= entry.rule is None or len({each.value for each in every("RRULE")}) > 1
    if "RDATE" in found:
        entry.rdates = read_moments(every("RDATE"), zones)
        entry.is_rare |= any("/" in each.value for each in every("RDATE"))  # periods
    if "EXDATE" in found:
        entry.exdates = read_moments(every("EXDATE"), zones)


def _span(start: When, end: When | None, duration: timedelta | None) -> tuple[When, When]:
    """Start and end, both of one kind; turned round when they are the wrong way (issue in the wild: swapped)."""
    if end is None:
        if duration is not None:
            if duration % timedelta(days=1) and not isinstance(start, datetime):
                start = datetime.combine(start, time(), UTC)
            end = end_after(start, duration) or start
        else:
            end = start if isinstance(start, datetime) else start + timedelta(days=1)
    elif isinstance(start, datetime) and not isinstance(end, datetime):
        end = datetime.combine(end, time(), start.tzinfo)
    elif isinstance(end, datetime) and not isinstance(start, datetime):
        start = datetime.combine(start, time(), end.tzinfo)
    return (end, start) if instant(end) < instant(start) else (start, end)


def _status(component: Component, found: dict[str, Line], owners: frozenset[str]) -> BlockStatus | None:
    """What an entry says of its owner's time; None: nothing (cancelled, transparent, declined, handed on)."""
    said, microsoft = _word(found, "STATUS"), _word(found, "X-MICROSOFT-CDO-BUSYSTATUS")
    own = _own_answer(component, owners) if "ATTENDEE" in found else ""
    if said == "CANCELLED" or microsoft == "FREE" or own in {"DECLINED", "DELEGATED"}:
        return None
    if microsoft == "WORKINGELSEWHERE":  # which Outlook may publish as transparent
        return BlockStatus.ELSEWHERE
    if _word(found, "TRANSP") == "TRANSPARENT":
        return None
    if microsoft == "OOF":
        return BlockStatus.OOF
    is_tentative = "TENTATIVE" in {said, own, microsoft} or own == "NEEDS-ACTION"
    return BlockStatus.TENTATIVE if is_tentative else BlockStatus.BUSY


def _word(found: dict[str, Line], name: str) -> str:
    return found[name].value.strip().upper() if name in found else ""


def _own_answer(component: Component, owners: frozenset[str]) -> str:
    """The PARTSTAT of the owner's own attendee line; "" where there is none."""
    for line in component.every("ATTENDEE"):
        if owners & {bare_address(line.value), bare_address(line.parameter("EMAIL"))}:  # EMAIL: Apple's server
            return line.parameter("PARTSTAT").upper()
    return ""
