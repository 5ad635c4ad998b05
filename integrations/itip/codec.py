"""The Codec port: our own writer and reader, with the one thing that differs between installations."""

from dataclasses import dataclass
from datetime import datetime

from coord_service.domain.itip import Event, Message, Outgoing
from coord_service.ports import AttachedFile
from integrations.itip.answer_mail import write_answer
from integrations.itip.attachments import read_attachments
from integrations.itip.mail import read_mail
from integrations.itip.reader import read_copy
from integrations.itip.writer import write_calendar, write_copy

NOBODY = "nobody.invalid"


@dataclass(frozen=True, slots=True)
class ItipCodec:
    """``authserv`` is our own mail server's name: its Authentication-Results alone are believed (RFC 8601 §5).

    A mail without any is then doubtful: it came round that server's checks.
    """

    authserv: str = ""

    def write_calendar(self, outgoing: Outgoing) -> bytes:
        """The calendar of one outgoing message."""
        return write_calendar(outgoing)

    def write_copy(self, event: Event) -> bytes:
        """The organizer's own copy."""
        return write_copy(event)

    def read_copy(self, content: bytes) -> Event:
        """The event of a copy. Raises NotACalendar."""
        return read_copy(content)

    def write_answer(self, answer: Outgoing, sent_at: datetime) -> bytes:
        """An answer that a calendar told, as a mail."""
        return write_answer(answer, sent_at)

    def read_mail(self, content: bytes) -> Message:
        """What an incoming message is and says. Never raises."""
        return read_mail(content, self.authserv or NOBODY, must_vouch=bool(self.authserv))

    def read_attachments(self, content: bytes) -> tuple[AttachedFile, ...]:
        """The files that a mail brings."""
        return read_attachments(content)
