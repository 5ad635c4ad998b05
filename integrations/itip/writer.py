"""Writes calendars: one VCALENDAR, CRLF, folded, with a VTIMEZONE made of rules (ITIP.md §1)."""

from coord_service.domain.itip import Event, Outgoing


def write_calendar(outgoing: Outgoing) -> bytes:
    """The calendar of one outgoing message, as bytes for both MIME parts (text/calendar and application/ics)."""
    raise NotImplementedError


def write_copy(event: Event) -> bytes:
    """The organizer's copy, with the X-COORD-… parameters that are never sent."""
    raise NotImplementedError
