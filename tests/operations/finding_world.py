"""A child with a mother and a doctor, for tests of finding a time. The clock stands at Tuesday 3 March 2026, 10am."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from coord_service.clock import LONDON
from coord_service.domain.bookings import Need, What
from coord_service.domain.meetings import Answer, MeetingMode, MeetingStatus, Purpose
from coord_service.domain.people import Actor, PersonKind, Sector
from coord_service.operations.booking import (
    AnswerWhat,
    save_who,
    start_booking,
)
from coord_service.operations.finding import View, find_slots
from coord_service.operations.found import Found
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Attendee, Child, Meeting, Person, User
from tests.builders import a_child, a_member, a_person, a_user, actor_for

TOMORROW = date(2026, 3, 4)  # the clock stands at Tuesday 3 March 2026


@dataclass
class Case:
    """A child with a mother and a doctor, and their lead worker."""

    tools: Tools
    worker: User
    child: Child
    mother: Person
    doctor: Person

    @property
    def actor(self) -> Actor:
        return actor_for(self.worker)

    async def draft(self, purpose: Purpose = Purpose.TAC, minutes: int = 60, worker: User | None = None) -> int:
        worker = worker or self.worker
        what = What((self.child.id,), purpose, worker.id, minutes, MeetingMode.PLACE, "Elm House", None, None)
        draft_id = await start_booking(self.tools, actor_for(worker), AnswerWhat(what))
        needs = {self.mother.id: Need.REQUIRED, self.doctor.id: Need.REQUIRED}
        await save_who(self.tools, actor_for(worker), draft_id, needs)
        return draft_id

    async def find(self, view: View | None = None, **changes: Purpose | int) -> Found:
        draft_id = await self.draft(**changes)
        return await find_slots(self.tools, self.actor, draft_id, view or View(from_on=TOMORROW))

    async def add(self, *rows: object) -> None:
        async with self.tools.database.begin() as db:
            db.add_all(rows)

    async def keep_hours(self, *hours: dict[str, object]) -> None:
        async with self.tools.database.begin() as db:
            for person_id in (self.worker.person_id, self.mother.id, self.doctor.id):
                (await db.get_one(Person, person_id)).working_hours = list(hours)


@pytest.fixture
async def case(tools: Tools) -> Case:
    worker = await a_user(tools, name="Amy Leadworth")
    child = await a_child(tools, worker, last_review_on=date(2025, 6, 29))
    mother = await a_person(tools, "Mrs Ana Testwood", kind=PersonKind.FAMILY)
    doctor = await a_person(tools, "Dr Asha Shah")
    await a_member(tools, child, mother, sector=Sector.FAMILY)
    await a_member(tools, child, doctor)
    return Case(tools, worker, child, mother, doctor)


def starts(found: Found) -> set[datetime]:
    more = {offer.start_at for _, offers in found.more for offer in offers}
    return {offer.start_at for offer in found.best} | more


def days(found: Found) -> set[date]:
    return {start.astimezone(LONDON).date() for start in starts(found)}


def meeting_of(
    person: Person,
    start: datetime,
    status: MeetingStatus = MeetingStatus.BOOKED,
    answer: Answer = Answer.ACCEPTED,
    hours: int = 8,
) -> Meeting:
    return Meeting(
        uid=f"{status}-{answer}-{start:%d%m%H}@test",
        dtstamp=start,
        purpose=Purpose.OTHER,
        starts_at=start,
        ends_at=start + timedelta(hours=hours),
        convenor_id=1,
        status=status,
        created_at=start,
        changed_at=start,
        attendees=[
            Attendee(
                person_id=person.id,
                email="x@nhs.example",
                role="x",
                sector=Sector.HEALTH,
                is_required=True,
                answer=answer,
            )
        ],
    )
