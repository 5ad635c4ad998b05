"""What is on record about the clocks of cases: of one child, of a lead worker's children, of every open assessment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.domain.advice import AdviceStatus, ReceiptBasis
from coord_service.domain.case_clocks import Lifting
from coord_service.domain.case_steps import CaseStep, Step
from coord_service.domain.children import PlanStatus
from coord_service.domain.meetings import MeetingStatus, Purpose
from coord_service.domain.people import Sector
from coord_service.storage.database import Session
from coord_service.storage.report_conditions import came_on
from coord_service.storage.tables import (
    AdviceRequest,
    Agency,
    CaseEvent,
    Child,
    ClockException,
    Meeting,
    MeetingChild,
    Person,
    Service,
    User,
)


@dataclass(frozen=True, slots=True)
class Whose:
    """Which cases: one child, or the open ones: of a lead worker, of everybody; in an assessment alone."""

    child_id: int | None = None
    lead_worker_id: int | None = None
    is_assessed: bool = False


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case as a list of cases says it, with the dates that start its clocks."""

    child_id: int
    reference: str
    given_name: str
    family_name: str
    plan_status: PlanStatus
    assessment_requested_on: date | None
    last_review_on: date | None
    lead_worker: str


@dataclass(frozen=True, slots=True)
class AdviceLine:
    """A request that is open or answered; ``came_on`` is what was noted by hand, else the day of ``ended_at``."""

    child_id: int
    request_id: int
    service_id: int
    service: str
    asked_at: datetime
    sector: Sector
    received_on: date | None
    receipt_basis: ReceiptBasis | None
    due_on: date
    promised_on: date | None
    came_on: str | None
    ended_at: datetime | None


def _chosen(whose: Whose) -> sa.ColumnElement[bool]:
    if whose.child_id is not None:
        return Child.id == whose.child_id
    wanted: list[sa.ColumnElement[bool]] = [Child.closed_at.is_(None)]
    if whose.lead_worker_id is not None:
        wanted.append(Child.lead_worker_id == whose.lead_worker_id)
    if whose.is_assessed:
        wanted.append(Child.plan_status == PlanStatus.ASSESSMENT)
    return sa.and_(*wanted)


async def list_records(db: Session, whose: Whose) -> Sequence[CaseRecord]:
    """The cases themselves, by name."""
    rows = await db.execute(
        sa.select(
            Child.id,
            Child.reference,
            Child.given_name,
            Child.family_name,
            Child.plan_status,
            Child.assessment_requested_on,
            Child.last_review_on,
            Person.name,
        )
        .join(User, User.id == Child.lead_worker_id)
        .join(Person, Person.id == User.person_id)
        .where(_chosen(whose))
        .order_by(Child.family_name, Child.given_name, Child.id)
    )
    return [CaseRecord(*row) for row in rows]


async def list_steps(db: Session, whose: Whose) -> dict[int, list[Step]]:
    """The steps that were recorded and not withdrawn, by child."""
    noted = await db.execute(
        sa.select(CaseEvent.child_id, CaseEvent.what, CaseEvent.happened_on)
        .join(Child, Child.id == CaseEvent.child_id)
        .where(_chosen(whose), CaseEvent.withdrawn_at.is_(None))
    )
    found: dict[int, list[Step]] = {}
    for child_id, what, on in noted:
        found.setdefault(child_id, []).append(Step(what, on))
    return found


async def list_reviews(db: Session, whose: Whose) -> Sequence[tuple[int, datetime, datetime]]:
    """Review meetings that are booked or were held: (child, start, when it was booked)."""
    rows = await db.execute(
        sa.select(MeetingChild.child_id, Meeting.starts_at, Meeting.created_at)
        .join(Meeting, Meeting.id == MeetingChild.meeting_id)
        .join(Child, Child.id == MeetingChild.child_id)
        .where(_chosen(whose), Meeting.purpose == Purpose.REVIEW)
        .where(Meeting.status.in_((MeetingStatus.BOOKED, MeetingStatus.HELD)))
    )
    return [(child_id, starts_at, created_at) for child_id, starts_at, created_at in rows]


async def list_liftings(db: Session, whose: Whose) -> dict[int, list[Lifting]]:
    """The exceptions that hold, by child."""
    rows = await db.execute(
        sa.select(
            ClockException.child_id,
            ClockException.clock,
            ClockException.start_on,
            ClockException.paragraph,
            ClockException.request_id,
        )
        .join(Child, Child.id == ClockException.child_id)
        .where(_chosen(whose), ClockException.withdrawn_at.is_(None))
        .order_by(ClockException.id)
    )
    found: dict[int, list[Lifting]] = {}
    for child_id, clock, start_on, paragraph, request_id in rows:
        found.setdefault(child_id, []).append(Lifting(clock, start_on, paragraph, request_id))
    return found


async def list_advice(db: Session, whose: Whose, *, only_open: bool = False) -> Sequence[AdviceLine]:
    """Requests that are open or answered, in the order of their asking."""
    states = (AdviceStatus.OPEN,) if only_open else (AdviceStatus.OPEN, AdviceStatus.RECEIVED)
    is_received = AdviceRequest.status == AdviceStatus.RECEIVED
    rows = await db.execute(
        sa.select(
            AdviceRequest.child_id,
            AdviceRequest.id,
            AdviceRequest.service_id,
            Service.name,
            AdviceRequest.asked_at,
            Agency.sector,
            AdviceRequest.received_on,
            AdviceRequest.receipt_basis,
            AdviceRequest.due_on,
            AdviceRequest.promised_on,
            sa.case((is_received, came_on())),
            sa.case((is_received, AdviceRequest.ended_at)),
        )
        .join(Child, Child.id == AdviceRequest.child_id)
        .join(Service, Service.id == AdviceRequest.service_id)
        .join(Agency, Agency.id == Service.agency_id)
        .where(_chosen(whose), AdviceRequest.status.in_(states))
        .order_by(AdviceRequest.asked_at, AdviceRequest.id)
    )
    return [AdviceLine(*tuple(row)) for row in rows]


def add_event(db: Session, event: CaseEvent) -> None:
    """Keep a step."""
    db.add(event)


async def find_event(db: Session, child_id: int, what: CaseStep, on: date) -> CaseEvent | None:
    """The same step on the same day, if it is on record already."""
    found: CaseEvent | None = await db.scalar(
        sa.select(CaseEvent).where(
            CaseEvent.child_id == child_id,
            CaseEvent.what == what,
            CaseEvent.happened_on == on,
            CaseEvent.withdrawn_at.is_(None),
        )
    )
    return found


async def load_event(db: Session, event_id: int) -> CaseEvent | None:
    """One step, or None."""
    return await db.get(CaseEvent, event_id)


async def list_events(db: Session, child_id: int) -> Sequence[CaseEvent]:
    """What was recorded about a child, withdrawn or not, the latest first, each with who recorded it."""
    rows = await db.scalars(
        sa.select(CaseEvent)
        .where(CaseEvent.child_id == child_id)
        .order_by(CaseEvent.happened_on.desc(), CaseEvent.id.desc())
        .options(joinedload(CaseEvent.by_user).joinedload(User.person))
    )
    return rows.all()
