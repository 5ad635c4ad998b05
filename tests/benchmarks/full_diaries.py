"""Twelve people with full diaries on a Radicale, and an installation in which one of them looks for a time for all."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp.test_utils import TestClient, TestServer

from coord_service.bootstrap import build
from coord_service.domain.bookings import Need, What
from coord_service.domain.meetings import MeetingMode, Purpose
from coord_service.operations import connections
from coord_service.operations.accounts import SignIn, sign_in
from coord_service.operations.booking import AnswerWhat, save_who, start_booking
from coord_service.operations.connections import TryCalendar
from coord_service.operations.passwords import hash_password
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from coord_service.storage.schema import migrate
from coord_service.storage.tables import User
from coord_service.web.app import create_app
from tests.benchmarks.bench_expansion import calendar_of, diary
from tests.builders import a_child, a_member, a_user, actor_for
from tests.installation import SECRETS_KEY, StandingClock
from tests.servers.radicale import Radicale, start_radicale

DIARIES = 12
USERS = {f"user{number}": f"password-{number}" for number in range(DIARIES)}
PROPERTIES = '{"tag": "VCALENDAR", "C:supported-calendar-component-set": "VEVENT"}'
PASSWORD = "three plain garden words"
MONDAY = datetime(2026, 9, 7, 9, tzinfo=UTC)


@contextmanager
def full_radicale() -> Iterator[Radicale]:
    """Twelve calendars of 500 entries, which Radicale has read before.

    It takes half a minute for the first one, and keeps what it made of it beside the entries: so the others are copies.
    In memory where the machine lets us, since it waits for the disk at each entry.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    parent = memory if memory.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="coord-", dir=parent, ignore_cleanup_errors=True) as folder,
        start_radicale(Path(folder), USERS) as radicale,
    ):
        first, *others = USERS
        _write_diary(radicale.calendar(first))
        asyncio.run(download(radicale, first))
        for user in others:
            shutil.copytree(radicale.calendar(first), radicale.calendar(user))
        yield radicale


def _write_diary(folder: Path) -> None:
    """In the form in which Radicale keeps it: a file an entry."""
    folder.mkdir(parents=True)
    (folder / ".Radicale.props").write_text(PROPERTIES)
    for number, entry in enumerate(diary()):
        (folder / f"{number}.ics").write_bytes(calendar_of([entry]))


async def download(radicale: Radicale, user: str, report: bytes | None = None) -> int:
    """The size of a calendar, fetched as it is, or what a report on it answers; read to the end and thrown away."""
    login = {"Authorization": aiohttp.encode_basic_auth(user, USERS[user]), "Depth": "1"}
    async with (
        aiohttp.ClientSession(headers=login) as session,
        session.request("REPORT" if report else "GET", f"{radicale.url}/{user}/work/", data=report) as answer,
    ):
        assert answer.status in {200, 207}
        return len(await answer.read())


@dataclass(frozen=True, slots=True)
class Searcher:
    """Whoever looks for a time: their booking, and the people whose diaries count, by person id."""

    tools: Tools
    clock: StandingClock
    user: User
    child_id: int
    draft_id: int
    addresses: dict[int, str]

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The weeks that are looked through."""
        return self.clock.now(), self.clock.now() + timedelta(weeks=12)


async def make_searcher(radicale: Radicale, folder: Path) -> Searcher:
    """An installation on SQLite; everybody connects their own calendar, as they would on the page."""
    clock = StandingClock()
    clock.instant = MONDAY
    options = {"demo": True, "hashing": "quick", "cookie_secure": False, "secrets_key": SECRETS_KEY}
    tools = build(Settings(data_dir=folder, calendar_seconds=60, **options), clock=clock)
    await migrate(tools.database)
    lead, *others = [await _connected(tools, radicale, name) for name in USERS]
    child = await a_child(tools, lead)
    for user in others:
        await a_member(tools, child, user.person)
    what = What((child.id,), Purpose.TAC, lead.id, 60, MeetingMode.PLACE, "Elm House", None, None)
    draft_id = await start_booking(tools, actor_for(lead), AnswerWhat(what))
    needs = dict.fromkeys((user.person_id for user in others), Need.OPTIONAL)
    await save_who(tools, actor_for(lead), draft_id, needs | {others[0].person_id: Need.REQUIRED})
    addresses = {each.person_id: each.email for each in (lead, *others)}
    return Searcher(tools, clock, lead, child.id, draft_id, addresses)


async def _connected(tools: Tools, radicale: Radicale, name: str) -> User:
    user = await a_user(tools, email=f"{name}@example.org")
    values = {"server": f"{radicale.url}/{name}/work/", "user": name, "password": USERS[name]}
    tested = await connections.test_calendar(tools, actor_for(user), TryCalendar(user.person_id, "caldav", values))
    await connections.connect_calendar(tools, actor_for(user), tested)
    return user


async def open_pages(searcher: Searcher) -> TestClient:
    """The service's pages for whoever looks for a time, signed in."""
    password_hash = await hash_password(searcher.tools, PASSWORD)
    async with searcher.tools.database.begin() as db:
        (await db.get_one(User, searcher.user.id)).password_hash = password_hash
    token = await sign_in(searcher.tools, SignIn(searcher.user.email, PASSWORD, "192.0.2.1"))
    client = TestClient(TestServer(create_app(searcher.tools)))
    await client.start_server()
    client.session.cookie_jar.update_cookies({"session": token}, client.make_url("/"))
    return client
