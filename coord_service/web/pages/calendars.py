"""Calendars: one's own, a professional's published one, the whole council's. Test, connect, look again, disconnect."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.connections import cure_of, read_domains, say_abilities
from coord_service.errors import InvalidForm
from coord_service.operations import connections
from coord_service.operations.connections import TryCalendar
from coord_service.operations.finding import look_again as ask_again
from coord_service.operations.people import load_person_card
from coord_service.operations.routing import may_send
from coord_service.ports import CalendarKind
from coord_service.web.forms import LINE_LIMIT, TEXT_LIMIT, Form, read_form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TABLE, TOOLS
from coord_service.web.pages.sign_in import local_address
from coord_service.web.rendering import render, see_address, see_other
from coord_service.web.routing import Route


async def own_calendar(request: web.Request) -> web.Response:
    """On to one's own calendar."""
    return see_other(request, "show_calendar", person_id=actor_of(request).person_id)


async def show_calendar(request: web.Request) -> web.Response:
    """Somebody's calendar: what is connected and how it is, or what could be."""
    return await _show_owner(request, _person_id(request))


async def council_calendars(request: web.Request) -> web.Response:
    """The calendars that serve the whole council."""
    return await _show_owner(request, None)


async def _show_owner(request: web.Request, person_id: int | None) -> web.Response:
    owned = await connections.list_connections(request.app[TOOLS], actor_of(request), person_id)
    kinds = request.app[TOOLS].calendars.all()
    names = {kind.kind: kind.name for kind in kinds}
    form, facts = _form_route(person_id)
    return render(
        request,
        "calendars/owner.html",
        owned=owned,
        names=names,
        abilities=say_abilities,
        cure=cure_of,
        may_send=may_send,
        hides_people=lambda kind: any(each.hides_people for each in kinds if each.kind == kind),
        form_of=lambda kind: request.app[TABLE].url(form, kind=kind, **facts),
    )


def _form_route(person_id: int | None) -> tuple[str, dict[str, Any]]:
    """The route of an owner's form, and its facts."""
    if person_id is None:
        return "test_council_calendar_form", {}
    return "test_calendar_form", {"person_id": person_id}


async def test_calendar_form(request: web.Request) -> web.Response:
    """What a kind of calendar wants to know."""
    return await _show_form(request, _person_id(request), Form())


async def test_council_calendar_form(request: web.Request) -> web.Response:
    """The same for the whole council's."""
    return await _show_form(request, None, Form())


async def test_calendar(request: web.Request) -> web.Response:
    """Sign in to it; where that works, on to what it can do."""
    return await _test(request, _person_id(request))


async def test_council_calendar(request: web.Request) -> web.Response:
    """The same for the whole council's."""
    return await _test(request, None)


async def _show_form(
    request: web.Request, person_id: int | None, form: Form, error: InvalidForm | None = None
) -> web.Response:
    tools, actor = request.app[TOOLS], actor_of(request)
    kind = connections.find_kind(tools, actor, person_id, request.match_info["kind"])
    for name, sentence in (error.fields if error else {}).items():
        form.refuse(name, sentence)
    for each in kind.fields:
        if each.is_secret:
            form.values.popall(each.name, None)  # what was typed is not shown again, not even to whoever typed it
    if error is None and person_id is not None:
        form = await _prefilled(request, person_id, kind)
    owner = (await load_person_card(tools, actor, person_id)).person if person_id is not None else None
    return render(
        request,
        "calendars/form.html",
        status=422 if error else 200,
        form=form,
        kind=kind,
        owner=owner,
        is_own=person_id == actor.person_id,
        back=_owner_address(request, person_id),
    )


async def _prefilled(request: web.Request, person_id: int, kind: CalendarKind) -> Form:
    """The form with what the owner's present connection of this kind says, secrets left out."""
    owned = await connections.list_connections(request.app[TOOLS], actor_of(request), person_id)
    present = next((each for each in owned.connections if each.kind == kind.kind), None)
    return Form.of(**present.settings) if present else Form()


async def _test(request: web.Request, person_id: int | None) -> web.Response:
    tools, actor, form = request.app[TOOLS], actor_of(request), await read_form(request)
    kind = connections.find_kind(tools, actor, person_id, request.match_info["kind"])
    try:
        asked = TryCalendar(person_id, kind.kind, _read_values(form, kind), read_domains(form.typed("domains")[:1000]))
        connection_id = await connections.test_calendar(tools, actor, asked)
    except InvalidForm as error:
        return await _show_form(request, person_id, form, error)
    return see_other(request, "show_tested_calendar", connection_id=connection_id)


def _read_values(form: Form, kind: CalendarKind) -> dict[str, str]:
    """What was typed; secrets exactly so, spaces and all."""
    values: dict[str, str] = {}
    for each in kind.fields:
        if each.is_secret:
            values[each.name] = form.typed(each.name)[:TEXT_LIMIT]
        else:
            values[each.name] = form.optional_text(each.name, limit=5 * LINE_LIMIT) or ""
    form.check()
    return values


