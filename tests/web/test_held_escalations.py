"""The page on which a manager sees what is held after silence."""

from datetime import UTC, datetime

from coord_service.domain.advice import AdviceKind
from coord_service.domain.people import Role
from coord_service.operations.advice import AskForAdvice, ask_for_advice
from coord_service.operations.chasing import send_due_chases
from coord_service.operations.tools import Tools
from tests.builders import a_child, a_service, a_user, actor_for
from tests.installation import StandingClock


async def hold_ten(tools: Tools, clock: StandingClock) -> None:
    worker, service = await a_user(tools), await a_service(tools, "Educational Psychology")
    for _ in range(10):
        child = await a_child(tools, worker)
        asked = AskForAdvice(child.id, service.id, None, AdviceKind.PSYCHOLOGY, "What would help?")
        await ask_for_advice(tools, actor_for(worker), asked)
    clock.instant = datetime(2026, 4, 27, 9, 0, tzinfo=UTC)
    await send_due_chases(tools)


async def test_a_manager_is_told_on_their_home_sees_each_and_lets_them_go(
    sign_in, tools: Tools, clock: StandingClock
) -> None:
    await hold_ten(tools, clock)
    manager = await sign_in(Role.MANAGER)
    home = await manager.get("home")
    assert "Reminders to managers are held until Monday 27 April." in home.text
    page = await manager.get("held_escalations")
    assert "10 reminders to managers wait until the end of Monday 27 April" in page.text
    assert "5 working days after the due date, to the service’s manager" in page.text
    assert "Testwood" not in page.text
    page = await manager.post("hold_escalations_longer", {})
    assert page.banner == "Held until 28 April 2026"
    page = await manager.post("release_escalations", {})
    assert "Nothing is held" in page.text
    await manager.post("release_escalations", {}, status=422)


async def test_a_lead_worker_sees_it_and_has_no_buttons(sign_in, tools: Tools, clock: StandingClock) -> None:
    await hold_ten(tools, clock)
    page = await (await sign_in(Role.LEAD_WORKER)).get("held_escalations")
    assert "10 reminders" in page.text
    assert "Let them go now" not in page.text
