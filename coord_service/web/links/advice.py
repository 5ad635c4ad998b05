"""An advice request opened with a personal link: here it is, on its way, can't, wrong person; and whom it is about."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.advice import ADVICE_ANSWER_NAMES, CANNOT_REASON_NAMES, AdviceAnswer, CannotReason
from coord_service.errors import InvalidForm, LinkExpired, NotFound
from coord_service.operations import advice_answers as answers
from coord_service.operations.advice_answers import Answerer, AskedBehindLink, Cannot
from coord_service.operations.documents import WANTED
from coord_service.operations.links import OpenedLink
from coord_service.operations.tools import Tools
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route
from coord_service.web.uploads import read_upload

NAMING = "whom"  # beside the four answers: ask whom it is about


async def show_asked(request: web.Request, link: OpenedLink) -> web.Response:
    """What is asked and by when, and the four answers."""
    asked = await answers.load_asked(request.app[TOOLS], link)
    return render(request, "links/advice.html", asked=asked, token=request.match_info["token"])


async def answer_advice_form(request: web.Request) -> web.Response:
    """The form of one answer."""
    asked = await _load(request)
    return render(request, _template(request), form=Form(), **_facts(request, asked))


async def answer_advice(request: web.Request) -> web.Response:
    """One of the four answers, given."""
    form = await read_form(request)
    tools, token = request.app[TOOLS], request.match_info["token"]
    try:
        say = await _TAKE[_answer_in(request)](tools, token, form)
    except InvalidForm as error:
        return redisplay(request, _template(request), form, error, **_facts(request, await _load(request)))
    return see_other(request, "open_link", say=say, token=token)


async def name_child(request: web.Request) -> web.Response:
    """Whom it is about, on the answer to a form alone: no address ever leads to a page with a name on it."""
    form = await read_form(request)
    tools, token = request.app[TOOLS], request.match_info["token"]
    try:
        name, born_on = await answers.name_child(tools, token, _answerer(form))
    except InvalidForm as error:
        return redisplay(request, "links/advice_whom.html", form, error, **_facts(request, await _load(request)))
    asked = await _load(request)
    return render(request, "links/advice_named.html", name=name, born_on=born_on, **_facts(request, asked))


async def name_child_form(request: web.Request) -> web.Response:
    """Who wants to know."""
    return render(request, "links/advice_whom.html", form=Form(), **_facts(request, await _load(request)))


async def _here_it_is(tools: Tools, token: str, form: Form) -> str:
    answerer = _answerer(form)
    upload = read_upload(form, "document", tools.settings.upload_limit_mb, "Choose the file that you want to send")
    form.check()
    assert upload is not None  # a missing file is refused above
    await answers.send_advice(tools, token, answerer, upload)
    return "Thank you, the advice has reached us. A receipt is on its way to you by mail."


async def _on_its_way(tools: Tools, token: str, form: Form) -> str:
    answerer, promised_on = _answerer(form), form.date("promised_on", "The day it will reach us")
    form.check()
    await answers.promise_advice(tools, token, answerer, promised_on)
    return "Thank you, we have noted the day. A receipt is on its way to you by mail."


async def _cannot(tools: Tools, token: str, form: Form) -> str:
    answerer = _answerer(form)
    reason = form.choice("reason", CannotReason, "Choose the reason that comes nearest")
    words = form.optional_long_text("words", limit=2000)
    if reason is CannotReason.OTHER and not words:
        form.refuse("words", "Say in a few words what stands in the way")
    form.check()
    await answers.refuse_advice(tools, token, answerer, Cannot(reason, words))
    return "Thank you, the lead worker will look at this. A receipt is on its way to you by mail."


async def _wrong_person(tools: Tools, token: str, form: Form) -> str:
    answerer = _answerer(form)
    instead = form.text("instead", "Say whom we should ask, or “not known”")
    form.check()
    await answers.redirect_request(tools, token, answerer, instead)
    return "Thank you, the lead worker will ask somebody else. A receipt is on its way to you by mail."


_TAKE: dict[AdviceAnswer, Callable[[Tools, str, Form], Awaitable[str]]] = {
    AdviceAnswer.HERE_IT_IS: _here_it_is,
    AdviceAnswer.ON_ITS_WAY: _on_its_way,
    AdviceAnswer.CANNOT: _cannot,
    AdviceAnswer.WRONG_PERSON: _wrong_person,
}


def _answerer(form: Form) -> Answerer:
    return Answerer(form.optional_text("who", limit=100), form.optional_text("their_reference", limit=50))


async def _load(request: web.Request) -> AskedBehindLink:
    asked = await answers.open_asked(request.app[TOOLS], request.match_info["token"])
    if asked is None:
        raise LinkExpired("This link no longer opens. Open the address in the mail once more: it says what to do.")
    return asked


def _answer_in(request: web.Request) -> AdviceAnswer:
    try:
        return AdviceAnswer(request.match_info["answer"])
    except ValueError as error:
        raise NotFound("There is no such answer.") from error


def _template(request: web.Request) -> str:
    return f"links/advice_{_answer_in(request)}.html"


def _facts(request: web.Request, asked: AskedBehindLink) -> dict[str, Any]:
    return {
        "asked": asked,
        "token": request.match_info["token"],
        "reasons": [(reason, CANNOT_REASON_NAMES[reason]) for reason in CannotReason],
        "wanted": WANTED,
        "limit_mb": request.app[TOOLS].settings.upload_limit_mb,
        "answer_names": ADVICE_ANSWER_NAMES,
    }


_LINK = r"/a/{token:[\w-]+}/advice"
_ANSWER = f"{_LINK}/{{answer:\\w+}}"

ROUTES = (
    Route("GET", f"{_LINK}/{NAMING}", "name_child_form", name_child_form, Permission.LINK),
    Route("POST", f"{_LINK}/{NAMING}", "name_child", name_child, Permission.LINK),
    Route("GET", _ANSWER, "answer_advice_form", answer_advice_form, Permission.LINK),
    Route("POST", _ANSWER, "answer_advice", answer_advice, Permission.LINK),
)
