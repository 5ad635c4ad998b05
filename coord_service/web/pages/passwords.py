"""Setting a password by the link in a letter, and asking for such a link."""

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.errors import InvalidForm
from coord_service.operations import passwords
from coord_service.operations.passwords import PasswordLink
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render
from coord_service.web.routing import Route


async def ask_for_reset_form(request: web.Request) -> web.Response:
    """Where to send a link to set a new password."""
    return render(request, "accounts/ask_for_reset.html", form=Form())


async def ask_for_reset(request: web.Request) -> web.Response:
    """Send the link; the answer is the same whether or not there is such an account."""
    form = await read_form(request)
    try:
        email = form.email("email", "Enter your e-mail address")
        form.check()
    except InvalidForm as error:
        return redisplay(request, "accounts/ask_for_reset.html", form, error)
    await passwords.ask_for_reset(request.app[TOOLS], email)
    return render(request, "accounts/reset_asked.html", email=email)


async def set_password_form(request: web.Request) -> web.Response:
    """The page behind the link; opening it uses nothing up."""
    link = await _load(request)
    return render(request, "accounts/set_password.html", form=Form(), link=link)


async def set_password(request: web.Request) -> web.Response:
    """Set the password; the link is used up."""
    link, form = await _load(request), await read_form(request)
    try:
        password = form.password("password", "Enter a password")
        form.check()
        await passwords.set_password(request.app[TOOLS], request.match_info["token"], password)
    except InvalidForm as error:
        return redisplay(request, "accounts/set_password.html", form, error, link=link)
    return render(request, "accounts/password_is_set.html")


async def _load(request: web.Request) -> PasswordLink:
    return await passwords.load_password_link(request.app[TOOLS], request.match_info["token"])


ROUTES = (
    Route("GET", "/forgotten-password", "ask_for_reset_form", ask_for_reset_form, Permission.ANYONE),
    Route("POST", "/forgotten-password", "ask_for_reset", ask_for_reset, Permission.ANYONE),
    Route("GET", r"/password/{token:[\w-]+}", "set_password_form", set_password_form, Permission.LINK),
    Route("POST", r"/password/{token:[\w-]+}", "set_password", set_password, Permission.LINK),
)
