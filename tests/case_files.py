"""Children, teams and services for tests, written straight into the database."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from coord_service.bootstrap import build
from coord_service.domain.children import PlanStatus
from coord_service.domain.meetings import MeetingMode, MeetingStatus, Purpose
from coord_service.domain.people import Actor, PersonKind, Role, Sector
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from coord_service.storage.database import Row
from coord_service.storage.tables import Agency, Attendee, Child, Meeting, Membership, Person, Service, User
from tests.installation import StandingClock

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)


def make_tools(url: str) -> Tools:
    """An installation over a migrated database; its mail has nowhere to go."""
    return build(Settings(demo=True, cookie_secure=False, database_url=url), clock=StandingClock())


@dataclass
class County:
    """A small invented county: services, staff, and a way to add what a test is about."""

    tools: Tools
    counter: int = field(default=0)

    def _next(self) -> int:
        self.counter += 1
        return self.counter

    async def keep(self, *rows: Row) -> None:
        async with self.tools.database.begin() as db:
            db.add_all(rows)

    async def staff(self, name: str = "", role: Role = Role.LEAD_WORKER) -> Actor:
        """Somebody who can sign in, as the actor behind a change."""
        number = self._next()
        email = f"staff{number}@council.example.org"
        person = Person(kind=PersonKind.STAFF, name=name or f"Worker {number}", email=email)
        user = User(person=person, email=email, role=role, password_hash=None, created_at=NOW)
        await self.keep(user)
        return Actor(label=f"user:{user.id}", user_id=user.id, person_id=person.id, role=role)

    async def service(self, name: str = "Therapies", sector: Sector = Sector.HEALTH) -> Service:
        agency = Agency(name=f"{name} agency {self._next()}", sector=sector)
        service = Service(agency=agency, name=name, mailbox=f"{name.lower().replace(' ', '.')}@nhs.example.org")
        await self.keep(service)
        return service

    async def professional(self, name: str, service: Service, email: str | None = "") -> Person:
        address = f"person{self._next()}@nhs.example.org" if email == "" else email
        person = Person(kind=PersonKind.PROFESSIONAL, name=name, email=address, service_id=service.id)
        await self.keep(person)
        return person

    async def relative(self, name: str, email: str | None = None) -> Person:
        person = Person(kind=PersonKind.FAMILY, name=name, email=email)
        await self.keep(person)
        return person

    async def child(self, actor: Actor, given: str = "Wren", family: str = "Applegarth", **facts: Any) -> Child:
        number = self._next()
        known = {
            "reference": f"ZZ-{number:04d}Z",
            "born_on": date(2016, 5, 1),
            "plan_status": PlanStatus.SUPPORT,
            "is_shielded": False,
        }
        child = Child(
            given_name=given, family_name=family, lead_worker_id=actor.user_id, created_at=NOW, **known | facts
        )
        await self.keep(child)
        return child

    async def member(self, child: Child, person: Person, role: str = "Therapist", **facts: Any) -> Membership:
        known = {"sector": Sector.HEALTH, "started_on": date(2026, 1, 5)}
        membership = Membership(child_id=child.id, person_id=person.id, role=role, **known | facts)
        await self.keep(membership)
        return membership

    async def meeting(self, child: Child, actor: Actor, *invited: Person, days: int = 7, **facts: Any) -> Meeting:
        """A booked meeting about a child, a week ahead unless said otherwise."""
        starts_at = NOW + timedelta(days=days)
        attendees = [
            Attendee(person_id=p.id, email=p.email or "", role="Guest", sector=Sector.HEALTH, is_required=True)
            for p in invited
        ]
        known = {
            "purpose": Purpose.TAC,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=1),
            "mode": MeetingMode.PLACE,
            "status": MeetingStatus.BOOKED,
            "place": "Room 1",
            "is_private": False,
        }
        async with self.tools.database.begin() as db:
            meeting = Meeting(
                uid=f"meeting-{self._next()}@coord",
                dtstamp=NOW,
                created_at=NOW,
                changed_at=NOW,
                convenor_id=actor.user_id,
                attendees=attendees,
                children=[await db.get_one(Child, child.id)],
                **known | facts,
            )
            db.add(meeting)
        return meeting
