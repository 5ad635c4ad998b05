"""Exceptions to clocks and reasons for delay."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.storage.database import Session
from coord_service.storage.tables import ClockException, DelayReason, User


def add_exception(db: Session, exception: ClockException) -> None:
    """Keep an exception."""
    db.add(exception)


def add_delay(db: Session, delay: DelayReason) -> None:
    """Keep a reason for delay."""
    db.add(delay)


async def load_exception(db: Session, exception_id: int) -> ClockException | None:
    """One exception, or None."""
    return await db.get(ClockException, exception_id)


async def list_exceptions(db: Session, child_id: int) -> Sequence[ClockException]:
    """The exceptions of a case, withdrawn or not, the latest first, each with who recorded it."""
    rows = await db.scalars(
        sa.select(ClockException)
        .where(ClockException.child_id == child_id)
        .order_by(ClockException.id.desc())
        .options(joinedload(ClockException.by_user).joinedload(User.person))
    )
    return rows.all()


async def list_delays(db: Session, child_id: int) -> Sequence[DelayReason]:
    """The reasons for delay of a case, the latest first, each with who recorded it."""
    rows = await db.scalars(
        sa.select(DelayReason)
        .where(DelayReason.child_id == child_id)
        .order_by(DelayReason.id.desc())
        .options(joinedload(DelayReason.by_user).joinedload(User.person))
    )
    return rows.all()
