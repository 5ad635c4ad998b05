"""What was noted at a meeting: its agenda with notes and decisions."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from coord_service.domain.people import Actor
from coord_service.storage.database import Session
from coord_service.storage.tables import AgendaItem, AuditEntry, Meeting

_IN_ORDER = (AgendaItem.position, AgendaItem.id)


async def list_agenda(db: Session, meeting_id: int) -> Sequence[AgendaItem]:
    """The agenda in order, with what is noted so far."""
    rows = await db.scalars(sa.select(AgendaItem).where(AgendaItem.meeting_id == meeting_id).order_by(*_IN_ORDER))
    return rows.all()


async def lock_agenda(db: Session, meeting_id: int) -> Sequence[AgendaItem]:
    """The agenda as it stands now; whoever else saves notes of this meeting waits until the transaction ends."""
    await db.execute(sa.select(Meeting.id).where(Meeting.id == meeting_id).with_for_update())
    return await list_agenda(db, meeting_id)


def add_agenda_item(db: Session, item: AgendaItem) -> None:
    """Keep a new line of the agenda."""
    db.add(item)


async def remove_agenda_item(db: Session, item: AgendaItem) -> None:
    """Take a line off the agenda."""
    await db.delete(item)


async def has_entry_since(db: Session, actor: Actor, verb: str, subject: tuple[str, int], since: datetime) -> bool:
    """Whether the audit has an entry of this actor doing this to this record since an instant."""
    kind, number = subject
    found = await db.scalar(
        sa.select(AuditEntry.id)
        .where(
            AuditEntry.actor == actor.label,
            AuditEntry.verb == verb,
            AuditEntry.record_type == kind,
            AuditEntry.record_id == number,
            AuditEntry.at >= since,
        )
        .limit(1)
    )
    return found is not None
