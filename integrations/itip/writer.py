"""Writes calendars: one VCALENDAR, CRLF, folded, with a VTIMEZONE made of rules (ITIP.md §1)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from coord_service.domain.itip.values import Attendee, Event, Method, Outgoing, Removed, When
from integrations.itip.moments import bare_text, utc_text, write_moment, zone_key
from integrations.itip.vtimezone import vtimezone_text

PRODID = "-//coord-service//Meetings//EN"
TO_ESCAPE = re.compile(r"[\\;,]|\r\n|[\r\n]")
NOT_PRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
QUOTED = re.compile(r"[,;:]")
BUSY_WHEN_SENT = {Method.REQUEST: "TENTATIVE", Method.CANCEL: "FREE", Method.DECLINECOUNTER: "BUSY"}


def write_calendar(outgoing: Outgoing) -> bytes:
    """The calendar of one outgoing message, as bytes for both MIME parts (text/calendar and application/ics)."""
    events = [outgoing.event, *outgoing.event.overrides]
    return _write(events, outgoing.method, sent=True)


def write_object(event: Event) -> bytes:
    """An event as a CalDAV server keeps it: what is sent, without a METHOD (RFC 4791 §4.1)."""
    return _write([event, *event.overrides], None, sent=True)


def write_copy(event: Event) -> bytes:
    """The organizer's copy, with the X-COORD-… parameters that are never sent."""
    return _write([event, *event.overrides], None, sent=False)


