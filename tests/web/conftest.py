"""Pages are tested with the real application over a real SQLite file.

``browse``        a browser that nobody is signed in to: ``await browse.get("sign_in_form")``
``sign_in``       ``browser = await sign_in(Role.MANAGER)``: a new browser, signed in
``tools``         the parts behind the pages; ``clock`` stands still until moved, ``letters.orders`` are those written
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from coord_service.bootstrap import build
from coord_service.domain.people import PersonKind, Role
from coord_service.operations import accounts
from coord_service.operations.accounts import SignIn
from coord_service.operations.passwords import hash_password
from coord_service.operations.tools import Tools
from coord_service.ports import LetterOrder, Letters, WrittenLetter
from coord_service.settings import Settings
from coord_service.storage.tables import Person, User
from coord_service.web.app import create_app
from tests.installation import SECRETS_KEY, StandingClock, clock
from tests.web.browsing import Browser

__all__ = ["clock"]

PASSWORD = "three plain garden words"


class KeptLetters:
    """The real letters, and what was ordered."""

    def __init__(self, stationery: Letters) -> None:
        self.orders: list[LetterOrder] = []
        self._stationery = stationery

    def write(self, order: LetterOrder, now: datetime) -> WrittenLetter:
        self.orders.append(order)
        return self._stationery.write(order, now)


@pytest.fixture
async def tools(tmp_path: Path, migrated_sqlite: str, clock: StandingClock) -> AsyncIterator[Tools]:
    """An installation with nobody in it, whose mail nobody delivers."""
    cheap = {"demo": True, "hashing": "quick", "cookie_secure": False, "secrets_key": SECRETS_KEY}
    tools = build(Settings(data_dir=tmp_path, database_url=migrated_sqlite, **cheap), clock=clock)
    yield replace(tools, letters=KeptLetters(tools.letters))
    await tools.close()


@pytest.fixture
def letters(tools: Tools) -> KeptLetters:
    assert isinstance(tools.letters, KeptLetters)
    return tools.letters


@pytest.fixture
async def open_browser(tools: Tools) -> AsyncIterator[Callable[[], Awaitable[Browser]]]:
    """A new browser, with no cookies, on the one server."""
    server = TestServer(create_app(tools))
    await server.start_server()
    clients: list[TestClient] = []

    async def open_one() -> Browser:
        clients.append(TestClient(server))
        return Browser(clients[-1])

    yield open_one
    for client in clients:
        await client.session.close()
    await server.close()


@pytest.fixture
async def browse(open_browser: Callable[[], Awaitable[Browser]]) -> Browser:
    return await open_browser()


async def make_user(tools: Tools, role: Role, *, email: str = "", name: str = "") -> int:
    """An account that can sign in with PASSWORD."""
    email = email or f"{role.value}@example.org"
    person = Person(kind=PersonKind.STAFF, name=name or f"Robin {role.value.title()}", email=email)
    password_hash = await hash_password(tools, PASSWORD)
    async with tools.database.begin() as db:
        user = User(person=person, email=email, role=role, password_hash=password_hash, created_at=tools.clock.now())
        db.add(user)
    return user.id


@pytest.fixture
def sign_in(tools: Tools, open_browser: Callable[[], Awaitable[Browser]]) -> Callable[[Role], Awaitable[Browser]]:
    """A browser signed in as somebody of a role."""

    async def enter(role: Role) -> Browser:
        email = f"{role.value}@example.org"
        if email not in [user.email for user in await accounts.list_users(tools)]:
            await make_user(tools, role)
        token = await accounts.sign_in(tools, SignIn(email, PASSWORD, "192.0.2.1"))
        browser = await open_browser()
        browser.client.session.cookie_jar.update_cookies({"session": token}, browser.client.make_url("/"))
        return browser

    return enter
