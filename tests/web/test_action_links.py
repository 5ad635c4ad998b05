"""An action behind its owner's personal link: done, more time, not mine."""

import hashlib
import re
from datetime import date

import pytest

from coord_service.domain.actions import ActionStatus
from coord_service.operations.actions import load_action_needs
from integrations.mail.letters import write_words
from tests.web.meeting_room import (
    WORKER,
    action,
    answer,
    browse,
    link_of,
    load,
    order_to,
    owner,
    press,
    room,
)

__all__ = ["browse", "owner", "room"]


@pytest.fixture
async def link_token(browse, room, letters):
    return await link_of(browse, room, letters)


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
