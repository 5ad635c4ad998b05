"""Recurrence rules (RFC 5545 §3.3.10), answered without walking through them wherever COUNT allows.

Only what people use: rules by year, month, week and day. For the rest (BYHOUR, BYWEEKNO, every second …) the answer is
None, "can't be told", and the caller asks a person. Bounded: a rule that never ends costs no more than one that does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from coord_service.domain.itip.values import When
from coord_service.domain.wall_time import midnight_in_london

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)
MOST_DAYS_WALKED = 15_000
LONGEST_RULE = 1_000
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LENGTHS = {"YEARLY": 366, "MONTHLY": 31, "WEEKLY": 7, "DAILY": 1}
ENDLESS = 10**9
EXOTIC = {"BYHOUR", "BYMINUTE", "BYSECOND", "BYWEEKNO", "RSCALE", "SKIP"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule, with what RFC 5545 takes from DTSTART already filled in."""

    freq: str
    interval: int
    count: int | None
    until: When | None
    months: frozenset[int]
    month_days: frozenset[int]
    year_days: frozenset[int]
    days: tuple[tuple[int, int], ...]
    positions: tuple[int, ...]
    week_start: int


def parse_rule(text: str, start: When) -> Rule | None:
    """Read an RRULE value against its DTSTART; None when it is beyond what this module can tell."""
    rule, until = _parsed(text[:LONGEST_RULE])
    if rule is None:
        return None
    try:
        return _filled_from_start(replace(rule, until=_until(until, start)) if until else rule, start)
    except ValueError:
        return None


def rule_has(rule: Rule, start: When, wanted: When) -> bool | None:
    """Whether a rule that starts at ``start`` has this moment; None when that is too far to count."""
    if isinstance(start, datetime) and isinstance(wanted, datetime) and start.time() != wanted.time():
        return False
    if rule.until is not None and comparable(wanted) > comparable(rule.until):
        return False
    day, first = day_of(wanted), day_of(start)
    if rule.count is None:
        distance = _period_number(rule, day) - _period_number(rule, first)
        if distance % rule.interval or not _passes(rule, day):
            return False
        return not rule.positions or day in _days_in_period(rule, _period_start(rule, day))
    found = next(days_from(rule, first, day, day + DAY), date.min)
    return None if found is None else found == day


def days_from(rule: Rule, first: date, since: date | None = None, before: date = date.max) -> Iterator[date | None]:
    """The days of a rule that starts on ``first``, in order, from ``since`` on; a None at the end: too far to walk.

    What lies before ``since`` is counted, not walked, wherever every period has as many days as the next.
    """
    since = max(first, since or first)
    steps = (_period_number(rule, since) - _period_number(rule, first)) // rule.interval
    remaining = _left_after(rule, first, steps)
    before = before if rule.until is None else min(before, day_of(rule.until) + DAY)
    for day in [None] if remaining is None else _walk(rule, first, steps, before):
        if day is None or remaining is None:
            yield None
        elif day >= before or remaining <= 0:
            return
        elif day >= first:
            remaining -= 1
            if day >= since:
                yield day


def until_in_utc(text: str, start: When) -> str:
    """The rule with UNTIL in UTC where DTSTART has a zone, as RFC 5545 §3.3.10 asks and Outlook needs."""
    name, found, rest = text.partition("UNTIL=")
    value, semicolon, after = rest.partition(";")
    if not found or value.endswith("Z") or not isinstance(start, datetime):
        return text
    try:
        moment = comparable(_until(value, start))
    except ValueError:
        return text
    return f"{name}UNTIL={until_text(moment)}{semicolon}{after}"


def until_text(when: When) -> str:
    """A moment as UNTIL is written: in UTC, or a plain date."""
    if not isinstance(when, datetime):
        return f"{when:%Y%m%d}"
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def instant(when: When) -> datetime | date:
    """A value that is equal for equal moments, whatever zone they are written in."""
    return when.astimezone(UTC) if isinstance(when, datetime) else when


def comparable(when: When) -> datetime:
    """The UTC instant of a moment, of a whole day its first in London: for comparing the two."""
    if isinstance(when, datetime):
        return when.astimezone(UTC)
    return midnight_in_london(when)


def day_of(when: When) -> date:
    """The day of a moment, by its own clock."""
    return when.date() if isinstance(when, datetime) else when


