"""Advice requests and all that hangs on one: its history, documents, letters, chases, calls."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, undefer
from sqlalchemy.sql.base import ExecutableOption

from coord_service.domain.actions import ActionStatus
from coord_service.domain.advice import AdviceKind, AdviceStatus
from coord_service.domain.delivery import LetterState
from coord_service.domain.people import PersonKind
from coord_service.storage.database import Session
from coord_service.storage.tables import (
    Action,
    AdviceEvent,
    AdviceRequest,
    Chase,
    Child,
    Contact,
    Document,
    OutboxLetter,
    Person,
    PersonalLink,
    Service,
    User,
)

ADVICE = "advice"  # the subject of a chase


def _whole_request() -> list[ExecutableOption]:
    return [
        joinedload(AdviceRequest.child).joinedload(Child.lead_worker).joinedload(User.person),
        joinedload(AdviceRequest.service).joinedload(Service.agency),
        joinedload(AdviceRequest.person),
    ]


async def add_request(db: Session, request: AdviceRequest) -> None:
    """Keep a request; its id is known afterwards."""
    db.add(request)
    await db.flush()


async def load_request(db: Session, request_id: int, *, for_change: bool = False) -> AdviceRequest | None:
    """A request with its child, the child's lead worker, its service and person; locked where it will be changed."""
    query = sa.select(AdviceRequest).where(AdviceRequest.id == request_id).options(*_whole_request())
    if for_change:
        query = query.with_for_update(of=AdviceRequest)
    found: AdviceRequest | None = await db.scalar(query)
    return found


async def load_child_to_ask(db: Session, child_id: int) -> Child | None:
    """A child with the lead worker, in whose name advice is asked for."""
    query = sa.select(Child).where(Child.id == child_id).options(joinedload(Child.lead_worker).joinedload(User.person))
    found: Child | None = await db.scalar(query)
    return found


async def load_open_twin(db: Session, child_id: int, service_id: int, kind: AdviceKind) -> AdviceRequest | None:
    """An open request of the same letter to the same service about the same child."""
    found: AdviceRequest | None = await db.scalar(
        sa.select(AdviceRequest)
        .where(
            AdviceRequest.child_id == child_id,
            AdviceRequest.service_id == service_id,
            AdviceRequest.kind == kind,
            AdviceRequest.status == AdviceStatus.OPEN,
        )
        .limit(1)
    )
    return found


async def list_services(db: Session) -> Sequence[Service]:
    """Every service with its agency, by name."""
    rows = await db.scalars(sa.select(Service).order_by(Service.name, Service.id).options(joinedload(Service.agency)))
    return rows.all()


async def list_professionals(db: Session) -> Sequence[Person]:
    """Every professional who works in a service, by name, with the service."""
    rows = await db.scalars(
        sa.select(Person)
        .where(Person.kind == PersonKind.PROFESSIONAL, Person.service_id.is_not(None))
        .order_by(Person.name, Person.id)
        .options(joinedload(Person.service))
    )
    return rows.all()


async def load_professional(db: Session, person_id: int) -> Person | None:
    """A person who may be asked."""
    return await db.get(Person, person_id)


async def load_professional_at(db: Session, address: str, service_id: int) -> Person | None:
    """Somebody who works in this service, by their address in lower case."""
    found: Person | None = await db.scalar(
        sa.select(Person)
        .where(
            sa.func.lower(Person.email) == address,
            Person.service_id == service_id,
            Person.kind == PersonKind.PROFESSIONAL,
        )
        .order_by(Person.id)
        .limit(1)
    )
    return found


def add_event(db: Session, event: AdviceEvent) -> None:
    """Keep what happened to a request."""
    db.add(event)


async def list_events(db: Session, request_id: int) -> Sequence[AdviceEvent]:
    """What happened to a request, in order."""
    rows = await db.scalars(
        sa.select(AdviceEvent).where(AdviceEvent.request_id == request_id).order_by(AdviceEvent.at, AdviceEvent.id)
    )
    return rows.all()


async def load_last_event(db: Session, request_id: int, kinds: Sequence[str]) -> AdviceEvent | None:
    """The newest event of one of these kinds."""
    found: AdviceEvent | None = await db.scalar(
        sa.select(AdviceEvent)
        .where(AdviceEvent.request_id == request_id, AdviceEvent.what.in_(kinds))
        .order_by(AdviceEvent.id.desc())
        .limit(1)
    )
    return found


async def list_letters(db: Session, request_id: int) -> Sequence[OutboxLetter]:
    """Every letter about a request, the digests that chased it too, oldest first, without their bytes."""
    chased = sa.select(Chase.letter_id).where(Chase.subject == ADVICE, Chase.subject_id == request_id)
    rows = await db.scalars(
        sa.select(OutboxLetter)
        .where(sa.or_(OutboxLetter.advice_request_id == request_id, OutboxLetter.id.in_(chased)))
        .order_by(OutboxLetter.id)
    )
    return rows.all()


async def list_chases(db: Session, request_id: int) -> Sequence[Chase]:
    """The ledger of one request, oldest first."""
    rows = await db.scalars(
        sa.select(Chase).where(Chase.subject == ADVICE, Chase.subject_id == request_id).order_by(Chase.id)
    )
    return rows.all()


async def list_contacts(db: Session, request_id: int) -> Sequence[Contact]:
    """The calls and talks about a request, oldest first, with who had them."""
    rows = await db.scalars(
        sa.select(Contact)
        .where(Contact.advice_request_id == request_id)
        .order_by(Contact.at, Contact.id)
        .options(joinedload(Contact.person), joinedload(Contact.by_user).joinedload(User.person))
    )
    return rows.all()


def add_document(db: Session, document: Document) -> None:
    """Keep a document with its content."""
    db.add(document)


