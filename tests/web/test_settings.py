"""What the council sets: quorum and school terms are changed on pages, and hold from then on."""

from aiohttp import FormData

from coord_service.domain.people import Role
from coord_service.operations.tools import Tools
from coord_service.storage.tables import User
from tests.booking_world import make_world
from tests.builders import a_person, a_user
from tests.web.booking.steps import reach_when, start
from tests.web.browsing import Browser

TAC = 1
PATH = f"/settings/quorum/{TAC}"
TWO_OF_HEALTH = {"version": "1", "words-0": "two of health", "at_least-0": "2", "who-0": "health"}


async def test_the_quorum_of_every_kind_of_meeting_is_shown_as_it_came(sign_in) -> None:
    page = await (await sign_in(Role.ADMINISTRATOR)).get("settings")
    assert "Team Around the Child meeting Somebody of the family; At least one professional As it came" in page.text
    assert "Other meeting Nobody in particular" in page.text


async def test_a_quorum_that_is_changed_holds_for_bookings_from_then_on(sign_in, tools: Tools) -> None:
    manager = await sign_in(Role.MANAGER)
    async with tools.database.read() as db:
        world = await make_world(tools, await db.get_one(User, 1))
    page = await manager.post("change_quorum", TWO_OF_HEALTH, setting_id=TAC)
    assert page.banner == "Quorum set: Team Around the Child meeting"
    assert "Two of health (at least 2)" in page.text
    assert "by Robin Manager" in page.text
    page = await start(manager, world)
    assert "This meeting has no quorum without two of health (at least 2)." in page.text
    assert "For the quorum: two of health (at least 2)" in page.text
    assert "somebody of the family" not in page.text


async def test_a_quorum_can_want_the_childs_lead_worker_whoever_convenes(sign_in, tools: Tools) -> None:
    manager = await sign_in(Role.MANAGER)
    async with tools.database.read() as db:
        own, other = await db.get_one(User, 1), await a_user(tools, name="Noor Whitfield")
    world = await make_world(tools, own)
    rule = {"version": "1", "words-0": "the child’s lead worker", "at_least-0": "1", "who-0": "lead_worker"}
    await manager.post("change_quorum", rule, setting_id=TAC)
    assert "no quorum without" not in (await start(manager, world)).text
    page = await start(manager, world, convenor=other.id)
    assert "This meeting has no quorum without the child’s lead worker." in page.text


async def test_a_change_is_in_the_audit_with_what_was_before(sign_in) -> None:
    manager = await sign_in(Role.MANAGER)
    await manager.post("change_quorum", TWO_OF_HEALTH, setting_id=TAC)
    page = await manager.get("audit")
    assert "Changed the quorum" in page.text
    assert "before: somebody of the family, at least one professional; after: two of health (at least 2)" in page.text


async def test_the_rules_that_came_with_the_service_can_be_put_back(sign_in) -> None:
    manager = await sign_in(Role.MANAGER)
    await manager.post("change_quorum", TWO_OF_HEALTH, setting_id=TAC)
    page = await manager.post("change_quorum", {"version": "2", "as_they_came": "yes"}, setting_id=TAC)
    assert "Somebody of the family; At least one professional As it came" in page.text


async def test_what_is_wrong_is_said_beside_it_and_stays_typed(sign_in) -> None:
    browse: Browser = await sign_in(Role.MANAGER)
    wrong = {"version": "1", "words-0": "a therapist", "at_least-0": "0", "roles-1": "therapist", "at_least-1": "1"}
    page = await browse.post("change_quorum", wrong, setting_id=TAC, status=422)
    assert page.errors == {
        "#at_least-0": "Enter a number from 1 to 20",
        "#who-0": "Tick who counts for this rule, or name a role",
        "#words-1": "Say in words who must come",
    }
    assert (page.value("words-0"), page.value("roles-1")) == ("a therapist", "therapist")


async def test_somebody_elses_change_is_shown_beside_mine(sign_in) -> None:
    browse = await sign_in(Role.MANAGER)
    await browse.post("change_quorum", TWO_OF_HEALTH, setting_id=TAC)
    mine = FormData({**TWO_OF_HEALTH, "words-0": "a pair of health", "csrf_token": await browse.token(PATH)})
    page = await browse.post("change_quorum", mine, setting_id=TAC, status=409)
    assert "It says now: two of health (at least 2)" in page.text
    assert page.value("words-0") == "a pair of health"
    page = await browse.post("change_quorum", {**TWO_OF_HEALTH, "version": page.value("version")}, setting_id=TAC)
    assert page.address == "/settings"


async def test_a_lead_worker_sets_nothing(sign_in) -> None:
    await (await sign_in(Role.LEAD_WORKER)).get("settings", status=404)


