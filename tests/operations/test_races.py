"""Two at once, on both databases: nobody's word is lost, nobody is told what is not so."""

import asyncio
import email
import email.policy
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from coord_service.domain.decisions import Decision
from coord_service.domain.delivery import LetterState
from coord_service.domain.meetings import Answer, AnsweredBy, MeetingMode, MeetingStatus
from coord_service.errors import ChangedMeanwhile, Refused
from coord_service.operations.answers import AnswerInvitation, answer_invitation
from coord_service.operations.cases import shield_child
from coord_service.operations.changing import CancelMeeting, EditMeeting, MoveMeeting, change_meeting, undo_change
from coord_service.operations.deciding import DecideMail, decide_mail
from coord_service.operations.meeting_page import MeetingView, view_meeting
from coord_service.operations.meetings import book_meeting
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.resending import send_again
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Attendee, Child, InboundMail, Meeting, OutboxLetter, Person, User
from tests.builders import a_booking, a_child, a_meeting, a_person, a_user, actor_for
from tests.installation import StandingClock

Team = tuple[User, Child, Person]


@pytest.fixture
async def team(tools: Tools) -> Team:
    worker = await a_user(tools, name="Amy Leadworth")
    return worker, await a_child(tools, worker), await a_person(tools, "Dr Priya Shah")


async def sent_meeting(tools: Tools, clock: StandingClock, team: Team) -> tuple[MeetingView, Attendee]:
    """Booked, and everybody has their invitation."""
    worker, child, shah = team
    meeting_id = await a_meeting(tools, worker, child, shah)
    clock.move(seconds=61)
    await deliver_outbox(tools)
    return await look(tools, worker, meeting_id)


async def look(tools: Tools, worker: User, meeting_id: int) -> tuple[MeetingView, Attendee]:
    view = await view_meeting(tools, actor_for(worker), meeting_id)
    return view, next(each.attendee for each in view.invitations if each.attendee.person_id != worker.person_id)


def later(view: MeetingView) -> MoveMeeting:
    start = view.meeting.starts_at + timedelta(days=1)
    return MoveMeeting(view.meeting.id, view.meeting.version, start, start + timedelta(hours=1))


async def test_an_answer_during_a_move_is_never_taken_for_the_other_time(
    tools: Tools, clock: StandingClock, team: Team
) -> None:
    view, shah = await sent_meeting(tools, clock, team)
    actor = actor_for(team[0])
    answer = AnswerInvitation(shah.id, Answer.ACCEPTED, AnsweredBy.PHONE)
    await asyncio.gather(change_meeting(tools, actor, later(view)), answer_invitation(tools, actor, answer))
    view, shah = await look(tools, team[0], view.meeting.id)
    time_sequence = view.meeting.sequence if view.meeting.time_sequence is None else view.meeting.time_sequence
    assert (shah.answer, shah.answered_sequence) in {
        (Answer.NEEDS_ACTION, None),
        (Answer.NEEDS_ACTION, 0),
        (Answer.ACCEPTED, time_sequence),
    }
    assert time_sequence == 1


async def test_two_who_change_a_meeting_at_once_get_one_change_and_one_clear_message(
    tools: Tools, clock: StandingClock, team: Team
) -> None:
    view, _ = await sent_meeting(tools, clock, team)
    cancel = CancelMeeting(view.meeting.id, view.meeting.version)
    actor = actor_for(team[0])
    results = await asyncio.gather(
        change_meeting(tools, actor, later(view)), change_meeting(tools, actor, cancel), return_exceptions=True
    )
    assert [type(each) for each in results if each is not None] in [[ChangedMeanwhile], [Refused]]


async def test_a_mail_is_decided_once(tools: Tools, clock: StandingClock, team: Team) -> None:
    view, shah = await sent_meeting(tools, clock, team)
    async with tools.database.begin() as db:
        where = {"mailbox": "box", "uidvalidity": 1, "uid": 1, "content": b"Sorry"}
        mail = InboundMail(**where, meeting_id=view.meeting.id, attendee_id=shah.id, received_at=clock.now())
        mail.needs_decision, mail.judged_at = True, clock.now()
        db.add(mail)
    answers = (Answer.DECLINED, Answer.ACCEPTED)
    results = await asyncio.gather(
        *(decide_mail(tools, actor_for(team[0]), DecideMail(mail.id, Decision.ANSWER, each)) for each in answers),
        return_exceptions=True,
    )
    (late,) = [each for each in results if isinstance(each, ChangedMeanwhile)]
    assert "has dealt with this mail already: put on record as their answer" in str(late)
    _, shah = await look(tools, team[0], view.meeting.id)
    assert shah.answer is answers[1 - results.index(late)]


async def test_sending_again_cannot_be_undone_into_an_older_time(
    tools: Tools, clock: StandingClock, team: Team
) -> None:
    view, shah = await sent_meeting(tools, clock, team)
    await change_meeting(tools, actor_for(team[0]), later(view))
    clock.move(seconds=61)
    await deliver_outbox(tools)
    await send_again(tools, actor_for(team[0]), shah.id)
    after, _ = await look(tools, team[0], view.meeting.id)
    assert after.undo_until is None
    with pytest.raises(Refused):
        await undo_change(tools, actor_for(team[0]), view.meeting.id)
    after, _ = await look(tools, team[0], view.meeting.id)
    assert after.meeting.starts_at == view.meeting.starts_at + timedelta(days=1)