async def show_tested_calendar(request: web.Request) -> web.Response:
    """What a calendar that was tested can do and can't; connecting it is one press from here."""
    tools = request.app[TOOLS]
    found = await connections.load_connection(tools, actor_of(request), int(request.match_info["connection_id"]))
    if found.connected_at is not None:
        return see_address(request, _owner_address(request, found.person_id))
    names = {kind.kind: kind.name for kind in tools.calendars.all()}
    can, cannot = say_abilities(found.abilities, is_councils=found.person_id is None)
    name, facts = _form_route(found.person_id)
    return render(
        request,
        "calendars/tested.html",
        found=found,
        name=names.get(found.kind, found.kind),
        can=can,
        cannot=cannot,
        form_address=request.app[TABLE].url(name, kind=found.kind, **facts),
        back=_owner_address(request, found.person_id),
    )


async def look_again(request: web.Request) -> web.Response:
    """Ask one person's calendar once more, and go back to the times."""
    form = await read_form(request)
    person_id, from_on = form.id("person_id", "Choose whose calendar to look at"), form.date("from_on", "The first day")
    form.check()
    await ask_again(request.app[TOOLS], actor_of(request), person_id, from_on)
    return see_address(request, local_address(form.typed("back")))


async def connect_calendar(request: web.Request) -> web.Response:
    """Connect what was tested."""
    found = await connections.connect_calendar(request.app[TOOLS], actor_of(request), _connection_id(request))
    return _back_to_owner(request, found.person_id, "Connected. Busy times are read from now on")


async def check_connection(request: web.Request) -> web.Response:
    """Test a connected calendar again."""
    found = await connections.check_connection(request.app[TOOLS], actor_of(request), _connection_id(request))
    return _back_to_owner(
        request, found.person_id, "It works" if found.trouble is None else "It does not work: see below"
    )


async def choose_sending(request: web.Request) -> web.Response:
    """Let one's meetings go out through one's own calendar, or by mail again."""
    form = await read_form(request)
    sends = form.typed("sends") == "yes"
    found = await connections.choose_sending(
        request.app[TOOLS], actor_of(request), _connection_id(request), sends=sends
    )
    said = "From now on your meetings go out through this calendar" if sends else "New meetings go out by our mail"
    return _back_to_owner(request, found.person_id, said)


async def disconnect_calendar(request: web.Request) -> web.Response:
    """End a connection."""
    found = await connections.disconnect_calendar(request.app[TOOLS], actor_of(request), _connection_id(request))
    return _back_to_owner(
        request,
        found.person_id,
        "Disconnected. Meetings that stood in it go out by our mail",
    )


def _back_to_owner(request: web.Request, person_id: int | None, say: str) -> web.Response:
    return see_address(request, _owner_address(request, person_id), say=say)


def _owner_address(request: web.Request, person_id: int | None) -> str:
    url = request.app[TABLE].url
    return url("council_calendars") if person_id is None else url("show_calendar", person_id=person_id)


def _person_id(request: web.Request) -> int:
    return int(request.match_info["person_id"])


def _connection_id(request: web.Request) -> int:
    return int(request.match_info["connection_id"])


_PERSON = r"/people/{person_id:\d{1,9}}/calendar"
_ONE = r"/calendars/{connection_id:\d{1,9}}"
_KIND = r"{kind:\w{1,30}}"

ROUTES = (
    Route("GET", "/calendar", "own_calendar", own_calendar, Permission.SIGNED_IN),
    Route("GET", _PERSON, "show_calendar", show_calendar, Permission.EDIT_PEOPLE),
    Route("GET", f"{_PERSON}/{_KIND}", "test_calendar_form", test_calendar_form, Permission.EDIT_PEOPLE),
    Route("POST", f"{_PERSON}/{_KIND}", "test_calendar", test_calendar, Permission.EDIT_PEOPLE),
    Route("GET", "/calendars", "council_calendars", council_calendars, Permission.EDIT_USERS),
    Route(
        "GET",
        f"/calendars/add/{_KIND}",
        "test_council_calendar_form",
        test_council_calendar_form,
        Permission.EDIT_USERS,
    ),
    Route("POST", f"/calendars/add/{_KIND}", "test_council_calendar", test_council_calendar, Permission.EDIT_USERS),
    Route("POST", "/times/look-again", "look_again", look_again, Permission.BOOK_MEETINGS),
    Route("GET", _ONE, "show_tested_calendar", show_tested_calendar, Permission.EDIT_PEOPLE),
    Route("POST", f"{_ONE}/connect", "connect_calendar", connect_calendar, Permission.EDIT_PEOPLE),
    Route("POST", f"{_ONE}/test", "check_connection", check_connection, Permission.EDIT_PEOPLE),
    Route("POST", f"{_ONE}/sending", "choose_sending", choose_sending, Permission.EDIT_PEOPLE),
    Route("POST", f"{_ONE}/disconnect", "disconnect_calendar", disconnect_calendar, Permission.EDIT_PEOPLE),
)
