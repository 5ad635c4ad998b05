"""Where every personal link leads first: to the page of its purpose, or to what can be said of a link that is over."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.operations.links import EXPIRED, REVOKED, LinkState, OpenedLink, open_link
from coord_service.operations.links import send_fresh_link as send_fresh
from coord_service.web.keys import TOOLS
from coord_service.web.links import actions, advice, meetings, polls
from coord_service.web.rendering import render
from coord_service.web.routing import Route

# The pages behind links, by purpose. Each is given a link that is good.
PAGES: Mapping[str, Callable[[web.Request, OpenedLink], Awaitable[web.Response]]] = {
    "meeting": meetings.show_invitation,
    "advice": advice.show_asked,
    "action": actions.show_owned_action,
    "notes": actions.show_notes,
    "poll": polls.show_question,
}


async def show_link(request: web.Request) -> web.Response:
    """What a personal link opens. Nothing changes by looking, however often and by whom."""
    link = await open_link(request.app[TOOLS], request.match_info["token"])
    match link.state:
        case LinkState.GOOD:
            return await PAGES[link.purpose](request, link)
        case LinkState.EXPIRED:
            facts = {"sentence": EXPIRED, "may_be_renewed": True}
        case LinkState.REVOKED:
            facts = {"sentence": REVOKED, "may_be_renewed": False}
    return render(request, "links/over.html", status=410, token=request.match_info["token"], **facts)


async def send_fresh_link(request: web.Request) -> web.Response:
    """A fresh link, to the address on file; the page says the same wherever that is."""
    await send_fresh(request.app[TOOLS], request.match_info["token"])
    return render(request, "links/fresh_sent.html")


ROUTES = (
    Route("GET", r"/a/{token:[\w-]+}", "open_link", show_link, Permission.LINK),
    Route("POST", r"/a/{token:[\w-]+}/fresh", "send_fresh_link", send_fresh_link, Permission.LINK),
)
