"""Every list takes the same number of SQL statements with ten of everything and with a thousand."""

import pytest

from coord_service.domain.people import Role
from coord_service.operations.tools import Tools
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


async def test_every_list_takes_as_many_statements_for_a_thousand_as_for_ten(tools: Tools, manager: Browser) -> None:
    user = await a_user(tools)
    await everything(tools, user, count=10)
    few = await statements(tools, manager)
    await everything(tools, user, count=990, first=10)
    assert await statements(tools, manager) == few
