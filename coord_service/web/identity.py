"""Who is behind a request: the session cookie, and the proof that a form of ours was posted from a page of ours."""

import hashlib
import hmac
import ipaddress
import secrets

from aiohttp import web

from coord_service.domain.access import Permission, may
from coord_service.domain.people import Actor
from coord_service.errors import NotAllowed
from coord_service.operations import accounts
from coord_service.web.keys import FORM_SECRET, FORM_TOKEN, SIGNED_IN, TOOLS, SignedIn
from coord_service.web.routing import Route

_NO_ACCOUNT_NEEDED = {Permission.ANYONE, Permission.LINK, Permission.DEMO}


def cookie_name(request: web.Request, name: str) -> str:
    """The cookie's full name: over https its prefix makes the browser refuse one set by a neighbouring site."""
    return f"__Host-{name}" if request.app[TOOLS].settings.cookie_secure else name


def set_cookie(request: web.Request, response: web.StreamResponse, name: str, value: str, same_site: str) -> None:
    """Set a cookie of ours: no script reads it, it ends with the browser."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        path="/",
        httponly=True,
        secure=request.app[TOOLS].settings.cookie_secure,
        samesite=same_site,
    )


def drop_cookie(request: web.Request, response: web.StreamResponse, name: str) -> None:
    """Take a cookie of ours back."""
    secure = request.app[TOOLS].settings.cookie_secure
    response.del_cookie(cookie_name(request, name), path="/", secure=secure, httponly=True)


async def load_identity(request: web.Request) -> None:
    """Find the session of the request's cookie, if there is one that still holds, and keep it on the request."""
    token = request.cookies.get(cookie_name(request, "session"))
    facts = await accounts.load_session(request.app[TOOLS], token) if token else None
    if facts:
        request[SIGNED_IN] = SignedIn(facts.actor, facts.name, facts.csrf_token)


def actor_of(request: web.Request) -> Actor:
    """The signed-in member of staff. Raises NotAllowed where nobody is signed in."""
    signed_in: SignedIn | None = request.get(SIGNED_IN)
    if signed_in is None:
        raise NotAllowed("Sign in to see this page.")
    return signed_in.actor


def is_signed_in(request: web.Request) -> bool:
    """Whether somebody with an account is behind the request."""
    return SIGNED_IN in request


def is_allowed(request: web.Request, route: Route) -> bool:
    """Whether whoever is behind the request may use the route."""
    if route.permission is Permission.DEMO:
        return request.app[TOOLS].settings.demo
    if route.permission in _NO_ACCOUNT_NEEDED:
        return True
    signed_in: SignedIn | None = request.get(SIGNED_IN)
    return signed_in is not None and may(signed_in.actor, route.permission)


def needs_account(route: Route) -> bool:
    """Whether the route is for signed-in people."""
    return route.permission not in _NO_ACCOUNT_NEEDED


def find_form_token(request: web.Request, route: Route | None) -> str:
    """The hidden word that every form on this request's page carries, and must bring back.

    For somebody signed in it belongs to the session. A personal link's form is bound to the link itself, so that it
    works without any cookie. All else (signing in) is bound to a cookie that other sites' requests do not carry.
    """
    if route and route.permission is Permission.LINK and "token" in request.match_info:
        return _digest(request.match_info["token"])
    signed_in: SignedIn | None = request.get(SIGNED_IN)
    if signed_in is not None:
        return signed_in.csrf_token
    return _digest(request.cookies.get(cookie_name(request, "form")) or _new_form_secret(request))


def _new_form_secret(request: web.Request) -> str:
    secret = secrets.token_urlsafe(32)
    request[FORM_SECRET] = secret
    return secret


def _digest(secret: str) -> str:
    return hashlib.sha256(f"form:{secret}".encode()).hexdigest()


def is_our_form(request: web.Request, sent: object) -> bool:
    """Whether the hidden word that came back is the one given out."""
    return isinstance(sent, str) and hmac.compare_digest(sent.encode(), request[FORM_TOKEN].encode())


def client_of(request: web.Request) -> str:
    """Where a request comes from, as guessing of passwords is counted: an IPv4 address, or the /64 of an IPv6 one."""
    count = request.app[TOOLS].settings.proxy_count
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    told = hops[-count] if 0 < count <= len(hops) else request.remote or ""
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))
