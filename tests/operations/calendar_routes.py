"""A lead worker whose meetings go through their own calendar, and what a test sees of both routes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import pytest
import sqlalchemy as sa

from coord_service.domain.itip import PartStat
from coord_service.domain.people import Actor, PersonKind, Sector
from coord_service.errors import ConnectionLost
from coord_service.operations import connections
from coord_service.operations.changing import MoveMeeting, change_meeting
from coord_service.operations.following import follow_calendars
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.operations.writing_events import write_events
from coord_service.ports import CalendarAccount, EventAnswer
from coord_service.storage.meetings import load_meeting
from coord_service.storage.post import list_meeting_inbound, list_meeting_letters
from coord_service.storage.tables import CalendarConnection, Child, InboundMail, Meeting, OutboxLetter, Person, User
from integrations.calendars.memory import Kept, MemoryCalendar, MemoryServer
from tests.builders import a_child, a_meeting, a_person, a_user, actor_for, an_invitee
from tests.installation import StandingClock
from tests.outside_calendars import connect, server, values

__all__ = ["rowan", "server"]

OWNER = "rowan@council.example"
SHAH, FAY = "dr.shah@nhs.example", "fay@home.example"


class _Silence(asyncio.Event):
    """No answer comes until it is set; ``is_begun``: somebody waits for one."""

    def __init__(self) -> None:
        super().__init__()
        self.is_begun = asyncio.Event()

    async def wait(self) -> Literal[True]:
        self.is_begun.set()
        return await super().wait()


@dataclass
class Rowan:
    """The lead worker, a child, somebody of the team, a parent; and the calendar at the other side."""

    tools: Tools
    clock: StandingClock
    server: MemoryServer
    user: User
    child: Child
    shah: Person
    fay: Person
    connection_id: int = 0
    meeting_ids: list[int] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        return actor_for(self.user)

    async def book(self, *people: Person, **changes: object) -> int:
        """A meeting with Dr Shah and the parent Fay, or with others."""
        invited = people or (self.shah, self.fay)
        convenor = an_invitee(Person(id=self.user.person_id), Sector.COUNCIL)
        rest = [an_invitee(each, self.sector_of(each)) for each in invited]
        meeting_id = await a_meeting(
            self.tools, self.user, self.child, invitees=(convenor, *rest), **{"place": "Elm House", **changes}
        )
        self.meeting_ids.append(meeting_id)
        return meeting_id

    @staticmethod
    def sector_of(person: Person) -> Sector:
        return Sector.FAMILY if person.kind is PersonKind.FAMILY else Sector.HEALTH

    def calendar(self) -> MemoryCalendar:
        """The calendar itself, for what a worker of ours does to it that nobody hears of."""
        return MemoryCalendar(CalendarAccount(OWNER, values()), self.server)

    async def settle(self) -> None:
        """Everything that waits goes: the time for undoing is over, and the jobs run."""
        self.clock.move(seconds=self.tools.settings.undo_seconds + 1)
        await write_events(self.tools)
        await deliver_outbox(self.tools)

    @asynccontextmanager
    async def write_that_fails(self) -> AsyncIterator[None]:
        """What is due is on its way to the calendar while the body runs, and then the line goes dead."""
        self.clock.move(seconds=self.tools.settings.undo_seconds + 1)
        trouble, silence = self.server.trouble, _Silence()
        self.server.silence = silence
        writing = asyncio.create_task(write_events(self.tools))
        begun = asyncio.create_task(silence.is_begun.wait())
        await asyncio.wait({writing, begun}, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield
        finally:
            self.server.trouble, self.server.silence = ConnectionLost("The line went dead."), None
            silence.set()
            silence.is_begun.set()
            await asyncio.gather(writing, begun)
            self.server.trouble = trouble

    async def change(self, request: object) -> None:
        await change_meeting(self.tools, self.actor, request)  # type: ignore[arg-type]

    async def follow(self) -> None:
        await follow_calendars(self.tools)

    async def meeting(self, meeting_id: int) -> Meeting:
        async with self.tools.database.read() as db:
            found = await load_meeting(db, meeting_id)
        assert found is not None
        return found

    async def letters(self, meeting_id: int) -> Sequence[OutboxLetter]:
        async with self.tools.database.read() as db:
            return await list_meeting_letters(db, meeting_id)

    async def told(self, meeting_id: int) -> Sequence[InboundMail]:
        async with self.tools.database.read() as db:
            return await list_meeting_inbound(db, meeting_id)

    async def connection(self) -> CalendarConnection:
        async with self.tools.database.read() as db:
            return (await db.scalars(sa.select(CalendarConnection).order_by(CalendarConnection.id))).all()[-1]

    def there(self) -> dict[str, Kept]:
        """The events that stand in the calendar, by UID."""
        return {uid: kept for (owner, uid), kept in self.server.kept.items() if owner == OWNER and not kept.is_deleted}

    async def event(self, meeting_id: int) -> Kept:
        uid = (await self.meeting(meeting_id)).calendar_uid
        return self.there()[uid or ""]

    async def invited_there(self, meeting_id: int) -> set[str]:
        return {each.address for each in (await self.event(meeting_id)).event.attendees}

    async def answers(self, meeting_id: int) -> dict[str, str]:
        return {each.email: each.answer.value for each in (await self.meeting(meeting_id)).attendees}

    async def answer_there(self, meeting_id: int, address: str, partstat: PartStat, **facts: object) -> None:
        """Somebody answers in their calendar; the organizer's shows it."""
        uid = (await self.meeting(meeting_id)).calendar_uid or ""
        self.clock.move(minutes=5)
        answer = EventAnswer(address, partstat, **{"answered_at": self.clock.now(), **facts})  # type: ignore[arg-type]
        self.server.answer(OWNER, uid, answer)


def moved(meeting: Meeting, hours: int = 24) -> MoveMeeting:
    """The same meeting, later."""
    later = timedelta(hours=hours)
    return MoveMeeting(meeting.id, meeting.version, meeting.starts_at + later, meeting.ends_at + later)


@pytest.fixture
async def rowan(tools: Tools, clock: StandingClock, server: MemoryServer) -> Rowan:
    """Rowan's calendar is connected, and her meetings go through it."""
    user = await a_user(tools, name="Rowan Fell", email=OWNER)
    child = await a_child(tools, user)
    shah = await a_person(tools, "Dr Shah", email=SHAH)
    fay = await a_person(tools, "Fay Testwood", email=FAY, kind=PersonKind.FAMILY)
    made = Rowan(tools, clock, server, user, child, shah, fay)
    made.connection_id = await connect(tools, made.actor)
    await connections.choose_sending(tools, made.actor, made.connection_id, sends=True)
    return made
