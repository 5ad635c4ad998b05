"""Agencies, the services inside them, the people who work there, and when they are away."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coord_service.domain.people import PersonKind, Sector
from coord_service.storage.database import Row


class Agency(Row):
    """An employer in the child's world: an NHS trust, a school, a charity, a council department."""

    __tablename__ = "agency"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    sector: Mapped[Sector]
    external_key: Mapped[str | None] = mapped_column(unique=True)


class Service(Row):
    """A team inside an agency that gives advice; its mailbox outlives whoever works there."""

    __tablename__ = "service"
    __table_args__ = (sa.UniqueConstraint("agency_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"))
    name: Mapped[str]
    mailbox: Mapped[str | None]
    phone: Mapped[str | None]
    manager_name: Mapped[str | None]
    manager_email: Mapped[str | None]
    external_key: Mapped[str | None] = mapped_column(unique=True)
    agency: Mapped[Agency] = relationship(lazy="raise")


class Person(Row):
    """Somebody who can be invited or asked: a professional, a member of a family, or a member of staff."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[PersonKind]
    name: Mapped[str] = mapped_column(index=True)
    # Unique per kind "professional" and "staff" (checked in operations): parents may share a family address.
    email: Mapped[str | None] = mapped_column(index=True)
    phone: Mapped[str | None]
    job_title: Mapped[str | None]
    service_id: Mapped[int | None] = mapped_column(sa.ForeignKey("service.id"), index=True)
    # [{"days": ["MO", "TU"], "start": "09:00", "end": "17:00", "week": 0}] in Europe/London; none = office hours. A day
    # may come several times; "week" (0 or 1, as domain.diaries counts) only where the hours are of every second week.
    working_hours: Mapped[list[dict[str, Any]] | None] = mapped_column(sa.JSON)
    works_in_holidays: Mapped[bool | None]  # of schools; none: everybody does but those at schools
    wishes: Mapped[list[dict[str, Any]] | None] = mapped_column(
        sa.JSON(none_as_null=True)
    )  # as domain.wishes keeps them
    most_meetings: Mapped[int | None]  # a day; with the minutes between two of them: none, as the council says
    minutes_between: Mapped[int | None]
    base_place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))  # where they work from, if known
    external_key: Mapped[str | None] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(default=1)
    service: Mapped[Service | None] = relationship(lazy="raise")
    __mapper_args__ = {"version_id_col": version}


class OtherAddress(Row):
    """Another address of somebody, from which their answers count. Nothing is ever sent to it."""

    __tablename__ = "other_address"
    __table_args__ = (sa.UniqueConstraint("person_id", "address"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    address: Mapped[str] = mapped_column(index=True)  # bare and lower-case
    added_at: Mapped[datetime]
    added_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))


class Leave(Row):
    """Whole days on which somebody can't come to anything."""

    __tablename__ = "leave"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
