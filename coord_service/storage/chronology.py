"""Everything on record about one child, for its chronology."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

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
    actions: Sequence[Action]
    chases: Sequence[Chase]
    letters: Sequence[OutboxLetter]
    mails: Sequence[InboundMail]
    entries: Sequence[tuple[AuditEntry, str | None]]  # with the name of the member of staff behind each


async def load_chronicle(db: Session, child_id: int) -> Chronicle:
    """The rows about a child, in nine statements and one for who was at the meetings, however many there are."""
    requests = sa.select(AdviceRequest.id).where(AdviceRequest.child_id == child_id).scalar_subquery()
    meetings = (
        sa.select(Meeting.id)
        .join(MeetingChild, MeetingChild.meeting_id == Meeting.id)
        .where(MeetingChild.child_id == child_id, Meeting.status != MeetingStatus.UNDONE)
        .scalar_subquery()
    )
    actions = sa.select(Action.id).where(Action.child_id == child_id).scalar_subquery()
    chased = sa.or_(
        sa.and_(Chase.subject == ADVICE, Chase.subject_id.in_(requests)),
        sa.and_(Chase.subject == ACTION, Chase.subject_id.in_(actions)),
    )
    return Chronicle(
        requests=(await db.scalars(_requests(child_id))).all(),
        events=(
            await db.scalars(
                sa.select(AdviceEvent).where(AdviceEvent.request_id.in_(requests)).order_by(AdviceEvent.id)
            )
        ).all(),
        contacts=(await db.scalars(_contacts(child_id))).all(),
        meetings=(await db.scalars(_meetings(meetings))).all(),
        actions=(await db.scalars(sa.select(Action).where(Action.child_id == child_id).order_by(Action.id))).all(),
        chases=(await db.scalars(sa.select(Chase).where(chased).order_by(Chase.id))).all(),
        letters=(
            await db.scalars(
                sa.select(OutboxLetter)
                .where(
                    sa.or_(
                        OutboxLetter.child_id == child_id,
                        OutboxLetter.advice_request_id.in_(requests),
                        OutboxLetter.meeting_id.in_(meetings),
                        OutboxLetter.action_id.in_(actions),
                        OutboxLetter.id.in_(sa.select(Chase.letter_id).where(chased)),
                    )
                )
                .order_by(OutboxLetter.id)
            )
        ).all(),
        mails=(
            await db.scalars(
                sa.select(InboundMail)
                .where(
                    sa.or_(
                        InboundMail.advice_request_id.in_(requests),
                        InboundMail.meeting_id.in_(meetings),
                        InboundMail.action_id.in_(actions),
                    )
                )
                .order_by(InboundMail.id)
            )
        ).all(),
        entries=[(entry, name) for entry, name in await db.execute(_entries(child_id))],
    )


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


def _meetings(ids: sa.ScalarSelect[int]) -> sa.Select[Meeting]:
    return (
        sa.select(Meeting)
        .where(Meeting.id.in_(ids))
        .order_by(Meeting.id)
        .options(selectinload(Meeting.attendees).joinedload(Attendee.person))
    )


def _entries(child_id: int) -> sa.Select[AuditEntry, str | None]:
    return (
        sa.select(AuditEntry, Person.name)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .outerjoin(Person, Person.id == User.person_id)
        .where(AuditEntry.child_id == child_id)
        .order_by(AuditEntry.id)
    )
