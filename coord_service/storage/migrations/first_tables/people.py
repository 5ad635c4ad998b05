"""The first tables of agencies and people, accounts and the audit."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Create them, what others point at first."""
    _create_agencies()
    _create_people()
    _create_accounts()
    _create_audit()


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
