"""School terms, and people who work in the holidays of schools.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and the column that people say it in."""
    op.create_table(
        "school_date",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("first_on", sa.Date, nullable=False, index=True),
        sa.Column("last_on", sa.Date, nullable=False),
    )
    op.add_column("person", sa.Column("works_in_holidays", sa.Boolean))


def downgrade() -> None:
    """Drop both."""
    op.drop_column("person", "works_in_holidays")
    op.drop_table("school_date")