@lru_cache(maxsize=1024)
def _parsed(text: str) -> tuple[Rule | None, str]:
    """A rule as far as its own text tells it, and its UNTIL. Most series of a diary share a few texts."""
    parts = dict(part.upper().partition("=")[::2] for part in text.split(";") if part)
    freq = parts.get("FREQ", "")
    if freq not in LENGTHS or EXOTIC & parts.keys():
        return None, ""
    try:
        rule = Rule(
            freq=freq,
            interval=max(1, int(parts.get("INTERVAL", "1"))),
            count=_count(parts.get("COUNT", "-1")),
            until=None,
            months=_numbers(parts.get("BYMONTH", "")),
            month_days=_numbers(parts.get("BYMONTHDAY", "")),
            year_days=_numbers(parts.get("BYYEARDAY", "")),
            days=tuple(_weekday(each) for each in parts.get("BYDAY", "").split(",") if each),
            positions=tuple(sorted(_numbers(parts.get("BYSETPOS", "")))),
            week_start=WEEKDAYS.index(parts.get("WKST", "MO")),
        )
    except ValueError:
        return None, ""
    return rule, parts.get("UNTIL", "")


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(each) for each in text.split(",") if each)


def _count(text: str) -> int | None:
    """COUNT; a negative one, as Exchange once wrote, means none."""
    count = int(text)
    if count == 0:
        raise ValueError("a series without dates")
    return count if count > 0 else None


def _weekday(text: str) -> tuple[int, int]:
    return int(text[:-2] or "0"), WEEKDAYS.index(text[-2:])


def _until(text: str, start: When) -> When:
    """UNTIL as a moment; a plain date means to the end of that day."""
    day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    if not 1600 <= day.year <= 9998:
        raise ValueError("beyond what a change of zone can carry")
    if not isinstance(start, datetime):
        return day
    if "T" not in text:
        return datetime.combine(day, time(23, 59, 59), start.tzinfo)
    clock = time(int(text[9:11]), int(text[11:13]), int(text[13:15] or "0"))
    moment = datetime.combine(day, clock, UTC if text.endswith("Z") else start.tzinfo)
    return moment.astimezone(start.tzinfo)  # whose days the rule counts in


def _filled_from_start(rule: Rule, start: When) -> Rule:
    if rule.month_days or rule.year_days or rule.days:
        return rule
    if rule.freq == "WEEKLY":
        return replace(rule, days=((0, start.weekday()),))
    if rule.freq in {"MONTHLY", "YEARLY"}:
        months = rule.months or (frozenset({start.month}) if rule.freq == "YEARLY" else frozenset())
        return replace(rule, months=months, month_days=frozenset({start.day}))
    return rule


def _period_start(rule: Rule, day: date) -> date:
    if rule.freq == "YEARLY":
        return day.replace(month=1, day=1)
    if rule.freq == "MONTHLY":
        return day.replace(day=1)
    if rule.freq == "WEEKLY":
        return date.fromordinal(max(1, day.toordinal() - (day.weekday() - rule.week_start) % 7))
    return day


def _period_number(rule: Rule, day: date) -> int:
    if rule.freq == "YEARLY":
        return day.year
    if rule.freq == "MONTHLY":
        return day.year * 12 + day.month
    if rule.freq == "WEEKLY":
        return (day.toordinal() - 1 - rule.week_start) // 7
    return day.toordinal()


def _walk(rule: Rule, first: date, steps: int, before: date) -> Iterator[date | None]:
    """The days of a rule, beginning so many intervals after the first one's; a None at the end: too far to walk."""
    period, walked = _period_at(rule, first, steps), 0
    offsets = _even_offsets(rule)
    if period and offsets is not None:
        stride = LENGTHS[rule.freq] * rule.interval
        begins = period.toordinal()
        for start in range(begins, min(begins + MOST_DAYS_WALKED, date.max.toordinal() - 7), stride):
            for offset in offsets:
                yield date.fromordinal(start + offset)
        yield None
        return
    while period is not None and period < before:
        yield from _days_in_period(rule, period)
        steps, walked = steps + 1, walked + LENGTHS[rule.freq]
        period = _period_at(rule, first, steps)
        if walked > MOST_DAYS_WALKED:
            yield None
            return


def _even_offsets(rule: Rule) -> list[int] | None:
    """The days of a period, from its first on, where every period has the same; None where they differ."""
    if rule.months or rule.month_days or rule.year_days or rule.positions:
        return None
    if rule.freq == "WEEKLY":
        return sorted({(weekday - rule.week_start) % 7 for _, weekday in rule.days})
    return [0] if rule.freq == "DAILY" and not rule.days else None


