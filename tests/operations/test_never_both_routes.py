"""Whatever is done to a meeting, and whatever goes wrong meanwhile, nobody ever holds it twice.

Walks of random steps, the same in every run: a walk that fails is named by its number.
"""

from collections.abc import Awaitable, Callable
from random import Random

import pytest

from coord_service.domain.delivery import AWAITED_TRIES, LEASE, LetterState
from coord_service.domain.itip import PartStat
from coord_service.domain.meetings import MeetingStatus
from coord_service.domain.people import Sector
from coord_service.errors import ConnectionLost, CoordError
from coord_service.operations import connections
from coord_service.operations.cases import shield_child
from coord_service.operations.changing import CancelMeeting, ChangePeople, EditMeeting, undo_change
from coord_service.operations.leaving_calendars import send_by_mail_instead
from coord_service.operations.organizer_copy import present_attendees
from coord_service.operations.putting_back import put_back_event
from coord_service.operations.writing_events import write_events
from coord_service.storage.event_queue import lease_due_events
from coord_service.storage.tables import Person
from tests.builders import a_person, an_invitee
from tests.operations.calendar_routes import OWNER, Rowan, moved, rowan, server

__all__ = ["rowan", "server"]

INVITING = {"invite", "move", "change"}
WALKS, STEPS = 16, 10


@pytest.fixture
def migrated_url(migrated_sqlite: str) -> str:
    """One database is enough: what is asked of both is asked step by step elsewhere."""
    return migrated_sqlite


