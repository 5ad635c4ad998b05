"""Where somebody works from.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nobody's place is known so far."""
    with op.batch_alter_table("person") as person:
        base = sa.ForeignKey("place.id", name="fk_person_base_place_id")
        person.add_column(sa.Column("base_place_id", sa.Integer, base))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("person") as person:
        person.drop_constraint("fk_person_base_place_id", type_="foreignkey")
        person.drop_column("base_place_id")
