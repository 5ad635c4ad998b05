"""What follows when a mail server takes a letter."""

from datetime import datetime

from coord_service.storage.database import Session
from coord_service.storage.tables import OutboxLetter


async def letter_was_accepted(db: Session, letter: OutboxLetter, now: datetime) -> None:
    """Start what starts with receipt: an advice request's six weeks run from it (reg 8(1))."""
