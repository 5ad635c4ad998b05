"""What happened in a case, exceptions to its clocks, reasons for delay, and corrected dates.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables, and the column that says since when a child's assessment date is what it is."""
    op.create_table(
        "case_event",
        *_of_case(),
        sa.Column("what", sa.String(30), nullable=False),
        sa.Column("happened_on", sa.Date, nullable=False),
        sa.Column("note", sa.String),
        sa.Column("details", sa.JSON, nullable=False),
        *_recorded(),
        *_withdrawn(),
    )
    op.create_table(
        "clock_exception",
        *_of_case(),
        *_of_clock(),
        sa.Column("paragraph", sa.String, nullable=False),
        sa.Column("from_on", sa.Date, nullable=False),
        sa.Column("until_on", sa.Date),
        sa.Column("asked_on", sa.Date),
        sa.Column("evidence", sa.String, nullable=False),
        sa.Column("decided_by", sa.String, nullable=False),
        sa.Column("decided_on", sa.Date, nullable=False),
        sa.Column("told_on", sa.Date),
        sa.Column("told_how", sa.String),
        *_recorded(),
        *_withdrawn(),
    )
    op.create_table("delay_reason", *_of_case(), *_of_clock(), _words("reason"), *_recorded())
    op.create_table("date_correction", *_of_case(), *_dates(), _words("reason"), *_recorded("at"))
    op.add_column("child", sa.Column("assessment_corrected_on", sa.Date))


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)


def _dates() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("what", sa.String(30), nullable=False),
        sa.Column("was_on", sa.Date, nullable=False),
        sa.Column("is_on", sa.Date, nullable=False),
    ]


def _of_case() -> list[sa.Column[int]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("child_id", sa.Integer, sa.ForeignKey("child.id"), nullable=False, index=True),
    ]


def _of_clock() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("clock", sa.String, nullable=False),
        sa.Column("start_on", sa.Date, nullable=False),
        sa.Column("request_id", sa.Integer, sa.ForeignKey("advice_request.id")),
    ]


def _recorded(at: str = "recorded_at") -> list[sa.schema.SchemaItem]:
    return [
        sa.Column(at, INSTANT, nullable=False),
        sa.Column("by_user_id", sa.Integer, sa.ForeignKey("user.id"), nullable=False),
    ]


def _withdrawn() -> list[sa.schema.SchemaItem]:
    return [sa.Column("withdrawn_at", INSTANT), sa.Column("withdrawn_reason", sa.String)]


def downgrade() -> None:
    """Drop them all."""
    op.drop_column("child", "assessment_corrected_on")
    for table in ("date_correction", "delay_reason", "clock_exception", "case_event"):
        op.drop_table(table)
