"""Calendars that somebody connected, and what was last read in them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coord_service.storage.database import Row
from coord_service.storage.tables.accounts import User
from coord_service.storage.tables.people import Person

_IS_CONNECTED = sa.text("connected_at IS NOT NULL AND disconnected_at IS NULL AND leaving_at IS NULL")


class CalendarConnection(Row):
    """Somebody's calendar, or (without a person) the whole council's. Tested first, then connected, then disconnected.

    ``secrets`` is encrypted and bound to this row's id; it is erased when the connection ends.
    """

    __tablename__ = "calendar_connection"
    __table_args__ = (
        sa.Index(
            "ix_calendar_connection_one_a_person",
            "person_id",
            unique=True,
            sqlite_where=_IS_CONNECTED,
            postgresql_where=_IS_CONNECTED,
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    kind: Mapped[str]
    domains: Mapped[list[str]]  # the whole council's alone: whose addresses it reads, such as example.gov.uk
    settings: Mapped[dict[str, Any]]  # what the form said, without the secrets
    secrets: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    abilities: Mapped[list[str]]
    tested_at: Mapped[datetime]
    tested_words: Mapped[str]  # what the system said of itself
    added_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    connected_at: Mapped[datetime | None]
    disconnected_at: Mapped[datetime | None]
    worked_at: Mapped[datetime]
    trouble: Mapped[str | None]  # the last one, in words, while it lasts
    trouble_kind: Mapped[str | None]
    trouble_at: Mapped[datetime | None]
    ask_after: Mapped[datetime | None]  # it wants to be left alone until then
    news_token: Mapped[str | None]
    sends_meetings: Mapped[bool] = mapped_column(default=False)  # the owner's meetings go through it: by choice alone
    leaving_at: Mapped[datetime | None]  # being disconnected: what stands in it is still taken out
    person: Mapped[Person | None] = relationship(lazy="raise")
    added_by: Mapped[User] = relationship(lazy="raise")


class BusyReading(Row):
    """What one connection last said of one person's time, and how it went since: busy times with their age."""

    __tablename__ = "busy_reading"
    connection_id: Mapped[int] = mapped_column(sa.ForeignKey("calendar_connection.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True, index=True)
    start_at: Mapped[datetime | None]  # of the time that was read; none: it never was
    end_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    blocks: Mapped[list[Any]] = mapped_column(sa.JSON)  # [start, end, status], aware UTC, nothing personal
    failed_at: Mapped[datetime | None]  # it could not be read since
    trouble: Mapped[str | None]
