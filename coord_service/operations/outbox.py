"""Delivering the outbox: lease, send with no transaction open, record each letter by itself.

At least once: a worker killed after the server took a letter and before we wrote that down sends it again, with the
same Message-ID, UID and SEQUENCE, so that the reader's mail program and calendar see one.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from coord_service.domain.delivery import LEASE, GiveUp, LetterState, TryAgain, after_failure
from coord_service.errors import DeliveryFailure, TemporaryFailure
from coord_service.operations.receipts import LOOKED_AT_AGAIN, is_still_wanted, letter_was_accepted
from coord_service.operations.tools import Tools
from coord_service.ports import OutgoingMail
from coord_service.storage.chasing import take_back_chases
from coord_service.storage.database import Session
from coord_service.storage.post import lease_due_letters, load_letter
from coord_service.storage.tables import OutboxLetter

log = structlog.get_logger()

BATCH = 10  # each send is bounded by the mailer's time limit: ten of them end well within the lease


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round of delivery did."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0


async def deliver_outbox(tools: Tools) -> Delivered:
    """Send every letter that is due, a batch at a time, until none is left."""
    total = Delivered()
    while batch := await _lease(tools):
        for letter in batch:
            total = _add(total, await _deliver(tools, letter))
    return total


async def _lease(tools: Tools) -> list[OutboxLetter]:
    async with tools.database.begin() as db:
        return list(await lease_due_letters(db, tools.clock.now(), LEASE, BATCH))


async def _deliver(tools: Tools, letter: OutboxLetter) -> LetterState:
    if letter.letter in LOOKED_AT_AGAIN and not await _is_wanted(tools, letter.id):
        return LetterState.WITHDRAWN
    mail = OutgoingMail(sender=letter.envelope_from, recipient=letter.recipient, content=letter.content)
    try:
        await tools.mailer.send(mail)
    except DeliveryFailure as error:
        return await _record_failure(tools, letter.id, error)
    async with tools.database.begin() as db:
        row = await _row(db, letter.id)
        now = tools.clock.now()
        row.state, row.sent_at, row.error, row.leased_until = LetterState.SENT, now, None, None
        row.attempts += 1
        await letter_was_accepted(db, tools, row, now)
    log.info("letter_sent", letter_id=letter.id, letter=letter.letter)
    return LetterState.SENT


async def _is_wanted(tools: Tools, letter_id: int) -> bool:
    """Look again in the moment of sending: an answer one second earlier stops a chase."""
    async with tools.database.begin() as db:
        row = await _row(db, letter_id)
        if await is_still_wanted(db, row):
            return True
        await take_back_chases(db, row)
    log.info("letter_withdrawn", letter_id=letter_id, letter=row.letter)
    return False


async def _record_failure(tools: Tools, letter_id: int, error: DeliveryFailure) -> LetterState:
    async with tools.database.begin() as db:
        row = await _row(db, letter_id)
        row.attempts += 1
        row.error = str(error)
        row.leased_until = None
        _apply(row, tools.clock.now(), error)
    log.warning("letter_not_sent", letter_id=letter_id, state=row.state.value, attempts=row.attempts)
    return row.state


def _apply(row: OutboxLetter, now: datetime, error: DeliveryFailure) -> None:
    match after_failure(row.attempts, now, str(error), passes_by_itself=isinstance(error, TemporaryFailure)):
        case TryAgain(at=at):
            row.not_before = at
        case GiveUp(why=why):
            row.state, row.error = LetterState.FAILED, why


async def _row(db: Session, letter_id: int) -> OutboxLetter:
    row = await load_letter(db, letter_id)
    if row is None:
        raise LookupError(f"letter {letter_id} vanished while it was being sent")
    return row


def _add(total: Delivered, state: LetterState) -> Delivered:
    match state:
        case LetterState.SENT:
            return replace(total, sent=total.sent + 1)
        case LetterState.FAILED:
            return replace(total, failed=total.failed + 1)
        case _:
            return replace(total, postponed=total.postponed + 1)
