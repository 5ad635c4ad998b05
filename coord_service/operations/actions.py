"""Actions: noted at a meeting, done, put off, corrected, withdrawn; by the lead worker or behind an owner's link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.action_line import ActionLine, Namesake, read_action_line
from coord_service.domain.actions import ActionFilter, ActionStatus, fault_of_due_date, fault_of_promise
from coord_service.domain.children import Sharing
from coord_service.domain.people import Actor, PersonKind
from coord_service.domain.private_words import find_private_words
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.cases import refuse_stale
from coord_service.operations.holding import load_meeting_to_hold, refuse_early
from coord_service.operations.organizer_copy import present_attendees
from coord_service.operations.tools import Tools
from coord_service.storage import actions as rows
from coord_service.storage.database import Session
from coord_service.storage.meetings import list_team_members
from coord_service.storage.tables import Action, AuditEntry, Child, Meeting, Membership, OutboxLetter, Person

SAME_PRESS = timedelta(minutes=1)
LONGEST_WHAT = 500


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who can undertake something: from the meeting or the teams around its children."""

    person_id: int
    name: str
    role: str
    agency: str
    has_address: bool
    is_family: bool
    is_self: bool


@dataclass(frozen=True, slots=True)
class AddAction:
    """What somebody undertakes. ``by_phone``: the owner has no address and will be told by telephone."""

    meeting_id: int
    child_id: int
    owner_id: int
    what: str
    due_on: date
    by_phone: bool = False


@dataclass(frozen=True, slots=True)
class CorrectAction:
    """What is right. ``version`` is the one the page showed: a stale page is refused."""

    action_id: int
    version: int
    child_id: int
    owner_id: int
    what: str
    due_on: date
    by_phone: bool = False


@dataclass(frozen=True, slots=True)
class Drafting:
    """What the page on which an action is written needs."""

    meeting: Meeting
    owners: Sequence[Owner]
    understood: ActionLine | None = None


@dataclass(frozen=True, slots=True)
class ActionCard:
    """One action with its letters and what was done to it, by whom."""

    action: Action
    letters: Sequence[OutboxLetter]
    history: Sequence[tuple[AuditEntry, str | None]]


@dataclass(frozen=True, slots=True)
class ActionNeed:
    """An action that wants its lead worker. ``is_mine``: they own it; ``is_call``: the family owns it, so ring."""

    action: Action
    is_mine: bool
    is_call: bool


async def load_action_needs(db: Session, lead_worker: Actor, today: date) -> Sequence[ActionNeed]:
    """What a lead worker's home shows: their own late actions first, then late ones of their children, "not mine"."""
    user_id, person_id = lead_worker.user_id or 0, lead_worker.person_id or 0
    found = await rows.list_actions_in_need(db, user_id, person_id, today)
    return [
        ActionNeed(each, each.owner_id == person_id, each.owner.kind is PersonKind.FAMILY and not each.suggested_owner)
        for each in found
    ]


async def draft_action(tools: Tools, actor: Actor, meeting_id: int, line: str | None = None) -> Drafting:
    """Who can own an action of this meeting, and what a typed line was understood to say. Raises NotFound, Refused."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.read() as db:
        meeting = await load_meeting_to_hold(db, meeting_id)
        refuse_early(meeting, now)
        owners = await _list_owners(db, tools, actor, meeting)
    if line is None:
        return Drafting(meeting, owners)
    people = [Namesake(each.person_id, each.name, each.role, each.is_self) for each in owners]
    return Drafting(meeting, owners, read_action_line(line, people, day_in_london(now)))


async def _list_owners(db: Session, tools: Tools, actor: Actor, meeting: Meeting) -> list[Owner]:
    """Everybody at the meeting, then the rest of the teams; not whom the family has not agreed to share with."""
    members = await list_team_members(db, [child.id for child in meeting.children], day_in_london(tools.clock.now()))
    refused = refused_people(members)
    found = [(each.person, each.role) for each in present_attendees(meeting)]
    found += [(each.person, each.role) for each in members]
    owners = [_owner(tools, person, role, actor) for person, role in found if person.id not in refused]
    return list({each.person_id: each for each in reversed(owners)}.values())[::-1]


def refused_people(members: Sequence[Membership]) -> set[int]:
    """Who is not to be told: the family has not agreed for any of the children whose team they are in."""
    told = {each.person_id for each in members if each.sharing is not Sharing.REFUSED}
    return {each.person_id for each in members} - told


def _owner(tools: Tools, person: Person, role: str, actor: Actor) -> Owner:
    return Owner(
        person_id=person.id,
        name=person.name,
        role=role,
        agency=agency_of(tools, person),
        has_address=bool(person.email),
        is_family=person.kind is PersonKind.FAMILY,
        is_self=person.id == actor.person_id,
    )


def agency_of(tools: Tools, person: Person) -> str:
    """The agency an action is counted under; staff are the council's."""
    if person.kind is PersonKind.FAMILY:
        return "Family"
    if person.service:
        return person.service.agency.name
    return tools.settings.council if person.kind is PersonKind.STAFF else "No agency on record"


