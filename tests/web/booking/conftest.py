"""A lead worker signed in, and a county to work in."""

import pytest

from coord_service.domain.people import Role
from coord_service.operations.tools import Tools
from coord_service.storage.tables import User
from tests.booking_world import World, make_world
from tests.web.browsing import Browser


@pytest.fixture
async def browse(sign_in) -> Browser:
    return await sign_in(Role.LEAD_WORKER)


@pytest.fixture
async def world(browse: Browser, tools: Tools) -> World:
    async with tools.database.read() as db:
        lead = await db.get_one(User, 1)
    return await make_world(tools, lead)
