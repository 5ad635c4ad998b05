"""Exceptions to one clock of one case, the telling of the family, and reasons for delay, which lift nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.case_clocks import CaseClock, case_clocks
from coord_service.domain.clock_exceptions import Circumstances, faults_of
from coord_service.domain.clocks import Ground, law_on
from coord_service.domain.people import Actor
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.case_clocks import load_case_facts
from coord_service.operations.cases import load_child
from coord_service.operations.tools import Tools
from coord_service.storage.clock_exceptions import (
    add_delay,
    add_exception,
    list_delays,
    list_exceptions,
    load_exception,
)
from coord_service.storage.database import Session
from coord_service.storage.tables import Child, ClockException, DelayReason


@dataclass(frozen=True, slots=True)
class ClockKey:
    """One clock of one case: its id in the law, when it started, and the request where it is one of advice."""

    child_id: int
    clock: str
    start_on: date
    request_id: int | None = None


@dataclass(frozen=True, slots=True)
class RecordException:
    """The paragraph with its circumstances, what shows them, who decided, and when and how the family was told."""

    key: ClockKey
    paragraph: str
    from_on: date
    until_on: date | None
    asked_on: date | None
    evidence: str
    decided_by: str
    decided_on: date
    told_on: date | None = None
    told_how: str | None = None


@dataclass(frozen=True, slots=True)
class OneClock:
    """A clock with what was recorded about it; ``grounds``: what each paragraph that can lift it is about."""

    child: Child
    clock: CaseClock
    grounds: Mapping[str, Ground]
    exceptions: Sequence[ClockException]
    delays: Sequence[DelayReason]


async def view_clock(tools: Tools, actor: Actor, key: ClockKey) -> OneClock:
    """One clock of a case. Raises NotFound where the case has none like this."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        child = await load_child(db, key.child_id)
        clock = await _find_clock(db, tools, child, key)
        exceptions = [each for each in await list_exceptions(db, child.id) if _is_of(each, key)]
        delays = [each for each in await list_delays(db, child.id) if _is_of(each, key)]
    grounds = law_on(tools.rulebook.clock_laws, clock.start_on).grounds
    return OneClock(child, clock, {each: grounds[each] for each in clock.limit.exceptions}, exceptions, delays)


async def _find_clock(db: Session, tools: Tools, child: Child, key: ClockKey) -> CaseClock:
    clocks = case_clocks(
        tools.rulebook.clock_laws, await load_case_facts(db, tools, child), day_in_london(tools.clock.now())
    )
    wanted = (key.clock, key.start_on, key.request_id)
    found = next((each for each in clocks if (each.limit.id, each.start_on, each.request_id) == wanted), None)
    if found is None:
        raise NotFound("This case has no such clock. Its start may have been corrected: open its clocks again.")
    return found


def _is_of(row: ClockException | DelayReason, key: ClockKey) -> bool:
    """Advice is told apart by its request, whose receipt may be corrected; anything else by its start."""
    if (row.clock, row.request_id) != (key.clock, key.request_id):
        return False
    return key.request_id is not None or row.start_on == key.start_on


async def record_exception(tools: Tools, actor: Actor, wanted: RecordException) -> int:
    """Lift the duty to meet this one limit; it stays where it is. The exception's id.

    It may be recorded after the limit, and is shown so. Raises InvalidForm for a paragraph that does not belong to this
    clock and for circumstances that the law does not ask for, NotFound.
    """
    require(actor, Permission.EDIT_CASES)
    now = tools.clock.now()
    today = day_in_london(now)
    async with tools.database.begin() as db:
        child = await load_child(db, wanted.key.child_id)
        clock = await _find_clock(db, tools, child, wanted.key)
        _check(wanted, clock, law_on(tools.rulebook.clock_laws, clock.start_on).grounds, today)
        held = [each for each in await list_exceptions(db, child.id) if _is_of(each, wanted.key)]
        if same := next((each for each in held if _is_same(each, wanted)), None):
            return same.id  # a double click
        exception = ClockException(
            child_id=child.id,
            clock=clock.limit.id,
            start_on=clock.start_on,
            request_id=clock.request_id,
            recorded_at=now,
            by_user_id=actor.user_id,
            **{name: getattr(wanted, name) for name in _KEPT},
        )
        add_exception(db, exception)
        await db.flush()
        facts = {"clock": clock.limit.id, "paragraph": wanted.paragraph, "is_family_told": wanted.told_on is not None}
        record(db, actor, "record_exception", ("clock_exception", exception.id), now, child_id=child.id, **facts)
        return exception.id


_KEPT = (
    "paragraph",
    "from_on",
    "until_on",
    "asked_on",
    "evidence",
    "decided_by",
    "decided_on",
    "told_on",
    "told_how",
)


