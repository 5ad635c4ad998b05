"""A meeting to hold in tests: one child or two, a team with a family, professionals, one without an address.

``browse`` is the lead worker's browser, ``room`` the meeting, ``owner`` the browser of somebody without an account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from aiohttp import FormData

from coord_service.domain.children import Sharing
from coord_service.domain.meetings import Answer, MeetingStatus, Purpose
from coord_service.domain.people import Actor, PersonKind, Role, Sector
from coord_service.operations.tools import Tools
from coord_service.storage.actions import load_action
from coord_service.storage.tables import Agency, Attendee, Child, Meeting, Membership, Person, Service, User


@dataclass
class Room:
    """What a test knows of the meeting, by id."""

    meeting_id: int = 0
    children: list[int] = field(default_factory=list)
    people: dict[str, int] = field(default_factory=dict)
    attendees: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Somebody in the team, and whether they are invited."""

    key: str
    name: str
    kind: PersonKind
    email: str | None
    role: str
    sector: Sector
    sharing: Sharing = Sharing.AGREED
    is_invited: bool = True


_FAMILY, _WORKER = PersonKind.FAMILY, PersonKind.PROFESSIONAL
PLACES = (
    Place("mother", "Maya Quill", _FAMILY, "maya@home.example", "Mother", Sector.FAMILY),
    Place("shah", "Dr Priya Shah", _WORKER, "shah@nhs.example", "Occupational therapist", Sector.HEALTH),
    Place("okoro", "Ada Okoro", _WORKER, "okoro@school.example", "SENCO", Sector.EDUCATION),
    Place("refused", "Rex Denied", _WORKER, "rex@other.example", "Youth worker", Sector.VOLUNTARY, Sharing.REFUSED),
    Place("phone", "Phil Nomail", _WORKER, None, "School nurse", Sector.HEALTH, is_invited=False),
    Place("absent", "Una Team", _WORKER, "una@team.example", "Social worker", Sector.SOCIAL_CARE, is_invited=False),
)


async def make_room(
    tools: Tools, user_id: int, *, children: int = 1, starts_in: timedelta = timedelta(hours=-1), **more: Any
) -> Room:
    """A booked meeting of this lead worker that began an hour ago, unless said otherwise."""
    now = tools.clock.now()
    async with tools.database.begin() as db:
        user = await db.get_one(User, user_id)
        convenor = await db.get_one(Person, user.person_id)
        kids = [_child(number, user_id, now) for number in range(children)]
        people = _people()
        db.add_all([*kids, *people.values(), *_memberships(kids, people)])
        await db.flush()
        attendees = _attendees(convenor, people)
        meeting = Meeting(
            uid="m1@coord",
            dtstamp=now,
            purpose=Purpose.TAC,
            starts_at=now + starts_in,
            ends_at=now + starts_in + timedelta(hours=1),
            status=MeetingStatus.BOOKED,
            convenor_id=user_id,
            place="Northmoor Library, Room 2",
            created_at=now,
            changed_at=now - timedelta(days=3),
            children=kids,
            attendees=list(attendees.values()),
            **more,
        )
        db.add(meeting)
        await db.flush()
        return Room(
            meeting_id=meeting.id,
            children=[kid.id for kid in kids],
            people={key: person.id for key, person in people.items()} | {"convenor": convenor.id},
            attendees={key: attendee.id for key, attendee in attendees.items()},
        )


def _child(number: int, user_id: int, now: datetime) -> Child:
    reference, name = (("KD-4827M", "Tamsin"), ("PL-1936C", "Rufus"))[number]
    return Child(
        reference=reference,
        given_name=name,
        family_name="Quill",
        born_on=date(2018, 5, 4),
        lead_worker_id=user_id,
        created_at=now,
    )


