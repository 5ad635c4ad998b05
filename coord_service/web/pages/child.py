"""The pages about one child: team, meetings, advice, actions, contacts, history."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission
from coord_service.domain.advice import ADVICE_KIND_NAMES
from coord_service.domain.children import PLAN_STATUS_NAMES, SHARING_NAMES, age_on, school_year
from coord_service.domain.history_words import say_change
from coord_service.domain.meetings import PURPOSE_NAMES
from coord_service.domain.people import SECTOR_NAMES, Sector
from coord_service.domain.team import STANDING_NAMES, Standing
from coord_service.errors import InvalidForm
from coord_service.operations import around_child, contacts
from coord_service.operations.around_child import Member, Overview, Team
from coord_service.operations.contacts import ContactKind, LogContact
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.children import child_id_of
from coord_service.web.paging import Paging, page_number
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route
from coord_service.web.team_picture import CHILD_RADIUS, Figure, draw_team, fit
from coord_service.web.wording import say_plural

CONTACT_KINDS = [
    (ContactKind.CALL, "Call"),
    (ContactKind.TALK, "Talk"),
    (ContactKind.VISIT, "Visit"),
    (ContactKind.MAIL, "Mail"),
]
CONTACT_KIND_NAMES = dict(CONTACT_KINDS)
SOMEBODY_ELSE = 0  # no person has this id

# The filter of the history: what it says, and the kinds of record it stands for.
HISTORY_KINDS = {
    "record": ("The record", ("child",)),
    "team": ("Team", ("membership",)),
    "meetings": ("Meetings", ("meeting", "attendee")),
    "advice": ("Advice", ("advice_request", "document")),
    "actions": ("Actions", ("action",)),
    "clocks": ("Clocks", ("case_event", "clock_exception", "delay_reason")),
    "contacts": ("Contacts", ("contact",)),
}


def head_of(request: web.Request, overview: Overview) -> dict[str, Any]:
    """What the top of every page about a child shows."""
    child, today = overview.child, day_in_london(request.app[TOOLS].clock.now())
    return {
        "child": child,
        "open": overview.open,
        "age": age_on(child.born_on, today),
        "year_group": say_year(school_year(child.born_on, today)),
        "plan_names": PLAN_STATUS_NAMES,
        "today": today,
    }


def say_year(year: int) -> str:
    """A national curriculum year as schools say it."""
    if year < 0:
        return "below school age" if year < -1 else "Nursery"
    if year > 13:
        return "after Year 13"
    return f"Year {year}" if year else "Reception"


async def _head(request: web.Request) -> dict[str, Any]:
    return head_of(
        request, await around_child.load_overview(request.app[TOOLS], actor_of(request), child_id_of(request))
    )


async def show_child(request: web.Request) -> web.Response:
    """The child and the team, as a picture and as a table."""
    head = await _head(request)
    team = await around_child.load_team(request.app[TOOLS], actor_of(request), child_id_of(request))
    return render(
        request,
        "children/show.html",
        tab="team",
        form=Form.of(kind=ContactKind.CALL),
        team=team,
        picture=draw_team(_figures(team, head)),
        child_name=fit(head["child"].given_name, CHILD_RADIUS * 1.7, 17),
        description=_describe(team),
        has_lead=_has_lead(team, head["child"]),
        legend=_legend(team),
        whom=_offer_members(team),
        kinds=CONTACT_KINDS,
        standing_names=STANDING_NAMES,
        sector_names=SECTOR_NAMES,
        sharing_names=SHARING_NAMES,
        **head,
    )


def _figures(team: Team, head: dict[str, Any]) -> list[Figure]:
    """The members in the order of the table, and the lead worker, who needs no place in the team to be in it."""
    figures = [_figure(each) for each in team.members]
    if not _has_lead(team, head["child"]):
        lead = head["child"].lead_worker
        figures.insert(0, Figure(Sector.COUNCIL, lead.person.name, "Lead worker", Standing.CLEAR))
    return figures


def _has_lead(team: Team, child: Any) -> bool:
    """Whether the lead worker has a place in the team of their own."""
    return any(each.membership.person_id == child.lead_worker.person_id for each in team.members)


def _figure(member: Member) -> Figure:
    place, first = member.membership, member.standings[0]
    said = "" if first is Standing.CLEAR else f"{STANDING_NAMES[first]} · "
    optional = "" if place.is_required else " (optional)"
    return Figure(place.sector, place.person.name, f"{said}{place.role}{optional}", first)


def _describe(team: Team) -> str:
    """The picture in a sentence, for whoever does not see it."""
    counts = {standing: sum(standing in each.standings for each in team.members) for standing in Standing}
    said = [f"{count} {STANDING_NAMES[standing].lower()}" for standing, count in counts.items() if count]
    return f"{say_plural(len(team.members), 'person', 'people')}: {', '.join(said)}." if said else "Nobody yet."


def _legend(team: Team) -> Sequence[Standing]:
    """The marks that the picture uses, for the key beneath it."""
    used = {each.standings[0] for each in team.members} | {Standing.CLEAR}
    return [standing for standing in Standing if standing in used]


def _offer_members(team: Team) -> list[tuple[int | str, str]]:
    """Whom a call can be with, the family first; nobody is chosen, as a slip would say that the family was rung."""
    places = [each.membership for each in team.members]
    places.sort(key=lambda place: (place.sector is not Sector.FAMILY, place.person.name))
    members = [(place.person_id, f"{place.person.name}, {place.role}") for place in places]
    return [("", "Choose…"), *members, (SOMEBODY_ELSE, "Somebody else")]


async def child_meetings(request: web.Request) -> web.Response:
    """The child's meetings, past and to come."""
    tools, actor, page = request.app[TOOLS], actor_of(request), page_number(request)
    rows, total = await around_child.list_child_meetings(tools, actor, child_id_of(request), page)
    facts: dict[str, Any] = {"rows": rows, "paging": Paging(request, page, total), "purposes": PURPOSE_NAMES}
    return render(request, "children/meetings.html", tab="meetings", **facts, **await _head(request))


