"""One entry a change: who, what, which record, when. In the same transaction as the change."""

from datetime import datetime
from typing import Any

from coord_service.domain.people import Actor
from coord_service.storage.audit import add_entry
from coord_service.storage.database import Session
from coord_service.storage.tables import AuditEntry


def record(db: Session, actor: Actor, verb: str, subject: tuple[str, int], now: datetime, **details: Any) -> None:
    """Put a change on record.

    ``verb`` is the operation's own name; ``subject`` is the record's type and id. ``details`` are ids, dates and names
    of fields, never a person's particulars; ``child_id`` among them files the entry under that child's history.
    """
    kind, number = subject
    child_id = details.pop("child_id", None)
    add_entry(
        db,
        AuditEntry(
            at=now,
            actor=actor.label,
            user_id=actor.user_id,
            verb=verb,
            record_type=kind,
            record_id=number,
            child_id=child_id,
            details=details,
        ),
    )
