"""What may have to be chased, found by the database alone, and the ledger of what was.

A ladder is handed in as the days on which its steps have fallen (`Fallen`): the database joins them with what is open
and leaves out whatever was chased since, so that no row is loaded that can't be due.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy.exc import IntegrityError

from coord_service.clock import day_in_london
from coord_service.domain.actions import ActionStatus
from coord_service.domain.advice import AdviceStatus
from coord_service.domain.delivery import LetterState
from coord_service.domain.ladders import Audience
from coord_service.domain.people import PersonKind, Role
from coord_service.errors import CoordError
from coord_service.storage.database import Session, UtcDateTime
from coord_service.storage.tables import (
    Action,
    AdviceEvent,
    AdviceRequest,
    Chase,
    Child,
    OutboxLetter,
    Person,
    Service,
    User,
)

ADVICE, ACTION = "advice", "action"
CALL = "call"  # the audience of a family's chase: the lead worker is asked to ring them


class ChasedMeanwhile(CoordError):
    """Another sweep has chased the same a moment ago."""


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
    has_own_address: bool  # the person's; else the service's mailbox answers
    asked_at: datetime
    due_on: date
    promised_on: date | None
    assessment_requested_on: date | None
    lead_worker_id: int
    audience: str
    address: str | None
    name: str

    @property
    def is_reachable(self) -> bool:
        """Whether a letter can go there; whoever holds it in a family is rung instead."""
        return self.audience == Audience.HOLDER if self.is_family else self.address is not None


Query = sa.Select[*tuple[Any, ...]]

_TABLES: dict[str, type[AdviceRequest] | type[Action]] = {ADVICE: AdviceRequest, ACTION: Action}
_MANAGER = sa.orm.aliased(User, name="manager")
_MANAGER_PERSON = sa.orm.aliased(Person, name="manager_person")


def _advice() -> Query:
    return (
        sa.select(
            AdviceRequest.their_reference.label("their_reference"),
            sa.type_coerce(AdviceRequest.kind, sa.String()).label("what"),
            sa.func.coalesce(Person.name, Service.name).label("holder"),
            AdviceRequest.person_id.label("person_id"),
            AdviceRequest.asked_at.label("asked_at"),
        )
        .select_from(AdviceRequest)
        .join(Child, Child.id == AdviceRequest.child_id)
        .join(Service, Service.id == AdviceRequest.service_id)
        .outerjoin(Person, Person.id == AdviceRequest.person_id)
        .where(AdviceRequest.status == AdviceStatus.OPEN)
    )


def _actions() -> Query:
    """Those whose owner has no account: staff see theirs on their home page."""
    return (
        sa.select(
            sa.type_coerce(sa.null(), sa.String()).label("their_reference"),
            Action.what.label("what"),
            Person.name.label("holder"),
            Action.owner_id.label("person_id"),
            Action.created_at.label("asked_at"),
        )
        .select_from(Action)
        .join(Child, Child.id == Action.child_id)
        .join(Person, Person.id == Action.owner_id)
        .outerjoin(Service, Service.id == Person.service_id)
        .where(Action.status == ActionStatus.OPEN, Person.kind != PersonKind.STAFF)
    )


def _open(subject: str) -> Query:
    """Everything open of one kind, with what both kinds have; of a closed case nothing is."""
    table = _TABLES[subject]
    whole = (_advice() if subject == ADVICE else _actions()).where(Child.closed_at.is_(None))
    return whole.add_columns(
        sa.literal(subject).label("subject"),
        table.id.label("id"),
        table.child_id.label("child_id"),
        table.due_on.label("due_on"),
        table.promised_on.label("promised_on"),
        Child.reference.label("reference"),
        Child.assessment_requested_on.label("assessment_requested_on"),
        Child.lead_worker_id.label("lead_worker_id"),
        Service.name.label("service"),
        sa.func.coalesce(Person.kind == PersonKind.FAMILY, sa.false()).label("is_family"),
        Person.email.is_not(None).label("has_own_address"),
    )


def _address(audience: sa.ColumnElement[str]) -> sa.ColumnElement[str | None]:
    return sa.case(
        (audience == Audience.HOLDER.value, sa.func.coalesce(Person.email, Service.mailbox)),
        (audience == Audience.SERVICE_MANAGER.value, Service.manager_email),
        else_=_MANAGER.email,
    )


def _addressed(query: Query, audience: sa.ColumnElement[str]) -> Query:
    """With the name and address of an audience; a row for each SEND manager."""
    is_send_manager = audience == Audience.SEND_MANAGER.value
    return (
        query.outerjoin(_MANAGER, sa.and_(is_send_manager, _MANAGER.role == Role.MANAGER, _MANAGER.is_active))
        .outerjoin(_MANAGER_PERSON, _MANAGER_PERSON.id == _MANAGER.person_id)
        .add_columns(
            audience.label("audience"),
            _address(audience).label("address"),
            sa.case(
                (audience == Audience.HOLDER.value, sa.func.coalesce(Person.name, Service.name)),
                (audience == Audience.SERVICE_MANAGER.value, sa.func.coalesce(Service.manager_name, Service.name)),
                else_=_MANAGER_PERSON.name,
            ).label("name"),
        )
    )


def _unchased_since(
    subject: str, audience: sa.ColumnElement[str], at: sa.ColumnElement[datetime]
) -> sa.ColumnElement[bool]:
    """No ledger row of this audience, or to this address, since an instant (`is_of_same_chase` in SQL)."""
    same = sa.or_(
        sa.and_(Chase.audience == audience, audience != Audience.SEND_MANAGER.value),
        Chase.address == _address(audience),
        sa.and_(Chase.audience == CALL, audience == Audience.HOLDER.value),
    )
    chased = sa.exists().where(
        Chase.subject == subject, Chase.subject_id == _TABLES[subject].id, same, Chase.chased_at >= at
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
    found: date | None = await db.scalar(sa.select(sa.func.min(_TABLES[subject].due_on)).where(ends[subject]))
    return found


async def list_owed(db: Session, subject: str, steps: FallenSteps, today: date) -> list[Owed]:
    """What is open, not promised for later, and unchased since one of its steps fell: one for each address.

    Steps for an audience that nobody fills yet, and addresses that are missing, are left out.
    """
    table = _TABLES[subject]
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
            _addressed(_open(subject).join(values, values.c.on == anchor), values.c.audience)
            .where(sa.or_(table.promised_on.is_(None), table.promised_on < today), values.c.at > _asked(subject))
            .where(_unchased_since(subject, values.c.audience, values.c.at))
        )
        for row in (await db.execute(query)).mappings():
            owed = Owed(**row)
            if owed.is_reachable:
                found.setdefault((owed.id, owed.audience, owed.address), owed)
    return list(found.values())


def _asked(subject: str) -> sa.ColumnElement[datetime]:
    return AdviceRequest.asked_at.expression if subject == ADVICE else Action.created_at.expression


async def list_open(
    db: Session, subject: str, audience: str = Audience.HOLDER, ids: Collection[int] | None = None
) -> list[Owed]:
    """What is open, of all or of some records, each with the name and address of an audience, reachable or not."""
    query = _addressed(_open(subject), sa.literal(audience, sa.String()))
    if ids is not None:
        query = query.where(_TABLES[subject].id.in_(ids))
    return [Owed(**row) for row in (await db.execute(query)).mappings()]


async def list_also_owed(db: Session, subject: str, address: str, due_by: date, today: date) -> list[Owed]:
    """What an address holds that is late or due by a day, and not promised for later."""
    table = _TABLES[subject]
    rows = await db.execute(
        _addressed(_open(subject), sa.literal(Audience.HOLDER.value))
        .where(sa.func.coalesce(Person.email, Service.mailbox) == address)
        .where(sa.func.coalesce(Person.kind, PersonKind.PROFESSIONAL) != PersonKind.FAMILY)
        .where(table.due_on <= due_by, sa.or_(table.promised_on.is_(None), table.promised_on < today))
    )
    return [Owed(**row) for row in rows.mappings()]


async def list_ledger(db: Session, subject: str, ids: Collection[int]) -> Sequence[Chase]:
    """What was sent about these, oldest first."""
    rows = await db.scalars(
        sa.select(Chase).where(Chase.subject == subject, Chase.subject_id.in_(ids)).order_by(Chase.id)
    )
    return rows.all()


async def list_written_since(db: Session, addresses: Collection[str], since: datetime) -> set[str]:
    """Which of these addresses have been chased, for anything, since an instant."""
    rows = await db.scalars(
        sa.select(Chase.address).where(Chase.address.in_(addresses), Chase.chased_at >= since).distinct()
    )
    return set(rows)


async def lock_owed(db: Session, subject: str, ids: Collection[int]) -> None:
    """Make another sweep, or an answer, wait until this transaction is over."""
    table = _TABLES[subject]
    await db.execute(sa.select(table.id).where(table.id.in_(ids)).order_by(table.id).with_for_update())


async def keep_chases(db: Session, chases: Sequence[Chase]) -> None:
    """Enter chases in the ledger. Raises ChasedMeanwhile when one of them is there already."""
    db.add_all(chases)
    await write_unless_chased(db)


async def write_unless_chased(db: Session) -> None:
    """Write what is waiting. Raises ChasedMeanwhile when a letter or a chase of the same key is there already."""
    try:
        await db.flush()
    except IntegrityError as error:
        raise ChasedMeanwhile("The same was chased a moment ago.") from error


async def list_histories(db: Session, request_ids: Collection[int]) -> Sequence[AdviceEvent]:
    """What happened to these advice requests, in order."""
    rows = await db.scalars(
        sa.select(AdviceEvent).where(AdviceEvent.request_id.in_(request_ids)).order_by(AdviceEvent.at, AdviceEvent.id)
    )
    return rows.all()


async def are_all_chases_wanted(db: Session, letter_id: int) -> bool:
    """Whether everything a digest chases is still open and not promised for later since."""
    for subject, is_open in (
        (ADVICE, AdviceRequest.status == AdviceStatus.OPEN),
        (ACTION, Action.status == ActionStatus.OPEN),
    ):
        table = _TABLES[subject]
        rows = await db.execute(
            sa.select(is_open, table.promised_on, Chase.chased_at)
            .select_from(Chase)
            .join(table, table.id == Chase.subject_id)
            .where(Chase.subject == subject, Chase.letter_id == letter_id)
        )
        for still_open, promised_on, chased_at in rows:
            if not still_open or (promised_on and promised_on >= day_in_london(chased_at)):
                return False
    return True


async def take_back_chases(db: Session, letter: OutboxLetter) -> None:
    """Withdraw a letter that has not gone; of a digest, nothing was sent, and so the ledger says."""
    await db.execute(sa.delete(Chase).where(Chase.letter_id == letter.id))
    letter.state = LetterState.WITHDRAWN


async def name_digest(db: Session, key: str) -> str:
    """The key of the next digest of an address and a day: a digest that was withdrawn makes room for another.

    Raises ChasedMeanwhile when the address has had its digest of the day.
    """
    states = await db.scalars(sa.select(OutboxLetter.state).where(OutboxLetter.key.startswith(key, autoescape=True)))
    earlier = states.all()
    if any(state is not LetterState.WITHDRAWN for state in earlier):
        raise ChasedMeanwhile("This address has had its mail for today.")
    return f"{key}:{len(earlier)}"
