"""The audit: entries are added and read, never changed."""

from collections.abc import Sequence

import sqlalchemy as sa

from coord_service.storage.database import Session
from coord_service.storage.tables import AuditEntry, User


def add_entry(db: Session, entry: AuditEntry) -> None:
    """Keep an entry, in the transaction of the change it tells of."""
    db.add(entry)


async def has_entry(db: Session, actor: str, verb: str) -> bool:
    """Whether this actor has ever done this."""
    query = sa.select(AuditEntry.id).where(AuditEntry.actor == actor, AuditEntry.verb == verb).limit(1)
    return await db.scalar(query) is not None


async def list_entries(
    db: Session, *, child_id: int | None, limit: int, offset: int
) -> Sequence[tuple[AuditEntry, str | None]]:
    """Entries, newest first, each with the address of the account behind it; of one child or of everything."""
    query = (
        sa.select(AuditEntry, User.email)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if child_id is not None:
        query = query.where(AuditEntry.child_id == child_id)
    return [(entry, email) for entry, email in await db.execute(query)]


async def count_entries(db: Session, *, child_id: int | None) -> int:
    """How many entries ``list_entries`` would give in all."""
    query = sa.select(sa.func.count()).select_from(AuditEntry)
    if child_id is not None:
        query = query.where(AuditEntry.child_id == child_id)
    return await db.scalar(query) or 0
