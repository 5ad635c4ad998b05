"""Circulating: who gets what, what is never in it, and the minute to take it back."""

from dataclasses import replace
from datetime import date, timedelta

from coord_service.domain.children import Sharing
from coord_service.domain.delivery import LetterState
from coord_service.operations.circulating import circulate_actions, undo_circulation, view_circulation
from coord_service.storage.meetings import list_team_members, load_meeting
from coord_service.storage.post import list_meeting_letters
from integrations.mail.letters import write_words
from tests.web.meeting_room import WORKER, add, browse, circulate, make_held, make_room, order_to, owner, room, send

__all__ = ["browse", "owner", "room"]


async def test_circulating_waits_until_the_meeting_took_place(browse, room):
    page = await browse.get("circulate_actions_form", status=422, meeting_id=room.meeting_id)
    assert "Say first that the meeting took place" in page.text


async def test_the_page_says_who_gets_what_and_who_gets_nothing_and_why(browse, room):
    await add(browse, room)
    await make_held(browse, room, okoro="absent")
    page = await browse.get("circulate_actions_form", meeting_id=room.meeting_id)
    ticked = {each["value"] for each in page.root.all("input", type="checkbox") if "checked" in each.attributes}
    assert ticked == {str(room.people[each]) for each in ("mother", "shah", "okoro")}
    barred = [row.text for row in page.root.all("table")[-1].all("tr")][1:]
    assert barred == [
        "Robin Lead_Worker Lead worker Convenes the meeting, and has it all on this page",
        "Rex Denied Youth worker The family has not agreed to share with them: no papers go to them",
        "Phil Nomail School nurse Has no mail address: tell them by telephone, or hand them a print",
    ]


async def test_each_reader_gets_their_own_actions_first_and_no_name_of_a_child_or_family(tools, browse, room, letters):
    await add(browse, room)
    await add(browse, room, "mother", what="Bring the letter")
    page = await browse.get("hold_meeting", meeting_id=room.meeting_id)
    await make_held(browse, room)
    await circulate(browse, room)
    order = order_to(letters, "shah@nhs.example")
    words = write_words("circulate", {**order.facts, "to_name": order.to_name, "council": "X", "phone": "1"})
    assert words.subject == "Actions from the team meeting on Tuesday 3 March (ref KD-4827M)"
    assert "- Send the OT report, by Friday 12 June 2026 (ref KD-4827M). Answer (http" in words.text
    assert "Bring the letter · Family · Friday 12 June 2026 · KD-4827M" in words.text
    for private in ("Tamsin", "Quill", "Maya", "Sleeps"):
        assert private not in words.text + words.html + words.subject
    to_mother = order_to(letters, "maya@home.example")
    assert [each["what"] for each in to_mother.facts["own"]] == ["Bring the letter"]
    assert "Dr Priya Shah, Northmoor Trust" in [each["owner"] for each in to_mother.facts["actions"]]
    assert page.status == 200


async def test_the_letters_wait_a_minute_and_can_be_taken_back(tools, browse, room, clock):
    await add(browse, room)
    await make_held(browse, room)
    page = await circulate(browse, room)
    assert "Nothing has been sent yet." in page.text
    await circulate(browse, room)  # a second press
    async with tools.database.read() as db:
        rows = await list_meeting_letters(db, room.meeting_id)
        assert len(rows) == 3
        assert {each.not_before for each in rows} == {clock.now() + timedelta(seconds=60)}
    page = await browse.post(
        "undo_circulation", {}, seen=f"/meetings/{room.meeting_id}/circulate", meeting_id=room.meeting_id
    )
    assert page.banner == "Undone. Nothing was sent."
    async with tools.database.read() as db:
        assert {each.state for each in await list_meeting_letters(db, room.meeting_id)} == {LetterState.WITHDRAWN}
        assert (await load_meeting(db, room.meeting_id)).circulated_at is None


