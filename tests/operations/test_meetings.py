"""Booking, changing and undoing meetings, down to the mails that arrive."""

import asyncio
import email
import email.policy
from datetime import timedelta
from email.message import EmailMessage

import pytest

from coord_service.domain.meetings import Answer, AnsweredBy, MeetingMode, MeetingStatus
from coord_service.errors import ChangedMeanwhile, InvalidForm, Refused, SlotTaken
from coord_service.operations.answers import AnswerInvitation, answer_invitation
from coord_service.operations.changing import (
    CancelMeeting,
    ChangePeople,
    EditMeeting,
    MoveMeeting,
    change_meeting,
    rehearse_change,
    undo_change,
)
from coord_service.operations.meeting_page import Delivery, view_meeting
from coord_service.operations.meetings import book_meeting, preview_invitations
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.resending import send_again
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Child, Person, User
from integrations.mail.demo_servers import DemoMail
from tests.builders import a_booking, a_child, a_meeting, a_person, a_user, actor_for, an_invitee
from tests.installation import StandingClock

Team = tuple[User, Child, Person, Person]


@pytest.fixture
async def team(tools: Tools) -> Team:
    worker = await a_user(tools, name="Amy Leadworth")
    child = await a_child(tools, worker)
    return worker, child, await a_person(tools, "Dr Priya Shah"), await a_person(tools, "Tom O'Neill, OT")


def mails_to(mail_servers: DemoMail, address: str | None) -> list[EmailMessage]:
    raw = mail_servers.letters_to(address or "")
    return [email.message_from_bytes(each, policy=email.policy.default) for each in raw]


def calendar_of(mail: EmailMessage) -> str:
    part = next(each for each in mail.walk() if each.get_content_type() == "text/calendar")
    return str(part.get_content()).replace("\r\n ", "").replace("\n ", "")


async def deliver(tools: Tools, clock: StandingClock) -> None:
    clock.move(seconds=61)
    await deliver_outbox(tools)


async def test_everybody_invited_gets_one_mail_that_lists_only_them(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team
) -> None:
    worker, child, shah, tom = team
    await a_meeting(tools, worker, child, shah, tom)
    await deliver(tools, clock)
    for person in (shah, tom):
        (mail,) = mails_to(mail_servers, person.email)
        calendar = calendar_of(mail)
        assert "METHOD:REQUEST" in calendar
        assert calendar.count("ATTENDEE") == 1
        assert f"mailto:{person.email}" in calendar
        assert mail["Subject"] == f"Team meeting, Tuesday 17 March 10am (ref {child.reference})"
    assert len(mails_to(mail_servers, worker.email)) == 1


async def test_no_mail_names_the_child(tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team) -> None:
    worker, child, shah, tom = team
    await a_meeting(tools, worker, child, shah, tom)
    await deliver(tools, clock)
    for person in (shah, tom, worker):
        for mail in mails_to(mail_servers, person.email):
            for part in mail.walk():
                words = "" if part.is_multipart() else str(part.get_content())
                assert child.given_name not in words
                assert child.family_name not in words
            assert child.family_name not in mail.as_string()


async def test_a_shielded_childs_place_is_in_no_mail(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team
) -> None:
    worker, _child, shah, _tom = team
    hidden = await a_child(tools, worker, is_shielded=True)
    await a_meeting(tools, worker, hidden, shah, place="Refuge at 4 Elm Road", notes=None)
    await deliver(tools, clock)
    (mail,) = mails_to(mail_servers, shah.email)
    assert all("Elm Road" not in str(part.get_content()) for part in mail.walk() if not part.is_multipart())


async def test_the_same_draft_books_once(tools: Tools, team: Team) -> None:
    worker, child, shah, _tom = team
    booking = a_booking(tools, worker, child, shah)
    first = await book_meeting(tools, actor_for(worker), booking)
    assert await book_meeting(tools, actor_for(worker), booking) == first


