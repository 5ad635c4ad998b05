"""Signing in and out, sessions and their ends, and how guessing is slowed down."""

import asyncio

import pytest

from coord_service.domain.people import Role
from coord_service.operations import accounts
from coord_service.operations.accounts import SignIn
from coord_service.web.pages.sign_in import local_address
from tests.web.conftest import PASSWORD, make_user

WRONG = "Check your e-mail address and password: the two do not match an account"


@pytest.fixture
async def administrator(tools):
    return await make_user(tools, Role.ADMINISTRATOR)


async def enter(browse, email="administrator@example.org", password=PASSWORD, *, status=200, onward=""):
    return await browse.post("sign_in", {"email": email, "password": password, "next": onward}, status)


async def test_signing_in_leads_to_the_page_that_was_asked_for(browse, administrator):
    page = await browse.get("users")
    assert page.address == "/sign-in?next=/users"
    page = await enter(browse, onward=page.value("next"))
    assert page.heading == "Accounts"


async def test_the_address_may_be_typed_in_capitals(browse, administrator):
    page = await enter(browse, " Administrator@Example.ORG ", onward="/users")
    assert page.heading == "Accounts"


@pytest.mark.parametrize("email", ["administrator@example.org", "nobody@example.org"])
async def test_a_wrong_password_and_an_unknown_account_look_the_same(browse, administrator, email):
    page = await enter(browse, email, "not the password at all", status=422)
    assert page.errors == {"#email": WRONG}
    assert page.value("email") == email
    assert "not the password" not in page.body


async def test_a_closed_account_looks_like_an_unknown_one(browse, administrator, tools):
    other = await make_user(tools, Role.MANAGER)
    actor = (await accounts.load_session(tools, await sign_in_token(tools))).actor
    await accounts.deactivate_user(tools, actor, other)
    page = await enter(browse, "manager@example.org", status=422)
    assert page.errors == {"#email": WRONG}


async def sign_in_token(tools, email="administrator@example.org", client="192.0.2.1"):
    return await accounts.sign_in(tools, SignIn(email, PASSWORD, client))


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "",
        "/sign-in?next=/",
    ],
)
def test_a_sign_in_link_leads_nowhere_but_here(address):
    assert local_address(address) == "/"


@pytest.mark.parametrize("address", ["/", "/users", "/children/3?page=2&q=a%20b", "/meetings/3/move"])
def test_a_sign_in_link_leads_to_any_page_of_ours(address):
    assert local_address(address) == address


async def test_guessing_one_account_is_slowed_down_and_the_right_password_waits_too(browse, administrator, clock):
    for _ in range(4):
        await enter(browse, password="a guess that is wrong", status=422)
    page = await enter(browse, status=422)
    assert page.errors == {"#password": "That did not work several times. Wait 3 seconds, then try again"}
    clock.move(seconds=3)
    page = await enter(browse, onward="/users")
    assert page.heading == "Accounts"


async def test_an_unknown_account_is_slowed_down_just_the_same(browse, administrator):
    for _ in range(4):
        await enter(browse, "nobody@example.org", "a guess that is wrong", status=422)
    page = await enter(browse, "nobody@example.org", status=422)
    assert list(page.errors) == ["#password"]


async def test_a_guesser_elsewhere_does_not_make_a_colleague_wait(tools, administrator):
    for _ in range(6):
        with pytest.raises(accounts.InvalidForm):
            await accounts.sign_in(tools, SignIn("administrator@example.org", "a guess", "203.0.113.9"))
    assert await sign_in_token(tools, client="192.0.2.1")


async def test_guesses_at_the_same_moment_are_counted_one_by_one(tools, administrator):
    attempt = SignIn("administrator@example.org", "a guess that is wrong", "203.0.113.9")
    tries = [accounts.sign_in(tools, attempt) for _ in range(12)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    heard = [str(outcome) for outcome in outcomes if str(outcome) == WRONG]
    assert len(heard) == 4


async def test_a_success_forgets_the_failures_before_it(browse, administrator, clock):
    for _ in range(3):
        await enter(browse, password="a guess that is wrong", status=422)
    await enter(browse, onward="/users")
    await browse.post("sign_out", {}, seen="/users")
    for _ in range(3):
        page = await enter(browse, password="a guess that is wrong", status=422)
        assert page.errors == {"#email": WRONG}


async def test_signing_out_ends_the_session_on_the_server(tools, sign_in):
    browse = await sign_in(Role.ADMINISTRATOR)
    kept = browse.client.session.cookie_jar.filter_cookies(browse.client.make_url("/"))["session"].value
    page = await browse.post("sign_out", {}, seen="/users")
    assert page.heading == "You have signed out"
    assert await accounts.load_session(tools, kept) is None


async def test_a_session_ends_after_an_hour_without_use(sign_in, clock):
    browse = await sign_in(Role.ADMINISTRATOR)
    clock.move(minutes=59)
    assert (await browse.get("users")).heading == "Accounts"
    clock.move(minutes=59)
    assert (await browse.get("users")).heading == "Accounts"
    clock.move(minutes=61)
    assert (await browse.get("users")).heading == "Sign in"


async def test_a_session_ends_after_twelve_hours_however_busy(sign_in, clock):
    browse = await sign_in(Role.ADMINISTRATOR)
    for _ in range(13):
        clock.move(minutes=54)
        assert (await browse.get("users")).heading == "Accounts"
    clock.move(minutes=54)
    assert (await browse.get("users")).heading == "Sign in"


async def test_a_form_left_open_can_be_sent_after_signing_in_again(browse, administrator, clock):
    await enter(browse, onward="/users")
    open_form = await browse.token("/users/add")
    clock.move(hours=2)
    asked = {"name": "Ada Quill", "email": "ada@example.org", "role": "manager", "csrf_token": open_form}
    page = await browse.post("add_user", asked, status=401)
    assert page.heading == "You were signed out before this was sent"
    await enter(browse, onward="/users")
    page = await browse.post("add_user", asked)
    assert page.heading == "Accounts"


async def test_only_a_hash_of_the_session_is_kept(tools, administrator, tmp_path):
    token = await sign_in_token(tools)
    assert await accounts.load_session(tools, token)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("*.sqlite*"))
    assert token.encode() not in kept
    assert PASSWORD.encode() not in kept
    assert b"$argon2id$" in kept


async def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(browse, administrator):
    data = {"email": "administrator@example.org", "password": PASSWORD, "csrf_token": await browse.token("/sign-in")}
    async with browse.client.post("/sign-in", data=data, allow_redirects=False) as response:
        cookie = response.cookies["session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == ""
    assert len(cookie.value) >= 43
