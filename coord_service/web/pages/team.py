"""Adding somebody to a team: search first, then a place; changing a place, and ending it."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.addressing import address_warning
from coord_service.domain.children import SHARING_NAMES, Sharing
from coord_service.domain.people import PersonKind
from coord_service.domain.searching import PersonFilter, search_words
from coord_service.errors import InvalidForm
from coord_service.operations import around_child, people, services, teams
from coord_service.operations.people import NewPerson, PersonFacts
from coord_service.operations.teams import Place
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.children import child_id_of
from coord_service.web.paging import Paging, page_number
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

SHARINGS = [
    (Sharing.AGREED, SHARING_NAMES[Sharing.AGREED], "They are told what the team needs to know"),
    (Sharing.NOT_ASKED, SHARING_NAMES[Sharing.NOT_ASKED], "They can be invited. Ask the family before you send papers"),
    (Sharing.REFUSED, SHARING_NAMES[Sharing.REFUSED], "Every step of a booking reminds you of it"),
]
NEEDED = [("yes", "Required", "A meeting is only offered when they can come"), ("no", "Optional", "")]


async def _child(request: web.Request) -> Any:
    tools, actor = request.app[TOOLS], actor_of(request)
    return (await around_child.load_overview(tools, actor, child_id_of(request))).child


async def add_to_team_form(request: web.Request) -> web.Response:
    """Search first: who is on our records already, with where they work and the teams they are in."""
    tools, actor, page = request.app[TOOLS], actor_of(request), page_number(request)
    typed = request.query.get("q", "")
    words = search_words(typed)
    rows, total = await people.list_people(tools, actor, PersonFilter(words=words), page) if words else ((), 0)
    team = await around_child.load_team(tools, actor, child_id_of(request))
    return render(
        request,
        "team/search.html",
        form=Form.of(q=typed),
        child=await _child(request),
        rows=rows,
        teams=await people.list_teams(tools, actor, [each.id for each in rows]),
        present={each.membership.person_id for each in team.members},
        paging=Paging(request, page, total),
        searched=bool(words),
    )


async def add_known_form(request: web.Request) -> web.Response:
    """A place for somebody we know."""
    return await _show_known(request, None)


async def _show_known(request: web.Request, refused: tuple[Form, InvalidForm] | None) -> web.Response:
    tools, actor = request.app[TOOLS], actor_of(request)
    card = await people.load_person_card(tools, actor, _person_id(request))
    person, is_professional = card.person, card.person.kind is PersonKind.PROFESSIONAL
    facts: dict[str, Any] = {
        "child": await _child(request),
        "person": person,
        "warning": address_warning(person.email, is_professional=is_professional),
        "is_family": person.kind is PersonKind.FAMILY,
        "sharings": SHARINGS,
        "needed": NEEDED,
    }
    if refused:
        return redisplay(request, "team/add_known.html", *refused, **facts)
    form = Form.of(role=person.job_title, is_required="yes", sharing=Sharing.NOT_ASKED)
    return render(request, "team/add_known.html", form=form, **facts)


async def add_to_team(request: web.Request) -> web.Response:
    """Give them the place."""
    form = await read_form(request)
    try:
        place = _read_place(form)
        form.check()
        await teams.add_to_team(request.app[TOOLS], actor_of(request), child_id_of(request), _person_id(request), place)
    except InvalidForm as error:
        return await _show_known(request, (form, error))
    return see_other(request, "show_child", say="Added to the team", child_id=child_id_of(request))


def _read_place(form: Form) -> Place:
    return Place(
        role=form.text("role", "Enter their role in the team", limit=100),
        is_required=form.typed("is_required") != "no",
        sharing=form.choice("sharing", Sharing, "Choose what the family has said"),
        sharing_on=form.optional_date("sharing_on", "The day the family was asked"),
    )


async def add_new_member_form(request: web.Request) -> web.Response:
    """Somebody new: a professional, or one of the family."""
    asked = {"name": request.query.get("q", ""), "email": request.query.get("email", "")[:254]}
    form = Form.of(is_required="yes", sharing=Sharing.NOT_ASKED, **asked)
    return await _show_new(request, form)


async def _show_new(request: web.Request, form: Form, error: InvalidForm | None = None) -> web.Response:
    tools, actor, kind = request.app[TOOLS], actor_of(request), _kind(request)
    likely = await people.list_likely_same(tools, actor, _new_person(form, kind)) if error else ()
    facts: dict[str, Any] = {
        "child": await _child(request),
        "is_family": kind is PersonKind.FAMILY,
        "services": await offer_services(request),
        "likely": likely,
        "teams": await people.list_teams(tools, actor, [each.id for each in likely]),
        "sharings": SHARINGS,
        "needed": NEEDED,
    }
    if error is not None:
        return redisplay(request, "team/add_new.html", form, error, **facts)
    return render(request, "team/add_new.html", form=form, **facts)


async def offer_services(request: web.Request) -> list[tuple[int | str, str]]:
    """Every service to choose from, with its agency."""
    found = await services.list_all_services(request.app[TOOLS], actor_of(request))
    return [("", "Choose…"), *((each.id, f"{each.name}, {each.agency.name}") for each in found)]


async def add_new_member(request: web.Request) -> web.Response:
    """Enter them, and give them the place."""
    form = await read_form(request)
    kind = _kind(request)
    try:
        new = _read_new(form, kind)
        place = _read_place(form)
        form.check()
        await teams.add_new_member(request.app[TOOLS], actor_of(request), child_id_of(request), new, place)
    except InvalidForm as error:
        return await _show_new(request, form, error)
    return see_other(request, "show_child", say="Added to the team", child_id=child_id_of(request))


def _read_new(form: Form, kind: PersonKind) -> NewPerson:
    form.text("name", "Enter their name", limit=100)
    if kind is PersonKind.FAMILY:
        form.optional_email("email")
    else:
        form.id("service_id", "Choose the service they work in")
        form.email("email", "Enter their e-mail address at work: invitations and requests go there")
    form.optional_text("phone", limit=40)
    return _new_person(form, kind)


def _new_person(form: Form, kind: PersonKind) -> NewPerson:
    """What was typed as it stands: also from a form that is refused, to look for who it may be."""
    is_family = kind is PersonKind.FAMILY
    facts = PersonFacts(
        name=form.typed("name").replace("\0", " ")[:100],
        email=form.typed("email").replace("\0", "").strip()[:254] or None,
        phone=form.typed("phone").strip() or None,
        job_title=None if is_family else form.typed("role").strip() or None,
        service_id=None if is_family else form.optional_id("service_id"),
    )
    return NewPerson(kind, facts, is_somebody_else=form.flag("is_somebody_else"))


async def change_membership_form(request: web.Request) -> web.Response:
    """The place as it is."""
    return await _show_place(request)


async def _show_place(request: web.Request, form: Form | None = None, error: InvalidForm | None = None) -> web.Response:
    seat = await teams.load_seat(request.app[TOOLS], actor_of(request), _membership_id(request))
    place = seat.membership
    filled = Form.of(
        role=place.role,
        is_required="yes" if place.is_required else "no",
        sharing=place.sharing,
        sharing_on=place.sharing_on,
    )
    facts: dict[str, Any] = {"seat": seat, "child": seat.child, "sharings": SHARINGS, "needed": NEEDED}
    if form is not None and error is not None:
        form.values.extend({name: value for name, value in filled.values.items() if "reason" in form.values})
        return redisplay(request, "team/change.html", form, error, **facts)
    return render(request, "team/change.html", form=filled, **facts)


async def change_membership(request: web.Request) -> web.Response:
    """Save the place."""
    form = await read_form(request)
    try:
        place = _read_place(form)
        form.check()
        child_id = await teams.change_membership(request.app[TOOLS], actor_of(request), _membership_id(request), place)
    except InvalidForm as error:
        return await _show_place(request, form, error)
    return see_other(request, "show_child", say="Place in the team changed", child_id=child_id)


async def end_membership(request: web.Request) -> web.Response:
    """End the place; it stays in the team's past."""
    form = await read_form(request)
    try:
        reason = form.text("reason", "Say why they leave the team")
        form.check()
        child_id = await teams.end_membership(request.app[TOOLS], actor_of(request), _membership_id(request), reason)
    except InvalidForm as error:
        return await _show_place(request, form, error)
    return see_other(request, "show_child", say="They are no longer in the team", child_id=child_id)


