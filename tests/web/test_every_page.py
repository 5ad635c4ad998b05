"""What happens around every page: errors, headers, forms from elsewhere, static files, health."""

import asyncio
import re
from dataclasses import replace
from io import BytesIO

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from coord_service import errors
from coord_service.domain.access import Permission
from coord_service.domain.people import Role
from coord_service.settings import Settings
from coord_service.web.app import create_app
from coord_service.web.routes import ROUTES
from coord_service.web.routing import Route
from tests.web.browsing import Browser

SECRET = "Priya Invented of 1 Safe House Lane"


def failing_with(error: Exception):
    async def handler(request: web.Request) -> web.Response:
        raise error

    return handler


def browser_of(tools, *routes: Route) -> Browser:
    return Browser(TestClient(TestServer(create_app(tools, (*ROUTES, *routes)))))


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (errors.NotFound("There is no such child."), 404, "If you typed the address, check it."),
        (errors.NotAllowed("Not yours."), 404, "If you typed the address, check it."),
        (errors.ChangedMeanwhile("Somebody else moved this meeting."), 409, "Somebody else moved this meeting."),
        (errors.SlotTaken("Dr Shah was booked a moment ago."), 409, "Dr Shah was booked a moment ago."),
        (errors.LinkExpired("Ask for a fresh link."), 410, "Ask for a fresh link."),
        (errors.Refused("This meeting is over."), 422, "This meeting is over."),
        (web.HTTPBadRequest(), 400, "Go back and try again"),
        (RuntimeError(SECRET), 500, "The fault is ours."),
    ],
)
async def test_whatever_goes_wrong_has_a_page_that_says_what_to_do(tools, error, status, words):
    browse = browser_of(tools, Route("GET", "/failing", "failing", failing_with(error), Permission.ANYONE))
    async with browse.client:
        page = await browse.get("failing", status=status)
    assert words in page.text
    assert SECRET not in page.body


async def test_an_error_of_ours_is_logged_by_the_number_on_the_page_and_without_its_words(tools):
    tools = replace(tools, settings=Settings(hashing="normal", data_dir=tools.settings.data_dir))
    browse = browser_of(tools, Route("GET", "/f", "failing", failing_with(RuntimeError(SECRET)), Permission.ANYONE))
    with capture_logs() as logs:
        async with browse.client:
            page = await browse.get("failing", status=500)
    (line,) = [line for line in logs if line["event"] == "request_failed"]
    assert line["error"] == "RuntimeError"
    assert any("failing_with" in place or "handler" in place for place in line["at"])
    assert SECRET not in str(logs)
    assert re.search(r"give this number: [0-9a-f]{16}", page.text)


async def test_no_address_is_logged(browse):
    with capture_logs() as logs:
        await browse.get("/password/a-secret-token", status=410)
    assert "a-secret-token" not in str(logs)
    assert [line["route"] for line in logs] == ["set_password_form"]


@pytest.mark.parametrize("address", ["/nowhere", "/users/1/nothing", "/%00", "/static/../app.py"])
async def test_an_unknown_address_is_not_found(browse, address):
    assert (await browse.get(address, status=404)).heading == "Page not found"


async def test_a_number_larger_than_any_id_is_not_found(sign_in):
    browse = await sign_in(Role.ADMINISTRATOR)
    await browse.get("/users/99999999999999999999", status=404)


async def test_what_is_not_for_me_looks_like_what_is_not_there(sign_in):
    browse = await sign_in(Role.LEAD_WORKER)
    forbidden, missing = await browse.get("users", status=404), await browse.get("/nowhere", status=404)
    assert forbidden.text == missing.text


async def test_a_form_from_another_site_is_refused(sign_in):
    browse = await sign_in(Role.ADMINISTRATOR)
    page = await browse.post(
        "add_user", {"name": "A", "email": "a@example.org", "role": "manager", "csrf_token": "guess"}, status=403
    )
    assert "Nothing was saved" in page.text


async def test_signing_in_needs_the_cookie_that_came_with_the_form(browse):
    token = await browse.token("/sign-in")
    browse.client.session.cookie_jar.clear()
    await browse.post("sign_in", {"email": "a@example.org", "password": "x", "csrf_token": token}, status=403)


