"""Finding a time, against diaries made by hand. The clock stands at Tuesday 3 March 2026, 10am in London."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta

import pytest

from coord_service.clock import LONDON, day_in_london
from coord_service.domain.availability import Presence
from coord_service.domain.bookings import Need, What
from coord_service.domain.meetings import Answer, MeetingMode, MeetingStatus, Purpose
from coord_service.domain.people import Actor, Role, Sector
from coord_service.errors import SlotTaken
from coord_service.operations.booking import (
    AnswerWhat,
    ChooseTime,
    choose_time,
    list_drafts,
    save_who,
    start_booking,
)
from coord_service.operations.booking_check import send_booking
from coord_service.operations.finding import View, find_new_time, find_slots
from coord_service.operations.terms import upload_terms
from coord_service.storage.tables import Child, Leave, Person
from integrations.calendars.memory import MemoryServer
from tests.builders import a_member, a_person, a_user, actor_for
from tests.operations.finding_world import TOMORROW, Case, case, days, meeting_of, starts
from tests.outside_calendars import appointment, connect, server

__all__ = ["case", "server"]


async def test_with_nothing_in_the_way_it_is_office_hours_from_the_next_working_day(case: Case) -> None:
    found = await case.find()
    local = {start.astimezone(LONDON) for start in starts(found)}
    assert found.first_on == date(2026, 3, 4)
    assert found.last_on == date(2026, 4, 14)
    assert min(each.time() for each in local) == time(9)
    assert max(each.time() for each in local) == time(16)
    assert {each.weekday() for each in local} == {0, 1, 2, 3, 4}
    assert len({offer.start_at.date() for offer in found.best}) == 5


async def test_leave_and_bank_holidays_are_left_out_and_shown(case: Case) -> None:
    await case.add(Leave(person_id=case.doctor.id, starts_on=date(2026, 4, 1), ends_on=date(2026, 4, 2)))
    found = await case.find(View(from_on=date(2026, 4, 1)))
    # 1 and 2 April leave, 3 April Good Friday, 4 and 5 a weekend, 6 April Easter Monday
    assert min(days(found)) == date(2026, 4, 7)
    none = await case.find(View(from_on=date(2026, 4, 1), minutes=480))
    assert date(2026, 4, 6) not in days(none)


async def test_the_picture_tells_leave_from_meetings(case: Case) -> None:
    meeting = meeting_of(case.doctor, datetime(2026, 3, 4, 9, tzinfo=UTC), MeetingStatus.BOOKED, Answer.ACCEPTED)
    await case.add(meeting, Leave(person_id=case.mother.id, starts_on=date(2026, 3, 5), ends_on=date(2026, 5, 29)))
    found = await case.find()
    assert found.best == ()
    assert [(way.name, way.has_quorum) for way in found.ways] == [("Mrs Ana Testwood", False), ("Dr Asha Shah", False)]
    seen = {
        (day.day, person.name): {each.presence for each in person.stretches}
        for day in found.days
        for person in day.people
    }
    assert Presence.BUSY in seen[date(2026, 3, 4), "Dr Asha Shah"]
    assert Presence.AWAY in seen[date(2026, 3, 5), "Mrs Ana Testwood"]


async def test_without_somebody_there_are_times_again_and_they_say_who_misses_it(case: Case) -> None:
    await case.add(Leave(person_id=case.mother.id, starts_on=date(2026, 3, 4), ends_on=date(2026, 5, 29)))
    found = await case.find()
    assert found.never == ("Mrs Ana Testwood",)
    again = await case.find(View(without=frozenset({case.mother.id})))
    assert again.total == found.ways[0].count
    assert again.best[0].absent == ("Mrs Ana Testwood",)
    assert "Mrs Ana Testwood would miss it" in again.best[0].reasons


@pytest.mark.parametrize(
    ("status", "answer", "is_taken"),
    [
        (MeetingStatus.BOOKED, Answer.NEEDS_ACTION, True),
        (MeetingStatus.BOOKED, Answer.DECLINED, False),
        (MeetingStatus.CANCELLED, Answer.ACCEPTED, False),
        (MeetingStatus.UNDONE, Answer.ACCEPTED, False),
    ],
)
async def test_a_meeting_takes_time_while_it_stands_and_nobody_declined(
    case: Case, status: MeetingStatus, answer: Answer, is_taken: bool
) -> None:
    await case.add(meeting_of(case.doctor, datetime(2026, 3, 4, 9, tzinfo=UTC), status, answer))
    found = await case.find()
    assert (date(2026, 3, 4) not in days(found)) is is_taken


@pytest.mark.parametrize(
    ("now", "sunday", "utc_hour"),
    [
        (datetime(2026, 3, 20, tzinfo=UTC), date(2026, 3, 29), 8),
        (datetime(2026, 10, 16, tzinfo=UTC), date(2026, 10, 25), 9),
    ],
)
async def test_nine_o_clock_is_nine_o_clock_on_the_sundays_the_clocks_change(
    case: Case, now: datetime, sunday: date, utc_hour: int
) -> None:
    case.tools.clock.instant = now
    await case.keep_hours({"days": ["SU"], "start": "09:00", "end": "10:00"})
    found = await case.find()
    assert datetime(sunday.year, sunday.month, sunday.day, utc_hour, tzinfo=UTC) in starts(found)
    assert {start.astimezone(LONDON).time() for start in starts(found)} == {time(9)}
    shown = next(day for day in found.days if day.day == sunday)
    assert shown.start_at.astimezone(LONDON).time() == time(8)


async def test_a_night_on_call_has_no_hour_that_does_not_exist(case: Case) -> None:
    case.tools.clock.instant = datetime(2026, 3, 26, 12, tzinfo=UTC)
    await case.keep_hours({"days": ["SU"], "start": "00:00", "end": "04:00"})
    found = await case.find(View(from_on=date(2026, 3, 29)))
    on_sunday = {s.astimezone(LONDON).time() for s in starts(found) if s.astimezone(LONDON).date() == date(2026, 3, 29)}
    assert on_sunday == {time(0), time(0, 30), time(2), time(2, 30), time(3)}


async def test_a_review_gives_two_weeks_notice_and_counts_to_its_limit(case: Case) -> None:
    found = await case.find(purpose=Purpose.REVIEW)
    assert found.first_on == date(2026, 3, 17)
    assert found.lawful.latest_on == date(2026, 6, 1)  # 12 months after 29 June 2025, less four weeks for the decision
    assert "76 days before the limit" in found.best[0].reasons


async def test_earlier_never_goes_before_the_first_lawful_day(case: Case) -> None:
    found = await case.find(View(from_on=date(2026, 3, 20)), purpose=Purpose.REVIEW)
    assert (found.earlier_on, found.later_on) == (date(2026, 3, 17), date(2026, 4, 3))
    first = await case.find(View(from_on=date(2020, 1, 1)), purpose=Purpose.REVIEW)
    assert (first.first_on, first.earlier_on) == (date(2026, 3, 17), None)


async def test_two_lead_workers_at_once_get_one_meeting_and_one_clear_message(case: Case) -> None:
    other = await a_user(case.tools, name="Noor Whitfield")
    chosen = ChooseTime(datetime(2026, 3, 4, 9, tzinfo=UTC), 60)
    drafts = [(worker, await case.draft(worker=worker)) for worker in (case.worker, other)]
    for worker, draft_id in drafts:
        await choose_time(case.tools, actor_for(worker), draft_id, chosen)
    sending = (send_booking(case.tools, actor_for(worker), draft_id) for worker, draft_id in drafts)
    results = await asyncio.gather(*sending, return_exceptions=True)
    booked = [result for result in results if isinstance(result, int)]
    refused = [result for result in results if isinstance(result, SlotTaken)]
    assert (len(booked), len(refused)) == (1, 1)
    assert "is already booked from 09:00 to 10:00 that day. Nothing was sent." in str(refused[0])
    assert "Noor" not in str(refused[0])


async def test_another_time_is_not_the_time_it_has_and_the_meeting_is_not_in_its_own_way(case: Case) -> None:
    draft_id = await case.draft()
    now_at = datetime(2026, 3, 4, 9, tzinfo=UTC)
    await choose_time(case.tools, case.actor, draft_id, ChooseTime(now_at, 60))
    meeting_id = await send_booking(case.tools, case.actor, draft_id)
    offered = starts(await find_new_time(case.tools, case.actor, meeting_id, View(from_on=TOMORROW)))
    assert now_at not in offered
    assert now_at + timedelta(minutes=30) in offered


async def test_a_meeting_in_somebodys_own_calendar_is_not_in_the_way_of_its_own_move(
    case: Case, server: MemoryServer
) -> None:
    administrator = actor_for(await a_user(case.tools, Role.ADMINISTRATOR))
    doctor = case.doctor.email or ""
    await connect(case.tools, administrator, doctor.partition("@")[2])
    draft_id = await case.draft()
    now_at = datetime(2026, 3, 4, 9, tzinfo=UTC)
    await choose_time(case.tools, case.actor, draft_id, ChooseTime(now_at, 60))
    meeting_id = await send_booking(case.tools, case.actor, draft_id)
    server.add(doctor, appointment(now_at, now_at + timedelta(hours=1)))
    server.add(doctor, appointment(now_at + timedelta(hours=2), now_at + timedelta(hours=3)))
    offered = starts(await find_new_time(case.tools, case.actor, meeting_id, View(from_on=TOMORROW)))
    assert now_at + timedelta(minutes=30) in offered
    assert now_at + timedelta(hours=2) not in offered


async def test_a_double_click_books_once(case: Case) -> None:
    draft_id = await case.draft()
    await choose_time(case.tools, case.actor, draft_id, ChooseTime(datetime(2026, 3, 4, 9, tzinfo=UTC), 60))
    meetings = await asyncio.gather(*(send_booking(case.tools, case.actor, draft_id) for _ in range(2)))
    assert meetings[0] == meetings[1]


async def test_unfinished_bookings_are_listed_until_they_are_sent(case: Case) -> None:
    draft_id = await case.draft()
    (line,) = await list_drafts(case.tools, case.actor)
    assert line.child_names == ("Juniper Testwood",)
    assert line.next_step == "when"
    assert await list_drafts(case.tools, actor_for(await a_user(case.tools))) == []
    await choose_time(case.tools, case.actor, draft_id, ChooseTime(datetime(2026, 3, 4, 9, tzinfo=UTC), 60))
    await send_booking(case.tools, case.actor, draft_id)
    assert await list_drafts(case.tools, case.actor) == []


async def test_the_next_meeting_is_looked_for_around_the_day_in_mind(case: Case) -> None:
    around_on = day_in_london(case.tools.clock.now()) + timedelta(weeks=6)
    place = (MeetingMode.PLACE, "Elm House", None, None)
    what = What((case.child.id,), Purpose.TAC, case.worker.id, 60, *place, around_on=around_on)
    draft_id = await start_booking(case.tools, case.actor, AnswerWhat(what))
    await save_who(case.tools, case.actor, draft_id, {case.mother.id: Need.REQUIRED, case.doctor.id: Need.REQUIRED})
    found = await find_slots(case.tools, case.actor, draft_id, View())
    assert found.first_on == around_on - timedelta(weeks=1)
    assert found.first_on <= found.best[0].start_at.date() <= found.last_on


async def test_the_search_begins_five_working_days_on_and_offers_the_days_before(case: Case) -> None:
    draft_id = await case.draft()
    found = await find_slots(case.tools, case.actor, draft_id, View())
    assert found.first_on == date(2026, 3, 10)
    assert found.earlier_on == TOMORROW


TERMS = b"name,first,last\nSpring term,2026-01-05,2026-03-27\nHalf-term,2026-03-09,2026-03-13\nX term,2026-04-13,\n"


async def test_people_at_schools_are_away_in_the_holidays_unless_they_say_otherwise(case: Case) -> None:
    school = await a_person(case.tools, "Ms Ify Okoro", email="i@school.example")
    await a_member(case.tools, case.child, school, sector=Sector.EDUCATION)
    await upload_terms(case.tools, Actor("user:1", role=Role.MANAGER), TERMS)
    draft_id = await case.draft()
    needs = {case.mother.id: Need.REQUIRED, school.id: Need.REQUIRED}
    await save_who(case.tools, case.actor, draft_id, needs)
    found = await find_slots(case.tools, case.actor, draft_id, View(from_on=date(2026, 3, 6)))
    assert sorted(days(found))[:2] == [date(2026, 3, 6), date(2026, 3, 16)]
    async with case.tools.database.begin() as db:
        (await db.get_one(Person, school.id)).works_in_holidays = True
    found = await find_slots(case.tools, case.actor, draft_id, View(from_on=date(2026, 3, 6)))
    assert sorted(days(found))[:2] == [date(2026, 3, 6), date(2026, 3, 9)]


async def reviewed_last(case: Case, day: date) -> None:
    async with case.tools.database.begin() as db:
        (await db.get_one(Child, case.child.id)).last_review_on = day


async def test_a_review_is_offered_on_lawful_days_alone_unless_others_are_asked_for(case: Case) -> None:
    await reviewed_last(case, date(2025, 4, 30))  # so it must be held by 2 April 2026
    found = await case.find(View(), purpose=Purpose.REVIEW)
    assert (min(days(found)), found.later_on) == (date(2026, 3, 17), date(2026, 3, 31))
    last = await case.find(View(from_on=date(2026, 3, 31)), purpose=Purpose.REVIEW)
    assert days(last) == {date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2)}
    assert last.later_on is None
    beyond = await case.find(View(from_on=TOMORROW, is_beyond=True), purpose=Purpose.REVIEW)
    assert min(days(beyond)) == TOMORROW
    assert beyond.best[0].unlawful == "Less than two weeks’ notice"
    later = await case.find(View(from_on=date(2026, 4, 7), is_beyond=True), purpose=Purpose.REVIEW)
    assert later.best[0].unlawful == "After the limit"


async def test_where_nothing_lawful_is_left_nothing_is_offered_and_it_is_said(case: Case) -> None:
    await reviewed_last(case, date(2025, 4, 1))
    found = await case.find(View(), purpose=Purpose.REVIEW)
    assert (found.total, found.lawful.is_empty) == (0, True)
    assert (await case.find(View(is_beyond=True), purpose=Purpose.REVIEW)).total > 0
