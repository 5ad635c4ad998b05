"""Step 7 of the story: asked in the browser, chased, answered with nothing but the mail's link, checked."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer

from coord_service.domain.people import Role
from coord_service.operations import accounts
from coord_service.operations.accounts import SignIn
from coord_service.operations.chasing import send_due_chases
from coord_service.operations.tools import Tools
from coord_service.web.app import create_app
from integrations.mail.demo_servers import DemoMail
from tests.advice_requests import Asking, a_docx, start_asking, tokens_in, words_of
from tests.installation import StandingClock, clock, tools
from tests.web.browsing import Browser
from tests.web.conftest import PASSWORD, make_user

__all__ = ["clock", "tools"]


@dataclass
class Story:
    """Everybody in it: what is asked of whom, and two browsers."""

    asking: Asking
    server: TestServer
    browsers: list[Browser]
    nobody: Browser

    async def sign_in(self) -> Browser:
        """The lead worker's browser, signed in anew: a session does not last for weeks."""
        token = await accounts.sign_in(self.asking.tools, SignIn("lead@example.org", PASSWORD, "192.0.2.1"))
        browser = Browser(TestClient(self.server))
        self.browsers.append(browser)
        browser.client.session.cookie_jar.update_cookies({"session": token}, browser.client.make_url("/"))
        return browser

    async def sweep(self, month: int, day: int) -> None:
        self.asking.clock.instant = datetime(2026, month, day, 9, tzinfo=UTC)
        await send_due_chases(self.asking.tools)
        await self.asking.deliver()


@pytest.fixture
async def story(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> AsyncIterator[Story]:
    asking = await start_asking(tools, clock, mail_servers)
    await make_user(tools, Role.LEAD_WORKER, email="lead@example.org", name="Robin Lead")
    server = TestServer(create_app(tools))
    await server.start_server()
    nobody = Browser(TestClient(server))
    story = Story(asking, server, [nobody], nobody)
    yield story
    for browser in story.browsers:
        await browser.client.session.close()
    await server.close()


async def ask_in_the_browser(story: Story) -> str:
    """The request's page; the letter has gone."""
    asking = story.asking
    lead = await story.sign_in()
    form = {"kind": "d", "service_id": str(asking.service.id), "person_id": str(asking.shah.id), "question": ""}
    page = await lead.post("ask_for_advice", form, child_id=asking.child.id)
    assert "Nothing has been sent yet" in page.text
    assert asking.mails(asking.shah.email) == []
    await asking.deliver()
    assert "their mail server accepted it" in (await lead.get(page.address)).body
    return page.address


async def promise_by_link(story: Story, address: str) -> None:
    page = await story.nobody.get(address)
    assert "Your answer" in page.text
    day = {"promised_on-day": "17", "promised_on-month": "4", "promised_on-year": "2026", "their_reference": "EP/44"}
    page = await story.nobody.post(f"{address}/advice/on_its_way", day)
    assert "on its way by Friday 17 April" in page.text


async def send_by_link(story: Story, address: str) -> None:
    upload = FormData()
    upload.add_field("csrf_token", await story.nobody.token(f"{address}/advice/here_it_is"))
    upload.add_field("document", a_docx(), filename="Juniper Testwood.docx", content_type="text/plain")
    page = await story.nobody.post(f"{address}/advice/here_it_is", upload)
    assert "We have this advice" in page.text


async def check_in_the_browser(story: Story, request_page: str) -> None:
    lead = await story.sign_in()
    page = await lead.get(request_page)
    assert page.text.count("Reminder") == 3
    response = await lead.client.get(next(link for words, link in page.links().items() if words.endswith(".docx")))
    assert await response.read() == a_docx()
    check = FormData()
    check.add_field("csrf_token", await lead.token(request_page))
    for part in ("needs", "provision", "outcomes"):
        check.add_field("parts", part)
    page = await lead.post(f"{request_page}/check", check)
    assert page.banner == "Advice checked"
    assert "Checked: enough" in page.text


async def test_advice_is_asked_for_chased_answered_and_checked(story: Story) -> None:
    asking, shah = story.asking, story.asking.shah.email
    request_page = await ask_in_the_browser(story)
    await story.sweep(3, 27)
    await story.sweep(4, 15)
    chased = asking.last(shah)
    assert chased["Subject"] == "1 piece of advice is late"
    assert "is it finished and not sent?" in words_of(chased)
    address = f"/a/{tokens_in(chased)[0]}"
    await promise_by_link(story, address)
    await story.sweep(4, 17)
    assert asking.last(shah)["Subject"] == f"Thank you for your answer (ref {asking.child.reference})"
    await story.sweep(4, 20)
    assert "yours: EP/44" in words_of(asking.last(shah))
    await send_by_link(story, address)
    await asking.deliver()
    assert "has reached us" in asking.last(shah)["Subject"]
    mails = len(asking.mails(shah))
    await story.sweep(4, 28)
    assert len(asking.mails(shah)) == mails
    await check_in_the_browser(story, request_page)
