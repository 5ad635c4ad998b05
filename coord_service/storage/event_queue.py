"""What waits in the outbox for organizers' calendars: which event may be written next, and what became of it.

Of one event at most one state is on its way, and at most one newer state waits: it carries everything that the ones
before it said, so those are taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased, undefer

from coord_service.domain.delivery import LEASE, LetterState
from coord_service.domain.routes import PUT, REMOVE
from coord_service.storage.database import Session
from coord_service.storage.tables import CalendarConnection, OutboxLetter

_OTHER = aliased(OutboxLetter, name="other_write")


@dataclass(frozen=True, slots=True)
class LeasedEvent:
    """What is needed to write an event. Nobody else gets it until ``leased_until``."""

    id: int
    letter: str
    connection_id: int
    meeting_id: int | None
    event_uid: str
    content: bytes
    leased_until: datetime


def _is_free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        OutboxLetter.state == LetterState.WAITING,
        sa.or_(OutboxLetter.leased_until.is_(None), OutboxLetter.leased_until <= now),
    )


async def lease_due_events(db: Session, now: datetime, most: int) -> Sequence[LeasedEvent]:
    """Take up to ``most`` events that are due, the longest waiting first: one a calendar, and one a meeting.

    Only the newest state of an event goes; an older one, of which the writing failed meanwhile, never follows it.
    """
    first: dict[int, int] = {}
    for letter_id, connection_id in await _list_due(db, now):
        first.setdefault(connection_id or 0, letter_id)
    chosen = list(first.values())[:most]
    # Whoever else leases for one of these calendars waits here, and then finds that something is on its way.
    locked = sa.select(CalendarConnection.id).where(CalendarConnection.id.in_(first)).order_by(CalendarConnection.id)
    await db.execute(locked.with_for_update(key_share=True))
    taken = await db.scalars(
        sa.update(OutboxLetter)
        .where(OutboxLetter.id.in_(chosen), _is_free(now))
        .values(leased_until=now + LEASE, leased_at=now)
        .returning(OutboxLetter.id)
        .execution_options(synchronize_session=False)
    )
    taken_ids = taken.all()
    await _withdraw_older(db, taken_ids, now)
    rows = await db.scalars(
        sa.select(OutboxLetter)
        .where(OutboxLetter.id.in_(taken_ids))
        .options(undefer(OutboxLetter.content))
        .execution_options(populate_existing=True)
    )
    return [_leased(row) for row in rows]


async def _list_due(db: Session, now: datetime) -> Sequence[tuple[int, int | None]]:
    """The newest state of every event that is due, in a calendar where nothing is on its way; that calendar."""
    is_going = sa.exists().where(
        _OTHER.connection_id == OutboxLetter.connection_id,
        _OTHER.id != OutboxLetter.id,
        _OTHER.state == LetterState.WAITING,
        _OTHER.leased_until > now,
    )
    has_newer = sa.exists().where(
        _OTHER.event_uid == OutboxLetter.event_uid, _OTHER.id > OutboxLetter.id, _OTHER.state == LetterState.WAITING
    )
    rows = await db.execute(
        sa.select(OutboxLetter.id, OutboxLetter.connection_id)
        .join(CalendarConnection, CalendarConnection.id == OutboxLetter.connection_id)
        .where(_is_free(now), OutboxLetter.not_before <= now, ~is_going, ~has_newer)
        .where(sa.or_(CalendarConnection.ask_after.is_(None), CalendarConnection.ask_after <= now))
        .order_by(OutboxLetter.not_before, OutboxLetter.id)
    )
    return [(letter_id, connection_id) for letter_id, connection_id in rows]


async def _withdraw_older(db: Session, taken_ids: Sequence[int], now: datetime) -> None:
    """Take back the older states of events that are being written: whom they would have told, the newest tells.

    That they were begun stays known (``leased_at``).
    """
    is_older = sa.exists().where(
        _OTHER.id.in_(taken_ids), _OTHER.event_uid == OutboxLetter.event_uid, _OTHER.id > OutboxLetter.id
    )
    older = await db.execute(
        sa.update(OutboxLetter)
        .where(is_older, _is_free(now))
        .values(state=LetterState.WITHDRAWN, settled_at=now)
        .returning(OutboxLetter.event_uid, OutboxLetter.told)
        .execution_options(synchronize_session=False)
    )
    for uid, told in older.all():
        of_event = sa.select(OutboxLetter).where(OutboxLetter.id.in_(taken_ids), OutboxLetter.event_uid == uid)
        for newest in await db.scalars(of_event):
            newest.told = list(dict.fromkeys([*(newest.told or ()), *(told or ())]))
    await db.flush()


def _leased(row: OutboxLetter) -> LeasedEvent:
    assert row.connection_id is not None
    assert row.event_uid is not None
    assert row.leased_until is not None
    return LeasedEvent(
        row.id, row.letter, row.connection_id, row.meeting_id, row.event_uid, row.content, row.leased_until
    )


async def withdraw_unsent_events(db: Session, uid: str, changed_at: datetime) -> Sequence[int]:
    """Take back every state of an event that nobody is writing; the attendees whom they would have told.

    Undoing the change of that moment puts them back (``revive_invitations``).
    """
    rows = await db.scalars(
        sa.update(OutboxLetter)
        .where(OutboxLetter.event_uid == uid, _is_free(changed_at))
        .values(state=LetterState.WITHDRAWN, settled_at=changed_at)
        .returning(OutboxLetter.told)
    )
    return list(dict.fromkeys(attendee_id for told in rows for attendee_id in told or ()))


async def may_stand_there(db: Session, uid: str) -> bool:
    """Whether an event has been written, or may have been: a failure, or no word, doesn't say that nothing was done.

    A state that was begun counts even where it was taken back since.
    """
    still = OutboxLetter.state.in_([LetterState.SENT, LetterState.FAILED, LetterState.WAITING])
    gone = sa.or_(still, OutboxLetter.leased_at.is_not(None))
    found = sa.select(OutboxLetter.id).where(OutboxLetter.event_uid == uid, OutboxLetter.letter == PUT, gone)
    return await db.scalar(found.limit(1)) is not None


async def load_latest_write(db: Session, uid: str) -> OutboxLetter | None:
    """The latest state of an event that stands in the outbox and was not taken back, with its bytes."""
    found: OutboxLetter | None = await db.scalar(
        sa.select(OutboxLetter)
        .where(OutboxLetter.event_uid == uid, OutboxLetter.state != LetterState.WITHDRAWN)
        .order_by(OutboxLetter.id.desc())
        .limit(1)
        .options(undefer(OutboxLetter.content))
    )
    return found


async def load_first_put(db: Session, uid: str) -> OutboxLetter | None:
    """The first state of an event that was ever queued, with its bytes."""
    found: OutboxLetter | None = await db.scalar(
        sa.select(OutboxLetter)
        .where(OutboxLetter.event_uid == uid, OutboxLetter.letter == PUT)
        .order_by(OutboxLetter.id)
        .limit(1)
        .options(undefer(OutboxLetter.content))
    )
    return found


async def load_latest_written(db: Session, uid: str) -> OutboxLetter | None:
    """The latest state of an event that its calendar took, with its bytes."""
    found: OutboxLetter | None = await db.scalar(
        sa.select(OutboxLetter)
        .where(OutboxLetter.event_uid == uid, OutboxLetter.state == LetterState.SENT)
        .order_by(OutboxLetter.id.desc())
        .limit(1)
        .options(undefer(OutboxLetter.content))
    )
    return found


async def list_unsure(db: Session, connection_id: int) -> frozenset[str]:
    """The UIDs of events of which we don't know what stands there: a write was begun, and how it ended isn't known."""
    rows = await db.scalars(
        sa.select(OutboxLetter.event_uid).where(
            OutboxLetter.connection_id == connection_id,
            OutboxLetter.state == LetterState.WAITING,
            OutboxLetter.leased_at.is_not(None),
        )
    )
    return frozenset(uid for uid in rows if uid)


async def has_events_waiting(db: Session, connection_id: int) -> bool:
    """Whether anything is still to be written into a calendar."""
    found = sa.select(OutboxLetter.id).where(
        OutboxLetter.connection_id == connection_id, OutboxLetter.state == LetterState.WAITING
    )
    return await db.scalar(found.limit(1)) is not None


async def hand_events_over(db: Session, former_id: int, present_id: int, now: datetime) -> None:
    """Let everything of one connection be another's, to the same calendar; what waits or failed goes through it.

    What was written is handed over as well: by it the calendar is followed, and by it an event is taken out.
    """
    unsettled = sa.and_(OutboxLetter.state == LetterState.FAILED, OutboxLetter.settled_at.is_(None))
    of_former = OutboxLetter.connection_id == former_id
    latest = sa.select(sa.func.max(_OTHER.id)).where(_OTHER.event_uid == OutboxLetter.event_uid).scalar_subquery()
    await db.execute(
        sa.update(OutboxLetter)
        .where(of_former, unsettled, OutboxLetter.id == latest)
        .values(state=LetterState.WAITING, attempts=0, not_before=now, leased_until=None)
        .execution_options(synchronize_session=False)
    )
    await db.execute(
        sa.update(OutboxLetter)
        .where(of_former)
        .values(connection_id=present_id)
        .execution_options(synchronize_session=False)
    )


async def list_standing(db: Session, connection_id: int) -> dict[str, int]:
    """What stands in a calendar as far as we know for sure: the write that was last taken, by UID."""
    rows = await db.execute(
        sa.select(OutboxLetter.event_uid, sa.func.max(OutboxLetter.id))
        .where(OutboxLetter.connection_id == connection_id, OutboxLetter.state == LetterState.SENT)
        .group_by(OutboxLetter.event_uid)
    )
    unsure = await list_unsure(db, connection_id)
    return {uid: write_id for uid, write_id in rows if uid and uid not in unsure}


async def settle_failed_events(db: Session, uid: str, now: datetime) -> None:
    """Note that somebody has dealt with what could not be written of an event."""
    await db.execute(
        sa.update(OutboxLetter)
        .where(
            OutboxLetter.event_uid == uid,
            OutboxLetter.state == LetterState.FAILED,
            OutboxLetter.settled_at.is_(None),
        )
        .values(settled_at=now)
    )


async def find_waiting_removal(db: Session, uid: str) -> int | None:
    """The letter by which an event is still to be taken out of its calendar, by id."""
    found: int | None = await db.scalar(
        sa.select(OutboxLetter.id)
        .where(
            OutboxLetter.event_uid == uid,
            OutboxLetter.letter == REMOVE,
            OutboxLetter.state == LetterState.WAITING,
        )
        .order_by(OutboxLetter.id.desc())
        .limit(1)
    )
    return found


async def list_held_events(db: Session, connection_id: int) -> Sequence[str]:
    """The UIDs of times held for polls that stand in a calendar, or are about to."""
    is_removed = sa.exists().where(_OTHER.event_uid == OutboxLetter.event_uid, _OTHER.letter == REMOVE)
    rows = await db.scalars(
        sa.select(OutboxLetter.event_uid)
        .where(
            OutboxLetter.connection_id == connection_id,
            OutboxLetter.poll_id.is_not(None),
            OutboxLetter.state != LetterState.WITHDRAWN,
            ~is_removed,
        )
        .distinct()
    )
    return [uid for uid in rows if uid]
