"""Rooms for a meeting: which would do, when they are taken, and who has to travel there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from coord_service.clock import LONDON
from coord_service.domain.diaries import Block, Diary
from coord_service.domain.rooms import (
    RoomFeature,
    RoomNeed,
    TravelTimes,
    Whereabouts,
    from_base,
    say_what_it_has,
)
from coord_service.domain.wall_time import say_clock
from coord_service.errors import InvalidForm, NotFound, SlotTaken
from coord_service.storage.database import Session
from coord_service.storage.places import (
    list_bases,
    list_engagements,
    list_taken,
    list_travel_times,
    load_place,
    load_room,
    lock_room,
)
from coord_service.storage.tables import Child, Meeting, Place, Room


@dataclass(frozen=True, slots=True)
class RoomsWanted:
    """At which place a room is looked for, and what it must have. ``only``: this room alone, which a meeting has."""

    place_id: int
    need: RoomNeed
    only: int | None = None


@dataclass(frozen=True, slots=True)
class RoomsFound:
    """The rooms that would do, the smallest first, as a search wants them; none, and ``lack`` says why, in words.

    ``words`` say what each has, by its id.
    """

    rooms: tuple[Diary, ...] = ()
    lack: str = ""
    whereabouts: Whereabouts | None = None
    words: Mapping[int, str] = field(default_factory=dict)


def need_of(children: Iterable[Child], people: int) -> RoomNeed:
    """What a meeting about these children wants of a room: a seat each, and what the families need."""
    features = {RoomFeature(each) for child in children for each in child.access_needs}
    return RoomNeed(max(people, 1), frozenset(features))


def say_room(room: Room) -> str:
    """A room as invitations have it."""
    return ", ".join([room.name, room.place.name, room.place.address])


async def find_rooms(
    db: Session, wanted: RoomsWanted, starts_at: datetime, ends_at: datetime, except_meeting: int | None
) -> RoomsFound:
    """The rooms of the place that would do, with when they are taken between two instants."""
    place = await load_place(db, wanted.place_id)
    if place is None:
        return RoomsFound(lack="The place is no longer on the list. Choose another.")
    fitting = _fitting(place, wanted)
    if not fitting:
        return RoomsFound(lack=f"No room at {place.name} has {wanted.need.words}.")
    taken: dict[int, list[Block]] = defaultdict(list)
    ids = [room.id for room in fitting]
    for room_id, start, end in await list_taken(db, ids, starts_at, ends_at, except_meeting):
        taken[room_id].append(Block(start, end))
    diaries = (Diary(id=str(room.id), name=room.name, busy=tuple(taken[room.id])) for room in fitting)
    words = {room.id: say_what_it_has(room.seats, map(RoomFeature, room.features)) for room in fitting}
    return RoomsFound(tuple(diaries), whereabouts=Whereabouts(place.id, place.area), words=words)


def _fitting(place: Place, wanted: RoomsWanted) -> list[Room]:
    if wanted.only is not None:
        return [room for room in place.rooms if room.id == wanted.only]
    fitting = (
        room
        for room in place.rooms
        if room.is_open and wanted.need.is_met_by(room.seats, map(RoomFeature, room.features))
    )
    return sorted(fitting, key=lambda room: (room.seats, room.name))


async def pick_room(db: Session, wanted: RoomsWanted, starts_at: datetime, ends_at: datetime) -> int:
    """The smallest room that would do and is free. Raises InvalidForm (``rooms_at``) where there is none."""
    found = await find_rooms(db, wanted, starts_at, ends_at, None)
    free = [room for room in found.rooms if not room.busy]
    if not free:
        said = found.lack or "Every room there that would do is taken then."
        raise InvalidForm({"rooms_at": f"{said} Choose another place, another time, or type the place yourself"})
    return int(free[0].id)


async def load_travel(db: Session) -> TravelTimes:
    """The minutes between areas as rules want them."""
    times: Mapping[tuple[str, str], int] = {
        (row.from_area, row.to_area): row.minutes for row in await list_travel_times(db)
    }
    known = {frozenset(areas): minutes for areas, minutes in times.items() if areas[0] != areas[1]}
    standard = TravelTimes({})
    usual, nearby = times.get(("", ""), standard.usual), times.get(("*", "*"), standard.nearby)
    return TravelTimes(known, usual, nearby)


async def add_travel(
    db: Session,
    diaries: Sequence[Diary],
    here: Whereabouts,
    span: tuple[datetime, datetime],
    except_meeting: int | None,
) -> tuple[Diary, ...]:
    """The diaries, with the way between here and the other places where people have to be.

    Whoever is busy with anything but a meeting in one of our rooms is taken to be where they work from, if it is known.
    """
    travel = await load_travel(db)
    ways: dict[str, list[Block]] = defaultdict(list)
    in_rooms: set[tuple[str, datetime, datetime]] = set()
    ids = [int(diary.id) for diary in diaries]
    for person_id, start, end, place_id, area in await list_engagements(db, ids, *span, except_meeting):
        in_rooms.add((str(person_id), start, end))
        if needed := travel.needed(here, Whereabouts(place_id, area)):
            ways[str(person_id)].append(Block(start - needed, end + needed))
    bases = {
        str(person_id): travel.needed(here, Whereabouts(place_id, area))
        for person_id, place_id, area in await list_bases(db, ids)
    }
    for diary in diaries:
        at_base = (each for each in diary.busy if (diary.id, each.start_at, each.end_at) not in in_rooms)
        if from_there := bases.get(diary.id):
            ways[diary.id].extend(from_base(at_base, from_there))
    return tuple(replace(diary, busy=(*diary.busy, *ways[diary.id])) for diary in diaries)


async def rooms_of_meeting(db: Session, meeting: Meeting) -> RoomsWanted | None:
    """The room that a meeting has, to be looked for at another time; None where it has none."""
    room = await load_room(db, meeting.room_id) if meeting.room_id else None
    return RoomsWanted(room.place_id, RoomNeed(1), only=room.id) if room else None


async def take_room(db: Session, meeting: Meeting, room_id: int) -> None:
    """Give a meeting a room, its words with it. Raises NotFound for one that takes no new meetings."""
    room = await lock_room(db, room_id)
    if room is None or not room.is_open:
        raise NotFound("This room takes no meetings any more. Choose a time again: other rooms are offered with it.")
    meeting.room_id, meeting.place = room.id, say_room(room)


async def refuse_taken_room(db: Session, meeting: Meeting) -> None:
    """Refuse a time at which the meeting's room is taken by another. Raises SlotTaken; whose it is, is not said."""
    if meeting.room_id is None:
        return
    room = await lock_room(db, meeting.room_id)
    taken = await list_taken(db, [meeting.room_id], meeting.starts_at, meeting.ends_at, meeting.id)
    if room is not None and taken:
        since, until = (say_clock(instant.astimezone(LONDON).time()) for instant in taken[0][1:])
        raise SlotTaken(
            f"{room.name} at {room.place.name} is taken from {since} to {until} that day. Nothing was sent. "
            "Choose another time: one with a free room."
        )
