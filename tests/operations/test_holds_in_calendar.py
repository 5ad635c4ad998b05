"""Times held while people are asked, in the calendar through which the convenor's meetings go out."""

from datetime import UTC, datetime, time

from coord_service.domain.bookings import Need, What
from coord_service.domain.itip import Status
from coord_service.domain.meetings import MeetingMode, Purpose
from coord_service.operations import connections
from coord_service.operations.booking import AnswerWhat, save_who, start_booking
from coord_service.operations.poll_rounds import tend_polls
from coord_service.operations.polls import AskPeople, ask_people, withdraw_poll
from tests.builders import a_member
from tests.operations.calendar_routes import OWNER, Rowan, rowan, server

__all__ = ["rowan", "server"]


async def ask(rowan: Rowan) -> int:
    """Dr Shah is asked about two times, which Rowan's calendar holds meanwhile; the booking's id."""
    what = What((rowan.child.id,), Purpose.TAC, rowan.user.id, 60, MeetingMode.PLACE, "Elm House", None, None)
    await a_member(rowan.tools, rowan.child, rowan.shah)
    draft_id = await start_booking(rowan.tools, rowan.actor, AnswerWhat(what))
    await save_who(rowan.tools, rowan.actor, draft_id, {rowan.shah.id: Need.REQUIRED})
    day = rowan.tools.rulebook.working_days.add(rowan.clock.now().date(), 12)
    starts = tuple(datetime.combine(day, time(hour), UTC) for hour in (10, 13))
    closes_on = rowan.tools.rulebook.working_days.add(rowan.clock.now().date(), 6)
    await ask_people(rowan.tools, rowan.actor, draft_id, AskPeople(starts, (rowan.shah.id,), closes_on, is_held=True))
    return draft_id


async def test_held_times_stand_tentatively_in_the_calendar_and_invite_nobody(rowan: Rowan) -> None:
    await ask(rowan)
    await rowan.settle()
    held = [kept.event for kept in rowan.there().values()]
    assert [each.status for each in held] == [Status.TENTATIVE] * 2
    assert {(each.organizer.address, each.attendees) for each in held} == {(OWNER, ())}
    assert "Juniper" not in repr(held)


async def test_they_leave_it_when_the_poll_is_taken_back(rowan: Rowan) -> None:
    draft_id = await ask(rowan)
    await rowan.settle()
    await withdraw_poll(rowan.tools, rowan.actor, draft_id)
    await tend_polls(rowan.tools)
    await rowan.settle()
    assert rowan.there() == {}


async def test_a_poll_taken_back_at_once_never_reaches_the_calendar(rowan: Rowan) -> None:
    draft_id = await ask(rowan)
    await withdraw_poll(rowan.tools, rowan.actor, draft_id)
    await tend_polls(rowan.tools)
    await rowan.settle()
    assert rowan.there() == {}
    assert rowan.server.written == []


async def test_they_leave_it_when_it_is_disconnected(rowan: Rowan) -> None:
    await ask(rowan)
    await rowan.settle()
    await connections.disconnect_calendar(rowan.tools, rowan.actor, rowan.connection_id)
    await rowan.settle()
    assert rowan.there() == {}
    assert (await rowan.connection()).secrets is None
