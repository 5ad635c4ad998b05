"""What may have to be chased, found by the database alone.

A ladder is handed in as the days on which its steps have fallen (`Fallen`): the database joins them with what is open
and leaves out whatever was chased since, so that no row is loaded that can't be due.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm

from coord_service.domain.actions import ActionStatus
from coord_service.domain.advice import AdviceStatus
from coord_service.domain.case_steps import CaseStep
from coord_service.domain.itip import Kind
from coord_service.domain.ladders import Audience
from coord_service.domain.people import PersonKind, Role, Sector
from coord_service.storage.database import Session, UtcDateTime
from coord_service.storage.tables import (
    Action,
    AdviceRequest,
    Agency,
    CaseEvent,
    Chase,
    Child,
    InboundMail,
    Leave,
    OutboxLetter,
    Person,
    Service,
    User,
)

ADVICE, ACTION = "advice", "action"
CALL = "call"  # the audience of a family's chase: the lead worker is asked to ring them


@dataclass(frozen=True, slots=True)
class Fallen:
    """A step for this audience fell at ``at`` for whatever hangs from the day ``on``."""

    on: date
    audience: Audience
    at: datetime


@dataclass(frozen=True, slots=True)
class FallenSteps:
    """The latest fallen steps, by what they hang from: a due date, the day an assessment was asked for (its limits
    follow from it), and a promised day."""

    by_due: Sequence[Fallen]
    by_limit: Sequence[Fallen]
    by_promise: Sequence[Fallen]


@dataclass(frozen=True, slots=True)
class Owed:
    """Something open, and one address that its ladder may have to write to."""

    subject: str
    id: int
    child_id: int
    reference: str
    their_reference: str | None
    what: str  # the letter of reg 6(1), or the words of an action
    holder: str
    service: str | None
    person_id: int | None
    is_family: bool
    is_read_by_person: bool  # at an address of their own; else the service's mailbox answers
    is_away: bool  # on leave, or their mail program said so, or mail to them came back
    is_at_school: bool  # whoever the letter would go to
    asked_at: datetime
    due_on: date
    promised_on: date | None
    paused_until_on: date | None
    assessment_requested_on: date | None
    assessment_corrected_on: date | None
    lead_worker_id: int
    audience: str
    address: str | None
    name: str

    @property
    def stands_in(self) -> bool:
        """Whether the service's mailbox reads this because the person can't be reached."""
        return self.audience == Audience.HOLDER and self.is_away and not self.is_read_by_person

    @property
    def is_reachable(self) -> bool:
        """Whether a letter can go there; whoever holds it in a family is rung instead."""
        return self.audience == Audience.HOLDER if self.is_family else self.address is not None


@dataclass(frozen=True, slots=True)
class Day:
    """The day of a look. An automatic reply that came at ``away_since`` or later says that somebody is away."""

    on: date
    are_schools_closed: bool
    away_since: datetime


Query = sa.Select[*tuple[Any, ...]]

TABLES: dict[str, type[AdviceRequest] | type[Action]] = {ADVICE: AdviceRequest, ACTION: Action}
_HOLDER = sa.literal(Audience.HOLDER.value)
_MANAGER = sa.orm.aliased(User, name="manager")
_MANAGER_PERSON = sa.orm.aliased(Person, name="manager_person")


def _advice() -> Query:
    return (
        sa.select(
            AdviceRequest.their_reference.label("their_reference"),
            AdviceRequest.paused_until_on.label("paused_until_on"),
            sa.type_coerce(AdviceRequest.kind, sa.String()).label("what"),
            sa.func.coalesce(Person.name, Service.name).label("holder"),
            AdviceRequest.person_id.label("person_id"),
            AdviceRequest.asked_at.label("asked_at"),
        )
        .select_from(AdviceRequest)
        .join(Child, Child.id == AdviceRequest.child_id)
        .join(Service, Service.id == AdviceRequest.service_id)
        .outerjoin(Person, Person.id == AdviceRequest.person_id)
        .outerjoin(Agency, Agency.id == Service.agency_id)
        .where(AdviceRequest.status == AdviceStatus.OPEN)
    )


def _actions() -> Query:
    """Those whose owner has no account: staff see theirs on their home page."""
    return (
        sa.select(
            sa.type_coerce(sa.null(), sa.String()).label("their_reference"),
            sa.type_coerce(sa.null(), sa.Date()).label("paused_until_on"),
            Action.what.label("what"),
            Person.name.label("holder"),
            Action.owner_id.label("person_id"),
            Action.created_at.label("asked_at"),
        )
        .select_from(Action)
        .join(Child, Child.id == Action.child_id)
        .join(Person, Person.id == Action.owner_id)
        .outerjoin(Service, Service.id == Person.service_id)
        .outerjoin(Agency, Agency.id == Service.agency_id)
        .where(Action.status == ActionStatus.OPEN, Person.kind != PersonKind.STAFF)
    )


def _open(subject: str) -> Query:
    """Everything open of one kind, with what both kinds have; of a closed case nothing is."""
    table = TABLES[subject]
    whole = (_advice() if subject == ADVICE else _actions()).where(Child.closed_at.is_(None))
    return whole.add_columns(
        sa.literal(subject).label("subject"),
        table.id.label("id"),
        table.child_id.label("child_id"),
        table.due_on.label("due_on"),
        table.promised_on.label("promised_on"),
        Child.reference.label("reference"),
        sa.case((~_is_assessment_over(), Child.assessment_requested_on)).label("assessment_requested_on"),
        Child.assessment_corrected_on.label("assessment_corrected_on"),
        Child.lead_worker_id.label("lead_worker_id"),
        Service.name.label("service"),
        sa.func.coalesce(Person.kind == PersonKind.FAMILY, sa.false()).label("is_family"),
    )


def _is_assessment_over() -> sa.ColumnElement[bool]:
    """A plan was issued, or refused, since the assessment was asked for: no limit of it is left to endanger."""
    return sa.exists().where(
        CaseEvent.child_id == Child.id,
        CaseEvent.what.in_([CaseStep.ASSESSMENT_REFUSED, CaseStep.PLAN_REFUSED, CaseStep.PLAN_ISSUED]),
        CaseEvent.withdrawn_at.is_(None),
        CaseEvent.happened_on >= Child.assessment_requested_on,
    )


def _is_away(day: Day) -> sa.ColumnElement[bool]:
    """On leave that day, or their mail program has said lately that they are away, or mail to them came back."""
    on_leave = sa.select(Leave.person_id).where(Leave.starts_on <= day.on, Leave.ends_on >= day.on)
    replied = sa.select(InboundMail.sender).where(
        InboundMail.judged_at >= day.away_since, InboundMail.kind == Kind.AUTO_REPLY.value
    )
    returned = sa.select(OutboxLetter.recipient).where(
        OutboxLetter.bounced_at.is_not(None), OutboxLetter.settled_at.is_(None)
    )
    is_unreached = sa.or_(Person.id.in_(on_leave), Person.email.in_(replied), Person.email.in_(returned))
    return sa.func.coalesce(is_unreached, sa.false())


def _is_read_by_person(day: Day) -> sa.ColumnElement[bool]:
    """Whether the holder's own address is written to; the service's mailbox stands in for whoever is away."""
    return sa.and_(Person.email.is_not(None), sa.or_(Service.mailbox.is_(None), ~_is_away(day)))


def _is_at_school(audience: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether an audience reads its mail in term time alone: as they say, or as people at schools do."""
    as_they_say = sa.case((audience == Audience.HOLDER.value, ~Person.works_in_holidays))
    is_within = audience.in_([Audience.HOLDER.value, Audience.SERVICE_MANAGER.value])
    at_school = sa.func.coalesce(as_they_say, Agency.sector == Sector.EDUCATION, sa.false())
    return sa.and_(is_within, at_school)


