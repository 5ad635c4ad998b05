"""Every list takes the same number of SQL statements with ten of everything and with a thousand."""

import pytest
import sqlalchemy as sa

from coord_service.domain.people import PersonKind, Role, Sector
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Child, Membership, Person, Service
from tests.builders import a_user
from tests.home_world import everything
from tests.statements import count_statements
from tests.web.browsing import Browser

LISTS = (
    "/children",
    "/people",
    "/services",
    "/services/1",
    "/people/1",
    "/meetings",
    "/meetings?whose=all",
    "/actions",
    "/search?q=testwood",
    "/reports/chase",
    "/reports/forecast",
    "/audit",
)


@pytest.fixture
async def manager(tools: Tools, sign_in) -> Browser:
    browser = await sign_in(Role.MANAGER)
    await browser.get("home")  # the first request of a session notes that it is in use
    return browser


async def statements(tools: Tools, browser: Browser) -> dict[str, int]:
    numbers = {}
    for address in LISTS:
        with count_statements(tools.database) as counted:
            await browser.get(address)
        numbers[address] = counted.number
    return numbers


async def fill_first(tools: Tools, count: int, mark: str) -> None:
    """So many services of the first agency, people of the first service, and teams that the first person is in."""
    today = tools.clock.now().date()
    async with tools.database.begin() as db:
        names = [f"{mark} {number}" for number in range(count)]
        db.add_all(Service(agency_id=1, name=name) for name in names)
        db.add_all(Person(kind=PersonKind.PROFESSIONAL, name=name, service_id=1) for name in names)
        facts = {"person_id": 1, "role": "Therapist", "sector": Sector.HEALTH, "started_on": today}
        children = await db.scalars(sa.select(Child.id).order_by(Child.id.desc()).limit(count))
        db.add_all(Membership(child_id=child_id, **facts) for child_id in children)


async def test_every_list_takes_as_many_statements_for_a_thousand_as_for_ten(tools: Tools, manager: Browser) -> None:
    user = await a_user(tools)
    await everything(tools, user, count=10)
    await fill_first(tools, 10, "few")
    few = await statements(tools, manager)
    await everything(tools, user, count=990, first=10)
    await fill_first(tools, 990, "many")
    assert await statements(tools, manager) == few
