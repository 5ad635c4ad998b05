"""A lead worker signed in, a county to work in, and letters that are really written."""

from dataclasses import replace

import pytest

from coord_service.domain.people import Role
from coord_service.operations.tools import Tools
from coord_service.storage.tables import User
from integrations.itip.codec import ItipCodec
from tests.booking_world import World, make_world, real_letters
from tests.web.browsing import Browser


@pytest.fixture
def tools(tools: Tools) -> Tools:
    return replace(tools, codec=ItipCodec(), letters=real_letters())


@pytest.fixture
async def browse(sign_in) -> Browser:
    return await sign_in(Role.LEAD_WORKER)


@pytest.fixture
async def world(browse: Browser, tools: Tools) -> World:
    async with tools.database.read() as db:
        lead = await db.get_one(User, 1)
    return await make_world(tools, lead)
