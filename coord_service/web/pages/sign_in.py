"""Signing in and out."""

import re

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.errors import InvalidForm
from coord_service.operations import accounts
from coord_service.operations.accounts import SignIn
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import client_of, cookie_name, drop_cookie, is_signed_in, set_cookie
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_address, see_other
from coord_service.web.routing import Route

_PAGE = "accounts/sign_in.html"


async def sign_in_form(request: web.Request) -> web.Response:
    """The form; whoever is signed in already goes straight on."""
    onward = local_address(request.query.get("next", ""))
    if is_signed_in(request):
        return see_address(request, onward)
    return render(request, _PAGE, form=Form.of(next=onward))


async def sign_in(request: web.Request) -> web.Response:
    """Begin a session and go on to the page that was asked for."""
    form = await read_form(request)
    try:
        token = await accounts.sign_in(request.app[TOOLS], _read_sign_in(request, form))
    except InvalidForm as error:
        return redisplay(request, _PAGE, form, error)
    response = see_address(request, local_address(form.typed("next")))
    set_cookie(request, response, "session", token, "Lax")
    return response


def _read_sign_in(request: web.Request, form: Form) -> SignIn:
    asked = SignIn(
        email=form.email("email", "Enter your e-mail address"),
        password=form.password("password", "Enter your password"),
        client=client_of(request),
    )
    form.check()
    return asked


def local_address(address: str) -> str:
    """The address if it is one of ours, else the home page: nobody is led elsewhere by a sign-in link."""
    is_ours = re.fullmatch(r"/(?![/\\])[!-\[\]-~]*", address, re.ASCII)
    return address if is_ours and not address.startswith("/sign-in") else "/"


async def sign_out(request: web.Request) -> web.Response:
    """End the session."""
    if token := request.cookies.get(cookie_name(request, "session")):
        await accounts.sign_out(request.app[TOOLS], token)
    response = see_other(request, "signed_out")
    drop_cookie(request, response, "session")
    return response


async def signed_out(request: web.Request) -> web.Response:
    """Says that the session has ended."""
    return render(request, "accounts/signed_out.html")


ROUTES = (
    Route("GET", "/sign-in", "sign_in_form", sign_in_form, Permission.ANYONE),
    Route("POST", "/sign-in", "sign_in", sign_in, Permission.ANYONE),
    Route("POST", "/sign-out", "sign_out", sign_out, Permission.SIGNED_IN),
    Route("GET", "/signed-out", "signed_out", signed_out, Permission.ANYONE),
)
