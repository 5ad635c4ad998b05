"""What happened in a case and when, exceptions to its clocks, reasons for delay, and dates that were corrected."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coord_service.domain.case_steps import CaseStep
from coord_service.storage.database import Row
from coord_service.storage.tables.accounts import User


class CaseEvent(Row):
    """A step of a case on its day. One that was a mistake is withdrawn, never deleted."""

    __tablename__ = "case_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    what: Mapped[CaseStep]
    happened_on: Mapped[date]
    note: Mapped[str | None]
    details: Mapped[dict[str, Any]]  # what it changed on the child's record: field → [was, is]
    recorded_at: Mapped[datetime]
    by_user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    by_user: Mapped[User] = relationship(lazy="raise")


class ClockException(Row):
    """A paragraph of the law that lifts the duty to meet ONE limit of one case; no day is added to it."""

    __tablename__ = "clock_exception"
    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    clock: Mapped[str]
    start_on: Mapped[date]  # of the clock: it tells a case's first assessment from its second
    request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("advice_request.id"))
    paragraph: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date | None]  # none while it lasts
    asked_on: Mapped[date | None]  # when the school that was closed was asked for its advice
    evidence: Mapped[str]
    decided_by: Mapped[str]
    decided_on: Mapped[date]
    told_on: Mapped[date | None]  # the family; none until it is told
    told_how: Mapped[str | None]
    recorded_at: Mapped[datetime]
    by_user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    by_user: Mapped[User] = relationship(lazy="raise")


class DelayReason(Row):
    """Why a limit is missed where no exception holds: recorded as just that, and lifting nothing."""

    __tablename__ = "delay_reason"
    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    clock: Mapped[str]
    start_on: Mapped[date]
    request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("advice_request.id"))
    reason: Mapped[str]
    recorded_at: Mapped[datetime]
    by_user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    by_user: Mapped[User] = relationship(lazy="raise")


class DateCorrection(Row):
    """A date that was wrong on the record: what it was, what it is, and why it was wrong."""

    __tablename__ = "date_correction"
    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    what: Mapped[CaseStep]
    was_on: Mapped[date]
    is_on: Mapped[date | None]  # none: it never happened
    reason: Mapped[str]
    at: Mapped[datetime]
    by_user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    by_user: Mapped[User] = relationship(lazy="raise")
