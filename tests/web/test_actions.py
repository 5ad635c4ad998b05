"""Actions: typed as a line, checked, kept, listed, corrected, circulated, and answered by their owners."""

import hashlib
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from aiohttp import FormData

from coord_service.domain.actions import ActionStatus
from coord_service.domain.children import Sharing
from coord_service.domain.delivery import LetterState
from coord_service.domain.people import Actor, Role
from coord_service.operations.actions import load_action_needs
from coord_service.operations.circulating import circulate_actions, undo_circulation, view_circulation
from coord_service.storage.actions import load_action
from coord_service.storage.meetings import list_team_members, load_meeting
from coord_service.storage.post import list_meeting_letters
from coord_service.storage.tables import Action
from integrations.mail.letters import write_words
from tests.statements import count_statements
from tests.web.meeting_room import make_room

WORKER = Actor("user:1", user_id=1, person_id=1, role=Role.LEAD_WORKER)


@pytest.fixture
async def browse(sign_in):
    return await sign_in(Role.LEAD_WORKER)


@pytest.fixture
async def room(tools, browse):
    return await make_room(tools, 1)


async def send(browse, room, route, data, **more):
    return await browse.post(route, data, seen=f"/meetings/{room.meeting_id}/hold", meeting_id=room.meeting_id, **more)


async def press(browse, route, data=None, number=1, **more):
    return await browse.post(route, data or {}, seen=f"/actions/{number}", action_id=number, **more)


def action(room, owner="shah", **more):
    asked = {
        "owner_id": room.people[owner],
        "child_id": room.children[0],
        "what": "Send the OT report",
        "due_on": "2026-06-12",
    }
    return asked | more


async def add(browse, room, owner="shah", **more):
    return await send(browse, room, "add_action", action(room, owner, **more))


async def load(tools, number=1):
    async with tools.database.read() as db:
        return await load_action(db, number)


async def make_held(browse, room, **marks):
    attendance = {f"attendance-{number}": marks.get(key, "came") for key, number in room.attendees.items()}
    await send(browse, room, "record_attendance", attendance)
    await send(browse, room, "end_meeting", {"family_absence": "ill"})


async def circulate(browse, room, *people, status=200):
    """Send to these people, as the page would with their boxes ticked."""
    form = FormData({"csrf_token": await browse.token(f"/meetings/{room.meeting_id}/circulate")})
    for each in people or ("mother", "shah", "okoro"):
        form.add_field("person", str(room.people[each]))
    return await browse.post("circulate_actions", form, status=status, meeting_id=room.meeting_id)


def order_to(letters, address, letter="circulate"):
    """The last letter of a kind to somebody that was queued, no preview."""
    queued = [each for each in letters.orders if not each.message_id.startswith("<preview")]
    return next(each for each in reversed(queued) if (each.letter, each.to_address) == (letter, address))


async def link_of(browse, room, letters, address="shah@nhs.example"):
    """The address of a personal link to the owner's action, out of their letter."""
    await add(browse, room)
    await make_held(browse, room)
    await circulate(browse, room)
    return order_to(letters, address).facts["own"][0]["link"].partition("/a/")[2]


@pytest.fixture
async def owner(open_browser):
    """The browser of somebody without an account."""
    return await open_browser()


@pytest.fixture
async def link_token(browse, room, letters):
    return await link_of(browse, room, letters)


async def answer(browser, token, data, status=200):
    return await browser.post("answer_action", data, status=status, seen=f"/a/{token}", token=token)


async def test_a_typed_line_is_shown_for_checking_before_anything_is_kept(tools, browse, room):
    page = await send(browse, room, "read_action_line", {"line": "Dr Shah: send OT report by 12 June"})
    assert page.heading == "Tuesday 3 March, 9am Check the action"
    assert "By Friday 12 June , in 101 days. Is this right?" in page.text
    chosen = [each["value"] for each in page.root.all("option") if "selected" in each.attributes]
    assert chosen == [str(room.people["shah"])]
    assert [page.value(f"due_on-{part}") for part in ("day", "month", "year")] == ["12", "6", "2026"]
    assert page.value("what") == "Send OT report"
    assert await load(tools) is None


async def test_a_checked_action_is_kept_with_its_owners_agency(tools, browse, room):
    page = await add(browse, room)
    assert page.banner == "Action noted."
    kept = await load(tools)
    assert (kept.owner.name, kept.agency, kept.what) == ("Dr Priya Shah", "Northmoor Trust", "Send the OT report")
    assert (kept.due_on, kept.status, kept.child_id) == (date(2026, 6, 12), ActionStatus.OPEN, room.children[0])


