"""The few doors to the world outside: mail out and in, letters, calendar codec, calendars, report files, the wake-up.

The clock is in ``clock``; the database is no port. Adapters in ``integrations`` implement these and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from coord_service.domain import itip
from coord_service.domain.diaries import Block
from coord_service.domain.report_tables import ReportDocument, ReportForm


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
    """One message as the mailbox keeps it; of a huge one its beginning.

    ``trouble``: why the mailbox can't give it out, again and again, in words. Then ``content`` is empty.
    ``arrived_at`` is when the mailbox took it, where it says so; ``is_opened``: somebody else has looked at it there.
    """

    uidvalidity: int
    uid: int
    content: bytes
    left_out: int = 0  # octets at its end that were not read
    trouble: str = ""
    arrived_at: datetime | None = None
    is_opened: bool = False


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


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that a mail brings. ``is_inline``: it was shown within the words, as a logo or a photograph is."""

    content: bytes
    is_inline: bool = False


class Codec(Protocol):
    """Between iTIP values and the bytes that calendars and mail programs exchange."""

    def write_calendar(self, outgoing: itip.Outgoing) -> bytes:
        """One VCALENDAR with one METHOD, as RFC 5545 and the calendars in use want it."""

    def write_copy(self, event: itip.Event) -> bytes:
        """The organizer's own copy of an event, with what is ours alone (X-COORD-...)."""

    def read_copy(self, content: bytes) -> itip.Event:
        """The event of a copy that ``write_copy`` wrote."""

    def write_answer(self, answer: itip.Outgoing, sent_at: datetime) -> bytes:
        """A REPLY or COUNTER that the organizer's calendar told, as the mail in which it would have come otherwise."""

    def read_mail(self, content: bytes) -> itip.Message:
        """What a message means; one that makes no sense is of kind "other" with its problems, never an exception."""

    def read_attachments(self, content: bytes) -> tuple[AttachedFile, ...]:
        """The files that a mail brings, in order: not what its text is drawn with. None of a mail of hostile build."""


class Ability(StrEnum):
    """What a connected calendar lets us do."""

    READ_BUSY = "read_busy"  # of its own account
    READ_OTHERS = "read_others"  # of colleagues on the same system, by their mail address
    WRITE = "write"  # keep the organizer's event, with attendees whom that system invites
    FOLLOW = "follow"  # tell what changed since we last asked


@dataclass(frozen=True, slots=True)
class FormField:
    """What somebody types to connect a calendar. A secret is encrypted at rest and never shown again."""

    name: str
    label: str
    hint: str = ""
    is_secret: bool = False
    is_required: bool = True
    is_long: bool = False  # several lines, such as a certificate
    choices: tuple[tuple[str, str], ...] = ()  # value and words; empty: free text


@dataclass(frozen=True, slots=True)
class CalendarKind:
    """A kind of calendar system: its name for people, its form, and the most that it can ever do for us."""

    kind: str
    name: str
    words: str
    fields: tuple[FormField, ...]
    abilities: frozenset[Ability]
    is_for_council: bool = False  # one connection can serve everybody on the council's own system
    is_for_demo: bool = False  # offered in the demo alone
    hides_people: bool = False  # nobody invited by it sees who else is
    makes_links: bool = False  # it makes a link to meet online by, where an event asks for one


@dataclass(frozen=True, slots=True)
class CalendarAccount:
    """What an adapter needs: whose calendar (bare mail address; "" for the whole council), and what the form says.

    ``values`` holds the secrets too and is therefore left out of every repr. ``seconds`` is the limit for one call.
    ``networks``: the council's own, such as 10.20.0.0/16, where its servers may stand; others must be public.
    """

    address: str
    values: Mapping[str, str] = field(repr=False)
    seconds: float = 5.0
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarCheck:
    """What a connection turned out to be: ``words`` for the person who set it up, and what it can do."""

    words: str
    abilities: frozenset[Ability]


