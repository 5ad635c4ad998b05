"""Which times somebody likes.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nobody was asked so far."""
    op.add_column("person", sa.Column("wishes", sa.JSON))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("person", "wishes")
