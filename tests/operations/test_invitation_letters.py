"""What an invitation's envelope and headers say, from the outbox's row to the mailbox it arrives in."""

import re
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from coord_service.operations.tools import Tools
from coord_service.storage.tables import OutboxLetter
from integrations.mail.demo_servers import DemoMail
from tests.builders import a_child, a_meeting, a_person, a_user
from tests.installation import StandingClock
from tests.operations.test_meetings import calendar_of, deliver, mails_to


@pytest.fixture
async def invitation(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> EmailMessage:
    """Dr Shah's, as it arrived."""
    worker = await a_user(tools, name="Amy Leadworth")
    shah = await a_person(tools, "Dr Priya Shah")
    await a_meeting(tools, worker, await a_child(tools, worker), shah)
    await deliver(tools, clock)
    return mails_to(mail_servers, shah.email or "")[-1]


@pytest.mark.itip("1.11")
async def test_each_letter_has_a_message_id_and_a_bounce_address_of_its_own_row(
    tools: Tools, invitation: EmailMessage
) -> None:
    """RFC 5322 §3.6.4, RFC 3464 §1, RFC 3834 §5: a bounce finds its row, and no machine answers a machine."""
    async with tools.database.read() as db:
        letters = list(await db.scalars(sa.select(OutboxLetter)))
    marks = [re.fullmatch(r"<([0-9a-f]{32})@(.+)>", each.message_id) for each in letters]
    assert [each.envelope_from for each in letters] == [f"bounces+{mark[1]}@{mark[2]}" for mark in marks if mark]
    assert len({each.message_id for each in letters}) == len(letters) > 1
    assert invitation["Message-ID"] in {each.message_id for each in letters}
    assert invitation["Auto-Submitted"] == "auto-generated"


@pytest.mark.itip("1.5")
async def test_the_organizer_is_the_mailbox_that_we_send_from_and_read(
    invitation: EmailMessage, mail_servers: DemoMail
) -> None:
    """RFC 6047 §2.3, DMARC: answers go to ORGANIZER."""
    assert invitation["From"].addresses[0].addr_spec == mail_servers.user
    assert f"ORGANIZER;CN=Amy Leadworth:mailto:{mail_servers.user}" in calendar_of(invitation)
