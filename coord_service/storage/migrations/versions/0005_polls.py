"""Polls: asking people which of some times would suit them.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KNOW_OF_POLLS = ("outbox_letter", "personal_link", "inbound_mail")


def upgrade() -> None:
    """Create the tables, and let letters, links, answers and drafts know of them."""
    _create_polls()
    _create_answers()
    for table in KNOW_OF_POLLS:
        # Written out: SQLite adds a column with its reference, but no constraint afterwards.
        op.execute(f"ALTER TABLE {table} ADD COLUMN poll_id INTEGER REFERENCES poll (id)")
        op.create_index(f"ix_{table}_poll_id", table, ["poll_id"])
    op.add_column("booking_draft", sa.Column("discarded_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Take them away again."""
    with op.batch_alter_table("booking_draft") as draft:
        draft.drop_column("discarded_at")
    for table in KNOW_OF_POLLS:
        op.drop_index(f"ix_{table}_poll_id", table)
        with op.batch_alter_table(table) as altered:
            altered.drop_column("poll_id")
    for table in ("poll_choice", "poll_voter", "poll_time", "poll"):
        op.drop_table(table)


def _create_polls() -> None:
    op.create_table(
        "poll",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("draft_id", sa.Integer, sa.ForeignKey("booking_draft.id"), nullable=False, index=True),
        sa.Column("shows_names", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True)),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "poll_time",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("poll_id", sa.Integer, sa.ForeignKey("poll.id"), nullable=False, index=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder_id", sa.Integer, sa.ForeignKey("person.id"), index=True),
        sa.Column("held_uid", sa.String, unique=True),
        sa.Column("held_dtstamp", sa.DateTime(timezone=True)),
        sa.Column("held_until", sa.DateTime(timezone=True)),
        sa.Column("released_at", sa.DateTime(timezone=True)),
    )


def _create_answers() -> None:
    op.create_table(
        "poll_voter",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("poll_id", sa.Integer, sa.ForeignKey("poll.id"), nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answered_by", sa.String(30)),
        sa.Column("comment", sa.String),
        sa.UniqueConstraint("poll_id", "person_id"),
    )
    op.create_table(
        "poll_choice",
        sa.Column("voter_id", sa.Integer, sa.ForeignKey("poll_voter.id"), primary_key=True),
        sa.Column("time_id", sa.Integer, sa.ForeignKey("poll_time.id"), primary_key=True),
        sa.Column("answer", sa.String(30), nullable=False),
    )
