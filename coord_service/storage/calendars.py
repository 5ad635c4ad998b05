"""Connected calendars and what was read in them. A statement each."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from coord_service.storage.database import Session
from coord_service.storage.tables import BusyReading, CalendarConnection, Meeting, User

_IS_THERE = sa.and_(CalendarConnection.disconnected_at.is_(None), CalendarConnection.leaving_at.is_(None))
_IS_CONNECTED = sa.and_(CalendarConnection.connected_at.is_not(None), _IS_THERE)
FOLLOWED_AFTER = timedelta(days=1)  # how long after a meeting its answers are still of interest
_WITH_PEOPLE = (
    joinedload(CalendarConnection.person),
    joinedload(CalendarConnection.added_by).joinedload(User.person),
)

_NO_BLOCKS = defer(BusyReading.blocks, raiseload=True)  # of a full diary there are thousands


async def add_connection(db: Session, connection: CalendarConnection) -> CalendarConnection:
    """Keep a connection, and give it its id."""
    db.add(connection)
    await db.flush()
    return connection


async def load_connection(db: Session, connection_id: int) -> CalendarConnection | None:
    """A connection with its people, whatever its state."""
    return await db.get(CalendarConnection, connection_id, options=_WITH_PEOPLE)


async def lock_connection(db: Session, connection_id: int) -> CalendarConnection | None:
    """A connection with its people, which nobody else changes until the transaction ends."""
    found: CalendarConnection | None = await db.scalar(
        sa.select(CalendarConnection)
        .where(CalendarConnection.id == connection_id)
        .options(*_WITH_PEOPLE)
        .with_for_update(of=CalendarConnection, key_share=True)
    )
    return found


async def lock_connections_of(db: Session, person_id: int | None) -> Sequence[CalendarConnection]:
    """Every connection of an owner that is tested or connected, locked, oldest first; None is the council."""
    rows = await db.scalars(
        sa.select(CalendarConnection)
        .where(CalendarConnection.person_id == person_id, _IS_THERE)
        .order_by(CalendarConnection.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def list_connections_of(db: Session, person_id: int | None) -> Sequence[CalendarConnection]:
    """What an owner has connected, oldest first; None is the council."""
    rows = await db.scalars(
        sa.select(CalendarConnection)
        .where(CalendarConnection.person_id == person_id, _IS_CONNECTED)
        .options(*_WITH_PEOPLE)
        .order_by(CalendarConnection.id)
    )
    return rows.all()


async def list_connections_for(db: Session, person_ids: Collection[int]) -> Sequence[CalendarConnection]:
    """The connections that may know these people: their own, and the whole council's."""
    rows = await db.scalars(
        sa.select(CalendarConnection)
        .where(
            sa.or_(CalendarConnection.person_id.in_(person_ids), CalendarConnection.person_id.is_(None)), _IS_CONNECTED
        )
        .order_by(CalendarConnection.id)
    )
    return rows.all()


async def list_connected(db: Session) -> Sequence[CalendarConnection]:
    """Every connected calendar, the council's and people's own, oldest first."""
    rows = await db.scalars(sa.select(CalendarConnection).where(_IS_CONNECTED).order_by(CalendarConnection.id))
    return rows.all()


async def list_connections_with_secrets(db: Session) -> Sequence[CalendarConnection]:
    """Every connection that keeps a secret, tested ones too; locked until the transaction ends."""
    rows = await db.scalars(
        sa.select(CalendarConnection)
        .where(CalendarConnection.secrets.is_not(None))
        .order_by(CalendarConnection.id)
        .with_for_update()
    )
    return rows.all()


async def list_secrets(db: Session) -> Sequence[tuple[int, bytes]]:
    """The secrets that are kept, sealed as they are, each with the id of its connection."""
    rows = await db.execute(
        sa.select(CalendarConnection.id, CalendarConnection.secrets).where(CalendarConnection.secrets.is_not(None))
    )
    return [(connection_id, secrets) for connection_id, secrets in rows if secrets is not None]


async def count_connections_with_secrets(db: Session) -> int:
    """How many connections keep a secret."""
    return (
        await db.scalar(
            sa.select(sa.func.count()).select_from(CalendarConnection).where(CalendarConnection.secrets.is_not(None))
        )
        or 0
    )


async def delete_untaken_connections(db: Session, tested_before: datetime) -> None:
    """Forget what was tested and never connected."""
    await db.execute(
        sa.delete(CalendarConnection).where(
            CalendarConnection.connected_at.is_(None), CalendarConnection.tested_at < tested_before
        )
    )


async def delete_connection(db: Session, connection: CalendarConnection) -> None:
    """Forget a connection that was only tested."""
    await db.delete(connection)


async def delete_readings(db: Session, connection_id: int) -> None:
    """Forget everything that was read through a connection."""
    await db.execute(sa.delete(BusyReading).where(BusyReading.connection_id == connection_id))


async def list_readings(db: Session, person_ids: Collection[int]) -> Sequence[tuple[BusyReading, str]]:
    """What was last read of these people, through any connection; each one's blocks beside it, as JSON."""
    rows = await db.execute(
        sa.select(BusyReading, sa.cast(BusyReading.blocks, sa.Text))
        .where(BusyReading.person_id.in_(person_ids))
        .options(_NO_BLOCKS)
    )
    return [(reading, blocks) for reading, blocks in rows]


async def list_ages(db: Session, person_ids: Collection[int]) -> Sequence[BusyReading]:
    """How old everything is that was read of these people, through any connection; the blocks may not be looked at."""
    rows = await db.scalars(sa.select(BusyReading).where(BusyReading.person_id.in_(person_ids)).options(_NO_BLOCKS))
    return rows.all()


async def list_ages_of(db: Session, connection_id: int, person_ids: Collection[int]) -> Sequence[BusyReading]:
    """The same for one connection, to write a newer reading over."""
    rows = await db.scalars(
        sa.select(BusyReading)
        .where(BusyReading.connection_id == connection_id, BusyReading.person_id.in_(person_ids))
        .options(_NO_BLOCKS)
    )
    return rows.all()


def add_reading(db: Session, reading: BusyReading) -> None:
    """Keep a first reading."""
    db.add(reading)


async def list_connections_to_follow(db: Session, now: datetime) -> Sequence[int]:
    """The calendars in which meetings of ours live that are not long over, and that may be asked now, by id."""
    rows = await db.scalars(
        sa.select(CalendarConnection.id)
        .where(
            _IS_CONNECTED,
            sa.or_(CalendarConnection.ask_after.is_(None), CalendarConnection.ask_after <= now),
            sa.exists().where(Meeting.calendar_id == CalendarConnection.id, Meeting.ends_at > now - FOLLOWED_AFTER),
        )
        .order_by(CalendarConnection.id)
    )
    return rows.all()


async def hand_meetings_over(db: Session, former_id: int, present_id: int) -> None:
    """Let the meetings that live in a calendar do so through another connection to it."""
    await db.execute(
        sa.update(Meeting)
        .where(Meeting.calendar_id == former_id)
        .values(calendar_id=present_id)
        .execution_options(synchronize_session=False)
    )


async def list_sending_calendars(db: Session) -> Sequence[CalendarConnection]:
    """The calendars through which their owners send meetings, by their own choice."""
    rows = await db.scalars(
        sa.select(CalendarConnection)
        .where(_IS_CONNECTED, CalendarConnection.sends_meetings)
        .order_by(CalendarConnection.id)
    )
    return rows.all()
