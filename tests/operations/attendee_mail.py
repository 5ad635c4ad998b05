"""What attendees' mail programs send back, written with icalendar and smtplib: nothing of ours."""

import asyncio
import email
import email.policy
import smtplib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr

import icalendar

from integrations.mail.demo_maildirs import AUTHSERV_ID
from integrations.mail.demo_servers import DemoMail

OURS = "send.team@example.org"
# What the council's mail server writes into a mail that it hands over or puts into our mailbox.
VOUCHED = f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass\r\n".encode()


@dataclass(frozen=True, slots=True)
class Reply:
    """An iMIP answer to an invitation as it arrived."""

    invitation: EmailMessage
    partstat: str
    sender: str
    at: datetime
    method: str = "REPLY"
    start: datetime | None = None
    end: datetime | None = None
    comment: str = ""
    speaks_for: str = ""  # whose line it is, where that isn't the sender's
    delegated_to: str = ""
    delegated_from: str = ""
    sent_by: str = ""


def write_reply(reply: Reply) -> EmailMessage:
    """The mail a calendar sends when its owner presses a button."""
    part = next(each for each in reply.invitation.walk() if each.get_content_type() == "text/calendar")
    asked = next(iter(icalendar.Calendar.from_ical(part.get_content()).walk("VEVENT")))
    event = icalendar.Event()
    for name in ("uid", "organizer", "sequence"):
        event[name] = asked[name]
    event.add("dtstamp", reply.at.astimezone(UTC))
    event.add("dtstart", reply.start or asked.decoded("dtstart"))
    event.add("dtend", reply.end or asked.decoded("dtend"))
    attendee = icalendar.vCalAddress(f"mailto:{reply.speaks_for or reply.sender}")
    attendee.params["PARTSTAT"] = reply.partstat
    for name in ("delegated_to", "delegated_from", "sent_by"):
        if address := getattr(reply, name):
            attendee.params[name.replace("_", "-").upper()] = f"mailto:{address}"
    event.add("attendee", attendee)
    if reply.comment:
        event.add("comment", reply.comment)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Somebody's calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", reply.method)
    calendar.add_component(event)
    mail = EmailMessage()
    mail["From"], mail["To"] = reply.sender, "send.team@example.org"
    mail["Subject"] = f"{reply.partstat.title()}: {reply.invitation['Subject']}"
    mail.set_content("Answered in my calendar.")
    mail.add_alternative(
        calendar.to_ical().decode(), subtype="calendar", params={"method": reply.method, "charset": "utf-8"}
    )
    return mail


def write_words(sender: str, words: str, answering: EmailMessage | None = None) -> EmailMessage:
    """A mail somebody types."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "send.team@example.org", "Re: meeting"
    if answering is not None:
        mail["In-Reply-To"] = answering["Message-ID"]
    mail.set_content(words)
    return mail


def write_bounce(of: EmailMessage, bounce_address: str) -> EmailMessage:
    """A delivery report as RFC 3464 has it."""
    raw = "\r\n".join(
        [
            "From: MAILER-DAEMON@nhs.example",
            f"To: {bounce_address}",
            "Subject: Undelivered Mail Returned to Sender",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "Your mail could not be delivered.",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.nhs.example",
            "",
            f"Final-Recipient: rfc822; {parseaddr(of['To'])[1]}",
            "Action: failed",
            "Status: 5.1.1",
            "Diagnostic-Code: smtp; 550 5.1.1 No such user here",
            "",
            "--b--",
            "",
        ]
    )
    return email.message_from_string(raw, policy=email.policy.SMTP)


async def hand_over(port: int, mail: EmailMessage, head: bytes = VOUCHED, to: str = OURS) -> None:
    """Hand a mail to our own listener as a mail server does, by LMTP; ``head`` is what that server wrote on top."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    content = head + mail.as_bytes(policy=email.policy.SMTP).replace(b"\r\n.", b"\r\n..")
    sender = "" if "DAEMON" in mail["From"] else mail["From"]
    envelope = [b"LHLO mx", f"MAIL FROM:<{sender}>".encode(), f"RCPT TO:<{to}>".encode(), b"DATA"]
    writer.write(b"\r\n".join([*envelope, content + b".", b"QUIT", b""]))
    said = await reader.read()
    writer.close()
    assert b"250 2.0.0 Kept" in said, said


def send(servers: DemoMail, mail: EmailMessage, envelope: str = "") -> None:
    """Hand a mail to the real server, from outside; ``envelope``: by somebody else than its From says."""
    with smtplib.SMTP(servers.host, servers.smtp_port) as smtp:
        smtp.send_message(mail, from_addr="" if "DAEMON" in mail["From"] else envelope or mail["From"])
