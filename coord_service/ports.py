"""The few doors to the world outside: mail out, mail in, the words of letters, the calendar codec, the wake-up call.

The clock is in ``clock``; the database is no port. Adapters in ``integrations`` implement these and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from coord_service.domain import itip


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One mail to one recipient, ready to go; ``sender`` is the envelope's, where bounces return."""

    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server took the mail; ``answer`` is what it said."""

    answer: str


class Mailer(Protocol):
    """Mail out."""

    async def send(self, mail: OutgoingMail) -> Receipt:
        """Hand one mail to the server, within a time limit. Raises TemporaryFailure or PermanentFailure."""

    async def check(self) -> str:
        """Connect, sign in and leave again; what the server says of itself. Raises TemporaryFailure with the cause."""

    async def close(self) -> None:
        """Leave the server."""


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One message as the mailbox keeps it."""

    uidvalidity: int
    uid: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a mailbox has been read (RFC 3501 §2.3.1.1)."""

    uidvalidity: int
    uid: int


class Mailbox(Protocol):
    """Mail in."""

    name: str

    async def fetch(self, after: Position | None, limit: int) -> Sequence[ReceivedMail]:
        """The oldest messages after a position, from the start when UIDVALIDITY is another. Raises TemporaryFailure."""

    async def wait(self, seconds: float) -> None:
        """Return when new mail may have come (IDLE), at the latest after ``seconds``. Raises TemporaryFailure."""

    async def check(self) -> str:
        """Connect, sign in and leave again; what the server says of itself. Raises TemporaryFailure with the cause."""

    async def close(self) -> None:
        """Leave the server."""


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """The calendar part of a mail: its METHOD and the iCalendar bytes."""

    method: str
    content: bytes


@dataclass(frozen=True, slots=True)
class LetterOrder:
    """A letter to be written: which one, the facts in it, and the envelope's particulars."""

    letter: str
    to_name: str
    to_address: str
    message_id: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    calendar: CalendarPart | None = None


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """A letter, word for word: its subject, its two parts, and the whole message as it will be sent."""

    subject: str
    text: str
    html: str
    content: bytes


class Letters(Protocol):
    """Turns facts into a mail with a text part, an HTML part and, where ordered, a calendar part."""

    def write(self, order: LetterOrder, now: datetime) -> WrittenLetter:
        """The finished message, dated ``now``. The same order always gives the same words."""


class Codec(Protocol):
    """Between iTIP values and the bytes that calendars and mail programs exchange."""

    def write_calendar(self, outgoing: itip.Outgoing) -> bytes:
        """One VCALENDAR with one METHOD, as RFC 5545 and the calendars in use want it."""

    def read_mail(self, content: bytes) -> itip.Message:
        """What a message means; one that makes no sense is of kind "other" with its problems, never an exception."""


class Wake(Protocol):
    """The nudge after a commit: quicker delivery, never a condition of it."""

    async def __call__(self) -> None:
        """Tell whoever delivers that there is something to do."""
