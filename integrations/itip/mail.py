"""Reads incoming mail: iMIP (RFC 6047), bounces (RFC 3464), auto-replies (RFC 3834) and what people write by hand."""

from dataclasses import replace
from email.message import Message as Part

from coord_service.domain.itip.values import Kind, Message
from integrations.itip import mime
from integrations.itip.authentication import read_verdict
from integrations.itip.delivery_reports import is_automatic, original_message_id, read_failures
from integrations.itip.reader import read_calendar
from integrations.itip.words import written_text

NEITHER = "this is neither a mail nor a calendar"
CALENDAR_TYPES = ("text/calendar", "application/ics", "application/x-ical")


def read_mail(raw: bytes, authserv: str | None = None, *, must_vouch: bool = False) -> Message:
    """What a mail (or a bare calendar file) is and says. Never raises, bounded in time.

    ``authserv``: the name of our own mail server; with it, only that server's Authentication-Results are believed
    (RFC 8601 §5). None believes any. ``must_vouch``: that server writes them into every mail.
    """
    if _is_calendar(raw):
        return read_calendar(raw)
    problems = []
    if len(raw) > mime.MOST_BYTES:
        problems.append(f"only the first {mime.MOST_BYTES // 1_000_000} MB were read")
        raw = raw[: mime.MOST_BYTES]
    try:
        mail = mime.parse_mail(raw)
    except mime.TooMuch as error:
        why = f"the mail was not read: {error}"
        return Message(Kind.OTHER, problems=(*problems, why), unreadable=why)
    message = _judged(mail, raw)
    if not mail.keys():
        problems.append(NEITHER)
        message = replace(message, unreadable=NEITHER)
    sender, name = mime.sender_of(mail)
    answered = mime.message_ids(mail, "In-Reply-To")
    own_ids = mime.message_ids(mail, "Message-ID")
    return replace(
        message,
        sender=sender,
        sender_name=name,
        authentication=read_verdict(mail, sender, authserv, must_vouch=must_vouch),
        subject=mime.header(mail, "Subject"),
        sent_at=mime.date_of(mail),
        message_id=own_ids[0] if own_ids else "",
        in_reply_to=answered[0] if answered else "",
        references=mime.message_ids(mail, "References"),
        recipients=mime.addresses_in(mail, "Delivered-To", "X-Original-To", "To", "Cc"),
        problems=(*problems, *message.problems),
    )


def _judged(mail: Part, raw: bytes) -> Message:
    """The mail's kind, and what only that kind has. A report comes first: it may enclose our own invitation."""
    failures = read_failures(mail, raw)
    if failures is not None:
        found = original_message_id(mail)
        return Message(Kind.BOUNCE, failures=failures, original_message_id=found, text=written_text(mail))
    calendar = _calendar_in(mail)
    if calendar is not None and (calendar.answers or calendar.kind is not Kind.OTHER):
        return replace(calendar, text=written_text(mail))
    kind = Kind.AUTO_REPLY if is_automatic(mail) else Kind.OTHER
    text = written_text(mail)
    if calendar is not None:
        return replace(calendar, kind=kind, text=text)
    why = _unreadable_answer(mail)
    if kind is Kind.OTHER and not why:
        return Message(kind, text=text, unreadable="they answered in words: read what they wrote" if text else "")
    return Message(kind, text=text, problems=(why,) if why else (), unreadable=why)


def _is_calendar(raw: bytes) -> bool:
    start = raw[:1_000].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start[:15].upper() == b"BEGIN:VCALENDAR"


def _calendar_in(mail: Part) -> Message | None:
    """The mail's calendar: text/calendar wherever it lies, else an .ics attachment; the first that says something."""
    parts = [(_rank(each), each) for each in mime.own_parts(mail)]
    found = None
    for _, part in sorted((each for each in parts if each[0] < 2), key=lambda each: each[0])[:5]:
        calendar = read_calendar(_calendar_bytes(part), str(part.get_param("method") or ""), mime.charset_of(part))
        if calendar.kind is not Kind.OTHER:
            return calendar
        found = found or calendar
    return found


def _rank(part: Part) -> int:
    """0 for a calendar by its type, 1 for one by its file name, 2 for anything else."""
    if part.get_content_type() in CALENDAR_TYPES:
        return 0
    return 1 if (part.get_filename() or "").lower().endswith(".ics") else 2


def _calendar_bytes(part: Part) -> bytes:
    """The part's bytes; as they stand where the transfer encoding on its label is not the one used."""
    decoded = mime.content(part)
    if b"BEGIN:V" in decoded.upper() or b"B\x00E\x00G\x00I\x00N" in decoded:
        return decoded
    standing = str(part.get_payload())
    return standing.encode("utf-8", "surrogateescape") if "BEGIN:VCALENDAR" in standing.upper() else decoded


def _unreadable_answer(mail: Part) -> str:
    names = [(each.get_filename() or "").lower() for each in mime.own_parts(mail)]
    tnef = any(each.get_content_type() == "application/ms-tnef" for each in mime.own_parts(mail))
    if tnef or "winmail.dat" in names:
        return "the answer is in winmail.dat, which only Outlook can read"
    return ""