async def test_two_lead_workers_at_once_get_one_meeting_and_one_clear_message(tools: Tools, team: Team) -> None:
    worker, child, shah, _tom = team
    other = await a_user(tools)
    others_child = await a_child(tools, other)
    results = await asyncio.gather(
        book_meeting(tools, actor_for(worker), a_booking(tools, worker, child, shah)),
        book_meeting(tools, actor_for(other), a_booking(tools, other, others_child, shah)),
        return_exceptions=True,
    )
    refused = [each for each in results if isinstance(each, SlotTaken)]
    assert len(refused) == 1
    assert str(refused[0]).startswith("Dr Priya Shah is already booked from 10:00 to 11:00 that day.")


async def test_a_past_time_and_a_missing_address_are_refused(tools: Tools, team: Team) -> None:
    worker, child, shah, _tom = team
    silent = await a_person(tools, "Nadia Noaddress", email=None)
    yesterday = tools.clock.now() - timedelta(days=1)
    with pytest.raises(InvalidForm, match="must start in the future"):
        await a_meeting(tools, worker, child, shah, starts_at=yesterday)
    with pytest.raises(InvalidForm, match="Nadia Noaddress has no mail address"):
        await a_meeting(tools, worker, child, silent)


async def test_two_people_of_one_address_are_named(tools: Tools, team: Team) -> None:
    worker, child, shah, _tom = team
    twin = await a_person(tools, "Dr Other Shah", email=shah.email)
    with pytest.raises(InvalidForm, match="Dr Priya Shah and Dr Other Shah have the same mail address"):
        await a_meeting(tools, worker, child, shah, twin)


async def test_the_preview_is_what_is_sent(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team
) -> None:
    worker, child, shah, _tom = team
    booking = a_booking(tools, worker, child, shah)
    previews = {each.person_id: each for each in await preview_invitations(tools, actor_for(worker), booking)}
    await book_meeting(tools, actor_for(worker), booking)
    await deliver(tools, clock)
    (mail,) = mails_to(mail_servers, shah.email)
    body = mail.get_body(("plain",))
    assert body is not None
    until_link = previews[shah.id].text.split("http")[0]
    assert previews[shah.id].subject == mail["Subject"]
    assert body.get_content().replace("\r\n", "\n").startswith(until_link)
    assert previews[shah.id].is_first_time


async def test_moving_a_meeting_asks_everyone_again(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team
) -> None:
    worker, child, shah, tom = team
    meeting_id = await a_meeting(tools, worker, child, shah, tom)
    await deliver(tools, clock)
    view = await view_meeting(tools, actor_for(worker), meeting_id)
    attendee = next(each.attendee for each in view.invitations if each.attendee.person_id == shah.id)
    await answer_invitation(tools, actor_for(worker), AnswerInvitation(attendee.id, Answer.ACCEPTED, AnsweredBy.PHONE))
    meeting = view.meeting
    later = meeting.starts_at + timedelta(days=1)
    await change_meeting(
        tools,
        actor_for(worker),
        MoveMeeting(meeting_id, meeting.version, later, later + timedelta(hours=1), reason="The room is taken."),
    )
    await deliver(tools, clock)
    mail = mails_to(mail_servers, shah.email)[-1]
    assert mail["Subject"].startswith("Moved: was Tuesday 17 March 10am, now Wednesday 18 March 10am")
    assert "SEQUENCE:1" in calendar_of(mail)
    view = await view_meeting(tools, actor_for(worker), meeting_id)
    answers = {each.attendee.person_id: each.attendee.answer for each in view.invitations}
    assert answers[shah.id] is Answer.NEEDS_ACTION
    assert answers[worker.person_id] is Answer.ACCEPTED


async def test_editing_the_notes_keeps_answers_and_sequence(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team
) -> None:
    worker, child, shah, _tom = team
    meeting_id = await a_meeting(tools, worker, child, shah)
    await deliver(tools, clock)
    await change_meeting(
        tools,
        actor_for(worker),
        EditMeeting(
            meeting_id, await version_of(tools, worker, meeting_id), MeetingMode.PLACE, "Oak House", None, "Park"
        ),
    )
    await deliver(tools, clock)
    first, second = mails_to(mail_servers, shah.email)
    assert "SEQUENCE:0" in calendar_of(second)
    assert "LOCATION:Oak House" in calendar_of(second)
    stamps = [line for mail in (first, second) for line in calendar_of(mail).splitlines() if line.startswith("DTSTAMP")]
    assert stamps[0] < stamps[1]


