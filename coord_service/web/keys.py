"""What the application and a request carry, by typed keys."""

from dataclasses import dataclass

from aiohttp import web

from coord_service.domain.people import Actor
from coord_service.operations.tools import Tools
from coord_service.web.routing import RouteTable


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The session behind a request: who it is, their name for the page, and the token their forms carry."""

    actor: Actor
    name: str
    csrf_token: str


TOOLS: web.AppKey[Tools] = web.AppKey("tools", Tools)
TABLE: web.AppKey[RouteTable] = web.AppKey("table", RouteTable)

SIGNED_IN: web.RequestKey[SignedIn] = web.RequestKey("signed_in", SignedIn)
REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
NONCE: web.RequestKey[str] = web.RequestKey("nonce", str)
FORM_TOKEN: web.RequestKey[str] = web.RequestKey("form_token", str)
FORM_SECRET: web.RequestKey[str] = web.RequestKey("form_secret", str)  # newly made: to be set as a cookie
