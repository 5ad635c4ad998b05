"""The pages for what went wrong: what happened, and what to do."""

from aiohttp import web

from coord_service.web.keys import REQUEST_ID
from coord_service.web.rendering import render

# status -> heading, what to say where the error brought no sentence of its own
_PROBLEMS = {
    400: ("This address or form is not complete", "Go back and try again from the page you came from."),
    401: (
        "You were signed out before this was sent",
        "Nothing was saved. Sign in again, then go back to your page and send it once more.",
    ),
    403: (
        "This page was open for too long",
        "Nothing was saved: we can’t tell that it was you who sent it. Go back, load the page again and send it again.",
    ),
    404: (
        "Page not found",
        "If you typed the address, check it. If a link brought you here, it may be old, or for somebody else.",
    ),
    405: ("This page can’t be used like that", "Go back and use the buttons on the page you came from."),
    409: ("Somebody else changed this meanwhile", "Look at it again before you save."),
    410: ("This link has expired", "Ask us for a fresh one: the phone number is at the foot of this page."),
    413: ("What you sent is too large", "Send a smaller file, or several files one by one."),
    422: ("This can’t be done", "Go back and look at it again."),
    500: (
        "Sorry, this did not work",
        "The fault is ours. What you sent may not have been saved: look before you send it again.",
    ),
}


def show_problem(request: web.Request, status: int, sentence: str = "") -> web.Response:
    """The page for a status, with the error's own sentence where it has one that may be shown."""
    heading, advice = _PROBLEMS.get(status, _PROBLEMS[400 if status < 500 else 500])
    return render(
        request,
        "problem.html",
        status=status,
        heading=heading,
        advice=sentence if sentence and status != 404 else advice,
        request_id=request[REQUEST_ID] if status >= 500 else "",
        is_signed_out=status == 401,
    )
