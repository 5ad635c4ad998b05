"""What a lead worker decides on a meeting's page: about a time that somebody proposes, about a mail that was held."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.availability import PRESENCE_NAMES
from coord_service.domain.decisions import Decision
from coord_service.domain.meetings import Answer
from coord_service.errors import ChangedMeanwhile, InvalidForm, NotFound, Refused, SlotTaken
from coord_service.operations.deciding import DecideMail, decide_mail, take_back_decision
from coord_service.operations.letters_and_mail import view_mail
from coord_service.operations.proposals import (
    AcceptProposal,
    accept_proposal,
    decline_proposal,
    rehearse_acceptance,
    view_proposal,
)
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.meetings import ONE_ATTENDEE, ONE_MEETING, attendee_in, id_in, render_meeting
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

PROPOSAL = "meetings/proposal.html"


async def show_proposal(request: web.Request) -> web.Response:
    """A proposed time beside everybody's availability, and who would be told what."""
    return render(request, PROPOSAL, form=Form(), **await _facts(request))


async def _facts(request: web.Request) -> dict[str, Any]:
    tools, actor = request.app[TOOLS], actor_of(request)
    meeting, proposal = await view_proposal(tools, actor, id_in(request), id_in(request, "attendee_id"))
    planned = await rehearse_acceptance(tools, actor, meeting, proposal)
    return {"meeting": meeting, "proposal": proposal, "planned": planned, "presence_names": PRESENCE_NAMES}


async def accept(request: web.Request) -> web.Response:
    """Move the meeting to the time somebody proposed."""
    form = await read_form(request)
    try:
        version = form.whole_number("version", "This page is out of date. Open the meeting again.")
        form.check()
        asked = AcceptProposal(
            meeting_id=id_in(request),
            attendee_id=await attendee_in(request),
            version=version,
            seen=form.typed("proposed_start"),
            accept_clashes=form.flag("accept_clashes"),
        )
        await accept_proposal(request.app[TOOLS], actor_of(request), asked)
    except SlotTaken as error:
        clash = InvalidForm({"accept_clashes": str(error)})
        return redisplay(request, PROPOSAL, form, clash, **await _facts(request))
    except InvalidForm as error:
        wrong = InvalidForm({"accept": " ".join(error.fields.values())})
        return redisplay(request, PROPOSAL, form, wrong, **await _facts(request))
    except ChangedMeanwhile as error:
        return await _show_anew(request, form, error)
    return see_other(request, "show_meeting", say="Moved. Everybody will be asked again.", meeting_id=id_in(request))


async def decline(request: web.Request) -> web.Response:
    """Keep the time, and tell the person who proposed another."""
    form = await read_form(request)
    try:
        reason = form.optional_long_text("reason", limit=500)
        form.check()
        place = (id_in(request), await attendee_in(request))
        seen = form.typed("proposed_start")
        await decline_proposal(request.app[TOOLS], actor_of(request), place, seen, reason)
    except InvalidForm as error:
        return redisplay(request, PROPOSAL, form, error, **await _facts(request))
    except ChangedMeanwhile as error:
        return await _show_anew(request, form, error)
    return see_other(request, "show_meeting", say="The time stays. They will be told.", meeting_id=id_in(request))


async def _show_anew(request: web.Request, form: Form, error: ChangedMeanwhile) -> web.Response:
    """The proposal as it stands now, with what was typed; where none is left, the error says so."""
    facts = await _facts(request)
    return render(request, PROPOSAL, status=409, form=form, meanwhile=str(error), **facts)


async def decide(request: web.Request) -> web.Response:
    """Decide about a mail that was held."""
    form = await read_form(request)
    mail_id = await _mail_of_this_meeting(request)
    decision, _, meaning = form.typed("decision").partition(":")
    if decision not in set(Decision) or (meaning and meaning not in set(Answer)):
        raise Refused("Choose what to do about this mail, then press the button again.")
    stand_in_for = form.optional_id(f"stand-in-{mail_id}")
    asked = DecideMail(mail_id, Decision(decision), Answer(meaning) if meaning else None, stand_in_for)
    try:
        form.check()
        said = await decide_mail(request.app[TOOLS], actor_of(request), asked)
    except InvalidForm as error:
        wrong = InvalidForm({f"stand-in-{mail_id}": next(iter(error.fields.values()))})
        return await render_meeting(request, form, wrong)
    return see_other(request, "show_meeting", say=said, meeting_id=id_in(request))


async def take_back(request: web.Request) -> web.Response:
    """Let a mail wait for a decision again."""
    mail_id = await _mail_of_this_meeting(request)
    await take_back_decision(request.app[TOOLS], actor_of(request), mail_id)
    said = "Taken back. The mail waits for a decision again."
    return see_other(request, "show_meeting", say=said, meeting_id=id_in(request))


async def _mail_of_this_meeting(request: web.Request) -> int:
    mail = await view_mail(request.app[TOOLS], actor_of(request), id_in(request, "mail_id"))
    if mail.meeting_id != id_in(request):
        raise NotFound("There is no such mail.")
    return mail.id


async def read_mail(request: web.Request) -> web.Response:
    """Somebody has read a mail that belongs to no meeting."""
    asked = DecideMail(id_in(request, "mail_id"), Decision.READ)
    return see_other(request, "home", say=await decide_mail(request.app[TOOLS], actor_of(request), asked))


async def keep_document(request: web.Request) -> web.Response:
    """The document that a mail brings is the advice."""
    tools, actor = request.app[TOOLS], actor_of(request)
    mail = await view_mail(tools, actor, id_in(request, "mail_id"))
    said = await decide_mail(tools, actor, DecideMail(mail.id, Decision.KEEP_DOCUMENT))
    return see_other(request, "show_advice_request", say=said, request_id=mail.advice_request_id)


_BOOK = Permission.BOOK_MEETINGS
_MAIL = rf"{ONE_MEETING}/mails/{{mail_id:\d{{1,9}}}}"

ROUTES = (
    Route("GET", f"{ONE_ATTENDEE}/proposal", "show_proposal", show_proposal, _BOOK),
    Route("POST", f"{ONE_ATTENDEE}/proposal", "accept_proposal", accept, _BOOK),
    Route("POST", f"{ONE_ATTENDEE}/proposal/decline", "decline_proposal", decline, _BOOK),
    Route("POST", f"{_MAIL}/decide", "decide_mail", decide, _BOOK),
    Route("POST", f"{_MAIL}/take-back", "take_back_decision", take_back, _BOOK),
    Route("POST", r"/mails/{mail_id:\d{1,9}}/read", "mark_mail_read", read_mail, _BOOK),
    Route("POST", r"/mails/{mail_id:\d{1,9}}/keep", "keep_document", keep_document, Permission.ASK_FOR_ADVICE),
)
