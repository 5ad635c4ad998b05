"""Accounts in the browser."""

from coord_service.domain.people import Role
from tests.web.conftest import make_user


async def test_an_administrator_adds_an_account_and_its_invitation_goes_out(sign_in, letters):
    browse = await sign_in(Role.ADMINISTRATOR)
    page = await browse.post("add_user", {"name": "Ada Quill", "email": "Ada.Quill@Example.org", "role": "lead_worker"})
    assert page.banner == "Account added. An invitation to set a password is on its way"
    assert "ada.quill@example.org" in page.text
    assert [(order.letter, order.to_address) for order in letters.orders] == [("invite_user", "ada.quill@example.org")]


async def test_a_faulty_account_is_shown_again_as_typed_with_every_fault(sign_in):
    browse = await sign_in(Role.ADMINISTRATOR)
    page = await browse.post("add_user", {"name": "", "email": "not an address", "role": ""}, status=422)
    assert page.errors == {
        "#name": "Enter a name",
        "#email": "Enter an e-mail address in the correct format, like name@example.org",
        "#role": "Choose what this person does",
    }
    assert page.value("email") == "not an address"


async def test_an_account_is_not_made_twice(sign_in):
    browse = await sign_in(Role.ADMINISTRATOR)
    asked = {"name": "Ada Quill", "email": "ada@example.org", "role": "manager"}
    await browse.post("add_user", asked)
    page = await browse.post("add_user", asked, status=422)
    assert page.errors == {"#email": "There is an account with this e-mail address already"}


async def test_closing_an_account_ends_its_sessions_at_once(sign_in, tools):
    administrator, worker = await sign_in(Role.ADMINISTRATOR), await sign_in(Role.LEAD_WORKER)
    page = await administrator.post("deactivate_user", {}, seen="/users/2", user_id=2)
    assert page.banner == "Account closed"
    page = await worker.get("/users/add")
    assert page.heading == "Sign in"


async def test_the_only_administrator_stays_one(sign_in):
    browse = await sign_in(Role.ADMINISTRATOR)
    page = await browse.post("change_role", {"role": "manager"}, status=422, seen="/users/1", user_id=1)
    assert "only administrator" in page.text


async def test_a_change_of_role_holds_at_once(sign_in, tools):
    browse = await sign_in(Role.ADMINISTRATOR)
    other = await make_user(tools, Role.LEAD_WORKER)
    page = await browse.post("change_role", {"role": "manager"}, seen=f"/users/{other}", user_id=other)
    assert page.banner == "Role changed"
    assert "Manager" in page.text
