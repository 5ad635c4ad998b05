"""The nine steps of the story, through the real pages, with real SMTP out and real IMAP in, on both databases."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer

from coord_service.operations.tools import Tools
from coord_service.web.app import create_app
from integrations.mail.demo_servers import DemoMail
from tests.installation import StandingClock, clock, tools
from tests.journeys.story import LEAD, MOTHER, OKORO, SHAH, Story, a_day, is_invitation
from tests.journeys.visitor import Reader
from tests.web.browsing import Browser

__all__ = ["clock", "tools"]


@pytest.fixture
async def story(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> AsyncIterator[Story]:
    server = TestServer(create_app(tools))
    await server.start_server()
    clients = [TestClient(server) for _ in range(3)]
    worker, manager, outsider = (Reader(Browser(client)) for client in clients)
    story = Story(tools, clock, mail_servers, worker, manager, outsider)
    await story.prepare()
    yield story
    for client in clients:
        await client.session.close()
    await server.close()


@pytest.fixture
async def booked(story: Story) -> Story:
    """The first four steps are done: three people and the lead worker have their invitations."""
    await story.open_record()
    await story.book()
    await story.deliver()
    return story


async def test_home_leads_to_a_child_whose_team_is_made_in_a_few_pages(story):
    await story.open_record()
    page = await story.worker.read()
    for words in ("Juniper Testwood", "Dr Asha Shah", "Ms Ify Okoro", "Mrs Ana Larkspur", "Amy Leadworth"):
        assert words in page
    await story.worker.press("Search", {"q": "testw"})
    assert "Testwood, Juniper" in await story.worker.read()


async def test_a_meeting_is_booked_in_four_steps_and_can_be_undone_for_a_minute(story):
    await story.open_record()
    await story.book()
    assert "You can take this back" in await story.worker.read()
    assert story.letters_to(SHAH) == []
    await story.worker.press("Undo")
    await story.deliver()
    assert [story.letters_to(address) for address in (SHAH, OKORO, MOTHER, LEAD)] == [[], [], [], []]


async def test_each_is_invited_by_one_mail_that_says_nothing_about_the_child(booked):
    for address in (SHAH, OKORO, MOTHER, LEAD):
        (letter,) = booked.letters_to(address)
        assert is_invitation(letter)
        assert "Juniper" not in str(letter)
        assert [other for other in (SHAH, OKORO, MOTHER) if other != address and other in str(letter)] == []
    await booked.worker.open(booked.meeting)
    assert (await booked.worker.read()).count("No answer") == 3


async def test_answers_come_by_calendar_by_link_and_in_words_and_a_required_no_leads_to_another_time(booked):
    await booked.collect_answers()
    home = await booked.worker.read()
    assert "Dr Asha Shah is needed and can’t come" in home
    assert "In clinic that day" in home
    await booked.worker.open(booked.meeting)
    page = await booked.worker.read()
    assert "Sorry, something came up" in page
    assert "Waiting to be sent" not in page  # a receipt on its way says nothing about the invitation
    await booked.decide_words()
    refused_at = await booked.time_of_meeting()
    await booked.find_another_time()
    assert (await booked.time_of_meeting()).date() > refused_at.date()  # not another hour of a day they can't
    await booked.deliver()
    for address in (SHAH, OKORO, MOTHER):
        assert booked.subjects(address)[-1].startswith("Moved: ")
    await booked.worker.open(booked.meeting)
    assert (await booked.worker.read()).count("No answer") == 3


async def test_a_change_reaches_those_it_concerns_and_nobody_else(booked):
    def counts() -> list[int]:
        return [len(booked.letters_to(address)) for address in (SHAH, OKORO, MOTHER)]

    await booked.change("Change place or notes", {"place": "Room 9, Example House"})
    assert counts() == [2, 2, 2]
    okoro, shah, mother = [str((await booked.ids_of(each))[0]) for each in (OKORO, SHAH, MOTHER)]
    lead = str((await booked.ids_of(LEAD))[0])
    without = {"person": [lead, shah, mother], "required": [lead, shah, mother]}
    await booked.change("Change people", without)
    assert counts() == [2, 3, 2]
    assert booked.subjects(OKORO)[-1].startswith("Cancelled: ")
    await booked.change("Change people", {"person": [*without["person"], okoro], "required": without["required"]})
    assert counts() == [2, 4, 2]
    await booked.change("Move", {**a_day("day", 14, 4), "start": "2pm"})
    assert counts() == [3, 5, 3]
    await booked.change("Cancel the meeting", {"reason": "The building is closed."})
    assert counts() == [4, 6, 4]
    assert "The building is closed." in booked.letters_to(SHAH)[-1].get_body(("plain",)).get_content()


async def test_advice_is_asked_for_chased_when_late_and_answered_by_link_with_a_document(booked):
    await booked.ask_for_advice()
    office = "paediatrics@nhs.example"
    assert len(booked.letters_to(office)) == 1
    await booked.sweep(2026, 4, 15)
    assert booked.subjects(office)[-1] == "1 piece of advice is late"
    await booked.send_the_advice(booked.link_to(office))
    assert "We have this advice, thank you" in await booked.outsider.read()
    await booked.sweep(2026, 4, 30)
    assert "has reached us" in booked.subjects(office)[-1]
    await booked.sign_in(booked.worker, LEAD)
    await booked.worker.open(booked.request)
    assert "Reminder" in await booked.worker.read()


async def test_a_meeting_is_held_its_actions_go_out_and_an_owner_says_done_by_link(booked):
    booked.clock.instant = await booked.time_of_meeting()
    await booked.sign_in(booked.worker, LEAD)
    await booked.hold()
    assert booked.subjects(MOTHER)[-1] != booked.subjects(MOTHER)[0]
    await booked.report_done(booked.link_to(SHAH))
    assert "noted" in await booked.outsider.read()
    await booked.worker.open("/actions?show=done&whose=all")
    assert "Send the OT report" in await booked.worker.read()


async def test_an_action_that_is_late_is_chased_like_advice(booked):
    booked.clock.instant = await booked.time_of_meeting()
    await booked.sign_in(booked.worker, LEAD)
    await booked.hold()
    before = len(booked.letters_to(SHAH))
    await booked.sweep(2026, 6, 15)
    assert len(booked.letters_to(SHAH)) == before + 1
    await booked.report_done(booked.link_to(SHAH))


async def test_the_managers_report_shows_what_is_late_down_to_its_case_and_as_csv(booked):
    await booked.ask_for_advice()
    await booked.sweep(2026, 4, 20)
    await booked.read_report()
    report = await booked.manager.read()
    assert "Community Paediatrics" in report
    await booked.manager.follow("1")
    assert "Community Paediatrics" in await booked.manager.read()
    answer = await booked.manager.browser.client.get("/reports/chase.csv")
    assert "Community Paediatrics" in await answer.text()