def _is_same(held: ClockException, wanted: RecordException) -> bool:
    is_alike = (held.paragraph, held.from_on) == (wanted.paragraph, wanted.from_on)
    return is_alike and held.withdrawn_at is None


def _check(wanted: RecordException, clock: CaseClock, grounds: Mapping[str, Ground], today: date) -> None:
    if wanted.paragraph not in clock.limit.exceptions:
        raise InvalidForm({"paragraph": f"Choose a paragraph that belongs to this limit ({clock.limit.law})"})
    said = Circumstances(grounds[wanted.paragraph], wanted.from_on, wanted.until_on, wanted.asked_on)
    faults = faults_of(said, (clock.start_on, clock.limit.due_on), today)
    if wanted.decided_on > today:
        faults["decided_on"] = "Give today or an earlier day: record it when it is decided"
    if wanted.told_on is not None:
        faults |= _faults_of_telling(wanted.told_on, wanted.told_how, today)
    elif wanted.told_how:
        faults["told_on"] = "Enter the day on which the family was told"
    if faults:
        raise InvalidForm(faults)


def _faults_of_telling(told_on: date, told_how: str | None, today: date) -> dict[str, str]:
    faults = {} if told_how else {"told_how": "Say how the family was told"}
    if told_on > today:
        faults["told_on"] = "Give today or an earlier day: record it when the family has been told"
    return faults


async def note_family_told(tools: Tools, actor: Actor, exception_id: int, told_on: date, told_how: str) -> ClockKey:
    """Note when and how the family was told of an exception. Raises InvalidForm, NotFound, Refused."""
    require(actor, Permission.EDIT_CASES)
    now = tools.clock.now()
    if faults := _faults_of_telling(told_on, told_how.strip() or None, day_in_london(now)):
        raise InvalidForm(faults)
    async with tools.database.begin() as db:
        exception = await _take_up(db, exception_id)
        exception.told_on, exception.told_how = told_on, told_how.strip()
        _put_on_record(db, actor, "note_family_told", exception, tools)
        return key_of(exception)


async def withdraw_exception(tools: Tools, actor: Actor, exception_id: int, reason: str) -> ClockKey:
    """Take an exception back; it stays on record with the reason, and the duty stands again.

    Raises InvalidForm without a reason, NotFound, Refused where it was taken back already.
    """
    require(actor, Permission.EDIT_CASES)
    if not reason.strip():
        raise InvalidForm({"reason": "Say why it is taken back"})
    async with tools.database.begin() as db:
        exception = await _take_up(db, exception_id)
        exception.withdrawn_at, exception.withdrawn_reason = tools.clock.now(), reason.strip()
        _put_on_record(db, actor, "withdraw_exception", exception, tools)
        return key_of(exception)


async def load_one_exception(tools: Tools, actor: Actor, exception_id: int) -> ClockException:
    """An exception as it was recorded. Raises NotFound, Refused where it was taken back."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        return await _take_up(db, exception_id)


async def _take_up(db: Session, exception_id: int) -> ClockException:
    exception = await load_exception(db, exception_id)
    if exception is None:
        raise NotFound("There is no such exception on record.")
    if exception.withdrawn_at is not None:
        raise Refused("This exception was taken back already.")
    return exception


def key_of(exception: ClockException) -> ClockKey:
    """The clock that an exception belongs to."""
    return ClockKey(exception.child_id, exception.clock, exception.start_on, exception.request_id)


def _put_on_record(db: Session, actor: Actor, verb: str, exception: ClockException, tools: Tools) -> None:
    subject, facts = ("clock_exception", exception.id), {"clock": exception.clock, "paragraph": exception.paragraph}
    record(db, actor, verb, subject, tools.clock.now(), child_id=exception.child_id, **facts)


async def record_delay(tools: Tools, actor: Actor, key: ClockKey, reason: str) -> None:
    """Keep why a limit is missed where no exception holds. It lifts nothing. Raises InvalidForm, NotFound."""
    require(actor, Permission.EDIT_CASES)
    if not reason.strip():
        raise InvalidForm({"delay": "Say what the delay comes from"})
    now = tools.clock.now()
    async with tools.database.begin() as db:
        child = await load_child(db, key.child_id)
        clock = await _find_clock(db, tools, child, key)
        delay = DelayReason(
            child_id=child.id,
            clock=clock.limit.id,
            start_on=clock.start_on,
            request_id=clock.request_id,
            reason=reason.strip(),
            recorded_at=now,
            by_user_id=actor.user_id,
        )
        add_delay(db, delay)
        await db.flush()
        record(db, actor, "record_delay", ("delay_reason", delay.id), now, child_id=child.id, clock=clock.limit.id)
