"""Setting a password by the link in a letter."""

import pytest

from coord_service.domain.people import Role
from tests.web.conftest import PASSWORD, make_user

NEW = "another lot of plain words"


@pytest.fixture
async def link(tools, browse, letters):
    """The path of a link to set a new password, as it stands in the letter."""
    await make_user(tools, Role.ADMINISTRATOR)
    await browse.post("ask_for_reset", {"email": "administrator@example.org"})
    (order,) = letters.orders
    assert (order.letter, order.to_address) == ("reset_password", "administrator@example.org")
    return order.facts["link"].removeprefix(tools.settings.public_url)


async def test_the_link_sets_the_password_and_ends_every_session(browse, link, sign_in):
    elsewhere = await sign_in(Role.ADMINISTRATOR)
    page = await browse.get(link)
    assert "administrator@example.org" in page.text
    page = await browse.post(link, {"password": NEW})
    assert page.heading == "Your password is set"
    assert (await elsewhere.get("users")).heading == "Sign in"
    page = await browse.post("sign_in", {"email": "administrator@example.org", "password": NEW, "next": "/users"})
    assert page.heading == "Accounts"


async def test_the_old_password_is_no_longer_good(browse, link):
    await browse.post(link, {"password": NEW})
    await browse.post("sign_in", {"email": "administrator@example.org", "password": PASSWORD}, 422)


async def test_a_link_is_good_once_and_opening_it_uses_nothing_up(browse, link):
    await browse.get(link)
    await browse.get(link)
    await browse.post(link, {"password": NEW})
    page = await browse.get(link, status=410)
    assert page.heading == "This link has expired"
    assert "Ask for a fresh one on the sign-in page" in page.text


async def test_a_link_is_good_for_two_hours(browse, link, clock):
    token = await browse.token(link)
    clock.move(hours=2)
    await browse.get(link, status=410)
    await browse.post(link, {"password": NEW, "csrf_token": token}, status=410)


async def test_a_poor_password_is_refused_and_the_link_stays_good(browse, link):
    page = await browse.post(link, {"password": "short"}, status=422)
    assert page.errors["#password"].startswith("Use 12 characters or more")
    page = await browse.post(link, {"password": "administrator@example.org"}, status=422)
    assert page.errors == {"#password": "Use something else than your e-mail address"}
    page = await browse.post(link, {"password": ""}, status=422)
    assert page.errors == {"#password": "Enter a password"}
    await browse.post(link, {"password": NEW})


async def test_a_link_works_in_a_browser_that_keeps_no_cookies(browse, link):
    token = await browse.token(link)
    browse.client.session.cookie_jar.clear()
    page = await browse.post(link, {"password": NEW, "csrf_token": token})
    assert page.heading == "Your password is set"


async def test_the_answer_does_not_tell_whether_there_is_an_account(browse, letters):
    page = await browse.post("ask_for_reset", {"email": "nobody@example.org"})
    assert page.heading == "Look in your mailbox"
    assert letters.orders == []


async def test_asking_again_at_once_sends_no_second_letter(browse, link, letters, clock):
    await browse.post("ask_for_reset", {"email": "administrator@example.org"})
    assert len(letters.orders) == 1
    clock.move(minutes=6)
    await browse.post("ask_for_reset", {"email": "administrator@example.org"})
    assert len(letters.orders) == 2


async def test_a_made_up_link_looks_like_an_expired_one(browse):
    await browse.get("/password/made-up", status=410)


async def test_an_invitation_sent_again_replaces_the_one_before(sign_in, browse, letters, tools):
    administrator = await sign_in(Role.ADMINISTRATOR)
    await administrator.post("add_user", {"name": "Ada", "email": "ada@example.org", "role": "manager"})
    await administrator.post("invite_user", {}, seen="/users/2", user_id=2)
    first, second = [order.facts["link"].removeprefix(tools.settings.public_url) for order in letters.orders]
    await browse.get(first, status=410)
    page = await browse.get(second)
    assert "Your account is ready" in page.text