async def test_a_line_in_doubt_asks(browse, room):
    page = await send(browse, room, "read_action_line", {"line": "Mr Nobody: send OT report by next Friday"})
    assert "Nobody at this meeting or in the team is called “Mr Nobody”. Choose who does it." in page.text
    assert "“Next Friday” can be Friday 6 March 2026 or Friday 13 March 2026" in page.text


async def test_somebody_the_family_has_not_agreed_to_tell_owns_nothing(browse, room):
    page = await send(browse, room, "read_action_line", {"line": "Rex Denied: visit by Friday"})
    assert "Nobody at this meeting or in the team is called “Rex Denied”" in page.text
    assert "Rex Denied" not in [each.text.partition(",")[0] for each in page.root.all("option")]
    page = await send(browse, room, "add_action", action(room, "refused"), status=422)
    assert page.errors == {"#owner_id": "Choose somebody who is at the meeting or in the team, and may be told"}


@pytest.mark.parametrize(
    ("line", "error"),
    [("", "Write who does what by when"), ("x" * 10_000, "Use 500 characters or fewer: this has 10,000")],
)
async def test_nothing_or_too_much_typed_is_said_beside_the_field(browse, room, line, error):
    page = await send(browse, room, "read_action_line", {"line": line}, status=422)
    assert page.errors == {"#what": error}
    assert page.value("what") == line


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"due_on": "2026-03-02"}, {"#due_on-day": "Give today or a later day: this one has passed"}),
        ({"due_on": "2027-06-02"}, {"#due_on-day": "Give a day within a year"}),
        ({"due_on": "2026-02-30"}, {"#due_on-day": "The day must be a real date"}),
        ({"what": " "}, {"#what": "Enter what is to be done"}),
        ({"what": "x" * 501}, {"#what": "Use 500 characters or fewer: this has 501"}),
        ({"what": "Ring Tamsin"}, {"#what": "Leave out “Tamsin”: actions go out by mail. Write “the child” instead"}),
        ({"owner_id": "9999"}, {"#owner_id": "Choose somebody who is at the meeting or in the team, and may be told"}),
        ({"child_id": "9999"}, {"#child_id": "Choose which child"}),
        ({"owner_id": "", "what": ""}, {"#owner_id": "Choose who does it", "#what": "Enter what is to be done"}),
    ],
)
async def test_a_faulty_action_comes_back_as_typed(tools, browse, room, wrong, errors):
    page = await send(browse, room, "add_action", action(room) | wrong, status=422)
    assert page.errors == errors
    assert await load(tools) is None


async def test_an_owner_without_an_address_is_marked_as_told_by_telephone(tools, browse, room):
    page = await send(browse, room, "add_action", action(room, "phone"), status=422)
    assert page.errors == {"#by_phone": "Phil Nomail has no mail address. Tick that you will tell them by telephone"}
    page = await add(browse, room, "phone", by_phone="yes")
    assert "Northmoor Trust, by telephone" in page.text


async def test_a_double_click_notes_an_action_once(tools, browse, room):
    await add(browse, room)
    await add(browse, room)
    assert await load(tools, 2) is None


async def test_no_action_is_noted_before_the_meeting(tools, browse):
    room = await make_room(tools, 1, starts_in=timedelta(days=1))
    await send(browse, room, "add_action", action(room), status=422)
    assert await load(tools) is None


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


async def test_opening_a_link_changes_nothing(tools, browse, room, letters, owner):
    token = await link_of(browse, room, letters)
    before = (await load(tools)).version
    page = await owner.get(f"/a/{token}")
    assert page.heading == "Reference KD-4827M Send the OT report"
    assert "You undertook this at the meeting of Tuesday 3 March. Robin Lead_Worker asks how far it is." in page.text
    assert "12 June 2026, in 101 days" in page.text
    assert (await load(tools)).version == before


async def test_an_owner_says_done_by_link_and_gets_a_receipt(tools, browse, room, letters, owner):
    token = await link_of(browse, room, letters)
    page = await answer(owner, token, {"answer": "done", "note": "Sent on Monday"})
    assert page.banner == "Thank you, your answer is noted. A receipt is on its way."
    kept = await load(tools)
    assert (kept.status, kept.note, kept.ended_at) == (ActionStatus.DONE, "Sent on Monday", tools.clock.now())
    order = order_to(letters, "shah@nhs.example", "action_receipt")
    words = write_words("action_receipt", {**order.facts, "to_name": order.to_name, "council": "X"})
    assert words.subject == "Thank you: done (ref KD-4827M)"
    assert "Change your answer:\nhttp" in words.text
    assert "Monday" not in words.text  # what they wrote may hold a name


