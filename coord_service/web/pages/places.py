"""Places, their rooms, and the minutes between areas: set for everybody."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.rooms import FEATURE_NAMES, LARGEST_ROOM, RoomFeature, TravelTimes
from coord_service.errors import ChangedMeanwhile, InvalidForm
from coord_service.operations import places as operations
from coord_service.operations.places import LONGEST_TRAVEL, PlaceFacts, RoomFacts
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

FEATURES = list(FEATURE_NAMES.items())
CHANGED = "Somebody else changed this after you opened the page. What you typed is still here: look at both, then save"


async def places(request: web.Request) -> web.Response:
    """Every place with its rooms."""
    found = await operations.list_places(request.app[TOOLS], actor_of(request))
    return render(request, "settings/places.html", places=found)


async def add_place_form(request: web.Request) -> web.Response:
    """A new place."""
    return render(request, "settings/place_form.html", form=Form(), place=None)


async def add_place(request: web.Request) -> web.Response:
    """Keep it."""
    form = await read_form(request)
    try:
        place_id = await operations.add_place(request.app[TOOLS], actor_of(request), _read_place(form))
    except InvalidForm as error:
        return redisplay(request, "settings/place_form.html", form, error, place=None)
    return see_other(request, "show_place", say="Place added. Now add its rooms", place_id=place_id)


async def show_place(request: web.Request) -> web.Response:
    """One place and its rooms."""
    place = await operations.view_place(request.app[TOOLS], actor_of(request), _place_id(request))
    return render(request, "settings/place.html", place=place, feature_names=FEATURE_NAMES)


async def correct_place_form(request: web.Request) -> web.Response:
    """The place as it stands."""
    place = await operations.view_place(request.app[TOOLS], actor_of(request), _place_id(request))
    form = Form.of(name=place.name, address=place.address, area=place.area, version=place.version)
    return render(request, "settings/place_form.html", form=form, place=place)


async def correct_place(request: web.Request) -> web.Response:
    """Save it."""
    tools, actor, form = request.app[TOOLS], actor_of(request), await read_form(request)
    place = await operations.view_place(tools, actor, _place_id(request))
    try:
        facts = _read_place(form)
        await operations.correct_place(tools, actor, place.id, _version(form), facts)
    except InvalidForm as error:
        return redisplay(request, "settings/place_form.html", form, error, place=place)
    except ChangedMeanwhile:
        form.refuse("name", f"{CHANGED}. Now on the list: {place.name}, {place.address}, {place.area}")
        form.values["version"] = str(place.version)
        return render(request, "settings/place_form.html", status=409, form=form, place=place)
    return see_other(request, "show_place", say="Place corrected", place_id=place.id)


async def add_room_form(request: web.Request) -> web.Response:
    """A new room of a place."""
    place = await operations.view_place(request.app[TOOLS], actor_of(request), _place_id(request))
    return render(request, "settings/room_form.html", form=Form(), place=place, room=None, features=FEATURES)


async def add_room(request: web.Request) -> web.Response:
    """Keep it."""
    tools, actor, form = request.app[TOOLS], actor_of(request), await read_form(request)
    try:
        await operations.add_room(tools, actor, _place_id(request), _read_room(form, is_open=True))
    except InvalidForm as error:
        place = await operations.view_place(tools, actor, _place_id(request))
        return redisplay(request, "settings/room_form.html", form, error, place=place, room=None, features=FEATURES)
    return see_other(request, "show_place", say="Room added", place_id=_place_id(request))


async def correct_room_form(request: web.Request) -> web.Response:
    """The room as it stands."""
    room = await operations.view_room(request.app[TOOLS], actor_of(request), int(request.match_info["room_id"]))
    known: dict[str, Any] = {"name": room.name, "seats": room.seats, "features": room.features, "version": room.version}
    form = Form.of(**known, closed="" if room.is_open else "yes")
    return render(request, "settings/room_form.html", form=form, place=room.place, room=room, features=FEATURES)


async def correct_room(request: web.Request) -> web.Response:
    """Save it."""
    tools, actor, form = request.app[TOOLS], actor_of(request), await read_form(request)
    room = await operations.view_room(tools, actor, int(request.match_info["room_id"]))
    shown: dict[str, Any] = {"place": room.place, "room": room, "features": FEATURES}
    try:
        facts = _read_room(form, is_open=not form.flag("closed"))
        await operations.correct_room(tools, actor, room.id, _version(form), facts)
    except InvalidForm as error:
        return redisplay(request, "settings/room_form.html", form, error, **shown)
    except ChangedMeanwhile:
        form.refuse("name", f"{CHANGED}. Now on the list: {room.name}, {room.seats} seats")
        form.values["version"] = str(room.version)
        return render(request, "settings/room_form.html", status=409, form=form, **shown)
    return see_other(request, "show_place", say="Room corrected", place_id=room.place_id)


async def set_travel_form(request: web.Request) -> web.Response:
    """The minutes between the areas that places are in."""
    areas, times = await operations.view_travel(request.app[TOOLS], actor_of(request))
    known: dict[str, Any] = {"usual": times.usual, "nearby": times.nearby}
    for number, pair in enumerate(_pairs(areas)):
        known[f"pair-{number}"] = times.between.get(frozenset(pair), "")
    return render(request, "settings/travel.html", form=Form.of(**known), pairs=_pairs(areas))


async def set_travel(request: web.Request) -> web.Response:
    """Save them."""
    tools, actor, form = request.app[TOOLS], actor_of(request), await read_form(request)
    areas, _ = await operations.view_travel(tools, actor)
    try:
        between = {
            frozenset(pair): _minutes(form, f"pair-{number}")
            for number, pair in enumerate(_pairs(areas))
            if form.typed(f"pair-{number}").strip()
        }
        times = TravelTimes(between, _minutes(form, "usual"), _minutes(form, "nearby"))
        form.check()
        await operations.set_travel(tools, actor, times)
    except InvalidForm as error:
        return redisplay(request, "settings/travel.html", form, error, pairs=_pairs(areas))
    return see_other(request, "places", say="Travel times saved")


def _pairs(areas: Any) -> list[tuple[str, str]]:
    return [(one, other) for number, one in enumerate(areas) for other in areas[number + 1 :]]


def _minutes(form: Form, name: str) -> int:
    return form.whole_number(name, "Enter how many minutes", most=LONGEST_TRAVEL)


def _read_place(form: Form) -> PlaceFacts:
    facts = PlaceFacts(
        name=form.text("name", "Enter what the place is called", limit=100),
        address=form.text("address", "Enter the address: it goes into invitations"),
        area=form.text("area", "Enter the area or town that it is in", limit=60),
    )
    form.check()
    return facts


def _read_room(form: Form, *, is_open: bool) -> RoomFacts:
    facts = RoomFacts(
        name=form.text("name", "Enter what the room is called", limit=100),
        seats=form.whole_number("seats", "Enter how many can sit in it", least=1, most=LARGEST_ROOM),
        features=frozenset(each for each in RoomFeature if each in form.all_typed("features")),
        is_open=is_open,
    )
    form.check()
    return facts


def _version(form: Form) -> int:
    version = form.whole_number("version", "Open this page again", most=10**9)
    form.check()
    return version


def _place_id(request: web.Request) -> int:
    return int(request.match_info["place_id"])


_SET = Permission.SET_RULES
_PLACES = "/settings/places"
_ONE = rf"{_PLACES}/{{place_id:\d{{1,9}}}}"
_ROOM = r"/settings/rooms/{room_id:\d{1,9}}"

ROUTES = (
    Route("GET", _PLACES, "places", places, _SET),
    Route("GET", f"{_PLACES}/add", "add_place_form", add_place_form, _SET),
    Route("POST", f"{_PLACES}/add", "add_place", add_place, _SET),
    Route("GET", _ONE, "show_place", show_place, _SET),
    Route("GET", f"{_ONE}/correct", "correct_place_form", correct_place_form, _SET),
    Route("POST", f"{_ONE}/correct", "correct_place", correct_place, _SET),
    Route("GET", f"{_ONE}/rooms/add", "add_room_form", add_room_form, _SET),
    Route("POST", f"{_ONE}/rooms/add", "add_room", add_room, _SET),
    Route("GET", _ROOM, "correct_room_form", correct_room_form, _SET),
    Route("POST", _ROOM, "correct_room", correct_room, _SET),
    Route("GET", "/settings/travel", "set_travel_form", set_travel_form, _SET),
    Route("POST", "/settings/travel", "set_travel", set_travel, _SET),
)
