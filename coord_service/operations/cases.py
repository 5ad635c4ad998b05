"""Children's records: create, correct, close, reopen, hand over, shield. Looking at them is in ``around_child``."""

import secrets
from dataclasses import dataclass, field, fields
from datetime import date

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.children import PlanStatus, age_on, new_reference
from coord_service.domain.people import Actor, Role
from coord_service.errors import ChangedMeanwhile, InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.leaving_calendars import leave_calendar
from coord_service.operations.resending import write_anew
from coord_service.operations.tools import Tools
from coord_service.storage.around_child import list_meetings_ahead
from coord_service.storage.cases import add_child as keep_child
from coord_service.storage.cases import find_reference, list_lead_workers
from coord_service.storage.cases import load_child as find_child
from coord_service.storage.database import Session
from coord_service.storage.meetings import lock_meeting
from coord_service.storage.tables import Child, User

OLDEST = 25  # an EHC plan can last until the young person is 25 (Children and Families Act 2014 s46)
TRIES = 20  # of 5 million references; more collisions in a row mean that something else is wrong


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """What a lead worker writes about a child, as it is kept. ``access_needs``: of ``domain.rooms.RoomFeature``."""

    given_name: str
    family_name: str
    born_on: date
    setting: str | None = None
    plan_status: PlanStatus = PlanStatus.SUPPORT
    assessment_requested_on: date | None = None
    last_review_on: date | None = None
    interpreter: str | None = None
    needs_advocate: bool = False
    access_needs: list[str] = field(default_factory=list)


COUNTED_FROM = frozenset({"assessment_requested_on", "last_review_on"})
FACTS = tuple(each.name for each in fields(ChildFacts))


async def load_child(db: Session, child_id: int) -> Child:
    """The child. Raises NotFound."""
    child = await find_child(db, child_id)
    if child is None:
        raise NotFound("There is no child’s record at this address.")
    return child


async def add_child(tools: Tools, actor: Actor, facts: ChildFacts, lead_worker_id: int | None = None) -> int:
    """Open a record under a new reference, for the actor or another lead worker; the child's id. Raises InvalidForm."""
    require(actor, Permission.EDIT_CASES)
    now = tools.clock.now()
    check_facts(facts, day_in_london(now))
    async with tools.database.begin() as db:
        lead_worker = await _find_lead_worker(db, lead_worker_id or actor.user_id)
        child = Child(
            reference=await _free_reference(db),
            lead_worker_id=lead_worker.id,
            is_shielded=False,
            created_at=now,
            **{name: getattr(facts, name) for name in FACTS},
        )
        keep_child(db, child)
        await db.flush()
        record(db, actor, "add_child", ("child", child.id), now, child_id=child.id)
        return child.id


async def _free_reference(db: Session) -> str:
    for _ in range(TRIES):
        reference = new_reference(secrets.randbelow)
        if await find_reference(db, reference) is None:
            return reference
    raise Refused("No free reference was found. Nothing was saved: try again.")


async def _find_lead_worker(db: Session, user_id: int | None) -> User:
    found = next((user for user in await list_lead_workers(db) if user.id == user_id), None)
    if found is None:
        raise InvalidForm({"lead_worker_id": "Choose a lead worker from the list"})
    return found


def check_facts(facts: ChildFacts, today: date) -> None:
    """Raises InvalidForm with everything that is wrong."""
    needed = {"given_name": "Enter the first name", "family_name": "Enter the family name"}
    wrong = {name: missing for name, missing in needed.items() if not getattr(facts, name).strip()}
    age = age_on(facts.born_on, today)
    if facts.born_on > today:
        wrong["born_on"] = "The date of birth must be in the past"
    elif age > OLDEST:
        wrong["born_on"] = f"This date of birth makes them {age}: records are for children and young people up to 25"
    for name, what in (("assessment_requested_on", "The request"), ("last_review_on", "The last review")):
        on: date | None = getattr(facts, name)
        if on and on > today:
            wrong[name] = f"{what} must be today or in the past"
        elif on and on < facts.born_on:
            wrong[name] = f"{what} can’t be before the child was born"
    if wrong:
        raise InvalidForm(wrong)


async def correct_child(tools: Tools, actor: Actor, child_id: int, version: int, facts: ChildFacts) -> list[str]:
    """Write down what is right now; which facts that changed. A date that limits are counted from stays as it is.

    Raises InvalidForm; ChangedMeanwhile when the record is no longer the ``version`` that the form showed.
    """
    require(actor, Permission.EDIT_CASES)
    now = tools.clock.now()
    check_facts(facts, day_in_london(now))
    async with tools.database.begin() as db:
        child = await load_child(db, child_id)
        refuse_stale(child.version, version)
        changed = [name for name in FACTS if _is_changed(child, facts, name)]
        for name in changed:
            setattr(child, name, getattr(facts, name))
        if changed:
            record(db, actor, "correct_child", ("child", child.id), now, child_id=child.id, fields=changed)
        return changed