async def test_the_same_press_twice_is_one_answer(tools, browse, room, letters, owner):
    token = await link_of(browse, room, letters)
    await answer(owner, token, {"answer": "done"})
    await answer(owner, token, {"answer": "done"})
    assert [each.letter for each in letters.orders].count("action_receipt") == 1


async def test_more_time_moves_no_due_date_and_an_answer_can_be_changed(tools, browse, room, letters, owner):
    token = await link_of(browse, room, letters)
    await answer(owner, token, {"answer": "done"})
    await answer(owner, token, {"answer": "more_time", "promised_on": "2026-05-20"})
    kept = await load(tools)
    assert (kept.status, kept.due_on, kept.promised_on) == (ActionStatus.OPEN, date(2026, 6, 12), date(2026, 5, 20))
    fresh = re.search(r"/a/([\w-]+)$", order_to(letters, "shah@nhs.example", "action_receipt").facts["link"])[1]
    page = await owner.get(f"/a/{fresh}")
    assert "You need until 20 May 2026" in page.text


@pytest.mark.parametrize(
    "case",
    [
        ({"answer": "more_time"}, {"#promised_on-day": "Enter the day"}),
        (
            {"answer": "more_time", "promised_on": "2026-03-02"},
            {"#promised_on-day": "Give today or a later day: this one has passed"},
        ),
        (
            {"answer": "more_time", "promised_on": "2026-06-30"},
            {"#promised_on-day": "Give a day within 60 working days. If it will take longer, please ring us"},
        ),
        ({"answer": "not_mine"}, {"#suggested_owner": "Say whose it is, as far as you know"}),
        ({"answer": "nonsense"}, {"#answer": "Press one of the buttons"}),
        ({"answer": "done", "note": "x" * 501}, {"#note": "Use 500 characters or fewer: this has 501"}),
    ],
)
async def test_a_faulty_answer_comes_back_and_changes_nothing(tools, owner, link_token, case):
    page = await answer(owner, link_token, case[0], status=422)
    assert page.errors == case[1]
    kept = await load(tools)
    assert (kept.status, kept.promised_on, kept.suggested_owner) == (ActionStatus.OPEN, None, None)


async def test_not_mine_goes_to_the_lead_worker_who_gives_it_to_somebody_else(tools, browse, room, letters, owner):
    token = await link_of(browse, room, letters)
    await answer(owner, token, {"answer": "not_mine", "suggested_owner": "The SENCO"})
    async with tools.database.read() as db:
        needs = await load_action_needs(db, WORKER, date(2026, 3, 3))
    assert [each.action.suggested_owner for each in needs] == ["The SENCO"]
    page = await browse.get("/actions/1")
    assert "Ask instead: “The SENCO”" in page.text
    version = (await load(tools)).version
    page = await press(browse, "correct_action", action(room, "okoro", version=version))
    assert page.banner == "Corrected. The new owner is being told by mail."
    assert [each["what"] for each in order_to(letters, "okoro@school.example").facts["own"]] == ["Send the OT report"]
    page = await owner.get(f"/a/{token}", status=410)
    assert "This link has been withdrawn" in page.text


async def test_it_can_stay_with_its_owner(tools, browse, room, letters, owner):
    token = await link_of(browse, room, letters)
    await answer(owner, token, {"answer": "not_mine", "suggested_owner": "The SENCO"})
    await press(browse, "keep_owner")
    assert (await load(tools)).suggested_owner is None


async def test_a_withdrawn_action_is_not_answered(tools, browse, room, letters, owner):
    token = await link_of(browse, room, letters)
    csrf = await owner.token(f"/a/{token}")
    await press(browse, "withdraw_action")
    await owner.post("answer_action", {"answer": "done", "csrf_token": csrf}, status=410, token=token)
    assert (await load(tools)).status is ActionStatus.WITHDRAWN
    await press(browse, "reopen_action")
    assert (await load(tools)).status is ActionStatus.OPEN


async def test_an_expired_link_is_not_answered(tools, browse, room, letters, owner):
    token = await link_of(browse, room, letters)
    csrf = await owner.token(f"/a/{token}")
    tools.clock.move(days=181)
    await owner.post("answer_action", {"answer": "done", "csrf_token": csrf}, status=410, token=token)
    await owner.get(f"/a/{token}", status=410)
    assert (await load(tools)).status is ActionStatus.OPEN


