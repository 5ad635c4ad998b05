"""The first tables of letters out, chases, personal links, mail in."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Create them, what others point at first."""
    _create_letters()
    _create_chases()
    _create_links()
    _create_mail_received()


def _create_letters() -> None:
    op.create_table(
        "outbox_letter",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.Column("letter", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("recipient", sa.String, nullable=False, index=True),
        sa.Column("envelope_from", sa.String, nullable=False, unique=True),
        sa.Column("message_id", sa.String, nullable=False, unique=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), index=True),
        sa.Column("child_id", sa.Integer, sa.ForeignKey("child.id"), index=True),
        sa.Column("meeting_id", sa.Integer, sa.ForeignKey("meeting.id"), index=True),
        sa.Column("attendee_id", sa.Integer, sa.ForeignKey("attendee.id"), index=True),
        sa.Column("advice_request_id", sa.Integer, sa.ForeignKey("advice_request.id"), index=True),
        sa.Column("action_id", sa.Integer, sa.ForeignKey("action.id"), index=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("state", sa.String(30), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.String),
        sa.Column("bounced_at", sa.DateTime(timezone=True)),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_outbox_letter_due", "outbox_letter", ["state", "not_before"])


def _create_chases() -> None:
    op.create_table(
        "chase",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("subject_id", sa.Integer, nullable=False),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("anchor_on", sa.Date, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("audience", sa.String, nullable=False),
        sa.Column("chased_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("letter_id", sa.Integer, sa.ForeignKey("outbox_letter.id"), index=True),
        sa.UniqueConstraint("subject", "subject_id", "step", "anchor_on", "address"),
    )


def _create_links() -> None:
    op.create_table(
        "personal_link",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("token_hash", sa.String, nullable=False, unique=True),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("meeting_id", sa.Integer, sa.ForeignKey("meeting.id"), index=True),
        sa.Column("attendee_id", sa.Integer, sa.ForeignKey("attendee.id"), index=True),
        sa.Column("advice_request_id", sa.Integer, sa.ForeignKey("advice_request.id"), index=True),
        sa.Column("action_id", sa.Integer, sa.ForeignKey("action.id"), index=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )


def _create_mail_received() -> None:
    op.create_table(
        "mailbox_position",
        sa.Column("mailbox", sa.String, primary_key=True),
        sa.Column("uidvalidity", sa.BigInteger, nullable=False),
        sa.Column("uid", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "inbound_mail",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mailbox", sa.String, nullable=False),
        sa.Column("uidvalidity", sa.BigInteger, nullable=False),
        sa.Column("uid", sa.BigInteger, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), index=True),
        sa.Column("kind", sa.String),
        sa.Column("verdict", sa.String),
        sa.Column("why", sa.String),
        sa.Column("sender", sa.String),
        sa.Column("words", sa.Text),
        sa.Column("meeting_id", sa.Integer, sa.ForeignKey("meeting.id"), index=True),
        sa.Column("attendee_id", sa.Integer, sa.ForeignKey("attendee.id"), index=True),
        sa.Column("advice_request_id", sa.Integer, sa.ForeignKey("advice_request.id"), index=True),
        sa.Column("action_id", sa.Integer, sa.ForeignKey("action.id"), index=True),
        sa.Column("needs_decision", sa.Boolean, nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("settled_by", sa.Integer, sa.ForeignKey("user.id")),
        sa.UniqueConstraint("mailbox", "uidvalidity", "uid"),
    )
