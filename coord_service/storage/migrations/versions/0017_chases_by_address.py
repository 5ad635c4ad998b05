"""Find what an address was sent lately.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_chase_address", "chase", ["address", "chased_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_chase_address", "chase")
