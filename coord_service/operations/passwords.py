"""Passwords: hashed with argon2id away from the event loop, set by a one-time link that comes by mail."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from coord_service.domain.people import Actor, normal_address
from coord_service.domain.sign_in import password_problem
from coord_service.errors import InvalidForm, LinkExpired
from coord_service.operations.audit import record
from coord_service.operations.post import About, Posting, hash_token, put_letter
from coord_service.operations.tools import Tools
from coord_service.storage import accounts as rows
from coord_service.storage.database import Session
from coord_service.storage.tables import OneTimeLink, User

INVITATION_LIFE = timedelta(days=7)
RESET_LIFE = timedelta(hours=2)
_BETWEEN_RESETS = timedelta(minutes=5)

_EXPIRED = LinkExpired("This link has been used or is too old. Ask for a fresh one on the sign-in page.")


@cache
def _hasher(hashing: str) -> PasswordHasher:
    """Argon2id with the library's own cost (RFC 9106 §4, second choice), or next to none for tests."""
    return PasswordHasher() if hashing == "normal" else PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@cache
def _nobodys_hash(hashing: str) -> str:
    return _hasher(hashing).hash(secrets.token_urlsafe(16))


async def hash_password(tools: Tools, password: str) -> str:
    """The hash to keep."""
    return await asyncio.to_thread(_hasher(tools.settings.hashing).hash, password)


async def is_password(tools: Tools, password_hash: str | None, password: str) -> bool:
    """Whether this is the password; without a hash to compare with it is as much work, and never right."""
    hashing = tools.settings.hashing

    def verify() -> bool:
        try:
            return (
                _hasher(hashing).verify(password_hash or _nobodys_hash(hashing), password) and password_hash is not None
            )
        except (VerificationError, InvalidHashError):
            return False

    return await asyncio.to_thread(verify)


async def put_password_link(db: Session, tools: Tools, user: User, letter: str, now: datetime) -> str:
    """Send somebody a link to set their password, in the caller's transaction; the link, for the command line."""
    token = secrets.token_urlsafe(32)
    life = INVITATION_LIFE if letter == "invite_user" else RESET_LIFE
    link = OneTimeLink(token_hash=hash_token(token), user_id=user.id, expires_at=now + life, used_at=None)
    rows.add_one_time_link(db, link)
    address = f"{tools.settings.public_url}/password/{token}"
    posting = Posting(
        key=f"{letter}:{link.token_hash[:24]}",
        letter=letter,
        to_name=user.person.name,
        to_address=user.email,
        facts={"link": address, "expires_at": link.expires_at},
        about=About(person_id=user.person_id),
    )
    await put_letter(db, tools, posting, now)
    return address


async def ask_for_reset(tools: Tools, email: str) -> None:
    """Send a link to set a new password, if there is such an account; the caller can't tell. One in 5 minutes."""
    now = tools.clock.now()
    async with tools.database.begin() as db:
        user = await rows.load_user_by_email(db, normal_address(email))
        if user is None or not user.is_active:
            return
        latest = now + RESET_LIFE  # when a reset asked for just now would end; an invitation lives far longer
        if await rows.has_link_expiring_between(db, user.id, latest - _BETWEEN_RESETS, latest):
            return
        await put_password_link(db, tools, user, "reset_password", now)
        record(db, Actor(label="anyone"), "ask_for_reset", ("user", user.id), now)
    await tools.wake()


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """An open link: whose password it sets."""

    email: str
    is_first: bool


async def load_password_link(tools: Tools, token: str) -> PasswordLink:
    """What a link opens; looking uses nothing up. Raises LinkExpired."""
    async with tools.database.read() as db:
        user = await _open_link(db, token, tools.clock.now())
        return PasswordLink(email=user.email, is_first=user.password_hash is None)


async def set_password(tools: Tools, token: str, password: str) -> None:
    """Set the password behind a link, once; every session ends. Raises LinkExpired, InvalidForm."""
    link = await load_password_link(tools, token)
    if problem := password_problem(password, link.email):
        raise InvalidForm({"password": problem})
    password_hash = await hash_password(tools, password)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        user = await _open_link(db, token, now)
        user.password_hash = password_hash
        await rows.use_links(db, user.id, now)
        await rows.delete_user_sessions(db, user.id)
        record(db, Actor(label=f"user:{user.id}", user_id=user.id), "set_password", ("user", user.id), now)


async def _open_link(db: Session, token: str, now: datetime) -> User:
    link = await rows.load_one_time_link(db, hash_token(token))
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise _EXPIRED
    user = await rows.load_user(db, link.user_id)
    if user is None or not user.is_active:
        raise _EXPIRED
    return user
