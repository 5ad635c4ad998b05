"""Services and agencies: the list, one of them, somebody new, corrections."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.addressing import address_warning
from coord_service.domain.people import SECTOR_NAMES, Sector
from coord_service.domain.searching import search_words
from coord_service.errors import InvalidForm
from coord_service.operations import services
from coord_service.operations.services import ServiceFacts
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.paging import Paging, page_number
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

SECTORS = [(sector, SECTOR_NAMES[sector]) for sector in Sector if sector is not Sector.FAMILY]
FACTS = ("agency_id", "name", "mailbox", "phone", "manager_name", "manager_email")


async def list_services(request: web.Request) -> web.Response:
    """Services by agency; the filters stand in the address."""
    tools, actor, page = request.app[TOOLS], actor_of(request), page_number(request)
    form = Form.of(**{name: request.query.get(name, "") for name in ("q", "sector")})
    chosen = form.typed("sector")
    sector = Sector(chosen) if chosen in set(Sector) else None
    rows, total = await services.list_services(tools, actor, sector, search_words(form.typed("q")), page)
    return render(
        request,
        "services/list.html",
        form=form,
        rows=rows,
        paging=Paging(request, page, total),
        sectors=SECTORS,
        filtered=bool(chosen or form.typed("q")),
    )


async def show_service(request: web.Request) -> web.Response:
    """One service and who works there."""
    card = await services.load_service_card(request.app[TOOLS], actor_of(request), _id(request))
    service = card.service
    return render(
        request,
        "services/show.html",
        card=card,
        service=service,
        sector=SECTOR_NAMES[service.agency.sector],
        warning=address_warning(service.mailbox, is_professional=True),
    )


async def add_service_form(request: web.Request) -> web.Response:
    """A new service."""
    return await _show_form(request, Form.of(agency_id=request.query.get("agency_id", "")))


async def _show_form(request: web.Request, form: Form, error: InvalidForm | None = None) -> web.Response:
    """The form of a new service, or of the one that the address names."""
    agencies = await services.list_agencies(request.app[TOOLS], actor_of(request))
    facts: dict[str, Any] = {
        "agencies": [("", "Choose…"), *((each.id, each.name) for each in agencies)],
        "service_id": _id(request) if "service_id" in request.match_info else None,
    }
    if error is not None:
        return redisplay(request, "services/form.html", form, error, **facts)
    return render(request, "services/form.html", form=form, **facts)


async def add_service(request: web.Request) -> web.Response:
    """Keep the new service."""
    form = await read_form(request)
    try:
        service_id = await services.add_service(request.app[TOOLS], actor_of(request), _read(form))
    except InvalidForm as error:
        return await _show_form(request, form, error)
    return see_other(request, "show_service", say="Service added", service_id=service_id)


def _read(form: Form) -> ServiceFacts:
    facts = ServiceFacts(
        agency_id=form.id("agency_id", "Choose the agency it belongs to"),
        name=form.text("name", "Enter the service’s name", limit=150),
        mailbox=form.optional_email("mailbox"),
        phone=form.optional_text("phone", limit=40),
        manager_name=form.optional_text("manager_name", limit=100),
        manager_email=form.optional_email("manager_email"),
    )
    form.check()
    return facts


async def correct_service_form(request: web.Request) -> web.Response:
    """The service as it stands."""
    card = await services.load_service_card(request.app[TOOLS], actor_of(request), _id(request))
    return await _show_form(request, Form.of(**{name: getattr(card.service, name) for name in FACTS}))


async def correct_service(request: web.Request) -> web.Response:
    """Save the corrections."""
    form = await read_form(request)
    try:
        await services.correct_service(request.app[TOOLS], actor_of(request), _id(request), _read(form))
    except InvalidForm as error:
        return await _show_form(request, form, error)
    return see_other(request, "show_service", say="Service corrected", service_id=_id(request))


async def add_agency_form(request: web.Request) -> web.Response:
    """A new agency."""
    return render(request, "services/agency.html", form=Form(), sectors=SECTORS)


async def add_agency(request: web.Request) -> web.Response:
    """Keep the new agency; a service of it is next."""
    form = await read_form(request)
    try:
        name, sector = _read_agency(form)
        agency_id = await services.add_agency(request.app[TOOLS], actor_of(request), name, sector)
    except InvalidForm as error:
        return redisplay(request, "services/agency.html", form, error, sectors=SECTORS)
    return see_other(request, "add_service_form", say="Agency added. Add its first service", agency_id=agency_id)


def _read_agency(form: Form) -> tuple[str, Sector]:
    name = form.text("name", "Enter the agency’s name", limit=150)
    sector = form.choice("sector", Sector, "Choose where it stands around the child")
    form.check()
    return name, sector


async def correct_agency_form(request: web.Request) -> web.Response:
    """The agency as it stands."""
    agency_id = int(request.match_info["agency_id"])
    agency = await services.load_agency(request.app[TOOLS], actor_of(request), agency_id)
    form = Form.of(name=agency.name, sector=agency.sector)
    return render(request, "services/agency.html", form=form, sectors=SECTORS, agency_id=agency_id)


async def correct_agency(request: web.Request) -> web.Response:
    """Save the corrections."""
    agency_id = int(request.match_info["agency_id"])
    form = await read_form(request)
    try:
        name, sector = _read_agency(form)
        await services.correct_agency(request.app[TOOLS], actor_of(request), agency_id, name, sector)
    except InvalidForm as error:
        return redisplay(request, "services/agency.html", form, error, sectors=SECTORS, agency_id=agency_id)
    return see_other(request, "services", say="Agency corrected")


def _id(request: web.Request) -> int:
    return int(request.match_info["service_id"])


_ONE = r"/services/{service_id:\d{1,9}}"
_AGENCY = r"/agencies/{agency_id:\d{1,9}}"
_EDIT = Permission.EDIT_PEOPLE

ROUTES = (
    Route("GET", "/services", "services", list_services, _EDIT),
    Route("GET", "/services/add", "add_service_form", add_service_form, _EDIT),
    Route("POST", "/services/add", "add_service", add_service, _EDIT),
    Route("GET", _ONE, "show_service", show_service, _EDIT),
    Route("GET", f"{_ONE}/correct", "correct_service_form", correct_service_form, _EDIT),
    Route("POST", f"{_ONE}/correct", "correct_service", correct_service, _EDIT),
    Route("GET", "/agencies/add", "add_agency_form", add_agency_form, _EDIT),
    Route("POST", "/agencies/add", "add_agency", add_agency, _EDIT),
    Route("GET", f"{_AGENCY}/correct", "correct_agency_form", correct_agency_form, _EDIT),
    Route("POST", f"{_AGENCY}/correct", "correct_agency", correct_agency, _EDIT),
)
