"""Meetings, who is invited, what was noted, and bookings that are still being filled in."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coord_service.domain.itip import Strangers
from coord_service.domain.meetings import Answer, AnsweredBy, Attendance, MeetingMode, MeetingStatus, Purpose
from coord_service.domain.people import Sector
from coord_service.domain.routes import Route
from coord_service.storage.database import Row
from coord_service.storage.tables.accounts import User
from coord_service.storage.tables.calendars import CalendarConnection
from coord_service.storage.tables.cases import Child
from coord_service.storage.tables.people import Person


class BookingDraft(Row):
    """A booking being filled in, step by step; its id makes a double click book once."""

    __tablename__ = "booking_draft"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    answers: Mapped[dict[str, Any]]  # ids, dates and words typed so far, as the forms know them
    updated_at: Mapped[datetime]
    discarded_at: Mapped[datetime | None]  # thrown away; what was asked because of it stays on record


class Meeting(Row):
    """A meeting: the organizer's copy from which every invitation is written (uid, sequence, dtstamp: RFC 5545)."""

    __tablename__ = "meeting"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    dtstamp: Mapped[datetime]
    time_sequence: Mapped[int | None]  # the SEQUENCE that first carried the present time; none: ``sequence`` itself
    purpose: Mapped[Purpose]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    mode: Mapped[MeetingMode] = mapped_column(default=MeetingMode.PLACE)
    place: Mapped[str | None]  # in words, as the invitation has it; a room's are copied
    room_id: Mapped[int | None] = mapped_column(sa.ForeignKey("room.id"), index=True)
    online_url: Mapped[str | None]
    notes: Mapped[str | None]  # for the invitation
    is_private: Mapped[bool] = mapped_column(default=False)  # somebody is shielded: the place stays out of every mail
    strangers: Mapped[Strangers | None]  # what to do when somebody not invited answers; none: as the council says
    calendar_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("calendar_connection.id"), index=True
    )  # the organizer's calendar, where it lives in one
    calendar_uid: Mapped[str | None] = mapped_column(unique=True)  # of the event there; what we mail has ``uid``
    there_start: Mapped[datetime | None]  # moved there by hand: to this time
    there_end: Mapped[datetime | None]
    there_deleted_at: Mapped[datetime | None]  # deleted there by hand: noticed then
    wants_link: Mapped[bool] = mapped_column(default=False)  # that calendar system makes the link to meet by (Teams)
    status: Mapped[MeetingStatus] = mapped_column(default=MeetingStatus.BOOKED)
    cancel_reason: Mapped[str | None]
    convenor_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    draft_id: Mapped[int | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    held_at: Mapped[datetime | None]
    circulated_at: Mapped[datetime | None]
    note_taker_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))  # rather not the lead worker
    family_absence: Mapped[str | None]  # why nobody of the family was there
    before_change: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)  # what "Undo" puts back
    changed_at: Mapped[datetime]  # when that change was made: its letters carry the same instant
    version: Mapped[int] = mapped_column(default=1)
    convenor: Mapped[User] = relationship(lazy="raise")
    calendar: Mapped[CalendarConnection | None] = relationship(lazy="raise")
    attendees: Mapped[list["Attendee"]] = relationship(lazy="raise", order_by="Attendee.id")
    children: Mapped[list[Child]] = relationship(lazy="raise", secondary="meeting_child", order_by="Child.id")
    __mapper_args__ = {"version_id_col": version}


class MeetingChild(Row):
    """Which children a meeting is about: siblings may share one."""

    __tablename__ = "meeting_child"
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), primary_key=True, index=True)


class Attendee(Row):
    """Somebody invited, at the address used then, with their latest answer and what happened on the day."""

    __tablename__ = "attendee"
    __table_args__ = (sa.UniqueConstraint("meeting_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    email: Mapped[str]
    role: Mapped[str]
    sector: Mapped[Sector]
    is_required: Mapped[bool]
    answer: Mapped[Answer] = mapped_column(default=Answer.NEEDS_ACTION)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[AnsweredBy | None]
    answered_from: Mapped[str | None]  # the address that the answer came from: an assistant's, another one of theirs
    answered_sequence: Mapped[int | None]  # with answered_dtstamp: the order of answers per attendee (RFC 5546 §2.1.5)
    answered_dtstamp: Mapped[datetime | None]
    delegated_to: Mapped[list[str] | None] = mapped_column(sa.JSON)  # addresses, as RFC 5545 §3.2.5 has them
    delegated_from: Mapped[list[str] | None] = mapped_column(sa.JSON)
    comment: Mapped[str | None]
    proposed_start: Mapped[datetime | None]
    proposed_end: Mapped[datetime | None]
    route: Mapped[Route | None]  # how they hear of it, since the first invitation; none: by mail
    invited_at: Mapped[datetime | None]  # when the first letter to them was written
    removed_at: Mapped[datetime | None]
    removed_sequence: Mapped[int | None]  # of their CANCEL: invited again, they must not be sent less
    attendance: Mapped[Attendance | None]
    person: Mapped[Person] = relationship(lazy="raise")


class AgendaItem(Row):
    """A line of the agenda with what was noted and decided under it."""

    __tablename__ = "agenda_item"
    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"), index=True)  # none: about all the children
    position: Mapped[int]
    heading: Mapped[str]
    notes: Mapped[str] = mapped_column(default="")
    decision: Mapped[str] = mapped_column(default="")
