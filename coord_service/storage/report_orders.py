"""Who has the chase report sent to them, and who hears the alarm."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.domain.people import Role
from coord_service.domain.report_times import Every
from coord_service.storage.database import Session
from coord_service.storage.tables import ReportOrder, User


async def load_order(db: Session, user_id: int, *, for_change: bool = False) -> ReportOrder | None:
    """What somebody has ordered, with the account and its person."""
    query = (
        sa.select(ReportOrder)
        .where(ReportOrder.user_id == user_id)
        .options(joinedload(ReportOrder.user).joinedload(User.person))
    )
    found: ReportOrder | None = await db.scalar(query.with_for_update(of=ReportOrder) if for_change else query)
    return found


async def list_orders_before(db: Session, every: Every, due_on: date) -> Sequence[int]:
    """Whose order was last sent for an earlier day than this, by user id; accounts that are closed get nothing."""
    rows = await db.scalars(
        sa.select(ReportOrder.user_id)
        .join(User, User.id == ReportOrder.user_id)
        .where(ReportOrder.every == every, ReportOrder.due_on < due_on, User.is_active)
        .order_by(ReportOrder.user_id)
    )
    return rows.all()


async def add_order(db: Session, order: ReportOrder) -> None:
    """Keep an order."""
    db.add(order)


async def remove_order(db: Session, order: ReportOrder) -> None:
    """Somebody wants it no more."""
    await db.delete(order)


async def list_active_managers(db: Session, *, for_change: bool = False) -> Sequence[User]:
    """Every manager who may sign in, with their person; locked until the transaction ends where wanted."""
    query = (
        sa.select(User)
        .where(User.role == Role.MANAGER, User.is_active)
        .order_by(User.id)
        .options(joinedload(User.person))
    )
    rows = await db.scalars(query.with_for_update(of=User) if for_change else query)
    return rows.all()