class TickingClock:
    """Never tells the same instant twice, as the machine's own."""

    def __init__(self, now):
        self.instant = now

    def now(self):
        self.instant += timedelta(microseconds=7)
        return self.instant


async def test_the_minute_to_undo_is_there_while_the_clock_ticks(tools, browse, room):
    await add(browse, room)
    await make_held(browse, room)
    ticking = replace(tools, clock=TickingClock(tools.clock.now()))
    assert await circulate_actions(ticking, WORKER, room.meeting_id, [room.people["shah"]]) == 1
    assert (await view_circulation(ticking, WORKER, room.meeting_id)).undo_until is not None
    await undo_circulation(ticking, WORKER, room.meeting_id)
    assert (await view_circulation(ticking, WORKER, room.meeting_id)).meeting.circulated_at is None


async def test_a_letter_that_has_gone_is_not_taken_back(tools, browse, room):
    await add(browse, room)
    await make_held(browse, room)
    await circulate(browse, room)
    async with tools.database.begin() as db:
        (await list_meeting_letters(db, room.meeting_id))[0].state = LetterState.SENT
    where = {"seen": f"/meetings/{room.meeting_id}/circulate", "meeting_id": room.meeting_id}
    page = await browse.post("undo_circulation", {}, status=422, **where)
    assert "It is too late to undo: a letter has gone." in page.text
    async with tools.database.read() as db:
        states = [each.state for each in await list_meeting_letters(db, room.meeting_id)]
    assert LetterState.WITHDRAWN not in states


async def test_nobody_ticked_is_refused_and_who_is_barred_gets_nothing_whatever_is_sent(browse, room, letters):
    await make_held(browse, room)
    page = await circulate(browse, room, "refused", status=422)
    assert page.errors == {"#person": "Tick at least one person"}
    assert letters.orders[-1].to_address != "rex@other.example"


async def test_whoever_is_in_one_siblings_team_reads_of_that_one_alone(tools, browse, letters, clock):
    room = await make_room(tools, 1, children=2)  # the SENCO is in the second child's team alone
    await add(browse, room, what="For the first")
    await add(browse, room, what="For the second", child_id=room.children[1])
    await make_held(browse, room)
    await circulate(browse, room)
    okoro = order_to(letters, "okoro@school.example").facts
    assert (okoro["reference"], [each["what"] for each in okoro["actions"]]) == ("PL-1936C", ["For the second"])
    token = okoro["notes_link"].partition("/a/")[2]
    page = await browse.get(f"/a/{token}")
    assert "For the first" not in page.text
    assert "KD-4827M" not in page.text


async def test_the_notes_open_behind_the_readers_link_and_close_when_sharing_ends(tools, browse, room, letters):
    await browse.get("hold_meeting", meeting_id=room.meeting_id)
    typed = {"lines": "1", "heading-0": "The family’s views", "notes-0": "Sleeps better."}
    await send(browse, room, "keep_notes", typed)
    await make_held(browse, room)
    await circulate(browse, room)
    token = order_to(letters, "shah@nhs.example").facts["notes_link"].partition("/a/")[2]
    page = await browse.get(f"/a/{token}")
    assert "Sleeps better." in page.text
    async with tools.database.begin() as db:
        for each in await list_team_members(db, room.children, date(2026, 3, 3)):
            each.sharing = Sharing.REFUSED
    page = await browse.get(f"/a/{token}", status=404)
    assert "Sleeps better." not in page.text


async def test_where_somebody_is_shielded_no_letter_tells_who_owns_what(tools, browse, letters):
    room = await make_room(tools, 1, is_private=True)
    await add(browse, room)
    await make_held(browse, room)
    page = await browse.get("circulate_actions_form", meeting_id=room.meeting_id)
    ticked = {each["value"] for each in page.root.all("input", type="checkbox") if "checked" in each.attributes}
    assert str(room.people["mother"]) not in ticked
    await circulate(browse, room, "okoro")
    owners = [each["owner"] for each in order_to(letters, "okoro@school.example").facts["actions"]]
    assert owners == ["Somebody in the team"]
