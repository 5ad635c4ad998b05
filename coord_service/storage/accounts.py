"""Accounts, sessions, one-time links and failed sign-ins."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.domain.people import PersonKind, Role
from coord_service.storage.database import Session
from coord_service.storage.tables import OneTimeLink, Person, SignInFailure, User, UserSession

_WITH_PERSON = joinedload(User.person)


async def load_user(db: Session, user_id: int) -> User | None:
    """One account with its person."""
    return await db.get(User, user_id, options=[_WITH_PERSON])


async def load_user_by_email(db: Session, email: str) -> User | None:
    """The account that signs in with this address, with its person."""
    found: User | None = await db.scalar(sa.select(User).where(User.email == email).options(_WITH_PERSON))
    return found


async def load_staff_person(db: Session, email: str) -> Person | None:
    """The member of staff with this address, whether or not they have an account."""
    found: Person | None = await db.scalar(
        sa.select(Person).where(Person.email == email, Person.kind == PersonKind.STAFF).order_by(Person.id).limit(1)
    )
    return found


async def list_users(db: Session) -> Sequence[User]:
    """Every account with its person, by name, those that may sign in first."""
    rows = await db.scalars(
        sa.select(User).join(User.person).options(_WITH_PERSON).order_by(User.is_active.desc(), Person.name, User.id)
    )
    return rows.all()


async def count_users(db: Session) -> int:
    """How many accounts there are."""
    return await db.scalar(sa.select(sa.func.count()).select_from(User)) or 0


async def list_active_administrators(db: Session) -> Sequence[int]:
    """The ids of the administrators who may sign in, locked until the transaction ends."""
    rows = await db.scalars(
        sa.select(User.id).where(User.role == Role.ADMINISTRATOR, User.is_active).order_by(User.id).with_for_update()
    )
    return rows.all()


async def add_user(db: Session, user: User) -> User:
    """Keep a new account (and its person), and give it its id."""
    db.add(user)
    await db.flush()
    return user


def add_session(db: Session, session: UserSession) -> None:
    """Keep a signed-in browser."""
    db.add(session)


async def load_session(db: Session, token_hash: str) -> UserSession | None:
    """A session with its account and person."""
    return await db.get(UserSession, token_hash, options=[joinedload(UserSession.user).joinedload(User.person)])


async def load_latest_csrf_token(db: Session, user_id: int, since: datetime) -> str | None:
    """The form token of somebody's newest session, if it began after an instant."""
    found: str | None = await db.scalar(
        sa.select(UserSession.csrf_token)
        .where(UserSession.user_id == user_id, UserSession.created_at > since)
        .order_by(UserSession.created_at.desc())
        .limit(1)
    )
    return found


async def touch_session(db: Session, token_hash: str, now: datetime) -> None:
    """Note that a session is in use."""
    await db.execute(sa.update(UserSession).where(UserSession.token_hash == token_hash).values(seen_at=now))


async def delete_session(db: Session, token_hash: str) -> int | None:
    """End one session; whose it was."""
    found: int | None = await db.scalar(
        sa.delete(UserSession).where(UserSession.token_hash == token_hash).returning(UserSession.user_id)
    )
    return found


async def delete_user_sessions(db: Session, user_id: int) -> None:
    """End every session of somebody."""
    await db.execute(sa.delete(UserSession).where(UserSession.user_id == user_id))


async def delete_old_sessions(db: Session, before: datetime) -> None:
    """Forget sessions that began before an instant."""
    await db.execute(sa.delete(UserSession).where(UserSession.created_at < before))


def add_failure(db: Session, email: str, client: str, now: datetime) -> None:
    """Note a try to sign in; it stays unless the try succeeds."""
    db.add(SignInFailure(email=email, client=client, at=now))


async def list_failures(db: Session, client: str, since: datetime) -> Sequence[tuple[str, datetime]]:
    """The addresses and instants of the tries from one client, oldest first."""
    rows = await db.execute(
        sa.select(SignInFailure.email, SignInFailure.at)
        .where(SignInFailure.client == client, SignInFailure.at > since)
        .order_by(SignInFailure.at, SignInFailure.id)
    )
    return [(email, at) for email, at in rows]


async def delete_failures(db: Session, email: str, client: str, before: datetime) -> None:
    """Forget the tries for one address from one client, and everybody's from before an instant."""
    is_theirs = sa.and_(SignInFailure.email == email, SignInFailure.client == client)
    await db.execute(sa.delete(SignInFailure).where(sa.or_(is_theirs, SignInFailure.at < before)))


def add_one_time_link(db: Session, link: OneTimeLink) -> None:
    """Keep an invitation or a reset."""
    db.add(link)


async def load_one_time_link(db: Session, token_hash: str) -> OneTimeLink | None:
    """An invitation or a reset; locked, so that it is used once."""
    return await db.get(OneTimeLink, token_hash, with_for_update=True)


async def has_link_expiring_between(db: Session, user_id: int, after: datetime, until: datetime) -> bool:
    """Whether an unused link of somebody's ends after one instant, and at another at the latest."""
    found = await db.scalar(
        sa.select(OneTimeLink.token_hash)
        .where(
            OneTimeLink.user_id == user_id,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > after,
            OneTimeLink.expires_at <= until,
        )
        .limit(1)
    )
    return found is not None


async def use_links(db: Session, user_id: int, now: datetime) -> None:
    """Mark every link of somebody's as used: none of them opens again."""
    await db.execute(
        sa.update(OneTimeLink).where(OneTimeLink.user_id == user_id, OneTimeLink.used_at.is_(None)).values(used_at=now)
    )
