"""What the figures of the chase report mean in SQL: one condition each, as of the end of a day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from coord_service.domain.actions import ActionStatus
from coord_service.domain.advice import AdviceKind, AdviceStatus, Happening
from coord_service.domain.delivery import LetterState
from coord_service.domain.ladders import Audience
from coord_service.domain.meetings import Attendance
from coord_service.storage.chasing import ADVICE, CALL
from coord_service.storage.tables import (
    Action,
    AdviceEvent,
    AdviceRequest,
    Attendee,
    Chase,
    Child,
    Contact,
    Meeting,
    MeetingChild,
    OutboxLetter,
    Person,
    Service,
)

Condition = sa.ColumnElement[bool]
Query = sa.Select[*tuple[Any, ...]]
NOBODY = 0  # the ``person_id`` of requests that no person is named for

# What a person outside did: an answer is human contact, a letter of ours is not.
_ANSWERS = (Happening.PROMISED, Happening.CANNOT, Happening.WRONG_PERSON, Happening.PHONED, Happening.RECEIVED)
_TOOK_PART = tuple(each for each in Attendance if each is not Attendance.ABSENT)


@dataclass(frozen=True, slots=True)
class Moment:
    """The end of a day in London: ``day`` is the day, ``ends_at`` its last instant, ``silent_since`` the instant after
    which human contact is recent, ``quarter_on`` the first day of its quarter."""

    day: date
    ends_at: datetime
    silent_since: datetime
    quarter_on: date


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which advice to count; None does not narrow. ``person_id`` 0 is what no person is named for, ``due`` the first
    and the last due date."""

    agency_id: int | None = None
    service_id: int | None = None
    person_id: int | None = None
    lead_worker_id: int | None = None
    kind: AdviceKind | None = None
    due: tuple[date, date] | None = None


def is_open(moment: Moment) -> Condition:
    """Reopened since, it counts as open all along: when it was closed in between is not in the request."""
    not_ended = sa.or_(AdviceRequest.status == AdviceStatus.OPEN, AdviceRequest.ended_at >= moment.ends_at)
    return sa.and_(AdviceRequest.asked_at < moment.ends_at, not_ended)


def is_received(moment: Moment) -> Condition:
    """Received by then."""
    return sa.and_(AdviceRequest.status == AdviceStatus.RECEIVED, AdviceRequest.ended_at < moment.ends_at)


def is_overdue(moment: Moment) -> Condition:
    """Open, and the due date has passed."""
    return sa.and_(is_open(moment), AdviceRequest.due_on < moment.day)


def chases(moment: Moment) -> Condition:
    """The ledger's rows about a request; a call that was only asked for is no chase."""
    return sa.and_(
        Chase.subject == ADVICE,
        Chase.subject_id == AdviceRequest.id,
        Chase.audience != CALL,
        Chase.chased_at < moment.ends_at,
    )


def is_unchased(moment: Moment) -> Condition:
    """Overdue, no chase that arrived, no call, and neither a promise still to come nor a pause that runs."""
    has_gone = sa.or_(
        Chase.letter_id.is_(None),
        sa.and_(
            OutboxLetter.state.in_((LetterState.WAITING, LetterState.SENT)),
            sa.or_(OutboxLetter.bounced_at.is_(None), OutboxLetter.bounced_at >= moment.ends_at),
        ),
    )
    chase = (
        sa.select(Chase.id)
        .outerjoin(OutboxLetter, OutboxLetter.id == Chase.letter_id)
        .where(chases(moment), has_gone)
        .exists()
    )
    call = sa.exists().where(Contact.advice_request_id == AdviceRequest.id, Contact.at < moment.ends_at)
    no_promise, no_pause = (
        sa.func.coalesce(until_on < moment.day, sa.true())
        for until_on in (AdviceRequest.promised_on, AdviceRequest.paused_until_on)
    )
    return sa.and_(is_overdue(moment), no_promise, no_pause, ~chase, ~call)


