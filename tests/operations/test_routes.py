"""One route a person: the organizer's own event, or our mail; in the outbox, in order, and never both."""

from datetime import timedelta

import pytest

from coord_service.domain.delivery import LEASE, LetterState
from coord_service.domain.people import Sector
from coord_service.domain.routes import Route
from coord_service.errors import ConnectionLost, Refused
from coord_service.operations import connections
from coord_service.operations.cases import shield_child
from coord_service.operations.changing import (
    CancelMeeting,
    ChangePeople,
    EditMeeting,
    rehearse_change,
    send_now,
    undo_change,
)
from coord_service.operations.correspondence import read_message
from coord_service.operations.leaving_calendars import send_by_mail_instead
from coord_service.operations.meeting_page import Delivery, view_meeting
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.writing_events import write_events
from coord_service.storage.event_queue import lease_due_events
from coord_service.storage.post import load_letter
from coord_service.storage.tables import Person
from tests.builders import a_person, an_invitee
from tests.operations.calendar_routes import FAY, OWNER, SHAH, Rowan, moved, rowan, server
from tests.outside_calendars import PASSWORD, values

__all__ = ["rowan", "server"]


async def test_a_professional_is_invited_by_the_calendar_and_a_family_by_mail(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    assert await rowan.invited_there(meeting_id) == {SHAH}
    mailed = [each.recipient for each in await rowan.letters(meeting_id) if each.connection_id is None]
    assert mailed == [FAY]
    routes = {each.email: each.route for each in (await rowan.meeting(meeting_id)).attendees}
    assert routes == {OWNER: Route.CALENDAR, SHAH: Route.CALENDAR, FAY: Route.MAIL}


async def test_the_event_is_the_owners_own_and_says_no_more_than_a_mail(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    kept, meeting = (await rowan.event(meeting_id)).event, await rowan.meeting(meeting_id)
    assert (kept.organizer.address, kept.organizer.name) == (OWNER, "Rowan Fell")
    assert (kept.start, kept.end, kept.location) == (meeting.starts_at, meeting.ends_at, "Elm House")
    assert kept.uid != meeting.uid
    assert "Juniper" not in repr(kept)
    assert "Testwood" not in repr(kept)


async def test_without_the_choice_everything_goes_by_mail(rowan: Rowan) -> None:
    await connections.choose_sending(rowan.tools, rowan.actor, rowan.connection_id, sends=False)
    meeting_id = await rowan.book()
    await rowan.settle()
    assert rowan.there() == {}
    assert {each.recipient for each in await rowan.letters(meeting_id)} == {OWNER, SHAH, FAY}


async def test_a_shielded_team_never_goes_through_a_calendar(rowan: Rowan) -> None:
    await shield_child(rowan.tools, rowan.actor, rowan.child.id)
    meeting_id = await rowan.book()
    await rowan.settle()
    assert rowan.there() == {}
    assert {each.recipient for each in await rowan.letters(meeting_id)} == {OWNER, SHAH, FAY}


async def test_a_meeting_leaves_the_calendar_when_somebody_is_shielded_after_it_was_sent(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    await shield_child(rowan.tools, rowan.actor, rowan.child.id)
    await rowan.settle()
    assert rowan.there() == {}
    meeting = await rowan.meeting(meeting_id)
    assert {each.route for each in meeting.attendees} == {Route.MAIL}


async def test_nothing_reaches_the_calendar_while_it_can_be_undone(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await write_events(rowan.tools)
    assert rowan.there() == {}
    await undo_change(rowan.tools, rowan.actor, meeting_id)
    await rowan.settle()
    assert rowan.there() == {}
    assert {each.state for each in await rowan.letters(meeting_id)} == {LetterState.WITHDRAWN}


async def test_sending_now_ends_the_wait_for_the_calendar_too(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await send_now(rowan.tools, rowan.actor, meeting_id)
    await write_events(rowan.tools)
    assert await rowan.invited_there(meeting_id) == {SHAH}


async def test_a_move_changes_the_one_event_and_mails_the_others(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    await rowan.change(moved(await rowan.meeting(meeting_id)))
    await rowan.settle()
    [kept] = rowan.there().values()
    assert kept.event.start == (await rowan.meeting(meeting_id)).starts_at
    assert kept.event.sequence == 1
    mailed = [(each.letter, each.recipient) for each in await rowan.letters(meeting_id) if each.connection_id is None]
    assert mailed == [("invite", FAY), ("move", FAY)]


async def test_an_undone_move_puts_the_first_state_back_into_the_queue(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    before = (await rowan.meeting(meeting_id)).starts_at
    rowan.clock.move(seconds=20)
    await rowan.change(moved(await rowan.meeting(meeting_id)))
    waiting = [each.letter for each in await rowan.letters(meeting_id) if each.state is LetterState.WAITING]
    assert waiting.count("put_event") == 1
    await undo_change(rowan.tools, rowan.actor, meeting_id)
    await rowan.settle()
    [kept] = rowan.there().values()
    assert (kept.event.start, kept.event.sequence) == (before, 0)


async def test_cancelling_takes_the_event_out(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    await rowan.change(CancelMeeting(meeting_id, (await rowan.meeting(meeting_id)).version))
    await rowan.settle()
    assert rowan.there() == {}


async def test_what_was_cancelled_before_it_was_written_is_never_written(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.change(CancelMeeting(meeting_id, (await rowan.meeting(meeting_id)).version))
    await rowan.settle()
    assert rowan.there() == {}
    assert {each.state for each in await rowan.letters(meeting_id)} == {LetterState.WITHDRAWN}


async def test_who_is_taken_off_before_the_event_is_written_is_never_invited(rowan: Rowan) -> None:
    lowe = await a_person(rowan.tools, "Sam Lowe", email="s.lowe@nhs.example")
    meeting_id = await rowan.book(rowan.shah, lowe)
    meeting = await rowan.meeting(meeting_id)
    kept = (an_invitee(rowan.user.person, Sector.COUNCIL), an_invitee(rowan.shah))
    await rowan.change(ChangePeople(meeting_id, meeting.version, kept))
    await rowan.settle()
    assert await rowan.invited_there(meeting_id) == {SHAH}
    assert [each.recipient for each in await rowan.letters(meeting_id) if each.connection_id is None] == []


async def test_somebody_added_later_goes_by_the_same_route_as_they_would_have(rowan: Rowan) -> None:
    meeting_id = await rowan.book(rowan.shah)
    await rowan.settle()
    lowe = await a_person(rowan.tools, "Sam Lowe", email="s.lowe@nhs.example")
    people = (an_invitee(rowan.user.person, Sector.COUNCIL), an_invitee(rowan.shah), an_invitee(lowe))
    family = an_invitee(rowan.fay, Sector.FAMILY)
    await rowan.change(ChangePeople(meeting_id, (await rowan.meeting(meeting_id)).version, (*people, family)))
    await rowan.settle()
    assert await rowan.invited_there(meeting_id) == {SHAH, "s.lowe@nhs.example"}
    assert [each.recipient for each in await rowan.letters(meeting_id) if each.connection_id is None] == [FAY]


async def test_a_change_that_the_calendar_does_not_show_is_not_written(rowan: Rowan) -> None:
    meeting_id = await rowan.book(rowan.shah)
    await rowan.settle()
    before = len(await rowan.letters(meeting_id))
    meeting = await rowan.meeting(meeting_id)
    await rowan.change(EditMeeting(meeting_id, meeting.version, meeting.mode, meeting.place, None, None))
    assert len(await rowan.letters(meeting_id)) == before


async def test_who_will_be_told_names_the_route(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    planned = await rehearse_change(rowan.tools, rowan.actor, moved(await rowan.meeting(meeting_id)))
    assert {(each.address, each.through) for each in planned} == {(OWNER, OWNER), (SHAH, OWNER), (FAY, "")}


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_worker_killed_around_the_write_leaves_one_event(rowan: Rowan, moment: str) -> None:
    meeting_id = await rowan.book()
    rowan.clock.move(seconds=61)
    async with rowan.tools.database.begin() as db:
        [leased] = await lease_due_events(db, rowan.clock.now(), 8)
    if moment == "after":  # the calendar took it, and nobody wrote that down
        await rowan.calendar().put(rowan.tools.codec.read_copy(leased.content))
    await write_events(rowan.tools)
    assert len(rowan.there()) == (moment == "after")
    rowan.clock.move(seconds=LEASE.total_seconds() + 1)
    await write_events(rowan.tools)
    assert len(rowan.there()) == 1
    [row] = [each for each in await rowan.letters(meeting_id) if each.connection_id]
    assert row.state is LetterState.SENT


async def test_a_cut_after_the_write_is_written_again_and_is_one_event(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    rowan.server.cuts_after_change = True
    await rowan.settle()
    [row] = [each for each in await rowan.letters(meeting_id) if each.connection_id]
    assert (row.state, row.attempts) == (LetterState.WAITING, 1)
    rowan.clock.move(minutes=2)
    await write_events(rowan.tools)
    assert len(rowan.there()) == 1


async def test_two_states_of_one_event_are_never_on_their_way_at_once(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    rowan.clock.move(seconds=61)
    async with rowan.tools.database.begin() as db:
        await lease_due_events(db, rowan.clock.now(), 8)
    await rowan.change(moved(await rowan.meeting(meeting_id)))
    rowan.clock.move(seconds=61)
    async with rowan.tools.database.begin() as db:
        assert await lease_due_events(db, rowan.clock.now(), 8) == []
    rowan.clock.move(seconds=LEASE.total_seconds())
    await write_events(rowan.tools)
    [kept] = rowan.there().values()
    assert kept.event.sequence == 1


async def test_what_a_killed_worker_may_have_written_is_taken_out_when_the_meeting_is_cancelled(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    rowan.clock.move(seconds=61)
    async with rowan.tools.database.begin() as db:
        [leased] = await lease_due_events(db, rowan.clock.now(), 8)
    await rowan.calendar().put(rowan.tools.codec.read_copy(leased.content))  # and killed
    rowan.clock.move(seconds=LEASE.total_seconds() + 1)
    await rowan.change(CancelMeeting(meeting_id, (await rowan.meeting(meeting_id)).version))
    await rowan.settle()
    assert rowan.there() == {}


async def test_a_put_that_comes_after_the_removal_is_taken_out_again(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    rowan.clock.move(seconds=61)
    async with rowan.tools.database.begin() as db:
        [stuck] = await lease_due_events(db, rowan.clock.now(), 8)
    rowan.clock.move(seconds=LEASE.total_seconds() + 1)  # that worker hangs; another writes it
    await write_events(rowan.tools)
    await rowan.change(CancelMeeting(meeting_id, (await rowan.meeting(meeting_id)).version))
    await rowan.settle()
    assert rowan.there() == {}
    await rowan.calendar().put(rowan.tools.codec.read_copy(stuck.content))  # and now it wakes up
    await rowan.follow()
    await rowan.settle()
    assert rowan.there() == {}


async def test_a_write_that_fails_after_the_removal_was_queued_is_not_tried_again(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    async with rowan.write_that_fails():
        await send_by_mail_instead(rowan.tools, rowan.actor, meeting_id)
    for _ in range(3):
        rowan.clock.move(minutes=10)
        await rowan.settle()
    assert rowan.there() == {}
    events = [(each.letter, each.state) for each in await rowan.letters(meeting_id) if each.connection_id]
    assert events == [("put_event", LetterState.WITHDRAWN), ("remove_event", LetterState.SENT)]


async def test_a_write_that_fails_is_not_tried_again_after_a_newer_one(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    async with rowan.write_that_fails():
        meeting = await rowan.meeting(meeting_id)
        await rowan.change(EditMeeting(meeting.id, meeting.version, meeting.mode, meeting.place, None, "Bring it."))
        lowe = await a_person(rowan.tools, "Sam Lowe", email="s.lowe@nhs.example")
        people = [(rowan.shah, Sector.HEALTH), (rowan.fay, Sector.FAMILY), (lowe, Sector.HEALTH)]
        convenor = an_invitee(Person(id=rowan.user.person_id), Sector.COUNCIL)
        invitees = (convenor, *(an_invitee(each, sector) for each, sector in people))
        version = (await rowan.meeting(meeting_id)).version
        await rowan.change(ChangePeople(meeting_id, version, invitees))
    for _ in range(3):
        rowan.clock.move(minutes=10)
        await rowan.settle()
    [written] = rowan.server.written
    assert {each.address for each in written.attendees} == {SHAH, "s.lowe@nhs.example"}
    page = await view_meeting(rowan.tools, rowan.actor, meeting_id)
    assert {each.attendee.email: each.delivery for each in page.invitations}[SHAH] is Delivery.SENT


async def test_a_refused_sign_in_is_shown_on_the_page_with_what_to_do(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    rowan.server.password = "changed since"
    await rowan.settle()
    view = await view_meeting(rowan.tools, rowan.actor, meeting_id)
    assert view.calendar_trouble is not None
    assert "Enter it again" in view.calendar_trouble
    lines = {each.attendee.email: each.delivery for each in view.invitations}
    assert lines == {OWNER: Delivery.FAILED, SHAH: Delivery.FAILED, FAY: Delivery.SENT}


async def test_a_connection_that_works_again_gets_what_it_refused(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    rowan.server.password = "changed by mistake"
    await rowan.settle()
    rowan.server.password = PASSWORD
    await connections.check_connection(rowan.tools, rowan.actor, rowan.connection_id)
    await write_events(rowan.tools)
    assert await rowan.invited_there(meeting_id) == {SHAH}


async def test_by_mail_instead_after_a_refusal_invites_everybody_once(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    rowan.server.password = "changed since"
    await rowan.settle()
    await send_by_mail_instead(rowan.tools, rowan.actor, meeting_id)
    await rowan.settle()
    letters = await rowan.letters(meeting_id)
    mailed = sorted(each.recipient for each in letters if not each.connection_id and each.state is LetterState.SENT)
    assert mailed == sorted([OWNER, SHAH, FAY])
    view = await view_meeting(rowan.tools, rowan.actor, meeting_id)
    assert view.calendar_trouble is None


async def test_the_mail_waits_until_the_calendar_has_taken_the_event_back(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    rowan.server.trouble = ConnectionLost("Nobody there.")
    await send_by_mail_instead(rowan.tools, rowan.actor, meeting_id)
    await write_events(rowan.tools)
    await deliver_outbox(rowan.tools)
    assert await sent_to(rowan, meeting_id) == [FAY]
    rowan.server.trouble = None
    rowan.clock.move(minutes=2)
    await write_events(rowan.tools)
    assert rowan.there() == {}
    await deliver_outbox(rowan.tools)
    assert sorted(await sent_to(rowan, meeting_id)) == sorted([FAY, OWNER, SHAH])


async def test_the_mail_does_not_wait_for_ever(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    await rowan.settle()
    rowan.server.trouble = ConnectionLost("Nobody there.")
    await send_by_mail_instead(rowan.tools, rowan.actor, meeting_id)
    for minutes in (0, 2, 6):
        rowan.clock.move(minutes=minutes)
        await write_events(rowan.tools)
        await deliver_outbox(rowan.tools)
    assert sorted(await sent_to(rowan, meeting_id)) == sorted([FAY, OWNER, SHAH])
    [invitation] = [each for each in await rowan.letters(meeting_id) if each.recipient == SHAH]
    assert await words_of(rowan, invitation.id, "takes the place of the invitation")


async def sent_to(rowan: Rowan, meeting_id: int) -> list[str]:
    letters = await rowan.letters(meeting_id)
    return [each.recipient for each in letters if each.connection_id is None and each.state is LetterState.SENT]


async def words_of(rowan: Rowan, letter_id: int, words: str) -> bool:
    async with rowan.tools.database.read() as db:
        letter = await load_letter(db, letter_id, with_content=True)
    assert letter is not None
    return words in " ".join(read_message(letter.content).text.split())


async def test_disconnecting_moves_every_meeting_over_and_then_forgets_the_password(rowan: Rowan) -> None:
    first, second = await rowan.book(), await rowan.book(rowan.shah, starts_at=later(rowan, 3), ends_at=later(rowan, 4))
    await rowan.settle()
    assert len(rowan.there()) == 2
    await connections.disconnect_calendar(rowan.tools, rowan.actor, rowan.connection_id)
    assert (await rowan.connection()).secrets is not None
    await rowan.settle()
    assert rowan.there() == {}
    connection = await rowan.connection()
    assert (connection.secrets, connection.disconnected_at is not None) == (None, True)
    for meeting_id in (first, second):
        assert SHAH in await sent_to(rowan, meeting_id)


def later(rowan: Rowan, hours: int):
    return (rowan.clock.now() + timedelta(days=14)).replace(hour=10 + hours, minute=0, second=0)


async def test_a_new_password_for_the_same_calendar_leaves_the_meetings_where_they_are(rowan: Rowan) -> None:
    meeting_id = await rowan.book()
    rowan.server.password = "new in april"
    await rowan.settle()
    asked = connections.TryCalendar(rowan.actor.person_id, "memory", values("new in april"))
    again = await connections.test_calendar(rowan.tools, rowan.actor, asked)
    await connections.connect_calendar(rowan.tools, rowan.actor, again)
    assert (await rowan.connection()).sends_meetings
    await rowan.settle()
    assert await rowan.invited_there(meeting_id) == {SHAH}
    assert (await rowan.meeting(meeting_id)).calendar_id == again


async def test_a_calendar_that_only_reads_can_not_be_chosen(rowan: Rowan) -> None:
    async with rowan.tools.database.begin() as db:
        connection = await db.get(type(await rowan.connection()), rowan.connection_id)
        connection.abilities = ["read_busy"]
    with pytest.raises(Refused, match="does not invite people"):
        await connections.choose_sending(rowan.tools, rowan.actor, rowan.connection_id, sends=True)
