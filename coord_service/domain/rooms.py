"""Places where people meet and the rooms in them: who fits, what they have, how long it takes to get there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from coord_service.domain.diaries import Block, BlockStatus

LARGEST_ROOM = 500


class RoomFeature(StrEnum):
    """What a room has, and what somebody may need of it."""

    STEP_FREE = "step_free"
    HEARING_LOOP = "hearing_loop"
    ACCESSIBLE_TOILET = "accessible_toilet"
    CHANGING_PLACE = "changing_place"
    PARKING = "parking"
    QUIET = "quiet"
    SCREEN = "screen"


FEATURE_NAMES = {
    RoomFeature.STEP_FREE: "Step-free access",
    RoomFeature.HEARING_LOOP: "Hearing loop",
    RoomFeature.ACCESSIBLE_TOILET: "Accessible toilet",
    RoomFeature.CHANGING_PLACE: "Changing Places toilet",
    RoomFeature.PARKING: "Parking at the door",
    RoomFeature.QUIET: "Quiet, without strong light",
    RoomFeature.SCREEN: "Screen to show things and to join by",
}


def say_what_it_has(seats: int, features: Iterable[RoomFeature]) -> str:
    """“8 seats, step-free access, hearing loop”."""
    known = set(features)
    has = [FEATURE_NAMES[each].lower() for each in RoomFeature if each in known]
    return ", ".join([f"{seats} seats" if seats != 1 else "a seat", *has])


@dataclass(frozen=True, slots=True)
class RoomNeed:
    """What a meeting wants of a room."""

    seats: int
    features: frozenset[RoomFeature] = frozenset()

    @property
    def words(self) -> str:
        """“8 seats, step-free access and hearing loop”."""
        wanted = [FEATURE_NAMES[each].lower() for each in RoomFeature if each in self.features]
        return " and ".join([f"{self.seats} seats" if self.seats != 1 else "a seat", *wanted])

    def is_met_by(self, seats: int, features: Iterable[RoomFeature]) -> bool:
        """Whether a room will do."""
        return seats >= self.seats and self.features <= set(features)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A place by its id, and the area that it is in."""

    place_id: int
    area: str


def from_base(blocks: Iterable[Block], needed: timedelta) -> Iterator[Block]:
    """What keeps somebody at their place of work, with the way from there; leave and work elsewhere don't."""
    for start_at, end_at, status in blocks:
        if status in {BlockStatus.BUSY, BlockStatus.TENTATIVE}:
            yield Block(start_at - needed, end_at + needed, status)


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """Minutes from one area to another, either way round; ``usual`` where nobody has said; ``nearby`` within one."""

    between: Mapping[frozenset[str], int]
    usual: int = 30
    nearby: int = 10

    def needed(self, here: Whereabouts, there: Whereabouts) -> timedelta:
        """How long it takes from one place to another; nothing within the same."""
        if here.place_id == there.place_id:
            return timedelta()
        if here.area == there.area:
            return timedelta(minutes=self.nearby)
        return timedelta(minutes=self.between.get(frozenset({here.area, there.area}), self.usual))
