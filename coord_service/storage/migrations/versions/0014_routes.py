"""Meetings that live in their organizer's calendar; what is written there waits in the outbox.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


ONE = "ix_calendar_connection_one_a_person"
CONNECTED = "connected_at IS NOT NULL AND disconnected_at IS NULL"


def _index(condition: str) -> None:
    where = sa.text(condition)
    op.create_index(ONE, "calendar_connection", ["person_id"], unique=True, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    """Create the columns; a calendar that is being disconnected is nobody's one calendar any more."""
    op.add_column(
        "calendar_connection", sa.Column("sends_meetings", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("calendar_connection", sa.Column("leaving_at", sa.DateTime(timezone=True)))
    op.drop_index(ONE, "calendar_connection")
    _index(f"{CONNECTED} AND leaving_at IS NULL")
    op.add_column("attendee", sa.Column("route", sa.String(30)))
    with op.batch_alter_table("meeting") as meeting:
        named = sa.ForeignKey("calendar_connection.id", name="fk_meeting_calendar_id")
        meeting.add_column(sa.Column("calendar_id", sa.Integer, named))
        meeting.add_column(sa.Column("calendar_uid", sa.String))
        for name in ("there_start", "there_end", "there_deleted_at"):
            meeting.add_column(sa.Column(name, sa.DateTime(timezone=True)))
        meeting.add_column(sa.Column("wants_link", sa.Boolean, nullable=False, server_default=sa.false()))
        meeting.create_index("ix_meeting_calendar_id", ["calendar_id"])
        meeting.create_unique_constraint("uq_meeting_calendar_uid", ["calendar_uid"])
    with op.batch_alter_table("outbox_letter") as letter:
        named = sa.ForeignKey("calendar_connection.id", name="fk_outbox_letter_connection_id")
        letter.add_column(sa.Column("connection_id", sa.Integer, named))
        letter.add_column(sa.Column("event_uid", sa.String))
        letter.add_column(sa.Column("told", sa.JSON))
        after = sa.ForeignKey("outbox_letter.id", name="fk_outbox_letter_after_id")
        letter.add_column(sa.Column("after_id", sa.Integer, after))
        letter.create_index("ix_outbox_letter_connection_id", ["connection_id"])
        letter.create_index("ix_outbox_letter_event_uid", ["event_uid"])


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("outbox_letter") as letter:
        letter.drop_index("ix_outbox_letter_event_uid")
        letter.drop_index("ix_outbox_letter_connection_id")
        letter.drop_constraint("fk_outbox_letter_after_id", type_="foreignkey")
        letter.drop_constraint("fk_outbox_letter_connection_id", type_="foreignkey")
        for name in ("after_id", "told", "event_uid", "connection_id"):
            letter.drop_column(name)
    with op.batch_alter_table("meeting") as meeting:
        meeting.drop_constraint("uq_meeting_calendar_uid", type_="unique")
        meeting.drop_index("ix_meeting_calendar_id")
        meeting.drop_constraint("fk_meeting_calendar_id", type_="foreignkey")
        for name in ("wants_link", "there_deleted_at", "there_end", "there_start", "calendar_uid", "calendar_id"):
            meeting.drop_column(name)
    op.drop_column("attendee", "route")
    op.drop_index(ONE, "calendar_connection")
    _index(CONNECTED)
    op.drop_column("calendar_connection", "leaving_at")
    op.drop_column("calendar_connection", "sends_meetings")
