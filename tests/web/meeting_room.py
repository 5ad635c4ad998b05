"""A meeting to hold in tests: one child or two, a team with a family, professionals, one without an address."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from coord_service.domain.children import Sharing
from coord_service.domain.meetings import Answer, MeetingStatus, Purpose
from coord_service.domain.people import PersonKind, Sector
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Agency, Attendee, Child, Meeting, Membership, Person, Service, User


@dataclass
class Room:
    """What a test knows of the meeting, by id."""

    meeting_id: int = 0
    children: list[int] = field(default_factory=list)
    people: dict[str, int] = field(default_factory=dict)
    attendees: dict[str, int] = field(default_factory=dict)


PLACES = (
    # key, name, kind, address, role, sector, sharing, is invited
    ("mother", "Maya Quill", PersonKind.FAMILY, "maya@home.example", "Mother", Sector.FAMILY, Sharing.AGREED, True),
    (
        "shah",
        "Dr Priya Shah",
        PersonKind.PROFESSIONAL,
        "shah@nhs.example",
        "Occupational therapist",
        Sector.HEALTH,
        Sharing.AGREED,
        True,
    ),
    (
        "okoro",
        "Ada Okoro",
        PersonKind.PROFESSIONAL,
        "okoro@school.example",
        "SENCO",
        Sector.EDUCATION,
        Sharing.AGREED,
        True,
    ),
    (
        "refused",
        "Rex Denied",
        PersonKind.PROFESSIONAL,
        "rex@other.example",
        "Youth worker",
        Sector.VOLUNTARY,
        Sharing.REFUSED,
        True,
    ),
    ("phone", "Phil Nomail", PersonKind.PROFESSIONAL, None, "School nurse", Sector.HEALTH, Sharing.AGREED, False),
    (
        "absent",
        "Una Team",
        PersonKind.PROFESSIONAL,
        "una@team.example",
        "Social worker",
        Sector.SOCIAL_CARE,
        Sharing.AGREED,
        False,
    ),
)


async def make_room(
    tools: Tools, user_id: int, *, children: int = 1, starts_in: timedelta = timedelta(hours=-1), **more: Any
) -> Room:
    """A booked meeting of this lead worker that began an hour ago, unless said otherwise."""
    now, room = tools.clock.now(), Room()
    async with tools.database.begin() as db:
        user = await db.get(User, user_id)
        convenor = await db.get(Person, user.person_id)
        agency = Agency(name="Northmoor Trust", sector=Sector.HEALTH)
        service = Service(agency=agency, name="Therapies", mailbox="therapies@nhs.example")
        kids = [
            Child(
                reference=ref,
                given_name=name,
                family_name="Quill",
                born_on=date(2018, 5, 4),
                lead_worker_id=user_id,
                created_at=now,
            )
            for ref, name in (("KD-4827M", "Tamsin"), ("PL-1936C", "Rufus"))[:children]
        ]
        db.add_all([agency, service, *kids])
        people = {}
        for key, name, kind, email, role, sector, sharing, _ in PLACES:
            person = Person(
                kind=kind,
                name=name,
                email=email,
                phone="01632 960 123",
                service=service if kind is PersonKind.PROFESSIONAL else None,
            )
            people[key] = person
            teams = kids[1:] if key == "okoro" and children > 1 else kids
            db.add_all(
                [
                    person,
                    *(
                        Membership(
                            child=kid,
                            person=person,
                            role=role,
                            sector=sector,
                            sharing=sharing,
                            started_on=date(2025, 9, 1),
                        )
                        for kid in teams
                    ),
                ]
            )
        await db.flush()
        attendees = {
            "convenor": Attendee(
                person_id=convenor.id,
                email=convenor.email,
                role="Lead worker",
                sector=Sector.COUNCIL,
                is_required=True,
                answer=Answer.ACCEPTED,
            )
        } | {
            key: Attendee(
                person_id=people[key].id,
                email=email,
                role=role,
                sector=sector,
                is_required=True,
                answer=Answer.ACCEPTED,
            )
            for key, _, _, email, role, sector, _, is_invited in PLACES
            if is_invited
        }
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
        room.meeting_id, room.children = meeting.id, [kid.id for kid in kids]
        room.people = {key: person.id for key, person in people.items()} | {"convenor": convenor.id}
        room.attendees = {key: attendee.id for key, attendee in attendees.items()}
    return room
