"""Every table as it stands at the first release.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, what others point at first."""
    _create_agencies()
    _create_people()
    _create_accounts()
    _create_audit()
    _create_children()
    _create_meetings()
    _create_agendas()
    _create_attendees()
    _create_advice()
    _create_documents()
    _create_actions()
    _create_contacts()
    _create_letters()
    _create_chases()
    _create_links()
    _create_mail_received()


def downgrade() -> None:
    """Drop every table, what points at others first."""
    tables = (
        "inbound_mail mailbox_position personal_link chase outbox_letter contact action document advice_event "
        "advice_request attendee booking_draft agenda_item meeting_child meeting membership child audit_entry "
        "sign_in_failure one_time_link user_session user leave person service agency"
    )
    for table in tables.split():
        op.drop_table(table)


def _create_agencies() -> None:
    op.create_table(
        "agency",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("sector", sa.String(30), nullable=False),
        sa.Column("external_key", sa.String, unique=True),
    )
    op.create_table(
        "service",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("mailbox", sa.String),
        sa.Column("phone", sa.String),
        sa.Column("manager_name", sa.String),
        sa.Column("manager_email", sa.String),
        sa.Column("external_key", sa.String, unique=True),
        sa.UniqueConstraint("agency_id", "name"),
    )


def _create_people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("name", sa.String, nullable=False, index=True),
        sa.Column("email", sa.String, index=True),
        sa.Column("phone", sa.String),
        sa.Column("job_title", sa.String),
        sa.Column("service_id", sa.Integer, sa.ForeignKey("service.id"), index=True),
        sa.Column("working_hours", sa.JSON),
        sa.Column("external_key", sa.String, unique=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "leave",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
    )


def _create_accounts() -> None:
    op.create_table(
        "user",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False, unique=True),
        sa.Column("email", sa.String, nullable=False, unique=True),
        sa.Column("role", sa.String(30), nullable=False),
        sa.Column("password_hash", sa.String),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "user_session",
        sa.Column("token_hash", sa.String, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("user.id"), nullable=False, index=True),
        sa.Column("csrf_token", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "one_time_link",
        sa.Column("token_hash", sa.String, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("user.id"), nullable=False, index=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String, nullable=False, index=True),
        sa.Column("client", sa.String, nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def _create_audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("user.id"), index=True),
        sa.Column("verb", sa.String, nullable=False),
        sa.Column("record_type", sa.String, nullable=False),
        sa.Column("record_id", sa.Integer, nullable=False),
        sa.Column("child_id", sa.Integer, index=True),
        sa.Column("details", sa.JSON, nullable=False),
    )
    op.create_index("ix_audit_entry_record", "audit_entry", ["record_type", "record_id"])


