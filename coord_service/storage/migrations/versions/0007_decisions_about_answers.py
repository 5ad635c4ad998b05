"""What was decided about answers: whose word was taken, who may come, which other addresses people have.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ADDED = {
    "meeting": (("strangers", sa.String(30)),),
    "attendee": (("answered_from", sa.String()), ("delegated_to", sa.JSON()), ("delegated_from", sa.JSON())),
    "inbound_mail": (
        ("question", sa.String(30)),
        ("evidence", sa.JSON()),
        ("decision", sa.String(30)),
        ("agreed", sa.JSON()),
        ("before_decision", sa.JSON()),
    ),
}


def upgrade() -> None:
    """Add the columns, all of them empty, and the table of other addresses."""
    for table, columns in _ADDED.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.create_table(
        "other_address",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("address", sa.String, nullable=False, index=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Integer, sa.ForeignKey("user.id")),
        sa.UniqueConstraint("person_id", "address"),
    )


def downgrade() -> None:
    """Forget all of it."""
    op.drop_table("other_address")
    for table, columns in _ADDED.items():
        with op.batch_alter_table(table) as batch:
            for name, _kind in columns:
                batch.drop_column(name)
