"""When chases were last looked for, and what is held since.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table with its one row."""
    watch = op.create_table(
        "chase_watch",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("swept_at", sa.DateTime(timezone=True)),
        sa.Column("held_until_on", sa.Date),
        sa.Column("held_why", sa.String),
    )
    op.bulk_insert(watch, [{"id": 1}])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("chase_watch")
