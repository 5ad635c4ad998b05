"""The values of iTIP (RFC 5545, 5546): a meeting as its organizer keeps it, what is sent for it, what came back.

Times are aware. A meeting's ``start`` and ``end`` carry the zone that people live in (``ZoneInfo("Europe/London")``); a
plain ``date`` means whole days, the end exclusive. Every DTSTAMP is UTC and whole seconds. Addresses are bare and
lower-case (see ``addresses.bare_address``).
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

When = datetime | date
SECOND = timedelta(seconds=1)


class PartStat(StrEnum):
    """What an attendee answered (RFC 5545 §3.2.12)."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"
    DELEGATED = "DELEGATED"


class Role(StrEnum):
    """How much an attendee matters to the meeting (RFC 5545 §3.2.16)."""

    CHAIR = "CHAIR"
    REQUIRED = "REQ-PARTICIPANT"
    OPTIONAL = "OPT-PARTICIPANT"
    NON = "NON-PARTICIPANT"


class Cutype(StrEnum):
    """What kind of calendar user an attendee is (RFC 5545 §3.2.3)."""

    INDIVIDUAL = "INDIVIDUAL"
    GROUP = "GROUP"
    RESOURCE = "RESOURCE"
    ROOM = "ROOM"
    UNKNOWN = "UNKNOWN"


class Status(StrEnum):
    """Whether the meeting stands (RFC 5545 §3.8.1.11)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


class Method(StrEnum):
    """What a message asks of its reader (RFC 5546 §1.4)."""

    REQUEST = "REQUEST"
    REPLY = "REPLY"
    COUNTER = "COUNTER"
    DECLINECOUNTER = "DECLINECOUNTER"
    REFRESH = "REFRESH"
    CANCEL = "CANCEL"
    ADD = "ADD"
    PUBLISH = "PUBLISH"


class Kind(StrEnum):
    """What an incoming mail or file turned out to be."""

    REQUEST = "request"
    REPLY = "reply"
    COUNTER = "counter"
    DECLINECOUNTER = "declinecounter"
    REFRESH = "refresh"
    CANCEL = "cancel"
    ADD = "add"
    PUBLISH = "publish"
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    OTHER = "other"


class Verdict(StrEnum):
    """What was made of an incoming message."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    OLDER = "older"
    HELD = "held"
    REFUSED = "refused"
    NOTED = "noted"


class Question(StrEnum):
    """What a person must agree to before a held message can be applied."""

    SENDER = "sender"  # is it from whom it speaks for?
    STRANGER = "stranger"  # may somebody join who was not invited?
    LIST = "list"  # the same, of a member of a list that was invited
    DELEGATE = "delegate"  # may somebody come in another's place?
    SUBSTITUTE = "substitute"  # the same, asked by the delegate before the delegator has said so
    PROPOSAL = "proposal"  # another time: ``accept_counter`` or ``decline_counter``
    DATES = "dates"  # which dates of a series it speaks of


class Strangers(StrEnum):
    """What to do when somebody who was not invited answers."""

    ASK = "ask"
    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Organizer:
    """Who the meeting comes from: the service's mailbox under the lead worker's name."""

    address: str
    name: str = ""
    sent_by: str = ""


@dataclass(frozen=True, slots=True)
class Attendee:
    """One person (or room, or list) at the meeting, and their last answer.

    ``answered_sequence`` and ``answered_dtstamp`` order that answer (RFC 5546 §2.1.5); both None: none yet.
    ``extras`` are further parameters, name and value, kept as they came.
    """

    address: str
    name: str = ""
    role: Role = Role.REQUIRED
    partstat: PartStat = PartStat.NEEDS_ACTION
    rsvp: bool = True
    cutype: Cutype = Cutype.INDIVIDUAL
    delegated_to: tuple[str, ...] = ()
    delegated_from: tuple[str, ...] = ()
    member: tuple[str, ...] = ()
    sent_by: str = ""
    comment: str = ""
    answered_sequence: int | None = None
    answered_dtstamp: datetime | None = None
    extras: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Removed:
    """Somebody taken off the meeting, or off one ``date`` of it, and the SEQUENCE that a CANCEL of it has.

    It is remembered whether a CANCEL was sent or not (who has declined gets none).
    """

    address: str
    sequence: int
    date: When | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A meeting: one VEVENT, for a series the master with its ``overrides`` (each with a ``recurrence_id``).

    ``time_sequence`` is the SEQUENCE under which the present time was first sent (None: ``sequence`` itself); an answer
    below it was given to another time. ``waiting`` holds answers from delegates whose delegation hasn't arrived yet.
    ``extras`` are content lines this model doesn't name, unfolded. ``is_online`` asks the organizer's calendar system
    for a link to meet by, where it makes one (Teams); no calendar line carries it.
    """

    uid: str
    start: When
    end: When
    organizer: Organizer
    summary: str = ""
    description: str = ""
    location: str = ""
    url: str = ""
    status: Status = Status.CONFIRMED
    classification: str = "PRIVATE"
    transparency: str = "OPAQUE"
    sequence: int = 0
    dtstamp: datetime | None = None
    attendees: tuple[Attendee, ...] = ()
    recurrence_id: When | None = None
    rrule: str = ""
    rdates: tuple[When, ...] = ()
    exdates: tuple[When, ...] = ()
    overrides: tuple["Event", ...] = ()
    time_sequence: int | None = None
    removed: tuple[Removed, ...] = ()
    waiting: tuple[Attendee, ...] = ()
    extras: tuple[str, ...] = ()
    is_online: bool = False

    @property
    def is_series(self) -> bool:
        """Whether the meeting happens more than once."""
        return bool(self.rrule or self.rdates)

    @property
    def current_sequence(self) -> int:
        """The lowest SEQUENCE that an answer to the present time can carry."""
        return self.sequence if self.time_sequence is None else self.time_sequence

    def attendee(self, address: str) -> Attendee | None:
        """The attendee with this bare address, or None."""
        return next((each for each in self.attendees if each.address == address), None)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for one recipient. ``significant``: they must look at it, not just be kept up to date."""

    recipient: str
    method: Method
    significant: bool
    event: Event


