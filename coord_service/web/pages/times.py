"""The times on offer: how to look at them is in the address. Finding another time for a meeting that is booked."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from aiohttp import web

from coord_service.clock import LONDON
from coord_service.domain.access import Permission
from coord_service.domain.availability import PRESENCE_NAMES
from coord_service.operations.finding import View
from coord_service.operations.finding import find_new_time as operation
from coord_service.operations.found import Found, Offer
from coord_service.operations.meeting_page import view_meeting
from coord_service.web import availability_picture
from coord_service.web.hours_words import say_wishes
from coord_service.web.identity import actor_of
from coord_service.web.keys import TABLE, TOOLS
from coord_service.web.rendering import render
from coord_service.web.routing import Route

LENGTHS = (45, 60, 90, 120)


async def find_new_time(request: web.Request) -> web.Response:
    """The best other times for the people invited; choosing one leads to who would be told, before it moves."""
    tools, actor, meeting_id = request.app[TOOLS], actor_of(request), int(request.match_info["meeting_id"])
    meeting = (await view_meeting(tools, actor, meeting_id)).meeting
    view, url = read_view(request), request.app[TABLE].url
    found = await operation(tools, actor, meeting_id, view)

    def fields_of(offer: Offer) -> list[tuple[str, object]]:
        """What the form for moving a meeting wants."""
        local = offer.start_at.astimezone(LONDON)
        return [
            ("version", meeting.version),
            ("day", local.date()),
            ("start", f"{local:%H:%M}"),
            ("minutes", found.minutes),
        ]

    return render(
        request,
        "booking/new_time.html",
        meeting=meeting,
        action=url("move_meeting_post", meeting_id=meeting_id),
        people_address=url("change_people", meeting_id=meeting_id),
        fields_of=fields_of,
        **times_facts(partial(url, "find_new_time", meeting_id=meeting_id), found, view, found.minutes),
    )


def times_facts(here: Callable[..., str], found: Found, view: View, minutes: int) -> dict[str, Any]:
    """What ``booking/times.html`` needs on either page. ``here`` gives the page's address for a query."""

    def other(**change: Any) -> str:
        """The address of this page, looked at in another way."""
        beyond = "yes" if view.is_beyond else None
        now = {"from": view.from_on, "minutes": view.minutes, "without": sorted(view.without) or None, "beyond": beyond}
        return here(**(now | change))

    return {
        "found": found,
        "view": view,
        "other": other,
        "lengths": sorted({*LENGTHS, minutes}),
        "picture": availability_picture,
        "presence_names": PRESENCE_NAMES,
        "say_wishes": say_wishes,
    }


def read_view(request: web.Request) -> View:
    """How to look, from the address; what makes no sense there is left out."""
    query = request.query
    minutes = query.get("minutes", "")
    return View(
        from_on=read_day(query.get("from", "")),
        minutes=int(minutes) if minutes.isdecimal() and len(minutes) < 4 else None,
        without=frozenset(int(each) for each in query.getall("without", []) if each.isdecimal() and len(each) < 10),
        is_beyond=query.get("beyond") == "yes",
    )


def read_day(value: str) -> date | None:
    """A day out of an address; none when it makes no sense there."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


ROUTES = (
    Route("GET", r"/meetings/{meeting_id:\d{1,9}}/times", "find_new_time", find_new_time, Permission.BOOK_MEETINGS),
)
