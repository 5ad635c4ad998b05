"""Accounts and sessions: who may sign in, and who has."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from coord_service.domain.access import Permission, require
from coord_service.domain.mail_addresses import SHAPE_SENTENCE, has_address_shape
from coord_service.domain.people import Actor, PersonKind, Role, normal_address
from coord_service.domain.sign_in import COUNTED_FOR, wait_until
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.passwords import is_password, put_password_link
from coord_service.operations.post import hash_token
from coord_service.operations.tools import Tools
from coord_service.storage import accounts as rows
from coord_service.storage.database import Session
from coord_service.storage.tables import Person, User, UserSession

_SEEN_EVERY = timedelta(minutes=1)  # a session's last use is written at most this often
_FORM_TOKEN_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A try to sign in; ``client`` is where it comes from."""

    email: str
    password: str
    client: str


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session that holds: who it is, and the token their forms carry."""

    actor: Actor
    name: str
    csrf_token: str


@dataclass(frozen=True, slots=True)
class UserFacts:
    """An account as lists show it; ``has_password`` tells whether the invitation was taken up."""

    id: int
    name: str
    email: str
    role: Role
    is_active: bool
    has_password: bool


@dataclass(frozen=True, slots=True)
class AddUser:
    """A new account to be made."""

    name: str
    email: str
    role: Role


async def sign_in(tools: Tools, attempt: SignIn) -> str:
    """Begin a session; the cookie's token. Raises InvalidForm, in the same words whatever of the two was wrong.

    The try counts as failed until the password was found right, so that many tries at once don't outrun the count.
    """
    email, now = normal_address(attempt.email), tools.clock.now()
    async with tools.database.begin() as db:
        await _refuse_guessing(db, email, attempt.client, now)
        user = await rows.load_user_by_email(db, email)
    may_enter = user is not None and user.is_active
    is_right = await is_password(tools, user.password_hash if user and may_enter else None, attempt.password)
    if user is None or not is_right:
        raise InvalidForm({"email": "Check your e-mail address and password: the two do not match an account"})
    async with tools.database.begin() as db:
        await rows.delete_failures(db, email, attempt.client, now - COUNTED_FOR)
        return await _begin_session(db, user.id, now)


async def _refuse_guessing(db: Session, email: str, client: str, now: datetime) -> None:
    failures = await rows.list_failures(db, client, now - COUNTED_FOR)
    until = wait_until([at for address, at in failures if address == email], [at for _, at in failures])
    if until and until > now:
        seconds = int((until - now).total_seconds()) + 1
        wait = f"{seconds} seconds" if seconds < 90 else f"{-(-seconds // 60)} minutes"
        raise InvalidForm({"password": f"That did not work several times. Wait {wait}, then try again"})
    rows.add_failure(db, email, client, now)


async def _begin_session(db: Session, user_id: int, now: datetime) -> str:
    """A form left open when a session ran out can be sent after signing in again: its token lives on for a day."""
    token = secrets.token_urlsafe(32)
    await rows.delete_old_sessions(db, now - _FORM_TOKEN_LIFE)
    csrf_token = await rows.load_latest_csrf_token(db, user_id, now - _FORM_TOKEN_LIFE)
    rows.add_session(
        db,
        UserSession(
            token_hash=hash_token(token),
            user_id=user_id,
            csrf_token=csrf_token or secrets.token_urlsafe(32),
            created_at=now,
            seen_at=now,
        ),
    )
    return token


async def load_session(tools: Tools, token: str) -> SessionFacts | None:
    """The session of a cookie's token while it holds: not idle for too long, not too old, the account active."""
    now, settings = tools.clock.now(), tools.settings
    async with tools.database.read() as db:
        session = await rows.load_session(db, hash_token(token))
    if session is None or not session.user.is_active:
        return None
    is_idle = now - session.seen_at > timedelta(minutes=settings.session_idle_minutes)
    if is_idle or now - session.created_at > timedelta(hours=settings.session_hours):
        return None
    if now - session.seen_at > _SEEN_EVERY:
        async with tools.database.begin() as db:
            await rows.touch_session(db, session.token_hash, now)
    return SessionFacts(_actor(session.user), session.user.person.name, session.csrf_token)