def _people() -> dict[str, Person]:
    agency = Agency(name="Northmoor Trust", sector=Sector.HEALTH)
    service = Service(agency=agency, name="Therapies", mailbox="therapies@nhs.example")
    return {
        place.key: Person(
            kind=place.kind,
            name=place.name,
            email=place.email,
            phone="01632 960 123",
            service=service if place.kind is PersonKind.PROFESSIONAL else None,
        )
        for place in PLACES
    }


def _memberships(kids: list[Child], people: dict[str, Person]) -> list[Membership]:
    """Everybody is in every child's team, but the SENCO in the last one's alone."""
    return [
        Membership(
            child=kid,
            person=people[place.key],
            role=place.role,
            sector=place.sector,
            sharing=place.sharing,
            started_on=date(2025, 9, 1),
        )
        for place in PLACES
        for kid in (kids[-1:] if place.key == "okoro" else kids)
    ]


def _attendees(convenor: Person, people: dict[str, Person]) -> dict[str, Attendee]:
    lead = Place("convenor", convenor.name, convenor.kind, convenor.email, "Lead worker", Sector.COUNCIL)
    invited = [lead, *(place for place in PLACES if place.is_invited)]
    return {
        place.key: Attendee(
            person_id=people.get(place.key, convenor).id,
            email=place.email,
            role=place.role,
            sector=place.sector,
            is_required=True,
            answer=Answer.ACCEPTED,
        )
        for place in invited
    }


WORKER = Actor("user:1", user_id=1, person_id=1, role=Role.LEAD_WORKER)


@pytest.fixture
async def browse(sign_in):
    return await sign_in(Role.LEAD_WORKER)


@pytest.fixture
async def room(tools, browse):
    return await make_room(tools, 1)


@pytest.fixture
async def owner(open_browser):
    """The browser of somebody without an account."""
    return await open_browser()


async def send(browse, room, route, data, **more):
    return await browse.post(route, data, seen=f"/meetings/{room.meeting_id}/hold", meeting_id=room.meeting_id, **more)


async def press(browse, route, data=None, number=1, **more):
    return await browse.post(route, data or {}, seen=f"/actions/{number}", action_id=number, **more)


def action(room, owner="shah", **more):
    asked = {
        "owner_id": room.people[owner],
        "child_id": room.children[0],
        "what": "Send the OT report",
        "due_on": "2026-06-12",
    }
    return asked | more


async def add(browse, room, owner="shah", **more):
    return await send(browse, room, "add_action", action(room, owner, **more))


async def load(tools, number=1):
    async with tools.database.read() as db:
        return await load_action(db, number)


async def make_held(browse, room, **marks):
    attendance = {f"attendance-{number}": marks.get(key, "came") for key, number in room.attendees.items()}
    await send(browse, room, "record_attendance", attendance)
    await send(browse, room, "end_meeting", {"family_absence": "ill"})


async def circulate(browse, room, *people, status=200):
    """Send to these people, as the page would with their boxes ticked."""
    form = FormData({"csrf_token": await browse.token(f"/meetings/{room.meeting_id}/circulate")})
    for each in people or ("mother", "shah", "okoro"):
        form.add_field("person", str(room.people[each]))
    return await browse.post("circulate_actions", form, status=status, meeting_id=room.meeting_id)


def order_to(letters, address, letter="circulate"):
    """The last letter of a kind to somebody that was queued, no preview."""
    queued = [each for each in letters.orders if not each.message_id.startswith("<preview")]
    return next(each for each in reversed(queued) if (each.letter, each.to_address) == (letter, address))


async def link_of(browse, room, letters, address="shah@nhs.example"):
    """The address of a personal link to the owner's action, out of their letter."""
    await add(browse, room)
    await make_held(browse, room)
    await circulate(browse, room)
    return order_to(letters, address).facts["own"][0]["link"].partition("/a/")[2]


async def answer(browser, token, data, status=200):
    return await browser.post("answer_action", data, status=status, seen=f"/a/{token}", token=token)
