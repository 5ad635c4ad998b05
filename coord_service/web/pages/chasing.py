"""What the sweep of chases holds back, for a manager to let go or to hold longer; and pauses of one request."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.errors import InvalidForm
from coord_service.operations import chase_guard, chase_pauses
from coord_service.operations.advice_page import view_request
from coord_service.operations.chase_pauses import PauseChasing
from coord_service.operations.chase_plan import Planned
from coord_service.operations.history_lines import AUDIENCE_NAMES, say_step
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.paging import SIZE, Paging, page_number
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route
from coord_service.web.wording import say_date


async def held_escalations(request: web.Request) -> web.Response:
    """What is held, to whom it would go, and why it waits."""
    held = await chase_guard.view_held(request.app[TOOLS], actor_of(request))
    paging = Paging(request, page_number(request), len(held.chases))
    shown = held.chases[paging.offset : paging.offset + SIZE]
    return render(request, "settings/held.html", hold=held.hold, shown=shown, paging=paging, words=_words)


def _words(planned: Planned) -> str:
    """Which step it is, and whom it is for."""
    audience = AUDIENCE_NAMES.get(planned.owed.audience, planned.owed.audience)
    return f"{say_step(planned.step.step)}, to {audience}"


async def release_escalations(request: web.Request) -> web.Response:
    """Let it all go."""
    await chase_guard.release_escalations(request.app[TOOLS], actor_of(request))
    return see_other(request, "held_escalations", say="They go out within a quarter of an hour, in working hours")


async def hold_escalations_longer(request: web.Request) -> web.Response:
    """Hold it for another working day."""
    until_on = await chase_guard.hold_escalations_longer(request.app[TOOLS], actor_of(request))
    return see_other(request, "held_escalations", say=f"Held until {say_date(until_on)}")


async def pause_chasing_form(request: web.Request) -> web.Response:
    """Until when, and why."""
    return render(request, "advice/pause.html", form=Form(), **await _asked(request))


async def pause_chasing(request: web.Request) -> web.Response:
    """Remind nobody of a request for a while."""
    form, number = await read_form(request), int(request.match_info["request_id"])
    try:
        until_on = form.date("until_on", "The last day of the pause")
        pause = PauseChasing(number, until_on, form.text("reason", "Say why it is paused", limit=500))
        form.check()
        await chase_pauses.pause_chasing(request.app[TOOLS], actor_of(request), pause)
    except InvalidForm as error:
        return redisplay(request, "advice/pause.html", form, error, **await _asked(request))
    return see_other(request, "show_advice_request", say=f"Paused until {say_date(until_on)}", request_id=number)


async def _asked(request: web.Request) -> dict[str, Any]:
    view = await view_request(request.app[TOOLS], actor_of(request), int(request.match_info["request_id"]))
    return {"view": view, "asked": view.request, "child": view.request.child}


async def resume_chasing(request: web.Request) -> web.Response:
    """End a pause."""
    number = int(request.match_info["request_id"])
    await chase_pauses.resume_chasing(request.app[TOOLS], actor_of(request), number)
    return see_other(request, "show_advice_request", say="Reminders go on", request_id=number)


_SET = Permission.SET_RULES
_PAUSE = r"/advice/{request_id:\d{1,9}}/pause"

ROUTES = (
    Route("GET", "/chasing/held", "held_escalations", held_escalations, Permission.SEE_REPORTS),
    Route("POST", "/chasing/held/release", "release_escalations", release_escalations, _SET),
    Route("POST", "/chasing/held/longer", "hold_escalations_longer", hold_escalations_longer, _SET),
    Route("GET", _PAUSE, "pause_chasing_form", pause_chasing_form, Permission.ASK_FOR_ADVICE),
    Route("POST", _PAUSE, "pause_chasing", pause_chasing, Permission.ASK_FOR_ADVICE),
    Route("POST", f"{_PAUSE}/end", "resume_chasing", resume_chasing, Permission.ASK_FOR_ADVICE),
)
