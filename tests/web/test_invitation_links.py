"""An invitation answered behind a personal link, by somebody without an account."""

import re
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from coord_service.domain.meetings import Answer
from coord_service.operations.changing import CancelMeeting, change_meeting
from coord_service.operations.meeting_page import view_meeting
from coord_service.operations.tools import Tools
from coord_service.storage.post import list_meeting_letters
from coord_service.storage.tables import Attendee
from integrations.mail.demo_servers import DemoMail
from tests.builders import a_child, a_meeting, a_person, a_user, actor_for
from tests.installation import StandingClock, clock, tools
from tests.operations.test_meetings import Team, deliver, mails_to
from tests.web.browsing import Browser

__all__ = ["clock", "tools"]


@pytest.fixture
async def team(tools: Tools) -> Team:
    worker = await a_user(tools, name="Amy Leadworth")
    return worker, await a_child(tools, worker), await a_person(tools, "Dr Priya Shah"), await a_person(tools)


def link_in(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"/a/[\w-]+", str(body.get_content()))
    assert found
    return found.group(0)


@pytest.fixture
async def invited(tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team) -> tuple[int, str]:
    worker, child, shah, _ = team
    meeting_id = await a_meeting(tools, worker, child, shah)
    await deliver(tools, clock)
    return meeting_id, link_in(mails_to(mail_servers, shah.email)[0])


async def answer_of(tools: Tools, team: Team, meeting_id: int) -> Answer:
    view = await view_meeting(tools, actor_for(team[0]), meeting_id)
    return next(each.attendee.answer for each in view.invitations if each.attendee.person_id == team[2].id)


async def test_opening_the_link_changes_nothing(
    tools: Tools, browse: Browser, team: Team, invited: tuple[int, str]
) -> None:
    meeting_id, link = invited
    page = await browse.get(link)
    assert "Tuesday 17 March, 10am to 11am" in page.text
    assert team[1].family_name not in page.body
    assert await answer_of(tools, team, meeting_id) is Answer.NEEDS_ACTION


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.DECLINED, Answer.TENTATIVE])
async def test_one_press_answers(
    tools: Tools, browse: Browser, team: Team, invited: tuple[int, str], answer: Answer
) -> None:
    meeting_id, link = invited
    page = await browse.post(f"{link}/meeting", {"answer": answer.value, "comment": "Half an hour"}, seen=link)
    assert page.banner.startswith("Thank you, your answer is noted")
    assert await answer_of(tools, team, meeting_id) is answer


async def test_a_receipt_comes_by_mail(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, browse: Browser, invited: tuple[int, str]
) -> None:
    _, link = invited
    before = len(mail_servers.letters_to("send.team@example.org"))
    await browse.post(f"{link}/meeting", {"answer": "ACCEPTED"}, seen=link)
    await deliver(tools, clock)
    async with tools.database.read() as db:
        letters = await list_meeting_letters(db, invited[0])
    receipt = letters[-1]
    assert receipt.subject.startswith("Your answer: coming")
    assert mails_to(mail_servers, receipt.recipient)[-1]["Subject"] == receipt.subject
    assert len(mail_servers.letters_to("send.team@example.org")) == before


async def test_another_time_reaches_the_lead_worker(
    tools: Tools, browse: Browser, team: Team, invited: tuple[int, str]
) -> None:
    meeting_id, link = invited
    data = {"answer": "TENTATIVE", "other_time": "yes", "day": "2026-03-19", "start": "2pm"}
    await browse.post(f"{link}/meeting", data, seen=link)
    assert len((await view_meeting(tools, actor_for(team[0]), meeting_id)).proposals) == 1
    async with tools.database.read() as db:
        (start,) = await db.scalars(sa.select(Attendee.proposed_start).where(Attendee.proposed_start.is_not(None)))
    assert f"{start:%d %H:%M}" == "19 14:00"


async def test_a_past_or_missing_other_time_is_refused_in_words(browse: Browser, invited: tuple[int, str]) -> None:
    _, link = invited
    data = {"answer": "TENTATIVE", "other_time": "yes", "day": "2026-03-01", "start": "2pm"}
    page = await browse.post(f"{link}/meeting", data, 422, seen=link)
    assert "The other time must be in the future" in page.errors.values()
    page = await browse.post(f"{link}/meeting", {"other_time": "yes"}, 422, seen=link)
    assert "Press one of the buttons" in page.errors.values()


async def test_a_cancelled_meetings_link_says_so(
    tools: Tools, browse: Browser, team: Team, invited: tuple[int, str]
) -> None:
    meeting_id, link = invited
    version = (await view_meeting(tools, actor_for(team[0]), meeting_id)).meeting.version
    await change_meeting(tools, actor_for(team[0]), CancelMeeting(meeting_id, version))
    page = await browse.get(link, 422)
    assert "This meeting will not take place any more" in page.text


async def test_a_garbled_link_tells_nothing(browse: Browser, invited: tuple[int, str]) -> None:
    page = await browse.get(f"{invited[1]}x", 404)
    assert "meeting" not in page.text.lower()
