"""What the people of the demo write back: a calendar program's answer, a few words, or a server's refusal.

Written from the letter as it arrived, with the icalendar package alone: it knows nothing of our own codec, so that the
demo's answers are a stranger's.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.encoders import encode_base64
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, make_msgid, parseaddr
from enum import StrEnum
from typing import Any

from icalendar import Calendar, Event, vCalAddress

from coord_service.ports import OutgoingMail


class Press(StrEnum):
    """The buttons that a calendar program shows under an invitation."""

    ACCEPT = "accept"
    DECLINE = "decline"
    TENTATIVE = "tentative"
    PROPOSE = "propose"


_PARTSTAT = {
    Press.ACCEPT: ("ACCEPTED", "Accepted"),
    Press.DECLINE: ("DECLINED", "Declined"),
    Press.TENTATIVE: ("TENTATIVE", "Tentative"),
    Press.PROPOSE: ("TENTATIVE", "New Time Proposed"),
}


@dataclass(frozen=True, slots=True)
class Invitation:
    """The calendar part of a letter, as a card shows it. Instants are aware UTC."""

    method: str
    summary: str
    location: str
    start: datetime
    end: datetime
    organizer: str
    attendees: tuple[str, ...]
    sequence: int

    @property
    def may_be_answered(self) -> bool:
        """Whether a calendar program would show its buttons."""
        return self.method == "REQUEST"


@dataclass(frozen=True, slots=True)
class ArrivedLetter:
    """A letter as its reader has it before them."""

    reader: str
    sender: str
    sender_name: str
    subject: str
    date: datetime | None
    message_id: str
    return_path: str
    text: str
    html: str
    invitation: Invitation | None
    content: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What the reader does: a button, perhaps with some words, and for a proposal the other time (aware).

    ``sent_from``: another address than the one invited; ``is_forwarded``: it is somebody else's, who answers for
    themselves. ``instead``: the address of whoever is to come in their place.
    """

    press: Press
    comment: str = ""
    start: datetime | None = None
    end: datetime | None = None
    sent_from: str = ""
    is_forwarded: bool = False
    instead: str = ""


def read_letter(content: bytes) -> ArrivedLetter:
    """A mail kept in the demo, taken apart for its reader."""
    mail = _parse(content)
    name, address = parseaddr(str(mail["From"] or ""))
    calendar = _calendar_part(mail)
    return ArrivedLetter(
        reader=str(mail["Delivered-To"] or ""),
        sender=address,
        sender_name=name,
        subject=str(mail["Subject"] or ""),
        date=mail["Date"].datetime if mail["Date"] else None,
        message_id=str(mail["Message-ID"] or ""),
        return_path=str(mail["Return-Path"] or "").strip("<>"),
        text=_words(mail, "plain"),
        html=_words(mail, "html"),
        invitation=_invitation(calendar) if calendar else None,
        content=content,
    )


def write_answer(letter: ArrivedLetter, reply: Reply, now: datetime) -> OutgoingMail:
    """The iMIP answer (RFC 6047) that a calendar program sends to the organizer when a button is pressed."""
    asked = _calendar_part(_parse(letter.content))
    assert asked is not None, "only an invitation has the buttons"
    partstat, word = _PARTSTAT[reply.press]
    counters = reply.press is Press.PROPOSE and reply.start is not None and reply.end is not None
    method = "COUNTER" if counters else "REPLY"
    calendar = Calendar()
    calendar.add("prodid", "-//Demo mailbox//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_answering_event(_event(asked), letter.reader, partstat, reply, now))
    mail = MIMEMultipart("alternative")
    letter = replace(letter, reader=reply.sent_from or letter.reader)
    _address(mail, letter, f"{word}: {letter.subject}", now)
    mail.attach(MIMEText(reply.comment or f"{word}."))
    part = MIMEBase("text", "calendar", method=method, charset="utf-8")
    part.set_payload(calendar.to_ical())
    encode_base64(part)
    mail.attach(part)
    return _outgoing(letter, letter.invitation.organizer if letter.invitation else letter.sender, mail)


def write_words(letter: ArrivedLetter, words: str, now: datetime) -> OutgoingMail:
    """A plain reply, the letter quoted beneath it."""
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    mail = MIMEText(f"{words}\n\nOn {now:%d %B %Y}, {letter.sender_name} wrote:\n{quoted}\n")
    _address(mail, letter, f"RE: {letter.subject}", now)
    mail["In-Reply-To"] = mail["References"] = letter.message_id
    return _outgoing(letter, letter.sender, mail)


def write_bounce(letter: ArrivedLetter, now: datetime) -> OutgoingMail:
    """What the reader's mail server sends to the envelope's sender when there is no such mailbox (RFC 3464)."""
    report = MIMEMultipart("report", report_type="delivery-status")
    domain = letter.reader.rpartition("@")[2]
    report["From"] = f"Mail Delivery System <postmaster@{domain}>"
    report["To"] = letter.return_path
    report["Subject"] = "Undeliverable: " + letter.subject
    report["Date"] = format_datetime(now)
    report["Message-ID"] = make_msgid(domain=domain)
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(f"Your message to {letter.reader} could not be delivered: there is no such mailbox.\n"))
    report.attach(_delivery_status(letter.reader, domain))
    report.attach(MIMEMessage(message_from_bytes(letter.content)))
    # A server sends it from nobody (RFC 5321 section 4.5.5); our Mailer knows no mail without a sender.
    return OutgoingMail(sender=f"postmaster@{domain}", recipient=letter.return_path, content=_bytes_of(report))


