"""The meeting in the room: agenda, who came, notes by two people, ending it."""

from datetime import timedelta

import pytest

from coord_service.clock import day_in_london
from coord_service.domain.bookings import Need
from coord_service.domain.meetings import Attendance, MeetingStatus
from coord_service.domain.people import Role
from coord_service.operations.booking import load_booking
from coord_service.storage.audit import AuditFilter, list_entries
from coord_service.storage.meetings import load_meeting
from coord_service.storage.tables import Child, Person
from tests.builders import actor_for
from tests.web.meeting_room import browse, make_room, room

__all__ = ["browse", "room"]


async def load(tools, room):
    async with tools.database.read() as db:
        return await load_meeting(db, room.meeting_id)


def hold(room):
    return f"/meetings/{room.meeting_id}/hold"


async def send(browse, room, route, data, **more):
    return await browse.post(route, data, seen=hold(room), meeting_id=room.meeting_id, **more)


def everybody(room, **marks):
    """The attendance form as a page of today would send it: all came but those named."""
    return {f"attendance-{number}": marks.get(key, "came") for key, number in room.attendees.items()}


def words(page, name):
    """What stands in a field, line by line."""
    field = next(e for e in page.root.all("input", "textarea", "select") if e.get("name") == name)
    return "".join(field.children) if field.tag == "textarea" else field.get("value")


def notes_form(page, **typed):
    """The notes form as it was shown, with these words typed."""
    names = {e.get("name") for e in page.root.all("input", "textarea", "select")}
    shown = {
        name: words(page, name)
        for name in names
        if name.partition("-")[0]
        in {"lines", "item", "child", "heading", "notes", "notes_before", "decision", "decision_before"}
    }
    return shown | {"note_taker_before": "", "note_taker": "", **typed}


async def test_before_it_starts_the_agenda_is_planned_and_nothing_else(tools, browse):
    room = await make_room(tools, 1, starts_in=timedelta(days=2))
    page = await browse.get(hold(room))
    assert "It starts in 2 days" in page.text
    assert "Who came, and the actions, open when it starts" in page.text
    assert "The meeting took place" not in page.text
    page = await send(browse, room, "plan_agenda", {"headings": "The family’s views\n\n Swimming \nSwimming"})
    assert [each.text for each in page.root.all("legend")] == ["The family’s views", "Swimming"]
    await send(browse, room, "record_attendance", everybody(room), status=422)
    await send(browse, room, "end_meeting", {}, status=422)
    assert (await load(tools, room)).status is MeetingStatus.BOOKED


async def test_the_family_speaks_first_on_the_usual_agenda(browse, room):
    page = await browse.get(hold(room))
    legends = [each.text for each in page.root.all("legend", class_="govuk-fieldset__legend")]
    assert legends == [
        "The family’s views",
        "What has happened since last time",
        "Needs and provision",
        "What we will do",
        "Next meeting",
    ]


async def test_looking_at_the_page_changes_nothing(tools, browse, room):
    await browse.get(hold(room))
    page = await browse.get(hold(room))
    assert words(page, "item-0") == ""


async def test_who_came_is_saved_for_all_with_one_press(tools, browse, room):
    page = await send(browse, room, "record_attendance", everybody(room, shah="part", mother="phone"))
    assert page.banner == "Saved who came."
    found = {each.id: each.attendance for each in (await load(tools, room)).attendees}
    assert found[room.attendees["shah"]] is Attendance.PART
    assert found[room.attendees["mother"]] is Attendance.PHONE
    assert found[room.attendees["okoro"]] is Attendance.CAME


async def test_a_page_that_did_not_touch_somebody_does_not_undo_what_another_tapped(tools, browse, room):
    shah, okoro = room.attendees["shah"], room.attendees["okoro"]
    await send(browse, room, "record_attendance", {f"attendance-{shah}": "came"})
    stale = {f"attendance-{okoro}": "absent", f"attendance-{shah}": "", f"was-{shah}": ""}
    await send(browse, room, "record_attendance", stale)
    found = {each.id: each.attendance for each in (await load(tools, room)).attendees}
    assert (found[shah], found[okoro]) == (Attendance.CAME, Attendance.ABSENT)


async def test_an_attendance_that_is_none_of_the_six_is_refused(browse, room):
    page = await send(browse, room, "record_attendance", {f"attendance-{room.attendees['shah']}": "asleep"}, status=422)
    assert list(page.errors.values()) == ["Choose from the list"]


async def test_notes_and_decisions_are_kept_with_who_took_them(tools, browse, room):
    page = await browse.get(hold(room))
    typed = notes_form(
        page,
        **{"notes-0": "Sleeps better.\r\nSwims.", "decision-2": "A chair.", "note_taker": str(room.people["okoro"])},
    )
    page = await send(browse, room, "keep_notes", typed)
    assert page.banner == "Notes saved."
    assert words(page, "notes-0") == "Sleeps better.\nSwims."
    assert words(page, "decision-2") == "A chair."
    assert (await load(tools, room)).note_taker_id == room.people["okoro"]


