"""Everything on record about one child, for its chronology."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.domain.meetings import MeetingStatus
from coord_service.storage.chasing import ACTION, ADVICE
from coord_service.storage.database import Session
from coord_service.storage.tables import (
    Action,
    AdviceEvent,
    AdviceRequest,
    Attendee,
    AuditEntry,
    Chase,
    Contact,
    InboundMail,
    Meeting,
    MeetingChild,
    OutboxLetter,
    Person,
    Service,
    User,
)


@dataclass(frozen=True, slots=True)
class Chronicle:
    """The rows, each kind in the order in which it was written; of letters and mails not the bytes."""

    requests: Sequence[AdviceRequest]
    events: Sequence[AdviceEvent]
    contacts: Sequence[Contact]
    meetings: Sequence[Meeting]
    attendees: Sequence[Attendee]
    actions: Sequence[Action]
    chases: Sequence[Chase]
    letters: Sequence[OutboxLetter]
    mails: Sequence[InboundMail]
    recipients: dict[int, str]  # the names of those to whom the letters went, by their ids
    entries: Sequence[tuple[AuditEntry, str | None]]  # with the name of the member of staff behind each


async def load_chronicle(db: Session, child_id: int) -> Chronicle:
    """The rows about a child, in eleven statements, however many there are."""
    about = _About(child_id)
    return Chronicle(
        requests=(await db.scalars(_requests(child_id))).all(),
        events=(await db.scalars(_in_order(AdviceEvent, AdviceEvent.request_id.in_(about.requests)))).all(),
        contacts=(await db.scalars(_contacts(child_id))).all(),
        meetings=(await db.scalars(_in_order(Meeting, Meeting.id.in_(about.meetings)))).all(),
        attendees=(await db.scalars(_attendees(about))).all(),
        actions=(await db.scalars(_in_order(Action, Action.child_id == child_id))).all(),
        chases=(await db.scalars(_in_order(Chase, about.is_chase))).all(),
        letters=(await db.scalars(_in_order(OutboxLetter, about.is_letter))).all(),
        recipients=dict((await db.execute(_recipients(about))).all()),
        mails=(await db.scalars(_in_order(InboundMail, about.is_mail))).all(),
        entries=[(entry, name) for entry, name in await db.execute(_entries(child_id))],
    )


class _About:
    """What belongs to a child, as conditions."""

    def __init__(self, child_id: int) -> None:
        self.child_id = child_id
        self.requests = sa.select(AdviceRequest.id).where(AdviceRequest.child_id == child_id).scalar_subquery()
        self.actions = sa.select(Action.id).where(Action.child_id == child_id).scalar_subquery()
        self.meetings = (
            sa.select(Meeting.id)
            .join(MeetingChild, MeetingChild.meeting_id == Meeting.id)
            .where(MeetingChild.child_id == child_id, Meeting.status != MeetingStatus.UNDONE)
            .scalar_subquery()
        )

    @property
    def is_chase(self) -> sa.ColumnElement[bool]:
        return sa.or_(
            sa.and_(Chase.subject == ADVICE, Chase.subject_id.in_(self.requests)),
            sa.and_(Chase.subject == ACTION, Chase.subject_id.in_(self.actions)),
        )

    @property
    def is_letter(self) -> sa.ColumnElement[bool]:
        return sa.or_(
            OutboxLetter.child_id == self.child_id,
            OutboxLetter.advice_request_id.in_(self.requests),
            OutboxLetter.meeting_id.in_(self.meetings),
            OutboxLetter.action_id.in_(self.actions),
            OutboxLetter.id.in_(sa.select(Chase.letter_id).where(self.is_chase)),
        )

    @property
    def is_mail(self) -> sa.ColumnElement[bool]:
        return sa.or_(
            InboundMail.advice_request_id.in_(self.requests),
            InboundMail.meeting_id.in_(self.meetings),
            InboundMail.action_id.in_(self.actions),
        )


def _in_order(table: Any, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(table).where(condition).order_by(table.id)


def _requests(child_id: int) -> sa.Select[AdviceRequest]:
    return (
        sa.select(AdviceRequest)
        .where(AdviceRequest.child_id == child_id)
        .order_by(AdviceRequest.id)
        .options(joinedload(AdviceRequest.service).joinedload(Service.agency), joinedload(AdviceRequest.person))
    )


def _contacts(child_id: int) -> sa.Select[Contact]:
    return (
        sa.select(Contact)
        .where(Contact.child_id == child_id)
        .order_by(Contact.id)
        .options(joinedload(Contact.person), joinedload(Contact.by_user).joinedload(User.person))
    )


def _attendees(about: _About) -> sa.Select[Attendee]:
    return _in_order(Attendee, Attendee.meeting_id.in_(about.meetings)).options(joinedload(Attendee.person))


def _recipients(about: _About) -> sa.Select[int, str]:
    letters = sa.select(OutboxLetter.person_id).where(about.is_letter)
    return sa.select(Person.id, Person.name).where(Person.id.in_(letters))


def _entries(child_id: int) -> sa.Select[AuditEntry, str | None]:
    return (
        sa.select(AuditEntry, Person.name)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .outerjoin(Person, Person.id == User.person_id)
        .where(AuditEntry.child_id == child_id)
        .order_by(AuditEntry.id)
    )
