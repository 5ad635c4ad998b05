"""The first tables of children with their teams, and the meetings about them."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Create them, what others point at first."""
    _create_children()
    _create_meetings()
    _create_agendas()
    _create_attendees()


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
