"""A meeting's whole life in its organizer's calendar: on Exchange, and in Microsoft 365.

The adapters are the real ones; the servers are the test tree's stateful ones, which invite, cancel and answer as those
systems document it. No real Exchange and no real tenant has seen this.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from coord_service.domain.delivery import LetterState
from coord_service.domain.itip import PartStat
from coord_service.domain.meetings import MeetingMode
from coord_service.domain.people import Actor, PersonKind, Sector
from coord_service.operations import connections
from coord_service.operations.changing import CancelMeeting, MoveMeeting, change_meeting
from coord_service.operations.connections import TryCalendar
from coord_service.operations.following import follow_calendars
from coord_service.operations.leaving_calendars import send_by_mail_instead
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.putting_back import put_back_event
from coord_service.operations.tools import Tools
from coord_service.operations.writing_events import write_events
from coord_service.ports import Calendar, CalendarAccount, CalendarKind
from coord_service.storage.meetings import load_meeting
from coord_service.storage.post import list_meeting_letters
from coord_service.storage.tables import Child, Meeting, User
from integrations.registry import Registry
from tests.builders import a_child, a_meeting, a_person, a_user, actor_for, an_invitee
from tests.contracts.calendars.cases import CASES
from tests.contracts.calendars.hand import OWNER, Case, KeptThere
from tests.installation import StandingClock, clock, tools

__all__ = ["clock", "tools"]

SHAH, FAY = "dr.shah@example.net", "fay@home.example"
VALUES = {
    "exchange": {"sign_in": "ntlm", "user": "somebody", "password": "a secret", "access": "delegate"},
    "microsoft": {"tenant": "council.example", "client_id": "an-app", "secret": "a secret"},
}


class StaysOpen:
    """One calendar over the whole test: left at the end, and not after each call."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar

    def __getattr__(self, name: str) -> Any:
        return getattr(self._calendar, name)

    async def close(self) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class OneServer:
    """The registry, but whatever is opened leads to the server under test."""

    calendar: Calendar

    def all(self) -> Sequence[CalendarKind]:
        return Registry().all()

    def open(self, kind: str, account: CalendarAccount) -> Any:  # noqa: ARG002
        return StaysOpen(self.calendar)


@dataclass(slots=True)
class Life:
    """One meeting with a professional and a parent, and both sides of it."""

    tools: Tools
    clock: StandingClock
    case: Case
    user: User
    meeting_id: int

    @property
    def actor(self) -> Actor:
        return actor_for(self.user)

    async def meeting(self) -> Meeting:
        async with self.tools.database.read() as db:
            found = await load_meeting(db, self.meeting_id)
        assert found is not None
        return found

    async def run(self, minutes: float = 2) -> None:
        """Time passes, and the jobs run."""
        self.clock.move(minutes=minutes)
        await write_events(self.tools)
        await deliver_outbox(self.tools)
        await follow_calendars(self.tools)

    async def there(self) -> list[KeptThere]:
        return await self.case.hand.kept((await self.meeting()).calendar_uid or "")

    async def answer_of(self, address: str) -> str:
        return next(each.answer.value for each in (await self.meeting()).attendees if each.email == address)

    async def mailed(self) -> list[tuple[str, str]]:
        async with self.tools.database.read() as db:
            letters = await list_meeting_letters(db, self.meeting_id)
        return [
            (each.letter, each.recipient)
            for each in letters
            if each.connection_id is None and each.state is LetterState.SENT
        ]

    async def move(self, hours: int) -> None:
        meeting, by = await self.meeting(), timedelta(hours=hours)
        moved = MoveMeeting(meeting.id, meeting.version, meeting.starts_at + by, meeting.ends_at + by)
        await change_meeting(self.tools, self.actor, moved)


@pytest.fixture
def migrated_url(migrated_sqlite: str) -> str:
    """One database is enough: the operations' own tests run on both."""
    return migrated_sqlite


