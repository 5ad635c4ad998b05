"""Who can be invited: the convenor, and the teams of the children the meeting is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.bookings import Booking, Candidate, Need, counts_for, missing_invitees, unmet_quorum
from coord_service.domain.children import Sharing
from coord_service.domain.needed_roles import NeededRole, fills, roles_needed, say_missing
from coord_service.domain.people import ROLE_NAMES, Actor, Sector, normal_address
from coord_service.domain.wishes import WishedTimes, from_data
from coord_service.errors import NotFound
from coord_service.operations.quorums import leads_of, load_quorum
from coord_service.operations.tools import Tools
from coord_service.storage.accounts import load_user
from coord_service.storage.database import Session
from coord_service.storage.meetings import list_team_members, load_children
from coord_service.storage.tables import Meeting, Membership, Person, User

# Of several answers about one person (siblings have a team each) the most careful holds.
_CAREFUL = (Sharing.REFUSED, Sharing.NOT_ASKED, Sharing.AGREED)


@dataclass(frozen=True, slots=True)
class Habits:
    """When somebody works and how much a day can take, and which times they like; empty where nobody has said."""

    working_hours: list[dict[str, Any]] | None = None
    works_in_holidays: bool | None = None
    wishes: tuple[WishedTimes, ...] = ()
    most_meetings: int | None = None
    minutes_between: int | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who can be invited. ``is_answered``: the lead worker has said so; else ``need`` is a suggestion.

    ``counts_for`` is what they help to meet, in words, where the list of guests was asked for.
    """

    person_id: int
    name: str
    role: str
    sector: Sector
    works_at: str
    address: str | None
    need: Need
    sharing: Sharing
    references: tuple[str, ...]
    habits: Habits = Habits()
    is_convenor: bool = False
    is_lead_worker: bool = False
    is_answered: bool = True
    counts_for: str = ""

    @property
    def is_away_in_holidays(self) -> bool:
        """Whether they work in term time alone: as they say, or as people at schools do."""
        works = self.habits.works_in_holidays
        return self.sector is Sector.EDUCATION if works is None else not works

    @property
    def is_invited(self) -> bool:
        """Whether they get an invitation."""
        return self.need is not Need.NOT_INVITED and self.is_answered


@dataclass(frozen=True, slots=True)
class GuestList:
    """Everybody who can be invited, with what the meeting still lacks, in words."""

    guests: tuple[Guest, ...]
    unmet_quorum: tuple[str, ...]
    missing_by_law: tuple[str, ...]
    missing_roles: tuple[str, ...]
    child_ids: tuple[int, ...]
    is_shielded: bool


async def list_guests(tools: Tools, actor: Actor, booking: Booking) -> GuestList:
    """Who could come to this meeting, as ticked or as suggested."""
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.read() as db:
        guests = await load_guests(db, booking, day_in_london(tools.clock.now()))
        children = await load_children(db, booking.what.child_ids)
        rules = await load_quorum(db, booking.what.purpose)
    purpose, candidates = booking.what.purpose, as_candidates(guests)
    return GuestList(
        guests=tuple(replace(each, counts_for=counts_for(purpose, rules, each)) for each in guests),
        unmet_quorum=tuple(unmet_quorum(rules, candidates)),
        missing_by_law=tuple(missing_invitees(purpose, candidates)),
        missing_roles=tuple(say_missing(roles_needed(children), [each.role for each in candidates if each.is_invited])),
        child_ids=booking.what.child_ids,
        is_shielded=any(child.is_shielded for child in children),
    )


def as_candidates(guests: Iterable[Guest]) -> list[Candidate]:
    """The guests as the rules see them."""
    return [
        Candidate(guest.name, guest.sector, guest.need, guest.role, guest.is_convenor, guest.is_lead_worker)
        for guest in guests
    ]


async def load_guests(db: Session, booking: Booking, today: date) -> tuple[Guest, ...]:
    """The convenor first, then the children's teams, each person once."""
    convenor = await load_user(db, booking.what.convenor_id)
    if convenor is None:
        raise NotFound("Whoever was to convene this meeting is not on our records. Choose somebody else.")
    places: dict[int, list[Membership]] = {}
    for membership in await list_team_members(db, booking.what.child_ids, today):
        places.setdefault(membership.person_id, []).append(membership)
    children = await load_children(db, booking.what.child_ids)
    references = {child.id: child.reference for child in children}
    needed = roles_needed(children)
    own_places = places.pop(convenor.person_id, [])
    others = (_guest(booking, memberships, references, needed) for memberships in places.values())
    order = list(Sector)
    found = (_convenor(convenor, own_places), *sorted(others, key=lambda each: (order.index(each.sector), each.name)))
    leads = leads_of(children)
    return tuple(replace(guest, is_lead_worker=guest.person_id in leads) for guest in found)


def guests_of(meeting: Meeting) -> tuple[Guest, ...]:
    """Whoever is invited to a meeting, to look for another time; the convenor too."""
    leads = leads_of(meeting.children)
    return tuple(
        Guest(
            person_id=each.person_id,
            name=each.person.name,
            role=each.role,
            sector=each.sector,
            works_at=_works_at(each.person),
            address=each.email,
            need=Need.REQUIRED if each.is_required else Need.OPTIONAL,
            sharing=Sharing.AGREED,
            references=(),
            habits=_habits(each.person),
            is_convenor=each.person_id == meeting.convenor.person_id,
            is_lead_worker=each.person_id in leads,
        )
        for each in meeting.attendees
        if each.removed_at is None
    )


def _convenor(user: User, places: Sequence[Membership]) -> Guest:
    return Guest(
        person_id=user.person_id,
        name=user.person.name,
        role=places[0].role if places else ROLE_NAMES[user.role],
        sector=Sector.COUNCIL,
        works_at="",
        address=_address(user.person),
        need=Need.REQUIRED,
        sharing=Sharing.AGREED,
        references=(),
        habits=_habits(user.person),
        is_convenor=True,
    )


def _guest(
    booking: Booking, places: Sequence[Membership], references: dict[int, str], needed: Iterable[NeededRole]
) -> Guest:
    person, needs = places[0].person, booking.needs or {}
    sharing = min((place.sharing for place in places), key=_CAREFUL.index)
    return Guest(
        person_id=person.id,
        name=person.name,
        role=places[0].role,
        sector=places[0].sector,
        works_at=_works_at(person),
        address=_address(person),
        need=needs.get(person.id, _suggested(person, places, sharing, needed)),
        sharing=Sharing.AGREED if places[0].sector is Sector.FAMILY else sharing,
        references=tuple(references[place.child_id] for place in places),
        habits=_habits(person),
        is_answered=person.id in needs,
    )


def _habits(person: Person) -> Habits:
    return Habits(
        working_hours=person.working_hours,
        works_in_holidays=person.works_in_holidays,
        wishes=tuple(from_data(person.wishes or ())),
        most_meetings=person.most_meetings,
        minutes_between=person.minutes_between,
    )


def _suggested(person: Person, places: Sequence[Membership], sharing: Sharing, needed: Iterable[NeededRole]) -> Need:
    if not person.email or (sharing is Sharing.REFUSED and places[0].sector is not Sector.FAMILY):
        return Need.NOT_INVITED
    is_required = any(place.is_required or fills(place.role, needed) for place in places)
    return Need.REQUIRED if is_required else Need.OPTIONAL


def _works_at(person: Person) -> str:
    return f"{person.service.name}, {person.service.agency.name}" if person.service else ""


def _address(person: Person) -> str | None:
    return normal_address(person.email) if person.email else None