async def list_documents(db: Session, request_id: int) -> Sequence[Document]:
    """A request's documents in the order they came, without their content."""
    rows = await db.scalars(sa.select(Document).where(Document.request_id == request_id).order_by(Document.id))
    return rows.all()


async def load_document(db: Session, document_id: int) -> Document | None:
    """A document with its content."""
    return await db.get(Document, document_id, options=[undefer(Document.content)])


async def withdraw_letters(db: Session, request_id: int, now: datetime) -> int:
    """Take back a request's letters that have not gone and are not being sent; how many that were."""
    taken = await db.scalars(
        sa.update(OutboxLetter)
        .where(
            OutboxLetter.advice_request_id == request_id,
            OutboxLetter.state == LetterState.WAITING,
            sa.or_(OutboxLetter.leased_until.is_(None), OutboxLetter.leased_until <= now),
        )
        .values(state=LetterState.WITHDRAWN)
        .returning(OutboxLetter.id)
    )
    return len(taken.all())


async def load_last_ask(db: Session, request_id: int) -> OutboxLetter | None:
    """The newest letter that asked for this advice."""
    found: OutboxLetter | None = await db.scalar(
        sa.select(OutboxLetter)
        .where(OutboxLetter.advice_request_id == request_id, OutboxLetter.letter == "ask_advice")
        .order_by(OutboxLetter.id.desc())
        .limit(1)
    )
    return found


async def count_letters(db: Session, request_id: int) -> int:
    """How many letters were ever written for a request: the next one's number."""
    return (
        await db.scalar(
            sa.select(sa.func.count()).select_from(OutboxLetter).where(OutboxLetter.advice_request_id == request_id)
        )
        or 0
    )


async def revoke_links(db: Session, request_id: int, now: datetime) -> None:
    """Close every door to a request."""
    await db.execute(
        sa.update(PersonalLink)
        .where(PersonalLink.advice_request_id == request_id, PersonalLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def list_needs(db: Session, lead_worker_id: int | None, today: date) -> Sequence[AdviceRequest]:
    """Open requests that are late, promised for today or before, or have an answer waiting; the latest due last.

    Of one lead worker, or of everybody.
    """
    query = (
        sa.select(AdviceRequest)
        .join(AdviceRequest.child)
        .where(
            AdviceRequest.status == AdviceStatus.OPEN,
            Child.closed_at.is_(None),
            sa.or_(
                AdviceRequest.due_on < today,
                AdviceRequest.promised_on <= today,
                AdviceRequest.problem.is_not(None),
            ),
        )
        .order_by(AdviceRequest.due_on, AdviceRequest.id)
        .options(*_whole_request())
    )
    if lead_worker_id is not None:
        query = query.where(Child.lead_worker_id == lead_worker_id)
    return (await db.scalars(query)).unique().all()


async def list_unchecked(db: Session, lead_worker_id: int | None) -> Sequence[AdviceRequest]:
    """Requests whose advice came and has not been looked at since, of one lead worker or of everybody."""
    last = (
        sa.select(sa.func.max(AdviceEvent.id))
        .where(AdviceEvent.request_id == AdviceRequest.id, AdviceEvent.what.in_(("received", "checked")))
        .correlate(AdviceRequest)
        .scalar_subquery()
    )
    query = (
        sa.select(AdviceRequest)
        .join(AdviceRequest.child)
        .join(AdviceEvent, AdviceEvent.id == last)
        .where(AdviceRequest.status == AdviceStatus.RECEIVED, AdviceEvent.what == "received")
        .order_by(AdviceRequest.ended_at, AdviceRequest.id)
        .options(*_whole_request())
    )
    if lead_worker_id is not None:
        query = query.where(Child.lead_worker_id == lead_worker_id)
    return (await db.scalars(query)).unique().all()


async def list_escalations(db: Session, request_ids: Sequence[int]) -> dict[int, list[str]]:
    """For each request, the addresses above the holder that a chase has gone to."""
    if not request_ids:
        return {}
    rows = await db.execute(
        sa.select(Chase.subject_id, Chase.address)
        .where(Chase.subject == ADVICE, Chase.subject_id.in_(request_ids))
        .where(Chase.audience.not_in(("holder", "call")))
        .group_by(Chase.subject_id, Chase.address)
        .order_by(Chase.subject_id, sa.func.min(Chase.id))
    )
    found: dict[int, list[str]] = {}
    for request_id, address in rows:
        found.setdefault(request_id, []).append(address)
    return found


async def list_user_names(db: Session, user_ids: Sequence[int]) -> dict[int, str]:
    """The names of members of staff by the id of their account."""
    rows = await db.execute(
        sa.select(User.id, Person.name).join(Person, Person.id == User.person_id).where(User.id.in_(user_ids))
    )
    return {row.id: row.name for row in rows}


async def list_calls(db: Session, lead_worker_id: int | None) -> Sequence[tuple[Chase, Child, Person, str]]:
    """Families to ring: what they hold is due, and nobody has spoken with them since. Newest last."""
    spoken = sa.exists().where(Contact.child_id == Child.id, Contact.at >= Chase.chased_at)
    query = (
        sa.select(Chase, Child, Person, Action.what)
        .join(Action, sa.and_(Chase.subject == "action", Action.id == Chase.subject_id))
        .join(Child, Child.id == Action.child_id)
        .join(Person, Person.id == Action.owner_id)
        .where(Chase.audience == "call", Action.status == ActionStatus.OPEN, ~spoken)
        .order_by(Chase.id)
    )
    if lead_worker_id is not None:
        query = query.where(Child.lead_worker_id == lead_worker_id)
    return [(chase, child, person, what) for chase, child, person, what in await db.execute(query)]
