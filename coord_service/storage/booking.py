"""Bookings that are being filled in, and what a search for a time reads: teams, leave, meetings. A statement each."""

from collections.abc import Iterable, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.domain.people import Role, Sector
from coord_service.storage.database import Session
from coord_service.storage.tables import (
    BookingDraft,
    Child,
    Leave,
    Meeting,
    Membership,
    Person,
    User,
)

CONVENORS = (Role.LEAD_WORKER, Role.MANAGER)


def add_draft(db: Session, draft: BookingDraft) -> None:
    """Keep a new booking that is being filled in."""
    db.add(draft)


async def load_draft(db: Session, draft_id: int, user_id: int) -> BookingDraft | None:
    """Somebody's own booking; another's looks as if it did not exist."""
    found: BookingDraft | None = await db.scalar(
        sa.select(BookingDraft)
        .where(BookingDraft.id == draft_id, BookingDraft.user_id == user_id)
        .where(BookingDraft.discarded_at.is_(None))
    )
    return found


async def list_unfinished_drafts(db: Session, user_id: int) -> Sequence[BookingDraft]:
    """Somebody's bookings that have not become meetings, the latest touched first."""
    rows = await db.scalars(
        sa.select(BookingDraft)
        .outerjoin(Meeting, Meeting.draft_id == BookingDraft.id)
        .where(BookingDraft.user_id == user_id, BookingDraft.discarded_at.is_(None), Meeting.id.is_(None))
        .order_by(BookingDraft.updated_at.desc(), BookingDraft.id.desc())
    )
    return rows.all()


async def list_siblings(db: Session, child_ids: Sequence[int], limit: int) -> Sequence[Child]:
    """Open records of children who share somebody of the family with one of these."""
    family = sa.select(Membership.person_id).where(
        Membership.child_id.in_(child_ids), Membership.sector == Sector.FAMILY, Membership.ended_on.is_(None)
    )
    shares_family = sa.select(Membership.child_id).where(
        Membership.person_id.in_(family), Membership.sector == Sector.FAMILY, Membership.ended_on.is_(None)
    )
    rows = await db.scalars(
        sa.select(Child)
        .where(Child.id.in_(shares_family), Child.id.not_in(child_ids), Child.closed_at.is_(None))
        .order_by(Child.family_name, Child.given_name, Child.id)
        .limit(limit)
    )
    return rows.all()


async def search_open_children(db: Session, words: Sequence[str], near_user_id: int, limit: int) -> Sequence[Child]:
    """Open records that every word is part of, by name or reference; this lead worker's own children first."""
    haystack = Child.reference + " " + Child.given_name + " " + Child.family_name
    rows = await db.scalars(
        sa.select(Child)
        .where(Child.closed_at.is_(None), *(haystack.icontains(word, autoescape=True) for word in words))
        .order_by(Child.lead_worker_id != near_user_id, Child.family_name, Child.given_name, Child.id)
        .limit(limit)
    )
    return rows.all()


async def list_convenors(db: Session) -> Sequence[User]:
    """Who can convene a meeting: active lead workers and managers, with their names."""
    rows = await db.scalars(
        sa.select(User)
        .join(Person, Person.id == User.person_id)
        .where(User.is_active, User.role.in_(CONVENORS))
        .options(joinedload(User.person))
        .order_by(Person.name, User.id)
    )
    return rows.all()


async def list_leave(db: Session, person_ids: Iterable[int], first_on: date, last_on: date) -> Sequence[Leave]:
    """Leave of these people that touches the days from the first to the last."""
    rows = await db.scalars(
        sa.select(Leave).where(
            Leave.person_id.in_(list(person_ids)), Leave.starts_on <= last_on, Leave.ends_on >= first_on
        )
    )
    return rows.all()
