"""The first tables of requests for advice, actions and contacts."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Create them, what others point at first."""
    _create_advice()
    _create_documents()
    _create_actions()
    _create_contacts()


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