async def add_action(tools: Tools, actor: Actor, request: AddAction) -> int:
    """Note what somebody undertook; its id, the first one's on a double click. Raises InvalidForm, Refused."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        meeting = await load_meeting_to_hold(db, request.meeting_id)
        refuse_early(meeting, now)
        owners = await _list_owners(db, tools, actor, meeting)
        owner = _check(owners, meeting, request, fault_of_due_date(request.due_on, day_in_london(now)))
        action = Action(
            meeting_id=meeting.id,
            child_id=request.child_id,
            owner_id=owner.person_id,
            agency=owner.agency,
            what=request.what,
            due_on=request.due_on,
            status=ActionStatus.OPEN,
            created_at=now,
        )
        existing = await rows.find_same_action(db, action, now - SAME_PRESS)
        if existing is not None:
            return existing
        rows.add_action(db, action)
        await db.flush()
        _record(db, actor, "add_action", action, now, owner=owner.person_id, due_on=request.due_on.isoformat())
        return action.id


def _check(
    owners: Sequence[Owner], meeting: Meeting, asked: AddAction | CorrectAction, fault_of_day: str | None
) -> Owner:
    """The owner meant. Raises InvalidForm with everything that is wrong."""
    owner = next((each for each in owners if each.person_id == asked.owner_id), None)
    faults = {
        "owner_id": None if owner else "Choose somebody who is at the meeting or in the team, and may be told",
        "by_phone": fault_of_reaching(owner, by_phone=asked.by_phone) if owner else None,
        "child_id": None if asked.child_id in {child.id for child in meeting.children} else "Choose which child",
        "what": fault_of_what(asked.what, meeting.children),
        "due_on": fault_of_day,
    }
    wrong = {name: fault for name, fault in faults.items() if fault}
    if wrong or owner is None:
        raise InvalidForm(wrong)
    return owner


def fault_of_reaching(owner: Owner, *, by_phone: bool) -> str | None:
    """Why an owner would never hear of their action, as a sentence; None where they will."""
    if owner.has_address or by_phone:
        return None
    return f"{owner.name} has no mail address. Tick that you will tell them by telephone"


def fault_of_what(what: str, children: Sequence[Child]) -> str | None:
    """What is wrong with the words of an action; they go out in mails, so they name no child (DOMAIN §6)."""
    if not what.strip():
        return "Enter what is to be done"
    if len(what) > LONGEST_WHAT:
        return f"Use {LONGEST_WHAT} characters or fewer: this has {len(what):,}"
    names = [f"{child.given_name} {child.family_name}" for child in children]
    private = find_private_words(what, names, [child.born_on for child in children])
    if private:
        words = " and ".join(f"“{word}”" for word in private)
        return f"Leave out {words}: actions go out by mail. Write “the child” instead"
    return None


async def correct_action(tools: Tools, actor: Actor, request: CorrectAction) -> bool:
    """Write down what is right now; whether somebody else owns it, whose earlier owner's link then opens no more.

    Raises InvalidForm, ChangedMeanwhile, NotFound, Refused.
    """
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        action = await load_action_to_change(db, request.action_id)
        refuse_stale(action.version, request.version)
        _refuse_ended(action)
        meeting = await load_meeting_to_hold(db, action.meeting_id)
        is_same_day = request.due_on == action.due_on
        fault_of_day = None if is_same_day else fault_of_due_date(request.due_on, day_in_london(now))
        owners = await _list_owners(db, tools, actor, meeting)
        owner = _check(owners, meeting, request, fault_of_day)
        is_passed_on = owner.person_id != action.owner_id
        if is_passed_on:
            action.owner_id, action.agency, action.promised_on = owner.person_id, owner.agency, None
            await rows.revoke_action_links(db, action.id, now)
        action.child_id, action.what, action.due_on = request.child_id, request.what, request.due_on
        action.suggested_owner = None
        _record(db, actor, "correct_action", action, now, owner=owner.person_id, due_on=request.due_on.isoformat())
        return is_passed_on


async def load_action_to_change(db: Session, action_id: int) -> Action:
    """An action, locked. Raises NotFound."""
    action = await rows.lock_action(db, action_id)
    if action is None:
        raise NotFound("There is no such action.")
    return action


def _refuse_ended(action: Action) -> None:
    if action.status is not ActionStatus.OPEN:
        raise Refused(f"This action is {action.status.value}. Open it again before you change it.")


async def mark_action_done(tools: Tools, actor: Actor, action_id: int, note: str | None) -> None:
    """The owner said that it is done, by telephone or face to face. A second time changes nothing."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        action = await load_action_to_change(db, action_id)
        if action.status is ActionStatus.DONE:
            return
        _refuse_ended(action)
        action.status, action.ended_at, action.suggested_owner = ActionStatus.DONE, now, None
        action.note = note or action.note
        _record(db, actor, "mark_action_done", action, now)