async def test_a_link_to_notes_answers_no_action(tools, browse, room, letters, owner):
    await link_of(browse, room, letters)
    token = order_to(letters, "okoro@school.example").facts["notes_link"].partition("/a/")[2]
    csrf = hashlib.sha256(f"form:{token}".encode()).hexdigest()  # as if that page had a form
    await owner.post("answer_action", {"answer": "done", "csrf_token": csrf}, status=404, token=token)
    assert (await load(tools)).status is ActionStatus.OPEN


async def test_an_answer_by_telephone_is_noted(tools, browse, room):
    await add(browse, room)
    page = await press(browse, "promise_action", {"promised_on": "2026-03-02"}, status=422)
    assert page.errors == {"#promised_on-day": "Give today or a later day: this one has passed"}
    await press(browse, "promise_action", {"promised_on": "2026-04-01"})
    assert (await load(tools)).promised_on == date(2026, 4, 1)
    page = await press(browse, "mark_action_done", {"note": "Rang on Tuesday"})
    assert page.banner == "Done. Nobody is reminded of it any more."
    assert "Done, by telephone" in page.text
    kept = await load(tools)
    assert (kept.status, kept.note) == (ActionStatus.DONE, "Rang on Tuesday")


async def test_a_stale_correction_shows_both(tools, browse, room):
    await add(browse, room)
    version = (await load(tools)).version
    await press(browse, "correct_action", action(room, "okoro", version=version))
    page = await press(browse, "correct_action", action(room, "mother", version=version, what="Mine"), status=409)
    assert "It now says: Ada Okoro, “Send the OT report”, by Friday 12 June." in page.text
    assert page.value("what") == "Mine"
    assert page.value("version") == str(version + 1)


async def test_a_late_action_can_be_corrected_without_moving_its_day(tools, browse, room, clock, sign_in):
    await add(browse, room)
    clock.move(days=120)
    version = (await load(tools)).version
    data = action(room, version=version, what="Send both reports")
    page = await press(await sign_in(Role.MANAGER), "correct_action", data)  # the first session has ended by now
    assert page.banner == "Corrected."
    assert (await load(tools)).what == "Send both reports"


async def test_the_list_filters_by_whose_and_by_state(tools, browse, room, clock):
    await add(browse, room, what="Later one")
    await add(browse, room, "convenor", what="My own one", due_on="2026-03-03")
    clock.move(minutes=20)
    await press(browse, "mark_action_done")
    titles, nonsense = {}, "?show=nonsense&whose=nonsense"
    for query in (
        "",
        "?whose=me",
        "?show=done",
        "?show=overdue",
        "?whose=all&show=all",
        nonsense,
    ):
        page = await browse.get(f"/actions{query}")
        titles[query] = [each.text for each in page.root.one("main").all("a") if "one" in each.text.split()]
    assert titles == {
        "": ["My own one"],
        "?whose=me": ["My own one"],
        "?show=done": ["Later one"],
        "?show=overdue": [],
        "?whose=all&show=all": ["My own one", "Later one"],
        nonsense: ["My own one"],
    }


async def test_home_hears_of_late_actions_mine_first_and_of_calls_to_families(tools, browse, room):
    for owner in ("shah", "mother", "convenor"):
        await add(browse, room, owner, what=owner, due_on="2026-03-04")
    async with tools.database.begin() as db:
        (await db.get(Action, 1)).promised_on = date(2026, 3, 20)
    async with tools.database.read() as db:
        early = await load_action_needs(db, WORKER, date(2026, 3, 4))
        late = await load_action_needs(db, WORKER, date(2026, 3, 20))
        later = await load_action_needs(db, WORKER, date(2026, 3, 21))
    assert list(early) == []
    assert [(each.action.what, each.is_mine, each.is_call) for each in late] == [
        ("convenor", True, False),
        ("mother", False, True),
    ]
    assert [each.action.what for each in later] == ["convenor", "shah", "mother"]


@pytest.mark.parametrize("where", ["/meetings/1/hold", "/actions", "/meetings/1/circulate", "/actions/1"])
async def test_a_page_takes_as_many_statements_for_a_thousand_actions(tools, browse, room, where):
    await add(browse, room)
    await make_held(browse, room)
    counts = []
    for number in (10, 1_000):
        await add_many(tools, room, number)
        with count_statements(tools.database) as counted:
            await browse.get(where)
        counts.append(counted.number)
    assert counts[0] == counts[1] <= 14


async def add_many(tools, room, number):
    facts = {"meeting_id": room.meeting_id, "child_id": room.children[0], "created_at": tools.clock.now()}
    owners = list(room.people.values())
    async with tools.database.begin() as db:
        db.add_all(
            Action(owner_id=owners[n % len(owners)], agency="A", what="Read", due_on=date(2026, 4, 1), **facts)
            for n in range(number)
        )
