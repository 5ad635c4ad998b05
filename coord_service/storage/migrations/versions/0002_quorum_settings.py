"""The rules of quorum, which a council can change.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, with a row for each purpose that says nothing yet."""
    table = op.create_table(
        "quorum_setting",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("purpose", sa.String(30), nullable=False, unique=True),
        sa.Column("rules", sa.JSON),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("changed_by_id", sa.Integer, sa.ForeignKey("user.id")),
        sa.Column("version", sa.Integer, nullable=False),
    )
    purposes = ("tac", "review", "home_visit", "other")
    op.bulk_insert(table, [{"purpose": purpose, "version": 1} for purpose in purposes])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("quorum_setting")
