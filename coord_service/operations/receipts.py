"""What follows when a mail server takes a letter, and whether a letter is still wanted just before it goes."""

from datetime import date, datetime

from coord_service.clock import day_in_london
from coord_service.domain.advice import AdviceStatus, ReceiptBasis
from coord_service.domain.clocks import ClockKind, counts_from_sending, due
from coord_service.operations.tools import Tools
from coord_service.rulebook import Rulebook
from coord_service.storage.advice import load_request
from coord_service.storage.chase_ledger import are_all_chases_wanted
from coord_service.storage.database import Session
from coord_service.storage.tables import AdviceRequest, OutboxLetter

ASKING = "ask_advice"
CHASING = frozenset({"chase_advice", "escalate_advice"})
LOOKED_AT_AGAIN = CHASING | {ASKING}


def advice_due_on(rulebook: Rulebook, start_on: date) -> date:
    """The last day for advice: six weeks from the day its request was received (reg 8(1))."""
    return next(limit.due_on for limit in due(rulebook.clock_laws, ClockKind.ADVICE, start_on) if limit.id == "advice")


def runs_from_sending(tools: Tools, request: AdviceRequest) -> bool:
    """Whether a request's six weeks run from its sending (Code of Practice 9.41), whenever they say it reached them."""
    asked_on, sector = day_in_london(request.asked_at), request.service.agency.sector
    return counts_from_sending(tools.rulebook.clock_laws, sector, asked_on)


async def letter_was_accepted(db: Session, tools: Tools, letter: OutboxLetter, now: datetime) -> None:
    """Start what starts with receipt: an advice request's six weeks run from it (reg 8(1)).

    The mail server's word counts until somebody acknowledges the request, or the lead worker corrects the date.
    """
    if letter.letter != ASKING or letter.advice_request_id is None:
        return
    request = await load_request(db, letter.advice_request_id, for_change=True)
    if request is None or request.receipt_basis is not None:
        return
    request.received_on = day_in_london(now)
    request.receipt_basis = ReceiptBasis.ACCEPTED_BY_SERVER
    request.due_on = advice_due_on(tools.rulebook, request.received_on)


async def is_still_wanted(db: Session, tools: Tools, letter: OutboxLetter) -> bool:
    """Whether what a letter asks for is still outstanding, looked at again in the moment of sending.

    A chase is good on the day it was written for, in working hours: one that was held up (our mail server was away) is
    written anew by the next sweep, so that nobody finds three of them in a row that speak of other days.
    """
    if letter.letter in CHASING:
        now = tools.clock.now()
        is_of_today = day_in_london(letter.created_at) == day_in_london(now)
        may_go = is_of_today and tools.rulebook.working_days.within_hours(now)
        return may_go and await are_all_chases_wanted(db, letter.id)
    if letter.letter == ASKING and letter.advice_request_id is not None:
        request = await load_request(db, letter.advice_request_id)
        return request is not None and request.status is AdviceStatus.OPEN
    return True
