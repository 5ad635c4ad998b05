"""What Meadowshire's council has set for itself: its school terms."""

from collections.abc import Iterator
from datetime import date

from coord_service.demo.county import County
from coord_service.domain.terms import SchoolDatesKind
from coord_service.storage.database import Session
from coord_service.storage.tables import SchoolDate

# Month and day, of the year in which the school year begins (0) or of the next (1).
_TERMS = (("Autumn term", (0, 9, 3), (0, 12, 18)), ("Spring term", (1, 1, 5), (1, 3, 26)))
_SUMMER = ("Summer term", (1, 4, 13), (1, 7, 21))
_BREAKS = (("October half-term", (0, 10, 26), (0, 10, 30)), ("February half-term", (1, 2, 15), (1, 2, 19)))


def add_terms(db: Session, today: date) -> None:
    """The school year that is running, the one before and the one after."""
    begun = today.year if today.month >= 9 else today.year - 1
    db.add_all(row for year in (begun - 1, begun, begun + 1) for row in _year(year))


def let_work_in_holidays(county: County) -> None:
    """The psychologists and the specialist teachers are employed all year, unlike the people at schools."""
    for key in ("ep", "teaching"):
        for person in county.people[key]:
            person.works_in_holidays = True


def _year(year: int) -> Iterator[SchoolDate]:
    for kind, lines in ((SchoolDatesKind.TERM, (*_TERMS, _SUMMER)), (SchoolDatesKind.BREAK, _BREAKS)):
        for name, (after, month, day), (until_after, until_month, until_day) in lines:
            yield SchoolDate(
                name=name,
                kind=kind,
                first_on=date(year + after, month, day),
                last_on=date(year + until_after, until_month, until_day),
            )
