"""Dates that were corrected, and what hangs from them."""

from collections.abc import Collection, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.domain.case_steps import CaseStep
from coord_service.storage.database import Session
from coord_service.storage.tables import ClockException, DateCorrection, DelayReason, User


def add_correction(db: Session, correction: DateCorrection) -> None:
    """Keep a correction."""
    db.add(correction)


async def list_corrections(db: Session, child_id: int) -> Sequence[DateCorrection]:
    """The dates of a case that were corrected, the latest first, each with who corrected it."""
    rows = await db.scalars(
        sa.select(DateCorrection)
        .where(DateCorrection.child_id == child_id)
        .order_by(DateCorrection.id.desc())
        .options(joinedload(DateCorrection.by_user).joinedload(User.person))
    )
    return rows.all()


async def list_wrong_days(db: Session) -> set[tuple[int, CaseStep, date]]:
    """Every day that was found wrong, by the child and the step that it stood for."""
    rows = await db.execute(sa.select(DateCorrection.child_id, DateCorrection.what, DateCorrection.was_on))
    return {(child_id, what, was_on) for child_id, what, was_on in rows}


async def move_starts(db: Session, child_id: int, clocks: Collection[str], was_on: date, is_on: date) -> None:
    """What was recorded about clocks that started on one day belongs to the day on which they really did."""
    for table in (ClockException, DelayReason):
        await db.execute(
            sa.update(table)
            .where(table.child_id == child_id, table.clock.in_(clocks), table.start_on == was_on)
            .where(table.request_id.is_(None))
            .values(start_on=is_on)
        )
