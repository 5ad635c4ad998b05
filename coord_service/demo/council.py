"""What Meadowshire's council has set for itself: its school terms, and where people meet."""

from collections.abc import Iterator
from datetime import date

from coord_service.demo.county import County
from coord_service.domain.rooms import RoomFeature
from coord_service.domain.terms import SchoolDatesKind
from coord_service.storage.database import Session
from coord_service.storage.tables import Place, Room, SchoolDate, TravelTime

# Month and day, of the year in which the school year begins (0) or of the next (1).
_TERMS = (("Autumn term", (0, 9, 3), (0, 12, 18)), ("Spring term", (1, 1, 5), (1, 3, 26)))
_SUMMER = ("Summer term", (1, 4, 13), (1, 7, 21))
_BREAKS = (("October half-term", (0, 10, 26), (0, 10, 30)), ("February half-term", (1, 2, 15), (1, 2, 19)))

_EASY = (RoomFeature.STEP_FREE, RoomFeature.ACCESSIBLE_TOILET)
# A place, its address and area; its rooms: name, seats, what it has.
_PLACES = (
    (
        ("County Hall", "1 Market Square", "Meadowton"),
        (("Committee room 2", 8, _EASY), ("Members’ room", 20, (*_EASY, RoomFeature.HEARING_LOOP, RoomFeature.SCREEN))),
    ),
    (
        ("Larkfield Family Centre", "14 Larkfield Road", "Larkfield"),
        (("Garden room", 10, (*_EASY, RoomFeature.PARKING, RoomFeature.QUIET)), ("Attic", 6, (RoomFeature.QUIET,))),
    ),
)


def add_places(db: Session) -> None:
    """Two places with two rooms each, and the way between them."""
    for (name, address, area), rooms in _PLACES:
        place = Place(name=name, address=address, area=area)
        place.rooms = [Room(name=room, seats=seats, features=list(has)) for room, seats, has in rooms]
        db.add(place)
    db.add(TravelTime(from_area="Larkfield", to_area="Meadowton", minutes=25))


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
