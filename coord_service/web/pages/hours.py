"""When somebody works: several stretches a day, every week or two weeks in turn, in the holidays of schools or not."""

from typing import Any

from aiohttp import web

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission
from coord_service.domain.diaries import week_of
from coord_service.domain.finding_rules import LONGEST_PAUSE, MOST_MEETINGS
from coord_service.errors import InvalidForm
from coord_service.operations import people
from coord_service.operations.people import WEEKDAYS, DayHours, WorkingPattern
from coord_service.operations.places import list_places
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.hours_words import DAY_NAMES, say_spans, works_in_turn
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.people import facts_of
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

_HOLIDAYS = {"": None, "yes": True, "no": False}
_CHOICES = [
    ("", "As usual for where they work", "People at schools are away, everybody else is at work"),
    ("yes", "At work"),
    ("no", "Away: they work in term time only"),
]


async def set_working_hours_form(request: web.Request) -> web.Response:
    """When they work, day by day."""
    card = await people.load_person_card(request.app[TOOLS], actor_of(request), _id(request))
    hours, now = card.person.working_hours or [], _this_week(request)
    known: dict[str, Any] = {"version": card.person.version, "in_turn": "yes" if works_in_turn(hours) else ""}
    known |= {"most_meetings": card.person.most_meetings, "minutes_between": card.person.minutes_between}
    known["base_place"] = card.person.base_place_id
    known["holidays"] = next(key for key, value in _HOLIDAYS.items() if value is card.person.works_in_holidays)
    for day in WEEKDAYS:
        known[f"hours_{day}"] = say_spans(hours, day, now)
        known[f"second_{day}"] = say_spans(hours, day, 1 - now) if known["in_turn"] else ""
    return render(
        request, "people/hours.html", form=Form.of(**known), **await _facts(request), **facts_of(request, card)
    )


async def set_working_hours(request: web.Request) -> web.Response:
    """Save when they work."""
    tools, actor = request.app[TOOLS], actor_of(request)
    form = await read_form(request)
    try:
        pattern = _read(form, _this_week(request))
        version = form.whole_number("version", "Open this page again", most=10**9)
        form.check()
        await people.set_working_hours(tools, actor, _id(request), version, pattern)
    except InvalidForm as error:
        card = await people.load_person_card(tools, actor, _id(request))
        return redisplay(request, "people/hours.html", form, error, **await _facts(request), **facts_of(request, card))
    return see_other(request, "show_person", say="Working hours saved", person_id=_id(request))


async def _facts(request: web.Request) -> dict[str, Any]:
    places = await list_places(request.app[TOOLS], actor_of(request))
    known = [("", "Not known"), *((place.id, f"{place.name}, {place.area}") for place in places)]
    return {"days": DAY_NAMES, "holiday_choices": _CHOICES, "places": known}


def _read(form: Form, now: int) -> WorkingPattern:
    in_turn = form.flag("in_turn")
    hours = _read_week(form, "hours", now if in_turn else None)
    if in_turn:
        hours += _read_week(form, "second", 1 - now)
    return WorkingPattern(
        hours=tuple(hours),
        works_in_holidays=_HOLIDAYS.get(form.typed("holidays")),
        most_meetings=optional_number(form, "most_meetings", least=1, most=MOST_MEETINGS),
        minutes_between=optional_number(form, "minutes_between", least=0, most=LONGEST_PAUSE),
        base_place_id=form.optional_id("base_place"),
    )


def optional_number(form: Form, name: str, *, least: int, most: int) -> int | None:
    """A whole number, or None where nothing was typed."""
    return form.whole_number(name, "Enter a number", least=least, most=most) if form.typed(name).strip() else None


def _read_week(form: Form, name: str, week: int | None) -> list[DayHours]:
    return [
        DayHours(day, starts, ends, week)
        for day in WEEKDAYS
        for starts, ends in form.time_spans(f"{name}_{day}", DAY_NAMES[day])
    ]


def _this_week(request: web.Request) -> int:
    return week_of(day_in_london(request.app[TOOLS].clock.now()))


def _id(request: web.Request) -> int:
    return int(request.match_info["person_id"])


_HOURS = r"/people/{person_id:\d{1,9}}/hours"

ROUTES = (
    Route("GET", _HOURS, "set_working_hours_form", set_working_hours_form, Permission.EDIT_PEOPLE),
    Route("POST", _HOURS, "set_working_hours", set_working_hours, Permission.EDIT_PEOPLE),
)
