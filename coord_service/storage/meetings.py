"""Meetings and who is invited to them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from coord_service.domain.meetings import Answer, MeetingStatus
from coord_service.domain.people import normal_address
from coord_service.storage.database import Session
from coord_service.storage.tables import (
    Attendee,
    CalendarConnection,
    Child,
    Meeting,
    Membership,
    OutboxLetter,
    Person,
    Service,
    User,
)

_WHOLE = (
    joinedload(Meeting.convenor).joinedload(User.person),
    joinedload(Meeting.calendar).joinedload(CalendarConnection.person),
    selectinload(Meeting.children),
    selectinload(Meeting.attendees).joinedload(Attendee.person).joinedload(Person.service).joinedload(Service.agency),
)


def add_meeting(db: Session, meeting: Meeting) -> None:
    """Keep a new meeting with its attendees."""
    db.add(meeting)


async def load_meeting(db: Session, meeting_id: int) -> Meeting | None:
    """One meeting with its children, its attendees, and where they work."""
    return await db.get(Meeting, meeting_id, options=_WHOLE)


async def lock_meeting(db: Session, meeting_id: int) -> Meeting | None:
    """One meeting as ``load_meeting`` gives it; whoever else changes or answers it waits until the transaction ends."""
    await db.execute(sa.select(Meeting.id).where(Meeting.id == meeting_id).with_for_update(key_share=True))
    return await db.get(Meeting, meeting_id, options=_WHOLE, populate_existing=True)


async def find_meeting_of_attendee(db: Session, attendee_id: int) -> int | None:
    """The meeting an attendee is invited to, by id."""
    found: int | None = await db.scalar(sa.select(Attendee.meeting_id).where(Attendee.id == attendee_id))
    return found


async def load_meeting_of_draft(db: Session, draft_id: int) -> int | None:
    """The meeting that a booking draft became, by id."""
    found: int | None = await db.scalar(sa.select(Meeting.id).where(Meeting.draft_id == draft_id))
    return found


async def find_meeting_by_uid(db: Session, uid: str) -> int | None:
    """The meeting that a calendar calls by this UID, by id."""
    found: int | None = await db.scalar(sa.select(Meeting.id).where(Meeting.uid == uid))
    return found


async def find_meeting_by_event(db: Session, uid: str) -> int | None:
    """The meeting whose event in its organizer's calendar has this UID, by id."""
    found: int | None = await db.scalar(sa.select(Meeting.id).where(Meeting.calendar_uid == uid))
    return found


async def list_meetings_in_calendar(db: Session, connection_id: int, now: datetime) -> Sequence[int]:
    """The meetings to come that live in a calendar, by id."""
    rows = await db.scalars(
        sa.select(Meeting.id)
        .where(Meeting.calendar_id == connection_id, Meeting.status == MeetingStatus.BOOKED, Meeting.ends_at > now)
        .order_by(Meeting.id)
    )
    return rows.all()


async def load_attendee(db: Session, attendee_id: int) -> Attendee | None:
    """One attendee with the person behind it."""
    return await db.get(Attendee, attendee_id, options=[joinedload(Attendee.person)])


async def lock_people(db: Session, person_ids: Iterable[int]) -> Sequence[Person]:
    """These people with where they work, locked until the transaction ends: nobody else books them meanwhile."""
    rows = await db.scalars(
        sa.select(Person)
        .where(Person.id.in_(list(person_ids)))
        .order_by(Person.id)  # always in one order, so that two bookings wait instead of blocking each other for good
        .options(selectinload(Person.service).joinedload(Service.agency))
        .with_for_update(of=Person, key_share=True)  # a letter to one of them may be queued meanwhile
    )
    return rows.all()


async def load_children(db: Session, child_ids: Iterable[int]) -> Sequence[Child]:
    """These children, open or closed."""
    rows = await db.scalars(sa.select(Child).where(Child.id.in_(list(child_ids))).order_by(Child.id))
    return rows.all()


async def lock_children(db: Session, child_ids: Iterable[int]) -> Sequence[Child]:
    """These children; nobody closes, hands over or shields one of them until the transaction ends."""
    query = sa.select(Child).where(Child.id.in_(list(child_ids))).order_by(Child.id)
    return (await db.scalars(query.with_for_update(read=True))).all()


async def list_clashes(
    db: Session, person_ids: Iterable[int], starts_at: datetime, ends_at: datetime, except_meeting: int | None
) -> Sequence[tuple[int, datetime, datetime]]:
    """When these people are at booked meetings they have not declined: (person id, start, end), and nothing more."""
    query = (
        sa.select(Attendee.person_id, Meeting.starts_at, Meeting.ends_at)
        .join(Meeting, Meeting.id == Attendee.meeting_id)
        .where(
            Attendee.person_id.in_(list(person_ids)),
            Attendee.removed_at.is_(None),
            Attendee.answer != Answer.DECLINED,
            Meeting.status == MeetingStatus.BOOKED,
            Meeting.starts_at < ends_at,
            Meeting.ends_at > starts_at,
        )
        .order_by(Meeting.starts_at)
    )
    if except_meeting is not None:
        query = query.where(Meeting.id != except_meeting)
    return [(person_id, start, end) for person_id, start, end in await db.execute(query)]


async def list_known_recipients(db: Session, addresses: Iterable[str]) -> set[str]:
    """Which of these addresses have been written to before."""
    wanted = [normal_address(address) for address in addresses]
    rows = await db.scalars(sa.select(OutboxLetter.recipient).where(OutboxLetter.recipient.in_(wanted)).distinct())
    return set(rows)


def _listed(now: datetime, *, convenor_id: int | None, is_past: bool) -> sa.ColumnElement[bool]:
    when = Meeting.ends_at < now if is_past else Meeting.ends_at >= now
    mine = sa.true() if convenor_id is None else Meeting.convenor_id == convenor_id
    return sa.and_(when, mine, Meeting.status != MeetingStatus.UNDONE)


async def list_meetings(
    db: Session, now: datetime, *, convenor_id: int | None, is_past: bool, window: tuple[int, int]
) -> Sequence[Meeting]:
    """Meetings to come, the next first; or past ones, the latest first. ``window`` is (limit, offset)."""
    limit, offset = window
    order = Meeting.starts_at.desc() if is_past else Meeting.starts_at
    rows = await db.scalars(
        sa.select(Meeting)
        .where(_listed(now, convenor_id=convenor_id, is_past=is_past))
        .order_by(order, Meeting.id)
        .limit(limit)
        .offset(offset)
        .options(*_WHOLE)
    )
    return rows.all()


async def count_meetings(db: Session, now: datetime, *, convenor_id: int | None, is_past: bool) -> int:
    """How many meetings ``list_meetings`` would give in all."""
    query = sa.select(sa.func.count()).select_from(Meeting)
    return await db.scalar(query.where(_listed(now, convenor_id=convenor_id, is_past=is_past))) or 0


async def list_team_members(db: Session, child_ids: Iterable[int], today: date) -> Sequence[Membership]:
    """The present teams around these children, with where people work."""
    rows = await db.scalars(
        sa.select(Membership)
        .where(
            Membership.child_id.in_(list(child_ids)),
            sa.or_(Membership.ended_on.is_(None), Membership.ended_on > today),
        )
        .order_by(Membership.id)
        .options(joinedload(Membership.person).joinedload(Person.service).joinedload(Service.agency))
    )
    return rows.all()
