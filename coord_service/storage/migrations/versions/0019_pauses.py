"""Pauses of chasing.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the last day of a pause."""
    op.add_column("advice_request", sa.Column("paused_until_on", sa.Date))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("advice_request", "paused_until_on")
