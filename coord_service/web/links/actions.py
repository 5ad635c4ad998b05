"""An action, and the notes of a meeting, opened with a personal link. Opening changes nothing."""

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.actions import ActionAnswer
from coord_service.errors import InvalidForm
from coord_service.operations import action_answers
from coord_service.operations.action_answers import AnswerAction, load_owned_action
from coord_service.operations.links import LinkState, OpenedLink, open_link
from coord_service.operations.shared_notes import load_reading
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route


async def show_owned_action(request: web.Request, link: OpenedLink) -> web.Response:
    """What is asked and by when, and the buttons."""
    owned = await load_owned_action(request.app[TOOLS], link)
    return render(request, "links/action.html", form=Form(), owned=owned, token=request.match_info["token"])


async def show_notes(request: web.Request, link: OpenedLink) -> web.Response:
    """The notes as this reader may read them."""
    reading = await load_reading(request.app[TOOLS], link)
    return render(request, "links/notes.html", reading=reading, meeting=reading.meeting)


async def answer_action(request: web.Request) -> web.Response:
    """What the owner pressed."""
    form = await read_form(request)
    tools, token = request.app[TOOLS], request.match_info["token"]
    try:
        await action_answers.answer_action(tools, token, _read(form))
    except InvalidForm as error:
        link = await open_link(tools, token)
        if link.state is not LinkState.GOOD or link.purpose != "action":
            return see_other(request, "open_link", token=token)
        owned = await load_owned_action(tools, link)
        return redisplay(request, "links/action.html", form, error, owned=owned, token=token)
    return see_other(request, "open_link", say="Thank you, your answer is noted. A receipt is on its way.", token=token)


def _read(form: Form) -> AnswerAction:
    answer = form.choice("answer", ActionAnswer, "Press one of the buttons")
    asked = AnswerAction(
        answer=answer,
        note=form.optional_text("note", limit=500),
        promised_on=form.date("promised_on", "The day") if answer is ActionAnswer.MORE_TIME else None,
        suggested_owner=form.text("suggested_owner", "Say whose it is, as far as you know")
        if answer is ActionAnswer.NOT_MINE
        else None,
    )
    form.check()
    return asked


ROUTES = (Route("POST", r"/a/{token:[\w-]+}/action", "answer_action", answer_action, Permission.LINK),)
