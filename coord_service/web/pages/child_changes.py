"""What can happen to a record as a whole: closed, opened again, handed over, shielded. Each page says what follows."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.people import Role
from coord_service.errors import InvalidForm
from coord_service.operations import around_child, cases
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.child import head_of
from coord_service.web.pages.children import child_id_of, offer_lead_workers
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route


async def _facts(request: web.Request) -> dict[str, Any]:
    overview = await around_child.load_overview(request.app[TOOLS], actor_of(request), child_id_of(request))
    return head_of(request, overview)


async def close_child_form(request: web.Request) -> web.Response:
    """Why the record is closed, and what stays open."""
    return render(request, "children/close.html", form=Form(), **await _facts(request))


async def close_child(request: web.Request) -> web.Response:
    """Close the record."""
    form = await read_form(request)
    try:
        reason = form.long_text("reason", "Say why the record is closed", limit=1000)
        form.check()
        await cases.close_child(request.app[TOOLS], actor_of(request), child_id_of(request), reason)
    except InvalidForm as error:
        return redisplay(request, "children/close.html", form, error, **await _facts(request))
    say = "Record closed. It can be opened again"
    return see_other(request, "show_child", say=say, child_id=child_id_of(request))


async def reopen_child(request: web.Request) -> web.Response:
    """Open the record again."""
    await cases.reopen_child(request.app[TOOLS], actor_of(request), child_id_of(request))
    return see_other(request, "show_child", say="Record opened again", child_id=child_id_of(request))


async def hand_over_child_form(request: web.Request) -> web.Response:
    """To whom, and what will happen."""
    facts = await _hand_over_facts(request)
    return render(request, "children/hand_over.html", form=Form.of(version=facts["child"].version), **facts)


async def _hand_over_facts(request: web.Request) -> dict[str, Any]:
    facts = await _facts(request)
    tools, actor = request.app[TOOLS], actor_of(request)
    workers = [each for each in await offer_lead_workers(request) if each[0] != facts["child"].lead_worker_id]
    meetings = await around_child.list_meetings_to_pass(tools, actor, child_id_of(request))
    return {**facts, "lead_workers": workers, "meetings": meetings}


async def hand_over_child(request: web.Request) -> web.Response:
    """Pass the child on."""
    form = await read_form(request)
    try:
        to = form.id("lead_worker_id", "Choose a lead worker from the list")
        version = form.whole_number("version", "Open this page again", most=10**9)
        form.check()
        await cases.hand_over_child(request.app[TOOLS], actor_of(request), child_id_of(request), version, to)
    except InvalidForm as error:
        return redisplay(request, "children/hand_over.html", form, error, **await _hand_over_facts(request))
    say = "Handed over. The new lead worker is told on their home page"
    return see_other(request, "show_child", say=say, child_id=child_id_of(request))


async def shielding(request: web.Request) -> web.Response:
    """What shielding does, and the button that begins or ends it."""
    facts = await _facts(request)
    return render(request, "children/shielding.html", is_manager=actor_of(request).role is Role.MANAGER, **facts)


async def shield_child(request: web.Request) -> web.Response:
    """Begin the shielding."""
    await cases.shield_child(request.app[TOOLS], actor_of(request), child_id_of(request))
    say = "Shielded. From now on no mail says where people meet or who else comes"
    return see_other(request, "show_child", say=say, child_id=child_id_of(request))


async def unshield_child(request: web.Request) -> web.Response:
    """End the shielding."""
    await cases.unshield_child(request.app[TOOLS], actor_of(request), child_id_of(request))
    return see_other(request, "show_child", say="Shielding ended", child_id=child_id_of(request))


_ONE = r"/children/{child_id:\d{1,9}}"
_EDIT = Permission.EDIT_CASES

ROUTES = (
    Route("GET", f"{_ONE}/close", "close_child_form", close_child_form, _EDIT),
    Route("POST", f"{_ONE}/close", "close_child", close_child, _EDIT),
    Route("POST", f"{_ONE}/reopen", "reopen_child", reopen_child, _EDIT),
    Route("GET", f"{_ONE}/hand-over", "hand_over_child_form", hand_over_child_form, _EDIT),
    Route("POST", f"{_ONE}/hand-over", "hand_over_child", hand_over_child, _EDIT),
    Route("GET", f"{_ONE}/shielding", "shielding", shielding, _EDIT),
    Route("POST", f"{_ONE}/shielding/begin", "shield_child", shield_child, _EDIT),
    Route("POST", f"{_ONE}/shielding/end", "unshield_child", unshield_child, _EDIT),
)
