"""Every route names who may use it, and the one place that checks obeys."""

import re
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from coord_service.domain.access import ALLOWED, Permission
from coord_service.domain.people import Role
from coord_service.operations import accounts
from coord_service.operations.accounts import SignIn
from coord_service.web.app import create_app
from coord_service.web.routes import ROUTES
from tests.web.conftest import PASSWORD, make_user

OPEN_TO_ALL = {Permission.ANYONE, Permission.LINK, Permission.DEMO}

# The whole list of what needs no account. A route of another name here is a decision, not an oversight.
ANYONES = {
    "healthz",
    "readyz",
    "static",
    "sign_in_form",
    "sign_in",
    "signed_out",
    "ask_for_reset_form",
    "ask_for_reset",
}


def test_every_route_names_a_permission():
    assert [route.name for route in ROUTES if not isinstance(route.permission, Permission)] == []


def test_nobody_opens_a_route_to_everybody_by_accident():
    assert {route.name for route in ROUTES if route.permission is Permission.ANYONE} == ANYONES


def test_a_personal_link_has_its_token_in_the_path():
    links = [route for route in ROUTES if route.permission is Permission.LINK]
    assert [route.name for route in links if "{token:" not in route.path] == []


def test_no_two_routes_share_a_name():
    names = [route.name for route in ROUTES]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_no_two_routes_answer_the_same_address():
    doors = [(route.method, route.path) for route in ROUTES]
    assert sorted({door for door in doors if doors.count(door) > 1}) == []


def test_routes_only_show_or_change():
    assert {route.method for route in ROUTES} <= {"GET", "POST"}


async def reached(request: web.Request) -> web.Response:
    return web.Response(text="reached")


@pytest.fixture
async def client(tools):
    """The application with its own routes and rules, and handlers that only say that they were reached."""
    stubs = [replace(route, handler=reached) for route in ROUTES]
    async with TestClient(TestServer(create_app(tools, stubs))) as client:
        yield client


def address_of(route) -> str:
    variables = re.findall(r"\{(\w+)", re.sub(r"\{\d", "", route.path))
    return route.url(**dict.fromkeys(variables, "1"))


async def knock(client, route, cookies: dict[str, str], csrf_token: str) -> tuple[int, bool]:
    """Ask for a route: the status, and whether its handler was reached."""
    data = {"csrf_token": csrf_token} if route.method == "POST" else None
    async with client.request(
        route.method, address_of(route), data=data, cookies=cookies, allow_redirects=False
    ) as response:
        return response.status, await response.text() == "reached"


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_reaches_what_it_may_and_nothing_else(client, tools, role):
    await make_user(tools, role)
    token = await accounts.sign_in(tools, SignIn(f"{role.value}@example.org", PASSWORD, "192.0.2.1"))
    session = await accounts.load_session(tools, token)
    assert session
    guarded = [route for route in ROUTES if route.permission not in OPEN_TO_ALL]
    outcomes = {route.name: await knock(client, route, {"session": token}, session.csrf_token) for route in guarded}
    assert outcomes == {
        route.name: (200, True) if route.permission in ALLOWED[role] else (404, False) for route in guarded
    }


async def test_without_a_session_a_page_leads_to_signing_in_and_a_form_is_refused(client):
    guarded = [route for route in ROUTES if route.permission not in OPEN_TO_ALL]
    outcomes = {route.name: await knock(client, route, {}, "") for route in guarded}
    assert outcomes == {route.name: (303 if route.method == "GET" else 401, False) for route in guarded}


async def test_a_form_without_its_token_reaches_nothing(client, tools):
    await make_user(tools, Role.LEAD_WORKER)
    token = await accounts.sign_in(tools, SignIn("lead_worker@example.org", PASSWORD, "192.0.2.1"))
    posts = [
        route
        for route in ROUTES
        if route.method == "POST" and (route.permission in OPEN_TO_ALL or route.permission in ALLOWED[Role.LEAD_WORKER])
    ]
    outcomes = {route.name: await knock(client, route, {"session": token}, "somebody else’s") for route in posts}
    assert outcomes == {route.name: (403, False) for route in posts}
