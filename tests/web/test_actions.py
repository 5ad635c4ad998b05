"""Actions: typed as a line, checked, kept, listed, corrected, and what home hears of them."""

from datetime import date, timedelta

import pytest

from coord_service.domain.actions import ActionStatus
from coord_service.domain.people import Role
from coord_service.operations.actions import load_action_needs
from coord_service.storage.tables import Action
from tests.statements import count_statements
from tests.web.meeting_room import WORKER, action, add, browse, load, make_held, make_room, press, room, send

__all__ = ["browse", "room"]


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
    for who in ("shah", "mother", "convenor"):
        await add(browse, room, who, what=who, due_on="2026-03-04")
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
