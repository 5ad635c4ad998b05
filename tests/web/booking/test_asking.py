"""Asking people about times, page by page: the form, the answers, the link of somebody without an account."""

import re

import pytest

from coord_service.operations.outbox import deliver_outbox
from tests.web.booking.steps import reach_when
from tests.web.browsing import Page


def ticked(page: Page, name: str) -> list[str]:
    return [box["value"] for box in page.root.all("input", name=name) if "checked" in box.attributes]


def the_form(page: Page, **changes: object) -> dict[str, object]:
    closing = {f"closes_on-{part}": page.root.one("input", name=f"closes_on-{part}")["value"] for part in
               ("day", "month", "year")}  # fmt: skip
    return {"times": ticked(page, "times"), "people": ticked(page, "people"), **closing} | changes


@pytest.fixture
async def asked(browse, world, letters):
    """People have been asked about the best times."""
    await reach_when(browse, world)
    form = await browse.get("ask_people_form", draft_id=1)
    return await browse.post("ask_people", the_form(form), draft_id=1)


def links(letters) -> dict[str, str]:
    """The token in each letter that asks about times."""
    asking = [order for order in letters.orders if order.letter == "ask_times"]
    return {order.to_address: re.search(r"/a/([\w-]+)", order.facts["link"])[1] for order in asking}


async def test_the_best_times_and_everybody_are_ticked(browse, world):
    await reach_when(browse, world)
    page = await browse.get("ask_people_form", draft_id=1)
    assert len(ticked(page, "times")) == 5
    assert set(ticked(page, "people")) == {str(world.mother), str(world.shah), str(world.okoro)}


async def test_the_when_page_leads_to_asking_and_then_to_the_answers(browse, world):
    page = await reach_when(browse, world)
    assert "ask people instead" in page.text
    form = await browse.get("ask_people_form", draft_id=1)
    await browse.post("ask_people", the_form(form), draft_id=1)
    assert "See what people said" in (await browse.get("booking_when", draft_id=1)).text


async def test_the_answers_start_empty_and_say_who_is_silent(asked):
    assert "0 of 3 have answered" in asked.text
    assert "No answer yet from Mrs Ana Larkspur" in asked.text
    assert "Undo" in asked.text


async def test_a_time_of_ones_own_is_asked_about_too(browse, world):
    await reach_when(browse, world)
    form = await browse.get("ask_people_form", draft_id=1)
    own = {"own_day_1-day": "16", "own_day_1-month": "4", "own_day_1-year": "2026", "own_time_1": "4.15pm"}
    page = await browse.post("ask_people", the_form(form, **own), draft_id=1)
    assert "Thursday 16 April" in page.text
    assert "4:15pm" in page.text


async def test_half_a_time_of_ones_own_is_refused_and_nothing_ticked_is_lost(browse, world):
    await reach_when(browse, world)
    form = await browse.get("ask_people_form", draft_id=1)
    kept = ticked(form, "times")[1:]
    page = await browse.post(
        "ask_people", the_form(form, times=kept, own_time_1="2pm", shows_names="yes"), draft_id=1, status=422
    )
    assert "Enter both a day and a time" in page.text
    assert ticked(page, "times") == kept
    assert ticked(page, "shows_names") == ["yes"]


@pytest.mark.parametrize("times", [[], ["nonsense"], ["9999-12-31T23:59:59+00:00"] * 2, ["2026-03-10T10:00:00+00:00"]])
async def test_times_that_make_no_sense_are_refused_in_words(browse, world, times):
    await reach_when(browse, world)
    form = await browse.get("ask_people_form", draft_id=1)
    page = await browse.post("ask_people", the_form(form, times=times), draft_id=1, status=422)
    assert "There is a problem" in page.text


async def test_somebody_without_an_account_answers_and_sees_it_again(browse, world, asked, letters, open_browser):
    visitor, token = await open_browser(), links(letters)["ana@family.example"]
    page = await visitor.get(f"/a/{token}")
    names = list(dict.fromkeys(radio["name"] for radio in page.root.all("input", type="radio")))
    assert len(names) == 5
    said = dict.fromkeys(names, "yes") | {names[0]: "no"}
    page = await visitor.post("answer_poll", said | {"comment": "After school"}, token=token, seen=f"/a/{token}")
    assert "your answer is noted" in page.text
    assert "Change my answer" in page.text
    first = next(radio for radio in page.root.all("input", type="radio") if "checked" in radio.attributes)
    assert first["value"] == "no"
    page = await browse.get("show_poll", draft_id=1)
    assert "1 of 3 have answered" in page.text
    assert "“After school”" in page.text