def is_silent(moment: Moment) -> Condition:
    """Overdue, and no human contact lately."""
    since, until = moment.silent_since, moment.ends_at
    of_service = sa.and_(Contact.child_id == AdviceRequest.child_id, Contact.service_id == AdviceRequest.service_id)
    spoken = sa.exists().where(
        sa.or_(Contact.advice_request_id == AdviceRequest.id, of_service), Contact.at >= since, Contact.at < until
    )
    answered = sa.exists().where(
        AdviceEvent.request_id == AdviceRequest.id,
        AdviceEvent.what.in_([each.value for each in _ANSWERS]),
        AdviceEvent.at >= since,
        AdviceEvent.at < until,
    )
    met = (
        sa.select(Attendee.id)
        .join(Meeting, Meeting.id == Attendee.meeting_id)
        .join(MeetingChild, MeetingChild.meeting_id == Meeting.id)
        .join(Person, Person.id == Attendee.person_id)
        .where(MeetingChild.child_id == AdviceRequest.child_id, Person.service_id == AdviceRequest.service_id)
        .where(Attendee.attendance.in_(_TOOK_PART), Meeting.starts_at >= since, Meeting.starts_at < until)
        .correlate(AdviceRequest)
        .exists()
    )
    return sa.and_(is_overdue(moment), ~spoken, ~answered, ~met)


def is_escalated(moment: Moment) -> Condition:
    """Overdue, and somebody above whoever holds it has been written to."""
    above = sa.exists().where(chases(moment), Chase.audience != Audience.HOLDER.value)
    return sa.and_(is_overdue(moment), above)


def fell_due(moment: Moment) -> Condition:
    """Fell due this quarter, and neither replaced nor withdrawn."""
    still_counts = sa.or_(is_open(moment), is_received(moment))
    return sa.and_(still_counts, AdviceRequest.due_on >= moment.quarter_on, AdviceRequest.due_on < moment.day)


def narrow(chosen: Narrowing) -> Condition:
    """For a statement over requests joined with their child and service."""
    wanted: list[Condition] = [sa.true()]
    if chosen.agency_id is not None:
        wanted.append(Service.agency_id == chosen.agency_id)
    if chosen.service_id is not None:
        wanted.append(AdviceRequest.service_id == chosen.service_id)
    if chosen.person_id is not None:
        nobody = AdviceRequest.person_id.is_(None)
        wanted.append(nobody if chosen.person_id == NOBODY else AdviceRequest.person_id == chosen.person_id)
    if chosen.lead_worker_id is not None:
        wanted.append(Child.lead_worker_id == chosen.lead_worker_id)
    if chosen.kind is not None:
        wanted.append(AdviceRequest.kind == chosen.kind)
    if chosen.due is not None:
        wanted.append(AdviceRequest.due_on.between(*chosen.due))
    return sa.and_(*wanted)


def from_requests(query: Query) -> Query:
    """A statement over requests with their child and service."""
    return (
        query.select_from(AdviceRequest)
        .join(Child, Child.id == AdviceRequest.child_id)
        .join(Service, Service.id == AdviceRequest.service_id)
    )


def flag(condition: Condition) -> sa.ColumnElement[int]:
    return sa.case((condition, 1), else_=0)


def last_chase(moment: Moment) -> sa.ScalarSelect[Any]:
    """When a chase about a request last went out."""
    return sa.select(sa.func.max(Chase.chased_at)).where(chases(moment)).correlate(AdviceRequest).scalar_subquery()


def came_on() -> sa.ScalarSelect[Any]:
    """The day somebody noted that advice had come by hand, where it was not the day of the noting."""
    return (
        sa.select(AdviceEvent.details["on"].as_string())
        .where(AdviceEvent.request_id == AdviceRequest.id, AdviceEvent.what == Happening.RECEIVED.value)
        .order_by(AdviceEvent.id.desc())
        .limit(1)
        .correlate(AdviceRequest)
        .scalar_subquery()
    )


def overdue_actions(moment: Moment, chosen: Narrowing, agency: str | None) -> Condition:
    """Actions know the agency by its name; a service's are those that its people own."""
    not_ended = sa.or_(Action.status == ActionStatus.OPEN, Action.ended_at >= moment.ends_at)
    wanted: list[Condition] = [Action.created_at < moment.ends_at, not_ended, Action.due_on < moment.day]
    if agency is not None:
        wanted.append(Action.agency == agency)
    if chosen.service_id is not None:
        wanted.append(Person.service_id == chosen.service_id)
    if chosen.person_id is not None:
        wanted.append(Action.owner_id == chosen.person_id)
    if chosen.lead_worker_id is not None:
        wanted.append(Child.lead_worker_id == chosen.lead_worker_id)
    if chosen.due is not None:
        wanted.append(Action.due_on.between(*chosen.due))
    return sa.and_(*wanted)


def from_actions(query: Query) -> Query:
    """A statement over actions with their child and owner."""
    return query.select_from(Action).join(Child, Child.id == Action.child_id).join(Person, Person.id == Action.owner_id)