def _holder_address(day: Day) -> sa.ColumnElement[str | None]:
    return sa.case((_is_read_by_person(day), Person.email), else_=sa.func.coalesce(Service.mailbox, Person.email))


def _address(audience: sa.ColumnElement[str], day: Day) -> sa.ColumnElement[str | None]:
    return sa.case(
        (audience == Audience.HOLDER.value, _holder_address(day)),
        (audience == Audience.SERVICE_MANAGER.value, Service.manager_email),
        else_=_MANAGER.email,
    )


def _name(audience: sa.ColumnElement[str], day: Day) -> sa.ColumnElement[str | None]:
    """Whom the letter greets: the service where its mailbox stands in for somebody."""
    holder = sa.func.coalesce(Person.name, Service.name)
    stands_in = sa.and_(_is_away(day), ~_is_read_by_person(day), Service.name.is_not(None))
    return sa.case(
        (audience == Audience.HOLDER.value, sa.case((stands_in, Service.name), else_=holder)),
        (audience == Audience.SERVICE_MANAGER.value, sa.func.coalesce(Service.manager_name, Service.name)),
        else_=_MANAGER_PERSON.name,
    )


def _addressed(query: Query, audience: sa.ColumnElement[str], day: Day) -> Query:
    """With the name and address of an audience; a row for each SEND manager."""
    is_send_manager = audience == Audience.SEND_MANAGER.value
    return (
        query.outerjoin(_MANAGER, sa.and_(is_send_manager, _MANAGER.role == Role.MANAGER, _MANAGER.is_active))
        .outerjoin(_MANAGER_PERSON, _MANAGER_PERSON.id == _MANAGER.person_id)
        .add_columns(
            audience.label("audience"),
            _address(audience, day).label("address"),
            _name(audience, day).label("name"),
            sa.func.coalesce(_is_read_by_person(day), sa.false()).label("is_read_by_person"),
            _is_away(day).label("is_away"),
            _is_at_school(audience).label("is_at_school"),
        )
    )


