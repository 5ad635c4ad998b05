"""What stands around one child: meetings, advice, actions, contacts, history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from coord_service.domain.actions import ActionStatus
from coord_service.domain.advice import AdviceStatus
from coord_service.domain.meetings import Answer, MeetingStatus
from coord_service.storage.database import Session
from coord_service.storage.tables import (
    Action,
    AdviceRequest,
    Attendee,
    AuditEntry,
    Contact,
    Meeting,
    MeetingChild,
    Person,
    Service,
    User,
)

Window = tuple[int, int]  # limit and offset


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """What is still ahead or open for a child: the figures on its tabs."""

    meetings: int
    advice: int
    actions: int


async def count_open(db: Session, child_id: int, now: datetime) -> OpenCounts:
    """The figures of the tabs, in one statement."""
    meetings = sa.select(sa.func.count()).select_from(_meetings_of(child_id).where(_is_ahead(now)).subquery())
    advice = sa.select(sa.func.count()).where(
        AdviceRequest.child_id == child_id, AdviceRequest.status == AdviceStatus.OPEN
    )
    actions = sa.select(sa.func.count()).where(Action.child_id == child_id, Action.status == ActionStatus.OPEN)
    row = (
        await db.execute(sa.select(meetings.scalar_subquery(), advice.scalar_subquery(), actions.scalar_subquery()))
    ).one()
    return OpenCounts(*row)


def _meetings_of(child_id: int) -> sa.Select[int]:
    return (
        sa.select(Meeting.id)
        .join(MeetingChild, MeetingChild.meeting_id == Meeting.id)
        .where(MeetingChild.child_id == child_id, Meeting.status != MeetingStatus.UNDONE)
    )


def _is_ahead(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(Meeting.status == MeetingStatus.BOOKED, Meeting.ends_at > now)


async def load_next_meeting(db: Session, child_id: int, now: datetime) -> Meeting | None:
    """The child's next booked meeting, without its people."""
    found: Meeting | None = await db.scalar(
        sa.select(Meeting)
        .where(Meeting.id.in_(_meetings_of(child_id)), _is_ahead(now))
        .order_by(Meeting.starts_at, Meeting.id)
        .limit(1)
    )
    return found


async def list_answers(db: Session, meeting_id: int | None) -> dict[int, Answer]:
    """Everybody who is invited to a meeting, by person, with their answer; nobody for no meeting."""
    rows = await db.execute(
        sa.select(Attendee.person_id, Attendee.answer).where(
            Attendee.meeting_id == meeting_id, Attendee.removed_at.is_(None)
        )
    )
    return dict(rows.all())


async def list_open_advice(db: Session, child_id: int) -> Sequence[AdviceRequest]:
    """What is asked and not received, the most urgent first."""
    rows = await db.scalars(
        sa.select(AdviceRequest)
        .where(AdviceRequest.child_id == child_id, AdviceRequest.status == AdviceStatus.OPEN)
        .order_by(AdviceRequest.due_on, AdviceRequest.id)
    )
    return rows.all()


