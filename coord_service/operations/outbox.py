"""Delivering the outbox: take letters out, send them side by side with no transaction open, record what became of them.

At least once: a worker killed after the server took a letter and before we wrote that down sends it again, with the
same Message-ID, UID and SEQUENCE, so that the reader's mail program and calendar see one.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from coord_service.domain.delivery import LEASE, LEAST_LEFT, DomainLimits, LetterState
from coord_service.errors import DeliveryFailure, MailServerAway, TemporaryFailure
from coord_service.operations.posted import End, Ended, record_ended
from coord_service.operations.receipts import LOOKED_AT_AGAIN, is_still_wanted
from coord_service.operations.tools import Tools
from coord_service.ports import OutgoingMail
from coord_service.storage.chase_ledger import take_back_chases
from coord_service.storage.leasing import LeasedLetter, lease_due_letters, lock_mail_out
from coord_service.storage.post import load_letter

log = structlog.get_logger()

GRACE = 5.0  # seconds that a letter on its way has when we are to stop
# Letters that a round has leased for each connection: many, so that one transaction leases many. What can't be begun
# while enough of its lease is left goes back as it was.
IN_HAND = 8


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round of delivery did."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0


async def deliver_outbox(tools: Tools) -> Delivered:
    """Send every letter that is due and may go now. Stopped in the middle, it gives back what it has not begun."""
    going = _Round(tools)
    try:
        await going.run()
    finally:
        await going.end()
    return going.delivered


class _Round:
    """Letters taken out of the outbox and not recorded yet. A slow one holds up nobody but its own connection."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._connections = tools.settings.smtp_connections
        self._in_hand = self._connections * IN_HAND
        self._refill_at = self._connections  # earlier where there is plenty: a connection never waits for a lease then
        self._turn = asyncio.Semaphore(self._connections)
        self._sending: dict[asyncio.Task[Ended], LeasedLetter] = {}
        self._was_away = False  # our mail server, when letters were last leased or since
        self._is_over = False  # nothing more is begun: our mail server is away, or we are to stop
        self._states: Counter[LetterState] = Counter()

    @property
    def delivered(self) -> Delivered:
        """What has been done so far."""
        states = self._states
        postponed = states[LetterState.WAITING] + states[LetterState.WITHDRAWN]
        return Delivered(states[LetterState.SENT], postponed, states[LetterState.FAILED])

    async def run(self) -> None:
        """Until nothing is due that may go now."""
        while True:
            if len(self._sending) <= self._refill_at and not self._is_over:
                wanted = self._in_hand - len(self._sending)
                letters = await self._lease(wanted)
                for letter in letters:
                    self._sending[asyncio.create_task(self._send(letter))] = letter
                self._refill_at = self._in_hand // 2 if len(letters) == wanted else self._connections
            if not self._sending:
                return
            # One transaction records all that ended while the one before was being written.
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            await self._record()

    async def end(self) -> None:
        """Begin nothing more, let what is on its way end within ``GRACE``, and give back the rest."""
        self._is_over = True
        if self._sending:
            _, late = await asyncio.wait(self._sending, timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.wait(self._sending)
            await self._record()

    async def _record(self) -> None:
        """Write down what has ended. A letter cut off in the middle keeps its lease: the server may have taken it."""
        done = [task for task in self._sending if task.done()]
        ended = [task.result() for task in done if not task.cancelled()]
        self._was_away |= any(isinstance(each.how, MailServerAway) for each in ended)
        self._states.update(await record_ended(self._tools, ended, was_away=self._was_away))
        for task in done:
            del self._sending[task]

    async def _send(self, letter: LeasedLetter) -> Ended:
        async with self._turn:
            if self._is_over or letter.leased_until - self._tools.clock.now() < LEAST_LEFT:
                return Ended(letter, End.NOT_BEGUN)
            how = await _send(self._tools, letter)
            self._is_over |= isinstance(how, MailServerAway)
            return Ended(letter, how)

    async def _lease(self, most: int) -> Sequence[LeasedLetter]:
        """Letters that may go now. While our mail server is away that is one at a time, to see whether it is back."""
        now, settings = self._tools.clock.now(), self._tools.settings
        limits = DomainLimits(settings.mail_domain_per_minute, settings.mail_domain_at_once)
        async with self._tools.database.begin() as db:
            server = await lock_mail_out(db)
            self._was_away = server.away_since is not None
            if not self._was_away:
                return await lease_due_letters(db, now, limits, most)
            if server.probe_at is not None and server.probe_at > now:
                return []
            probe = await lease_due_letters(db, now, limits, 1)
            if probe:
                server.probe_at = now + LEASE  # nobody else tries meanwhile
            return probe


async def _send(tools: Tools, letter: LeasedLetter) -> End | DeliveryFailure:
    try:
        if letter.letter in LOOKED_AT_AGAIN and not await _is_wanted(tools, letter.id):
            return End.WITHDRAWN
        mail = OutgoingMail(sender=letter.envelope_from, recipient=letter.recipient, content=letter.content)
        await tools.mailer.send(mail)
    except DeliveryFailure as error:
        return error
    except Exception as error:  # whatever one letter meets must not hold up the others
        log.exception("letter_met_a_fault", letter_id=letter.id)
        return TemporaryFailure(f"Something went wrong on our side ({type(error).__name__}).")
    return End.SENT


async def _is_wanted(tools: Tools, letter_id: int) -> bool:
    """Look again in the moment of sending: an answer one second earlier stops a chase."""
    async with tools.database.begin() as db:
        row = await load_letter(db, letter_id)
        if row is None:
            return False
        if await is_still_wanted(db, tools, row):
            return True
        await take_back_chases(db, row)
    log.info("letter_withdrawn", letter_id=letter_id, letter=row.letter)
    return False
