"""Letters that did not arrive, by what they were about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from coord_service.domain.actions import ActionStatus
from coord_service.domain.advice import AdviceStatus
from coord_service.domain.delivery import LetterState
from coord_service.domain.meetings import MeetingStatus
from coord_service.storage.chasing import ACTION, ADVICE
from coord_service.storage.database import Session
from coord_service.storage.home import is_theirs
from coord_service.storage.tables import (
    Action,
    AdviceRequest,
    Attendee,
    BookingDraft,
    Chase,
    Child,
    Meeting,
    OutboxLetter,
    Poll,
)

Condition = sa.ColumnElement[bool]

_LATER_LETTER = aliased(OutboxLetter, name="later_letter")
_LATER_CHASE = aliased(Chase, name="later_chase")
_TABLES: dict[str, type[AdviceRequest] | type[Action]] = {ADVICE: AdviceRequest, ACTION: Action}
_IS_OPEN: dict[str, Condition] = {
    ADVICE: AdviceRequest.status == AdviceStatus.OPEN,
    ACTION: Action.status == ActionStatus.OPEN,
}


@dataclass(frozen=True, slots=True)
class LostLetter:
    """A letter that did not arrive, and what it was about: one id is there (``draft_id`` for a poll)."""

    recipient: str
    error: str | None
    lost_at: datetime
    meeting_id: int | None
    advice_request_id: int | None
    action_id: int | None
    child_id: int | None  # of the request or the action
    draft_id: int | None = None


def _is_lost() -> Condition:
    """Nobody has dealt with it yet."""
    has_failed = sa.or_(OutboxLetter.state == LetterState.FAILED, OutboxLetter.bounced_at.is_not(None))
    return sa.and_(has_failed, OutboxLetter.settled_at.is_(None))


def _lost_at() -> sa.ColumnElement[Any]:
    return sa.func.coalesce(OutboxLetter.bounced_at, OutboxLetter.not_before)


def _has_later_letter() -> Condition:
    """Whether the same people were written to again about the same."""
    return sa.exists().where(
        _LATER_LETTER.id > OutboxLetter.id,
        _LATER_LETTER.state != LetterState.WITHDRAWN,
        sa.or_(
            _LATER_LETTER.attendee_id == OutboxLetter.attendee_id,
            _LATER_LETTER.advice_request_id == OutboxLetter.advice_request_id,
            _LATER_LETTER.action_id == OutboxLetter.action_id,
            sa.and_(_LATER_LETTER.poll_id == OutboxLetter.poll_id, _LATER_LETTER.person_id == OutboxLetter.person_id),
        ),
    )


async def list_lost_letters(db: Session, user_id: int, now: datetime) -> Sequence[LostLetter]:
    """Letters that bounced or could not be sent, about something still open, with no later letter about the same."""
    child_id = sa.func.coalesce(AdviceRequest.child_id, Action.child_id)
    is_coming = sa.and_(Meeting.status == MeetingStatus.BOOKED, Meeting.ends_at > now, Attendee.removed_at.is_(None))
    is_open = sa.or_(*_IS_OPEN.values())
    rows = await db.execute(
        sa.select(
            OutboxLetter.recipient,
            OutboxLetter.error,
            _lost_at(),
            OutboxLetter.meeting_id,
            OutboxLetter.advice_request_id,
            OutboxLetter.action_id,
            child_id,
            BookingDraft.id,
        )
        .outerjoin(Meeting, Meeting.id == OutboxLetter.meeting_id)
        .outerjoin(Attendee, Attendee.id == OutboxLetter.attendee_id)
        .outerjoin(AdviceRequest, AdviceRequest.id == OutboxLetter.advice_request_id)
        .outerjoin(Action, Action.id == OutboxLetter.action_id)
        .outerjoin(Child, Child.id == child_id)
        .outerjoin(Poll, sa.and_(Poll.id == OutboxLetter.poll_id, Poll.closed_at.is_(None)))
        .outerjoin(BookingDraft, BookingDraft.id == Poll.draft_id)
        .where(_is_lost(), ~_has_later_letter())
        .where(
            sa.or_(
                sa.and_(is_coming, is_theirs(user_id)),
                sa.and_(is_open, Child.lead_worker_id == user_id),
                BookingDraft.user_id == user_id,
            )
        )
        .order_by(OutboxLetter.id)
    )
    return [LostLetter(*row) for row in rows]


async def list_lost_chases(db: Session, subject: str, user_id: int) -> Sequence[LostLetter]:
    """Open advice, or actions, whose last chase of somebody was in a letter that did not arrive."""
    table = _TABLES[subject]
    later = sa.exists().where(
        _LATER_CHASE.subject == subject,
        _LATER_CHASE.subject_id == Chase.subject_id,
        _LATER_CHASE.audience == Chase.audience,
        _LATER_CHASE.id > Chase.id,
    )
    rows = await db.execute(
        sa.select(OutboxLetter.recipient, OutboxLetter.error, _lost_at(), table.id, table.child_id)
        .join(Chase, Chase.letter_id == OutboxLetter.id)
        .join(table, table.id == Chase.subject_id)
        .join(Child, Child.id == table.child_id)
        .where(Chase.subject == subject, _IS_OPEN[subject], Child.lead_worker_id == user_id)
        .where(_is_lost(), ~later)
        .order_by(OutboxLetter.id)
    )
    return [
        LostLetter(
            recipient=recipient,
            error=error,
            lost_at=lost_at,
            meeting_id=None,
            advice_request_id=record_id if subject == ADVICE else None,
            action_id=record_id if subject == ACTION else None,
            child_id=child_id,
        )
        for recipient, error, lost_at, record_id, child_id in rows
    ]
