"""The team around a child: add somebody known or new, change their place, end it. The past stays."""

from dataclasses import dataclass
from datetime import date

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.children import Sharing
from coord_service.domain.people import Actor
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.cases import load_child
from coord_service.operations.people import NewPerson, add_checked_person, load_person
from coord_service.operations.sectors import sector_of
from coord_service.operations.tools import Tools
from coord_service.storage import cases
from coord_service.storage.around_child import list_invitations_ahead
from coord_service.storage.database import Session
from coord_service.storage.tables import Child, Meeting, Membership, Person


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place in a team. ``sharing_on`` is the day the family was asked."""

    role: str
    is_required: bool = True
    sharing: Sharing = Sharing.NOT_ASKED
    sharing_on: date | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a team, with the child, and the meetings ahead to which they are invited."""

    child: Child
    membership: Membership
    invitations: tuple[Meeting, ...]


def _check(place: Place, today: date) -> Place:
    """The place as it is kept: a day of asking wherever somebody was asked. Raises InvalidForm."""
    if not place.role.strip():
        raise InvalidForm({"role": "Enter their role in the team"})
    if place.sharing is Sharing.NOT_ASKED:
        return Place(place.role.strip(), place.is_required)
    on = place.sharing_on or today
    if on > today:
        raise InvalidForm({"sharing_on": "The day the family was asked must be today or in the past"})
    return Place(place.role.strip(), place.is_required, place.sharing, on)


async def add_to_team(tools: Tools, actor: Actor, child_id: int, person_id: int, place: Place) -> int:
    """Give somebody we know a place in the team; the membership's id, the present one's if they are in it already.

    Raises NotFound, InvalidForm, or Refused for a closed record.
    """
    require(actor, Permission.EDIT_CASES)
    place = _check(place, day_in_london(tools.clock.now()))
    async with tools.database.begin() as db:
        person = await load_person(db, actor, person_id)
        return await _join(db, tools, actor, (child_id, person), place)


async def add_new_member(tools: Tools, actor: Actor, child_id: int, new: NewPerson, place: Place) -> int:
    """Enter somebody new and give them a place in the team; the membership's id. Raises as ``add_person`` does."""
    require(actor, Permission.EDIT_CASES)
    place = _check(place, day_in_london(tools.clock.now()))
    async with tools.database.begin() as db:
        person = await add_checked_person(db, tools, actor, new)
        return await _join(db, tools, actor, (child_id, person), place)


async def _join(db: Session, tools: Tools, actor: Actor, pair: tuple[int, Person], place: Place) -> int:
    child_id, person = pair
    now = tools.clock.now()
    child = await load_child(db, child_id)
    if child.closed_at is not None:
        raise Refused("This child’s record is closed. Open it again before you change the team.")
    existing = await cases.find_open_membership(db, child.id, person.id)
    if existing is not None:
        return existing.id
    membership = Membership(
        child_id=child.id,
        person_id=person.id,
        role=place.role,
        sector=sector_of(person),
        is_required=place.is_required,
        sharing=place.sharing,
        sharing_on=place.sharing_on,
        started_on=day_in_london(now),
    )
    cases.add_membership(db, membership)
    await db.flush()
    facts = {"child_id": child.id, "person_id": person.id}
    record(db, actor, "add_to_team", ("membership", membership.id), now, **facts)
    return membership.id


async def load_seat(tools: Tools, actor: Actor, membership_id: int) -> Seat:
    """One place in a team. Raises NotFound."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        membership = await _load(db, membership_id)
        child = await load_child(db, membership.child_id)
        invitations = await list_invitations_ahead(db, child.id, membership.person_id, tools.clock.now())
        return Seat(child, membership, tuple(invitations))


async def _load(db: Session, membership_id: int) -> Membership:
    membership = await cases.load_membership(db, membership_id)
    if membership is None:
        raise NotFound("There is no such place in a team.")
    return membership


async def change_membership(tools: Tools, actor: Actor, membership_id: int, place: Place) -> int:
    """Change role, required or sharing; the child's id. Raises NotFound, InvalidForm, or Refused for an ended one."""
    require(actor, Permission.EDIT_CASES)
    now = tools.clock.now()
    place = _check(place, day_in_london(now))
    async with tools.database.begin() as db:
        membership = await _load(db, membership_id)
        if membership.ended_on is not None:
            raise Refused("They are no longer in the team. Add them again to give them a new role.")
        names = ("role", "is_required", "sharing", "sharing_on")
        changed = [name for name in names if getattr(membership, name) != getattr(place, name)]
        for name in changed:
            setattr(membership, name, getattr(place, name))
        if changed:
            facts = {"child_id": membership.child_id, "person_id": membership.person_id, "fields": changed}
            record(db, actor, "change_membership", ("membership", membership.id), now, **facts)
        return membership.child_id


async def end_membership(tools: Tools, actor: Actor, membership_id: int, reason: str) -> int:
    """End a place today, with a reason; it stays in the team's past. The child's id. Raises NotFound, InvalidForm."""
    require(actor, Permission.EDIT_CASES)
    if not reason.strip():
        raise InvalidForm({"reason": "Say why they leave the team"})
    now = tools.clock.now()
    async with tools.database.begin() as db:
        membership = await _load(db, membership_id)
        if membership.ended_on is None:
            membership.ended_on, membership.ended_reason = day_in_london(now), reason.strip()
            facts = {"child_id": membership.child_id, "person_id": membership.person_id}
            record(db, actor, "end_membership", ("membership", membership.id), now, **facts)
        return membership.child_id
