"""Polls: times that people are asked about, who was asked, what they said, and times held while they think."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coord_service.domain.meetings import AnsweredBy
from coord_service.domain.polls import PollAnswer
from coord_service.storage.database import Row
from coord_service.storage.tables.people import Person


class Poll(Row):
    """A question about times, belonging to a booking that is being filled in."""

    __tablename__ = "poll"
    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(sa.ForeignKey("booking_draft.id"), index=True)
    shows_names: Mapped[bool] = mapped_column(default=False)  # whoever is asked sees what the others said
    created_at: Mapped[datetime]
    remind_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    closes_at: Mapped[datetime] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    times: Mapped[list["PollTime"]] = relationship(lazy="raise", order_by="PollTime.starts_at")
    voters: Mapped[list["PollVoter"]] = relationship(lazy="raise", order_by="PollVoter.id")


class PollTime(Row):
    """One of the times. While ``held_until`` lies ahead and ``released_at`` is empty, the convenor keeps it free."""

    __tablename__ = "poll_time"
    id: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[int] = mapped_column(sa.ForeignKey("poll.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    holder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    held_uid: Mapped[str | None] = mapped_column(unique=True)
    held_dtstamp: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    released_at: Mapped[datetime | None]


class PollVoter(Row):
    """Somebody who is asked, at the address used then."""

    __tablename__ = "poll_voter"
    __table_args__ = (sa.UniqueConstraint("poll_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[int] = mapped_column(sa.ForeignKey("poll.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    email: Mapped[str]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[AnsweredBy | None]
    comment: Mapped[str | None]
    person: Mapped[Person] = relationship(lazy="raise")
    choices: Mapped[list["PollChoice"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class PollChoice(Row):
    """What somebody said of one time."""

    __tablename__ = "poll_choice"
    voter_id: Mapped[int] = mapped_column(sa.ForeignKey("poll_voter.id"), primary_key=True)
    time_id: Mapped[int] = mapped_column(sa.ForeignKey("poll_time.id"), primary_key=True)
    answer: Mapped[PollAnswer]
