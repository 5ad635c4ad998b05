"""Correcting the day of a step: what hangs from it, the day that is right, and why the record was wrong."""

from datetime import date
from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.case_clocks import started_by
from coord_service.domain.case_steps import STEP_NAMES, CaseStep
from coord_service.errors import InvalidForm, NotFound
from coord_service.operations import around_child, case_clocks, date_corrections
from coord_service.operations.date_corrections import CorrectDate
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.child import head_of
from coord_service.web.pages.children import child_id_of
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route


def _step_of(request: web.Request) -> tuple[CaseStep, date]:
    try:
        return CaseStep(request.match_info["what"]), date.fromisoformat(request.match_info["on"])
    except ValueError as error:
        raise NotFound("There is no such date on record.") from error


async def correct_date_form(request: web.Request) -> web.Response:
    """The date as it stands, with what is counted from it."""
    _, on = _step_of(request)
    return render(request, "children/correct_date.html", form=Form.of(is_on=on), **await _facts(request))


async def _facts(request: web.Request) -> dict[str, Any]:
    tools, actor, (what, on) = request.app[TOOLS], actor_of(request), _step_of(request)
    view = await case_clocks.view_clocks(tools, actor, child_id_of(request))
    ids = started_by(tools.rulebook.clock_laws, what)
    hanging = [each for each in view.clocks if each.start_on == on and each.limit.id in ids]
    overview = await around_child.load_overview(tools, actor, child_id_of(request))
    return {"what": what, "on": on, "name": STEP_NAMES[what], "hanging": hanging, **head_of(request, overview)}


async def correct_date(request: web.Request) -> web.Response:
    """Put the date right."""
    form, (what, on) = await read_form(request), _step_of(request)
    never = form.flag("never")
    try:
        right = None if never else form.date("is_on", "The right date")
        wanted = CorrectDate(
            child_id=child_id_of(request),
            what=what,
            was_on=on,
            is_on=right,
            reason=form.long_text("reason", "Say why the date was wrong", limit=1000),
        )
        form.check()
        await date_corrections.correct_date(request.app[TOOLS], actor_of(request), wanted)
    except InvalidForm as error:
        return redisplay(request, "children/correct_date.html", form, error, **await _facts(request))
    say = "Date corrected. Every limit that is counted from it was counted again"
    return see_other(request, "child_clocks", say=say, child_id=wanted.child_id)


_ONE = r"/children/{child_id:\d{1,9}}/dates/{what:[a-z0-9_]{1,30}}/{on:[0-9-]{1,10}}/correct"

ROUTES = (
    Route("GET", _ONE, "correct_date_form", correct_date_form, Permission.EDIT_CASES),
    Route("POST", _ONE, "correct_date", correct_date, Permission.EDIT_CASES),
)
