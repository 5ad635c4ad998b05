"""The audit: entries are added and read, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from coord_service.storage.database import Session
from coord_service.storage.tables import AuditEntry, Person, User


def add_entry(db: Session, entry: AuditEntry) -> None:
    """Keep an entry, in the transaction of the change it tells of."""
    db.add(entry)


async def has_entry(db: Session, actor: str, verb: str) -> bool:
    """Whether this actor has ever done this."""
    query = sa.select(AuditEntry.id).where(AuditEntry.actor == actor, AuditEntry.verb == verb).limit(1)
    return await db.scalar(query) is not None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to list; None does not narrow. ``actor_kind`` is what stands before the colon of an actor: user,
    link, job. ``since`` is an instant."""

    child_id: int | None = None
    user_id: int | None = None
    actor_kind: str | None = None
    record_type: str | None = None
    since: datetime | None = None


async def list_entries(
    db: Session, wanted: AuditFilter, *, limit: int, offset: int
) -> Sequence[tuple[AuditEntry, str | None]]:
    """Entries, newest first, each with the name of the member of staff behind it."""
    rows = await db.execute(
        sa.select(AuditEntry, Person.name)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .outerjoin(Person, Person.id == User.person_id)
        .where(_matches(wanted))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [(entry, name) for entry, name in rows]


async def list_entries_about(db: Session, subject: tuple[str, int]) -> Sequence[AuditEntry]:
    """Every entry about one record, by its type and id, the oldest first."""
    kind, number = subject
    rows = await db.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.record_type == kind, AuditEntry.record_id == number)
        .order_by(AuditEntry.id)
    )
    return rows.all()


async def count_entries(db: Session, wanted: AuditFilter) -> int:
    """How many entries ``list_entries`` would give in all."""
    return await db.scalar(sa.select(sa.func.count()).select_from(AuditEntry).where(_matches(wanted))) or 0


def _matches(wanted: AuditFilter) -> sa.ColumnElement[bool]:
    narrowing: list[sa.ColumnElement[bool]] = [sa.true()]
    if wanted.child_id is not None:
        narrowing.append(AuditEntry.child_id == wanted.child_id)
    if wanted.user_id is not None:
        narrowing.append(AuditEntry.user_id == wanted.user_id)
    if wanted.actor_kind is not None:
        narrowing.append(AuditEntry.actor.startswith(f"{wanted.actor_kind}:"))
    if wanted.record_type is not None:
        narrowing.append(AuditEntry.record_type == wanted.record_type)
    if wanted.since is not None:
        narrowing.append(AuditEntry.at >= wanted.since)
    return sa.and_(*narrowing)


async def list_record_types(db: Session) -> Sequence[str]:
    """The types of record that entries are about."""
    rows = await db.scalars(sa.select(AuditEntry.record_type).distinct().order_by(AuditEntry.record_type))
    return rows.all()