def _person_id(request: web.Request) -> int:
    return int(request.match_info["person_id"])


def _membership_id(request: web.Request) -> int:
    return int(request.match_info["membership_id"])


def _kind(request: web.Request) -> PersonKind:
    """What the address says; the form goes back to the address it came from."""
    return PersonKind.FAMILY if request.query.get("kind") == PersonKind.FAMILY else PersonKind.PROFESSIONAL


_TEAM = r"/children/{child_id:\d{1,9}}/team"
_PLACE = r"/team/{membership_id:\d{1,9}}"
_KNOWN = rf"{_TEAM}/add/{{person_id:\d{{1,9}}}}"
_NEW = f"{_TEAM}/new"
_EDIT = Permission.EDIT_CASES

ROUTES = (
    Route("GET", f"{_TEAM}/add", "add_to_team_form", add_to_team_form, _EDIT),
    Route("GET", _KNOWN, "add_known_form", add_known_form, _EDIT),
    Route("POST", _KNOWN, "add_to_team", add_to_team, _EDIT),
    Route("GET", _NEW, "add_new_member_form", add_new_member_form, _EDIT),
    Route("POST", _NEW, "add_new_member", add_new_member, _EDIT),
    Route("GET", _PLACE, "change_membership_form", change_membership_form, _EDIT),
    Route("POST", _PLACE, "change_membership", change_membership, _EDIT),
    Route("POST", f"{_PLACE}/end", "end_membership", end_membership, _EDIT),
)
