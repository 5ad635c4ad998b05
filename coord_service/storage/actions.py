"""Actions out of meetings. Which of them are to be chased is found in ``chasing``."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from coord_service.domain.actions import ActionFilter, ActionStatus, Shown
from coord_service.storage.database import Session
from coord_service.storage.tables import (
    Action,
    AuditEntry,
    Child,
    Meeting,
    OutboxLetter,
    Person,
    PersonalLink,
    Service,
    User,
)

_WITH_PEOPLE = (
    joinedload(Action.owner).joinedload(Person.service).joinedload(Service.agency),
    joinedload(Action.child).joinedload(Child.lead_worker).joinedload(User.person),
)
_WITH_ALL = (
    *_WITH_PEOPLE,
    joinedload(Action.meeting).options(
        joinedload(Meeting.convenor).joinedload(User.person), selectinload(Meeting.children)
    ),
)


def add_action(db: Session, action: Action) -> None:
    """Keep a new action."""
    db.add(action)


async def load_action(db: Session, action_id: int) -> Action | None:
    """One action with its owner, its child and its meeting."""
    found: Action | None = await db.scalar(sa.select(Action).where(Action.id == action_id).options(*_WITH_ALL))
    return found


async def lock_action(db: Session, action_id: int) -> Action | None:
    """One action with its owner and its child, locked until the transaction ends."""
    query = sa.select(Action).where(Action.id == action_id).options(*_WITH_PEOPLE)
    found: Action | None = await db.scalar(query.with_for_update(of=Action))
    return found


async def find_same_action(db: Session, action: Action, since: datetime) -> int | None:
    """The id of an open action that says the same and was entered since: the first of a double click."""
    found: int | None = await db.scalar(
        sa.select(Action.id)
        .where(
            Action.meeting_id == action.meeting_id,
            Action.child_id == action.child_id,
            Action.owner_id == action.owner_id,
            Action.what == action.what,
            Action.due_on == action.due_on,
            Action.status == ActionStatus.OPEN,
            Action.created_at >= since,
        )
        .limit(1)
    )
    return found


async def list_meeting_actions(db: Session, meeting_id: int) -> Sequence[Action]:
    """What was undertaken at a meeting, in the order it was noted."""
    rows = await db.scalars(
        sa.select(Action).where(Action.meeting_id == meeting_id).order_by(Action.id).options(*_WITH_ALL)
    )
    return rows.all()


def _matches(wanted: ActionFilter, today: date) -> sa.ColumnElement[bool]:
    is_open = Action.status == ActionStatus.OPEN
    narrowing: list[sa.ColumnElement[bool]] = [
        {
            Shown.OPEN: is_open,
            Shown.OVERDUE: sa.and_(is_open, Action.due_on < today),
            Shown.DONE: Action.status == ActionStatus.DONE,
            Shown.ALL: sa.true(),
        }[wanted.shown]
    ]
    if wanted.lead_worker_id is not None:
        narrowing.append(Action.child.has(Child.lead_worker_id == wanted.lead_worker_id))
    if wanted.child_id is not None:
        narrowing.append(Action.child_id == wanted.child_id)
    if wanted.owner_id is not None:
        narrowing.append(Action.owner_id == wanted.owner_id)
    return sa.and_(*narrowing)


async def list_actions(db: Session, wanted: ActionFilter, today: date, window: tuple[int, int]) -> Sequence[Action]:
    """Actions: what is open by date, before what has ended, the latest first. ``window`` is limit and offset."""
    limit, offset = window
    has_ended = sa.case((Action.status == ActionStatus.OPEN, 0), else_=1)
    rows = await db.scalars(
        sa.select(Action)
        .where(_matches(wanted, today))
        .order_by(has_ended, Action.ended_at.desc(), Action.due_on, Action.id)
        .limit(limit)
        .offset(offset)
        .options(*_WITH_ALL)
    )
    return rows.all()


async def count_actions(db: Session, wanted: ActionFilter, today: date) -> int:
    """How many actions ``list_actions`` would give in all."""
    return await db.scalar(sa.select(sa.func.count()).select_from(Action).where(_matches(wanted, today))) or 0


async def list_actions_in_need(db: Session, user_id: int, person_id: int, today: date) -> Sequence[Action]:
    """What a lead worker has to look at, their own first, then by date: late and not promised for later, or "not mine".

    Of the children they lead, and whatever they own themselves.
    """
    is_late = sa.and_(Action.due_on < today, sa.or_(Action.promised_on.is_(None), Action.promised_on < today))
    rows = await db.scalars(
        sa.select(Action)
        .where(
            Action.status == ActionStatus.OPEN,
            sa.or_(is_late, Action.suggested_owner.is_not(None)),
            sa.or_(Action.owner_id == person_id, Action.child.has(Child.lead_worker_id == user_id)),
        )
        .order_by(sa.case((Action.owner_id == person_id, 0), else_=1), Action.due_on, Action.id)
        .options(*_WITH_PEOPLE)
    )
    return rows.all()


async def list_action_letters(db: Session, action_id: int) -> Sequence[OutboxLetter]:
    """The letters about one action, oldest first, without their bytes."""
    rows = await db.scalars(
        sa.select(OutboxLetter).where(OutboxLetter.action_id == action_id).order_by(OutboxLetter.id)
    )
    return rows.all()


async def count_action_letters(db: Session, action_id: int) -> int:
    """How many letters about one action there are."""
    query = sa.select(sa.func.count()).select_from(OutboxLetter).where(OutboxLetter.action_id == action_id)
    return await db.scalar(query) or 0


async def list_action_history(db: Session, action_id: int) -> Sequence[tuple[AuditEntry, str | None]]:
    """What was done to one action, oldest first, each with the name of the member of staff who did it."""
    rows = await db.execute(
        sa.select(AuditEntry, Person.name)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .outerjoin(Person, Person.id == User.person_id)
        .where(AuditEntry.record_type == "action", AuditEntry.record_id == action_id)
        .order_by(AuditEntry.id)
    )
    return [(entry, name) for entry, name in rows]


async def revoke_action_links(db: Session, action_id: int, now: datetime) -> None:
    """Make every personal link to this action useless."""
    await db.execute(
        sa.update(PersonalLink)
        .where(PersonalLink.action_id == action_id, PersonalLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )
