"""What the home pages read: a lead worker's meetings, mail, letters and cases; the whole team's workload."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from coord_service.domain.actions import ActionStatus
from coord_service.domain.advice import AdviceStatus
from coord_service.domain.children import PlanStatus
from coord_service.domain.delivery import LetterState
from coord_service.domain.itip import Question
from coord_service.domain.meetings import Answer, MeetingStatus, Purpose
from coord_service.domain.people import Role
from coord_service.storage.database import Session
from coord_service.storage.tables import (
    Action,
    AdviceRequest,
    Attendee,
    BookingDraft,
    Child,
    InboundMail,
    Meeting,
    MeetingChild,
    OutboxLetter,
    Person,
    Poll,
    User,
)

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """A booked meeting."""

    meeting_id: int
    purpose: Purpose
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """Somebody's "no", or their proposal of another time."""

    meeting_id: int
    starts_at: datetime
    name: str
    proposed_start: datetime | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail that waits for a decision; ``question``: about whom, where a calendar program wrote it."""

    mail_id: int
    received_at: datetime
    sender: str | None
    why: str | None
    meeting_id: int | None
    advice_request_id: int | None
    action_id: int | None
    question: Question | None
    child_id: int | None  # of the request or the action


@dataclass(frozen=True, slots=True)
class CaseLine:
    """An open case and the dates that say what is to be done about it."""

    child_id: int
    given_name: str
    family_name: str
    reference: str
    plan_status: PlanStatus
    created_at: datetime
    assessment_requested_on: date | None
    last_review_on: date | None
    family_heard_at: datetime | None
    last_met_at: datetime | None
    next_meeting_at: datetime | None
    next_review_at: datetime | None


@dataclass(frozen=True, slots=True)
class Workload:
    """What one lead worker carries."""

    user_id: int
    name: str
    children: int
    open_advice: int
    overdue_advice: int
    overdue_actions: int


@dataclass(frozen=True, slots=True)
class PostHealth:
    """How the post stands: letters that should have gone, that could not be sent, mail that could not be read."""

    stuck: int
    failed: int
    unreadable: int


def is_theirs(user_id: int) -> Condition:
    """A meeting that they convene, or about a child of theirs."""
    about_theirs = (
        sa.select(MeetingChild.child_id)
        .join(Child, Child.id == MeetingChild.child_id)
        .where(MeetingChild.meeting_id == Meeting.id, Child.lead_worker_id == user_id)
        .correlate(Meeting)
        .exists()
    )
    return sa.or_(Meeting.convenor_id == user_id, about_theirs)


async def list_booked_meetings(db: Session, user_id: int, since: datetime, until: datetime) -> Sequence[MeetingLine]:
    """A lead worker's booked meetings that start in a stretch of time, the first first."""
    rows = await db.execute(
        sa.select(Meeting.id, Meeting.purpose, Meeting.starts_at, Meeting.ends_at)
        .where(Meeting.status == MeetingStatus.BOOKED, Meeting.starts_at >= since, Meeting.starts_at < until)
        .where(is_theirs(user_id))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    return [MeetingLine(*row) for row in rows]


async def list_unanswered(db: Session, meeting_ids: Collection[int]) -> Sequence[tuple[int, str]]:
    """Who has not answered which of these meetings: (meeting, name)."""
    rows = await db.execute(
        sa.select(Attendee.meeting_id, Person.name)
        .join(Person, Person.id == Attendee.person_id)
        .join(Meeting, Meeting.id == Attendee.meeting_id)
        .join(User, User.id == Meeting.convenor_id)
        .where(Attendee.meeting_id.in_(meeting_ids), Attendee.removed_at.is_(None))
        .where(Attendee.answer == Answer.NEEDS_ACTION, Attendee.person_id != User.person_id)
        .order_by(Attendee.id)
    )
    return [(meeting_id, name) for meeting_id, name in rows]


async def list_children_of(db: Session, meeting_ids: Collection[int]) -> Sequence[tuple[int, Child]]:
    """Whom these meetings are about: (meeting, child)."""
    rows = await db.execute(
        sa.select(MeetingChild.meeting_id, Child)
        .join(Child, Child.id == MeetingChild.child_id)
        .where(MeetingChild.meeting_id.in_(meeting_ids))
        .order_by(Child.id)
    )
    return [(meeting_id, child) for meeting_id, child in rows]


async def list_children(db: Session, child_ids: Collection[int]) -> Sequence[Child]:
    """These children."""
    return (await db.scalars(sa.select(Child).where(Child.id.in_(child_ids)))).all()


async def list_answers_to_decide(db: Session, user_id: int, now: datetime) -> Sequence[AnswerLine]:
    """Required people who said no to a meeting to come, and everybody who proposes another time."""
    is_no = sa.and_(Attendee.is_required, Attendee.answer == Answer.DECLINED)
    rows = await db.execute(
        sa.select(Meeting.id, Meeting.starts_at, Person.name, Attendee.proposed_start, Attendee.comment)
        .join(Attendee, Attendee.meeting_id == Meeting.id)
        .join(Person, Person.id == Attendee.person_id)
        .where(Meeting.status == MeetingStatus.BOOKED, Meeting.ends_at > now, Attendee.removed_at.is_(None))
        .where(sa.or_(is_no, Attendee.proposed_start.is_not(None)), is_theirs(user_id))
        .order_by(Meeting.starts_at, Attendee.id)
    )
    return [AnswerLine(*row) for row in rows]


async def list_changed_there(db: Session, user_id: int, now: datetime) -> Sequence[tuple[int, datetime | None]]:
    """Meetings to come that somebody changed by hand in their organizer's calendar: moved to when, None: deleted."""
    is_changed = sa.or_(Meeting.there_start.is_not(None), Meeting.there_deleted_at.is_not(None))
    rows = await db.execute(
        sa.select(Meeting.id, Meeting.there_start)
        .where(Meeting.status == MeetingStatus.BOOKED, Meeting.ends_at > now, is_changed, is_theirs(user_id))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    return [(meeting_id, there_start) for meeting_id, there_start in rows]


def _is_unmatched() -> sa.ColumnElement[bool]:
    """Mail about nothing that we know: whoever is in looks at it."""
    filed = (InboundMail.meeting_id, InboundMail.advice_request_id, InboundMail.action_id, InboundMail.poll_id)
    return sa.and_(*(column.is_(None) for column in filed))


async def list_mail_to_decide(db: Session, user_id: int) -> Sequence[MailLine]:
    """Mail that waits for a decision about anything of a lead worker's, or about nothing we know, the oldest first."""
    child_id = sa.func.coalesce(AdviceRequest.child_id, Action.child_id)
    rows = await db.execute(
        sa.select(
            InboundMail.id,
            InboundMail.received_at,
            InboundMail.sender,
            InboundMail.why,
            InboundMail.meeting_id,
            InboundMail.advice_request_id,
            InboundMail.action_id,
            InboundMail.question,
            child_id,
        )
        .outerjoin(Meeting, Meeting.id == InboundMail.meeting_id)
        .outerjoin(AdviceRequest, AdviceRequest.id == InboundMail.advice_request_id)
        .outerjoin(Action, Action.id == InboundMail.action_id)
        .outerjoin(Child, Child.id == child_id)
        .outerjoin(Poll, Poll.id == InboundMail.poll_id)
        .outerjoin(BookingDraft, BookingDraft.id == Poll.draft_id)
        .where(InboundMail.needs_decision)
        .where(sa.or_(InboundMail.question.is_(None), InboundMail.question != Question.PROPOSAL))
        .where(
            sa.or_(
                sa.and_(Meeting.id.is_not(None), is_theirs(user_id)),
                Child.lead_worker_id == user_id,
                BookingDraft.user_id == user_id,
                _is_unmatched(),
            )
        )
        .order_by(InboundMail.id)
    )
    return [MailLine(*row) for row in rows]


async def list_cases_of(db: Session, user_id: int, now: datetime) -> Sequence[CaseLine]:
    """A lead worker's open cases by name, each with its last and its next meetings."""
    meetings = (
        sa.select(
            MeetingChild.child_id,
            sa.func.max(sa.case((_has_met(now), Meeting.starts_at))).label("last_met_at"),
            sa.func.min(sa.case((_is_ahead(now), Meeting.starts_at))).label("next_at"),
            sa.func.min(sa.case((sa.and_(_is_ahead(now), Meeting.purpose == Purpose.REVIEW), Meeting.starts_at))).label(
                "next_review_at"
            ),
        )
        .join(Meeting, Meeting.id == MeetingChild.meeting_id)
        .join(Child, Child.id == MeetingChild.child_id)
        .where(Child.lead_worker_id == user_id, Meeting.purpose.in_((Purpose.TAC, Purpose.REVIEW)))
        .group_by(MeetingChild.child_id)
        .subquery()
    )
    rows = await db.execute(
        sa.select(
            Child.id,
            Child.given_name,
            Child.family_name,
            Child.reference,
            Child.plan_status,
            Child.created_at,
            Child.assessment_requested_on,
            Child.last_review_on,
            Child.family_heard_at,
            meetings.c.last_met_at,
            meetings.c.next_at,
            meetings.c.next_review_at,
        )
        .outerjoin(meetings, meetings.c.child_id == Child.id)
        .where(Child.lead_worker_id == user_id, Child.closed_at.is_(None))
        .order_by(Child.family_name, Child.given_name, Child.id)
    )
    return [CaseLine(*row) for row in rows]


def _has_met(now: datetime) -> Condition:
    return sa.and_(Meeting.status.in_((MeetingStatus.BOOKED, MeetingStatus.HELD)), Meeting.ends_at <= now)


def _is_ahead(now: datetime) -> Condition:
    return sa.and_(Meeting.status == MeetingStatus.BOOKED, Meeting.ends_at > now)


async def list_workloads(db: Session, today: date) -> Sequence[Workload]:
    """What everybody carries who carries a child or may: by name, in one statement."""
    children = _per_worker(sa.select(Child.lead_worker_id, sa.func.count()).where(Child.closed_at.is_(None)))
    late = sa.func.sum(sa.case((AdviceRequest.due_on < today, 1), else_=0))
    advice = _per_worker(
        sa.select(Child.lead_worker_id, sa.func.count(), late)
        .join(AdviceRequest, AdviceRequest.child_id == Child.id)
        .where(AdviceRequest.status == AdviceStatus.OPEN)
    )
    actions = _per_worker(
        sa.select(Child.lead_worker_id, sa.func.count())
        .join(Action, Action.child_id == Child.id)
        .where(Action.status == ActionStatus.OPEN, Action.due_on < today)
    )
    figures = [children.c[1], advice.c[1], advice.c[2], actions.c[1]]
    carries = sa.or_(children.c[1] > 0, sa.and_(User.is_active, User.role == Role.LEAD_WORKER))
    query = sa.select(User.id, Person.name, *(sa.func.coalesce(figure, 0) for figure in figures))
    query = query.join(Person, Person.id == User.person_id)
    for counted in (children, advice, actions):
        query = query.outerjoin(counted, counted.c[0] == User.id)
    rows = await db.execute(query.where(carries).order_by(Person.name, User.id))
    return [Workload(*row) for row in rows]


def _per_worker(query: sa.Select[*tuple[Any, ...]]) -> sa.Subquery:
    return query.group_by(Child.lead_worker_id).subquery()


async def load_post_health(db: Session, stuck_before: datetime) -> PostHealth:
    """How the post stands; ``stuck`` are letters that should have gone before an instant."""
    stuck = sa.select(sa.func.count()).where(
        OutboxLetter.state == LetterState.WAITING, OutboxLetter.not_before < stuck_before
    )
    failed = sa.select(sa.func.count()).where(
        OutboxLetter.state == LetterState.FAILED, OutboxLetter.settled_at.is_(None)
    )
    unreadable = sa.select(sa.func.count()).where(InboundMail.verdict == "poison", InboundMail.settled_at.is_(None))
    row = (await db.execute(sa.select(*(each.scalar_subquery() for each in (stuck, failed, unreadable))))).one()
    return PostHealth(*row)
