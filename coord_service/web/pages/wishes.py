"""Which times somebody likes: good ones, others if need be, and those they would rather not have."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.wishes import WISH_NAMES, WishedTimes, WishKind, from_data
from coord_service.errors import ChangedMeanwhile, InvalidForm, Refused
from coord_service.operations import people
from coord_service.operations.people import PersonCard
from coord_service.operations.wishes import set_wishes as operation
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.hours_words import DAY_NAMES, say_minutes
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.people import facts_of
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

_HINTS = {
    WishKind.GOOD: "For example 9:15am to 2:45pm, while the children are at school",
    WishKind.IF_NEED_BE: "Possible, but not easy",
    WishKind.NOT: "For example Wednesday, without a time",
}


async def set_wishes_form(request: web.Request) -> web.Response:
    """What they said so far."""
    card = await people.load_person_card(request.app[TOOLS], actor_of(request), _id(request))
    return render(request, "people/wishes.html", form=_fill(card), **_facts(request, card))


async def set_wishes(request: web.Request) -> web.Response:
    """Note what they said."""
    tools, actor, form = request.app[TOOLS], actor_of(request), await read_form(request)
    try:
        wishes = [wish for kind in WishKind if (wish := _read(form, kind))]
        version = form.whole_number("version", "Open this page again", most=10**9)
        form.check()
        await operation(tools, actor, _id(request), version, wishes)
    except (InvalidForm, Refused, ChangedMeanwhile) as error:
        card = await people.load_person_card(tools, actor, _id(request))
        fields = error if isinstance(error, InvalidForm) else InvalidForm({"spans_good": str(error)})
        form.values["version"] = str(card.person.version)
        return redisplay(request, "people/wishes.html", form, fields, **_facts(request, card))
    return see_other(request, "show_person", say="Noted which times they like", person_id=_id(request))


def _facts(request: web.Request, card: PersonCard) -> dict[str, Any]:
    return {
        "kinds": [(kind, WISH_NAMES[kind], _HINTS[kind]) for kind in WishKind],
        "days": list(enumerate(DAY_NAMES.values())),
        **facts_of(request, card),
    }


def _fill(card: PersonCard) -> Form:
    known: dict[str, Any] = {"version": card.person.version}
    for each in from_data(card.person.wishes or ()):
        known[f"days_{each.kind}"] = [] if len(each.weekdays) == len(DAY_NAMES) else sorted(each.weekdays)
        known[f"spans_{each.kind}"] = say_minutes(each.spans)
    return Form.of(**known)


def _read(form: Form, kind: WishKind) -> WishedTimes | None:
    """One kind of time; no day ticked is every day, and nothing at all is nothing said."""
    days = frozenset(int(day) for day in form.all_typed(f"days_{kind}") if day in set("0123456"))
    spans = form.time_spans(f"spans_{kind}", WISH_NAMES[kind])
    if not days and not spans:
        return None
    minutes = tuple((since.hour * 60 + since.minute, until.hour * 60 + until.minute) for since, until in spans)
    return WishedTimes(kind, days or frozenset(range(7)), minutes)


def _id(request: web.Request) -> int:
    return int(request.match_info["person_id"])


_WISHES = r"/people/{person_id:\d{1,9}}/wishes"

ROUTES = (
    Route("GET", _WISHES, "set_wishes_form", set_wishes_form, Permission.EDIT_PEOPLE),
    Route("POST", _WISHES, "set_wishes", set_wishes, Permission.EDIT_PEOPLE),
)