def _create_children() -> None:
    op.create_table(
        "child",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference", sa.String, nullable=False, unique=True),
        sa.Column("given_name", sa.String, nullable=False),
        sa.Column("family_name", sa.String, nullable=False, index=True),
        sa.Column("born_on", sa.Date, nullable=False),
        sa.Column("setting", sa.String),
        sa.Column("plan_status", sa.String(30), nullable=False),
        sa.Column("assessment_requested_on", sa.Date),
        sa.Column("last_review_on", sa.Date),
        sa.Column("interpreter", sa.String),
        sa.Column("is_shielded", sa.Boolean, nullable=False),
        sa.Column("lead_worker_id", sa.Integer, sa.ForeignKey("user.id"), nullable=False, index=True),
        sa.Column("family_heard_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_reason", sa.String),
        sa.Column("external_key", sa.String, unique=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("child_id", sa.Integer, sa.ForeignKey("child.id"), nullable=False, index=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("sector", sa.String(30), nullable=False),
        sa.Column("is_required", sa.Boolean, nullable=False),
        sa.Column("sharing", sa.String(30), nullable=False),
        sa.Column("sharing_on", sa.Date),
        sa.Column("started_on", sa.Date, nullable=False),
        sa.Column("ended_on", sa.Date),
        sa.Column("ended_reason", sa.String),
        sa.Column("external_key", sa.String, unique=True),
    )


def _create_meetings() -> None:
    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uid", sa.String, nullable=False, unique=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("dtstamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_sequence", sa.Integer),
        sa.Column("purpose", sa.String(30), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.String(30), nullable=False),
        sa.Column("place", sa.String),
        sa.Column("online_url", sa.String),
        sa.Column("notes", sa.String),
        sa.Column("is_private", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(30), nullable=False),
        sa.Column("cancel_reason", sa.String),
        sa.Column("convenor_id", sa.Integer, sa.ForeignKey("user.id"), nullable=False, index=True),
        sa.Column("draft_id", sa.Integer, unique=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True)),
        sa.Column("circulated_at", sa.DateTime(timezone=True)),
        sa.Column("note_taker_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("family_absence", sa.String),
        sa.Column("before_change", sa.JSON),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "meeting_child",
        sa.Column("meeting_id", sa.Integer, sa.ForeignKey("meeting.id"), primary_key=True),
        sa.Column("child_id", sa.Integer, sa.ForeignKey("child.id"), primary_key=True, index=True),
    )


def _create_agendas() -> None:
    op.create_table(
        "agenda_item",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("meeting_id", sa.Integer, sa.ForeignKey("meeting.id"), nullable=False, index=True),
        sa.Column("child_id", sa.Integer, sa.ForeignKey("child.id"), index=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("heading", sa.String, nullable=False),
        sa.Column("notes", sa.String, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
    )
    op.create_table(
        "booking_draft",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("user.id"), nullable=False, index=True),
        sa.Column("answers", sa.JSON, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )


def _create_attendees() -> None:
    op.create_table(
        "attendee",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("meeting_id", sa.Integer, sa.ForeignKey("meeting.id"), nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("sector", sa.String(30), nullable=False),
        sa.Column("is_required", sa.Boolean, nullable=False),
        sa.Column("answer", sa.String(30), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answered_by", sa.String(30)),
        sa.Column("answered_sequence", sa.Integer),
        sa.Column("answered_dtstamp", sa.DateTime(timezone=True)),
        sa.Column("comment", sa.String),
        sa.Column("proposed_start", sa.DateTime(timezone=True)),
        sa.Column("proposed_end", sa.DateTime(timezone=True)),
        sa.Column("invited_at", sa.DateTime(timezone=True)),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.Column("removed_sequence", sa.Integer),
        sa.Column("attendance", sa.String(30)),
        sa.UniqueConstraint("meeting_id", "person_id"),
    )


def _create_advice() -> None:
    op.create_table(
        "advice_request",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("child_id", sa.Integer, sa.ForeignKey("child.id"), nullable=False, index=True),
        sa.Column("service_id", sa.Integer, sa.ForeignKey("service.id"), nullable=False, index=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), index=True),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("question", sa.String, nullable=False),
        sa.Column("status", sa.String(30), nullable=False, index=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_on", sa.Date),
        sa.Column("receipt_basis", sa.String(30)),
        sa.Column("due_on", sa.Date, nullable=False, index=True),
        sa.Column("promised_on", sa.Date),
        sa.Column("problem", sa.String),
        sa.Column("their_reference", sa.String),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("replaced_by_id", sa.Integer, sa.ForeignKey("advice_request.id")),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "advice_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("request_id", sa.Integer, sa.ForeignKey("advice_request.id"), nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("words", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )


def _create_documents() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("request_id", sa.Integer, sa.ForeignKey("advice_request.id"), nullable=False, index=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("content_type", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.String, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def _create_actions() -> None:
    op.create_table(
        "action",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("meeting_id", sa.Integer, sa.ForeignKey("meeting.id"), nullable=False, index=True),
        sa.Column("child_id", sa.Integer, sa.ForeignKey("child.id"), nullable=False, index=True),
        sa.Column("owner_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("agency", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False, index=True),
        sa.Column("promised_on", sa.Date),
        sa.Column("status", sa.String(30), nullable=False, index=True),
        sa.Column("note", sa.String),
        sa.Column("suggested_owner", sa.String),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _create_contacts() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("child_id", sa.Integer, sa.ForeignKey("child.id"), nullable=False, index=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("service_id", sa.Integer, sa.ForeignKey("service.id")),
        sa.Column("advice_request_id", sa.Integer, sa.ForeignKey("advice_request.id"), index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("by_user_id", sa.Integer, sa.ForeignKey("user.id"), nullable=False),
    )


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
