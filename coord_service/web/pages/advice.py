"""Asking for advice, and one request with everything that happened to it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.advice import (
    ADVICE_KIND_NAMES,
    ADVICE_PART_NAMES,
    RECEIPT_BASIS_NAMES,
    USUAL_QUESTIONS,
    AdviceKind,
    AdvicePart,
    AdviceStatus,
    ReceiptBasis,
)
from coord_service.errors import InvalidForm
from coord_service.operations import advice, advice_progress, documents
from coord_service.operations.advice import AskForAdvice, ReplaceRequest, SendAgain
from coord_service.operations.advice_page import AskChoices, load_ask_choices, view_request
from coord_service.operations.advice_progress import AdviceByHand, CheckAdvice, CorrectReceipt, PhoneAnswer
from coord_service.operations.receipts import runs_from_sending
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Handler, Route
from coord_service.web.uploads import give_download, read_upload

# The views of a family are heard in person and never chased by mail, so letter (a) is not asked of a service.
ASKED_OF_SERVICES = [kind for kind in AdviceKind if kind is not AdviceKind.PARENT]


async def ask_for_advice_form(request: web.Request) -> web.Response:
    """Whom to ask, and for what; the usual question stands there already."""
    kind = _kind_in(request)
    form = Form.of(kind=kind, question=USUAL_QUESTIONS[kind]) if kind else Form()
    return render(request, "advice/ask.html", form=form, **await _ask_facts(request))


async def ask_for_advice(request: web.Request) -> web.Response:
    """Ask; the letter waits for the time of undoing."""
    form, child_id = await read_form(request), int(request.match_info["child_id"])
    try:
        number = await advice.ask_for_advice(request.app[TOOLS], actor_of(request), _read_ask(form, child_id))
    except InvalidForm as error:
        return redisplay(request, "advice/ask.html", form, error, **await _ask_facts(request))
    return see_other(request, "show_advice_request", say="The request is ready to go", request_id=number)


def _read_ask(form: Form, child_id: int) -> AskForAdvice:
    kind = form.choice("kind", AdviceKind, "Choose the letter of regulation 6(1)")
    asked = AskForAdvice(
        child_id=child_id,
        service_id=form.id("service_id", "Choose the service to ask"),
        person_id=form.optional_id("person_id"),
        kind=kind,
        question=form.optional_long_text("question", limit=4000) or USUAL_QUESTIONS[kind],
        is_another=form.flag("is_another"),
    )
    form.check()
    return asked


def _kind_in(request: web.Request) -> AdviceKind | None:
    typed = request.query.get("kind", "")
    return AdviceKind(typed) if typed in {kind.value for kind in ASKED_OF_SERVICES} else None


async def _ask_facts(request: web.Request) -> dict[str, Any]:
    choices = await load_ask_choices(request.app[TOOLS], actor_of(request), int(request.match_info["child_id"]))
    return {
        "child": choices.child,
        "kinds": [(kind, ADVICE_KIND_NAMES[kind]) for kind in ASKED_OF_SERVICES],
        **_who_can_be_asked(choices),
    }


def _who_can_be_asked(choices: AskChoices) -> dict[str, Any]:
    services = [(service.id, f"{service.name} ({service.agency.name})") for service in choices.services]
    people = [
        (person.id, f"{person.name} ({person.service.name})") for person in choices.people if person.service is not None
    ]
    return {
        "services": [("", "Choose a service"), *services],
        "people": [("", "Nobody in particular: the service’s mailbox"), *people],
        "has_services": bool(services),
    }


async def show_advice_request(request: web.Request) -> web.Response:
    """One request: what is next to do, the facts, the documents, the history."""
    return render(request, "advice/show.html", form=Form(), **await _facts(request))


async def _facts(request: web.Request) -> dict[str, Any]:
    view = await view_request(request.app[TOOLS], actor_of(request), _id(request))
    return {
        "view": view,
        "asked": view.request,
        "child": view.request.child,
        "kind_name": ADVICE_KIND_NAMES[view.request.kind],
        "basis_names": RECEIPT_BASIS_NAMES,
        "from_sending": runs_from_sending(request.app[TOOLS], view.request),
        "bases": [
            (ReceiptBasis.ACKNOWLEDGED, "They told us"),
            (ReceiptBasis.CORRECTED, "We know it otherwise"),
        ],
        "parts": [(part, ADVICE_PART_NAMES[part]) for part in AdvicePart],
        "statuses": AdviceStatus,
        "limit_mb": request.app[TOOLS].settings.upload_limit_mb,
        "wanted": documents.WANTED,
    }


def _id(request: web.Request) -> int:
    return int(request.match_info["request_id"])


async def log_phone_answer(request: web.Request) -> web.Response:
    """What somebody said on the telephone."""

    async def act(form: Form) -> str:
        answer = PhoneAnswer(
            request_id=_id(request),
            who=form.text("who", "Enter who you spoke with", limit=100),
            words=form.text("words", "Enter what they said", limit=500),
            promised_on=form.optional_date("promised_on", "The day they promised"),
        )
        form.check()
        await advice_progress.log_phone_answer(request.app[TOOLS], actor_of(request), answer)
        return "Call logged"

    return await _change(request, "advice/show.html", act)


async def settle_answer(request: web.Request) -> web.Response:
    """What became of a "can't" or "wrong person"."""

    async def act(form: Form) -> str:
        words = form.text("settled", "Say in a few words what was agreed", limit=500)
        form.check()
        await advice_progress.settle_answer(request.app[TOOLS], actor_of(request), _id(request), words)
        return "Noted: the request goes on"

    return await _change(request, "advice/show.html", act)


async def check_advice(request: web.Request) -> web.Response:
    """Whether the advice will do."""

    async def act(form: Form) -> str:
        check = CheckAdvice(
            request_id=_id(request),
            parts=frozenset(AdvicePart(part) for part in form.all_typed("parts") if part in set(AdvicePart)),
            missing=form.optional_long_text("missing", limit=2000),
        )
        form.check()
        is_enough = await advice_progress.check_advice(request.app[TOOLS], actor_of(request), check)
        return "Advice checked" if is_enough else "Sent back with what is missing"

    return await _change(request, "advice/show.html", act)


async def correct_receipt(request: web.Request) -> web.Response:
    """The true date of receipt."""

    async def act(form: Form) -> str:
        correct = CorrectReceipt(
            request_id=_id(request),
            version=form.whole_number("version", "Open this page again"),
            received_on=form.date("received_on", "The day they received it"),
            basis=form.choice("basis", ReceiptBasis, "Choose how you know"),
            reason=form.text("reason", "Say why the record was wrong", limit=500),
        )
        form.check()
        await advice_progress.correct_receipt(request.app[TOOLS], actor_of(request), correct)
        return "Date of receipt corrected; the due date follows it"

    return await _change(request, "advice/correct_receipt.html", act)


async def receive_advice_by_hand(request: web.Request) -> web.Response:
    """Advice that came another way."""

    async def act(form: Form) -> str:
        came = AdviceByHand(
            request_id=_id(request),
            came_on=form.date("came_on", "The day it came"),
            words=form.text("how", "Say how it came", limit=500),
            upload=read_upload(form, "document", request.app[TOOLS].settings.upload_limit_mb),
        )
        form.check()
        await advice_progress.receive_advice_by_hand(request.app[TOOLS], actor_of(request), came)
        return "Advice received"

    return await _change(request, "advice/receive_by_hand.html", act)


async def send_request_again(request: web.Request) -> web.Response:
    """The request once more."""

    async def act(form: Form) -> str:
        again = SendAgain(_id(request), form.optional_email("to_address"))
        form.check()
        await advice.send_request_again(request.app[TOOLS], actor_of(request), again)
        return "The request is on its way again"

    return await _change(request, "advice/send_again.html", act)


async def withdraw_request(request: web.Request) -> web.Response:
    """No longer asked for."""

    async def act(form: Form) -> str:
        reason = form.text("reason", "Say why it is not needed any more", limit=500)
        form.check()
        await advice.withdraw_request(request.app[TOOLS], actor_of(request), _id(request), reason)
        return "Request withdrawn"

    return await _change(request, "advice/withdraw.html", act)


async def undo_request(request: web.Request) -> web.Response:
    """Taken back before anything went."""
    await advice.undo_request(request.app[TOOLS], actor_of(request), _id(request))
    return see_other(request, "show_advice_request", say="Undone: nobody was sent anything", request_id=_id(request))


async def replace_request(request: web.Request) -> web.Response:
    """Asked of somebody else."""
    form = await read_form(request)
    try:
        replace = ReplaceRequest(
            request_id=_id(request),
            service_id=form.id("service_id", "Choose the service to ask"),
            person_id=form.optional_id("person_id"),
            reason=form.text("reason", "Say why somebody else is asked", limit=500),
        )
        form.check()
        number = await advice.replace_request(request.app[TOOLS], actor_of(request), replace)
    except InvalidForm as error:
        return redisplay(request, "advice/replace.html", form, error, **await _replace_facts(request))
    return see_other(request, "show_advice_request", say="Somebody else is asked", request_id=number)


async def replace_request_form(request: web.Request) -> web.Response:
    """Who is asked instead."""
    return render(request, "advice/replace.html", form=Form(), **await _replace_facts(request))


async def _replace_facts(request: web.Request) -> dict[str, Any]:
    facts = await _facts(request)
    tools, actor = request.app[TOOLS], actor_of(request)
    view = await view_request(tools, actor, _id(request))
    return facts | _who_can_be_asked(await load_ask_choices(tools, actor, view.request.child_id))


async def _change(request: web.Request, template: str, act: Callable[[Form], Awaitable[str]]) -> web.Response:
    """Read a form, act on it, and go back to the request; or show the form again with what is wrong."""
    form = await read_form(request)
    try:
        say = await act(form)
    except InvalidForm as error:
        return redisplay(request, template, form, error, **await _facts(request))
    return see_other(request, "show_advice_request", say=say, request_id=_id(request))


async def _show_form(request: web.Request, template: str) -> web.Response:
    facts = await _facts(request)
    return render(request, template, form=Form(), **facts)


async def download_document(request: web.Request) -> web.Response:
    """A document, as a download under its neutral name."""
    number = int(request.match_info["document_id"])
    document = await documents.download_document(request.app[TOOLS], actor_of(request), number)
    return give_download(document.content, document.content_type, document.name)


_ONE = r"/advice/{request_id:\d{1,9}}"
_SEE, _ASK = Permission.SEE_CASES, Permission.ASK_FOR_ADVICE


def _form_and_change(name: str, path: str, template: str, change: Handler) -> tuple[Route, Route]:
    form = partial(_show_form, template=template)
    return Route("GET", _ONE + path, f"{name}_form", form, _ASK), Route("POST", _ONE + path, name, change, _ASK)


ROUTES = (
    Route("GET", r"/children/{child_id:\d{1,9}}/advice/ask", "ask_for_advice_form", ask_for_advice_form, _ASK),
    Route("POST", r"/children/{child_id:\d{1,9}}/advice/ask", "ask_for_advice", ask_for_advice, _ASK),
    Route("GET", _ONE, "show_advice_request", show_advice_request, _SEE),
    Route("POST", f"{_ONE}/undo", "undo_request", undo_request, _ASK),
    Route("POST", f"{_ONE}/phone", "log_phone_answer", log_phone_answer, _ASK),
    Route("POST", f"{_ONE}/settle", "settle_answer", settle_answer, _ASK),
    Route("POST", f"{_ONE}/check", "check_advice", check_advice, _ASK),
    *_form_and_change("correct_receipt", "/receipt", "advice/correct_receipt.html", correct_receipt),
    *_form_and_change("receive_advice_by_hand", "/by-hand", "advice/receive_by_hand.html", receive_advice_by_hand),
    *_form_and_change("send_request_again", "/again", "advice/send_again.html", send_request_again),
    *_form_and_change("withdraw_request", "/withdraw", "advice/withdraw.html", withdraw_request),
    Route("GET", f"{_ONE}/replace", "replace_request_form", replace_request_form, _ASK),
    Route("POST", f"{_ONE}/replace", "replace_request", replace_request, _ASK),
    Route("GET", r"/advice/documents/{document_id:\d{1,9}}", "download_document", download_document, _SEE),
)