async def list_meetings_ahead(db: Session, child_id: int, now: datetime) -> Sequence[Meeting]:
    """The child's booked meetings that are not over, the next first, without their people."""
    rows = await db.scalars(
        sa.select(Meeting)
        .where(Meeting.id.in_(_meetings_of(child_id)), _is_ahead(now))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    return rows.all()


async def list_invitations_ahead(db: Session, child_id: int, person_id: int, now: datetime) -> Sequence[Meeting]:
    """The child's booked meetings that are not over and to which this person is invited, the next first."""
    invited = sa.select(Attendee.meeting_id).where(Attendee.person_id == person_id, Attendee.removed_at.is_(None))
    rows = await db.scalars(
        sa.select(Meeting)
        .where(Meeting.id.in_(_meetings_of(child_id)), Meeting.id.in_(invited), _is_ahead(now))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    return rows.all()


async def list_child_meetings(db: Session, child_id: int, window: Window) -> Sequence[tuple[Meeting, int, int]]:
    """A child's meetings, the latest first, each with how many are invited and how many of them are coming."""
    limit, offset = window
    invited = sa.select(sa.func.count()).where(Attendee.meeting_id == Meeting.id, Attendee.removed_at.is_(None))
    coming = invited.where(Attendee.answer == Answer.ACCEPTED)
    rows = await db.execute(
        sa.select(Meeting, invited.correlate(Meeting).scalar_subquery(), coming.correlate(Meeting).scalar_subquery())
        .where(Meeting.id.in_(_meetings_of(child_id)))
        .order_by(Meeting.starts_at.desc(), Meeting.id)
        .limit(limit)
        .offset(offset)
    )
    return [(meeting, all_of_them, yes) for meeting, all_of_them, yes in rows]


async def count_child_meetings(db: Session, child_id: int) -> int:
    """How many meetings ``list_child_meetings`` would give in all."""
    return await db.scalar(sa.select(sa.func.count()).select_from(_meetings_of(child_id).subquery())) or 0


async def list_child_advice(db: Session, child_id: int, window: Window) -> Sequence[AdviceRequest]:
    """A child's advice requests, open ones first and by due date, with service, agency and person."""
    limit, offset = window
    rows = await db.scalars(
        sa.select(AdviceRequest)
        .where(AdviceRequest.child_id == child_id)
        .order_by(sa.case((AdviceRequest.status == AdviceStatus.OPEN, 0), else_=1), AdviceRequest.due_on)
        .order_by(AdviceRequest.id)
        .limit(limit)
        .offset(offset)
        .options(joinedload(AdviceRequest.person), joinedload(AdviceRequest.service).joinedload(Service.agency))
    )
    return rows.all()


async def count_child_advice(db: Session, child_id: int) -> int:
    """How many requests ``list_child_advice`` would give in all."""
    return await db.scalar(sa.select(sa.func.count()).where(AdviceRequest.child_id == child_id)) or 0


async def list_child_actions(db: Session, child_id: int, window: Window) -> Sequence[Action]:
    """A child's actions, open ones first and by due date, with their owners."""
    limit, offset = window
    rows = await db.scalars(
        sa.select(Action)
        .where(Action.child_id == child_id)
        .order_by(sa.case((Action.status == ActionStatus.OPEN, 0), else_=1), Action.due_on, Action.id)
        .limit(limit)
        .offset(offset)
        .options(joinedload(Action.owner))
    )
    return rows.all()


async def count_child_actions(db: Session, child_id: int) -> int:
    """How many actions ``list_child_actions`` would give in all."""
    return await db.scalar(sa.select(sa.func.count()).where(Action.child_id == child_id)) or 0


def add_contact(db: Session, contact: Contact) -> None:
    """Keep what was said."""
    db.add(contact)


async def find_same_contact(db: Session, contact: Contact, since: datetime) -> int | None:
    """The id of an equal contact that the same person logged since: a double click."""
    found: int | None = await db.scalar(
        sa.select(Contact.id).where(
            Contact.child_id == contact.child_id,
            Contact.by_user_id == contact.by_user_id,
            Contact.person_id == contact.person_id,
            Contact.kind == contact.kind,
            Contact.note == contact.note,
            Contact.at >= since,
        )
    )
    return found


async def list_contacts(db: Session, child_id: int, window: Window) -> Sequence[Contact]:
    """A child's contacts, the latest first, with whom and by whom."""
    limit, offset = window
    rows = await db.scalars(
        sa.select(Contact)
        .where(Contact.child_id == child_id)
        .order_by(Contact.at.desc(), Contact.id.desc())
        .limit(limit)
        .offset(offset)
        .options(joinedload(Contact.person), joinedload(Contact.by_user).joinedload(User.person))
    )
    return rows.all()


async def count_contacts(db: Session, child_id: int) -> int:
    """How many contacts ``list_contacts`` would give in all."""
    return await db.scalar(sa.select(sa.func.count()).where(Contact.child_id == child_id)) or 0


async def list_history(
    db: Session, child_id: int, record_types: Sequence[str], window: Window
) -> Sequence[tuple[AuditEntry, str | None]]:
    """A child's audit entries, the latest first, each with the name of the member of staff behind it.

    ``record_types`` narrows to records of these kinds; none of them means all.
    """
    limit, offset = window
    person = aliased(Person)
    rows = await db.execute(
        sa.select(AuditEntry, person.name)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .outerjoin(person, person.id == User.person_id)
        .where(_in_history(child_id, record_types))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [(entry, name) for entry, name in rows]


async def count_history(db: Session, child_id: int, record_types: Sequence[str]) -> int:
    """How many entries ``list_history`` would give in all."""
    return await db.scalar(sa.select(sa.func.count()).where(_in_history(child_id, record_types))) or 0


def _in_history(child_id: int, record_types: Sequence[str]) -> sa.ColumnElement[bool]:
    of_child = AuditEntry.child_id == child_id
    return sa.and_(of_child, AuditEntry.record_type.in_(record_types)) if record_types else of_child
