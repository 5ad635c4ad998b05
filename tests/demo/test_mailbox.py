"""What the demo's readers see, and what their answers do: over real SMTP, to the mailbox that the service reads."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer

from coord_service.domain.access import Permission
from coord_service.domain.meetings import Answer
from coord_service.operations.inbound import read_mailbox
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from coord_service.storage.meetings import load_meeting
from coord_service.storage.tables import Attendee, InboundMail, Meeting, OutboxLetter, Person
from coord_service.web.app import create_app
from coord_service.web.keys import TABLE
from coord_service.web.routes import ROUTES
from tests.builders import a_child, a_meeting, a_person, a_user
from tests.installation import StandingClock
from tests.web.browsing import Browser

pytestmark = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)  # nothing here is the database's


@dataclass
class Invited:
    """A reader who has an invitation in their mailbox."""

    tools: Tools
    browse: Browser
    person: Person
    meeting_id: int

    @property
    def place(self) -> dict[str, object]:
        return {"address": self.person.email, "number": 1}

    async def meeting(self) -> Meeting:
        async with self.tools.database.read() as db:
            meeting = await load_meeting(db, self.meeting_id)
        assert meeting is not None
        return meeting

    async def after(self, route: str, **fields: str) -> Attendee:
        """Do something on the letter's page; the attendee when the service has read its mail."""
        page = self.browse.url("demo_letter", **self.place)
        await self.browse.post(route, dict(fields), seen=page, **self.place)
        await read_mailbox(self.tools)
        return next(each for each in (await self.meeting()).attendees if each.person_id == self.person.id)


@pytest.fixture
async def browse(tools: Tools) -> AsyncIterator[Browser]:
    async with TestClient(TestServer(create_app(replace(tools)))) as client:
        yield Browser(client)


@pytest.fixture
async def invited(tools: Tools, clock: StandingClock, browse: Browser) -> Invited:
    worker = await a_user(tools)
    child = await a_child(tools, worker)
    person = await a_person(tools, "Juniper Testwood")
    meeting_id = await a_meeting(tools, worker, child, person)
    clock.move(seconds=61)
    await deliver_outbox(tools)
    return Invited(tools, browse, person, meeting_id)


async def test_a_reader_sees_their_letter_with_its_card(invited: Invited):
    assert invited.person.email in (await invited.browse.get("demo_mailbox")).text
    listed = await invited.browse.get("demo_letters", address=invited.person.email)
    assert "Team meeting" in listed.text
    page = await invited.browse.get("demo_letter", **invited.place)
    assert page.root.one("iframe")["sandbox"] == "allow-top-navigation-by-user-activation"
    assert "Subject: Team meeting" in page.text  # the whole mail, byte for byte
    assert [button.text for button in page.root.all("button", name="press")][:3] == ["Accept", "Tentative", "Decline"]


async def test_the_letter_itself_may_load_nothing_and_run_nothing(invited: Invited):
    address = invited.browse.url("demo_letter_html", **invited.place)
    async with invited.browse.client.get(address) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "Juniper Testwood" in await answer.text()
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy


@pytest.mark.parametrize(
    ("press", "answer"),
    [("accept", Answer.ACCEPTED), ("decline", Answer.DECLINED), ("tentative", Answer.TENTATIVE)],
)
async def test_a_pressed_button_is_an_answer(invited: Invited, press: str, answer: Answer):
    attendee = await invited.after("press_button", press=press, comment="See you then.")
    assert attendee.answer is answer


async def test_a_proposed_time_waits_for_the_lead_worker(invited: Invited):
    was = (await invited.meeting()).starts_at
    other = was + timedelta(days=1)
    day = {"other_on-day": str(other.day), "other_on-month": str(other.month), "other_on-year": str(other.year)}
    attendee = await invited.after("press_button", press="propose", **day, other_at="3pm")
    assert attendee.proposed_start is not None
    assert attendee.proposed_start.date() == other.date()
    assert (await invited.meeting()).starts_at == was


async def test_a_proposal_without_a_day_says_what_is_missing(invited: Invited):
    fields = {"press": "propose", "other_on-day": "", "other_on-month": "", "other_on-year": "", "other_at": ""}
    seen = invited.browse.url("demo_letter", **invited.place)
    page = await invited.browse.post("press_button", fields, status=422, seen=seen, **invited.place)
    assert len(page.errors) == 2


async def test_words_wait_for_a_decision_and_change_no_answer(invited: Invited):
    attendee = await invited.after("reply_in_words", words="Sorry, I can't make it.")
    assert attendee.answer is Answer.NEEDS_ACTION
    async with invited.tools.database.read() as db:
        mail = await db.get(InboundMail, 1)
    assert mail is not None
    assert (mail.needs_decision, mail.words) == (True, "Sorry, I can't make it.")


async def test_a_bounce_is_a_fact_about_the_letter(invited: Invited):
    attendee = await invited.after("bounce_letter")
    assert attendee.answer is Answer.NEEDS_ACTION
    async with invited.tools.database.read() as db:
        letters = [await db.get(OutboxLetter, number) for number in (1, 2)]
    assert [letter.recipient for letter in letters if letter and letter.bounced_at] == [invited.person.email]


async def test_a_letter_that_does_not_exist_is_not_found(invited: Invited):
    await invited.browse.get("demo_letter", status=404, address=invited.person.email, number=99)
    await invited.browse.get("demo_letters", status=404, address="nobody@nowhere.example")


async def test_outside_the_demo_there_is_no_such_page(tools: Tools):
    demo_routes = [route for route in ROUTES if route.permission is Permission.DEMO]
    assert demo_routes
    earnest = replace(tools, settings=Settings(data_dir=tools.settings.data_dir, mail_from=tools.settings.mail_from))
    async with TestClient(TestServer(create_app(earnest))) as client:
        assert client.app is not None
        assert [route.name for route in demo_routes if client.app[TABLE].find(route.name)] == []
        async with client.get("/demo/mailbox") as answer:
            assert answer.status == 404
