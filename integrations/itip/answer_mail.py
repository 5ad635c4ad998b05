"""An answer that reached us through a calendar, as the mail in which that calendar would have sent it (RFC 6047).

What an answer means is decided on mail: so it is kept in that form, whichever way it came, and read back by the same
reader. It was sent by nobody and is sent to nobody.
"""

from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from coord_service.domain.itip.values import Outgoing
from integrations.itip.writer import escape, write_calendar


def write_answer(answer: Outgoing, sent_at: datetime) -> bytes:
    """The mail of an answer: its event holds the attendee who answers, alone, and what they said."""
    [attendee] = answer.event.attendees
    comment = (f"COMMENT:{escape(attendee.comment)}",) if attendee.comment else ()
    calendar = write_calendar(replace(answer, event=replace(answer.event, extras=comment)))
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = format_datetime(sent_at)
    mail["From"], mail["To"] = attendee.address, answer.recipient
    mail["Subject"] = f"{attendee.partstat.value.capitalize()}: as the organizer's calendar shows it"
    mail.set_content(calendar, "text", "calendar", cte="base64", params={"method": answer.method, "charset": "utf-8"})
    return mail.as_bytes()