def _unchased_since(
    subject: str, audience: sa.ColumnElement[str], at: sa.ColumnElement[datetime], day: Day
) -> sa.ColumnElement[bool]:
    """No ledger row of this audience, or to this address, since an instant (`is_of_same_chase` in SQL).

    What came back from another address than today's has reached nobody.
    """
    came_back = sa.exists().where(OutboxLetter.id == Chase.letter_id, OutboxLetter.bounced_at.is_not(None))
    same = sa.or_(
        sa.and_(Chase.audience == audience, audience != Audience.SEND_MANAGER.value),
        Chase.address == _address(audience, day),
        sa.and_(Chase.audience == CALL, audience == Audience.HOLDER.value),
    )
    chased = sa.exists().where(
        Chase.subject == subject,
        Chase.subject_id == TABLES[subject].id,
        same,
        Chase.chased_at >= at,
        sa.or_(~came_back, Chase.address == _address(audience, day)),
    )
    return ~chased


def is_of_same_chase(chase: Chase, owed: Owed) -> bool:
    """Whether a ledger row counts for this audience: it went there, or to the same address under another hat.

    Each SEND manager is chased for themselves; a call is the chase of a family that holds something.
    """
    same_hat = chase.audience == owed.audience != Audience.SEND_MANAGER
    is_call = chase.audience == CALL and owed.audience == Audience.HOLDER
    return same_hat or is_call or chase.address == owed.address


def _values(fallen: Sequence[Fallen]) -> sa.CTE:
    columns = (sa.column("on", sa.Date()), sa.column("audience", sa.String()), sa.column("at", UtcDateTime()))
    return sa.values(*columns).data([(each.on, each.audience.value, each.at) for each in fallen]).cte("fallen")


async def load_first_due(db: Session, subject: str) -> date | None:
    """The earliest due date of anything open."""
    ends = {ADVICE: AdviceRequest.status == AdviceStatus.OPEN, ACTION: Action.status == ActionStatus.OPEN}
    found: date | None = await db.scalar(sa.select(sa.func.min(TABLES[subject].due_on)).where(ends[subject]))
    return found


