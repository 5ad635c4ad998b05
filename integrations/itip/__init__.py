"""The iTIP codec: bytes and mail <-> the values of ``coord_service.domain.itip``. No decisions, no I/O.

write_calendar(outgoing) -> bytes         the calendar of one outgoing message, CRLF, ready for a MIME part
write_copy(event) -> bytes                the organizer's copy, with what is never sent
read_copy(bytes) -> Event                 the same back; raises NotACalendar
read_mail(bytes) -> Message               an incoming mail, or a bare calendar file
"""

from integrations.itip.mail import read_mail
from integrations.itip.reader import NotACalendar, read_calendar, read_copy
from integrations.itip.writer import write_calendar, write_copy

__all__ = ["NotACalendar", "read_calendar", "read_copy", "read_mail", "write_calendar", "write_copy"]
