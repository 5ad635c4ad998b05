"""Staff accounts, their sessions, and the record of who did what."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coord_service.domain.people import Role
from coord_service.storage.database import Row
from coord_service.storage.tables.people import Person


class User(Row):
    """A member of staff who signs in; ``person`` is how meetings and letters know them."""

    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    email: Mapped[str] = mapped_column(unique=True)
    role: Mapped[Role]
    password_hash: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    person: Mapped[Person] = relationship(lazy="raise")


class UserSession(Row):
    """A signed-in browser. The cookie's token is kept hashed."""

    __tablename__ = "user_session"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    csrf_token: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    user: Mapped[User] = relationship(lazy="raise")


class OneTimeLink(Row):
    """An invitation to set a password, or a reset of one; kept hashed, good once."""

    __tablename__ = "one_time_link"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInFailure(Row):
    """A failed sign-in, counted per account and address so that guessing is slow."""

    __tablename__ = "sign_in_failure"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(index=True)
    client: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]


class AuditEntry(Row):
    """Who changed what, and when. Ids and field names, never a person's particulars."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("ix_audit_entry_record", "record_type", "record_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]  # user:3, link:17, job:send_due_chases
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"), index=True)
    verb: Mapped[str]  # book_meeting, the same word as the route and the operation
    record_type: Mapped[str]
    record_id: Mapped[int]
    child_id: Mapped[int | None] = mapped_column(index=True)
    details: Mapped[dict[str, Any]]
