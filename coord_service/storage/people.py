"""People, the services and agencies they work in, and when they are away."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from coord_service.domain.people import PersonKind, Sector
from coord_service.domain.searching import PersonFilter
from coord_service.storage.database import Session
from coord_service.storage.matching import contains_all, equals
from coord_service.storage.tables import Agency, Leave, Person, Service

_WITH_WORKPLACE = joinedload(Person.service).joinedload(Service.agency)


def add_person(db: Session, person: Person) -> None:
    """Keep somebody new."""
    db.add(person)


async def load_person(db: Session, person_id: int) -> Person | None:
    """One person with where they work, as the database has it now."""
    return await db.get(Person, person_id, options=[_WITH_WORKPLACE], populate_existing=True)


async def list_people(db: Session, wanted: PersonFilter, window: tuple[int, int]) -> Sequence[Person]:
    """People by name, with where they work; ``window`` is limit and offset."""
    limit, offset = window
    rows = await db.scalars(
        _people(wanted)
        .order_by(sa.func.lower(Person.name), Person.id)
        .limit(limit)
        .offset(offset)
        .options(contains_eager(Person.service).contains_eager(Service.agency))
    )
    return rows.all()


async def count_people(db: Session, wanted: PersonFilter) -> int:
    """How many people ``list_people`` would give in all."""
    return await db.scalar(_people(wanted).with_only_columns(sa.func.count(Person.id))) or 0


def _people(wanted: PersonFilter) -> sa.Select[Person]:
    searched = (Person.name, Person.email, Person.job_title, Service.name, Agency.name)
    query = (
        sa.select(Person)
        .outerjoin(Person.service)
        .outerjoin(Service.agency)
        .where(Person.kind.in_(wanted.kinds), contains_all([sa.func.coalesce(c, "") for c in searched], wanted.words))
    )
    if wanted.service_id is not None:
        query = query.where(Person.service_id == wanted.service_id)
    if wanted.has_no_address:
        query = query.where(sa.or_(Person.email.is_(None), Person.email == ""))
    return query


async def list_people_at_address(db: Session, email: str) -> Sequence[Person]:
    """Everybody kept with this address, in lower case, with where they work."""
    rows = await db.scalars(
        sa.select(Person).where(equals(Person.email, email)).order_by(Person.id).options(_WITH_WORKPLACE)
    )
    return rows.all()


async def list_namesakes(db: Session, *, kind: PersonKind, service_id: int | None, part: str) -> Sequence[Person]:
    """People of a kind, at this service where one is given, whose name has this part: candidates to compare with."""
    query = sa.select(Person).where(Person.kind == kind, contains_all((Person.name,), (part,)))
    if kind is PersonKind.PROFESSIONAL:
        query = query.where(Person.service_id == service_id)
    rows = await db.scalars(query.order_by(Person.id).limit(200).options(_WITH_WORKPLACE))
    return rows.all()


def add_leave(db: Session, leave: Leave) -> None:
    """Keep days on which somebody is away."""
    db.add(leave)


async def list_leave(db: Session, person_id: int, since: date) -> Sequence[Leave]:
    """When somebody is away, from a day on, in order."""
    rows = await db.scalars(
        sa.select(Leave).where(Leave.person_id == person_id, Leave.ends_on >= since).order_by(Leave.starts_on, Leave.id)
    )
    return rows.all()


async def load_leave(db: Session, leave_id: int) -> Leave | None:
    """One stretch of leave."""
    return await db.get(Leave, leave_id)


async def drop_leave(db: Session, leave: Leave) -> None:
    """Forget a stretch of leave."""
    await db.delete(leave)


def add_agency(db: Session, agency: Agency) -> None:
    """Keep a new agency."""
    db.add(agency)


async def load_agency(db: Session, agency_id: int) -> Agency | None:
    """One agency."""
    return await db.get(Agency, agency_id)


async def list_agencies(db: Session) -> Sequence[Agency]:
    """Every agency by name."""
    return (await db.scalars(sa.select(Agency).order_by(sa.func.lower(Agency.name), Agency.id))).all()


async def find_agency(db: Session, name: str) -> Agency | None:
    """The agency of this name, whatever its case."""
    found: Agency | None = await db.scalar(sa.select(Agency).where(equals(Agency.name, name)).limit(1))
    return found


def add_service(db: Session, service: Service) -> None:
    """Keep a new service."""
    db.add(service)


async def load_service(db: Session, service_id: int) -> Service | None:
    """One service with its agency."""
    return await db.get(Service, service_id, options=[joinedload(Service.agency)])


async def find_service(db: Session, agency_id: int, name: str) -> Service | None:
    """The service of this name in an agency, whatever its case."""
    found: Service | None = await db.scalar(
        sa.select(Service).where(Service.agency_id == agency_id, equals(Service.name, name)).limit(1)
    )
    return found


async def list_services(
    db: Session, *, sector: Sector | None = None, words: Sequence[str] = (), window: tuple[int | None, int] = (None, 0)
) -> Sequence[tuple[Service, int]]:
    """Services by agency and name, with their agency and how many people work there."""
    limit, offset = window
    at_work = (
        sa.select(sa.func.count(Person.id)).where(Person.service_id == Service.id).correlate(Service).scalar_subquery()
    )
    query = (
        _services(sector, words)
        .add_columns(at_work)
        .order_by(sa.func.lower(Agency.name), sa.func.lower(Service.name), Service.id)
        .limit(limit)
        .offset(offset)
        .options(contains_eager(Service.agency))
    )
    return [(service, people) for service, people in await db.execute(query)]


async def count_services(db: Session, *, sector: Sector | None = None, words: Sequence[str] = ()) -> int:
    """How many services ``list_services`` would give in all."""
    return await db.scalar(_services(sector, words).with_only_columns(sa.func.count(Service.id))) or 0


def _services(sector: Sector | None, words: Sequence[str]) -> sa.Select[Service]:
    searched = (Service.name, Agency.name, sa.func.coalesce(Service.mailbox, ""))
    query = sa.select(Service).join(Service.agency).where(contains_all(searched, words))
    return query if sector is None else query.where(Agency.sector == sector)