async def test_the_token_of_somebody_else_is_refused(sign_in):
    other = await sign_in(Role.LEAD_WORKER)
    browse = await sign_in(Role.ADMINISTRATOR)
    await browse.post("sign_out", {"csrf_token": await other.token("/nowhere")}, status=403)


async def test_a_broken_form_is_a_bad_request_and_not_our_fault(browse):
    for content_type in ("multipart/form-data", "application/x-www-form-urlencoded; charset=nonsense"):
        headers = {"Content-Type": content_type}
        async with browse.client.post("/sign-in", data=b"\xff\xfe=%", headers=headers) as response:
            assert response.status in {400, 403}


async def test_something_too_large_says_so(tools, sign_in):
    tools = replace(tools, settings=Settings(demo=True, hashing="quick", cookie_secure=False, upload_limit_mb=1))
    browse = browser_of(tools)
    form = FormData()
    form.add_field("file", BytesIO(b"x" * 4_000_000), filename="advice.pdf", content_type="application/pdf")
    async with browse.client:
        page = await browse.post("sign_in", form, status=413)
    assert page.heading == "What you sent is too large"


async def test_over_https_cookies_are_secure_and_the_browser_is_told_to_stay(tools):
    tools = replace(tools, settings=Settings(public_url="https://send.example.gov.uk", cookie_secure=True))
    browse = browser_of(tools)
    async with browse.client, browse.client.get("/sign-in") as response:
        cookie = response.cookies["__Host-form"]
        assert (cookie["secure"], cookie["samesite"], cookie["httponly"]) == (True, "Strict", True)
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_a_word_after_a_change_is_said_once_and_only_to_who_made_it(sign_in):
    browse = await sign_in(Role.ADMINISTRATOR)
    page = await browse.post("add_user", {"name": "A", "email": "a@example.org", "role": "manager"})
    assert page.banner
    assert (await browse.get("users")).banner == ""
    forged = "0" * 64 + ".Rm9yZ2Vk"
    browse.client.session.cookie_jar.update_cookies({"said": forged}, browse.client.make_url("/"))
    assert (await browse.get("users")).banner == ""


async def test_static_files_are_kept_for_long_when_their_address_names_the_version(browse):
    page = await browse.get("sign_in_form")
    sheets = [link["href"] for link in page.root.all("link", rel="stylesheet")]
    assert len(sheets) == 2
    for sheet in sheets:
        async with browse.client.get(sheet) as response:
            assert response.status == 200
            assert response.content_type == "text/css"
            assert "immutable" in response.headers["Cache-Control"]
        async with browse.client.get(sheet.partition("?")[0] + "?v=old") as response:
            assert response.headers["Cache-Control"] == "no-cache"


async def test_alive_and_ready(browse):
    for address in ("/healthz", "/readyz"):
        async with browse.client.get(address) as response:
            assert response.status == 200


async def test_not_ready_before_the_migration_and_alive_all_the_same(tools, browse):
    async with tools.database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
    async with browse.client.get("/readyz") as response:
        assert response.status == 503
    async with browse.client.get("/healthz") as response:
        assert response.status == 200


async def test_the_menu_shows_what_a_role_may_use(sign_in):
    administrator, worker = await sign_in(Role.ADMINISTRATOR), await sign_in(Role.LEAD_WORKER)
    assert "Accounts" in (await administrator.get("/nowhere", status=404)).menu
    assert "Accounts" not in (await worker.get("/nowhere", status=404)).menu


async def test_names_are_escaped(sign_in):
    browse = await sign_in(Role.ADMINISTRATOR)
    name = "<script>alert(1)</script>"
    page = await browse.post("add_user", {"name": name, "email": "a@example.org", "role": "manager"})
    assert name in page.text
    assert name not in page.body


async def test_many_pages_at_once_keep_their_own_tokens_and_ids(sign_in):
    administrator, worker = await sign_in(Role.ADMINISTRATOR), await sign_in(Role.LEAD_WORKER)
    pages = await asyncio.gather(*[browse.get("/nowhere", status=404) for browse in [administrator, worker] * 5])
    tokens = [page.root.all("input", name="csrf_token")[0]["value"] for page in pages]
    assert len(set(tokens)) == 2
