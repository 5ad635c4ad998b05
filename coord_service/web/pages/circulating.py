"""Circulating: what goes to whom, word for word; then sent, with a minute to take it back."""

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.errors import InvalidForm
from coord_service.operations import circulating
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route


async def circulate_actions_form(request: web.Request) -> web.Response:
    """Each reader's letter, who gets nothing and why, and until when the last round can be taken back."""
    page = await circulating.view_circulation(request.app[TOOLS], actor_of(request), _id(request))
    ticked = [each.reader.person.id for each in page.copies if each.reader.is_ticked]
    return render(request, "holding/circulate.html", page=page, meeting=page.meeting, form=Form.of(person=ticked))


async def circulate_actions(request: web.Request) -> web.Response:
    """Send to those who are ticked."""
    tools, actor, form = request.app[TOOLS], actor_of(request), await read_form(request)
    try:
        people = form.ids("person")
        form.check()
        await circulating.circulate_actions(tools, actor, _id(request), people)
    except InvalidForm as error:
        page = await circulating.view_circulation(tools, actor, _id(request))
        return redisplay(request, "holding/circulate.html", form, error, page=page, meeting=page.meeting)
    return see_other(request, "circulate_actions_form", meeting_id=_id(request))


async def undo_circulation(request: web.Request) -> web.Response:
    """Take the letters back."""
    await circulating.undo_circulation(request.app[TOOLS], actor_of(request), _id(request))
    return see_other(request, "circulate_actions_form", say="Undone. Nothing was sent.", meeting_id=_id(request))


def _id(request: web.Request) -> int:
    return int(request.match_info["meeting_id"])


_BOOK = Permission.BOOK_MEETINGS
_PATH = r"/meetings/{meeting_id:\d{1,9}}/circulate"

ROUTES = (
    Route("GET", _PATH, "circulate_actions_form", circulate_actions_form, _BOOK),
    Route("POST", _PATH, "circulate_actions", circulate_actions, _BOOK),
    Route("POST", f"{_PATH}/undo", "undo_circulation", undo_circulation, _BOOK),
)
