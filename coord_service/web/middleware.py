"""What happens around every page: an id, who is asking and whether they may, and an answer for whatever goes wrong."""

import secrets
import traceback

import structlog
from aiohttp import web

from coord_service import errors
from coord_service.web import identity
from coord_service.web.keys import FORM_TOKEN, NONCE, REQUEST_ID, TABLE, TOOLS
from coord_service.web.problems import show_problem
from coord_service.web.rendering import see_address
from coord_service.web.routing import Handler, Route

_log = structlog.get_logger()

_STATUS: tuple[tuple[type[errors.Refused], int], ...] = (
    (errors.NotFound, 404),
    (errors.NotAllowed, 404),  # from outside the two look the same
    (errors.ChangedMeanwhile, 409),
    (errors.SlotTaken, 409),
    (errors.LinkExpired, 410),
    (errors.Refused, 422),
)

_MOST_FIELDS = 5_000  # the longest form of ours has some hundreds
_NEEDS_NOBODY = {"static", "healthz", "readyz"}  # answered without asking the database who it is


@web.middleware
async def note_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, on every log line it causes; log the route and the outcome, never the address."""
    request[REQUEST_ID] = secrets.token_hex(8)
    request[NONCE] = secrets.token_urlsafe(16)
    request[FORM_TOKEN] = ""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request[REQUEST_ID])
    response = await handler(request)
    _log.info("request_answered", method=request.method, route=_name(request), status=response.status)
    return response


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever went wrong into a page that says what happened and what to do."""
    try:
        return await handler(request)
    except errors.Refused as error:
        status = next(status for kind, status in _STATUS if isinstance(error, kind))
        return show_problem(request, status, str(error))
    except web.HTTPRedirection:
        raise
    except web.HTTPException as error:
        return show_problem(request, error.status)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a page with an id that the log knows
        words = str(error) if request.app[TOOLS].settings.demo else ""  # in earnest they may hold what somebody typed
        _log.error("request_failed", error=type(error).__name__, words=words, route=_name(request), at=_places(error))
        return show_problem(request, 500)


@web.middleware
async def check_access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through who may use the route, and forms that came from a page of ours. The one place that decides."""
    route = request.app[TABLE].find(_name(request))
    if route and route.name in _NEEDS_NOBODY:
        return await handler(request)
    await identity.load_identity(request)
    request[FORM_TOKEN] = identity.find_form_token(request, route)
    if route is None or _names_no_record(request):
        raise web.HTTPNotFound
    if not identity.is_allowed(request, route):
        return _turn_away(request, route)
    if request.method not in {"GET", "HEAD"} and not await _is_our_form(request):
        return show_problem(request, 403)
    return await handler(request)


def _turn_away(request: web.Request, route: Route) -> web.StreamResponse:
    if identity.is_signed_in(request) or not identity.needs_account(route):
        return show_problem(request, 404)
    if request.method == "POST":
        return show_problem(request, 401)
    return see_address(request, request.app[TABLE].url("sign_in_form", next=request.path_qs))


def _names_no_record(request: web.Request) -> bool:
    """Whether a number in the path is larger than any id: the database would fail on it."""
    return any(value.isdigit() and len(value) > 9 for name, value in request.match_info.items() if name.endswith("id"))


async def _is_our_form(request: web.Request) -> bool:
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            _refuse_flood(await request.read())
        sent = await request.post()
    except (ValueError, LookupError) as error:  # no boundary, broken parts, an encoding that doesn't exist
        raise web.HTTPBadRequest from error
    return identity.is_our_form(request, sent.get("csrf_token"))


def _refuse_flood(body: bytes) -> None:
    """Splitting a form into fields takes time that everybody else waits for."""
    if (fields := body.count(b"&") + 1) > _MOST_FIELDS:
        raise web.HTTPRequestEntityTooLarge(max_size=_MOST_FIELDS, actual_size=fields)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The headers of every answer, set just before it goes; a handler may have set a stricter or an own one."""
    response.headers.setdefault("Content-Security-Policy", content_policy(request.get(NONCE, "")))
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = "coord"
    if request.app[TOOLS].settings.public_url.startswith("https:"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def content_policy(nonce: str) -> str:
    """What a page of ours may load: our own files, and the one script that carries the nonce."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _name(request: web.Request) -> str | None:
    return request.match_info.route.name


def _places(error: BaseException) -> list[str]:
    """Where it went wrong, without the words: a message may carry what somebody typed."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
