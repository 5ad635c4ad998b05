"""Who gets a place at a meeting by an answer (a delegate, somebody let in), and who loses it again."""

from collections.abc import Sequence
from datetime import datetime

from coord_service.clock import day_in_london
from coord_service.domain import itip
from coord_service.domain.meetings import Answer
from coord_service.domain.people import PersonKind, Sector
from coord_service.operations.organizer_copy import attendee_at
from coord_service.operations.sectors import sector_of
from coord_service.storage.database import Session
from coord_service.storage.meetings import list_team_members
from coord_service.storage.other_addresses import list_people_known_at
from coord_service.storage.people import add_person, load_person
from coord_service.storage.tables import Attendee, Meeting, Membership, Person

INVITED_BY_ANSWER = "Came by an invitation passed on"


async def find_person(db: Session, meeting: Meeting, address: str, now: datetime) -> Person | None:
    """Who of those on our records has this address, the children's teams first: families may share one."""
    found = await list_people_known_at(db, address)
    team = {each.person_id for each in await team_of(db, meeting, now)}
    in_team = [each for each in found if each.id in team]
    return next(iter(in_team or found), None)


async def team_of(db: Session, meeting: Meeting, now: datetime) -> Sequence[Membership]:
    """The present teams of the meeting's children."""
    return await list_team_members(db, [child.id for child in meeting.children], day_in_london(now))


async def seat_by_answer(
    db: Session, meeting: Meeting, event: itip.Event, names: dict[str, str], now: datetime
) -> list[Attendee]:
    """Give whoever is new in the organizer's copy a place, take it from whoever is gone; the new places.

    ``names``: how somebody calls themselves, by address, for people who are not on our records yet.
    """
    newcomers = []
    for each in event.attendees:
        row = attendee_at(meeting, each.address)
        if row is None or row.removed_at is not None:
            newcomers.append(await _seated(db, meeting, each, names.get(each.address, ""), now))
    for row in meeting.attendees:
        if row.removed_at is None and event.attendee(row.email) is None:
            row.removed_at = now
    await db.flush()
    return newcomers


async def _seated(db: Session, meeting: Meeting, line: itip.Attendee, name: str, now: datetime) -> Attendee:
    person = await find_person(db, meeting, line.address, now) or await _new_person(db, line.address, name)
    role, sector = await _place(db, meeting, line, person, now)
    row = next((each for each in meeting.attendees if each.person_id == person.id), None)
    if row is None:
        row = Attendee(person_id=person.id, person=person, answer=Answer.NEEDS_ACTION)
        meeting.attendees.append(row)
    row.email, row.removed_at, row.invited_at = line.address, None, None
    row.is_required = line.role is itip.Role.REQUIRED
    row.role, row.sector = role, sector
    return row


async def _place(
    db: Session, meeting: Meeting, line: itip.Attendee, person: Person, now: datetime
) -> tuple[str, Sector]:
    """Role and sector: as in the team, else those of whoever sent them."""
    for member in await team_of(db, meeting, now):
        if member.person_id == person.id:
            return member.role, member.sector
    sender = attendee_at(meeting, line.delegated_from[0]) if line.delegated_from else None
    return (sender.role, sender.sector) if sender else (INVITED_BY_ANSWER, sector_of(person))


async def _new_person(db: Session, address: str, name: str) -> Person:
    person = Person(kind=PersonKind.PROFESSIONAL, name=" ".join(name.split())[:100] or address, email=address)
    add_person(db, person)
    await db.flush()
    found = await load_person(db, person.id)
    assert found is not None
    return found


async def is_in_a_team(db: Session, meeting: Meeting, address: str, now: datetime) -> bool:
    """Whether whoever has this address is in the team of one of the meeting's children."""
    person = await find_person(db, meeting, address, now)
    return person is not None and person.id in {each.person_id for each in await team_of(db, meeting, now)}