def _is_changed(child: Child, facts: ChildFacts, name: str) -> bool:
    """A date that limits are counted from is written once; from then on it is corrected with a reason."""
    was, wanted = getattr(child, name), getattr(facts, name)
    if name in COUNTED_FROM and was is not None:
        if wanted not in {was, None}:
            raise InvalidForm({name: "Limits are counted from this date: correct it under Clocks, with a reason"})
        return False
    return bool(was != wanted)


def refuse_stale(now_at: int, seen: int) -> None:
    """Refuse a change to a record that moved on after the page was opened. Raises ChangedMeanwhile."""
    if now_at != seen:
        raise ChangedMeanwhile("Somebody else changed this a moment ago. Look at both before you save.")


async def close_child(tools: Tools, actor: Actor, child_id: int, reason: str) -> None:
    """Close the record; it can be opened again. A closed one stays as it was closed. Raises InvalidForm."""
    require(actor, Permission.EDIT_CASES)
    if not reason.strip():
        raise InvalidForm({"reason": "Say why the record is closed"})
    now = tools.clock.now()
    async with tools.database.begin() as db:
        child = await load_child(db, child_id)
        if child.closed_at is None:
            child.closed_at, child.closed_reason = now, reason.strip()
            record(db, actor, "close_child", ("child", child.id), now, child_id=child.id)


async def reopen_child(tools: Tools, actor: Actor, child_id: int) -> None:
    """Open a closed record again."""
    require(actor, Permission.EDIT_CASES)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        child = await load_child(db, child_id)
        if child.closed_at is not None:
            child.closed_at, child.closed_reason = None, None
            record(db, actor, "reopen_child", ("child", child.id), now, child_id=child.id)


async def hand_over_child(tools: Tools, actor: Actor, child_id: int, version: int, lead_worker_id: int) -> int:
    """Pass a child to another lead worker, with the meetings ahead that the old one convened; how many those are.

    Nothing is sent: the new lead worker is told on their home page. Raises InvalidForm or ChangedMeanwhile.
    """
    require(actor, Permission.EDIT_CASES)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        child = await load_child(db, child_id)
        refuse_stale(child.version, version)
        new = await _find_lead_worker(db, lead_worker_id)
        old_id = child.lead_worker_id
        if new.id == old_id:
            raise InvalidForm({"lead_worker_id": f"{new.person.name} is the lead worker already"})
        child.lead_worker_id = new.id
        passed = [each for each in await list_meetings_ahead(db, child.id, now) if each.convenor_id == old_id]
        for meeting in passed:
            meeting.convenor_id = new.id
        parties = {"from_user_id": old_id, "to_user_id": new.id, "meeting_ids": [each.id for each in passed]}
        record(db, actor, "hand_over_child", ("child", child.id), now, child_id=child.id, **parties)
        return len(passed)


async def shield_child(tools: Tools, actor: Actor, child_id: int) -> None:
    """Mark that somebody around this child is in danger: from now on no mail says where people meet, nor who comes.

    Meetings that are booked already keep their place out of every further mail too, one that waits to be sent included.
    """
    require(actor, Permission.EDIT_CASES)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        child = await load_child(db, child_id)
        if child.is_shielded:
            return
        child.is_shielded = True
        for meeting in await list_meetings_ahead(db, child.id, now):
            meeting.is_private = True
            whole = await lock_meeting(db, meeting.id)
            if whole is not None:
                await write_anew(db, tools, whole, now)
                if whole.calendar is not None:
                    await leave_calendar(db, tools, whole, now)
        record(db, actor, "shield_child", ("child", child.id), now, child_id=child.id)
    await tools.wake()


async def unshield_child(tools: Tools, actor: Actor, child_id: int) -> None:
    """Take the mark away, a manager's decision; meetings that are booked stay private. Raises Refused."""
    require(actor, Permission.EDIT_CASES)
    if actor.role is not Role.MANAGER:
        raise Refused("Only a manager can end the shielding. Ask yours: it can put somebody in danger.")
    now = tools.clock.now()
    async with tools.database.begin() as db:
        child = await load_child(db, child_id)
        if child.is_shielded:
            child.is_shielded = False
            record(db, actor, "unshield_child", ("child", child.id), now, child_id=child.id)
