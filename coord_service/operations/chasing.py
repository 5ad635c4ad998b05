"""The sweep: once in a while, in working hours, write to whoever owes something whose time has come.

Decided from the ledger, never from a flag. One transaction for each address: its ledger rows, its one digest of the
day and the audit stand or fall together, so a worker killed half-way leaves nothing half-done, and the next sweep goes
on with the addresses that are left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import structlog

from coord_service.clock import day_in_london
from coord_service.domain.chasing import Call, Decision, Due, Nothing
from coord_service.domain.ladders import Audience, Ladder
from coord_service.operations.audit import record
from coord_service.operations.chase_guard import (
    SWEEP,
    Hold,
    begin_sweep,
    find_hold,
    is_escalation,
    right_the_ledger,
)
from coord_service.operations.chase_letters import Digest, post_digest
from coord_service.operations.chase_plan import Planned, decide, plan_again, plan_chases, rank
from coord_service.operations.chase_rules import LADDERS, ChaseRules, load_chase_rules
from coord_service.operations.tools import Tools
from coord_service.storage.chase_ledger import ChasedMeanwhile, keep_chases, lock_owed, write_unless_chased
from coord_service.storage.chase_watch import load_watch
from coord_service.storage.chasing import CALL, list_open
from coord_service.storage.database import Session
from coord_service.storage.tables import Chase

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did: digests queued, things chased in them, calls asked for."""

    letters: int = 0
    chases: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class NotChased:
    """Something open whose holder is not chased now (a manager may be), why, and when to look again."""

    subject: str
    id: int
    reference: str
    due_on: date
    why: str
    look_again_on: date | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Who would be written to at an instant, which calls would be asked for, what is held back as a whole, and why
    nothing else happens."""

    digests: Sequence[Digest] = field(default_factory=tuple)
    calls: Sequence[Planned] = field(default_factory=tuple)
    not_chased: Sequence[NotChased] = field(default_factory=tuple)
    hold: Hold | None = None
    held: Sequence[Planned] = field(default_factory=tuple)


async def send_due_chases(tools: Tools) -> Swept:
    """Chase what is due now, everybody once: whatever was missed meanwhile, only the latest step is sent.

    After silence managers wait for a day (`domain.catching_up`).
    """
    now = tools.clock.now()
    if not tools.rulebook.working_days.within_hours(now):
        return Swept()
    await right_the_ledger(tools, now)
    async with tools.database.read() as db:
        rules = await load_chase_rules(db, tools, now)
        planned = await plan_chases(db, rules, now)
    may_go = await begin_sweep(tools, rules, planned, now)
    swept = Swept()
    for address, group in _by_address(may_go).items():
        swept = _add(swept, await _chase(tools, rules, address, group))
    if swept != Swept():
        log.info("chases_sent", letters=swept.letters, chases=swept.chases, calls=swept.calls)
        await tools.wake()
    return swept


def _by_address(planned: Sequence[Planned]) -> dict[str, list[Planned]]:
    """Grouped by who is written to (calls by what they are about); managers last, so that they read of today's too."""
    groups: dict[str, list[Planned]] = {}
    for each in planned:
        groups.setdefault(_address(each), []).append(each)
    holders_first = sorted(groups, key=lambda address: min(rank(each.owed) for each in groups[address]))
    return {address: groups[address] for address in holders_first}


def _address(planned: Planned) -> str:
    if isinstance(planned.step, Call) or planned.owed.address is None:
        return f"{CALL}:{planned.owed.subject}:{planned.owed.id}"
    return planned.owed.address


async def _chase(tools: Tools, rules: ChaseRules, address: str, group: Sequence[Planned]) -> Swept:
    """One address in one transaction, decided once more in it: an answer a second earlier stops the letter."""
    ids = {subject: {each.owed.id for each in group if each.owed.subject == subject} for subject in LADDERS}
    try:
        async with tools.database.begin() as db:
            for subject, owed_ids in ids.items():
                if owed_ids:
                    await lock_owed(db, subject, owed_ids)
            now = tools.clock.now()
            still_due = [each for each in await plan_again(db, rules, group, now) if _address(each) == address]
            return await _keep(db, tools, rules, _once(still_due))
    except ChasedMeanwhile:
        log.info("chased_meanwhile", subjects=len(group))  # by another sweep, which was quicker
        return Swept()


