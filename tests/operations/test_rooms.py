"""Rooms: offered where they fit, taken by one meeting at a time, travelled to. It is Tuesday 3 March 2026, 10am."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest

from coord_service.clock import LONDON
from coord_service.domain.bookings import Need, What
from coord_service.domain.meetings import MeetingMode, Purpose
from coord_service.domain.people import Actor, PersonKind, Role, Sector
from coord_service.domain.rooms import RoomFeature, TravelTimes
from coord_service.errors import InvalidForm, NotFound, SlotTaken
from coord_service.operations import places
from coord_service.operations.booking import AnswerWhat, ChooseTime, choose_time, save_who, start_booking
from coord_service.operations.booking_check import check_booking, send_booking
from coord_service.operations.changing import EditMeeting, MoveMeeting, change_meeting, undo_change
from coord_service.operations.finding import View, find_new_time, find_slots
from coord_service.operations.found import Found
from coord_service.operations.meeting_page import view_meeting
from coord_service.operations.people import WorkingPattern, set_working_hours
from coord_service.operations.places import PlaceFacts, RoomFacts
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Child, Person, User
from tests.builders import a_child, a_member, a_person, a_user, actor_for

MANAGER = Actor("user:1", user_id=1, role=Role.MANAGER)
WEDNESDAY = date(2026, 3, 4)
NINE = datetime(2026, 3, 4, 9, tzinfo=UTC)
SMALL, LARGE = 1, 2  # the rooms of Elm House


@dataclass
class Case:
    """A lead worker with a child and its mother, and a house with two rooms."""

    tools: Tools
    worker: User
    child: Child
    mother: Person
    doctor: Person

    async def draft(self, rooms_at: int = 1, *, agreed: bool = False) -> int:
        what = What(
            (self.child.id,), Purpose.TAC, self.worker.id, 60, MeetingMode.PLACE, None, None, None, None, rooms_at
        )
        when = {"agreed_on": WEDNESDAY, "agreed_time": NINE.time()} if agreed else {}
        draft_id = await start_booking(self.tools, actor_for(self.worker), AnswerWhat(what, **when))
        needs = {self.mother.id: Need.REQUIRED, self.doctor.id: Need.REQUIRED}
        await save_who(self.tools, actor_for(self.worker), draft_id, needs)
        return draft_id

    async def find(self, rooms_at: int = 1) -> Found:
        return await find_slots(self.tools, actor_for(self.worker), await self.draft(rooms_at), View(from_on=WEDNESDAY))

    async def book(self, start: datetime = NINE, room_id: int = SMALL, rooms_at: int = 1) -> int:
        draft_id = await self.draft(rooms_at)
        await choose_time(self.tools, actor_for(self.worker), draft_id, ChooseTime(start, 60, room_id=room_id))
        return await send_booking(self.tools, actor_for(self.worker), draft_id)

    async def book_online(self, start: datetime) -> int:
        what = What(
            (self.child.id,), Purpose.TAC, self.worker.id, 60, MeetingMode.ONLINE, None, "https://meet.example/1", None
        )
        draft_id = await start_booking(self.tools, actor_for(self.worker), AnswerWhat(what))
        needs = {self.mother.id: Need.REQUIRED, self.doctor.id: Need.REQUIRED}
        await save_who(self.tools, actor_for(self.worker), draft_id, needs)
        await choose_time(self.tools, actor_for(self.worker), draft_id, ChooseTime(start, 60))
        return await send_booking(self.tools, actor_for(self.worker), draft_id)

    async def need(self, *features: RoomFeature) -> None:
        async with self.tools.database.begin() as db:
            (await db.get_one(Child, self.child.id)).access_needs = list(features)


async def a_case(tools: Tools, name: str) -> Case:
    worker = await a_user(tools, name=name)
    child = await a_child(tools, worker)
    mother = await a_person(tools, f"Mrs {name}", kind=PersonKind.FAMILY)
    doctor = await a_person(tools, f"Dr {name}")
    await a_member(tools, child, mother, sector=Sector.FAMILY)
    await a_member(tools, child, doctor)
    return Case(tools, worker, child, mother, doctor)


@pytest.fixture
async def case(tools: Tools) -> Case:
    case = await a_case(tools, "Amy Leadworth")
    await places.add_place(tools, MANAGER, PlaceFacts("Elm House", "1 High Street", "Town"))
    await places.add_room(tools, MANAGER, 1, RoomFacts("Small room", 4, frozenset()))
    await places.add_room(tools, MANAGER, 1, RoomFacts("Hall", 40, frozenset({RoomFeature.STEP_FREE})))
    return case


def at(found: Found, start: datetime) -> list[tuple[int, str]]:
    every = [*found.best, *(offer for _, offers in found.more for offer in offers)]
    return [room for offer in every if offer.start_at == start for room in offer.rooms]


async def test_each_time_is_offered_with_the_rooms_that_would_do_the_smallest_first(case: Case) -> None:
    assert at(await case.find(), NINE) == [(SMALL, "Small room"), (LARGE, "Hall")]
    await case.need(RoomFeature.STEP_FREE)
    assert at(await case.find(), NINE) == [(LARGE, "Hall")]


async def test_what_no_room_has_is_said_and_times_are_offered_without_one(case: Case) -> None:
    await case.need(RoomFeature.HEARING_LOOP, RoomFeature.STEP_FREE)
    found = await case.find()
    assert found.room_lack == "No room at Elm House has 3 seats and step-free access and hearing loop."
    assert at(found, NINE) == []
    assert found.total > 0


async def test_a_booked_room_stands_in_the_invitation_and_is_no_longer_offered(case: Case) -> None:
    meeting_id = await case.book()
    meeting = (await view_meeting(case.tools, actor_for(case.worker), meeting_id)).meeting
    assert (meeting.room_id, meeting.place) == (SMALL, "Small room, Elm House, 1 High Street")
    other = await a_case(case.tools, "Noor Whitfield")
    assert at(await other.find(), NINE) == [(LARGE, "Hall")]


async def test_when_every_room_is_taken_whenever_people_can_it_is_said(case: Case) -> None:
    for room_id in (SMALL, LARGE):
        async with case.tools.database.begin() as db:
            person = await db.get_one(Person, case.mother.id)
            person.working_hours = [{"days": ["WE"], "start": "09:00", "end": "10:00"}]
        for number in range(6):
            other = await a_case(case.tools, f"Other {room_id} {number}")
            nine = datetime.combine(WEDNESDAY + timedelta(weeks=number), time(9), LONDON)  # in summer time too
            await other.book(nine.astimezone(UTC), room_id)
    found = await case.find()
    assert found.total == 0
    assert found.room_lack == "Whenever people can come, every room that would do is taken."


async def test_two_lead_workers_take_one_room_at_once_and_one_of_them_is_told(case: Case) -> None:
    other = await a_case(case.tools, "Noor Whitfield")
    results = await asyncio.gather(case.book(), other.book(), return_exceptions=True)
    [refused] = [result for result in results if isinstance(result, SlotTaken)]
    assert len([result for result in results if isinstance(result, int)]) == 1
    assert str(refused).startswith("Small room at Elm House is taken from 9am to 10am that day. Nothing was sent.")


async def test_a_meeting_moves_only_to_where_its_room_is_free(case: Case) -> None:
    other = await a_case(case.tools, "Noor Whitfield")
    meeting_id = await case.book()
    await other.book(NINE + timedelta(hours=2))
    actor = actor_for(case.worker)
    version = (await view_meeting(case.tools, actor, meeting_id)).meeting.version
    clash = MoveMeeting(meeting_id, version, NINE + timedelta(hours=2), NINE + timedelta(hours=3))
    with pytest.raises(SlotTaken, match="Small room at Elm House is taken from 11am to 12pm"):
        await change_meeting(case.tools, actor, clash)
    found = await find_new_time(case.tools, actor, meeting_id, View(from_on=WEDNESDAY))
    assert at(found, NINE + timedelta(hours=2)) == []
    assert at(found, NINE + timedelta(hours=1)) == [(SMALL, "Small room")]


async def test_another_place_frees_the_room_and_undoing_that_finds_it_taken(case: Case) -> None:
    actor, meeting_id = actor_for(case.worker), await case.book()
    version = (await view_meeting(case.tools, actor, meeting_id)).meeting.version
    await change_meeting(
        case.tools, actor, EditMeeting(meeting_id, version, MeetingMode.PLACE, "The Old Mill", None, None)
    )
    other = await a_case(case.tools, "Noor Whitfield")
    await other.book()
    with pytest.raises(SlotTaken):
        await undo_change(case.tools, actor, meeting_id)
    assert (await view_meeting(case.tools, actor, meeting_id)).meeting.place == "The Old Mill"


async def test_an_agreed_date_gets_the_smallest_room_that_is_free(case: Case) -> None:
    other = await a_case(case.tools, "Noor Whitfield")
    await other.book()
    draft_id = await case.draft(agreed=True)
    checked = await check_booking(case.tools, actor_for(case.worker), draft_id)
    assert checked.place == "Hall, Elm House, 1 High Street"
    third = await a_case(case.tools, "Third Whitfield")
    await third.book(room_id=LARGE)
    with pytest.raises(InvalidForm, match="Every room there that would do is taken then"):
        await check_booking(case.tools, actor_for(case.worker), draft_id)


async def test_a_room_that_was_closed_takes_no_new_meeting(case: Case) -> None:
    await places.correct_room(case.tools, MANAGER, SMALL, 1, RoomFacts("Small room", 4, frozenset(), is_open=False))
    assert at(await case.find(), NINE) == [(LARGE, "Hall")]
    with pytest.raises(NotFound, match="takes no meetings any more"):
        await case.book()


async def test_people_who_come_from_another_place_need_the_time_for_the_way(case: Case) -> None:
    await places.add_place(case.tools, MANAGER, PlaceFacts("Mill", "2 Mill Lane", "Valley"))
    await places.add_room(case.tools, MANAGER, 2, RoomFacts("Loft", 10, frozenset()))
    times = TravelTimes({frozenset({"Town", "Valley"}): 45}, usual=20, nearby=5)
    await places.set_travel(case.tools, MANAGER, times)
    await case.book(NINE + timedelta(hours=3))  # noon to one
    at_mill = {offer.start_at for offer in starts_of(await case.find(rooms_at=2))}
    assert NINE + timedelta(hours=2) not in at_mill  # 11am to noon: no way to be in town at noon
    assert NINE + timedelta(hours=1, minutes=0) in at_mill
    assert NINE + timedelta(hours=4, minutes=30) not in at_mill
    assert NINE + timedelta(hours=5) in at_mill
    assert NINE + timedelta(hours=4) in {offer.start_at for offer in starts_of(await case.find(rooms_at=1))}


async def test_whoever_works_from_another_place_needs_the_way_from_there(case: Case) -> None:
    await places.add_place(case.tools, MANAGER, PlaceFacts("Mill", "2 Mill Lane", "Valley"))
    await places.set_travel(case.tools, MANAGER, TravelTimes({}, usual=45, nearby=5))
    await case.book_online(NINE + timedelta(hours=3))
    assert NINE + timedelta(hours=2) in {offer.start_at for offer in starts_of(await case.find())}
    await set_working_hours(case.tools, actor_for(case.worker), case.doctor.id, 1, WorkingPattern((), base_place_id=2))
    begins = {offer.start_at for offer in starts_of(await case.find())}
    assert NINE + timedelta(hours=2) not in begins  # until noon in town, and online from the mill at noon
    assert NINE + timedelta(hours=1) in begins
    assert NINE + timedelta(hours=4, minutes=30) not in begins
    assert NINE + timedelta(hours=5) in begins
    with pytest.raises(InvalidForm, match="no longer on the list"):
        await set_working_hours(
            case.tools, actor_for(case.worker), case.doctor.id, 2, WorkingPattern((), base_place_id=99)
        )


async def test_what_each_room_has_is_said_with_it(case: Case) -> None:
    assert (await case.find()).room_words == {SMALL: "4 seats", LARGE: "40 seats, step-free access"}


def starts_of(found: Found) -> list:
    return [
        offer
        for offer in [*found.best, *(offer for _, offers in found.more for offer in offers)]
        if offer.start_at.astimezone(LONDON).date() == WEDNESDAY
    ]


async def test_an_interpreter_who_is_missing_is_said_and_one_who_is_there_must_be_free(case: Case) -> None:
    async with case.tools.database.begin() as db:
        (await db.get_one(Child, case.child.id)).interpreter = "Polish"
    draft_id = await case.draft(agreed=True)
    checked = await check_booking(case.tools, actor_for(case.worker), draft_id)
    assert any(
        said.startswith("The record asks for an interpreter, and nobody invited is one") for said in checked.concerns
    )
    interpreter = await a_person(case.tools, "Ewa Nowak")
    await a_member(case.tools, case.child, interpreter, role="Interpreter (Polish)", is_required=False)
    async with case.tools.database.begin() as db:
        hours = [{"days": ["TH"], "start": "09:00", "end": "17:00"}]
        (await db.get_one(Person, interpreter.id)).working_hours = hours
    draft_id = await case.draft()
    needs = {case.mother.id: Need.REQUIRED, case.doctor.id: Need.REQUIRED, interpreter.id: Need.OPTIONAL}
    await save_who(case.tools, actor_for(case.worker), draft_id, needs)
    found = await find_slots(case.tools, actor_for(case.worker), draft_id, View(from_on=WEDNESDAY))
    assert {offer.start_at.astimezone(LONDON).weekday() for offer in found.best} == {3}
