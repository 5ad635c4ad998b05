"""Children, and who is in the team around each."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from coord_service.domain.meetings import MeetingStatus
from coord_service.domain.people import Role
from coord_service.domain.searching import ChildFilter
from coord_service.storage.database import Session
from coord_service.storage.matching import contains_all
from coord_service.storage.tables import AuditEntry, Child, Meeting, MeetingChild, Membership, Person, Service, User

_WITH_LEAD_WORKER = joinedload(Child.lead_worker).joinedload(User.person)
_WITH_WORKPLACE = joinedload(Membership.person).joinedload(Person.service).joinedload(Service.agency)


def add_child(db: Session, child: Child) -> None:
    """Keep a new child."""
    db.add(child)


async def load_child(db: Session, child_id: int) -> Child | None:
    """One child with the lead worker, or None."""
    return await db.get(Child, child_id, options=[_WITH_LEAD_WORKER], populate_existing=True)


async def find_reference(db: Session, reference: str) -> int | None:
    """The id of the child with exactly this reference."""
    found: int | None = await db.scalar(sa.select(Child.id).where(Child.reference == reference))
    return found


async def list_children(
    db: Session, wanted: ChildFilter, *, first: int | None, now: datetime, window: tuple[int, int]
) -> Sequence[tuple[Child, datetime | None]]:
    """Children by name, the caseload of lead worker ``first`` before all others, each with the start of the next
    meeting. ``window`` is limit and offset."""
    limit, offset = window
    next_meeting = (
        sa.select(sa.func.min(Meeting.starts_at))
        .join(MeetingChild, MeetingChild.meeting_id == Meeting.id)
        .where(MeetingChild.child_id == Child.id, Meeting.status == MeetingStatus.BOOKED, Meeting.ends_at > now)
        .correlate(Child)
        .scalar_subquery()
    )
    is_other = sa.case((Child.lead_worker_id == first, 0), else_=1)
    query = (
        sa.select(Child, next_meeting)
        .where(_matches(wanted))
        .order_by(is_other, sa.func.lower(Child.family_name), sa.func.lower(Child.given_name), Child.id)
        .limit(limit)
        .offset(offset)
        .options(_WITH_LEAD_WORKER)
    )
    return [(child, starts_at) for child, starts_at in await db.execute(query)]


async def count_children(db: Session, wanted: ChildFilter) -> int:
    """How many children ``list_children`` would give in all."""
    return await db.scalar(sa.select(sa.func.count()).select_from(Child).where(_matches(wanted))) or 0


def _matches(wanted: ChildFilter) -> sa.ColumnElement[bool]:
    narrowing = [contains_all((Child.given_name, Child.family_name, Child.reference), wanted.words)]
    if wanted.lead_worker_id is not None:
        narrowing.append(Child.lead_worker_id == wanted.lead_worker_id)
    if wanted.plan_status is not None:
        narrowing.append(Child.plan_status == wanted.plan_status)
    if wanted.is_open is not None:
        narrowing.append(Child.closed_at.is_(None) if wanted.is_open else Child.closed_at.is_not(None))
    return sa.and_(*narrowing)


async def list_lead_workers(db: Session) -> Sequence[User]:
    """Active staff who may carry a child, by name, each with the person behind the account."""
    person = aliased(Person)
    rows = await db.scalars(
        sa.select(User)
        .join(person, person.id == User.person_id)
        .where(User.is_active, User.role.in_([Role.LEAD_WORKER, Role.MANAGER]))
        .order_by(sa.func.lower(person.name), User.id)
        .options(joinedload(User.person))
    )
    return rows.all()


async def list_staff_names(db: Session) -> dict[int, str]:
    """Everybody who has or had an account, by user id."""
    rows = await db.execute(sa.select(User.id, Person.name).join(Person, Person.id == User.person_id))
    return dict(rows.all())


async def list_handed_over(db: Session, user_id: int, since: datetime) -> Sequence[tuple[Child, datetime]]:
    """A lead worker's children who were handed over to anybody since, with the last time, the latest first."""
    last = sa.func.max(AuditEntry.at)
    rows = await db.execute(
        sa.select(Child, last)
        .join(AuditEntry, AuditEntry.child_id == Child.id)
        .where(Child.lead_worker_id == user_id, AuditEntry.verb == "hand_over_child", AuditEntry.at >= since)
        .group_by(Child.id)
        .order_by(last.desc())
    )
    return [(child, at) for child, at in rows]


def add_membership(db: Session, membership: Membership) -> None:
    """Keep a new place in a team."""
    db.add(membership)


async def load_membership(db: Session, membership_id: int) -> Membership | None:
    """One place in a team, with the person and where they work."""
    return await db.get(Membership, membership_id, options=[_WITH_WORKPLACE])


async def find_open_membership(db: Session, child_id: int, person_id: int) -> Membership | None:
    """The person's present place in the child's team, if they have one."""
    found: Membership | None = await db.scalar(
        sa.select(Membership).where(
            Membership.child_id == child_id, Membership.person_id == person_id, Membership.ended_on.is_(None)
        )
    )
    return found


async def list_memberships(db: Session, child_id: int) -> Sequence[Membership]:
    """Everybody who is or was in the child's team, in the order they joined, with where they work."""
    rows = await db.scalars(
        sa.select(Membership)
        .where(Membership.child_id == child_id)
        .order_by(Membership.started_on, Membership.id)
        .options(_WITH_WORKPLACE)
    )
    return rows.all()


async def list_teams(db: Session, person_ids: Sequence[int]) -> Sequence[Membership]:
    """The present places of these people in teams of open records, each with its child, by the child's name."""
    rows = await db.scalars(
        sa.select(Membership)
        .join(Child, Child.id == Membership.child_id)
        .where(Membership.person_id.in_(person_ids), Membership.ended_on.is_(None), Child.closed_at.is_(None))
        .order_by(sa.func.lower(Child.family_name), sa.func.lower(Child.given_name), Membership.id)
        .options(joinedload(Membership.child))
    )
    return rows.all()