def fold(line: str) -> str:
    """A content line in pieces of at most 75 octets, none cut inside a UTF-8 character (RFC 5545 §3.1)."""
    if line.isascii():
        if len(line) <= 75:
            return line
        return "\r\n ".join([line[:75], *(line[n : n + 74] for n in range(75, len(line), 74))])
    raw, pieces, room = line.encode(), [], 75
    while len(raw) > room:
        cut = room
        while raw[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(raw[:cut].decode())
        raw, room = raw[cut:], 74
    return "\r\n ".join([*pieces, raw.decode()])


def escape(text: str) -> str:
    """TEXT as RFC 5545 §3.3.11 writes it."""
    text = NOT_PRINTABLE.sub("", text)
    return TO_ESCAPE.sub(lambda found: "\\n" if found[0] in "\r\n" else f"\\{found[0]}", text)


def quote(value: str) -> str:
    """A parameter value, quoted where it must be, with RFC 6868's carets; no line break survives as one."""
    value = NOT_PRINTABLE.sub("", value).replace("\r\n", "\n").replace("\r", "\n")
    if "^" in value or '"' in value or "\n" in value:
        value = value.replace("^", "^^").replace('"', "^'").replace("\n", "^n")
    return f'"{value}"' if QUOTED.search(value) else value


def _write(events: list[Event], method: Method | None, *, sent: bool) -> bytes:
    events = [_in_writable_zones(each) for each in events]
    head = ["BEGIN:VCALENDAR", f"PRODID:{PRODID}", "VERSION:2.0", "CALSCALE:GREGORIAN"]
    if method:
        head.append(f"METHOD:{method}")
    zones = dict.fromkeys(key for event in events for when in _moments(event) if (key := zone_key(when)))
    parts = ["\r\n".join(head), "\r\n", *(vtimezone_text(each) or "" for each in zones)]
    for event in events:
        lines = _lines(event) if sent else [*_lines(event), *_own_lines(event)]
        if sent and method:
            lines += _microsoft_lines(method)
        people = (_attendee_line(each, sent=sent) for each in event.attendees)
        parts += [f"{fold(line)}\r\n" for line in ("BEGIN:VEVENT", *lines, *people, *event.extras, "END:VEVENT")]
    return "".join([*parts, "END:VCALENDAR\r\n"]).encode()


def _lines(event: Event) -> list[str]:
    lines = [f"UID:{escape(event.uid)}"]
    if event.dtstamp:
        lines.append(f"DTSTAMP:{utc_text(event.dtstamp)}")
    if event.recurrence_id is not None:
        lines.append(write_moment("RECURRENCE-ID", event.recurrence_id))
    lines += [write_moment("DTSTART", event.start), write_moment("DTEND", event.end), f"SEQUENCE:{event.sequence}"]
    lines += [f"RRULE:{event.rrule}"] if event.rrule else []
    lines += [write_moment("RDATE", each) for each in event.rdates]
    lines += [write_moment("EXDATE", each) for each in event.exdates]
    if event.organizer.address:
        lines.append(_organizer_line(event))
    for name, text in (("SUMMARY", event.summary), ("DESCRIPTION", event.description), ("LOCATION", event.location)):
        if text:
            lines.append(f"{name}:{escape(text)}")
    if event.url:
        lines.append(f"URL:{_one_line(event.url)}")
    lines += [f"STATUS:{event.status}", f"CLASS:{event.classification}", f"TRANSP:{event.transparency}"]
    return lines


def _own_lines(event: Event) -> list[str]:
    """What only the organizer's copy holds."""
    lines = [] if event.time_sequence is None else [f"X-COORD-TIME-SEQUENCE:{event.time_sequence}"]
    lines += [_removed_line(each) for each in event.removed]
    return lines + [_attendee_line(each, sent=False, name="X-COORD-WAITING") for each in event.waiting]


def _removed_line(gone: Removed) -> str:
    date = "" if gone.date is None else f";X-COORD-DATE={bare_text(gone.date)}"
    return f"X-COORD-REMOVED;X-COORD-SEQUENCE={gone.sequence}{date}:{_address(gone.address)}"


def _microsoft_lines(method: Method) -> list[str]:
    """What Outlook shows the time as, and that a new time may be proposed (MS-OXCICAL §2.1.3.1.1.20)."""
    return [
        f"X-MICROSOFT-CDO-BUSYSTATUS:{BUSY_WHEN_SENT.get(method, 'BUSY')}",
        "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY",
        "X-MICROSOFT-DISALLOW-COUNTER:FALSE",
    ]


def _organizer_line(event: Event) -> str:
    organizer = event.organizer
    name = f";CN={quote(organizer.name)}" if organizer.name else ""
    sent_by = f';SENT-BY="{_address(organizer.sent_by)}"' if organizer.sent_by else ""
    return f"ORGANIZER{name}{sent_by}:{_address(organizer.address)}"


def _attendee_line(attendee: Attendee, *, sent: bool, name: str = "ATTENDEE") -> str:
    return f"{name}{''.join(_parameters(attendee, sent=sent))}:{_address(attendee.address)}"


def _parameters(attendee: Attendee, *, sent: bool) -> Iterator[str]:
    if attendee.name:
        yield f";CN={quote(attendee.name)}"
    yield f";CUTYPE={attendee.cutype};ROLE={attendee.role};PARTSTAT={attendee.partstat}"
    yield f";RSVP={'TRUE' if attendee.rsvp else 'FALSE'}"
    lists = (
        ("DELEGATED-TO", attendee.delegated_to),
        ("DELEGATED-FROM", attendee.delegated_from),
        ("MEMBER", attendee.member),
    )
    for name, addresses in lists:
        if addresses:
            yield f";{name}=" + ",".join(f'"{_address(each)}"' for each in addresses)
    if attendee.sent_by:
        yield f';SENT-BY="{_address(attendee.sent_by)}"'
    yield from (f";{name}={quote(value)}" for name, value in attendee.extras)
    if sent:
        return
    if attendee.comment:
        yield f";X-COORD-COMMENT={quote(attendee.comment)}"
    if attendee.answered_sequence is not None:
        yield f";X-COORD-SEQUENCE={attendee.answered_sequence}"
    if attendee.answered_dtstamp is not None:
        yield f";X-COORD-DTSTAMP={utc_text(attendee.answered_dtstamp)}"


def _address(address: str) -> str:
    """A cal-address; % and ? would mean something else in a mailto: (RFC 6068 §2)."""
    address = _one_line(address).replace('"', "")
    return address if ":" in address else f"mailto:{address.replace('%', '%25').replace('?', '%3F')}"


def _one_line(text: str) -> str:
    return "".join(text.split())


def _moments(event: Event) -> list[When]:
    own = [] if event.recurrence_id is None else [event.recurrence_id]
    return [event.start, event.end, *own, *event.rdates, *event.exdates]


def _in_writable_zones(event: Event) -> Event:
    """Times in a zone that no yearly rule describes go in UTC: never a zone that Outlook reads wrongly."""
    if all(key is None or vtimezone_text(key) for key in map(zone_key, _moments(event))):
        return event
    return replace(
        event,
        start=_utc(event.start),
        end=_utc(event.end),
        recurrence_id=None if event.recurrence_id is None else _utc(event.recurrence_id),
        rdates=tuple(map(_utc, event.rdates)),
        exdates=tuple(map(_utc, event.exdates)),
    )


def _utc(when: When) -> When:
    return when.astimezone(UTC) if isinstance(when, datetime) else when
