"""Mail out knows its domains and whether our server is away; mail in knows its messages by their bytes.

Revision ID: 0004
Revises: 0003
"""

import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INDEXED = (("outbox_letter", "leased_at"), ("inbound_mail", "fingerprint"))


def _added() -> list[tuple[str, sa.Column[Any]]]:
    return [
        ("outbox_letter", sa.Column("domain", sa.String, nullable=False, server_default="")),
        ("outbox_letter", sa.Column("leased_at", sa.DateTime(timezone=True))),
        ("inbound_mail", sa.Column("fingerprint", sa.String, nullable=False, server_default="")),
        ("inbound_mail", sa.Column("tries", sa.Integer, nullable=False, server_default="0")),
        ("inbound_mail", sa.Column("left_out", sa.Integer, nullable=False, server_default="0")),
    ]


def upgrade() -> None:
    """Add the columns, filled for the mail that is there."""
    for table, column in _added():
        op.add_column(table, column)
    for table, name in INDEXED:
        op.create_index(f"ix_{table}_{name}", table, [name])
    op.create_table(
        "mail_out",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("away_since", sa.DateTime(timezone=True)),
        sa.Column("error", sa.String),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("probe_at", sa.DateTime(timezone=True)),
    )
    db = op.get_bind()
    db.execute(sa.text("INSERT INTO mail_out (id, tries) VALUES (1, 0)"))
    at = "instr(recipient, '@')" if db.dialect.name == "sqlite" else "strpos(recipient, '@')"
    db.execute(sa.text(f"UPDATE outbox_letter SET domain = lower(substr(recipient, {at} + 1))"))  # noqa: S608 - ours
    for (mail_id,) in db.execute(sa.text("SELECT id FROM inbound_mail ORDER BY id")).all():
        content = db.scalar(sa.text("SELECT content FROM inbound_mail WHERE id = :id"), {"id": mail_id})
        known = {"id": mail_id, "fingerprint": hashlib.sha256(content).hexdigest()}
        db.execute(sa.text("UPDATE inbound_mail SET fingerprint = :fingerprint WHERE id = :id"), known)


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("mail_out")
    for table, name in INDEXED:
        op.drop_index(f"ix_{table}_{name}", table)
    for table, column in reversed(_added()):
        op.drop_column(table, column.name)
