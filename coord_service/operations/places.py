"""Places and rooms, and how long it takes from one area to another: set for the whole council."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coord_service.domain.access import Permission, require
from coord_service.domain.people import Actor
from coord_service.domain.rooms import LARGEST_ROOM, RoomFeature, TravelTimes
from coord_service.errors import InvalidForm, NotFound
from coord_service.operations.audit import record
from coord_service.operations.cases import refuse_stale
from coord_service.operations.rooms import load_travel
from coord_service.operations.tools import Tools
from coord_service.storage import places as rows
from coord_service.storage.database import Session
from coord_service.storage.tables import Place, Room, TravelTime

LONGEST_TRAVEL = 240  # minutes


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """What is known of a building."""

    name: str
    address: str
    area: str


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What is known of a room; one that is not open takes no new meetings."""

    name: str
    seats: int
    features: frozenset[RoomFeature]
    is_open: bool = True


async def list_places(tools: Tools, actor: Actor) -> Sequence[Place]:
    """Every place by name with its rooms, for whoever books or sets them."""
    require(actor, Permission.SIGNED_IN)
    async with tools.database.read() as db:
        return await rows.list_places(db)


async def view_place(tools: Tools, actor: Actor, place_id: int) -> Place:
    """One place with its rooms. Raises NotFound."""
    require(actor, Permission.SET_RULES)
    async with tools.database.read() as db:
        return await _load_place(db, place_id)


async def add_place(tools: Tools, actor: Actor, facts: PlaceFacts) -> int:
    """Keep a new place; its id. Raises InvalidForm."""
    require(actor, Permission.SET_RULES)
    async with tools.database.begin() as db:
        await _refuse_same_place(db, facts.name, None)
        place = Place(name=facts.name, address=facts.address, area=facts.area)
        rows.add_place(db, place)
        await db.flush()
        record(db, actor, "add_place", ("place", place.id), tools.clock.now())
        return place.id


async def correct_place(tools: Tools, actor: Actor, place_id: int, version: int, facts: PlaceFacts) -> None:
    """Write down what is right now; meetings that are booked keep the words they have. Raises InvalidForm."""
    require(actor, Permission.SET_RULES)
    async with tools.database.begin() as db:
        place = await _load_place(db, place_id)
        refuse_stale(place.version, version)
        await _refuse_same_place(db, facts.name, place.id)
        place.name, place.address, place.area = facts.name, facts.address, facts.area
        record(db, actor, "correct_place", ("place", place.id), tools.clock.now())


async def add_room(tools: Tools, actor: Actor, place_id: int, facts: RoomFacts) -> None:
    """Keep a new room. Raises InvalidForm, NotFound."""
    require(actor, Permission.SET_RULES)
    async with tools.database.begin() as db:
        place = await _load_place(db, place_id)
        _check_room(place, facts, None)
        room = Room(place_id=place.id, **_columns(facts))
        rows.add_room(db, room)
        await db.flush()
        record(db, actor, "add_room", ("place", place.id), tools.clock.now(), room=room.id)


async def view_room(tools: Tools, actor: Actor, room_id: int) -> Room:
    """One room with its place. Raises NotFound."""
    require(actor, Permission.SET_RULES)
    async with tools.database.read() as db:
        return await _load_room(db, room_id)


async def correct_room(tools: Tools, actor: Actor, room_id: int, version: int, facts: RoomFacts) -> None:
    """Write down what is right now. A room that is closed keeps the meetings it has. Raises InvalidForm, NotFound."""
    require(actor, Permission.SET_RULES)
    async with tools.database.begin() as db:
        room = await _load_room(db, room_id)
        refuse_stale(room.version, version)
        _check_room(await _load_place(db, room.place_id), facts, room.id)
        for name, value in _columns(facts).items():
            setattr(room, name, value)
        record(db, actor, "correct_room", ("place", room.place_id), tools.clock.now(), room=room.id)


async def view_travel(tools: Tools, actor: Actor) -> tuple[Sequence[str], TravelTimes]:
    """The areas that places are in, and the minutes between them."""
    require(actor, Permission.SET_RULES)
    async with tools.database.read() as db:
        areas = sorted({place.area for place in await rows.list_places(db)})
        return areas, await load_travel(db)


async def set_travel(tools: Tools, actor: Actor, times: TravelTimes) -> None:
    """Say how long it takes; what is not said takes as long as usual. Raises InvalidForm."""
    require(actor, Permission.SET_RULES)
    every = [times.usual, times.nearby, *times.between.values()]
    if not all(0 <= minutes <= LONGEST_TRAVEL for minutes in every):
        raise InvalidForm({"usual": f"Enter from 0 to {LONGEST_TRAVEL} minutes"})
    async with tools.database.begin() as db:
        await rows.replace_travel_times(db, _as_rows(times))
        record(db, actor, "set_travel", ("travel", 0), tools.clock.now(), usual=times.usual, nearby=times.nearby)


def _as_rows(times: TravelTimes) -> Iterable[TravelTime]:
    yield TravelTime(from_area="", to_area="", minutes=times.usual)
    yield TravelTime(from_area="*", to_area="*", minutes=times.nearby)
    for areas, minutes in times.between.items():
        first, second = sorted(areas)
        yield TravelTime(from_area=first, to_area=second, minutes=minutes)


async def _load_place(db: Session, place_id: int) -> Place:
    place = await rows.load_place(db, place_id)
    if place is None:
        raise NotFound("There is no place at this address.")
    return place


async def _load_room(db: Session, room_id: int) -> Room:
    room = await rows.load_room(db, room_id)
    if room is None:
        raise NotFound("There is no room at this address.")
    return room


async def _refuse_same_place(db: Session, name: str, but: int | None) -> None:
    other = await rows.find_place(db, name)
    if other is not None and other.id != but:
        raise InvalidForm({"name": f"{other.name} is on the list already"})


def _check_room(place: Place, facts: RoomFacts, but: int | None) -> None:
    same = [each for each in place.rooms if each.name.casefold() == facts.name.casefold() and each.id != but]
    if same:
        raise InvalidForm({"name": f"{place.name} has a room of this name already"})
    if not 1 <= facts.seats <= LARGEST_ROOM:
        raise InvalidForm({"seats": f"Enter from 1 to {LARGEST_ROOM} seats"})


def _columns(facts: RoomFacts) -> dict[str, object]:
    features = [each.value for each in RoomFeature if each in facts.features]
    return {"name": facts.name, "seats": facts.seats, "features": features, "is_open": facts.is_open}
