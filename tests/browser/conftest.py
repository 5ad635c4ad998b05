"""Pages in a real browser: Debian's Chromium, driven by Playwright, one for each test process.

``chromium``   the browser; where the machine has none, whoever asks for it is skipped by name
``county``     an installation with the demo's county in it, to be looked at: tests leave it as it is
``bare``       an installation with three accounts, and records that nothing hangs on
``spoilt``     another county, for forms that change something
``enter``      ``page = await enter(county, Role.MANAGER)``: a tab of somebody who is signed in; None is nobody

Everything lives as long as the test process, so tests here run in the session's event loop: each file says
``pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]``.
"""

import fcntl
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from coord_service.bootstrap import build
from coord_service.demo.fill import PASSWORD, fill
from coord_service.domain.people import Role
from coord_service.operations import accounts
from coord_service.operations.accounts import SignIn
from coord_service.settings import Settings
from coord_service.storage.schema import migrate
from tests.browser.looking import WIDE
from tests.browser.records import add_bare_records, add_doors
from tests.browser.served import Served, serve_installation
from tests.installation import StandingClock

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]

Enter = Callable[..., Awaitable[Page]]


def find_chromium() -> str | None:
    """Where the machine keeps a Chromium."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip("this machine has no Chromium (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def filled_folder(chromium: Browser, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of a demo that was filled once for all test processes. Not to be served: copy it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    with (shared / "county.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = shared / "county"
        if not folder.exists():
            made = tmp_path_factory.mktemp("filling")
            await _fill(made)
            made.rename(folder)
    return folder


async def _fill(folder: Path) -> None:
    settings = Settings(demo=True, hashing="quick", cookie_secure=False, data_dir=folder)
    tools = build(settings, clock=StandingClock())
    await migrate(tools.database)
    await fill(tools, folder / "mail")
    await add_doors(tools)
    await tools.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def county(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    folder = shutil.copytree(filled_folder, tmp_path_factory.mktemp("county") / "data")
    async with serve_installation(folder) as served:
        yield served


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def spoilt(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    folder = shutil.copytree(filled_folder, tmp_path_factory.mktemp("spoilt") / "data")
    async with serve_installation(folder) as served:
        yield served


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bare(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with serve_installation(tmp_path_factory.mktemp("bare")) as served:
        await add_bare_records(served.tools)
        yield served


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def enter(chromium: Browser) -> AsyncIterator[Enter]:
    """A tab a person: the same one for the same installation and role, as it was left."""
    tabs: dict[tuple[str, Role | None, bool], Page] = {}

    async def open_tab(served: Served, role: Role | None = None, *, scripts: bool = True) -> Page:
        key = (served.address, role, scripts)
        if key not in tabs:
            context = await chromium.new_context(base_url=served.address, viewport=WIDE, java_script_enabled=scripts)
            context.set_default_timeout(10_000)
            if role is not None:
                asked = SignIn(await served.email_of(role), PASSWORD, "192.0.2.1")
                token = await accounts.sign_in(served.tools, asked)
                await context.add_cookies([{"name": "session", "value": token, "url": served.address}])
            tabs[key] = await context.new_page()
        return tabs[key]

    yield open_tab
    for tab in tabs.values():
        await tab.context.close()
