"""Dates, times and numbers as people say them. Instants are shown in Europe/London."""

from datetime import date, datetime

from coord_service.clock import LONDON, day_in_london


def to_day(value: date | datetime) -> date:
    """The day in Europe/London of an aware instant; a plain day as it is."""
    return day_in_london(value) if isinstance(value, datetime) else value


def say_day(value: date | datetime, now: datetime) -> str:
    """Tuesday 3 March, with the year when it is not this one."""
    day = to_day(value)
    year = "" if day.year == to_day(now).year else f" {day.year}"
    return f"{day:%A} {day.day} {day:%B}{year}"


def say_date(value: date | datetime) -> str:
    """3 March 2026."""
    day = to_day(value)
    return f"{day.day} {day:%B} {day.year}"


def say_time(value: datetime) -> str:
    """2:30pm, 9am, midday, midnight."""
    local = value.astimezone(LONDON)
    if (local.hour, local.minute) in {(0, 0), (12, 0)}:
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def say_when(value: datetime, now: datetime) -> str:
    """Tuesday 3 March, 2:30pm."""
    return f"{say_day(value, now)}, {say_time(value)}"


def say_distance(value: date | datetime, now: datetime) -> str:
    """How far off a limit is: in 12 days, tomorrow, today, 9 days late."""
    days = (to_day(value) - to_day(now)).days
    if days < 0:
        return f"{say_plural(-days, 'day')} late"
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days:,} days")


def say_ago(value: date | datetime, now: datetime) -> str:
    """How long ago something was: today, yesterday, 9 days ago; what is still to come as ``say_distance``."""
    days = (to_day(now) - to_day(value)).days
    if days < 0:
        return say_distance(value, now)
    return {0: "today", 1: "yesterday"}.get(days, f"{days:,} days ago")


def say_plural(count: int, one: str, many: str = "") -> str:
    """1 day, 2 days; ``many`` where an s is not enough: 2 pieces of advice."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