async def test_an_answer_given_before_an_edit_is_undone_stays(tools: Tools, clock: StandingClock, team: Team) -> None:
    view, shah = await sent_meeting(tools, clock, team)
    actor = actor_for(team[0])
    edit = EditMeeting(view.meeting.id, view.meeting.version, MeetingMode.PLACE, "Ash House", None, None)
    await change_meeting(tools, actor, edit)
    clock.move(seconds=20)
    await answer_invitation(tools, actor, AnswerInvitation(shah.id, Answer.DECLINED, AnsweredBy.PHONE, "In clinic"))
    await undo_change(tools, actor, view.meeting.id)
    view, shah = await look(tools, team[0], view.meeting.id)
    assert (view.meeting.place, shah.answer, shah.comment) == ("Elm House, Room 2", Answer.DECLINED, "In clinic")


async def test_undoing_while_letters_go_either_undoes_all_or_nothing(
    tools: Tools, clock: StandingClock, team: Team
) -> None:
    worker, child, shah = team
    meeting_id = await a_meeting(tools, worker, child, shah)
    clock.move(seconds=59)

    async def deliver() -> None:
        clock.move(seconds=2)
        await deliver_outbox(tools)

    await asyncio.gather(undo_change(tools, actor_for(worker), meeting_id), deliver(), return_exceptions=True)
    async with tools.database.read() as db:
        states = set(await db.scalars(sa.select(OutboxLetter.state)))
        status = await db.scalar(sa.select(Meeting.status))
    assert (status, states) in [
        (MeetingStatus.UNDONE, {LetterState.WITHDRAWN}),
        (MeetingStatus.BOOKED, {LetterState.SENT}),
    ]


async def test_whoever_was_sent_an_invitation_while_it_was_cancelled_is_told(
    tools: Tools, clock: StandingClock, team: Team
) -> None:
    worker, child, shah = team
    meeting_id = await a_meeting(tools, worker, child, shah)
    clock.move(seconds=61)
    view = await view_meeting(tools, actor_for(worker), meeting_id)
    cancel = CancelMeeting(meeting_id, view.meeting.version)
    await asyncio.gather(change_meeting(tools, actor_for(worker), cancel), deliver_outbox(tools))
    async with tools.database.read() as db:
        query = sa.select(OutboxLetter.letter, OutboxLetter.state).where(OutboxLetter.recipient == shah.email)
        letters = dict((await db.execute(query)).all())
    assert letters in [
        {"invite": LetterState.WITHDRAWN},
        {"invite": LetterState.SENT, "cancel": LetterState.WAITING},
    ]


async def test_a_child_shielded_while_a_meeting_is_booked_has_a_private_meeting(tools: Tools, team: Team) -> None:
    worker, child, shah = team
    actor = actor_for(worker)
    await asyncio.gather(
        book_meeting(tools, actor, a_booking(tools, worker, child, shah)), shield_child(tools, actor, child.id)
    )
    async with tools.database.read() as db:
        assert await db.scalar(sa.select(Meeting.is_private))


async def test_a_letter_that_waits_when_a_child_is_shielded_goes_without_the_place(
    tools: Tools, clock: StandingClock, team: Team
) -> None:
    worker, child, shah = team
    await a_meeting(tools, worker, child, shah)
    clock.move(seconds=20)
    await shield_child(tools, actor_for(worker), child.id)
    clock.move(seconds=61)
    await deliver_outbox(tools)
    async with tools.database.read() as db:
        is_theirs = sa.and_(OutboxLetter.recipient == shah.email, OutboxLetter.state == LetterState.SENT)
        letters = list(await db.scalars(sa.select(OutboxLetter.content).where(is_theirs)))
    [mail] = [email.message_from_bytes(each, policy=email.policy.default) for each in letters]
    assert all("Elm House" not in str(part.get_content()) for part in mail.walk() if not part.is_multipart())


async def test_cancelling_and_booking_the_same_people_never_block_each_other(
    tools: Tools, clock: StandingClock, team: Team
) -> None:
    worker, child, shah = team
    people = [shah, *[await a_person(tools) for _ in range(4)]]
    meeting_id = await a_meeting(tools, worker, child, *reversed(people))
    clock.move(seconds=61)
    await deliver_outbox(tools)
    when = datetime(2026, 4, 20, 10, 0, tzinfo=UTC)
    booking = a_booking(tools, worker, child, *people, starts_at=when, ends_at=when + timedelta(hours=1))
    view, _ = await look(tools, worker, meeting_id)
    cancel = CancelMeeting(meeting_id, view.meeting.version)
    await asyncio.gather(
        change_meeting(tools, actor_for(worker), cancel), book_meeting(tools, actor_for(worker), booking)
    )
