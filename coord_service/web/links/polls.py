"""Behind a personal link: which times suit its reader. A press answers; it can be changed until the asking ends."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.polls import POLL_ANSWER_NAMES, PollState
from coord_service.errors import InvalidForm
from coord_service.operations.links import LinkState, OpenedLink, open_link
from coord_service.operations.poll_answers import OpenPoll, answer_poll, view_question
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.keys import TOOLS
from coord_service.web.pages.polls import read_answers
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route


async def show_question(request: web.Request, link: OpenedLink) -> web.Response:
    """The times, and what was said of them so far."""
    found = await view_question(request.app[TOOLS], link)
    form = Form.of(
        comment=found.voter.comment, **{f"time-{time}": answer.value for time, answer in found.answers.items()}
    )
    return render(request, "links/poll.html", form=form, **_facts(request, found))


async def send_poll_answer(request: web.Request) -> web.Response:
    """Keep what somebody pressed."""
    form = await read_form(request)
    tools, token = request.app[TOOLS], request.match_info["token"]
    try:
        comment = form.optional_text("comment", limit=500)
        form.check()
        await answer_poll(tools, token, read_answers(form), comment)
    except InvalidForm as error:
        link = await open_link(tools, token)
        if link.state is not LinkState.GOOD or link.purpose != "poll":
            return see_other(request, "open_link", token=token)
        return redisplay(request, "links/poll.html", form, error, **_facts(request, await view_question(tools, link)))
    return see_other(request, "open_link", say="Thank you, your answer is noted. A receipt is on its way.", token=token)


def _facts(request: web.Request, found: OpenPoll) -> dict[str, Any]:
    return {
        "found": found,
        "question": found.question,
        "poll": found.question.poll,
        "is_open": found.state is PollState.OPEN,
        "answer_names": POLL_ANSWER_NAMES,
        "token": request.match_info["token"],
    }


ROUTES = (Route("POST", r"/a/{token:[\w-]+}/times", "answer_poll", send_poll_answer, Permission.LINK),)
