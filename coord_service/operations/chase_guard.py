"""The guard against floods: chases to managers that are held after silence, and a manager's say in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.catching_up import LastSweep, hold_until, is_set_back, why_catching_up
from coord_service.domain.chasing import Call
from coord_service.domain.ladders import Audience
from coord_service.domain.people import Actor
from coord_service.errors import Refused
from coord_service.operations.audit import record
from coord_service.operations.chase_plan import Planned, plan_chases
from coord_service.operations.chase_rules import ChaseRules, load_chase_rules
from coord_service.operations.tools import Tools
from coord_service.storage.chase_watch import bring_ledger_back, is_import_since, load_watch, lock_watch
from coord_service.storage.database import Session
from coord_service.storage.tables import ChaseWatch

SWEEP = Actor.job("send_due_chases")
_RECORD = ("chase_watch", 1)


@dataclass(frozen=True, slots=True)
class Hold:
    """Chases to managers wait through ``until_on``; ``why`` is a sentence."""

    until_on: date
    why: str


@dataclass(frozen=True, slots=True)
class Held:
    """What is held and why; no hold, and nothing is."""

    hold: Hold | None
    chases: Sequence[Planned]


def is_escalation(planned: Planned) -> bool:
    """Whether it goes to somebody above whoever holds it."""
    return not isinstance(planned.step, Call) and planned.owed.audience != Audience.HOLDER


async def right_the_ledger(tools: Tools, now: datetime) -> None:
    """Where the clock was set back, what was sent counts as sent now: it would hold everything up until then.

    A hold that began by the wrong clock ends with it; this sweep begins one of its own if there is much to send.
    """
    async with tools.database.begin() as db:
        watch = await lock_watch(db)
        if not is_set_back(LastSweep(watch.swept_at), now):
            return
        was_held = watch.held_until_on is not None
        watch.held_until_on = watch.held_why = None
        if (rows := await bring_ledger_back(db, now)) or was_held:
            record(db, SWEEP, "right_the_ledger", _RECORD, now, rows=rows)


async def begin_sweep(tools: Tools, rules: ChaseRules, planned: Sequence[Planned], now: datetime) -> Sequence[Planned]:
    """Note that a sweep begins, and give what of the plan may go now."""
    async with tools.database.begin() as db:
        watch = await lock_watch(db)
        hold = await find_hold(db, watch, rules, planned, now)
        if hold is not None and watch.held_until_on != hold.until_on:
            watch.held_until_on, watch.held_why = hold.until_on, hold.why
            held = sum(map(is_escalation, planned))
            record(db, SWEEP, "hold_escalations", _RECORD, now, until_on=hold.until_on.isoformat(), held=held)
        watch.swept_at = now
    return [each for each in planned if hold is None or not is_escalation(each)]


async def find_hold(
    db: Session, watch: ChaseWatch, rules: ChaseRules, planned: Sequence[Planned], now: datetime
) -> Hold | None:
    """The hold that is on, or that a sweep would begin now."""
    today = day_in_london(now)
    if watch.held_until_on is not None and today <= watch.held_until_on:
        return Hold(watch.held_until_on, watch.held_why or "")
    has_import = watch.swept_at is not None and await is_import_since(db, watch.swept_at)
    why = why_catching_up(LastSweep(watch.swept_at, has_import), now, rules.working_days)
    if why is None or sum(map(is_escalation, planned)) < rules.hold_from:
        return None
    return Hold(hold_until(today, rules.working_days), why)


async def release_escalations(tools: Tools, actor: Actor) -> None:
    """Let go what is held, at the next sweep. Raises Refused when nothing is held."""
    require(actor, Permission.SET_RULES)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        watch = await _lock_held(db, now)
        watch.held_until_on = watch.held_why = None
        record(db, actor, "release_escalations", _RECORD, now)


async def hold_escalations_longer(tools: Tools, actor: Actor) -> date:
    """Hold for another working day; the new last day of it. Raises Refused when nothing is held."""
    require(actor, Permission.SET_RULES)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        watch = await _lock_held(db, now)
        assert watch.held_until_on is not None
        next_on = tools.rulebook.working_days.add(watch.held_until_on, 1)
        watch.held_until_on = until_on = hold_until(next_on, tools.rulebook.working_days)
        record(db, actor, "hold_escalations_longer", _RECORD, now, until_on=until_on.isoformat())
    return until_on


async def _lock_held(db: Session, now: datetime) -> ChaseWatch:
    watch = await lock_watch(db)
    if watch.held_until_on is None or watch.held_until_on < day_in_london(now):
        raise Refused("Nothing is held any more: chases to managers go out as they fall due.")
    return watch


async def view_held(tools: Tools, actor: Actor) -> Held:
    """What is held, the oldest first; as it stands now, or when the day next begins."""
    require(actor, Permission.SEE_REPORTS)
    now = tools.clock.now()
    days = tools.rulebook.working_days
    async with tools.database.read() as db:
        hold = await load_hold(db, now)
        if hold is None:
            return Held(None, ())
        looked_at = now if days.within_hours(now) else days.opens_at(day_in_london(now) + timedelta(days=1))
        planned = await plan_chases(db, await load_chase_rules(db, tools, looked_at), looked_at)
    return Held(hold, [each for each in planned if is_escalation(each)])


async def load_hold(db: Session, now: datetime) -> Hold | None:
    """The hold that is on."""
    watch = await load_watch(db)
    is_on = watch.held_until_on is not None and day_in_london(now) <= watch.held_until_on
    return Hold(watch.held_until_on, watch.held_why or "") if is_on and watch.held_until_on else None