@dataclass(frozen=True, slots=True)
class Changes:
    """The organizer's copy after a change, and who must be sent what."""

    event: Event
    outgoing: tuple[Outgoing, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What one VEVENT of an incoming message says. Senders leave out nearly everything: absent is None or empty."""

    uid: str
    sequence: int = 0
    dtstamp: datetime | None = None
    recurrence_id: When | None = None
    this_and_future: bool = False
    organizer: str = ""
    attendees: tuple[Attendee, ...] = ()
    start: When | None = None
    end: When | None = None
    summary: str = ""
    location: str = ""
    comment: str = ""


class Authentication(StrEnum):
    """Our own mail server's word on whether the From address is genuine (RFC 8601)."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    MISSING = "missing"  # not a word, from a server that writes one into every mail

    @property
    def is_doubtful(self) -> bool:
        """Whether somebody should look before such a mail is believed."""
        return self in {Authentication.FAILED, Authentication.MISSING}


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """One recipient of a delivery report (RFC 3464). ``action`` delayed is no failure yet."""

    recipient: str
    action: str = "failed"
    status: str = ""
    diagnostic: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the mail will not arrive."""
        return self.action == "failed"


@dataclass(frozen=True, slots=True)
class Message:
    """An incoming mail or calendar file, read and not yet judged.

    ``answers`` are its VEVENTs in order. ``sender`` is None for a bare calendar file: nobody's identity is known then.
    ``text`` is what the person wrote, quotes stripped. ``problems`` are sentences about what was odd or missing, for
    whoever looks after the service; ``unreadable`` is the one that says in plain words why nothing was made of it.
    """

    kind: Kind
    method: str | None = None
    answers: tuple[Answer, ...] = ()
    sender: str | None = None
    sender_name: str = ""
    authentication: Authentication = Authentication.UNKNOWN
    subject: str = ""
    text: str = ""
    sent_at: datetime | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    failures: tuple[FailedDelivery, ...] = ()
    original_message_id: str = ""
    problems: tuple[str, ...] = ()
    unreadable: str = ""

    @property
    def uid(self) -> str | None:
        """The UID that the message is about, or None."""
        return self.answers[0].uid or None if self.answers else None


@dataclass(frozen=True, slots=True)
class Policy:
    """What a council, and this meeting, allow.

    ``known_addresses``: other address -> the attendee's invited address. ``is_shielded``: somebody in the team has a
    restricted contact, so strangers and delegates are always asked about. ``delegates``: whether an attendee may send
    somebody who was not invited; RFC 5546 lets them. ``agreed``: the questions about this very message to which a
    person has said yes.
    """

    strangers: Strangers = Strangers.ASK
    delegates: Strangers = Strangers.ALLOW
    is_shielded: bool = False
    agreed: frozenset[Question] = frozenset()
    known_addresses: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """The organizer's copy after a message, what was made of it, a sentence that says why, and what must be sent.

    ``question``: what a held message waits for. ``speaker``: the invited address it speaks for, "" where it has none.
    """

    event: Event
    verdict: Verdict
    why: str
    outgoing: tuple[Outgoing, ...] = ()
    question: Question | None = None
    speaker: str = ""


def dtstamp_after(now: datetime, last: datetime | None) -> datetime:
    """The DTSTAMP for a message made now: UTC, whole seconds, strictly after the last one (ITIP.md §1.8)."""
    stamp = now.astimezone(UTC).replace(microsecond=0)
    if last is None:
        return stamp
    return max(stamp, last.astimezone(UTC).replace(microsecond=0) + SECOND)
