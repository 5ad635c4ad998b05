"""People: the list, one person with hours and leave, somebody new, corrections."""

from typing import Any

from aiohttp import web

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission
from coord_service.domain.addressing import address_warning
from coord_service.domain.people import PersonKind
from coord_service.domain.searching import PersonFilter, search_words
from coord_service.domain.wishes import from_data
from coord_service.errors import ChangedMeanwhile, InvalidForm
from coord_service.operations import people
from coord_service.operations.other_addresses import forget_address, list_known_addresses
from coord_service.operations.people import NewPerson, PersonCard, PersonFacts
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.hours_words import HOLIDAYS, say_hours, say_wishes
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.team import offer_services
from coord_service.web.paging import Paging, page_number
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

KINDS = {PersonKind.PROFESSIONAL: "Professional", PersonKind.FAMILY: "Family", PersonKind.STAFF: "Council staff"}
FACTS = ("name", "email", "phone", "job_title", "service_id")


async def list_people(request: web.Request) -> web.Response:
    """People by name; the filters stand in the address."""
    tools, actor, page = request.app[TOOLS], actor_of(request), page_number(request)
    form = Form.of(**{name: request.query.get(name, "") for name in ("q", "kind", "address")})
    kind = form.typed("kind")
    wanted = PersonFilter(
        kinds=(PersonKind(kind),) if kind in set(PersonKind) else tuple(PersonKind),
        has_no_address=form.typed("address") == "missing",
        words=search_words(form.typed("q")),
    )
    rows, total = await people.list_people(tools, actor, wanted, page)
    seen = people.kinds_seen_by(actor)
    return render(
        request,
        "people/list.html",
        form=form,
        rows=rows,
        paging=Paging(request, page, total),
        kinds=[("", "Everybody"), *((each, KINDS[each]) for each in KINDS if each in seen)],
        kind_names=KINDS,
        filtered=any(form.typed(name) for name in ("q", "kind", "address")),
    )


async def show_person(request: web.Request) -> web.Response:
    """One person."""
    return await _show(request, Form())


async def _show(request: web.Request, form: Form, error: InvalidForm | None = None) -> web.Response:
    tools, actor = request.app[TOOLS], actor_of(request)
    card = await people.load_person_card(tools, actor, _id(request))
    others = await list_known_addresses(tools, actor, card.person.id)
    facts = {**facts_of(request, card), "card": card, "other_addresses": others}
    if error is not None:
        return redisplay(request, "people/show.html", form, error, **facts)
    return render(request, "people/show.html", form=form, **facts)


def facts_of(request: web.Request, card: PersonCard) -> dict[str, Any]:
    """What every page about one person shows."""
    person, today = card.person, day_in_london(request.app[TOOLS].clock.now())
    is_professional = person.kind is PersonKind.PROFESSIONAL
    return {
        "person": person,
        "kind": KINDS[person.kind],
        "is_family": person.kind is PersonKind.FAMILY,
        "warning": address_warning(person.email, is_professional=is_professional),
        "hours": say_hours(person.working_hours or (), today),
        "wishes": say_wishes(from_data(person.wishes or ())),
        "holidays": HOLIDAYS[person.works_in_holidays],
    }


async def add_person_form(request: web.Request) -> web.Response:
    """A new professional."""
    return await _show_new(request, Form.of(service_id=request.query.get("service_id", "")))


async def _show_new(request: web.Request, form: Form, error: InvalidForm | None = None) -> web.Response:
    likely = await _likely(request, form) if error else ()
    facts: dict[str, Any] = {"services": await offer_services(request), "likely": likely}
    if error is not None:
        return redisplay(request, "people/add.html", form, error, **facts)
    return render(request, "people/add.html", form=form, **facts)


async def _likely(request: web.Request, form: Form) -> Any:
    typed = PersonFacts(
        name=form.typed("name").replace("\0", " ")[:100],
        email=form.typed("email").replace("\0", "").strip()[:254] or None,
        service_id=form.optional_id("service_id"),
    )
    return await people.list_likely_same(
        request.app[TOOLS], actor_of(request), NewPerson(PersonKind.PROFESSIONAL, typed)
    )


async def add_person(request: web.Request) -> web.Response:
    """Enter them."""
    form = await read_form(request)
    try:
        facts = _read(form, PersonKind.PROFESSIONAL)
        new = NewPerson(PersonKind.PROFESSIONAL, facts, is_somebody_else=form.flag("is_somebody_else"))
        person_id = await people.add_person(request.app[TOOLS], actor_of(request), new)
    except InvalidForm as error:
        return await _show_new(request, form, error)
    return see_other(request, "show_person", say="Added", person_id=person_id)


