"""When chases were last looked for, and what is held since."""

from datetime import datetime

import sqlalchemy as sa

from coord_service.storage.database import Session
from coord_service.storage.tables import AuditEntry, Chase, ChaseWatch

IMPORT = "job:import"  # who the audit says brought data in


async def load_watch(db: Session) -> ChaseWatch:
    """The one row."""
    return await db.get_one(ChaseWatch, 1)


async def lock_watch(db: Session) -> ChaseWatch:
    """The one row; another sweep waits until this transaction is over."""
    return await db.get_one(ChaseWatch, 1, with_for_update=True)


async def is_import_since(db: Session, at: datetime) -> bool:
    """Whether data was brought in after an instant."""
    query = sa.select(AuditEntry.id).where(AuditEntry.actor == IMPORT, AuditEntry.at > at).limit(1)
    return await db.scalar(query) is not None


async def bring_ledger_back(db: Session, now: datetime) -> int:
    """Date what the ledger has in the future to now: it has been sent, so it was sent before now. How many rows."""
    ahead = sa.update(Chase).where(Chase.chased_at > now).values(chased_at=now).returning(Chase.id)
    return len((await db.scalars(ahead)).all())
