"""School terms: the council's own dates, and on which days schools are closed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from coord_service.domain.working_days import WorkingDays

ONE_DAY = timedelta(days=1)
SUMMER_BEGINS = 7  # a term that ends in July or August is the last of its school year


class SchoolDatesKind(StrEnum):
    """What schools do from one day to another."""

    TERM = "term"
    BREAK = "break"  # a half-term, or a day without children, within a term


@dataclass(frozen=True, slots=True)
class SchoolDates:
    """A term or a break, both days included."""

    name: str
    kind: SchoolDatesKind
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class SchoolTerms:
    """All the dates that are known. Where none are, nobody is taken to be away."""

    dates: tuple[SchoolDates, ...] = ()

    @property
    def known_until(self) -> date | None:
        """The last day about which the dates say something: the end of August after a summer term."""
        if not self._terms:
            return None
        last_on = max(each.last_on for each in self._terms)
        return max(last_on, date(last_on.year, 8, 31)) if last_on.month >= SUMMER_BEGINS else last_on

    @property
    def _terms(self) -> list[SchoolDates]:
        return [each for each in self.dates if each.kind is SchoolDatesKind.TERM]

    def is_closed(self, day: date) -> bool:
        """Whether schools are closed on a day about which something is known; weekends are not looked at."""
        if not self._terms or not min(each.first_on for each in self._terms) <= day <= (self.known_until or day):
            return False
        covering = {each.kind for each in self.dates if each.first_on <= day <= each.last_on}
        return SchoolDatesKind.BREAK in covering or SchoolDatesKind.TERM not in covering

    def reopen_on(self, day: date, working_days: WorkingDays) -> date:
        """The first working day from ``day`` on that schools are open: there always is one, as all dates end."""
        day = working_days.next_working_day(day)
        while self.is_closed(day):
            day = working_days.add(day, 1)
        return day

    def closed(self, first_on: date, last_on: date) -> Iterator[tuple[date, date]]:
        """The days of a span on which schools are closed, in runs: the first and the last day of each."""
        since: date | None = None
        for number in range((last_on - first_on).days + 2):
            day = first_on + number * ONE_DAY
            is_closed = day <= last_on and self.is_closed(day)
            if is_closed and since is None:
                since = day
            elif since is not None and not is_closed:
                yield since, day - ONE_DAY
                since = None