def _period_at(rule: Rule, first: date, steps: int) -> date | None:
    """The first day of the period so many intervals after the first one; None beyond year 9999."""
    number = _period_number(rule, first) + steps * rule.interval
    try:
        if rule.freq == "YEARLY":
            return date(number, 1, 1)
        if rule.freq == "MONTHLY":
            return date((number - 1) // 12, (number - 1) % 12 + 1, 1)
        if rule.freq == "WEEKLY":
            return date.fromordinal(max(1, number * 7 + 1 + rule.week_start))
        return date.fromordinal(number)
    except (ValueError, OverflowError):
        return None


def _left_after(rule: Rule, first: date, steps: int) -> int | None:
    """How much of COUNT is left after the first ``steps`` periods; None: too far to walk."""
    if rule.count is None:
        return ENDLESS
    if steps == 0:
        return rule.count
    begun = sum(day >= first for day in _days_in_period(rule, _period_start(rule, first)))
    each = _days_in_every_period(rule)
    if each is not None:
        return rule.count - begun - (steps - 1) * each
    if steps * LENGTHS[rule.freq] > MOST_DAYS_WALKED:
        return None
    periods = (_period_at(rule, first, step) for step in range(1, steps))
    return rule.count - begun - sum(len(_days_in_period(rule, each)) for each in periods if each)


def _days_in_every_period(rule: Rule) -> int | None:
    """How many days each period has, where they all have the same number."""
    if (offsets := _even_offsets(rule)) is not None:
        return len(offsets)
    if rule.year_days or rule.positions:
        return None
    if rule.freq == "YEARLY" and rule.months and rule.month_days and not rule.days:
        is_steady = 2 not in rule.months and all(0 < day <= 30 for day in rule.month_days)
        return len(rule.months) * len(rule.month_days) if is_steady else None
    if rule.freq != "MONTHLY" or rule.months or (rule.days and rule.month_days):
        return None
    if rule.month_days:
        return len(rule.month_days) if all(0 < day <= 28 for day in rule.month_days) else None
    return len(set(rule.days)) if all(0 < nth <= 4 for nth, _ in rule.days) else None


def _days_in_period(rule: Rule, period: date) -> list[date]:
    days = _plain_days(rule, period)
    if days is None:
        length = {"MONTHLY": _month_length, "YEARLY": _year_length}.get(rule.freq, lambda _: LENGTHS[rule.freq])(period)
        last = min(period.toordinal() + length, date.max.toordinal() + 1)
        days = [day for n in range(period.toordinal(), last) if _passes(rule, day := date.fromordinal(n))]
    if not rule.positions:
        return days
    chosen = {n - 1 if n > 0 else len(days) + n for n in rule.positions}
    return [day for index, day in enumerate(days) if index in chosen]


def _plain_days(rule: Rule, period: date) -> list[date] | None:
    """The days of a month or a year by arithmetic, for the rules that nearly everybody uses; None for the others."""
    if rule.year_days or rule.freq not in {"MONTHLY", "YEARLY"}:
        return None
    if rule.freq == "YEARLY":
        if not rule.months or rule.days:
            return None
        return [
            day
            for each in sorted(rule.months)
            if 1 <= each <= 12
            for day in _of_month(rule, period.replace(month=each))
        ]
    if rule.months and period.month not in rule.months:
        return []
    if not rule.days:
        return _of_month(rule, period)
    nth, weekday = rule.days[0]
    if len(rule.days) > 1 or rule.month_days or not 0 < nth <= 4:
        return None
    return [period.replace(day=(weekday - period.weekday()) % 7 + 7 * nth - 6)]


def _of_month(rule: Rule, month: date) -> list[date]:
    """The days of BYMONTHDAY that a month has."""
    last = _month_length(month)
    numbers = {number if number > 0 else last + 1 + number for number in rule.month_days}
    return [month.replace(day=number) for number in sorted(numbers) if 1 <= number <= last]


def _passes(rule: Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if rule.month_days and not {day.day, day.day - 1 - _month_length(day)} & rule.month_days:
        return False
    number = day.timetuple().tm_yday
    if rule.year_days and not {number, number - 1 - _year_length(day)} & rule.year_days:
        return False
    return not rule.days or any(_is_nth(rule, day, nth) for nth, weekday in rule.days if weekday == day.weekday())


def _is_nth(rule: Rule, day: date, nth: int) -> bool:
    """Whether a day is the nth of its weekday: in its month, or in its year for yearly rules without BYMONTH."""
    if nth == 0 or rule.freq in {"DAILY", "WEEKLY"}:
        return True
    in_year = rule.freq == "YEARLY" and not rule.months
    number, length = (day.timetuple().tm_yday, _year_length(day)) if in_year else (day.day, _month_length(day))
    return nth in {(number - 1) // 7 + 1, -((length - number) // 7 + 1)}


def _month_length(day: date) -> int:
    return 31 if day.month == 12 else (day.replace(day=1, month=day.month + 1) - DAY).day


def _year_length(day: date) -> int:
    return day.replace(month=12, day=31).timetuple().tm_yday
