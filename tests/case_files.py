"""Children, teams and services for tests, written straight into the database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from coord_service.bootstrap import build
from coord_service.domain.people import Actor, PersonKind, Role, Sector
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from coord_service.storage.tables import Child, Meeting, Membership, Person, Service
from tests.builders import a_child, a_member, a_person, a_service, a_user, actor_for
from tests.installation import StandingClock
from tests.report_world import a_plain_meeting, an_attendee

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
BORN = date(2016, 5, 1)


def make_tools(url: str) -> Tools:
    """An installation over a migrated database; its mail has nowhere to go."""
    return build(Settings(demo=True, cookie_secure=False, database_url=url), clock=StandingClock())


@pytest.fixture
async def county(migrated_url: str) -> AsyncIterator["County"]:
    """An empty county on each database."""
    tools = make_tools(migrated_url)
    yield County(tools)
    await tools.close()


@pytest.fixture
def tools(county: "County") -> Tools:
    """The parts of its installation."""
    return county.tools


@pytest.fixture
async def worker(county: "County") -> Actor:
    """A lead worker of it."""
    return await county.staff("Robin Worker")


@dataclass
class County:
    """A small invented county: services, staff, and a way to add what a test is about."""

    tools: Tools

    async def staff(self, name: str = "", role: Role = Role.LEAD_WORKER) -> Actor:
        """Somebody who can sign in, as the actor behind a change."""
        return actor_for(await a_user(self.tools, role, name))

    async def service(self, name: str = "Therapies", sector: Sector = Sector.HEALTH) -> Service:
        return await a_service(self.tools, name, sector)

    async def professional(self, name: str, service: Service, email: str | None = "") -> Person:
        address = {} if email == "" else {"email": email}
        return await a_person(self.tools, name, service_id=service.id, **address)

    async def relative(self, name: str, email: str | None = None) -> Person:
        return await a_person(self.tools, name, kind=PersonKind.FAMILY, email=email)

    async def child(self, actor: Actor, given: str = "Wren", family: str = "Applegarth", **facts: Any) -> Child:
        return await a_child(self.tools, actor, given_name=given, family_name=family, **{"born_on": BORN} | facts)

    async def member(self, child: Child, person: Person, role: str = "Therapist", **facts: Any) -> Membership:
        return await a_member(self.tools, child, person, role=role, **facts)

    async def meeting(self, child: Child, actor: Actor, *invited: Person, days: int = 7) -> Meeting:
        """A booked meeting about a child, a week ahead unless said otherwise."""
        meeting = await a_plain_meeting(self.tools, actor, child, days)
        for person in invited:
            await an_attendee(self.tools, meeting, person)
        return meeting