async def promise_action(tools: Tools, actor: Actor, action_id: int, promised_on: date) -> None:
    """The owner said by telephone that they need until a day: no chase until it has passed. The due date stays."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    if fault := fault_of_promise(promised_on, day_in_london(now), tools.rulebook.working_days):
        raise InvalidForm({"promised_on": fault})
    async with tools.database.begin() as db:
        action = await load_action_to_change(db, action_id)
        _refuse_ended(action)
        action.promised_on, action.suggested_owner = promised_on, None
        _record(db, actor, "promise_action", action, now, promised_on=promised_on.isoformat())


async def withdraw_action(tools: Tools, actor: Actor, action_id: int) -> None:
    """It is no longer wanted: nobody is chased for it, and links to it open no more. A second time changes nothing."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        action = await load_action_to_change(db, action_id)
        if action.status is ActionStatus.WITHDRAWN:
            return
        _refuse_ended(action)
        action.status, action.ended_at, action.suggested_owner = ActionStatus.WITHDRAWN, now, None
        await rows.revoke_action_links(db, action.id, now)
        _record(db, actor, "withdraw_action", action, now)


async def reopen_action(tools: Tools, actor: Actor, action_id: int) -> None:
    """It was not done after all, or is wanted again."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        action = await load_action_to_change(db, action_id)
        if action.status is not ActionStatus.OPEN:
            action.status, action.ended_at = ActionStatus.OPEN, None
            _record(db, actor, "reopen_action", action, now)


async def keep_owner(tools: Tools, actor: Actor, action_id: int) -> None:
    """It stays with its owner, who had said that it is somebody else's."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        action = await load_action_to_change(db, action_id)
        if action.suggested_owner is not None:
            action.suggested_owner = None
            _record(db, actor, "keep_owner", action, now)


async def view_action(tools: Tools, actor: Actor, action_id: int) -> ActionCard:
    """One action with everything about it. Raises NotFound."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        action = await rows.load_action(db, action_id)
        if action is None:
            raise NotFound("There is no such action.")
        letters = await rows.list_action_letters(db, action_id)
        history = await rows.list_action_history(db, action_id)
    return ActionCard(action, letters, history)


async def view_actions(
    tools: Tools, actor: Actor, wanted: ActionFilter, window: tuple[int, int]
) -> tuple[Sequence[Action], int]:
    """A page of actions, and how many there are in all. ``window`` is limit and offset."""
    require(actor, Permission.SEE_CASES)
    today = day_in_london(tools.clock.now())
    async with tools.database.read() as db:
        return await rows.list_actions(db, wanted, today, window), await rows.count_actions(db, wanted, today)


def _record(db: Session, actor: Actor, verb: str, action: Action, now: datetime, **details: object) -> None:
    record(db, actor, verb, ("action", action.id), now, child_id=action.child_id, **details)