def file_of(content: str, token: str) -> FormData:
    form = FormData()
    form.add_field("csrf_token", token)
    form.add_field("file", content.encode(), filename="terms.csv", content_type="text/csv")
    return form


async def test_terms_come_from_the_councils_own_file_and_take_the_place_of_those_before(sign_in) -> None:
    browse = await sign_in(Role.MANAGER)
    page = await browse.get("school_terms")
    assert "No terms are known yet, so schools count as open every day." in page.text
    token = await browse.token("/settings/terms")
    rows = "name,first day,last day\nAutumn term,02/09/2026,18/12/2026\nHalf-term,26/10/2026,30/10/2026\n"
    page = await browse.post("upload_terms", file_of(rows, token))
    assert page.banner == "2 lines kept"
    assert "Autumn term 2 September 2026 18 December 2026 Schools are open" in page.text
    page = await browse.post("upload_terms", file_of(rows.replace("26/10", "19/10"), token))
    assert "Half-term 19 October 2026 30 October 2026 Schools are closed" in page.text
    assert page.text.count("Half-term") == 3  # its line, its button, and the example of a file
    page = await browse.post("remove_term", {}, seen="/settings/terms", date_id=2)
    assert "19 October" not in page.text
    assert "known until 18 December 2026." in (await browse.get("settings")).text


async def test_a_file_with_a_wrong_row_keeps_nothing_and_names_the_row(sign_in) -> None:
    browse = await sign_in(Role.MANAGER)
    token = await browse.token("/settings/terms")
    page = await browse.post("upload_terms", file_of("name,first,last\nA term,soon,\n", token), status=422)
    said = "Nothing was kept. Row 2 has “soon” where a date such as 2026-09-01 or 01/09/2026 should be."
    assert page.errors == {"#file": said}
    page = await browse.post("upload_terms", {"csrf_token": token}, status=422)
    assert page.errors == {"#file": "Choose the file with the terms"}
    assert "No terms are known yet" in page.text


async def test_what_a_day_can_take_is_the_councils_and_anybodys_own(sign_in, tools: Tools) -> None:
    manager = await sign_in(Role.MANAGER)
    page = await manager.get("settings")
    assert "What a day can take, and notice : at most 3 meetings a day, 15 minutes between two." in page.text
    wrong = {"version": "1", "most_meetings": "0", "minutes_between": ""}
    page = await manager.post("set_finding_rules", wrong, status=422)
    assert page.errors == {
        "#most_meetings": "Enter a number from 1 to 20",
        "#minutes_between": "Enter how many minutes, 0 for none",
    }
    page = await manager.post("set_finding_rules", {"version": "1", "most_meetings": "", "minutes_between": "10"})
    assert "any number of meetings a day, 10 minutes between two" in page.text
    stale = {"version": "1", "most_meetings": "2", "minutes_between": "0"}
    page = await manager.post("set_finding_rules", stale, status=409)
    assert page.errors == {"#most_meetings": "Robin Manager changed these rules while you had them open"}
    assert "before: at most 3 meetings a day, 15 minutes between two" in (await manager.get("audit")).text


async def test_the_councils_own_notice_is_set_on_a_page_and_said_beside_the_times(sign_in, tools: Tools) -> None:
    manager = await sign_in(Role.MANAGER)
    async with tools.database.read() as db:
        world = await make_world(tools, await db.get_one(User, 1))
    said = {"version": "1", "most_meetings": "3", "minutes_between": "15", "notice_tac": "soon"}
    page = await manager.post("set_finding_rules", said, status=422)
    assert page.errors == {"#notice_tac": "Enter a whole number, like 12"}
    page = await manager.post("set_finding_rules", said | {"notice_tac": "14"})
    assert "14 days’ notice of: Team Around the Child meeting." in page.text
    assert (await manager.get("set_finding_rules_form")).value("notice_tac") == "14"
    page = await reach_when(manager, world)
    assert "Your council gives 14 days’ notice, so not before Tuesday 17 March 2026." in page.text
    assert "Notice also times with less of it" in page.text
    page = await manager.get(page.links()["also times with less of it"])
    assert "Notice only times with 14 days of it" in page.text


async def test_somebody_can_have_a_limit_of_their_own(sign_in, tools: Tools) -> None:
    browse = await sign_in(Role.LEAD_WORKER)
    person = await a_person(tools, "Dr Asha Shah")
    own = {"version": "1", "most_meetings": "2", "minutes_between": "999"}
    page = await browse.post("set_working_hours", own, status=422, person_id=person.id)
    assert page.errors == {"#minutes_between": "Enter a number from 0 to 120"}
    await browse.post("set_working_hours", own | {"minutes_between": "0"}, person_id=person.id)
    page = await browse.get("set_working_hours_form", person_id=person.id)
    assert (page.value("most_meetings"), page.value("minutes_between")) == ("2", "0")
