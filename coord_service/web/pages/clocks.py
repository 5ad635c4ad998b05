"""A child's clocks: what is done, due, late or lifted, with the law of each; and recording what happened."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.case_clocks import CaseClock, ClockState, clock_name
from coord_service.domain.case_steps import STATUS_AFTER, STEP_NAMES, CaseStep
from coord_service.domain.children import PLAN_STATUS_NAMES
from coord_service.errors import InvalidForm
from coord_service.operations import around_child, case_clocks, case_events
from coord_service.operations.case_events import RecordStep
from coord_service.operations.forecasts import view_child_forecasts
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.child import head_of
from coord_service.web.pages.children import child_id_of
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route
from coord_service.web.timeline_picture import draw_timeline

# What a state is called, and the look of its tag.
STATES = {
    ClockState.DONE: ("Done", "good"),
    ClockState.DONE_LATE: ("Done late", "warning"),
    ClockState.DUE: ("Due", "waiting"),
    ClockState.LATE: ("Late", "bad"),
    ClockState.LIFTED: ("Lifted by an exception", "info"),
    ClockState.VOID: ("Not needed", "waiting"),
    ClockState.UNRECORDED: ("Over: not on record when", "waiting"),
}
STEPS = [("", "Choose…"), *STEP_NAMES.items()]


async def child_clocks(request: web.Request) -> web.Response:
    """Every clock of the case, and what was recorded."""
    return await _show(request, Form())


async def _show(request: web.Request, form: Form, error: InvalidForm | None = None) -> web.Response:
    tools, actor, child_id = request.app[TOOLS], actor_of(request), child_id_of(request)
    view = await case_clocks.view_clocks(tools, actor, child_id)
    overview = await around_child.load_overview(tools, actor, child_id)
    forecasts = await view_child_forecasts(tools, actor, child_id)
    facts: dict[str, Any] = {
        "tab": "clocks",
        "view": view,
        "states": STATES,
        "picture": draw_timeline(view.clocks, view.today),
        "summary": _summary(view.clocks),
        "legend": _legend(view.clocks),
        "forecasts": forecasts,
        "clock_name": clock_name,
        "steps": STEPS,
        "step_names": STEP_NAMES,
        "recorded": [[each.what, each.happened_on] for each in view.events if each.withdrawn_at is None],
        **head_of(request, overview),
    }
    if error is not None:
        return redisplay(request, "children/clocks.html", form, error, **facts)
    return render(request, "children/clocks.html", form=form, **facts)


def _legend(clocks: Sequence[CaseClock]) -> list[ClockState]:
    """The marks that the picture uses, for the key beneath it."""
    used = {clock.state for clock in clocks}
    return [state for state in STATES if state in used]


def _summary(clocks: Sequence[CaseClock]) -> str:
    """The picture in a sentence, for whoever does not see it."""
    counts = Counter(clock.state for clock in clocks)
    said = [f"{counts[state]} {words.lower()}" for state, (words, _) in STATES.items() if counts[state]]
    return f"{', '.join(said).capitalize()}."


async def record_step(request: web.Request) -> web.Response:
    """Put a step on record."""
    form = await read_form(request)
    try:
        step = RecordStep(
            child_id=child_id_of(request),
            what=form.choice("what", CaseStep, "Choose what happened"),
            on=form.date("on", "The day on which it happened"),
            note=form.optional_text("note"),
        )
        form.check()
        await case_events.record_step(request.app[TOOLS], actor_of(request), step)
    except InvalidForm as error:
        return await _show(request, form, error)
    status = STATUS_AFTER.get(step.what)
    say = f"Recorded: {STEP_NAMES[step.what]}"
    if status is not None:
        say += f". The record says “{PLAN_STATUS_NAMES[status]}” from then on, unless something later stands there"
    return see_other(request, "child_clocks", say=say, child_id=step.child_id)


async def withdraw_step_form(request: web.Request) -> web.Response:
    """Why a step was a mistake."""
    return render(request, "children/withdraw_step.html", form=Form(), **await _step_facts(request))


async def _step_facts(request: web.Request) -> dict[str, Any]:
    tools, actor = request.app[TOOLS], actor_of(request)
    event = await case_events.load_step(tools, actor, _event_id_of(request))
    overview = await around_child.load_overview(tools, actor, event.child_id)
    return {"event": event, "step_names": STEP_NAMES, **head_of(request, overview)}


def _event_id_of(request: web.Request) -> int:
    return int(request.match_info["event_id"])


async def withdraw_step(request: web.Request) -> web.Response:
    """Take a step back."""
    form = await read_form(request)
    try:
        reason = form.long_text("reason", "Say why it was a mistake", limit=1000)
        form.check()
        child_id = await case_events.withdraw_step(request.app[TOOLS], actor_of(request), _event_id_of(request), reason)
    except InvalidForm as error:
        return redisplay(request, "children/withdraw_step.html", form, error, **await _step_facts(request))
    return see_other(request, "child_clocks", say="Taken back. Its clocks run again", child_id=child_id)


_ONE = r"/children/{child_id:\d{1,9}}/clocks"
_EVENT = r"/case-events/{event_id:\d{1,9}}"

ROUTES = (
    Route("GET", _ONE, "child_clocks", child_clocks, Permission.SEE_CASES),
    Route("POST", _ONE, "record_step", record_step, Permission.EDIT_CASES),
    Route("GET", f"{_EVENT}/withdraw", "withdraw_step_form", withdraw_step_form, Permission.EDIT_CASES),
    Route("POST", f"{_EVENT}/withdraw", "withdraw_step", withdraw_step, Permission.EDIT_CASES),
)