async def child_advice(request: web.Request) -> web.Response:
    """What was asked about the child, of whom, and by when."""
    tools, actor, page = request.app[TOOLS], actor_of(request), page_number(request)
    rows, total = await around_child.list_child_advice(tools, actor, child_id_of(request), page)
    facts: dict[str, Any] = {"rows": rows, "paging": Paging(request, page, total), "kind_names": ADVICE_KIND_NAMES}
    return render(request, "children/advice.html", tab="advice", **facts, **await _head(request))


async def child_actions(request: web.Request) -> web.Response:
    """What people undertook for the child."""
    tools, actor, page = request.app[TOOLS], actor_of(request), page_number(request)
    rows, total = await around_child.list_child_actions(tools, actor, child_id_of(request), page)
    facts: dict[str, Any] = {"rows": rows, "paging": Paging(request, page, total)}
    return render(request, "children/actions.html", tab="actions", **facts, **await _head(request))


async def child_contacts(request: web.Request) -> web.Response:
    """What was said about the child, with the form to log more."""
    return await _show_contacts(request, Form.of(kind=ContactKind.CALL))


async def _show_contacts(request: web.Request, form: Form, error: InvalidForm | None = None) -> web.Response:
    tools, actor, page = request.app[TOOLS], actor_of(request), page_number(request)
    rows, total = await around_child.list_contacts(tools, actor, child_id_of(request), page)
    team = await around_child.load_team(tools, actor, child_id_of(request))
    facts: dict[str, Any] = {
        "tab": "contacts",
        "rows": rows,
        "paging": Paging(request, page, total),
        "whom": _offer_members(team),
        "kinds": CONTACT_KINDS,
        "kind_names": CONTACT_KIND_NAMES,
        **await _head(request),
    }
    if error is not None:
        return redisplay(request, "children/contacts.html", form, error, **facts)
    return render(request, "children/contacts.html", form=form, **facts)


async def log_contact(request: web.Request) -> web.Response:
    """Keep what was said."""
    form = await read_form(request)
    try:
        asked = LogContact(
            child_id=child_id_of(request),
            person_id=form.id("person_id", "Choose whom you spoke with") or None,
            kind=form.choice("kind", ContactKind, "Choose how you spoke"),
            note=form.long_text("note", "Write what was said, in a few words", limit=4000),
        )
        form.check()
        await contacts.log_contact(request.app[TOOLS], actor_of(request), asked)
    except InvalidForm as error:
        return await _show_contacts(request, form, error)
    say = f"{CONTACT_KIND_NAMES[asked.kind]} logged"
    return see_other(request, "child_contacts", say=say, child_id=asked.child_id)


async def child_history(request: web.Request) -> web.Response:
    """Everything that was done about the child, by whom and when."""
    tools, actor, page = request.app[TOOLS], actor_of(request), page_number(request)
    chosen = request.query.get("kind", "")
    kinds = HISTORY_KINDS[chosen][1] if chosen in HISTORY_KINDS else ()
    rows, total = await around_child.list_history(tools, actor, child_id_of(request), kinds, page)
    facts: dict[str, Any] = {
        "rows": rows,
        "paging": Paging(request, page, total),
        "form": Form.of(kind=chosen),
        "kinds": [("", "Everything"), *((key, words) for key, (words, _) in HISTORY_KINDS.items())],
        "said": say_change,
        "staff": await around_child.list_staff_names(tools, actor),
    }
    return render(request, "children/history.html", tab="history", **facts, **await _head(request))


_ONE = r"/children/{child_id:\d{1,9}}"

ROUTES = (
    Route("GET", _ONE, "show_child", show_child, Permission.SEE_CASES),
    Route("GET", f"{_ONE}/meetings", "child_meetings", child_meetings, Permission.SEE_CASES),
    Route("GET", f"{_ONE}/advice", "child_advice", child_advice, Permission.SEE_CASES),
    Route("GET", f"{_ONE}/actions", "child_actions", child_actions, Permission.SEE_CASES),
    Route("GET", f"{_ONE}/contacts", "child_contacts", child_contacts, Permission.SEE_CASES),
    Route("POST", f"{_ONE}/contacts", "log_contact", log_contact, Permission.EDIT_CASES),
    Route("GET", f"{_ONE}/history", "child_history", child_history, Permission.SEE_CASES),
)
