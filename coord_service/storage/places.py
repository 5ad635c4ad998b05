"""Places, rooms, and when rooms are taken."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from coord_service.domain.meetings import Answer, MeetingMode, MeetingStatus
from coord_service.storage.database import Session
from coord_service.storage.matching import equals
from coord_service.storage.tables import Attendee, Meeting, Person, Place, Room, TravelTime


def add_place(db: Session, place: Place) -> None:
    """Keep a new place."""
    db.add(place)


async def list_places(db: Session) -> Sequence[Place]:
    """Every place by name, with its rooms."""
    return (await db.scalars(sa.select(Place).order_by(Place.name).options(selectinload(Place.rooms)))).all()


async def load_place(db: Session, place_id: int) -> Place | None:
    """One place with its rooms."""
    return await db.get(Place, place_id, options=[selectinload(Place.rooms)], populate_existing=True)


async def find_place(db: Session, name: str) -> Place | None:
    """The place of this name, whatever its case."""
    found: Place | None = await db.scalar(sa.select(Place).where(equals(Place.name, name)).limit(1))
    return found


def add_room(db: Session, room: Room) -> None:
    """Keep a new room."""
    db.add(room)


async def load_room(db: Session, room_id: int) -> Room | None:
    """One room with its place."""
    return await db.get(Room, room_id, options=[joinedload(Room.place)])


async def lock_room(db: Session, room_id: int) -> Room | None:
    """One room with its place; whoever else books it waits until the transaction ends."""
    await db.execute(sa.select(Room.id).where(Room.id == room_id).with_for_update(key_share=True))
    return await db.get(Room, room_id, options=[joinedload(Room.place)], populate_existing=True)


async def list_taken(
    db: Session, room_ids: Iterable[int], starts_at: datetime, ends_at: datetime, except_meeting: int | None
) -> Sequence[tuple[int, datetime, datetime]]:
    """When these rooms are taken by booked meetings: (room id, start, end)."""
    query = (
        sa.select(Meeting.room_id, Meeting.starts_at, Meeting.ends_at)
        .where(
            Meeting.room_id.in_(list(room_ids)),
            Meeting.status == MeetingStatus.BOOKED,
            Meeting.starts_at < ends_at,
            Meeting.ends_at > starts_at,
        )
        .order_by(Meeting.starts_at)
    )
    if except_meeting is not None:
        query = query.where(Meeting.id != except_meeting)
    return [(room_id or 0, start, end) for room_id, start, end in await db.execute(query)]


async def list_engagements(
    db: Session, person_ids: Iterable[int], starts_at: datetime, ends_at: datetime, except_meeting: int | None
) -> Sequence[tuple[int, datetime, datetime, int, str]]:
    """When these people have to be at one of our rooms: (person id, start, end, place id, area)."""
    query = (
        sa.select(Attendee.person_id, Meeting.starts_at, Meeting.ends_at, Place.id, Place.area)
        .join(Meeting, Meeting.id == Attendee.meeting_id)
        .join(Room, Room.id == Meeting.room_id)
        .join(Place, Place.id == Room.place_id)
        .where(
            Attendee.person_id.in_(list(person_ids)),
            Attendee.removed_at.is_(None),
            Attendee.answer != Answer.DECLINED,
            Meeting.status == MeetingStatus.BOOKED,
            Meeting.mode != MeetingMode.ONLINE,
            Meeting.starts_at < ends_at,
            Meeting.ends_at > starts_at,
        )
    )
    if except_meeting is not None:
        query = query.where(Meeting.id != except_meeting)
    rows = await db.execute(query)
    return [(person_id, start, end, place_id, area) for person_id, start, end, place_id, area in rows]


async def list_bases(db: Session, person_ids: Iterable[int]) -> Sequence[tuple[int, int, str]]:
    """Where these people work from, as far as it is known: (person id, place id, area)."""
    query = (
        sa.select(Person.id, Place.id, Place.area)
        .join(Place, Place.id == Person.base_place_id)
        .where(Person.id.in_(list(person_ids)))
    )
    return [(person_id, place_id, area) for person_id, place_id, area in await db.execute(query)]


async def list_travel_times(db: Session) -> Sequence[TravelTime]:
    """Every time that somebody has set."""
    return (await db.scalars(sa.select(TravelTime).order_by(TravelTime.from_area, TravelTime.to_area))).all()


async def replace_travel_times(db: Session, rows: Iterable[TravelTime]) -> None:
    """Keep these times instead of all others."""
    await db.execute(sa.delete(TravelTime))
    db.add_all(rows)
