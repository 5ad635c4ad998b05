"""Step 8 of the story: held in the browser, circulated by real mail, answered behind the link, chased when late."""

import email
import email.policy
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer

from coord_service.domain.actions import ActionStatus
from coord_service.domain.people import Role
from coord_service.operations import accounts
from coord_service.operations.accounts import SignIn
from coord_service.operations.chasing import send_due_chases
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.actions import load_action
from coord_service.web.app import create_app
from integrations.mail.demo_servers import DemoMail
from tests.installation import StandingClock, clock, tools
from tests.web.browsing import Browser
from tests.web.conftest import PASSWORD, make_user
from tests.web.meeting_room import Room, make_room

__all__ = ["clock", "tools"]

SHAH = "shah@nhs.example"


@dataclass
class Story:
    """The meeting, the lead worker's browser, and that of somebody who has nothing but a link."""

    tools: Tools
    clock: StandingClock
    mail: DemoMail
    room: Room
    lead: Browser
    nobody: Browser

    async def send(self, route: str, data: dict[str, str] | FormData) -> str:
        """Send a form of the meeting's page; what the next page says."""
        seen = f"/meetings/{self.room.meeting_id}/hold"
        if isinstance(data, FormData):
            data.add_field("csrf_token", await self.lead.token(seen))
        return (await self.lead.post(route, data, seen=seen, meeting_id=self.room.meeting_id)).text

    def mails(self) -> list[str]:
        """The words of what has reached Dr Shah."""
        found = [email.message_from_bytes(each, policy=email.policy.default) for each in self.mail.letters_to(SHAH)]
        return [f"{each['Subject']}\n{each.get_body(('plain',)).get_content()}" for each in found]


@pytest.fixture
async def story(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> AsyncIterator[Story]:
    user_id = await make_user(tools, Role.LEAD_WORKER, email="lead@example.org", name="Robin Lead")
    server = TestServer(create_app(tools))
    await server.start_server()
    lead, nobody = Browser(TestClient(server)), Browser(TestClient(server))
    token = await accounts.sign_in(tools, SignIn("lead@example.org", PASSWORD, "192.0.2.1"))
    lead.client.session.cookie_jar.update_cookies({"session": token}, lead.client.make_url("/"))
    yield Story(tools, clock, mail_servers, await make_room(tools, user_id), lead, nobody)
    for browser in (lead, nobody):
        await browser.client.session.close()
    await server.close()


async def hold(story: Story) -> None:
    """Everybody came; notes, a decision, an action that was typed as one line."""
    await story.send("record_attendance", {f"attendance-{each}": "came" for each in story.room.attendees.values()})
    notes = {"lines": "1", "heading-0": "The family’s views", "notes-0": "Sleeps better.", "decision-0": "A chair."}
    assert "Notes saved." in await story.send("keep_notes", notes)
    page = await story.lead.post(
        "read_action_line",
        {"line": "Dr Shah: send OT report by 12 March"},
        seen=f"/meetings/{story.room.meeting_id}/hold",
        meeting_id=story.room.meeting_id,
    )
    chosen = next(each["value"] for each in page.root.all("option") if "selected" in each.attributes)
    checked = {name: page.value(name) for name in ("what", "child_id", "due_on-day", "due_on-month", "due_on-year")}
    assert "Send OT report" in await story.send("add_action", checked | {"owner_id": chosen})
    assert "on record as held" in await story.send("end_meeting", {})


async def circulate(story: Story) -> None:
    """Sent to one reader, after the minute in which it can be undone."""
    form = FormData()
    form.add_field("person", str(story.room.people["shah"]))
    assert "Nothing has been sent yet" in await story.send("circulate_actions", form)
    await deliver_outbox(story.tools)
    assert story.mails() == []
    story.clock.move(seconds=61)
    await deliver_outbox(story.tools)


async def test_a_meeting_is_held_circulated_answered_and_chased(story: Story) -> None:
    await hold(story)
    await circulate(story)
    [letter] = story.mails()
    assert letter.startswith("Actions from the team meeting on Tuesday 3 March (ref KD-4827M)")
    assert "Sleeps better" not in letter
    action, notes = re.findall(r"/a/[\w-]+", letter)
    assert "Sleeps better." in (await story.nobody.get(notes)).text

    page = await story.nobody.post(
        f"{action}/action", {"answer": "more_time", "promised_on": "2026-03-17"}, seen=action
    )
    assert "your answer is noted" in page.banner
    for day, number_of_mails in ((13, 2), (17, 2), (18, 3)):  # promised: no reminder until that day has passed
        story.clock.instant = datetime(2026, 3, day, 10, tzinfo=UTC)
        await send_due_chases(story.tools)
        await deliver_outbox(story.tools)
        assert len(story.mails()) == number_of_mails, f"on {day} March"
    assert "Send OT report" in story.mails()[-1]

    chased = re.search(r"/a/[\w-]+", story.mails()[-1])
    assert chased
    await story.nobody.post(f"{chased[0]}/action", {"answer": "done"}, seen=chased[0])
    story.clock.instant = datetime(2026, 4, 20, 10, tzinfo=UTC)
    await send_due_chases(story.tools)
    await deliver_outbox(story.tools)
    assert [each.partition("\n")[0] for each in story.mails()][3:] == ["Thank you: done (ref KD-4827M)"]
    async with story.tools.database.read() as db:
        kept = await load_action(db, 1)
    assert kept is not None
    assert (kept.status, kept.due_on) == (ActionStatus.DONE, date(2026, 3, 12))
