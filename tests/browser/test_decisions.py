"""What a lead worker decides about answers, in a real browser, with JavaScript and without it.

In the demo's county somebody proposes another time, and of another meeting three mails wait: an answer from an address
that nobody knows, one of a stranger, and a person who wants to send somebody else. COORD_SCREENSHOTS=folder keeps a
picture of each page.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser

from coord_service.demo.fill import PASSWORD
from coord_service.domain.people import Role
from coord_service.operations import accounts
from coord_service.operations.accounts import SignIn
from tests.browser.clicker import Clicker
from tests.browser.looking import WIDE
from tests.browser.served import Served, serve_installation

BOTH_WAYS = pytest.mark.parametrize("has_scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), BOTH_WAYS]

PROPOSED = "select meeting_id from attendee where proposed_start is not null and removed_at is null order by id limit 1"
ASKED = "select meeting_id from inbound_mail where question = 'stranger'"


@asynccontextmanager
async def lead_worker(
    chromium: Browser, county: Path, folder: Path, has_scripts: bool
) -> AsyncIterator[tuple[Served, Clicker]]:
    """A county of their own, and a lead worker signed in to it."""
    async with serve_installation(shutil.copytree(county, folder / "data")) as served:
        context = await chromium.new_context(
            base_url=served.address, viewport=WIDE, java_script_enabled=has_scripts, reduced_motion="reduce"
        )
        context.set_default_timeout(15_000)
        asked = SignIn(await served.email_of(Role.LEAD_WORKER), PASSWORD, "192.0.2.1")
        token = await accounts.sign_in(served.tools, asked)
        await context.add_cookies([{"name": "session", "value": token, "url": served.address}])
        yield served, Clicker(await context.new_page(), served.clock, has_scripts=has_scripts)
        await context.close()


async def meeting_with(served: Served, query: str) -> str:
    """The page of the demo's meeting about which something is to be decided."""
    async with served.tools.database.read() as db:
        return f"/meetings/{await db.scalar(sa.text(query))}"


async def test_a_proposed_time_is_weighed_taken_for_all_and_taken_back(chromium, filled_folder, tmp_path, has_scripts):
    async with lead_worker(chromium, filled_folder, tmp_path, has_scripts) as (served, visitor):
        await visitor.open(await meeting_with(served, PROPOSED))
        await visitor.follow("Look, and move it")
        page = await visitor.read()
        assert "Everybody at that time" in page
        assert "Proposes it" in page
        assert page.count("gets the new time, and will be asked again") >= 5
        await visitor.picture("proposal")
        await visitor.press("Move it for everybody")
        page = await visitor.read()
        assert "Moved. Everybody will be asked again." in page
        assert "proposes another time" not in page
        await visitor.picture("proposal-taken")
        await visitor.press("Undo")
        assert "proposes another time" in await visitor.read()


async def test_a_proposed_time_is_declined_with_a_word(chromium, filled_folder, tmp_path, has_scripts):
    async with lead_worker(chromium, filled_folder, tmp_path, has_scripts) as (served, visitor):
        here = await meeting_with(served, PROPOSED)
        await visitor.open(here)
        await visitor.follow("Look, and move it")
        proposer = (await visitor.page.locator(".govuk-caption-l").inner_text()).removeprefix("By ")
        await visitor.press("Keep the time and tell them", {"reason": "The room is taken then."})
        page = await visitor.read()
        assert "The time stays. They will be told." in page
        assert "proposes another time" not in page
        await visitor.follow(proposer)
        page = await visitor.read()
        assert "Their other time was declined" in page
        await visitor.picture("correspondence")


async def test_held_answers_are_decided_with_one_press_each_and_taken_back(
    chromium, filled_folder, tmp_path, has_scripts
):
    async with lead_worker(chromium, filled_folder, tmp_path, has_scripts) as (served, visitor):
        await visitor.open(await meeting_with(served, ASKED))
        await visitor.picture("held")
        await visitor.press("Their address too, from now on")
        assert "Decision recorded." in await visitor.read()
        await visitor.press("Take the decision back")
        page = await visitor.read()
        assert "Taken back. The mail waits for a decision again." in page
        assert "We don’t know this address as one of theirs." in page
        for button in ("Don’t count it", "Refuse", "Refuse, and tell"):
            await visitor.press(button)
            assert "Decision recorded." in await visitor.read()
        page = await visitor.read()
        assert "Waits for a decision" not in page
        assert "Take the decision back" in page
        await visitor.picture("held-decided")


async def test_a_remembered_address_is_on_the_persons_page(chromium, filled_folder, tmp_path, has_scripts):
    async with lead_worker(chromium, filled_folder, tmp_path, has_scripts) as (served, visitor):
        here = await meeting_with(served, ASKED)
        await visitor.open(here)
        unknown = await visitor.page.locator(".coord-need strong").first.inner_text()
        named = await visitor.page.locator(".coord-need").first.locator("strong").nth(1).inner_text()
        await visitor.press("Their address too, from now on")
        await visitor.follow(named)
        assert f"from {unknown}" in await visitor.read()
        await visitor.follow(named)  # from the correspondence to the person
        page = await visitor.read()
        assert "Other addresses" in page
        assert unknown in page
        await visitor.picture("other-addresses")


async def test_a_mail_says_what_was_made_of_it_and_a_letter_is_there_word_for_word(
    chromium, filled_folder, tmp_path, has_scripts
):
    async with lead_worker(chromium, filled_folder, tmp_path, has_scripts) as (served, visitor):
        here = await meeting_with(served, ASKED)
        await visitor.open(here)
        await visitor.follow("The whole mail, and how it was judged")
        page = await visitor.read()
        for words in ("Waits for a decision.", "How it was judged", "An answer of a calendar program", "METHOD:REPLY"):
            assert words in page
        await visitor.picture("mail")
        await visitor.follow("Decide on the meeting’s page")
        assert await visitor.address() == here
        await visitor.follow(await visitor.page.locator("table a").nth(2).inner_text())  # a name: their correspondence
        await visitor.press("Send the invitation again to")
        assert "The invitation is on its way again." in await visitor.read()
        await visitor.page.go_back()
        await visitor.follow("Team meeting,")
        page = await visitor.read()
        assert "BEGIN:VCALENDAR" in page
        await visitor.picture("letter")
