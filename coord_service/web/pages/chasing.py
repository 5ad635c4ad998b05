"""What the sweep of chases holds back, for a manager to let go or to hold longer."""

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.operations import chase_guard
from coord_service.operations.chase_plan import Planned
from coord_service.operations.history_lines import AUDIENCE_NAMES, say_step
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


_SET = Permission.SET_RULES

ROUTES = (
    Route("GET", "/chasing/held", "held_escalations", held_escalations, Permission.SEE_REPORTS),
    Route("POST", "/chasing/held/release", "release_escalations", release_escalations, _SET),
    Route("POST", "/chasing/held/longer", "hold_escalations_longer", hold_escalations_longer, _SET),
)
