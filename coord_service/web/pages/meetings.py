"""Meetings: the list, the meeting page with every invitation's state, and what waits for a decision."""

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.meetings import (
    ANSWER_NAMES,
    PURPOSE_NAMES,
    Answer,
    AnsweredBy,
    MeetingStatus,
)
from coord_service.errors import NotFound, Refused
from coord_service.operations.answers import (
    AnswerInvitation,
    accept_proposal,
    answer_invitation,
    decline_proposal,
    settle_mail,
)
from coord_service.operations.changing import send_now, undo_change
from coord_service.operations.correspondence import explain_mail
from coord_service.operations.meeting_page import (
    MeetingFilter,
    check_attendee,
    view_letter,
    view_mail,
    view_meeting,
    view_meetings,
)
from coord_service.operations.resending import send_again
from coord_service.web.forms import read_form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.paging import SIZE, Paging, page_number
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route


async def list_meetings(request: web.Request) -> web.Response:
    """Meetings to come or past, one's own or everybody's."""
    actor, number = actor_of(request), page_number(request)
    everybody, past = request.query.get("whose") == "all", request.query.get("when") == "past"
    chosen = MeetingFilter(convenor_id=None if everybody else actor.user_id, is_past=past)
    rows, total = await view_meetings(request.app[TOOLS], actor, chosen, limit=SIZE, offset=(number - 1) * SIZE)
    return render(
        request,
        "meetings/list.html",
        meetings=rows,
        paging=Paging(request, number, total),
        everybody=everybody,
        past=past,
        purposes=PURPOSE_NAMES,
        answers=Answer,
    )


async def show_meeting(request: web.Request) -> web.Response:
    """One meeting: who knows of it, who has answered what, what needs a decision."""
    view = await view_meeting(request.app[TOOLS], actor_of(request), _id(request))
    return render(
        request,
        "meetings/show.html",
        view=view,
        meeting=view.meeting,
        purposes=PURPOSE_NAMES,
        answer_names=ANSWER_NAMES,
        answers=Answer,
        statuses=MeetingStatus,
    )


async def undo(request: web.Request) -> web.Response:
    """Take the last change back."""
    await undo_change(request.app[TOOLS], actor_of(request), _id(request))
    return see_other(request, "show_meeting", say="Undone. Nothing was sent.", meeting_id=_id(request))


async def send(request: web.Request) -> web.Response:
    """Send what is waiting, now."""
    await send_now(request.app[TOOLS], actor_of(request), _id(request))
    return see_other(request, "show_meeting", say="On its way.", meeting_id=_id(request))


async def log_answer(request: web.Request) -> web.Response:
    """An answer given by telephone."""
    form = await read_form(request)
    answer = form.choice("answer", Answer, "Choose what they said")
    comment = form.optional_text("comment", limit=500)
    form.check()
    asked = AnswerInvitation(await _attendee(request), answer, AnsweredBy.PHONE, comment)
    await answer_invitation(request.app[TOOLS], actor_of(request), asked)
    return see_other(request, "show_meeting", say="Answer recorded.", meeting_id=_id(request))


async def resend(request: web.Request) -> web.Response:
    """Send somebody's invitation again, to the address on file now."""
    await send_again(request.app[TOOLS], actor_of(request), await _attendee(request))
    return see_other(request, "show_meeting", say="The invitation is on its way again.", meeting_id=_id(request))


async def accept(request: web.Request) -> web.Response:
    """Move the meeting to the time somebody proposed."""
    form = await read_form(request)
    version = form.whole_number("version", "This page is out of date. Open the meeting again.")
    form.check()
    seen = form.typed("proposed_start")
    await accept_proposal(request.app[TOOLS], actor_of(request), await _attendee(request), version, seen)
    return see_other(request, "show_meeting", say="Moved. Everybody will be asked again.", meeting_id=_id(request))


async def decline(request: web.Request) -> web.Response:
    """Keep the time, and tell the person who proposed another."""
    await decline_proposal(request.app[TOOLS], actor_of(request), await _attendee(request))
    return see_other(request, "show_meeting", say="The time stays. They will be told.", meeting_id=_id(request))


async def settle(request: web.Request) -> web.Response:
    """Decide about a mail that was held."""
    form = await read_form(request)
    meaning = form.typed("meaning")
    if meaning not in {"read", *Answer}:
        raise Refused("Choose what their mail means, then press the button again.")
    answer = None if meaning == "read" else Answer(meaning)
    mail = await view_mail(request.app[TOOLS], actor_of(request), _id(request, "mail_id"))
    if mail.meeting_id != _id(request):
        raise NotFound("There is no such mail.")
    await settle_mail(request.app[TOOLS], actor_of(request), mail.id, answer)
    return see_other(request, "show_meeting", say="Decision recorded.", meeting_id=_id(request))


async def read_mail(request: web.Request) -> web.Response:
    """Somebody has read a mail that belongs to nothing we know."""
    await settle_mail(request.app[TOOLS], actor_of(request), _id(request, "mail_id"), None)
    return see_other(request, "home", say="Noted as read.")


async def show_letter(request: web.Request) -> web.Response:
    """A letter word for word, as it was sent."""
    letter = await view_letter(request.app[TOOLS], actor_of(request), _id(request, "letter_id"))
    return render(request, "meetings/letter.html", letter=letter, source=explain_mail(letter.content))


async def show_mail(request: web.Request) -> web.Response:
    """A mail as it came, and what was made of it."""
    mail = await view_mail(request.app[TOOLS], actor_of(request), _id(request, "mail_id"))
    return render(request, "meetings/mail.html", mail=mail, source=explain_mail(mail.content))


async def _attendee(request: web.Request) -> int:
    """The attendee the address names, once it is sure that they are of the meeting it names."""
    attendee_id = _id(request, "attendee_id")
    await check_attendee(request.app[TOOLS], actor_of(request), _id(request), attendee_id)
    return attendee_id


def _id(request: web.Request, name: str = "meeting_id") -> int:
    return int(request.match_info[name])


_BOOK, _SEE = Permission.BOOK_MEETINGS, Permission.SEE_CASES
_ONE = r"/meetings/{meeting_id:\d+}"
_ATTENDEE = rf"{_ONE}/attendees/{{attendee_id:\d+}}"

ROUTES = (
    Route("GET", "/meetings", "meetings", list_meetings, _SEE),
    Route("GET", _ONE, "show_meeting", show_meeting, _SEE),
    Route("POST", f"{_ONE}/undo", "undo_change", undo, _BOOK),
    Route("POST", f"{_ONE}/send", "send_now", send, _BOOK),
    Route("POST", f"{_ATTENDEE}/answer", "log_answer", log_answer, _BOOK),
    Route("POST", f"{_ATTENDEE}/send-again", "send_again", resend, _BOOK),
    Route("POST", f"{_ATTENDEE}/proposal/accept", "accept_proposal", accept, _BOOK),
    Route("POST", f"{_ATTENDEE}/proposal/decline", "decline_proposal", decline, _BOOK),
    Route("POST", rf"{_ONE}/mails/{{mail_id:\d+}}/settle", "settle_mail", settle, _BOOK),
    Route("GET", r"/letters/{letter_id:\d+}", "show_letter", show_letter, _SEE),
    Route("POST", r"/mails/{mail_id:\d{1,9}}/read", "mark_mail_read", read_mail, _BOOK),
    Route("GET", r"/mails/{mail_id:\d+}", "show_mail", show_mail, _SEE),
)
