"""The chase ladders that a council sets.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, with a row for each kind that says nothing yet."""
    table = op.create_table(
        "ladder_setting",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(30), nullable=False, unique=True),
        sa.Column("ladder", sa.JSON),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("changed_by_id", sa.Integer, sa.ForeignKey("user.id")),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.bulk_insert(table, [{"kind": kind, "version": 1} for kind in ("advice", "review_papers", "action")])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("ladder_setting")
