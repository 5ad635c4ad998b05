"""The Codec port: our own writer and reader, with the one thing that differs between installations."""

from dataclasses import dataclass

from coord_service.domain.itip import Message, Outgoing
from integrations.itip.mail import read_mail
from integrations.itip.writer import write_calendar

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

    def read_mail(self, content: bytes) -> Message:
        """What an incoming message is and says. Never raises."""
        return read_mail(content, self.authserv or NOBODY, must_vouch=bool(self.authserv))
