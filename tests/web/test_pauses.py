"""Pausing the reminders about a request, on its page."""

from coord_service.domain.advice import AdviceKind
from coord_service.domain.people import Role
from coord_service.operations.advice import AskForAdvice, ask_for_advice
from coord_service.operations.tools import Tools
from tests.builders import a_child, a_service, a_user, actor_for


async def test_a_pause_is_set_seen_and_ended_on_the_requests_page(sign_in, tools: Tools) -> None:
    worker, service = await a_user(tools), await a_service(tools)
    child = await a_child(tools, worker)
    asked = AskForAdvice(child.id, service.id, None, AdviceKind.PSYCHOLOGY, "What would help?")
    number = await ask_for_advice(tools, actor_for(worker), asked)
    browse = await sign_in(Role.LEAD_WORKER)
    page = await browse.get("pause_chasing_form", request_id=number)
    assert "The due date does not move" in page.text
    page = await browse.post("pause_chasing", {"until_on": "2026-02-01"}, request_id=number, status=422)
    assert "#reason" in page.errors
    wanted = {"until_on": "2026-03-20", "reason": "Their clinic moves house"}
    page = await browse.post("pause_chasing", wanted, request_id=number)
    assert "Reminders are paused until Friday 20 March; the due date does not move." in page.text
    page = await browse.post("resume_chasing", {}, request_id=number)
    assert page.banner == "Reminders go on"
    assert "Reminders are paused" not in page.text
