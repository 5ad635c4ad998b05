"""Recording what became of letters that were taken out of the outbox, many in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import structlog

from coord_service.domain.delivery import LEASE, GiveUp, LetterState, TryAgain, after_failure, next_probe
from coord_service.errors import DeliveryFailure, MailServerAway, TemporaryFailure
from coord_service.operations.receipts import ASKING, letter_was_accepted
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.leasing import LeasedLetter, give_back, lock_mail_out, mark_mail_server_back, record_sent
from coord_service.storage.post import load_letter
from coord_service.storage.tables import OutboxLetter

log = structlog.get_logger()


class End(Enum):
    """How a letter ended that did not fail."""

    SENT = "sent"  # our mail server took it
    WITHDRAWN = "withdrawn"  # nobody wants it any more, as was seen just before it went
    NOT_BEGUN = "not begun"  # it was taken and no more: it goes back as it was


@dataclass(frozen=True, slots=True)
class Ended:
    """A letter, and how it ended."""

    letter: LeasedLetter
    how: End | DeliveryFailure


async def record_ended(tools: Tools, ended: Sequence[Ended], *, was_away: bool) -> list[LetterState]:
    """Write down what became of these letters, and whether our mail server takes mail; the states they are in now.

    ``was_away``: our mail server was, as far as the caller knows, and may be back.
    """
    if not ended:
        return []
    now = tools.clock.now()
    sent = [each.letter for each in ended if each.how is End.SENT]
    failed = [(each.letter, each.how) for each in ended if isinstance(each.how, DeliveryFailure)]
    withdrawn = [each.letter.id for each in ended if each.how is End.WITHDRAWN]
    async with tools.database.begin() as db:
        await record_sent(db, [letter.id for letter in sent], now)
        for letter in sent:
            if letter.letter == ASKING:
                await letter_was_accepted(db, tools, await _row(db, letter.id), now)
        await give_back(db, [each.letter for each in ended if each.how is End.NOT_BEGUN])
        rows = [await _record_failure(db, letter, error, now) for letter, error in failed]
        change = await _record_server(db, ended, now, was_away=was_away)
    _log(sent, rows, change)
    states = [row.state for row in rows]
    return [*[LetterState.SENT] * len(sent), *[LetterState.WITHDRAWN] * len(withdrawn), *states]


async def _record_failure(db: Session, letter: LeasedLetter, error: DeliveryFailure, now: datetime) -> OutboxLetter:
    row = await _row(db, letter.id)
    if row.state is not LetterState.WAITING or row.leased_until != letter.leased_until:
        return row  # another worker has it by now
    row.error, row.leased_until = str(error), None
    if isinstance(error, MailServerAway) and not error.has_met_letter:
        row.leased_at = None  # it never left: no try of its own is used up
        return row
    row.attempts += 1
    match after_failure(row.attempts, now, str(error), passes_by_itself=isinstance(error, TemporaryFailure)):
        case TryAgain(at=at):
            row.not_before = at
        case GiveUp(why=why):
            row.state, row.error = LetterState.FAILED, why
    return row


async def _record_server(db: Session, ended: Sequence[Ended], now: datetime, *, was_away: bool) -> str:
    """Whether our mail server takes mail; the name of what changed, for the log, or nothing."""
    failures = [(each.letter, each.how) for each in ended if isinstance(each.how, MailServerAway)]
    if failures:
        return await _record_away(db, *failures[0], now)
    if was_away and any(each.how is End.SENT or isinstance(each.how, DeliveryFailure) for each in ended):
        return "mail_server_back" if await mark_mail_server_back(db) else ""
    return ""


async def _record_away(db: Session, letter: LeasedLetter, away: MailServerAway, now: datetime) -> str:
    server = await lock_mail_out(db)
    since = server.away_since
    if since is not None and letter.leased_until - LEASE <= since:
        return ""  # it was on its way already when another found the server away
    server.away_since, server.error, server.tries = since or now, str(away), server.tries + 1
    server.probe_at = next_probe(server.tries, now, is_refusal=away.is_refusal)
    return "" if since else "mail_server_away"


def _log(sent: Sequence[LeasedLetter], rows: Sequence[OutboxLetter], change: str) -> None:
    for letter in sent:
        log.info("letter_sent", letter_id=letter.id, letter=letter.letter)
    for row in rows:
        log.warning("letter_not_sent", letter_id=row.id, state=row.state.value, attempts=row.attempts)
    if change:
        log.warning(change)  # why stands in the database, and `coord check` says it: servers' words may hold addresses


async def _row(db: Session, letter_id: int) -> OutboxLetter:
    row = await load_letter(db, letter_id)
    if row is None:
        raise LookupError(f"letter {letter_id} vanished while it was being sent")
    return row
