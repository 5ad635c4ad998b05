"""Calendars that somebody connected, and what was last read in them.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
IS_CONNECTED = sa.text("connected_at IS NOT NULL AND disconnected_at IS NULL")


def upgrade() -> None:
    """Create both tables."""
    _create_connections()
    _create_readings()


def _create_connections() -> None:
    op.create_table(
        "calendar_connection",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("domains", sa.JSON, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("secrets", sa.LargeBinary),
        sa.Column("abilities", sa.JSON, nullable=False),
        sa.Column("tested_at", INSTANT, nullable=False),
        sa.Column("tested_words", sa.String, nullable=False),
        sa.Column("added_by_id", sa.Integer, sa.ForeignKey("user.id"), nullable=False),
        sa.Column("connected_at", INSTANT),
        sa.Column("disconnected_at", INSTANT),
        sa.Column("worked_at", INSTANT, nullable=False),
        sa.Column("trouble", sa.String),
        sa.Column("trouble_kind", sa.String),
        sa.Column("trouble_at", INSTANT),
        sa.Column("ask_after", INSTANT),
        sa.Column("news_token", sa.String),
    )
    op.create_index(
        "ix_calendar_connection_one_a_person",
        "calendar_connection",
        ["person_id"],
        unique=True,
        sqlite_where=IS_CONNECTED,
        postgresql_where=IS_CONNECTED,
    )


def _create_readings() -> None:
    op.create_table(
        "busy_reading",
        sa.Column("connection_id", sa.Integer, sa.ForeignKey("calendar_connection.id"), primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), primary_key=True, index=True),
        sa.Column("start_at", INSTANT),
        sa.Column("end_at", INSTANT),
        sa.Column("read_at", INSTANT),
        sa.Column("blocks", sa.JSON, nullable=False),
        sa.Column("failed_at", INSTANT),
        sa.Column("trouble", sa.String),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("busy_reading")
    op.drop_table("calendar_connection")
