"""An invitation opened with a personal link: yes, no, not sure, another time. Opening it changes nothing."""

from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.meetings import ANSWER_NAMES, Answer
from coord_service.domain.wall_time import instant_in_london
from coord_service.errors import InvalidForm, Refused
from coord_service.operations.answers import LinkAnswer, answer_by_link, view_invitation
from coord_service.operations.links import LinkState, OpenedLink, open_link
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route


async def show_invitation(request: web.Request, link: OpenedLink) -> web.Response:
    """What is asked, and the buttons."""
    return render(request, "links/invitation.html", form=Form(), **await _facts(request, link))


async def answer_invitation(request: web.Request) -> web.Response:
    """An answer that somebody pressed."""
    form = await read_form(request)
    tools, token = request.app[TOOLS], request.match_info["token"]
    try:
        await answer_by_link(tools, token, _read(form))
    except InvalidForm as error:
        link = await open_link(tools, token)
        if link.state is not LinkState.GOOD or link.purpose != "meeting":
            return see_other(request, "open_link", token=token)
        return redisplay(request, "links/invitation.html", form, error, **await _facts(request, link))
    return see_other(request, "open_link", say="Thank you, your answer is noted. A receipt is on its way.", token=token)


async def _facts(request: web.Request, link: OpenedLink) -> dict[str, Any]:
    invitation = await view_invitation(request.app[TOOLS], link.about.attendee_id or 0)
    return {
        "invitation": invitation,
        "meeting": invitation.meeting,
        "attendee": invitation.attendee,
        "answer_names": ANSWER_NAMES,
        "token": request.match_info["token"],
    }


def _read(form: Form) -> LinkAnswer:
    answer = form.choice("answer", Answer, "Press one of the buttons")
    comment = form.optional_text("comment", limit=500)
    proposed = _proposed(form) if form.flag("other_time") else None
    form.check()
    return LinkAnswer(answer, comment, proposed, asked_for=_asked_for(form))


def _asked_for(form: Form) -> datetime | None:
    """The time that the page showed."""
    try:
        return datetime.fromtimestamp(int(form.typed("asked_for")), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _proposed(form: Form) -> datetime | None:
    day, clock = form.date("day", "Day"), form.time("start", "Start time")
    form.check()
    try:
        return instant_in_london(day, clock)
    except Refused as error:
        raise InvalidForm({"start": str(error)}) from error


ROUTES = (Route("POST", r"/a/{token:[\w-]+}/meeting", "answer_invitation", answer_invitation, Permission.LINK),)