class Walk:
    """One meeting, and everything that can be done to it or happen to it."""

    def __init__(self, rowan: Rowan, meeting_id: int, lowe: Person, random: Random) -> None:
        self.rowan, self.meeting_id, self.lowe, self.random = rowan, meeting_id, lowe, random

    def steps(self) -> list[Callable[[], Awaitable[object]]]:
        often = [self.move, self.people, self.people, self.edit, *[self.settle] * 5]
        wrong = [*[self.lose_server] * 3, self.find_server, self.kill_worker, self.kill_worker, *[self.fail_write] * 3]
        there = [self.answer, self.move_there, self.delete_there]
        leaving = [self.by_mail, self.by_mail, self.shield, self.disconnect]
        return [*often, *wrong, *there, *leaving, self.undo, self.put_back, self.cancel]

    async def version(self) -> int:
        return (await self.rowan.meeting(self.meeting_id)).version

    async def move(self) -> None:
        await self.rowan.change(moved(await self.rowan.meeting(self.meeting_id), hours=self.random.choice([1, 24])))

    async def edit(self) -> None:
        meeting = await self.rowan.meeting(self.meeting_id)
        notes = self.random.choice(["Bring the report.", "The door is on the left."])
        await self.rowan.change(EditMeeting(meeting.id, meeting.version, meeting.mode, meeting.place, None, notes))

    async def people(self) -> None:
        convenor = an_invitee(Person(id=self.rowan.user.person_id), Sector.COUNCIL)
        chosen = [each for each in (self.rowan.shah, self.rowan.fay, self.lowe) if self.random.random() < 0.6]
        rest = [an_invitee(each, self.rowan.sector_of(each)) for each in chosen]
        await self.rowan.change(ChangePeople(self.meeting_id, await self.version(), (convenor, *rest)))

    async def settle(self) -> None:
        await self.rowan.settle()
        await self.rowan.follow()

    async def lose_server(self) -> None:
        self.rowan.server.trouble = ConnectionLost("Nobody there.")

    async def find_server(self) -> None:
        self.rowan.server.trouble = None

    async def kill_worker(self) -> None:
        """It has taken an event, perhaps written it, and is gone."""
        self.rowan.clock.move(seconds=61)
        async with self.rowan.tools.database.begin() as db:
            leased = await lease_due_events(db, self.rowan.clock.now(), 8)
        if leased and self.random.random() < 0.5 and leased[0].letter == "put_event":
            await self.rowan.calendar().put(self.rowan.tools.codec.read_copy(leased[0].content))

    async def fail_write(self) -> None:
        """Something else is done while a write is on its way, and the write fails."""
        meanwhile = self.random.choice([self.move, self.people, *[self.by_mail] * 2, self.disconnect, self.cancel])
        async with self.rowan.write_that_fails():
            await meanwhile()

    async def _in_event(self) -> str:
        meeting = await self.rowan.meeting(self.meeting_id)
        uid = meeting.calendar_uid or ""
        return uid if uid in self.rowan.there() else ""

    async def answer(self) -> None:
        if uid := await self._in_event():
            people = self.rowan.there()[uid].event.attendees
            if people:
                said = self.random.choice([PartStat.ACCEPTED, PartStat.DECLINED])
                await self.rowan.answer_there(self.meeting_id, people[0].address, said)

    async def move_there(self) -> None:
        if uid := await self._in_event():
            meeting = await self.rowan.meeting(self.meeting_id)
            asked = moved(meeting, hours=5)
            self.rowan.server.move(OWNER, uid, asked.starts_at, asked.ends_at)

    async def delete_there(self) -> None:
        if uid := await self._in_event():
            self.rowan.server.delete(OWNER, uid)

    async def undo(self) -> None:
        await undo_change(self.rowan.tools, self.rowan.actor, self.meeting_id)

    async def put_back(self) -> None:
        await put_back_event(self.rowan.tools, self.rowan.actor, self.meeting_id)

    async def by_mail(self) -> None:
        await send_by_mail_instead(self.rowan.tools, self.rowan.actor, self.meeting_id)

    async def shield(self) -> None:
        await shield_child(self.rowan.tools, self.rowan.actor, self.rowan.child.id)

    async def disconnect(self) -> None:
        await connections.disconnect_calendar(self.rowan.tools, self.rowan.actor, self.rowan.connection_id)

    async def cancel(self) -> None:
        await self.rowan.change(CancelMeeting(self.meeting_id, await self.version()))

    async def by_calendar(self) -> set[str]:
        """Who holds the organizer's event, its owner included."""
        meeting = await self.rowan.meeting(self.meeting_id)
        kept = self.rowan.there().get(meeting.calendar_uid or "")
        return {OWNER, *(each.address for each in kept.event.attendees)} if kept else set()

    async def by_mail_now(self) -> set[str]:
        """Who holds an invitation of ours: the last letter about it was no cancellation."""
        last: dict[str, str] = {}
        for each in await self.rowan.letters(self.meeting_id):
            if each.connection_id is None and each.state is LetterState.SENT:
                last[each.recipient] = each.letter
        return {address for address, letter in last.items() if letter in INVITING}

    async def has_given_up_waiting(self) -> bool:
        """Whether the calendar has failed to take the event out so often that the mail did not wait any longer."""
        letters = await self.rowan.letters(self.meeting_id)
        return any(each.letter == "remove_event" and each.attempts >= AWAITED_TRIES for each in letters)

    async def come_to_rest(self) -> None:
        self.rowan.server.trouble = None
        for _ in range(4):
            self.rowan.clock.move(seconds=LEASE.total_seconds() + 600)
            await write_events(self.rowan.tools)
            await self.settle()


@pytest.mark.parametrize("number", range(WALKS))
async def test_nobody_holds_a_meeting_by_both_routes(rowan: Rowan, number: int) -> None:
    lowe = await a_person(rowan.tools, "Sam Lowe", email="s.lowe@nhs.example")
    walk = Walk(rowan, await rowan.book(), lowe, Random(number))
    done = []
    for _ in range(STEPS):
        step = walk.random.choice(walk.steps())
        done.append(step.__name__)
        try:
            await step()
        except CoordError:
            done[-1] += " (refused)"
        if not await walk.has_given_up_waiting():
            assert await walk.by_calendar() & await walk.by_mail_now() == set(), done
    await walk.come_to_rest()
    meeting = await rowan.meeting(walk.meeting_id)
    by_calendar, by_mail = await walk.by_calendar(), await walk.by_mail_now()
    assert by_calendar & by_mail == set(), done
    is_on = meeting.status is MeetingStatus.BOOKED
    expected = {each.email for each in present_attendees(meeting)} if is_on else set()
    if meeting.there_deleted_at is None:
        declined = {each.email for each in meeting.attendees if each.answer.value == "DECLINED"}
        assert (by_calendar | by_mail) - declined == expected - declined, done