def _delivery_status(recipient: str, domain: str) -> MIMEBase:
    status = MIMEBase("message", "delivery-status")
    about_server, about_recipient = Message(), Message()
    about_server["Reporting-MTA"] = f"dns; {domain}"
    about_recipient["Final-Recipient"] = f"rfc822; {recipient}"
    about_recipient["Action"] = "failed"
    about_recipient["Status"] = "5.1.1"
    about_recipient["Diagnostic-Code"] = "smtp; 550 5.1.1 No such mailbox here"
    status.attach(about_server)
    status.attach(about_recipient)
    return status


def _parse(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def _words(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    return str(body.get_content()) if body is not None else ""


def _calendar_part(mail: EmailMessage) -> Calendar | None:
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return Calendar.from_ical(content)
    return None


def _event(calendar: Calendar) -> Event:
    event = calendar.walk("VEVENT")[0]
    assert isinstance(event, Event)
    return event


def _invitation(calendar: Calendar) -> Invitation:
    event = _event(calendar)
    return Invitation(
        method=str(calendar.get("method", "")),
        summary=str(event.get("summary", "")),
        location=str(event.get("location", "")),
        start=event.decoded("dtstart").astimezone(UTC),
        end=event.decoded("dtend").astimezone(UTC),
        organizer=_bare(str(event["organizer"])),
        attendees=tuple(_bare(str(each)) for each in _attendees(event)),
        sequence=int(event.get("sequence", 0)),
    )


def _attendees(event: Event) -> list[Any]:
    found: Any = event.get("attendee", [])
    return found if isinstance(found, list) else [found]


def _bare(address: str) -> str:
    return address.lower().removeprefix("mailto:")


def _answering_event(asked: Event, reader: str, partstat: str, reply: Reply, now: datetime) -> Event:
    """The VEVENT of the answer: whose it is, to which SEQUENCE, and for a proposal the other time."""
    event = Event()
    for name in ("uid", "sequence", "organizer", "recurrence-id", "summary"):
        if name in asked:
            event.add(name, asked[name], encode=False)
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", reply.start.astimezone(UTC) if reply.start else asked.decoded("dtstart").astimezone(UTC))
    event.add("dtend", reply.end.astimezone(UTC) if reply.end else asked.decoded("dtend").astimezone(UTC))
    me: Any = next(
        (each for each in _attendees(asked) if _bare(str(each)) == reader.lower()), vCalAddress(f"mailto:{reader}")
    )
    answering = vCalAddress(f"mailto:{reply.sent_from}" if reply.is_forwarded else str(me))
    answering.params["PARTSTAT"] = "DELEGATED" if reply.instead else partstat
    if reply.instead:
        answering.params["DELEGATED-TO"] = f"mailto:{reply.instead}"
    event.add("attendee", answering, encode=False)
    if reply.comment:
        event.add("comment", reply.comment)
    return event


def _address(mail: Message, letter: ArrivedLetter, subject: str, now: datetime) -> None:
    """The headers of a mail from the reader back to whoever wrote."""
    mail["From"], mail["To"] = letter.reader, letter.sender
    mail["Subject"] = subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=letter.reader.rpartition("@")[2])


def _outgoing(letter: ArrivedLetter, recipient: str, mail: Message) -> OutgoingMail:
    return OutgoingMail(sender=letter.reader, recipient=recipient, content=_bytes_of(mail))


def _bytes_of(mail: Message) -> bytes:
    """With the line ends that SMTP wants."""
    return mail.as_bytes(policy=policy.SMTP)
