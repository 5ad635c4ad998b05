"""Accounts: who may sign in, and as what. For administrators."""

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.people import ROLE_NAMES, Role
from coord_service.errors import InvalidForm
from coord_service.operations import accounts
from coord_service.operations.accounts import AddUser
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

_ROLES = [
    (Role.LEAD_WORKER, ROLE_NAMES[Role.LEAD_WORKER], "Looks after children, books meetings, asks for advice"),
    (Role.MANAGER, ROLE_NAMES[Role.MANAGER], "The same, and sees who did what"),
    (Role.ADMINISTRATOR, ROLE_NAMES[Role.ADMINISTRATOR], "Looks after accounts, people and services; sees no child"),
]


async def users(request: web.Request) -> web.Response:
    """Every account."""
    found = await accounts.list_users(request.app[TOOLS])
    return render(request, "accounts/users.html", users=found, role_names=ROLE_NAMES)


async def add_user_form(request: web.Request) -> web.Response:
    """A new account: who, and as what."""
    return render(request, "accounts/add_user.html", form=Form(), roles=_ROLES)


async def add_user(request: web.Request) -> web.Response:
    """Make the account and send its invitation."""
    form = await read_form(request)
    try:
        await accounts.add_user(request.app[TOOLS], actor_of(request), _read_user(form))
    except InvalidForm as error:
        return redisplay(request, "accounts/add_user.html", form, error, roles=_ROLES)
    return see_other(request, "users", say="Account added. An invitation to set a password is on its way")


def _read_user(form: Form) -> AddUser:
    asked = AddUser(
        name=form.text("name", "Enter a name"),
        email=form.email("email", "Enter an e-mail address"),
        role=form.choice("role", Role, "Choose what this person does"),
    )
    form.check()
    return asked


async def user(request: web.Request) -> web.Response:
    """One account, and what can be done with it."""
    found = await accounts.load_user(request.app[TOOLS], _id(request))
    return _show(request, found, Form.of(role=found.role))


async def change_role(request: web.Request) -> web.Response:
    """Give the account another role."""
    form = await read_form(request)
    try:
        role = form.choice("role", Role, "Choose what this person does")
        form.check()
    except InvalidForm as error:
        found = await accounts.load_user(request.app[TOOLS], _id(request))
        return redisplay(request, "accounts/user.html", form, error, user=found, roles=_ROLES, role_names=ROLE_NAMES)
    await accounts.change_role(request.app[TOOLS], actor_of(request), _id(request), role)
    return see_other(request, "user", say="Role changed", user_id=_id(request))


async def invite_user(request: web.Request) -> web.Response:
    """Send a fresh link to set a password."""
    await accounts.invite_user(request.app[TOOLS], actor_of(request), _id(request))
    return see_other(request, "user", say="A fresh link to set a password is on its way", user_id=_id(request))


async def deactivate_user(request: web.Request) -> web.Response:
    """Close the account."""
    await accounts.deactivate_user(request.app[TOOLS], actor_of(request), _id(request))
    return see_other(request, "user", say="Account closed", user_id=_id(request))


async def reactivate_user(request: web.Request) -> web.Response:
    """Open the account again."""
    await accounts.reactivate_user(request.app[TOOLS], actor_of(request), _id(request))
    return see_other(request, "user", say="Account open again", user_id=_id(request))


def _show(request: web.Request, found: accounts.UserFacts, form: Form) -> web.Response:
    return render(request, "accounts/user.html", user=found, form=form, roles=_ROLES, role_names=ROLE_NAMES)


def _id(request: web.Request) -> int:
    return int(request.match_info["user_id"])


_ONE = r"/users/{user_id:\d+}"

ROUTES = (
    Route("GET", "/users", "users", users, Permission.EDIT_USERS),
    Route("GET", "/users/add", "add_user_form", add_user_form, Permission.EDIT_USERS),
    Route("POST", "/users/add", "add_user", add_user, Permission.EDIT_USERS),
    Route("GET", _ONE, "user", user, Permission.EDIT_USERS),
    Route("POST", f"{_ONE}/role", "change_role", change_role, Permission.EDIT_USERS),
    Route("POST", f"{_ONE}/invite", "invite_user", invite_user, Permission.EDIT_USERS),
    Route("POST", f"{_ONE}/deactivate", "deactivate_user", deactivate_user, Permission.EDIT_USERS),
    Route("POST", f"{_ONE}/reactivate", "reactivate_user", reactivate_user, Permission.EDIT_USERS),
)
