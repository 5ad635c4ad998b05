"""Who has the chase report sent to them.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "report_order",
        sa.Column("user_id", sa.Integer, sa.ForeignKey("user.id"), primary_key=True),
        sa.Column("every", sa.String, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("report_order")
