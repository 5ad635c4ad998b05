"""What a council sets for itself."""

from collections.abc import Iterable, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.domain.meetings import Purpose
from coord_service.storage.database import Session
from coord_service.storage.tables import FindingSetting, LadderSetting, QuorumSetting, SchoolDate, User

_BY_WHOM = joinedload(QuorumSetting.changed_by).joinedload(User.person)


async def list_quorum_settings(db: Session) -> Sequence[QuorumSetting]:
    """The rules of quorum for every purpose, with who changed them last."""
    return (await db.scalars(sa.select(QuorumSetting).order_by(QuorumSetting.id).options(_BY_WHOM))).all()


async def load_quorum_setting(db: Session, setting_id: int) -> QuorumSetting | None:
    """The rules of quorum for one purpose, with who changed them last."""
    return await db.get(QuorumSetting, setting_id, options=[_BY_WHOM])


async def find_quorum_rules(db: Session, purpose: Purpose) -> Sequence[dict[str, object]] | None:
    """The rules a council has set for a purpose; None where it has set none."""
    found: Sequence[dict[str, object]] | None = await db.scalar(
        sa.select(QuorumSetting.rules).where(QuorumSetting.purpose == purpose)
    )
    return found


async def load_finding_setting(db: Session) -> FindingSetting:
    """The one row of what holds for finding a time, with who changed it last."""
    by_whom = joinedload(FindingSetting.changed_by).joinedload(User.person)
    return (await db.scalars(sa.select(FindingSetting).order_by(FindingSetting.id).options(by_whom).limit(1))).one()


async def list_ladder_settings(db: Session) -> Sequence[LadderSetting]:
    """The chase ladder of every kind, with who changed it last."""
    by_whom = joinedload(LadderSetting.changed_by).joinedload(User.person)
    return (await db.scalars(sa.select(LadderSetting).order_by(LadderSetting.id).options(by_whom))).all()


async def load_ladder_setting(db: Session, setting_id: int) -> LadderSetting | None:
    """One chase ladder, with who changed it last."""
    by_whom = joinedload(LadderSetting.changed_by).joinedload(User.person)
    return await db.get(LadderSetting, setting_id, options=[by_whom])


async def list_school_dates(db: Session) -> Sequence[SchoolDate]:
    """Every term and break, in order."""
    return (await db.scalars(sa.select(SchoolDate).order_by(SchoolDate.first_on, SchoolDate.id))).all()


async def load_school_date(db: Session, date_id: int) -> SchoolDate | None:
    """One term or break."""
    return await db.get(SchoolDate, date_id)


async def drop_school_date(db: Session, school_date: SchoolDate) -> None:
    """Forget a term or a break."""
    await db.delete(school_date)


async def replace_school_dates(db: Session, first_on: date, last_on: date, dates: Iterable[SchoolDate]) -> int:
    """Keep these dates instead of all that touch the span; how many went."""
    gone = await db.scalars(
        sa.delete(SchoolDate)
        .where(SchoolDate.first_on <= last_on, SchoolDate.last_on >= first_on)
        .returning(SchoolDate.id)
    )
    db.add_all(dates)
    return len(gone.all())
