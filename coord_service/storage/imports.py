"""What an import finds already there: whole tables by the keys of the system they come from."""

from collections.abc import Sequence
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.domain.people import PersonKind, Role
from coord_service.storage.database import Row, Session
from coord_service.storage.tables import Agency, Child, Membership, Person, Service, User

AnyRow = TypeVar("AnyRow", bound=Row)


async def list_agencies(db: Session) -> Sequence[Agency]:
    """Every agency."""
    return (await db.scalars(sa.select(Agency))).all()


async def list_services(db: Session) -> Sequence[Service]:
    """Every service."""
    return (await db.scalars(sa.select(Service))).all()


async def list_professionals(db: Session) -> Sequence[Person]:
    """Every professional, imported or entered by hand, with where they work."""
    query = sa.select(Person).where(Person.kind == PersonKind.PROFESSIONAL)
    return (await db.scalars(query.options(joinedload(Person.service).joinedload(Service.agency)))).all()


async def list_imported_children(db: Session) -> Sequence[Child]:
    """Every child that came by an import."""
    return (await db.scalars(sa.select(Child).where(Child.external_key.is_not(None)))).all()


async def list_imported_memberships(db: Session) -> Sequence[Membership]:
    """Every membership that came by an import."""
    return (await db.scalars(sa.select(Membership).where(Membership.external_key.is_not(None)))).all()


async def list_references(db: Session) -> set[str]:
    """Every case reference that is taken."""
    return {*await db.scalars(sa.select(Child.reference))}


async def list_lead_workers_by_address(db: Session) -> dict[str, User]:
    """The lead workers who can sign in, by their address."""
    query = sa.select(User).where(User.role == Role.LEAD_WORKER, User.is_active.is_(True))
    return {user.email: user for user in await db.scalars(query)}


def keep(db: Session, row: AnyRow) -> AnyRow:
    """Add a new row to the transaction."""
    db.add(row)
    return row
