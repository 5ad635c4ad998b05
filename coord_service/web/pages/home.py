"""Home: what needs a lead worker, each row one click from its cure; a manager's and an administrator's own."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.figures import DEFINITIONS, FIGURE_NAMES, Figure
from coord_service.domain.needs import GROUP_NAMES, NeedGroup, NeedKind
from coord_service.domain.people import Role
from coord_service.errors import NotFound
from coord_service.operations.case_needs import Need
from coord_service.operations.forecasts import view_forecasts
from coord_service.operations.home import Group, Needs, view_needs, view_oversight, view_post_health
from coord_service.web.charts import draw_trend
from coord_service.web.identity import actor_of
from coord_service.web.keys import TABLE, TOOLS
from coord_service.web.paging import SIZE, Paging, page_number
from coord_service.web.rendering import render
from coord_service.web.routing import Route

SHOWN = 10  # rows of a group before "all of them"

# The page of a record, and what its address calls the id.
_PAGES = {
    "meeting": ("show_meeting", "meeting_id"),
    "advice": ("show_advice_request", "request_id"),
    "action": ("show_action", "action_id"),
    "child": ("show_child", "child_id"),
    "draft": ("booking", "draft_id"),
    "poll": ("show_poll", "draft_id"),
    "mail": ("show_mail", "mail_id"),
}

# What the button says, and where it leads if not to the record's own page.
_CURES: dict[NeedKind, tuple[str, str]] = {
    NeedKind.MEETING_SOON: ("Open the meeting", ""),
    NeedKind.MEETING_UNRECORDED: ("Record who came", "hold_meeting"),
    NeedKind.CALL_OWED: ("Log a call", "child_contacts"),
    NeedKind.CALL_SILENT: ("Log a call", "child_contacts"),
    NeedKind.REFUSED: ("Find another time", "find_new_time"),
    NeedKind.PROPOSED: ("Decide", ""),
    NeedKind.CHANGED_THERE: ("Decide", ""),
    NeedKind.POLL_OVER: ("Choose a time", ""),
    NeedKind.STRANGER: ("Decide", ""),
    NeedKind.DELEGATE: ("Decide", ""),
    NeedKind.DOUBTFUL: ("Decide", ""),
    NeedKind.MAIL: ("Read and decide", ""),
    NeedKind.ADVICE_PROBLEM: ("Decide", ""),
    NeedKind.ADVICE_UNCHECKED: ("Check the advice", ""),
    NeedKind.ACTION_NOT_MINE: ("Choose the owner", ""),
    NeedKind.UNDELIVERED: ("Put it right", ""),
    NeedKind.ADVICE_LATE: ("Open the request", ""),
    NeedKind.ADVICE_PROMISED: ("Open the request", ""),
    NeedKind.ACTION_MINE: ("Open the action", ""),
    NeedKind.ACTION_LATE: ("Open the action", ""),
    NeedKind.LIMIT: ("Open its clocks", "child_clocks"),
    NeedKind.LIMIT_FORECAST: ("Open its clocks", "child_clocks"),
    NeedKind.LIMIT_MISSED: ("Record what happened", "child_clocks"),
    NeedKind.REVIEW: ("Book the review", "start_booking_form"),
    NeedKind.TAC: ("Book a meeting", "start_booking_form"),
    NeedKind.POLL_OPEN: ("See the answers", ""),
    NeedKind.DRAFT: ("Go on booking", ""),
    NeedKind.HANDED_OVER: ("Open the case", ""),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A need with the words and the address of its button."""

    need: Need
    button: str
    href: str


@dataclass(frozen=True, slots=True)
class Section:
    """A group as the page shows it: some of its rows, and how many there are."""

    key: str
    name: str
    rows: list[Row]
    total: int


async def home(request: web.Request) -> web.Response:
    """The first page, by what the reader does."""
    role = actor_of(request).role
    if role is Role.MANAGER:
        return await _managers_home(request)
    if role is Role.ADMINISTRATOR:
        health = await view_post_health(request.app[TOOLS], actor_of(request))
        return render(request, "home/administrator.html", health=health)
    return await needs(request)


async def needs(request: web.Request) -> web.Response:
    """What needs the reader as a lead worker."""
    found = await view_needs(request.app[TOOLS], actor_of(request))
    sections = [_section(request, group, group.needs[:SHOWN]) for group in found.groups]
    return render(request, "home/needs.html", sections=sections, total=found.total, week=_week(request, found))


def _week(request: web.Request, found: Needs) -> list[Row]:
    return [_row(request, need) for need in found.week]


async def needs_of_group(request: web.Request) -> web.Response:
    """Every row of one group, a page at a time."""
    if (typed := request.match_info["group"]) not in set(NeedGroup):
        raise NotFound("There is no such list.")
    chosen = NeedGroup(typed)
    found = await view_needs(request.app[TOOLS], actor_of(request))
    group = next((each for each in found.groups if each.group is chosen), Group(chosen, ()))
    paging = Paging(request, page_number(request), len(group.needs))
    if paging.number > paging.last:
        raise NotFound("The list has no such page.")
    section = _section(request, group, group.needs[paging.offset : paging.offset + SIZE])
    return render(request, "home/group.html", section=section, paging=paging)


def _section(request: web.Request, group: Group, shown: Sequence[Need]) -> Section:
    rows = [_row(request, need) for need in shown]
    return Section(group.group.value, GROUP_NAMES[group.group], rows, len(group.needs))


def _row(request: web.Request, need: Need) -> Row:
    page, name = _PAGES[need.record[0]]
    button, elsewhere = _CURES[need.kind]
    return Row(need, button, request.app[TABLE].url(elsewhere or page, **{name: need.record[1]}))


async def _managers_home(request: web.Request) -> web.Response:
    found = await view_oversight(request.app[TOOLS], actor_of(request))
    return render(
        request,
        "home/manager.html",
        oversight=found,
        forecast=await view_forecasts(request.app[TOOLS], actor_of(request)),
        report=found.report,
        trend=draw_trend(found.report.months, "Percent of advice on time, by the month in which it fell due"),
        names=FIGURE_NAMES,
        definitions=DEFINITIONS,
        figures=Figure,
    )


ROUTES = (
    Route("GET", "/", "home", home, Permission.SIGNED_IN),
    Route("GET", "/needs", "needs", needs, Permission.SEE_CASES),
    Route("GET", r"/needs/{group:\w{1,20}}", "needs_of_group", needs_of_group, Permission.SEE_CASES),
)