async def test_two_people_who_type_at_once_lose_nothing(browse, room):
    first = await browse.get(hold(room))
    second = await browse.get(hold(room))
    await send(browse, room, "keep_notes", notes_form(first, **{"notes-0": "Mum: sleeps better"}))
    page = await send(
        browse, room, "keep_notes", notes_form(second, **{"notes-0": "School: reads more", "notes-1": "Moved house"})
    )
    assert page.banner == "Saved. Somebody else was typing too: the notes below hold both."
    assert words(page, "notes-0") == "Mum: sleeps better\nSchool: reads more"
    assert words(page, "notes-1") == "Moved house"


async def test_a_stale_page_does_not_put_back_what_somebody_took_out(browse, room):
    page = await browse.get(hold(room))
    await send(browse, room, "keep_notes", notes_form(page, **{"notes-0": "one\ntwo"}))
    stale = await browse.get(hold(room))
    await send(browse, room, "keep_notes", notes_form(stale, **{"notes-0": "two"}))
    page = await send(browse, room, "keep_notes", notes_form(stale, **{"notes-3": "three"}))
    assert (words(page, "notes-0"), words(page, "notes-3")) == ("two", "three")


async def test_notes_under_a_heading_that_was_taken_off_meanwhile_are_kept(browse, room):
    page = await browse.get(hold(room))
    await send(browse, room, "plan_agenda", {"headings": "The family’s views"})
    page = await send(browse, room, "keep_notes", notes_form(page, **{"notes-2": "A chair is needed"}))
    assert "A chair is needed" in page.text
    page = await send(browse, room, "plan_agenda", {"headings": "The family’s views"})
    assert "A chair is needed" in page.text


async def test_notes_too_long_come_back_as_typed(browse, room):
    page = await browse.get(hold(room))
    page = await send(browse, room, "keep_notes", notes_form(page, **{"notes-0": "x" * 10_001}), status=422)
    assert page.errors == {"#notes-0": "Use 10,000 characters or fewer: this has 10,001"}
    assert words(page, "notes-0") == "x" * 10_001


async def test_a_script_saves_the_same_form_and_hears_how_the_notes_stand(browse, room):
    page = await browse.get(hold(room))
    typed = notes_form(page, **{"notes-0": "Mum: sleeps better"}, csrf_token=await browse.token(hold(room)))
    url = browse.url("keep_notes", meeting_id=room.meeting_id)
    async with browse.client.post(url, data=typed, headers={"Accept": "application/json"}) as answer:
        lines = (await answer.json())["lines"]
    assert (lines[0]["notes"], lines[0]["is_merged"]) == ("Mum: sleeps better", False)
    assert lines[0]["item"] > 0
    other = typed | {"notes-0": "School: reads more"}
    async with browse.client.post(url, data=other, headers={"Accept": "application/json"}) as answer:
        lines = (await answer.json())["lines"]
    assert (lines[0]["notes"], lines[0]["is_merged"]) == ("Mum: sleeps better\nSchool: reads more", True)
    async with browse.client.post(
        url, data=typed | {"notes-0": "x" * 10_001}, headers={"Accept": "application/json"}
    ) as answer:
        assert answer.status == 422
        assert "10,000" in (await answer.json())["wrong"]


async def test_a_sitting_of_notes_is_one_entry_of_the_audit(tools, browse, room, clock):
    for words, minutes in (("a", 1), ("b", 1), ("c", 20)):
        page = await browse.get(hold(room))
        await send(browse, room, "keep_notes", notes_form(page, **{"notes-0": words}))
        clock.move(minutes=minutes)
    page = await browse.get(hold(room))
    await send(browse, room, "keep_notes", notes_form(page, **{"notes-0": "d"}))
    async with tools.database.read() as db:
        entries = await list_entries(db, AuditFilter(child_id=room.children[0]), limit=50, offset=0)
    assert [entry.verb for entry, _ in entries] == ["keep_notes", "keep_notes"]


async def test_it_ends_when_it_is_known_who_came(tools, browse, room):
    page = await send(browse, room, "end_meeting", {}, status=422)
    assert list(page.errors.values()) == [
        "Say for Robin Lead_Worker and Maya Quill and Dr Priya Shah and 2 more who came and who did not"
    ]
    await send(browse, room, "record_attendance", everybody(room))
    page = await send(browse, room, "end_meeting", {})
    assert page.banner == "The meeting is on record as held. Circulate the actions while they are fresh."
    meeting = await load(tools, room)
    assert (meeting.status, meeting.held_at) == (MeetingStatus.HELD, tools.clock.now())
    async with tools.database.read() as db:
        assert (await db.get(Child, room.children[0])).family_heard_at == tools.clock.now()