@pytest.fixture(params=["exchange", "microsoft"])
async def life(
    request: pytest.FixtureRequest, tools: Tools, clock: StandingClock, tmp_path: Path
) -> AsyncIterator[Life]:
    """The meeting is booked, and has been sent."""
    clock.instant = datetime(2027, 3, 1, 9, tzinfo=UTC)
    folder = tmp_path / "calendar"
    folder.mkdir()
    async with CASES[request.param](folder) as case:
        tools = replace(tools, calendars=OneServer(case.calendar))
        user = await a_user(tools, name="Jo Marsh", email=OWNER)
        actor = actor_for(user)
        tested = await connections.test_calendar(
            tools, actor, TryCalendar(user.person_id, request.param, VALUES[request.param])
        )
        await connections.connect_calendar(tools, actor, tested)
        await connections.choose_sending(tools, actor, tested, sends=True)
        shah = await a_person(tools, "Dr Shah", email=SHAH)
        fay = await a_person(tools, "Fay Testwood", email=FAY, kind=PersonKind.FAMILY)
        invitees = (an_invitee(user.person, Sector.COUNCIL), an_invitee(shah), an_invitee(fay, Sector.FAMILY))
        child = await a_child(tools, user)
        meeting_id = await a_meeting(tools, user, child, invitees=invitees)
        made = Life(tools, clock, case, user, meeting_id)
        await made.run()
        yield made
        await case.calendar.close()
        await case.impatient.close()


async def test_it_is_put_moved_answered_and_cancelled_as_one_event(life: Life) -> None:
    [there] = await life.there()
    assert (there.start_at, there.attendees) == ((await life.meeting()).starts_at, frozenset({SHAH}))
    assert await life.mailed() == [("invite", FAY)]
    uid = (await life.meeting()).calendar_uid or ""
    await life.case.hand.answer(uid, SHAH, PartStat.ACCEPTED)
    await life.run()
    assert await life.answer_of(SHAH) == "ACCEPTED"
    await life.move(2)
    await life.case.hand.cut_after_next_change()
    await life.run()
    await life.run()
    [there] = await life.there()
    assert there.start_at == (await life.meeting()).starts_at
    assert await life.answer_of(SHAH) == "NEEDS-ACTION"
    await change_meeting(life.tools, life.actor, CancelMeeting(life.meeting_id, (await life.meeting()).version))
    await life.run()
    assert await life.there() == []
    assert await life.mailed() == [("invite", FAY), ("move", FAY), ("cancel", FAY)]


async def test_what_its_owner_does_there_by_hand_is_noticed_and_can_be_put_back(life: Life) -> None:
    await life.run()
    meeting = await life.meeting()
    uid, start = meeting.calendar_uid or "", meeting.starts_at + timedelta(hours=3)
    await life.case.hand.move(uid, start, start + timedelta(hours=1))
    await life.run()
    assert (await life.meeting()).there_start == start
    await put_back_event(life.tools, life.actor, life.meeting_id)
    await life.run()
    assert [each.start_at for each in await life.there()] == [meeting.starts_at]
    assert (await life.meeting()).there_start is None
    await life.case.hand.delete(uid)
    await life.run()
    assert (await life.meeting()).there_deleted_at is not None
    await put_back_event(life.tools, life.actor, life.meeting_id)
    await life.run()
    assert len(await life.there()) == 1
    assert (await life.meeting()).there_deleted_at is None
    assert await life.mailed() == [("invite", FAY)]


async def test_it_leaves_for_our_own_mail_in_one_step(life: Life) -> None:
    await send_by_mail_instead(life.tools, life.actor, life.meeting_id)
    await life.run()
    uid = (await life.meeting()).calendar_uid or ""
    assert await life.case.hand.kept(uid) == []
    assert sorted(await life.mailed()) == sorted([("invite", FAY), ("invite", OWNER), ("invite", SHAH)])


@pytest.mark.parametrize("life", ["microsoft"], indirect=True)
async def test_a_teams_link_comes_back_and_goes_to_the_family(life: Life) -> None:
    await make_online(life)
    await life.run()
    await life.run()
    meeting = await life.meeting()
    assert (meeting.online_url or "").startswith("https://")
    await life.run()
    assert ("change", FAY) in await life.mailed()
    assert len(await life.there()) == 1


async def make_online(life: Life) -> None:
    """A second meeting in its place: a link can only be asked for at the booking."""
    async with life.tools.database.begin() as db:
        child_id = (await load_meeting(db, life.meeting_id)).children[0].id  # type: ignore[union-attr]
        child = await db.get_one(Child, child_id)
        people = [each.person for each in (await life.meeting()).attendees if each.email in {SHAH, FAY}]
    start = (await life.meeting()).starts_at + timedelta(days=1)
    sectors = {SHAH: Sector.HEALTH, FAY: Sector.FAMILY}
    invitees = tuple(an_invitee(each, sectors[each.email or ""]) for each in people)
    facts = {"starts_at": start, "ends_at": start + timedelta(hours=1), "mode": MeetingMode.ONLINE, "place": None}
    convenor = an_invitee(life.user.person, Sector.COUNCIL)
    made = await a_meeting(life.tools, life.user, child, invitees=(convenor, *invitees), wants_link=True, **facts)
    life.meeting_id = made