def _once(planned: Sequence[Planned]) -> list[Planned]:
    """Each thing once, though somebody may both hold it and manage whoever does; as holder first."""
    first: dict[tuple[str, int], Planned] = {}
    for each in planned:
        first.setdefault((each.owed.subject, each.owed.id), each)
    return list(first.values())


async def _keep(db: Session, tools: Tools, rules: ChaseRules, planned: Sequence[Planned]) -> Swept:
    now = tools.clock.now()
    if not planned:
        return Swept()
    if isinstance(planned[0].step, Call):
        await _enter(db, planned, None, now)
        return Swept(calls=len(planned))
    letter = await post_digest(db, tools, rules, Digest.of(planned), now)
    await write_unless_chased(db)
    await _enter(db, planned, letter.id, now)
    return Swept(letters=1, chases=len(planned))


async def _enter(db: Session, planned: Sequence[Planned], letter_id: int | None, now: datetime) -> None:
    """The ledger and the audit."""
    chases = [
        Chase(
            subject=each.owed.subject,
            subject_id=each.owed.id,
            step=each.step.step,
            anchor_on=each.step.anchor_on,
            address=each.owed.address if letter_id else CALL,
            audience=each.owed.audience if letter_id else CALL,
            chased_at=now,
            letter_id=letter_id,
        )
        for each in planned
    ]
    await keep_chases(db, chases)
    for each, chase in zip(planned, chases, strict=True):
        about = ("advice_request" if each.owed.subject == "advice" else "action", each.owed.id)
        details = {"step": chase.step, "audience": chase.audience, "letter_id": letter_id}
        record(db, SWEEP, "send_due_chases", about, now, child_id=each.owed.child_id, **details)


def _add(total: Swept, one: Swept) -> Swept:
    return Swept(total.letters + one.letters, total.chases + one.chases, total.calls + one.calls)


async def rehearse_chases(tools: Tools, now: datetime, tried: Ladder | None = None) -> Rehearsal:
    """What a sweep would do at an instant, from what is on record today. Nothing is written.

    Of a later day it is taken that sweeps go on until then, so that nothing is held for silence.
    ``tried`` takes the place of the ladder of its kind.
    """
    is_today = day_in_london(now) == day_in_london(tools.clock.now())
    async with tools.database.read() as db:
        rules = await load_chase_rules(db, tools, now)
        if tried is not None:
            rules = replace(rules, ladders={**rules.ladders, tried.kind: tried})
        planned = await plan_chases(db, rules, now)
        not_chased = [each for subject in LADDERS for each in await _explain(db, rules, subject, planned, now)]
        hold = await find_hold(db, await load_watch(db), rules, planned, now) if is_today else None
    held = [each for each in planned if hold and is_escalation(each)]
    letters = [each for each in planned if isinstance(each.step, Due) and each not in held]
    digests = [Digest.of(_once(group)) for group in _by_address(letters).values()]
    return Rehearsal(digests, [each for each in planned if isinstance(each.step, Call)], not_chased, hold, held)


async def _explain(
    db: Session, rules: ChaseRules, subject: str, planned: Sequence[Planned], now: datetime
) -> list[NotChased]:
    asked = [each for each in planned if each.owed.subject == subject and each.owed.audience == Audience.HOLDER]
    chased = {each.owed.id for each in asked}
    rest = [each for each in await list_open(db, subject, rules.day(now)) if each.id not in chased]
    found: list[NotChased] = []
    for owed, _, decision in await decide(db, rules, rest, now):
        why, again = _reason(decision)
        found.append(NotChased(subject, owed.id, owed.reference, owed.due_on, why, again))
    return found


def _reason(decision: Decision) -> tuple[str, date | None]:
    if isinstance(decision, Nothing):
        return decision.why, decision.look_again_on
    return "Nobody who holds this has an e-mail address: ring them.", None
