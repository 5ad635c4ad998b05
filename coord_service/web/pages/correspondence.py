"""What passed between us and one person about a meeting; each letter and each mail, down to its bytes."""

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.decisions import DECISION_NAMES
from coord_service.domain.meetings import ANSWER_NAMES, PURPOSE_NAMES, MeetingStatus
from coord_service.operations.correspondence import read_event, read_message, view_correspondence
from coord_service.operations.explaining import VERDICT_NAMES
from coord_service.operations.letters_and_mail import count_files, explain_mail, view_letter, view_mail
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.meetings import ONE_ATTENDEE, id_in
from coord_service.web.rendering import render
from coord_service.web.routing import Route
from coord_service.web.uploads import give_download

MAIL_TYPE, CALENDAR_TYPE = "message/rfc822", "text/calendar"


async def show_correspondence(request: web.Request) -> web.Response:
    """Every letter to one person, every mail from them, every answer, in order."""
    tools, actor = request.app[TOOLS], actor_of(request)
    found = await view_correspondence(tools, actor, id_in(request), id_in(request, "attendee_id"))
    return render(
        request,
        "meetings/correspondence.html",
        found=found,
        meeting=found.meeting,
        attendee=found.attendee,
        purposes=PURPOSE_NAMES,
        answer_names=ANSWER_NAMES,
        statuses=MeetingStatus,
        verdict_names=VERDICT_NAMES,
        decision_names=DECISION_NAMES,
    )


async def show_letter(request: web.Request) -> web.Response:
    """A letter word for word, as it was sent."""
    letter = await view_letter(request.app[TOOLS], actor_of(request), id_in(request, "letter_id"))
    source = read_message(letter.content) if letter.connection_id is None else read_event(letter.content)
    return render(request, "meetings/letter.html", letter=letter, source=source)


async def download_letter(request: web.Request) -> web.Response:
    """A letter byte for byte, as a file that a mail program opens."""
    letter = await view_letter(request.app[TOOLS], actor_of(request), id_in(request, "letter_id"))
    if letter.connection_id is not None:
        return give_download(letter.content, CALENDAR_TYPE, f"event-{letter.id}.ics")
    return give_download(letter.content, MAIL_TYPE, f"letter-{letter.id}.eml")


async def show_mail(request: web.Request) -> web.Response:
    """A mail as it came, and what was made of it."""
    tools, actor = request.app[TOOLS], actor_of(request)
    mail = await view_mail(tools, actor, id_in(request, "mail_id"))
    lines = await explain_mail(tools, actor, mail)
    return render(
        request,
        "meetings/mail.html",
        mail=mail,
        lines=lines,
        files=count_files(tools, mail) if mail.needs_decision and mail.advice_request_id else 0,
        source=read_message(mail.content),
        verdict_names=VERDICT_NAMES,
    )


async def download_mail(request: web.Request) -> web.Response:
    """A mail byte for byte as it came, as a file that a mail program opens."""
    mail = await view_mail(request.app[TOOLS], actor_of(request), id_in(request, "mail_id"))
    return give_download(mail.content, MAIL_TYPE, f"mail-{mail.id}.eml")


_SEE = Permission.SEE_CASES
_LETTER, _MAIL = r"/letters/{letter_id:\d{1,9}}", r"/mails/{mail_id:\d{1,9}}"

ROUTES = (
    Route("GET", ONE_ATTENDEE, "show_correspondence", show_correspondence, _SEE),
    Route("GET", _LETTER, "show_letter", show_letter, _SEE),
    Route("GET", f"{_LETTER}/original", "download_letter", download_letter, _SEE),
    Route("GET", _MAIL, "show_mail", show_mail, _SEE),
    Route("GET", f"{_MAIL}/original", "download_mail", download_mail, _SEE),
)
