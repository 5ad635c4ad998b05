"""Accounts on both databases, with the letters as they will be sent."""

import asyncio
import re
from email import message_from_bytes, policy

import pytest

from coord_service.domain.delivery import DomainLimits
from coord_service.domain.people import Actor, Role
from coord_service.errors import InvalidForm, LinkExpired, NotAllowed, Refused
from coord_service.operations import accounts, passwords
from coord_service.operations.accounts import AddUser, SignIn
from coord_service.operations.tools import Tools
from coord_service.storage.audit import AuditFilter, list_entries
from coord_service.storage.leasing import lease_due_letters

COMMAND = Actor.job("command")
PASSWORD = "three plain garden words"


async def add(tools: Tools, role: Role = Role.ADMINISTRATOR, email: str = "ada@example.org") -> tuple[int, str]:
    return await accounts.add_user(tools, COMMAND, AddUser("Ada Quill", email, role))


async def enter(tools: Tools, email: str = "ada@example.org", password: str = PASSWORD) -> str:
    return await accounts.sign_in(tools, SignIn(email, password, "192.0.2.1"))


async def added_with_password(tools: Tools, role: Role, email: str) -> Actor:
    _, link = await add(tools, role, email)
    await passwords.set_password(tools, link.rpartition("/")[2], PASSWORD)
    session = await accounts.load_session(tools, await enter(tools, email))
    assert session
    return session.actor


async def letters_in(tools: Tools) -> list[tuple[str, str, str]]:
    """Recipient, subject and words of every letter that is due."""
    async with tools.database.begin() as db:
        rows = await lease_due_letters(db, tools.clock.now(), DomainLimits(), 50)
        found = []
        for row in rows:
            mail = message_from_bytes(row.content, policy=policy.default)
            part = mail.get_body(("plain",))
            assert part
            found.append((row.recipient, mail["Subject"], part.get_content()))
    return found


async def test_the_invitation_carries_the_link_that_lets_its_reader_in(tools):
    _, link = await add(tools)
    ((recipient, subject, words),) = await letters_in(tools)
    assert (recipient, subject) == ("ada@example.org", "Your account with the SEND team of Example County Council")
    assert link in words
    assert "good until Tuesday 10 March 2026, 10am" in words
    await passwords.set_password(tools, link.rpartition("/")[2], PASSWORD)
    assert await enter(tools)


async def test_a_reset_letter_carries_a_link_of_its_own(tools):
    await add(tools)
    await letters_in(tools)
    await passwords.ask_for_reset(tools, "Ada@Example.org")
    ((_, subject, words),) = await letters_in(tools)
    assert subject == "Set a new password"
    found = re.search(r"http://127\.0\.0\.1:8080/password/([\w-]+)", words)
    assert found
    assert (await passwords.load_password_link(tools, found.group(1))).email == "ada@example.org"


async def test_a_link_used_twice_at_the_same_moment_sets_one_password(tools):
    _, link = await add(tools)
    token = link.rpartition("/")[2]
    tries = [passwords.set_password(tools, token, f"three plain garden words {n}") for n in range(3)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, LinkExpired) for outcome in outcomes) == 2


async def test_two_administrators_who_close_each_other_at_once_leave_one(tools):
    first = await added_with_password(tools, Role.ADMINISTRATOR, "first@example.org")
    second = await added_with_password(tools, Role.ADMINISTRATOR, "second@example.org")
    assert first.user_id
    assert second.user_id
    outcomes = await asyncio.gather(
        accounts.deactivate_user(tools, first, second.user_id),
        accounts.deactivate_user(tools, second, first.user_id),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert [user.is_active for user in await accounts.list_users(tools)] == [True, False]


async def test_accounts_are_for_administrators(tools):
    manager = await added_with_password(tools, Role.MANAGER, "mo@example.org")
    with pytest.raises(NotAllowed):
        await accounts.add_user(tools, manager, AddUser("A", "a@example.org", Role.ADMINISTRATOR))
    with pytest.raises(NotAllowed):
        await accounts.change_role(tools, manager, manager.user_id or 0, Role.ADMINISTRATOR)


async def test_an_account_needs_an_address_that_mail_can_reach(tools):
    with pytest.raises(InvalidForm) as caught:
        await add(tools, email="ada")
    assert list(caught.value.fields) == ["email"]


async def test_every_change_of_an_account_is_on_record(tools):
    actor = await added_with_password(tools, Role.ADMINISTRATOR, "ada@example.org")
    other, _ = await add(tools, Role.LEAD_WORKER, "lee@example.org")
    await accounts.change_role(tools, actor, other, Role.MANAGER)
    await accounts.invite_user(tools, actor, other)
    await accounts.deactivate_user(tools, actor, other)
    await accounts.reactivate_user(tools, actor, other)
    async with tools.database.read() as db:
        entries = [entry for entry, _ in await list_entries(db, AuditFilter(), limit=50, offset=0)]
    assert [(entry.verb, entry.actor) for entry in reversed(entries)] == [
        ("add_user", "job:command"),
        ("set_password", f"user:{actor.user_id}"),
        ("add_user", "job:command"),
        ("change_role", f"user:{actor.user_id}"),
        ("invite_user", f"user:{actor.user_id}"),
        ("deactivate_user", f"user:{actor.user_id}"),
        ("reactivate_user", f"user:{actor.user_id}"),
    ]
    assert entries[3].details == {"before": "lead_worker", "after": "manager"}


async def test_a_closed_account_keeps_its_links_shut(tools):
    actor = await added_with_password(tools, Role.ADMINISTRATOR, "ada@example.org")
    other, link = await add(tools, Role.LEAD_WORKER, "lee@example.org")
    await accounts.deactivate_user(tools, actor, other)
    with pytest.raises(LinkExpired):
        await passwords.set_password(tools, link.rpartition("/")[2], PASSWORD)
    with pytest.raises(Refused):
        await accounts.invite_user(tools, actor, other)
