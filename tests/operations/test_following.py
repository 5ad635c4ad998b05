"""What is taken over from an organizer’s calendar: answers, the owner’s own edits, and nothing we can’t be sure of."""

from datetime import timedelta

from coord_service.domain.delivery import LEASE
from coord_service.domain.itip import PartStat
from coord_service.domain.meetings import Answer, AnsweredBy, MeetingMode
from coord_service.operations.answers import AnswerInvitation, answer_invitation
from coord_service.operations.changing import EditMeeting
from coord_service.operations.correspondence import read_message
from coord_service.operations.leaving_calendars import send_by_mail_instead
from coord_service.operations.proposals import decline_proposal
from coord_service.operations.writing_events import write_events
from coord_service.storage.event_queue import lease_due_events
from coord_service.storage.post import load_letter
from tests.builders import a_person
from tests.operations.calendar_routes import FAY, OWNER, SHAH, Rowan, moved, rowan, server
from tests.outside_calendars import PASSWORD, connect

__all__ = ["rowan", "server"]


async def test_an_answer_in_the_calendar_is_applied_like_one_by_mail(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    await rowan.answer_there(meeting_id, SHAH, PartStat.ACCEPTED)
    await rowan.follow()
    assert (await rowan.answers(meeting_id))[SHAH] == "ACCEPTED"
    [mail] = await rowan.told(meeting_id)
    assert (mail.verdict, mail.kind, mail.sender) == ("applied", "reply", SHAH)


async def test_news_that_come_twice_are_one_answer(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    await rowan.answer_there(meeting_id, SHAH, PartStat.ACCEPTED)
    await rowan.follow()
    rowan.server.forget_tokens()
    await rowan.follow()
    assert len(await rowan.told(meeting_id)) == 1


async def test_an_answer_to_the_time_before_a_move_does_not_count_for_the_new_one(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    await rowan.answer_there(meeting_id, SHAH, PartStat.ACCEPTED)
    await rowan.change(moved(await rowan.meeting(meeting_id)))  # waits to be sent
    await rowan.follow()
    assert (await rowan.answers(meeting_id))[SHAH] == "NEEDS-ACTION"
    await rowan.settle()
    await rowan.answer_there(meeting_id, SHAH, PartStat.DECLINED)
    await rowan.follow()
    assert (await rowan.answers(meeting_id))[SHAH] == "DECLINED"


async def test_while_a_write_is_on_its_way_news_wait(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    await rowan.change(moved(await rowan.meeting(meeting_id)))
    rowan.clock.move(seconds=61)
    async with rowan.tools.database.begin() as db:
        [leased] = await lease_due_events(db, rowan.clock.now(), 8)
    await rowan.calendar().put(rowan.tools.codec.read_copy(leased.content))  # and the worker is killed here
    await rowan.answer_there(meeting_id, SHAH, PartStat.ACCEPTED)  # to the new time
    await rowan.follow()
    assert (await rowan.answers(meeting_id))[SHAH] == "NEEDS-ACTION"
    rowan.clock.move(seconds=LEASE.total_seconds())
    await write_events(rowan.tools)
    await rowan.follow()
    assert (await rowan.answers(meeting_id))[SHAH] == "ACCEPTED"


async def test_somebody_who_was_not_invited_is_held_for_the_lead_worker(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    await rowan.answer_there(meeting_id, "forwarded@nhs.example", PartStat.ACCEPTED)
    await rowan.follow()
    [mail] = await rowan.told(meeting_id)
    assert (mail.verdict, mail.needs_decision) == ("held", True)


async def test_a_move_by_hand_is_noticed_and_its_answers_are_not_taken_for_ours(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    meeting = await rowan.meeting(meeting_id)
    start, end = meeting.starts_at + timedelta(hours=2), meeting.ends_at + timedelta(hours=2)
    rowan.server.move(OWNER, meeting.calendar_uid or "", start, end)
    await rowan.answer_there(meeting_id, SHAH, PartStat.ACCEPTED)
    await rowan.follow()
    meeting = await rowan.meeting(meeting_id)
    assert (meeting.there_start, meeting.there_end) == (start, end)
    assert (await rowan.answers(meeting_id))[SHAH] == "NEEDS-ACTION"
    await rowan.change(moved(meeting, hours=2))
    await rowan.settle()
    await rowan.follow()
    assert (await rowan.meeting(meeting_id)).there_start is None


async def test_a_deletion_by_hand_is_noticed_also_after_the_token_was_lost(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    await rowan.follow()
    rowan.server.delete(OWNER, (await rowan.meeting(meeting_id)).calendar_uid or "")
    rowan.server.forget_tokens()
    await rowan.follow()
    assert (await rowan.meeting(meeting_id)).there_deleted_at is not None


async def test_a_link_that_the_calendar_makes_reaches_the_page_and_the_family(rowan: Rowan) -> None:
    meeting_id = await rowan.book(mode=MeetingMode.ONLINE, place=None, wants_link=True)
    await rowan.settle()
    kept = await rowan.event(meeting_id)
    assert (kept.event.is_online, kept.event.location, "follows" in kept.event.description) == (True, "Online", False)
    assert "the link to join by follows" in await words_to(rowan, meeting_id, FAY)
    await rowan.follow()
    link = (await rowan.meeting(meeting_id)).online_url
    assert link == f"https://meet.example/{kept.event.uid}"
    await rowan.settle()
    assert link in await words_to(rowan, meeting_id, FAY)
    await rowan.follow()
    letters = [(each.letter, each.recipient) for each in await rowan.letters(meeting_id)]
    assert letters == [("invite", FAY), ("put_event", OWNER), ("change", FAY)]


async def test_a_link_of_the_calendars_ends_when_the_meeting_leaves_it(rowan: Rowan) -> None:
    meeting_id = await rowan.book(mode=MeetingMode.ONLINE, place=None, wants_link=True)
    await rowan.settle()
    await rowan.follow()
    await send_by_mail_instead(rowan.tools, rowan.actor, meeting_id)
    meeting = await rowan.meeting(meeting_id)
    assert (meeting.online_url, meeting.wants_link) == (None, False)


async def test_another_link_that_was_typed_is_not_replaced_by_the_calendars(rowan: Rowan) -> None:
    meeting_id = await rowan.book(mode=MeetingMode.ONLINE, place=None, wants_link=True)
    await rowan.settle()
    meeting, ours = await rowan.meeting(meeting_id), "https://meet.example/ours"
    await rowan.change(EditMeeting(meeting_id, meeting.version, MeetingMode.ONLINE, None, ours, None))
    await rowan.settle()
    await rowan.follow()
    assert (await rowan.meeting(meeting_id)).online_url == ours


async def words_to(rowan: Rowan, meeting_id: int, address: str) -> str:
    """What the latest letter to somebody says."""
    latest = [each for each in await rowan.letters(meeting_id) if each.recipient == address][-1]
    async with rowan.tools.database.read() as db:
        letter = await load_letter(db, latest.id, with_content=True)
    assert letter is not None
    return read_message(letter.content).text


async def test_another_time_proposed_there_waits_for_the_lead_worker_and_is_declined_in_words(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    meeting = await rowan.meeting(meeting_id)
    other = moved(meeting, hours=3)
    await rowan.answer_there(meeting_id, SHAH, PartStat.TENTATIVE, proposed=(other.starts_at, other.ends_at))
    await rowan.follow()
    [shah] = [each for each in (await rowan.meeting(meeting_id)).attendees if each.email == SHAH]
    assert (shah.proposed_start, shah.proposed_end) == (other.starts_at, other.ends_at)
    seen = other.starts_at.isoformat()
    await decline_proposal(rowan.tools, rowan.actor, (meeting_id, shah.id), seen, "The room is taken then.")
    await rowan.settle()
    letter = (await rowan.letters(meeting_id))[-1]
    assert (letter.letter, letter.recipient) == ("decline_counter", SHAH)
    async with rowan.tools.database.read() as db:
        found = await load_letter(db, letter.id, with_content=True)
    assert found is not None
    assert read_message(found.content).calendar == ""


async def test_a_refused_password_is_not_tried_again_every_minute(rowan: Rowan) -> None:
    await rowan.book()
    await rowan.settle()
    rowan.server.password = "changed since"
    await rowan.follow()
    assert (await rowan.connection()).ask_after == rowan.clock.now() + timedelta(minutes=30)
    rowan.clock.move(minutes=29)
    rowan.server.password = PASSWORD
    await rowan.follow()
    assert (await rowan.connection()).trouble_kind == "SignInRefused"
    rowan.clock.move(minutes=2)
    await rowan.follow()
    assert (await rowan.connection()).trouble_kind is None


async def test_with_a_new_password_the_meetings_sent_before_are_followed_on(rowan: Rowan) -> None:
    lowe = await a_person(rowan.tools, "Sam Lowe", email="s.lowe@nhs.example")
    meeting_id = await rowan.book(rowan.shah, rowan.fay, lowe)
    await rowan.settle()
    await rowan.answer_there(meeting_id, SHAH, PartStat.ACCEPTED, answered_at=None)
    await rowan.follow()
    shah = next(each for each in (await rowan.meeting(meeting_id)).attendees if each.email == SHAH)
    rowan.clock.move(minutes=5)
    by_phone = AnswerInvitation(shah.id, Answer.DECLINED, AnsweredBy.PHONE, "Rang.")
    await answer_invitation(rowan.tools, rowan.actor, by_phone)
    rowan.clock.move(minutes=5)
    await connect(rowan.tools, rowan.actor)
    rowan.server.forget_tokens()
    await rowan.answer_there(meeting_id, lowe.email or "", PartStat.ACCEPTED, answered_at=None)
    await rowan.follow()
    answers = await rowan.answers(meeting_id)
    assert (answers[SHAH], answers["s.lowe@nhs.example"]) == ("DECLINED", "ACCEPTED")
    assert (await rowan.connection()).news_token == rowan.server.token


async def test_with_a_new_password_a_deletion_by_hand_is_noticed(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    await connect(rowan.tools, rowan.actor)
    rowan.server.delete(OWNER, (await rowan.meeting(meeting_id)).calendar_uid or "")
    await rowan.follow()
    assert (await rowan.meeting(meeting_id)).there_deleted_at is not None