async def test_a_time_left_out_is_pointed_at_and_the_rest_is_kept(browse, world, asked, letters, open_browser):
    visitor, token = await open_browser(), links(letters)["ana@family.example"]
    page = await visitor.get(f"/a/{token}")
    names = list(dict.fromkeys(radio["name"] for radio in page.root.all("input", type="radio")))
    page = await visitor.post("answer_poll", {names[0]: "yes"}, token=token, seen=f"/a/{token}", status=422)
    assert page.text.count("Say yes, if need be or no") == 8  # four times, each in the summary and beside its field
    checked = [radio["name"] for radio in page.root.all("input", type="radio") if "checked" in radio.attributes]
    assert checked == [names[0]]


async def test_opening_the_link_changes_nothing(browse, world, asked, letters, open_browser):
    visitor, token = await open_browser(), links(letters)["ana@family.example"]
    for _ in range(3):
        await visitor.get(f"/a/{token}")
    assert "0 of 3 have answered" in (await browse.get("show_poll", draft_id=1)).text


async def test_nobody_sees_the_others_unless_it_is_allowed(browse, world, letters, open_browser):
    await reach_when(browse, world)
    form = await browse.get("ask_people_form", draft_id=1)
    await browse.post("ask_people", the_form(form, shows_names="yes"), draft_id=1)
    visitor, tokens = await open_browser(), links(letters)
    address = f"/a/{tokens['ana@family.example']}"
    names = {radio["name"] for radio in (await visitor.get(address)).root.all("input", type="radio")}
    await visitor.post("answer_poll", dict.fromkeys(names, "yes"), token=tokens["ana@family.example"], seen=address)
    page = await visitor.get(f"/a/{tokens['a.shah@nhs.example']}")
    assert "Can come so far: Mrs Ana Larkspur" in page.text


async def test_the_others_stay_hidden_as_a_rule(browse, world, asked, letters, open_browser):
    visitor, tokens = await open_browser(), links(letters)
    address = f"/a/{tokens['ana@family.example']}"
    names = {radio["name"] for radio in (await visitor.get(address)).root.all("input", type="radio")}
    await visitor.post("answer_poll", dict.fromkeys(names, "yes"), token=tokens["ana@family.example"], seen=address)
    page = await visitor.get(f"/a/{tokens['a.shah@nhs.example']}")
    assert "Larkspur" not in page.text


async def test_what_was_said_on_the_telephone_is_noted(browse, world, asked):
    action = next(form["action"] for form in asked.root.all("form") if "/answers/1" in form["action"])
    names = {each["name"] for each in asked.root.all("select")}
    page = await browse.post(action, dict.fromkeys(names, "if_need_be"), seen=asked.address)
    assert "1 of 3 have answered" in page.text
    assert "by telephone" in page.text


async def test_half_an_answer_by_telephone_is_pointed_at(browse, world, asked):
    action = next(form["action"] for form in asked.root.all("form") if "/answers/1" in form["action"])
    names = sorted({each["name"] for each in asked.root.all("select")})
    page = await browse.post(action, {names[0]: "yes"}, seen=asked.address, status=422)
    assert "Say yes, if need be or no" in page.text


async def test_choosing_leads_to_the_check(browse, world, asked):
    form = next(each for each in asked.root.all("form") if each["action"].endswith("/when"))
    fields = {each["name"]: each["value"] for each in form.all("input") if each["name"] != "csrf_token"}
    page = await browse.post("choose_time", fields, draft_id=1, seen=asked.address)
    assert page.address.endswith("/check")


async def test_ending_it_early_says_so_and_offers_another_question(browse, world, asked):
    page = await browse.post("close_poll", {}, draft_id=1)
    assert "The asking ended today" in page.text
    assert "Ask about other times" in page.text


async def test_taken_back_in_time_nobody_is_asked(browse, world, asked, letters, tools):
    page = await browse.post("withdraw_poll", {}, draft_id=1)
    assert "Nobody was asked" in page.text
    await browse.get("show_poll", draft_id=1, status=404)
    await deliver_outbox(tools)


async def test_the_home_page_says_how_far_the_asking_is(browse, world, asked):
    assert "0 of 3 have said which times suit them" in (await browse.get("/")).text
    await browse.post("close_poll", {}, draft_id=1)
    page = await browse.get("/")
    assert "Choose a time" in page.text