async def version_of(tools: Tools, worker: User, meeting_id: int) -> int:
    return (await view_meeting(tools, actor_for(worker), meeting_id)).meeting.version


async def test_changing_people_writes_to_those_it_concerns_alone(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team
) -> None:
    worker, child, shah, tom = team
    nina = await a_person(tools, "Nina Newcomer")
    meeting_id = await a_meeting(tools, worker, child, shah, tom)
    await deliver(tools, clock)
    stays, comes = an_invitee(shah), an_invitee(nina)
    convenor = a_booking(tools, worker, child).invitees[0]
    asked = ChangePeople(meeting_id, await version_of(tools, worker, meeting_id), (convenor, stays, comes))
    planned = {each.name: each.letter for each in await rehearse_change(tools, actor_for(worker), asked)}
    await change_meeting(tools, actor_for(worker), asked)
    await deliver(tools, clock)
    assert planned == {"Nina Newcomer": "invite", "Tom O'Neill, OT": "cancel"}
    assert [calendar_of(each).count("METHOD:REQUEST") for each in mails_to(mail_servers, nina.email)] == [1]
    assert "METHOD:CANCEL" in calendar_of(mails_to(mail_servers, tom.email)[-1])
    assert len(mails_to(mail_servers, shah.email)) == 1


async def test_cancelling_tells_everybody_but_those_who_declined(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team
) -> None:
    worker, child, shah, tom = team
    meeting_id = await a_meeting(tools, worker, child, shah, tom)
    await deliver(tools, clock)
    view = await view_meeting(tools, actor_for(worker), meeting_id)
    toms = next(each.attendee for each in view.invitations if each.attendee.person_id == tom.id)
    await answer_invitation(tools, actor_for(worker), AnswerInvitation(toms.id, Answer.DECLINED, AnsweredBy.PHONE))
    await change_meeting(
        tools, actor_for(worker), CancelMeeting(meeting_id, view.meeting.version, "The school is closed.")
    )
    await deliver(tools, clock)
    mail = mails_to(mail_servers, shah.email)[-1]
    assert mail["Subject"].startswith("Cancelled: ")
    assert "STATUS:CANCELLED" in calendar_of(mail)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "The school is closed." in body.get_content()
    assert len(mails_to(mail_servers, tom.email)) == 1


async def test_undoing_within_a_minute_sends_nothing(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team
) -> None:
    worker, child, shah, _tom = team
    meeting_id = await a_meeting(tools, worker, child, shah)
    clock.move(seconds=30)
    await undo_change(tools, actor_for(worker), meeting_id)
    await deliver(tools, clock)
    view = await view_meeting(tools, actor_for(worker), meeting_id)
    assert view.meeting.status is MeetingStatus.UNDONE
    assert mails_to(mail_servers, shah.email) == []


async def test_undoing_a_move_puts_time_and_answers_back(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team
) -> None:
    worker, child, shah, _tom = team
    meeting_id = await a_meeting(tools, worker, child, shah)
    await deliver(tools, clock)
    before = await view_meeting(tools, actor_for(worker), meeting_id)
    attendee = next(each.attendee for each in before.invitations if each.attendee.person_id == shah.id)
    answer = AnswerInvitation(attendee.id, Answer.ACCEPTED, AnsweredBy.PHONE, "Half an hour late")
    await answer_invitation(tools, actor_for(worker), answer)
    later = before.meeting.starts_at + timedelta(days=1)
    await change_meeting(
        tools, actor_for(worker), MoveMeeting(meeting_id, before.meeting.version, later, later + timedelta(hours=1))
    )
    await undo_change(tools, actor_for(worker), meeting_id)
    await deliver(tools, clock)
    after = await view_meeting(tools, actor_for(worker), meeting_id)
    rows = {each.attendee.person_id: each.attendee for each in after.invitations}
    answers = {who: (row.answer, row.answered_by, row.comment) for who, row in rows.items()}
    assert after.meeting.starts_at == before.meeting.starts_at
    assert after.meeting.sequence == before.meeting.sequence
    assert answers[shah.id] == (Answer.ACCEPTED, AnsweredBy.PHONE, "Half an hour late")
    assert len(mails_to(mail_servers, shah.email)) == 1


