"""The one place that reads the wall clock. Everywhere else time is an argument."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class Clock(Protocol):
    """Tells the time. Tests and ``--now`` pass one that stands still."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class StandingClock:
    """A clock that stands still until it is set: for tests, and for playing through what might have been."""

    at: datetime

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.at


def day_in_london(instant: datetime) -> date:
    """The calendar day in Europe/London on which an aware instant falls: the day that limits are counted in."""
    return instant.astimezone(LONDON).date()