def _read(form: Form, kind: PersonKind) -> PersonFacts:
    is_professional = kind is PersonKind.PROFESSIONAL
    facts = PersonFacts(
        name=form.text("name", "Enter their name", limit=100),
        email=form.optional_email("email"),
        phone=form.optional_text("phone", limit=40),
        job_title=form.optional_text("job_title", limit=100),
        service_id=form.id("service_id", "Choose the service they work in") if is_professional else None,
    )
    form.check()
    return facts


async def correct_person_form(request: web.Request) -> web.Response:
    """The details as they stand."""
    card = await people.load_person_card(request.app[TOOLS], actor_of(request), _id(request))
    person = card.person
    form = Form.of(version=person.version, **{name: getattr(person, name) for name in FACTS})
    return render(
        request, "people/correct.html", form=form, services=await offer_services(request), **facts_of(request, card)
    )


async def correct_person(request: web.Request) -> web.Response:
    """Save the details; where somebody else was quicker, show both, field by field."""
    tools, actor = request.app[TOOLS], actor_of(request)
    form = await read_form(request)
    card = await people.load_person_card(tools, actor, _id(request))
    try:
        facts = _read(form, card.person.kind)
        await people.correct_person(tools, actor, _id(request), _version(form), facts)
    except InvalidForm as error:
        facts_shown = {"services": await offer_services(request), **facts_of(request, card)}
        return redisplay(request, "people/correct.html", form, error, **facts_shown)
    except ChangedMeanwhile:
        return await _show_both(request, form, card, facts)
    return see_other(request, "show_person", say="Details corrected", person_id=_id(request))


async def _show_both(request: web.Request, form: Form, card: PersonCard, typed: PersonFacts) -> web.Response:
    offered = await offer_services(request)
    person = card.person
    for name in FACTS:
        now = getattr(person, name)
        if now != getattr(typed, name):
            said = next((text for value, text in offered if value == now), now) if name == "service_id" else now
            form.refuse(name, f"Now on the record: {said or 'nothing'}")
    form.values["version"] = str(person.version)
    facts: dict[str, Any] = {"services": offered, "is_stale": True, **facts_of(request, card)}
    return render(request, "people/correct.html", status=409, form=form, **facts)


def _version(form: Form) -> int:
    version = form.whole_number("version", "Open this page again", most=10**9)
    form.check()
    return version


async def add_leave(request: web.Request) -> web.Response:
    """Keep days on which they are away."""
    form = await read_form(request)
    try:
        starts_on = form.date("starts_on", "First day away")
        ends_on = form.optional_date("ends_on", "Last day away") or starts_on
        form.check()
        await people.add_leave(request.app[TOOLS], actor_of(request), _id(request), starts_on, ends_on)
    except InvalidForm as error:
        return await _show(request, form, error)
    return see_other(request, "show_person", say="Leave added", person_id=_id(request))


async def remove_leave(request: web.Request) -> web.Response:
    """Forget days on which they were to be away."""
    await people.remove_leave(request.app[TOOLS], actor_of(request), int(request.match_info["leave_id"]))
    return see_other(request, "show_person", say="Leave removed", person_id=_id(request))


async def remove_other_address(request: web.Request) -> web.Response:
    """Let answers from another address of theirs count no longer."""
    number = int(request.match_info["address_id"])
    await forget_address(request.app[TOOLS], actor_of(request), _id(request), number)
    said = "Removed. Answers from that address wait for a decision from now on."
    return see_other(request, "show_person", say=said, person_id=_id(request))


def _id(request: web.Request) -> int:
    return int(request.match_info["person_id"])


_ONE = r"/people/{person_id:\d{1,9}}"
_OTHER = rf"{_ONE}/addresses/{{address_id:\d{{1,9}}}}/remove"
_EDIT = Permission.EDIT_PEOPLE

ROUTES = (
    Route("GET", "/people", "people", list_people, _EDIT),
    Route("GET", "/people/add", "add_person_form", add_person_form, _EDIT),
    Route("POST", "/people/add", "add_person", add_person, _EDIT),
    Route("GET", _ONE, "show_person", show_person, _EDIT),
    Route("GET", f"{_ONE}/correct", "correct_person_form", correct_person_form, _EDIT),
    Route("POST", f"{_ONE}/correct", "correct_person", correct_person, _EDIT),
    Route("POST", f"{_ONE}/leave", "add_leave", add_leave, _EDIT),
    Route("POST", rf"{_ONE}/leave/{{leave_id:\d{{1,9}}}}/remove", "remove_leave", remove_leave, _EDIT),
    Route("POST", _OTHER, "remove_other_address", remove_other_address, _EDIT),
)