async def test_undo_is_refused_once_a_letter_has_gone_and_when_pressed_twice(
    tools: Tools, clock: StandingClock, team: Team
) -> None:
    worker, child, shah, _tom = team
    gone = await a_meeting(tools, worker, child, shah)
    await deliver(tools, clock)
    with pytest.raises(Refused, match="too late to undo"):
        await undo_change(tools, actor_for(worker), gone)
    version = await version_of(tools, worker, gone)
    later = tools.clock.now() + timedelta(days=20)
    await change_meeting(tools, actor_for(worker), MoveMeeting(gone, version, later, later + timedelta(hours=1)))
    await undo_change(tools, actor_for(worker), gone)
    with pytest.raises(Refused, match="too late to undo"):
        await undo_change(tools, actor_for(worker), gone)
    assert (await view_meeting(tools, actor_for(worker), gone)).meeting.status is MeetingStatus.BOOKED


async def test_cancelling_before_the_invitations_went_tells_nobody(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team
) -> None:
    worker, child, shah, _tom = team
    meeting_id = await a_meeting(tools, worker, child, shah)
    version = await version_of(tools, worker, meeting_id)
    await change_meeting(tools, actor_for(worker), CancelMeeting(meeting_id, version))
    await deliver(tools, clock)
    assert mails_to(mail_servers, shah.email) == []


async def test_a_stale_page_changes_nothing(tools: Tools, team: Team) -> None:
    worker, child, shah, _tom = team
    meeting_id = await a_meeting(tools, worker, child, shah)
    version = await version_of(tools, worker, meeting_id)
    later = tools.clock.now() + timedelta(days=20)
    await change_meeting(tools, actor_for(worker), MoveMeeting(meeting_id, version, later, later + timedelta(hours=1)))
    with pytest.raises(ChangedMeanwhile):
        await change_meeting(tools, actor_for(worker), CancelMeeting(meeting_id, version))


async def test_sending_again_goes_to_the_address_on_file_now(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, team: Team
) -> None:
    worker, child, shah, _tom = team
    meeting_id = await a_meeting(tools, worker, child, shah)
    await deliver(tools, clock)
    async with tools.database.begin() as db:
        person = await db.get(Person, shah.id)
        assert person is not None
        person.email = "priya.shah@new.example"
    view = await view_meeting(tools, actor_for(worker), meeting_id)
    attendee = next(each.attendee for each in view.invitations if each.attendee.person_id == shah.id)
    assert await send_again(tools, actor_for(worker), attendee.id) == "priya.shah@new.example"
    await deliver_outbox(tools)
    (mail,) = mails_to(mail_servers, "priya.shah@new.example")
    assert "METHOD:REQUEST" in calendar_of(mail)
    assert len(mails_to(mail_servers, shah.email)) == 1


async def test_the_page_says_how_far_each_invitation_has_come(tools: Tools, clock: StandingClock, team: Team) -> None:
    worker, child, shah, _tom = team
    meeting_id = await a_meeting(tools, worker, child, shah)
    waiting = await view_meeting(tools, actor_for(worker), meeting_id)
    assert waiting.undo_until is not None
    await deliver(tools, clock)
    sent = await view_meeting(tools, actor_for(worker), meeting_id)
    assert {each.delivery for each in waiting.invitations} == {Delivery.WAITING}
    assert {each.delivery for each in sent.invitations} == {Delivery.SENT}
    assert sent.undo_until is None
