"""Reads calendars: RFC 5545 as the real senders write it (ITIP.md §2.1)."""

from coord_service.domain.itip import Event, Message


class NotACalendar(ValueError):
    """The bytes hold no meeting that could be kept; ``str()`` says what is wrong."""


def read_calendar(raw: bytes, method: str | None = None) -> Message:
    """A calendar as a message without a sender; ``method`` is the MIME header's. Never raises."""
    raise NotImplementedError


def read_copy(raw: bytes) -> Event:
    """An organizer's copy. Raises NotACalendar."""
    raise NotImplementedError
