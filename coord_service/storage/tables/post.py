"""The post: letters to send, mail received, and personal links."""

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from coord_service.domain.decisions import Decision
from coord_service.domain.delivery import LetterState
from coord_service.domain.itip import Question
from coord_service.storage.database import Row


def _domain_of_recipient(context: Any) -> str:
    recipient: str = context.get_current_parameters()["recipient"]
    return recipient.rpartition("@")[2].lower()


def _fingerprint_of_content(context: Any) -> str:
    return hashlib.sha256(context.get_current_parameters()["content"]).hexdigest()


class OutboxLetter(Row):
    """A letter as it will be sent, byte for byte. The table is the queue; the unique key makes a repeat impossible.

    With a ``connection_id`` it is not mailed: its content is the organizer's event, for that calendar.
    """

    __tablename__ = "outbox_letter"
    __table_args__ = (sa.Index("ix_outbox_letter_due", "state", "not_before"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # meeting:12:v0:invite:34
    letter: Mapped[str]  # which letter: invite, move, chase_advice ...
    subject: Mapped[str]
    recipient: Mapped[str] = mapped_column(index=True)
    domain: Mapped[str] = mapped_column(default=_domain_of_recipient)  # the recipient's, for the limits of each domain
    envelope_from: Mapped[str] = mapped_column(unique=True)  # a bounce address of its own
    message_id: Mapped[str] = mapped_column(unique=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True, deferred_raiseload=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    attendee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attendee.id"), index=True)
    advice_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("advice_request.id"), index=True)
    action_id: Mapped[int | None] = mapped_column(sa.ForeignKey("action.id"), index=True)
    poll_id: Mapped[int | None] = mapped_column(sa.ForeignKey("poll.id"), index=True)
    connection_id: Mapped[int | None] = mapped_column(sa.ForeignKey("calendar_connection.id"), index=True)
    event_uid: Mapped[str | None] = mapped_column(index=True)  # of the event, in that calendar
    told: Mapped[list[int] | None] = mapped_column(sa.JSON)  # the attendees whom that calendar tells by it
    after_id: Mapped[int | None] = mapped_column(sa.ForeignKey("outbox_letter.id"))  # not before that one has ended
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    leased_at: Mapped[datetime | None] = mapped_column(index=True)  # when it was last begun
    attempts: Mapped[int] = mapped_column(default=0)
    state: Mapped[LetterState] = mapped_column(default=LetterState.WAITING)
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]  # the last failure, in words
    bounced_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]  # somebody has dealt with the failure or the bounce


class MailOut(Row):
    """Whether our own mail server takes mail. One row, which whoever takes letters out of the outbox locks."""

    __tablename__ = "mail_out"
    id: Mapped[int] = mapped_column(primary_key=True)
    away_since: Mapped[datetime | None]  # None: all is well
    error: Mapped[str | None]  # why it is away, in words
    tries: Mapped[int] = mapped_column(default=0)
    probe_at: Mapped[datetime | None]  # when one letter may try it again


class PersonalLink(Row):
    """A door for somebody without an account: one purpose, kept hashed, expires, can be revoked."""

    __tablename__ = "personal_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]  # meeting, advice, action, notes, poll
    address: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    meeting_id: Mapped[int | None] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    attendee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attendee.id"), index=True)
    advice_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("advice_request.id"), index=True)
    action_id: Mapped[int | None] = mapped_column(sa.ForeignKey("action.id"), index=True)
    poll_id: Mapped[int | None] = mapped_column(sa.ForeignKey("poll.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class MailboxPosition(Row):
    """Up to where a mailbox has been read (RFC 3501 §2.3.1.1)."""

    __tablename__ = "mailbox_position"
    mailbox: Mapped[str] = mapped_column(primary_key=True)
    uidvalidity: Mapped[int] = mapped_column(sa.BigInteger)
    uid: Mapped[int] = mapped_column(sa.BigInteger)


TOLD_BY = "calendar:"  # what stands in place of a mailbox's name, before the connection's id


class InboundMail(Row):
    """A message as it came, kept before it is judged, with what was made of it."""

    __tablename__ = "inbound_mail"
    __table_args__ = (sa.UniqueConstraint("mailbox", "uidvalidity", "uid"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    mailbox: Mapped[str]
    uidvalidity: Mapped[int] = mapped_column(sa.BigInteger)
    uid: Mapped[int] = mapped_column(sa.BigInteger)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True, deferred_raiseload=True)
    fingerprint: Mapped[str] = mapped_column(
        index=True, default=_fingerprint_of_content
    )  # of its bytes: the same mail again after UIDVALIDITY changed
    left_out: Mapped[int] = mapped_column(default=0)  # octets at the end of a huge mail that were not kept
    received_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)  # to judge it, that ended in a fault
    judged_at: Mapped[datetime | None] = mapped_column(index=True)
    kind: Mapped[str | None]  # reply, counter, bounce, auto_reply, other ...
    verdict: Mapped[str | None]  # applied, held, noted, poison ...
    why: Mapped[str | None]
    question: Mapped[Question | None]  # what it waits for, where its verdict is held
    evidence: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)  # what it was judged against, to explain it later
    sender: Mapped[str | None]
    words: Mapped[str | None] = mapped_column(sa.Text)  # what a person wrote, without quotes
    meeting_id: Mapped[int | None] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    attendee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attendee.id"), index=True)
    advice_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("advice_request.id"), index=True)
    action_id: Mapped[int | None] = mapped_column(sa.ForeignKey("action.id"), index=True)
    poll_id: Mapped[int | None] = mapped_column(sa.ForeignKey("poll.id"), index=True)
    needs_decision: Mapped[bool] = mapped_column(default=False)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    decision: Mapped[Decision | None]
    agreed: Mapped[list[str] | None] = mapped_column(sa.JSON)  # the questions to which somebody has said yes
    before_decision: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)  # what taking the decision back restores

    @property
    def is_told(self) -> bool:
        """Whether no mail brought it: a calendar in which a meeting of ours lives told this answer."""
        return self.mailbox.startswith(TOLD_BY)
