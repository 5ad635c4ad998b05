"""Children, the team around each, and what was said on the telephone."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from coord_service.domain.children import PlanStatus, Sharing
from coord_service.domain.people import Sector
from coord_service.storage.database import Row
from coord_service.storage.tables.accounts import User
from coord_service.storage.tables.people import Person


class Child(Row):
    """A child or young person on a lead worker's caseload."""

    __tablename__ = "child"
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    given_name: Mapped[str]
    family_name: Mapped[str] = mapped_column(index=True)
    born_on: Mapped[date]
    setting: Mapped[str | None]
    plan_status: Mapped[PlanStatus] = mapped_column(default=PlanStatus.SUPPORT)
    # The dates that limits are counted from; none until it happened.
    assessment_requested_on: Mapped[date | None]
    assessment_corrected_on: Mapped[date | None]  # the day on which that date was last found wrong
    last_review_on: Mapped[date | None]  # or the day the plan was made, until the first review
    interpreter: Mapped[str | None]  # the language and anything a meeting needs
    needs_advocate: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    # of domain.rooms.RoomFeature: what the family needs of a room
    access_needs: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    is_shielded: Mapped[bool] = mapped_column(default=False)
    lead_worker_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    # Their lead worker as a person, read with the row: loading the account as well would leave it half loaded.
    lead_person_id: Mapped[int] = column_property(
        sa.select(User.person_id).where(User.id == lead_worker_id).scalar_subquery()
    )
    family_heard_at: Mapped[datetime | None]  # when the family last heard from us
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[str | None]
    external_key: Mapped[str | None] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(default=1)
    lead_worker: Mapped[User] = relationship(lazy="raise")
    __mapper_args__ = {"version_id_col": version}


class Membership(Row):
    """Somebody's place in the team around one child, from a day until a day; the past stays."""

    __tablename__ = "membership"
    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    role: Mapped[str]  # "Educational psychologist", "Mother"
    sector: Mapped[Sector]
    is_required: Mapped[bool] = mapped_column(default=True)
    sharing: Mapped[Sharing] = mapped_column(default=Sharing.NOT_ASKED)
    sharing_on: Mapped[date | None]
    started_on: Mapped[date]
    ended_on: Mapped[date | None]
    ended_reason: Mapped[str | None]
    external_key: Mapped[str | None] = mapped_column(unique=True)
    person: Mapped[Person] = relationship(lazy="raise")
    child: Mapped[Child] = relationship(lazy="raise")


class Contact(Row):
    """A call, a visit, a talk: the human contact that mails don't replace (DOMAIN §7)."""

    __tablename__ = "contact"
    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    service_id: Mapped[int | None] = mapped_column(sa.ForeignKey("service.id"))
    advice_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("advice_request.id"), index=True)
    kind: Mapped[str]  # call, mail, visit, talk
    note: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    by_user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    person: Mapped[Person | None] = relationship(lazy="raise")
    by_user: Mapped[User] = relationship(lazy="raise")
