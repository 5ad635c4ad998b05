"""The list of children, a new record, and corrections."""

from typing import Any

from aiohttp import web

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission
from coord_service.domain.children import PLAN_STATUS_NAMES, PlanStatus
from coord_service.domain.rooms import FEATURE_NAMES, RoomFeature
from coord_service.domain.searching import ChildFilter, search_words
from coord_service.errors import ChangedMeanwhile, InvalidForm
from coord_service.operations import around_child, cases
from coord_service.operations.cases import COUNTED_FROM, FACTS, ChildFacts
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.paging import Paging, page_number
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route
from coord_service.web.wording import say_date

PLANS = [(status, PLAN_STATUS_NAMES[status]) for status in PlanStatus]
_CHOICES: dict[str, Any] = {"plans": PLANS, "features": list(FEATURE_NAMES.items())}


async def children(request: web.Request) -> web.Response:
    """Children, one's own first; the filters stand in the address."""
    tools, actor, page = request.app[TOOLS], actor_of(request), page_number(request)
    form = Form.of(**{name: request.query.get(name, "") for name in ("q", "whose", "plan", "state")})
    rows, total = await around_child.list_children(tools, actor, _read_filter(form, actor.user_id), page)
    filtered = any(form.typed(name) for name in ("q", "whose", "plan", "state"))
    return render(
        request,
        "children/list.html",
        form=form,
        rows=rows,
        paging=Paging(request, page, total),
        plans=PLAN_STATUS_NAMES,
        filtered=filtered,
        today=day_in_london(tools.clock.now()),
    )


def _read_filter(form: Form, mine: int | None) -> ChildFilter:
    """What nobody can have chosen narrows nothing: an address is no form to be refused."""
    plan, state = form.typed("plan"), form.typed("state")
    return ChildFilter(
        lead_worker_id=mine if form.typed("whose") == "mine" else None,
        plan_status=PlanStatus(plan) if plan in set(PlanStatus) else None,
        is_open={"closed": False, "any": None}.get(state, True),
        words=search_words(form.typed("q")),
    )


async def add_child_form(request: web.Request) -> web.Response:
    """A new record."""
    actor = actor_of(request)
    return await _show_new(request, Form.of(plan_status=PlanStatus.SUPPORT, lead_worker_id=actor.user_id))


async def _show_new(request: web.Request, form: Form, error: InvalidForm | None = None) -> web.Response:
    facts: dict[str, Any] = {**_CHOICES, "lead_workers": await offer_lead_workers(request)}
    if error is not None:
        return redisplay(request, "children/add.html", form, error, **facts)
    return render(request, "children/add.html", form=form, **facts)


async def offer_lead_workers(request: web.Request) -> list[tuple[int, str]]:
    """Who may carry a child, to choose from."""
    users = await around_child.list_lead_workers(request.app[TOOLS], actor_of(request))
    return [(user.id, user.person.name) for user in users]


async def add_child(request: web.Request) -> web.Response:
    """Open the record."""
    form = await read_form(request)
    try:
        facts, lead_worker_id = _read_facts(form), form.id("lead_worker_id", "Choose a lead worker from the list")
        form.check()
        child_id = await cases.add_child(request.app[TOOLS], actor_of(request), facts, lead_worker_id)
    except InvalidForm as error:
        return await _show_new(request, form, error)
    return see_other(request, "show_child", say="Record opened. Add the team around the child", child_id=child_id)


def _read_facts(form: Form) -> ChildFacts:
    return ChildFacts(
        given_name=form.text("given_name", "Enter the first name", limit=100),
        family_name=form.text("family_name", "Enter the family name", limit=100),
        born_on=form.date("born_on", "Date of birth"),
        setting=form.optional_text("setting"),
        plan_status=form.choice("plan_status", PlanStatus, "Choose where the child stands"),
        assessment_requested_on=form.optional_date("assessment_requested_on", "Date of the request"),
        last_review_on=form.optional_date("last_review_on", "Date of the last review"),
        interpreter=form.optional_text("interpreter"),
        needs_advocate=form.flag("needs_advocate"),
        access_needs=[each.value for each in RoomFeature if each in form.all_typed("access_needs")],
    )


async def correct_child_form(request: web.Request) -> web.Response:
    """The record as it stands, to be put right."""
    overview = await around_child.load_overview(request.app[TOOLS], actor_of(request), child_id_of(request))
    child = overview.child
    known = {name: getattr(child, name) for name in FACTS} | {"needs_advocate": "yes" if child.needs_advocate else ""}
    form = Form.of(version=child.version, **known)
    return render(request, "children/correct.html", form=form, child=child, **_CHOICES)


async def correct_child(request: web.Request) -> web.Response:
    """Save the corrections; where somebody else was quicker, show both, field by field."""
    tools, actor, child_id = request.app[TOOLS], actor_of(request), child_id_of(request)
    form = await read_form(request)
    try:
        facts, version = _read_facts(form), form.whole_number("version", "Open this page again", most=10**9)
        form.check()
        await cases.correct_child(tools, actor, child_id, version, facts)
    except InvalidForm as error:
        child = (await around_child.load_overview(tools, actor, child_id)).child
        return redisplay(request, "children/correct.html", form, error, child=child, **_CHOICES)
    except ChangedMeanwhile:
        return await _show_both(request, form, facts)
    return see_other(request, "show_child", say="Record corrected", child_id=child_id)


async def _show_both(request: web.Request, form: Form, typed: ChildFacts) -> web.Response:
    """What was typed in the fields, what stands on the record now beside each; saving again is a decision."""
    tools, actor = request.app[TOOLS], actor_of(request)
    child = (await around_child.load_overview(tools, actor, child_id_of(request))).child
    for name in FACTS:
        is_asked = name not in COUNTED_FROM or getattr(typed, name) is not None
        if is_asked and getattr(child, name) != getattr(typed, name):
            form.refuse(name, f"Now on the record: {_say(getattr(child, name))}")
    form.values["version"] = str(child.version)
    entries, _ = await around_child.list_history(tools, actor, child.id, ("child",), 1)
    return render(request, "children/correct.html", status=409, form=form, child=child, changed=entries[0], **_CHOICES)


def _say(value: Any) -> str:
    if value is None or value == []:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(FEATURE_NAMES[RoomFeature(each)].lower() for each in value)
    if isinstance(value, PlanStatus):
        return PLAN_STATUS_NAMES[value]
    return value if isinstance(value, str) else say_date(value)


def child_id_of(request: web.Request) -> int:
    """The child that the address names."""
    return int(request.match_info["child_id"])


_ONE = r"/children/{child_id:\d{1,9}}"

ROUTES = (
    Route("GET", "/children", "children", children, Permission.SEE_CASES),
    Route("GET", "/children/add", "add_child_form", add_child_form, Permission.EDIT_CASES),
    Route("POST", "/children/add", "add_child", add_child, Permission.EDIT_CASES),
    Route("GET", f"{_ONE}/correct", "correct_child_form", correct_child_form, Permission.EDIT_CASES),
    Route("POST", f"{_ONE}/correct", "correct_child", correct_child, Permission.EDIT_CASES),
)
