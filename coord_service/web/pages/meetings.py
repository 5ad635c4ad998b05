"""Meetings: the list, the meeting page with every invitation's state, and the small changes made on it."""

from datetime import timedelta

from aiohttp import web

from coord_service.clock import LONDON
from coord_service.domain.access import Permission
from coord_service.domain.decisions import DECISION_NAMES, Decision
from coord_service.domain.itip import Question, Strangers
from coord_service.domain.meetings import (
    ANSWER_NAMES,
    PURPOSE_NAMES,
    Answer,
    AnsweredBy,
    MeetingStatus,
)
from coord_service.errors import InvalidForm
from coord_service.operations.admitting import set_strangers
from coord_service.operations.answers import AnswerInvitation, answer_invitation
from coord_service.operations.changing import send_now, undo_change
from coord_service.operations.explaining import VERDICT_NAMES
from coord_service.operations.leaving_calendars import send_by_mail_instead
from coord_service.operations.meeting_page import (
    MeetingFilter,
    MeetingView,
    check_attendee,
    view_meeting,
    view_meetings,
)
from coord_service.operations.putting_back import put_back_event
from coord_service.operations.resending import send_again
from coord_service.web.forms import Form, read_form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.paging import SIZE, Paging, page_number
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

MINUTE = timedelta(minutes=1)
STRANGERS_NAMES = {
    Strangers.ASK: "Ask me",
    Strangers.ALLOW: "Let them in",
    Strangers.DENY: "Refuse them",
}
STRANGERS_HINTS = {
    Strangers.ASK: "It waits here until somebody decides.",
    Strangers.ALLOW: "Whoever answers is added as optional, and whoever is sent instead is invited.",
    Strangers.DENY: "Only those invited count. Who wants to send somebody else is told that it is not possible.",
}


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
    return await render_meeting(request, Form())


async def render_meeting(request: web.Request, form: Form, error: InvalidForm | None = None) -> web.Response:
    """The meeting page, with what was wrong about a form sent from it."""
    for name, sentence in error.fields.items() if error else ():
        form.refuse(name, sentence)
    view = await view_meeting(request.app[TOOLS], actor_of(request), id_in(request))
    return render(
        request,
        "meetings/show.html",
        status=422 if error else 200,
        view=view,
        meeting=view.meeting,
        form=form,
        purposes=PURPOSE_NAMES,
        answer_names=ANSWER_NAMES,
        answers=Answer,
        statuses=MeetingStatus,
        decision_names=DECISION_NAMES,
        decisions=Decision,
        questions=Question,
        verdict_names=VERDICT_NAMES,
        strangers_names=STRANGERS_NAMES,
        strangers_hints=STRANGERS_HINTS,
        offered_strangers=[(each.value, STRANGERS_NAMES[each], STRANGERS_HINTS[each]) for each in Strangers],
        council_strangers=Strangers(request.app[TOOLS].settings.strangers),
        there_fields=_fields_of_time_there(view),
    )


def _fields_of_time_there(view: MeetingView) -> dict[str, object]:
    """What the form for moving says, for the time to which somebody moved the event in the organizer's calendar."""
    meeting = view.meeting
    if meeting.there_start is None or meeting.there_end is None:
        return {}
    start, minutes = meeting.there_start.astimezone(LONDON), (meeting.there_end - meeting.there_start) // MINUTE
    return {"version": meeting.version, "day": start.date(), "start": f"{start:%H:%M}", "minutes": minutes}


async def by_mail_instead(request: web.Request) -> web.Response:
    """Take the meeting out of its organizer's calendar, and send it by our own mail."""
    await send_by_mail_instead(request.app[TOOLS], actor_of(request), id_in(request))
    said = "It goes out by our own mail, once the calendar has taken it back."
    return see_other(request, "show_meeting", say=said, meeting_id=id_in(request))


async def put_back(request: web.Request) -> web.Response:
    """Put the event back into the organizer's calendar as it is here."""
    await put_back_event(request.app[TOOLS], actor_of(request), id_in(request))
    return see_other(request, "show_meeting", say="It is being put back into the calendar.", meeting_id=id_in(request))


async def undo(request: web.Request) -> web.Response:
    """Take the last change back."""
    await undo_change(request.app[TOOLS], actor_of(request), id_in(request))
    return see_other(request, "show_meeting", say="Undone. Nothing was sent.", meeting_id=id_in(request))


async def send(request: web.Request) -> web.Response:
    """Send what is waiting, now."""
    await send_now(request.app[TOOLS], actor_of(request), id_in(request))
    return see_other(request, "show_meeting", say="On its way.", meeting_id=id_in(request))


async def log_answer(request: web.Request) -> web.Response:
    """An answer given by telephone."""
    form = await read_form(request)
    answer = form.choice("answer", Answer, "Choose what they said")
    comment = form.optional_text("comment", limit=500)
    form.check()
    asked = AnswerInvitation(await attendee_in(request), answer, AnsweredBy.PHONE, comment)
    await answer_invitation(request.app[TOOLS], actor_of(request), asked)
    return see_other(request, "show_meeting", say="Answer recorded.", meeting_id=id_in(request))


async def resend(request: web.Request) -> web.Response:
    """Send somebody's invitation again, to the address on file now."""
    await send_again(request.app[TOOLS], actor_of(request), await attendee_in(request))
    return see_other(request, "show_meeting", say="The invitation is on its way again.", meeting_id=id_in(request))


async def choose_strangers(request: web.Request) -> web.Response:
    """What to do at this meeting when somebody answers who was not invited."""
    form = await read_form(request)
    chosen = form.optional_choice("strangers", Strangers, "Choose what to do")
    form.check()
    await set_strangers(request.app[TOOLS], actor_of(request), id_in(request), chosen)
    return see_other(request, "show_meeting", say="Saved. It holds for this meeting.", meeting_id=id_in(request))


async def attendee_in(request: web.Request) -> int:
    """The attendee the address names, once it is sure that they are of the meeting it names."""
    attendee_id = id_in(request, "attendee_id")
    await check_attendee(request.app[TOOLS], actor_of(request), id_in(request), attendee_id)
    return attendee_id


def id_in(request: web.Request, name: str = "meeting_id") -> int:
    """A number out of the address."""
    return int(request.match_info[name])


_BOOK, _SEE = Permission.BOOK_MEETINGS, Permission.SEE_CASES
ONE_MEETING = r"/meetings/{meeting_id:\d{1,9}}"
ONE_ATTENDEE = rf"{ONE_MEETING}/attendees/{{attendee_id:\d{{1,9}}}}"

ROUTES = (
    Route("GET", "/meetings", "meetings", list_meetings, _SEE),
    Route("GET", ONE_MEETING, "show_meeting", show_meeting, _SEE),
    Route("POST", f"{ONE_MEETING}/undo", "undo_change", undo, _BOOK),
    Route("POST", f"{ONE_MEETING}/send", "send_now", send, _BOOK),
    Route("POST", f"{ONE_MEETING}/by-mail", "send_by_mail_instead", by_mail_instead, _BOOK),
    Route("POST", f"{ONE_MEETING}/put-back", "put_back_event", put_back, _BOOK),
    Route("POST", f"{ONE_MEETING}/strangers", "set_strangers", choose_strangers, _BOOK),
    Route("POST", f"{ONE_ATTENDEE}/answer", "log_answer", log_answer, _BOOK),
    Route("POST", f"{ONE_ATTENDEE}/send-again", "send_again", resend, _BOOK),
)
