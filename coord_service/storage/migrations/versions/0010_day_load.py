"""How many meetings a day can take, and the time between two: the council's rule, and a person's own.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table with its one row, which says nothing yet, and the columns."""
    table = op.create_table(
        "finding_setting",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("rules", sa.JSON),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("changed_by_id", sa.Integer, sa.ForeignKey("user.id")),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.bulk_insert(table, [{"version": 1}])
    op.add_column("person", sa.Column("most_meetings", sa.Integer))
    op.add_column("person", sa.Column("minutes_between", sa.Integer))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("person", "minutes_between")
    op.drop_column("person", "most_meetings")
    op.drop_table("finding_setting")
