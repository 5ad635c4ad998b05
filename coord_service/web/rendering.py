"""Pages out of templates. ``render`` shows one; ``see_other`` sends the reader on after a change."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from functools import partial
from typing import Any

import jinja2
from aiohttp import web
from markupsafe import Markup

from coord_service.clock import Clock
from coord_service.domain.access import Permission, may
from coord_service.operations.tools import Tools
from coord_service.web import wording
from coord_service.web.identity import cookie_name, drop_cookie, set_cookie
from coord_service.web.keys import FORM_SECRET, FORM_TOKEN, NONCE, SIGNED_IN, TABLE, TOOLS, SignedIn
from coord_service.web.routing import RouteTable
from coord_service.web.static_files import StaticFile, static_url

ENVIRONMENT: web.AppKey[jinja2.Environment] = web.AppKey("environment", jinja2.Environment)

# The menu: what it says, the route it leads to, who sees it. A route that does not exist (yet) has no entry.
MENU = (
    ("Home", "home", Permission.SIGNED_IN),
    ("Children", "children", Permission.SEE_CASES),
    ("Meetings", "meetings", Permission.SEE_CASES),
    ("People", "people", Permission.EDIT_PEOPLE),
    ("Chase report", "chase_report", Permission.SEE_REPORTS),
    ("Accounts", "users", Permission.EDIT_USERS),
    ("Audit", "audit", Permission.SEE_AUDIT),
    ("Settings", "settings", Permission.SET_RULES),
    ("Demo mailbox", "demo_mailbox", Permission.SIGNED_IN),
)


def build_environment(tools: Tools, table: RouteTable, files: dict[str, StaticFile]) -> jinja2.Environment:
    """The template engine: ours and the GOV.UK components, everything escaped."""
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PackageLoader("coord_service.web"),
                jinja2.PrefixLoader({"govuk_frontend_jinja": jinja2.PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,  # the GOV.UK macros rely on it
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_filters(tools.clock))
    environment.globals.update(
        url=table.url,
        has_route=lambda name: table.find(name) is not None,
        static=partial(static_url, files),
        council=tools.settings.council,
        contact_phone=tools.settings.contact_phone,
        is_demo=tools.settings.demo,
    )
    return environment


def _filters(clock: Clock) -> dict[str, Callable[..., str]]:
    return {
        "day": lambda value: wording.say_day(value, clock.now()),
        "date": wording.say_date,
        "time": wording.say_time,
        "when": lambda value: wording.say_when(value, clock.now()),
        "distance": lambda value: wording.say_distance(value, clock.now()),
        "ago": lambda value: wording.say_ago(value, clock.now()),
        "plural": wording.say_plural,
    }


def render(request: web.Request, template: str, status: int = 200, **facts: Any) -> web.Response:
    """The page of a template with these facts, and what every page knows: who is signed in, the menu, the time."""
    signed_in: SignedIn | None = request.get(SIGNED_IN)
    said = _take_word(request)
    page = request.app[ENVIRONMENT].get_template(template)
    known = {
        "request": request,
        "actor": signed_in.actor if signed_in else None,
        "signed_in": signed_in,
        "menu": _menu(request),
        "said": said,
        "nonce": request[NONCE],
        "now": request.app[TOOLS].clock.now(),
        "may": lambda permission: signed_in is not None and may(signed_in.actor, Permission(permission)),
        "csrf_field": partial(_csrf_field, request),
    }
    response = web.Response(text=page.render(known | facts), status=status, content_type="text/html")
    if said:
        drop_cookie(request, response, "said")
    if secret := request.get(FORM_SECRET):
        set_cookie(request, response, "form", secret, "Strict")
    return response


def see_other(request: web.Request, name: str, say: str = "", **facts: object) -> web.Response:
    """After a change: on to the page of a route, which opens with ``say`` in a banner. No names in ``say``."""
    return see_address(request, request.app[TABLE].url(name, **facts), say)


def see_address(request: web.Request, address: str, say: str = "") -> web.Response:
    """``see_other`` for an address that is known already."""
    response = web.Response(status=303, headers={"Location": address})
    if say:
        word = base64.urlsafe_b64encode(say.encode()).decode()
        set_cookie(request, response, "said", f"{_seal(request, word)}.{word}", "Lax")
    return response


def _take_word(request: web.Request) -> str:
    """What the last change left to be said; nothing when the seal is not this session's."""
    seal, _, word = request.cookies.get(cookie_name(request, "said"), "").partition(".")
    if not word or not hmac.compare_digest(seal.encode(), _seal(request, word).encode()):
        return ""
    try:
        return base64.urlsafe_b64decode(word).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _seal(request: web.Request, word: str) -> str:
    return hmac.new(request[FORM_TOKEN].encode(), word.encode(), hashlib.sha256).hexdigest()


def _csrf_field(request: web.Request) -> Markup:
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(request[FORM_TOKEN])


def _menu(request: web.Request) -> list[dict[str, object]]:
    """The entries this person may use, marked where we are."""
    signed_in, table = request.get(SIGNED_IN), request.app[TABLE]
    entries = []
    for text, name, permission in MENU:
        if signed_in and table.find(name) and may(signed_in.actor, permission):
            href = table.url(name)
            here = request.path == href or (href != "/" and request.path.startswith(f"{href}/"))
            entries.append({"text": text, "href": href, "active": here})
    return entries
