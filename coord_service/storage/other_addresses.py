"""Other addresses from which people's answers count."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.storage.database import Session
from coord_service.storage.matching import equals
from coord_service.storage.tables import OtherAddress, Person, Service


async def list_other_addresses(db: Session, person_ids: Collection[int]) -> Sequence[OtherAddress]:
    """The other addresses of these people, the oldest first."""
    rows = await db.scalars(
        sa.select(OtherAddress).where(OtherAddress.person_id.in_(person_ids)).order_by(OtherAddress.id)
    )
    return rows.all()


async def find_other_address(db: Session, person_id: int, address: str) -> OtherAddress | None:
    """This other address of this person."""
    found: OtherAddress | None = await db.scalar(
        sa.select(OtherAddress).where(OtherAddress.person_id == person_id, OtherAddress.address == address)
    )
    return found


async def load_other_address(db: Session, number: int) -> OtherAddress | None:
    """One other address."""
    return await db.get(OtherAddress, number)


def add_other_address(db: Session, address: OtherAddress) -> None:
    """Let answers from this address count."""
    db.add(address)


async def drop_other_address(db: Session, address: OtherAddress) -> None:
    """Let them count no longer."""
    await db.delete(address)


async def list_people_known_at(db: Session, address: str) -> Sequence[Person]:
    """Everybody with this address, be it another one of theirs, with where they work."""
    others = sa.select(OtherAddress.person_id).where(OtherAddress.address == address)
    rows = await db.scalars(
        sa.select(Person)
        .where(sa.or_(equals(Person.email, address), Person.id.in_(others)))
        .order_by(Person.id)
        .options(joinedload(Person.service).joinedload(Service.agency))
    )
    return rows.all()
