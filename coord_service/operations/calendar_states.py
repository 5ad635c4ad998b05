"""How much is known of each guest's own calendar, in the order in which it matters to whoever looks for a time."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from coord_service.domain.outside import Knowledge, Outside
from coord_service.domain.people import Sector
from coord_service.domain.wishes import WishedTimes
from coord_service.operations.guests import Guest


@dataclass(frozen=True, slots=True)
class CalendarState:
    """One guest's calendar: what is known, since when, why not more; ``is_asked``: its answer is on its way.

    ``wishes``: the times that they like, as far as they were asked.
    """

    person_id: int
    name: str
    knowledge: Knowledge
    known_at: datetime | None
    trouble: str | None
    is_asked: bool
    is_family: bool
    wishes: tuple[WishedTimes, ...] = ()


def list_states(
    guests: Iterable[Guest], outside: Mapping[int, Outside], pending: Collection[int]
) -> tuple[CalendarState, ...]:
    """A line for each guest, in their order."""
    nothing = Outside()
    return tuple(
        CalendarState(
            person_id=guest.person_id,
            name=guest.name,
            knowledge=(known := outside.get(guest.person_id, nothing)).knowledge,
            known_at=known.known_at,
            trouble=known.trouble,
            is_asked=guest.person_id in pending,
            is_family=guest.sector is Sector.FAMILY,
            wishes=guest.habits.wishes,
        )
        for guest in guests
    )
