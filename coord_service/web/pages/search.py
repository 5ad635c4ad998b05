"""The search box's page: children, people and meetings by any part of a name, a reference or a day."""

from aiohttp import web

from coord_service.domain.access import Permission, may
from coord_service.domain.meetings import PURPOSE_NAMES
from coord_service.domain.searching import is_misread_reference, reference_meant
from coord_service.operations.search import SHOWN, SHOWN_ALL, search
from coord_service.web.forms import Form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route


async def show_search(request: web.Request) -> web.Response:
    """What was found; a whole reference leads straight to its child."""
    actor, typed = actor_of(request), request.query.get("q", "").strip()
    all_meetings = request.query.get("show") == "meetings"
    found = await search(request.app[TOOLS], actor, typed, all_meetings=all_meetings)
    if found.child_id is not None:
        return see_other(request, "show_child", child_id=found.child_id)
    reference = reference_meant(typed)
    return render(
        request,
        "search/found.html",
        form=Form.of(q=typed),
        typed=typed,
        found=found,
        misread=reference if reference and is_misread_reference(reference) else None,
        purposes=PURPOSE_NAMES,
        shown=SHOWN,
        shown_all=SHOWN_ALL,
        sees_cases=may(actor, Permission.SEE_CASES),
    )


ROUTES = (Route("GET", "/search", "search", show_search, Permission.SIGNED_IN),)
