"""Advice requests and their history, documents, actions, and the ledger of chases."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from coord_service.domain.actions import ActionStatus
from coord_service.domain.advice import AdviceKind, AdviceStatus, ReceiptBasis
from coord_service.storage.database import Row
from coord_service.storage.tables.cases import Child
from coord_service.storage.tables.meetings import Meeting
from coord_service.storage.tables.people import Person, Service


class AdviceRequest(Row):
    """One piece of advice asked of one service, and of a person in it where one is named."""

    __tablename__ = "advice_request"
    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    kind: Mapped[AdviceKind]
    question: Mapped[str]
    status: Mapped[AdviceStatus] = mapped_column(default=AdviceStatus.OPEN, index=True)
    asked_at: Mapped[datetime]
    received_on: Mapped[date | None]  # when THEY received the request
    receipt_basis: Mapped[ReceiptBasis | None]
    due_on: Mapped[date] = mapped_column(index=True)  # counted from asking until receipt is known: never undated
    promised_on: Mapped[date | None]
    paused_until_on: Mapped[date | None]  # the last day on which nobody is chased; the reason stands in the history
    problem: Mapped[str | None]  # an answer that waits for the lead worker: cannot, wrong person
    their_reference: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    replaced_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("advice_request.id"))
    version: Mapped[int] = mapped_column(default=1)
    child: Mapped[Child] = relationship(lazy="raise")
    service: Mapped[Service] = relationship(lazy="raise")
    person: Mapped[Person | None] = relationship(lazy="raise")
    __mapper_args__ = {"version_id_col": version}


class AdviceEvent(Row):
    """What happened to a request, in order: asked, received, answered, promised, corrected, ended."""

    __tablename__ = "advice_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("advice_request.id"), index=True)
    at: Mapped[datetime]
    what: Mapped[str]
    words: Mapped[str]
    by: Mapped[str]  # who answers says who they are; staff by user id
    details: Mapped[dict[str, Any]]


class Document(Row):
    """A document that came in answer to a request; its content is loaded only to be downloaded."""

    __tablename__ = "document"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("advice_request.id"), index=True)
    name: Mapped[str]  # neutral: reference, letter and number, never what the sender called it
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str]
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True, deferred_raiseload=True)


class Action(Row):
    """What somebody undertook at a meeting: one owner, an agency, a date."""

    __tablename__ = "action"
    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    agency: Mapped[str]
    what: Mapped[str]
    due_on: Mapped[date] = mapped_column(index=True)
    promised_on: Mapped[date | None]
    status: Mapped[ActionStatus] = mapped_column(default=ActionStatus.OPEN, index=True)
    note: Mapped[str | None]  # what the owner said with their answer
    suggested_owner: Mapped[str | None]  # "not mine, ask …": waits for the lead worker
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    meeting: Mapped[Meeting] = relationship(lazy="raise")
    child: Mapped[Child] = relationship(lazy="raise")
    owner: Mapped[Person] = relationship(lazy="raise")
    __mapper_args__ = {"version_id_col": version}


class Chase(Row):
    """The ledger: this step of this ladder went to this address. Unique, so that nobody is chased twice.

    A family is called, never written to: the call is a row with the audience ``call`` and no letter.
    """

    __tablename__ = "chase"
    __table_args__ = (
        sa.UniqueConstraint("subject", "subject_id", "step", "anchor_on", "address"),
        sa.Index("ix_chase_address", "address", "chased_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str]  # advice or action
    subject_id: Mapped[int]
    step: Mapped[str]  # as the ladder names it: "-10", "+1", "+15 repeat +25"; or promise, manual
    anchor_on: Mapped[date]  # the due date, or the promised date, that the step hangs from
    address: Mapped[str]
    audience: Mapped[str]
    chased_at: Mapped[datetime] = mapped_column(index=True)
    letter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("outbox_letter.id"), index=True)


class ChaseWatch(Row):
    """One row: when chases were last looked for, and until when those to managers are held, and why."""

    __tablename__ = "chase_watch"
    id: Mapped[int] = mapped_column(primary_key=True)
    swept_at: Mapped[datetime | None]
    held_until_on: Mapped[date | None]  # the last day of it; none: nothing is held
    held_why: Mapped[str | None]
