"""Recording what happened in a case: the steps that start and end its clocks."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.case_clocks import DECIDES_REVIEW, reviewed_on
from coord_service.domain.case_steps import AHEAD, STATUS_AFTER, CaseStep, Step
from coord_service.domain.children import PlanStatus
from coord_service.domain.people import Actor
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.case_clocks import load_on_record, steps_of_record
from coord_service.operations.cases import load_child
from coord_service.operations.tools import Tools
from coord_service.storage.case_events import Whose, add_event, find_event, load_event
from coord_service.storage.database import Session
from coord_service.storage.tables import CaseEvent, Child

FARTHEST_AHEAD = timedelta(days=3 * 366)
STARTS_ON_RECORD = {
    "assessment_requested_on": CaseStep.ASSESSMENT_REQUESTED,
    "last_review_on": CaseStep.REVIEWED,
}


@dataclass(frozen=True, slots=True)
class RecordStep:
    """A step of a case and its day; ``note`` says more, for colleagues."""

    child_id: int
    what: CaseStep
    on: date
    note: str | None = None


async def record_step(tools: Tools, actor: Actor, step: RecordStep) -> int:
    """Put a step on record; the event's id. The same step on the same day is on record once.

    A step that moves the case on moves its record: an assessment that is asked for, a plan that is issued or refused, a
    review that is decided. Nothing is sent. Raises InvalidForm, NotFound.
    """
    require(actor, Permission.EDIT_CASES)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        child = await load_child(db, step.child_id)
        refuse_wrong_day(step, child, day_in_london(now))
        existing = await find_event(db, child.id, step.what, step.on)
        if existing is not None:
            return existing.id
        changes = _changes(step, child, (await load_on_record(db, Whose(child_id=child.id))).steps.get(child.id, []))
        event = CaseEvent(
            child_id=child.id,
            what=step.what,
            happened_on=step.on,
            note=step.note,
            details={name: [_plain(getattr(child, name)), _plain(value)] for name, value in changes.items()},
            recorded_at=now,
            by_user_id=actor.user_id,
        )
        for name, value in changes.items():
            await _keep_former(db, child, name, event)
            setattr(child, name, value)
        add_event(db, event)
        await db.flush()
        facts: dict[str, Any] = {"step": step.what.value, "on": step.on.isoformat(), "fields": sorted(changes)}
        record(db, actor, "record_step", ("case_event", event.id), now, child_id=child.id, **facts)
        return event.id


def refuse_wrong_day(step: RecordStep, child: Child, today: date, field: str = "on") -> None:
    """Refuse a day on which the step can't have been, or be going to be. Raises InvalidForm."""
    if step.on < child.born_on:
        raise InvalidForm({field: "This can’t have been before the child was born"})
    if step.on > today and step.what not in AHEAD:
        raise InvalidForm({field: "Give today or an earlier day: record it when it has happened"})
    if step.on > today + FARTHEST_AHEAD:
        raise InvalidForm({field: "Give a day in the next three years"})


def _changes(step: RecordStep, child: Child, known: list[Step]) -> dict[str, Any]:
    """What the step changes on the child's record; nothing where something later stands there already."""
    changes: dict[str, Any] = {}
    status = STATUS_AFTER.get(step.what)
    later = (each for each in (*known, *steps_of_record(child)) if each.what in STATUS_AFTER and each.on > step.on)
    if status is not None and status is not child.plan_status and not any(later):
        changes["plan_status"] = status
    if step.what is CaseStep.ASSESSMENT_REQUESTED and _is_news(child.assessment_requested_on, step.on):
        changes["assessment_requested_on"] = step.on
    review_on = _reviewed_on(step, [*known, *steps_of_record(child)])
    if review_on is not None and _is_news(child.last_review_on, review_on):
        changes["last_review_on"] = review_on
    return changes


async def _keep_former(db: Session, child: Child, name: str, event: CaseEvent) -> None:
    """A start that a later one takes the place of stays on record: its clocks are not forgotten."""
    what, former_on = STARTS_ON_RECORD.get(name), getattr(child, name)
    if what is not None and former_on is not None and await find_event(db, child.id, what, former_on) is None:
        former = CaseEvent(child_id=child.id, what=what, happened_on=former_on, details={})
        former.recorded_at, former.by_user_id = event.recorded_at, event.by_user_id
        add_event(db, former)


def _is_news(known_on: date | None, on: date) -> bool:
    return known_on is None or on > known_on


def _reviewed_on(step: RecordStep, known: list[Step]) -> date | None:
    """The day from which the next review is counted: the meeting that was now decided, or the plan's first day."""
    if step.what in {CaseStep.REVIEWED, CaseStep.PLAN_ISSUED}:
        return step.on
    return reviewed_on(known, step.on) if step.what in DECIDES_REVIEW else None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


async def load_step(tools: Tools, actor: Actor, event_id: int) -> CaseEvent:
    """One step as it was recorded. Raises NotFound."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        return await _take_up(db, event_id)


async def _take_up(db: Session, event_id: int) -> CaseEvent:
    event = await load_event(db, event_id)
    if event is None:
        raise NotFound("There is no such step on record.")
    return event


async def withdraw_step(tools: Tools, actor: Actor, event_id: int, reason: str) -> int:
    """Take a step back that was recorded by mistake; the child's id.

    It stays on record with the reason, its clocks run again, and what it changed on the child's record is set back
    unless that was changed since. Raises InvalidForm without a reason, Refused where it is withdrawn already.
    """
    require(actor, Permission.EDIT_CASES)
    if not reason.strip():
        raise InvalidForm({"reason": "Say why it was a mistake"})
    now = tools.clock.now()
    async with tools.database.begin() as db:
        event = await _take_up(db, event_id)
        if event.withdrawn_at is not None:
            raise Refused("This step was taken back already.")
        child = await load_child(db, event.child_id)
        event.withdrawn_at, event.withdrawn_reason = now, reason.strip()
        facts = {
            "step": event.what.value,
            "on": event.happened_on.isoformat(),
            "fields": sorted(set_back(event, child)),
        }
        record(db, actor, "withdraw_step", ("case_event", event.id), now, child_id=child.id, **facts)
        return child.id


def set_back(event: CaseEvent, child: Child) -> list[str]:
    """Give the child's record back what a step took the place of, unless that was changed since; the names of it."""
    names = [name for name, (_, given) in event.details.items() if _plain(getattr(child, name)) == given]
    for name in names:
        setattr(child, name, _read(name, event.details[name][0]))
    return names


def _read(name: str, value: str | None) -> Any:
    if value is None:
        return None
    return PlanStatus(value) if name == "plan_status" else date.fromisoformat(value)
