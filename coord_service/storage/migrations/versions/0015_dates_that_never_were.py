"""A correction may say that something never happened at all.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No day where there was none."""
    with op.batch_alter_table("date_correction") as correction:
        correction.alter_column("is_on", existing_type=sa.Date, nullable=True)


def downgrade() -> None:
    """Corrections that say so have no place in the table before."""
    op.execute("DELETE FROM date_correction WHERE is_on IS NULL")
    with op.batch_alter_table("date_correction") as correction:
        correction.alter_column("is_on", existing_type=sa.Date, nullable=False)
