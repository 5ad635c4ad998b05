"""Places, rooms and travel; the room of a meeting; what a family needs of a room.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, and the columns that point at them."""
    op.create_table(
        "place",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("area", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "room",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("place_id", sa.Integer, sa.ForeignKey("place.id"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("seats", sa.Integer, nullable=False),
        sa.Column("features", sa.JSON, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("place_id", "name"),
    )
    op.create_table(
        "travel_time",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("from_area", sa.String, nullable=False),
        sa.Column("to_area", sa.String, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.UniqueConstraint("from_area", "to_area"),
    )
    with op.batch_alter_table("meeting") as meeting:
        meeting.add_column(sa.Column("room_id", sa.Integer, sa.ForeignKey("room.id", name="fk_meeting_room_id")))
        meeting.create_index("ix_meeting_room_id", ["room_id"])
    op.add_column("child", sa.Column("access_needs", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("child", sa.Column("needs_advocate", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop them all."""
    op.drop_column("child", "needs_advocate")
    op.drop_column("child", "access_needs")
    with op.batch_alter_table("meeting") as meeting:
        meeting.drop_index("ix_meeting_room_id")
        meeting.drop_constraint("fk_meeting_room_id", type_="foreignkey")
        meeting.drop_column("room_id")
    for table in ("travel_time", "room", "place"):
        op.drop_table(table)