async def test_why_the_family_was_absent_is_asked_and_recorded(tools, browse, room):
    await send(browse, room, "record_attendance", everybody(room, mother="absent"))
    page = await send(browse, room, "end_meeting", {"family_absence": " "}, status=422)
    assert page.errors == {"#family_absence": "Say why nobody of the family was there, as far as you know"}
    page = await send(browse, room, "end_meeting", {"family_absence": "The bus did not come"})
    meeting = await load(tools, room)
    assert (meeting.status, meeting.family_absence) == (MeetingStatus.HELD, "The bus did not come")
    async with tools.database.read() as db:
        assert (await db.get(Child, room.children[0])).family_heard_at is None


async def test_a_meeting_nobody_came_to_is_to_be_cancelled(browse, room):
    await send(browse, room, "record_attendance", dict.fromkeys(everybody(room), "absent"))
    page = await send(browse, room, "end_meeting", {"family_absence": "ill"}, status=422)
    assert list(page.errors.values()) == ["Nobody came. If the meeting did not take place, cancel it instead"]


async def test_pressing_twice_ends_it_once(tools, browse, room, clock):
    await send(browse, room, "record_attendance", everybody(room))
    await send(browse, room, "end_meeting", {})
    clock.move(minutes=5)
    await send(browse, room, "end_meeting", {})
    assert (await load(tools, room)).held_at == clock.now() - timedelta(minutes=5)


async def test_the_next_meeting_is_offered_on_a_working_day_six_weeks_on(tools, browse):
    room = await make_room(tools, 1, starts_in=-timedelta(days=11))  # 20 February 2026: six weeks on is Good Friday
    page = await browse.get(hold(room))
    assert "about six weeks on, around Tuesday 7 April." in page.text


async def test_the_next_meeting_keeps_people_place_and_length_and_asks_only_for_a_time(tools, browse, room):
    page = await browse.post("plan_next_meeting", {}, meeting_id=room.meeting_id, seen=hold(room))
    assert page.heading.endswith("When can people meet?")
    again = await browse.post("plan_next_meeting", {}, meeting_id=room.meeting_id, seen=hold(room))
    assert again.address == page.address
    meeting = await load(tools, room)
    draft = await load_booking(tools, actor_for(meeting.convenor), int(page.address.split("/")[2]))
    assert draft.booking.what.place == meeting.place
    assert draft.booking.what.child_ids == tuple(room.children)
    assert draft.booking.what.around_on == day_in_london(meeting.starts_at + timedelta(weeks=6))
    assert draft.booking.needs[room.people["shah"]] is Need.REQUIRED


async def test_whoever_has_no_address_any_more_sends_the_next_meeting_through_who(tools, browse, room):
    async with tools.database.begin() as db:
        (await db.get_one(Person, room.people["shah"])).email = None
    page = await browse.post("plan_next_meeting", {}, meeting_id=room.meeting_id, seen=hold(room))
    assert page.heading.endswith("Who should come?")


async def test_a_closed_record_sends_the_next_meeting_through_its_first_step(tools, browse, room):
    async with tools.database.begin() as db:
        (await db.get_one(Child, room.children[0])).closed_at = tools.clock.now()
    page = await browse.post("plan_next_meeting", {}, meeting_id=room.meeting_id, seen=hold(room))
    assert page.address.startswith(f"/children/{room.children[0]}/book")


async def test_a_cancelled_meeting_is_not_held(tools, browse):
    room = await make_room(tools, 1)
    async with tools.database.begin() as db:
        (await load_meeting(db, room.meeting_id)).status = MeetingStatus.CANCELLED
    page = await browse.get(hold(room), status=422)
    assert "This meeting is cancelled: there is nothing to note about it." in page.text


async def test_siblings_have_notes_of_their_own(tools, browse):
    room = await make_room(tools, 1, children=2)
    page = await browse.get(hold(room))
    assert page.value("lines") == "10"
    page = await send(browse, room, "keep_notes", notes_form(page, **{"notes-0": "About her", "notes-5": "About him"}))
    assert [words(page, "notes-0"), words(page, "notes-5")] == ["About her", "About him"]
    assert [page.value("child-0"), page.value("child-5")] == [str(each) for each in room.children]


async def test_notes_for_a_child_of_another_meeting_are_refused(browse, room):
    page = await browse.get(hold(room))
    await send(browse, room, "keep_notes", notes_form(page, **{"child-0": "99", "notes-0": "x"}), status=404)


@pytest.mark.parametrize("route", ["plan_agenda", "record_attendance", "keep_notes", "end_meeting"])
async def test_a_meeting_that_does_not_exist_is_not_found(browse, room, route):
    data = {"headings": "x", "lines": "0"}
    await browse.post(route, data, status=404, seen=hold(room), meeting_id=999)


async def test_an_administrator_holds_no_meetings(sign_in, browse, room):
    administrator = await sign_in(Role.ADMINISTRATOR)
    await administrator.get(hold(room), status=404)