@dataclass(frozen=True, slots=True)
class Busy:
    """What a calendar says of one person: blocks that touch the time asked for, by start, aware UTC.

    Only blocks that say something of their time: cancelled, transparent and declined events are left out. ``trouble``:
    why this one can't be read, a sentence; then nothing is known of them, and ``blocks`` is empty.
    """

    blocks: tuple[Block, ...] = ()
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """What somebody answered in the organizer's calendar (``address`` bare and lower-case).

    ``proposed``: another time that would suit them, start and end, where that system keeps such.
    """

    address: str
    partstat: itip.PartStat
    answered_at: datetime | None = None
    comment: str = ""
    proposed: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class FollowedEvent:
    """The organizer's event as the calendar has it now; ``start_at`` and ``end_at`` None when it was deleted there.

    ``join_url``: the link to meet online by, where that system made one (``itip.Event.is_online``).
    """

    uid: str
    start_at: datetime | None
    end_at: datetime | None
    answers: tuple[EventAnswer, ...] = ()
    join_url: str = ""


@dataclass(frozen=True, slots=True)
class CalendarNews:
    """What changed since ``token`` was given out; ask again with the new one. ``is_whole``: everything, not changes."""

    token: str
    events: tuple[FollowedEvent, ...]
    is_whole: bool = False


class Calendar(Protocol):
    """One connection to somebody's calendar system. Each call ends within the connection's time limit.

    Every call raises a CalendarTrouble. Nothing personal (subject, place, who else) leaves an adapter or is logged.
    """

    async def check(self) -> CalendarCheck:
        """Connect and sign in; what this connection can do."""

    async def read_busy(self, addresses: Sequence[str], start_at: datetime, end_at: datetime) -> Mapping[str, Busy]:
        """What each address asked for is doing in this time, half-open, however long: a Busy for every one of them.

        An address that this connection may not read has a ``trouble`` of its own and spoils nothing for the others;
        where the system can't read others', that is every address but the account's.
        """

    async def put(self, event: itip.Event) -> None:
        """Keep the organizer's event in the account's own calendar. Found by UID: twice is one event, also after a cut.

        An older SEQUENCE than what is kept never wins, and is quiet.
        """

    async def remove(self, uid: str) -> None:
        """Cancel the event, telling whom that system invited. Quiet when it is not there."""

    async def news(self, token: str | None) -> CalendarNews:
        """What became of the events that we keep there, since ``token`` (None or no longer good: all of them).

        What ``put`` did itself may be told too, as it is there; nothing is told twice.
        """

    async def close(self) -> None:
        """Leave the server."""


class CalendarKinds(Protocol):
    """The kinds of calendar that this installation can connect."""

    def all(self) -> Sequence[CalendarKind]:
        """Every kind, in the order in which they are offered."""

    def open(self, kind: str, account: CalendarAccount) -> Calendar:
        """A calendar of this kind. Nothing is connected until it is first used. Raises KeyError for no kind of ours."""


class Vault(Protocol):
    """Encrypts what a calendar connection must keep secret, each bound to its record (``about``)."""

    @property
    def has_key(self) -> bool:
        """Whether anything can be sealed here."""

    def seal(self, plain: bytes, about: str) -> bytes:
        """The secret, sealed for one record. Raises Refused where no key is set."""

    def open(self, sealed: bytes, about: str) -> bytes:
        """The secret of a record. Raises SecretsUnreadable without its key, or when it is another record's."""

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the secret is sealed with the key that seals now; if not, seal it again."""


class ReportPrinter(Protocol):
    """Reports as files."""

    def print_report(self, document: ReportDocument, form: ReportForm) -> bytes:
        """The file; it takes a processor for a while: call it in a thread."""


class Wake(Protocol):
    """The nudge after a commit: quicker delivery, never a condition of it."""

    async def __call__(self) -> None:
        """Tell whoever delivers that there is something to do."""