def _actor(user: User) -> Actor:
    return Actor(label=f"user:{user.id}", user_id=user.id, person_id=user.person_id, role=user.role)


async def sign_out(tools: Tools, token: str) -> None:
    """End the session of a cookie's token; nothing happens when there is none."""
    async with tools.database.begin() as db:
        await rows.delete_session(db, hash_token(token))


async def list_users(tools: Tools) -> list[UserFacts]:
    """Every account, those that may sign in first, by name."""
    async with tools.database.read() as db:
        return [_facts(user) for user in await rows.list_users(db)]


async def load_user(tools: Tools, user_id: int) -> UserFacts:
    """One account. Raises NotFound."""
    async with tools.database.read() as db:
        return _facts(await _load(db, user_id))


def _facts(user: User) -> UserFacts:
    return UserFacts(user.id, user.person.name, user.email, user.role, user.is_active, user.password_hash is not None)


async def _load(db: Session, user_id: int) -> User:
    user = await rows.load_user(db, user_id)
    if user is None:
        raise NotFound("There is no such account.")
    return user


async def add_user(tools: Tools, actor: Actor, asked: AddUser) -> tuple[int, str]:
    """Make an account and send its invitation; its id and the link in the letter. Raises InvalidForm, NotAllowed."""
    _require_users(actor)
    email, now = normal_address(asked.email), tools.clock.now()
    if not has_address_shape(email):
        raise InvalidForm({"email": SHAPE_SENTENCE})
    async with tools.database.begin() as db:
        if await rows.load_user_by_email(db, email):
            raise InvalidForm({"email": "There is an account with this e-mail address already"})
        person = await rows.load_staff_person(db, email) or Person(kind=PersonKind.STAFF, name=asked.name, email=email)
        user = await rows.add_user(db, User(person=person, email=email, role=asked.role, created_at=now))
        link = await put_password_link(db, tools, user, "invite_user", now)
        record(db, actor, "add_user", ("user", user.id), now, role=asked.role)
    await tools.wake()
    return user.id, link


async def invite_user(tools: Tools, actor: Actor, user_id: int) -> None:
    """Send the invitation again, or a fresh link to somebody who lost theirs. Raises NotFound, Refused."""
    _require_users(actor)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        user = await _load(db, user_id)
        if not user.is_active:
            raise Refused("This account is closed. Open it again before you invite somebody to it.")
        await rows.use_links(db, user.id, now)
        await put_password_link(db, tools, user, "invite_user", now)
        record(db, actor, "invite_user", ("user", user.id), now)
    await tools.wake()


async def change_role(tools: Tools, actor: Actor, user_id: int, role: Role) -> None:
    """Give an account another role, at once. Raises NotFound, Refused for the last administrator."""
    _require_users(actor)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        user = await _load(db, user_id)
        if role is not Role.ADMINISTRATOR:
            await _keep_an_administrator(db, user)
        record(db, actor, "change_role", ("user", user.id), now, before=user.role, after=role)
        user.role = role


async def deactivate_user(tools: Tools, actor: Actor, user_id: int) -> None:
    """Close an account: its sessions and links end now, its history stays. Raises NotFound, Refused."""
    _require_users(actor)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        user = await _load(db, user_id)
        if user.id == actor.user_id:
            raise Refused("You can’t close your own account. Ask another administrator.")
        await _keep_an_administrator(db, user)
        user.is_active = False
        await rows.delete_user_sessions(db, user.id)
        await rows.use_links(db, user.id, now)
        record(db, actor, "deactivate_user", ("user", user.id), now)


async def reactivate_user(tools: Tools, actor: Actor, user_id: int) -> None:
    """Open a closed account again, with the password it had. Raises NotFound."""
    _require_users(actor)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        user = await _load(db, user_id)
        user.is_active = True
        record(db, actor, "reactivate_user", ("user", user.id), now)


async def _keep_an_administrator(db: Session, user: User) -> None:
    if list(await rows.list_active_administrators(db)) == [user.id]:
        raise Refused("This is the only administrator. Make somebody else one first.")


def _require_users(actor: Actor) -> None:
    """Administrators, or whoever may run commands on the server."""
    if actor.label != _COMMAND.label:
        require(actor, Permission.EDIT_USERS)


_COMMAND = Actor.job("command")
