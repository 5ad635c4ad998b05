"""School terms: what is known, and the council's own file of them."""

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.terms import SchoolDatesKind
from coord_service.errors import InvalidForm
from coord_service.operations import terms as operations
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route
from coord_service.web.wording import say_plural

KINDS = {SchoolDatesKind.TERM: "Schools are open", SchoolDatesKind.BREAK: "Schools are closed"}


async def school_terms(request: web.Request) -> web.Response:
    """Every term and break, and how to bring others in."""
    found = await operations.list_terms(request.app[TOOLS], actor_of(request))
    return render(request, "settings/terms.html", form=Form(), found=found, kinds=KINDS)


async def upload_terms(request: web.Request) -> web.Response:
    """Keep the dates of a file."""
    tools, actor, form = request.app[TOOLS], actor_of(request), await read_form(request)
    try:
        field = form.file("file")
        if field is None:
            form.refuse("file", "Choose the file with the terms")
        form.check()
        content = field.file.read(operations.LARGEST + 1) if field else b""
        done = await operations.upload_terms(tools, actor, content)
    except InvalidForm as error:
        found = await operations.list_terms(tools, actor)
        return redisplay(request, "settings/terms.html", form, error, found=found, kinds=KINDS)
    left_out = f". Left out, as no terms: {', '.join(done.left_out[:5])}" if done.left_out else ""
    return see_other(request, "school_terms", say=f"{say_plural(done.kept, 'line')} kept{left_out}")


async def remove_term(request: web.Request) -> web.Response:
    """Forget one line."""
    await operations.remove_term(request.app[TOOLS], actor_of(request), int(request.match_info["date_id"]))
    return see_other(request, "school_terms", say="Removed")


_TERMS = "/settings/terms"

ROUTES = (
    Route("GET", _TERMS, "school_terms", school_terms, Permission.SET_RULES),
    Route("POST", _TERMS, "upload_terms", upload_terms, Permission.SET_RULES),
    Route("POST", rf"{_TERMS}/{{date_id:\d{{1,9}}}}/remove", "remove_term", remove_term, Permission.SET_RULES),
)
