"""Meetings found by the child's name, the reference, or the day."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from coord_service.domain.meetings import MeetingStatus
from coord_service.storage.database import Session
from coord_service.storage.matching import contains_all
from coord_service.storage.tables import Child, Meeting, MeetingChild

Stretch = tuple[datetime, datetime]  # from, until (not included)


async def find_meetings(db: Session, words: Sequence[str], days: Sequence[Stretch], limit: int) -> Sequence[Meeting]:
    """Meetings about a child whose name or reference has every word, or on one of the days; the latest first, with
    their children."""
    rows = await db.scalars(
        sa.select(Meeting)
        .where(_fits(words, days))
        .order_by(Meeting.starts_at.desc(), Meeting.id)
        .limit(limit)
        .options(selectinload(Meeting.children))
    )
    return rows.all()


async def count_meetings(db: Session, words: Sequence[str], days: Sequence[Stretch]) -> int:
    """How many meetings ``find_meetings`` would give without a limit."""
    return await db.scalar(sa.select(sa.func.count(Meeting.id)).where(_fits(words, days))) or 0


def _fits(words: Sequence[str], days: Sequence[Stretch]) -> sa.ColumnElement[bool]:
    about = (
        sa.select(MeetingChild.meeting_id)
        .join(Child, Child.id == MeetingChild.child_id)
        .where(contains_all((Child.given_name, Child.family_name, Child.reference), words))
    )
    on_days = [sa.and_(Meeting.starts_at >= start, Meeting.starts_at < end) for start, end in days]
    found = sa.or_(*on_days) if days else Meeting.id.in_(about)
    return sa.and_(Meeting.status != MeetingStatus.UNDONE, found)
