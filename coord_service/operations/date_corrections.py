"""Correcting the day of a step that was wrong on the record: everything that follows from it is derived again."""

from dataclasses import dataclass
from datetime import date, datetime

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.case_clocks import DECIDES_REVIEW, case_clocks, started_by
from coord_service.domain.case_steps import CaseStep, Step
from coord_service.domain.people import Actor
from coord_service.errors import ChangedMeanwhile, InvalidForm
from coord_service.operations.audit import record
from coord_service.operations.case_clocks import load_case_facts, load_on_record
from coord_service.operations.case_events import STARTS_ON_RECORD, RecordStep, refuse_wrong_day, set_back
from coord_service.operations.cases import load_child
from coord_service.operations.tools import Tools
from coord_service.storage.case_events import Whose, find_event, list_events
from coord_service.storage.database import Session
from coord_service.storage.date_corrections import add_correction, move_starts
from coord_service.storage.tables import CaseEvent, Child, DateCorrection


@dataclass(frozen=True, slots=True)
class CorrectDate:
    """A step, the day that stands on record, the day that is right (none: it never happened), and why it was wrong."""

    child_id: int
    what: CaseStep
    was_on: date
    is_on: date | None
    reason: str


async def correct_date(tools: Tools, actor: Actor, wanted: CorrectDate) -> None:
    """Put the day right, with what was recorded about its clocks; nothing is sent.

    The limits follow from it at once, and so does the ladder of what is asked for the child: from today on, as a limit
    that has moved into the past makes no step of the past fall. The audit says what was, of each limit too. Raises
    InvalidForm, and ChangedMeanwhile where the day does not stand on record any more.
    """
    require(actor, Permission.EDIT_CASES)
    now = tools.clock.now()
    today = day_in_london(now)
    async with tools.database.begin() as db:
        child = await load_child(db, wanted.child_id)
        _check(wanted, child, today)
        before = await _limits(db, tools, child, today)
        await _put_right(db, tools, child, wanted)
        await db.flush()
        after = await _limits(db, tools, child, today)
        add_correction(
            db,
            DateCorrection(
                child_id=child.id,
                what=wanted.what,
                was_on=wanted.was_on,
                is_on=wanted.is_on,
                reason=wanted.reason.strip(),
                at=now,
                by_user_id=actor.user_id,
            ),
        )
        facts = {"step": wanted.what.value, "on": _iso(wanted.is_on), "was_on": _iso(wanted.was_on)}
        limits = {"limits_were": sorted(before - after), "limits_are": sorted(after - before)}
        record(db, actor, "correct_date", ("child", child.id), now, child_id=child.id, **facts, **limits)


def _check(wanted: CorrectDate, child: Child, today: date) -> None:
    if not wanted.reason.strip():
        raise InvalidForm({"reason": "Say why the date was wrong"})
    if wanted.is_on == wanted.was_on:
        raise InvalidForm({"is_on": "This is the date that stands on the record already"})
    if wanted.is_on is not None:
        refuse_wrong_day(RecordStep(child.id, wanted.what, wanted.is_on), child, today, "is_on")


async def _limits(db: Session, tools: Tools, child: Child, today: date) -> set[str]:
    """Every limit of the case as the audit says it: decide_assess 2026-02-16."""
    clocks = case_clocks(tools.rulebook.clock_laws, await load_case_facts(db, tools, child), today)
    return {f"{each.limit.id} {each.limit.due_on.isoformat()}" for each in clocks if each.request_id is None}


async def _put_right(db: Session, tools: Tools, child: Child, wanted: CorrectDate) -> None:
    now = tools.clock.now()
    column = next((name for name, what in STARTS_ON_RECORD.items() if what is wanted.what), None)
    is_on_child = column is not None and getattr(child, column) == wanted.was_on
    event = await find_event(db, child.id, wanted.what, wanted.was_on)
    if event is None and not is_on_child:
        raise ChangedMeanwhile("This date does not stand on the record any more: open the clocks again.")
    if event is not None:
        _correct_event(event, child, wanted, now, await _of_a_meeting(db, child, wanted))
        if wanted.what is CaseStep.REVIEW_HELD:
            await _correct_meeting(db, child, wanted)
    if is_on_child and column is not None:
        if getattr(child, column) == wanted.was_on:
            setattr(child, column, wanted.is_on)
        if wanted.what is CaseStep.ASSESSMENT_REQUESTED:
            child.assessment_corrected_on = day_in_london(now)
    if wanted.is_on is not None:
        clocks = started_by(tools.rulebook.clock_laws, wanted.what)
        await move_starts(db, child.id, clocks, wanted.was_on, wanted.is_on)


def _correct_event(event: CaseEvent, child: Child, wanted: CorrectDate, now: datetime, kept: frozenset[str]) -> None:
    """What the step changed on the child's record is corrected with it, so that taking it back still sets it back.

    A step that never happened is taken back, with all that it changed. ``kept`` is not the day of this step.
    """
    if wanted.is_on is None:
        set_back(event, child)
        event.withdrawn_at, event.withdrawn_reason = now, wanted.reason.strip()
        return
    for name in event.details.keys() - kept:
        _move_given(event, child, name, (wanted.was_on, wanted.is_on))
    event.happened_on = wanted.is_on


def _move_given(event: CaseEvent, child: Child, name: str, days: tuple[date, date]) -> None:
    """A day that a step put on the child's record, if it is that day, is the other one."""
    was_on, is_on = days
    former, given = event.details[name]
    if given == was_on.isoformat():
        event.details = event.details | {name: [former, is_on.isoformat()]}
        if getattr(child, name) == was_on:
            setattr(child, name, is_on)


async def _correct_meeting(db: Session, child: Child, wanted: CorrectDate) -> None:
    """The day of a review meeting stands on the child's record by the decision that followed it: that goes with it."""
    for event in await list_events(db, child.id):
        given = event.details.get("last_review_on", (None, None))[1]
        if event.withdrawn_at is not None or event.what not in DECIDES_REVIEW or given != wanted.was_on.isoformat():
            continue
        if wanted.is_on is None:
            set_back(event, child)
        else:
            _move_given(event, child, "last_review_on", (wanted.was_on, wanted.is_on))
    if wanted.is_on is not None and child.last_review_on == wanted.was_on:
        child.last_review_on = wanted.is_on


async def _of_a_meeting(db: Session, child: Child, wanted: CorrectDate) -> frozenset[str]:
    """What a decision put on the record that is the day of its meeting, though both were on one day."""
    known = (await load_on_record(db, Whose(child_id=child.id))).steps.get(child.id, [])
    is_of_meeting = wanted.what in DECIDES_REVIEW and Step(CaseStep.REVIEW_HELD, wanted.was_on) in known
    return frozenset({"last_review_on"}) if is_of_meeting else frozenset()


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
