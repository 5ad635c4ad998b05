"""Every table as it stands at the first release.

Revision ID: 0001
Revises:
"""

from alembic import op

from coord_service.storage.migrations.first_tables import advice, meetings, people, post

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, what others point at first."""
    people.create()
    meetings.create()
    advice.create()
    post.create()


def downgrade() -> None:
    """Drop every table, what points at others first."""
    tables = (
        "inbound_mail mailbox_position personal_link chase outbox_letter contact action document advice_event "
        "advice_request attendee booking_draft agenda_item meeting_child meeting membership child audit_entry "
        "sign_in_failure one_time_link user_session user leave person service agency"
    )
    for table in tables.split():
        op.drop_table(table)
