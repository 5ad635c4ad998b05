"""What a council sets for itself: who makes a quorum, when schools are open."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coord_service.domain.ladders import LadderKind
from coord_service.domain.meetings import Purpose
from coord_service.domain.terms import SchoolDatesKind
from coord_service.storage.database import Row
from coord_service.storage.tables.accounts import User


class QuorumSetting(Row):
    """The rules of quorum for one purpose; a row for each is there from the start."""

    __tablename__ = "quorum_setting"
    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(unique=True)
    rules: Mapped[list[dict[str, Any]] | None] = mapped_column(sa.JSON(none_as_null=True))  # none: as they came
    changed_at: Mapped[datetime | None]
    changed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)
    changed_by: Mapped[User | None] = relationship(lazy="raise")
    __mapper_args__ = {"version_id_col": version}


class FindingSetting(Row):
    """What holds for finding a time; one row is there from the start."""

    __tablename__ = "finding_setting"
    id: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))  # none: as they came
    changed_at: Mapped[datetime | None]
    changed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)
    changed_by: Mapped[User | None] = relationship(lazy="raise")
    __mapper_args__ = {"version_id_col": version}


class SchoolDate(Row):
    """A term, or a break within one: days on which schools are open, or closed; both ends included."""

    __tablename__ = "school_date"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[SchoolDatesKind]
    first_on: Mapped[date] = mapped_column(index=True)
    last_on: Mapped[date]


class LadderSetting(Row):
    """The chase ladder for one kind of waiting; a row for each is there from the start."""

    __tablename__ = "ladder_setting"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LadderKind] = mapped_column(unique=True)
    ladder: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))  # none: as it came
    changed_at: Mapped[datetime | None]  # what fell before that day under this ladder is not sent
    changed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)
    changed_by: Mapped[User | None] = relationship(lazy="raise")
    __mapper_args__ = {"version_id_col": version}
