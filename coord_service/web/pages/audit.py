"""The audit: everything that was changed, by whom and when."""

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.history_words import say_done
from coord_service.operations.audit_trail import TrailFilter, view_trail
from coord_service.web.forms import Form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.paging import SIZE, Paging, page_number
from coord_service.web.rendering import render
from coord_service.web.routing import Route

ACTORS = {"user": "Staff", "link": "People with a personal link", "job": "The service itself"}
PERIODS = {"1": "Today", "7": "The last 7 days", "30": "The last 30 days"}

# The page of a record and what its address calls the id, by the type that entries name; who may open it.
PAGES = {
    "child": ("show_child", "child_id", Permission.SEE_CASES),
    "meeting": ("show_meeting", "meeting_id", Permission.SEE_CASES),
    "advice_request": ("show_advice_request", "request_id", Permission.SEE_CASES),
    "action": ("show_action", "action_id", Permission.SEE_CASES),
    "person": ("show_person", "person_id", Permission.EDIT_PEOPLE),
    "service": ("show_service", "service_id", Permission.EDIT_PEOPLE),
    "user": ("user", "user_id", Permission.EDIT_USERS),
    "place": ("show_place", "place_id", Permission.SET_RULES),
    "quorum": ("change_quorum_form", "setting_id", Permission.SET_RULES),
}


async def audit(request: web.Request) -> web.Response:
    """A page of entries, the newest first, with filters in the address."""
    number = page_number(request)
    trail = await view_trail(request.app[TOOLS], actor_of(request), _read_filter(request), (SIZE, (number - 1) * SIZE))
    return render(
        request,
        "audit/list.html",
        form=Form.of(**{name: request.query.get(name, "") for name in ("ref", "user", "by", "type", "days")}),
        trail=trail,
        paging=Paging(request, number, trail.total),
        is_narrowed=any(request.query.get(name) for name in ("ref", "user", "by", "type", "days")),
        actors=ACTORS,
        periods=PERIODS,
        pages=PAGES,
        choices=[(each, each.replace("_", " ").capitalize()) for each in trail.record_types],
        done=say_done,
    )


def _read_filter(request: web.Request) -> TrailFilter:
    query = request.query
    user, days, by = query.get("user", ""), query.get("days", ""), query.get("by", "")
    return TrailFilter(
        reference=query.get("ref", "")[:20],
        user_id=int(user) if user.isascii() and user.isdigit() and len(user) < 10 else None,
        actor_kind=by if by in ACTORS else None,
        record_type=query.get("type", "")[:50] or None,
        days=int(days) if days in PERIODS else None,
    )


ROUTES = (Route("GET", "/audit", "audit", audit, Permission.SEE_AUDIT),)
