"""The steps of chasing, changed on a page that shows tomorrow's letters first."""

from datetime import UTC, datetime

from coord_service.domain.advice import AdviceKind
from coord_service.domain.people import Role
from coord_service.operations.advice import AskForAdvice, ask_for_advice
from coord_service.operations.chasing import send_due_chases
from coord_service.operations.tools import Tools
from tests.builders import a_child, a_service, a_user, actor_for
from tests.installation import StandingClock

ADVICE = 1
# Advice asked for on 3 March is due on Tuesday 14 April 2026; two steps, the first the day after it.
STEPS = {
    "version": "1",
    "repeat_every": "3",
    "days-0": "2",
    "side-0": "after",
    "letter-0": "chase_not_reached_us",
    "days-1": "4",
    "side-1": "after",
    "letter-1": "chase_overdue",
    "besides-1": "service_manager",
    "reported-1": "yes",
}


async def ask(tools: Tools) -> str:
    worker, service = await a_user(tools), await a_service(tools, mailbox="psychology@nhs.example")
    child = await a_child(tools, worker)
    asked = AskForAdvice(child.id, service.id, None, AdviceKind.PSYCHOLOGY, "What would help?")
    await ask_for_advice(tools, actor_for(worker), asked)
    return child.reference


async def test_the_page_shows_who_would_be_written_to_tomorrow_and_keeps_nothing_yet(
    sign_in, tools: Tools, clock: StandingClock
) -> None:
    reference = await ask(tools)
    clock.instant = datetime(2026, 4, 15, 17, 0, tzinfo=UTC)  # +2 falls tomorrow; the steps as they came sent +1 today
    manager = await sign_in(Role.MANAGER)
    page = await manager.post("change_ladder", STEPS, setting_id=ADVICE, status=200)
    assert "On Thursday 16 April these steps would send 1 letter" in page.text
    assert "psychology@nhs.example" in page.text
    assert reference in page.text
    assert "Testwood" not in page.text
    assert "As it came" in (await manager.get("settings")).text


async def test_steps_that_are_kept_hold_from_tomorrow_and_do_not_fire_the_past(
    sign_in, tools: Tools, clock: StandingClock
) -> None:
    await ask(tools)
    clock.instant = datetime(2026, 4, 17, 12, 0, tzinfo=UTC)
    manager = await sign_in(Role.MANAGER)
    page = await manager.post("change_ladder", STEPS | {"keep": "yes"}, setting_id=ADVICE)
    assert page.banner == "Steps set, from tomorrow: Advice"
    assert "+2, +4 (2), then every 3" in page.text
    audit = await manager.get("audit")
    assert "Changed the steps of chasing" in audit.text
    assert "after: +2, +4 (2), then every 3" in audit.text
    assert (await send_due_chases(tools)).letters == 0  # +2 fell yesterday
    clock.instant = datetime(2026, 4, 20, 9, 0, tzinfo=UTC)
    assert (await send_due_chases(tools)).letters == 2  # +4: the mailbox and the manager


async def test_what_makes_no_sense_is_refused_beside_the_form_and_stays_typed(sign_in) -> None:
    manager = await sign_in(Role.MANAGER)
    endless = {"version": "1", "repeat_every": "5", "days-0": "3", "side-0": "before", "letter-0": "chase_due_soon"}
    page = await manager.post("change_ladder", endless, setting_id=ADVICE, status=422)
    assert "The ladder has no end" in page.errors["#days-0"]
    too_early = STEPS | {"days-2": "40", "side-2": "before", "letter-2": "chase_due_soon"}
    page = await manager.post("change_ladder", too_early, setting_id=ADVICE, status=422)
    assert "before anybody was asked" in page.errors["#days-0"]
    wrong = STEPS | {"days-0": "soon", "letter-1": "shout", "repeat_every": ""}
    page = await manager.post("change_ladder", wrong, setting_id=ADVICE, status=422)
    assert set(page.errors) == {"#days-0", "#letter-1", "#repeat_every"}


async def test_somebody_elses_change_is_shown_and_the_old_steps_can_be_put_back(sign_in) -> None:
    manager = await sign_in(Role.MANAGER)
    await manager.post("change_ladder", STEPS | {"keep": "yes"}, setting_id=ADVICE)
    page = await manager.post("change_ladder", STEPS | {"keep": "yes"}, setting_id=ADVICE, status=409)
    assert "Somebody else changed these steps" in page.text
    page = await manager.post("change_ladder", {"version": "2", "as_it_came": "yes"}, setting_id=ADVICE)
    assert "-10, -3, +1, +5 (2), +10 (4), +15 (5), then every 5" in page.text


async def test_a_lead_worker_may_not_change_them(sign_in) -> None:
    await (await sign_in(Role.LEAD_WORKER)).get("change_ladder_form", setting_id=ADVICE, status=404)