async def list_owed(db: Session, subject: str, steps: FallenSteps, day: Day) -> list[Owed]:
    """What is open, neither promised for later nor paused, and unchased since one of its steps fell, by address.

    Steps for an audience that nobody fills yet, addresses that are missing, and schools in the holidays are left out.
    """
    table = TABLES[subject]
    anchors = (
        (table.due_on, steps.by_due),
        (Child.assessment_requested_on, steps.by_limit),
        (table.promised_on, steps.by_promise),
    )
    found: dict[tuple[int, str, str | None], Owed] = {}
    for anchor, fallen in anchors:
        if not fallen:
            continue
        values = _values(fallen)
        query = (
            _addressed(_open(subject).join(values, values.c.on == anchor), values.c.audience, day)
            .where(_is_held_back_no_more(subject, day), values.c.at > _asked(subject))
            .where(_unchased_since(subject, values.c.audience, values.c.at, day))
        )
        if day.are_schools_closed:
            query = query.where(~_is_at_school(values.c.audience))
        for row in (await db.execute(query)).mappings():
            owed = Owed(**row)
            if owed.is_reachable:
                found.setdefault((owed.id, owed.audience, owed.address), owed)
    return list(found.values())


def _is_held_back_no_more(subject: str, day: Day) -> sa.ColumnElement[bool]:
    """No promise is still to come, and no pause runs (an action has none)."""
    holds = [TABLES[subject].promised_on, *([AdviceRequest.paused_until_on] if subject == ADVICE else [])]
    return sa.and_(*(sa.func.coalesce(until_on < day.on, sa.true()) for until_on in holds))


def _asked(subject: str) -> sa.ColumnElement[datetime]:
    return AdviceRequest.asked_at.expression if subject == ADVICE else Action.created_at.expression


async def list_open(
    db: Session, subject: str, day: Day, audience: str = Audience.HOLDER, ids: Collection[int] | None = None
) -> list[Owed]:
    """What is open, of all or of some records, each with the name and address of an audience, reachable or not."""
    query = _addressed(_open(subject), sa.literal(audience, sa.String()), day)
    if ids is not None:
        query = query.where(TABLES[subject].id.in_(ids))
    return [Owed(**row) for row in (await db.execute(query)).mappings()]


async def list_also_owed(db: Session, subject: str, address: str, due_by: date, day: Day) -> list[Owed]:
    """What an address holds that is late or due by a day, and neither promised for later nor paused."""
    held = await _of_address(db, subject, address)
    query = _held(_addressed(_open(subject), _HOLDER, day), subject, due_by, day)
    rows = await db.execute(query.where(held, _holder_address(day) == address))
    return [Owed(**row) for row in rows.mappings()]


async def count_owed(db: Session, subject: str, due_by: date, day: Day) -> dict[str, int]:
    """How much each address holds that is late or due by a day, and neither promised for later nor paused."""
    holder = _holder_address(day)
    query = _held(_open(subject), subject, due_by, day).with_only_columns(holder, sa.func.count()).group_by(holder)
    return {address: count for address, count in await db.execute(query) if address}


def _held(query: Query, subject: str, due_by: date, day: Day) -> Query:
    return query.where(
        sa.func.coalesce(Person.kind, PersonKind.PROFESSIONAL) != PersonKind.FAMILY,
        TABLES[subject].due_on <= due_by,
        _is_held_back_no_more(subject, day),
    )


async def _of_address(db: Session, subject: str, address: str) -> sa.ColumnElement[bool]:
    """What may be held at an address, told by numbers, so that an index finds it."""
    people = (await db.scalars(sa.select(Person.id).where(Person.email == address))).all()
    services = (await db.scalars(sa.select(Service.id).where(Service.mailbox == address))).all()
    if subject == ADVICE:
        return sa.or_(AdviceRequest.person_id.in_(people), AdviceRequest.service_id.in_(services))
    colleagues = sa.select(Person.id).where(Person.service_id.in_(services))
    return sa.or_(Action.owner_id.in_(people), Action.owner_id.in_(colleagues))
