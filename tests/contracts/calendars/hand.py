"""The other side of a calendar under test: what its users, and its misfortunes, do there."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from coord_service.domain import itip
from coord_service.domain.itip import PartStat
from coord_service.ports import Calendar

OWNER = "lead.worker@example.org"  # whose account the calendar under test is
COLLEAGUE = "psychologist@example.org"  # has a mailbox on the same system, where the kind can read others'
STRANGER = "nobody@example.net"  # has none


class Fault(StrEnum):
    """A way in which a calendar system goes wrong, until it is mended."""

    REFUSED = "refused"  # name, password or token are no longer accepted
    SILENT = "silent"  # it takes the request and never answers
    CUT = "cut"  # it hangs up in the middle of an answer
    UNREACHABLE = "unreachable"  # nobody listens there
    THROTTLED = "throttled"  # asked too often: again in 30 seconds
    NONSENSE = "nonsense"  # it answers something that is no calendar


@dataclass(frozen=True, slots=True)
class KeptThere:
    """An organizer's event as the system shows it to its own user."""

    start_at: datetime
    end_at: datetime
    attendees: frozenset[str]


class Hand(Protocol):
    """What a test does at the other side. Every method has happened when it returns."""

    async def add(self, event: itip.Event, address: str = OWNER) -> None:
        """Somebody enters an appointment of their own: none of ours, perhaps a series, all-day, tentative, declined.

        ``event`` says what is to be there, as RFC 5545 would; its attendee with ``address`` is their own answer.
        """

    async def kept(self, uid: str) -> list[KeptThere]:
        """The owner's events with this UID: one where all is well, none when it was never put or was removed."""

    async def answer(self, uid: str, address: str, partstat: PartStat, comment: str = "") -> None:
        """An attendee answers the owner's event."""

    async def move(self, uid: str, start_at: datetime, end_at: datetime) -> None:
        """The owner drags the event to another time."""

    async def delete(self, uid: str) -> None:
        """The owner deletes the event."""

    async def break_with(self, fault: Fault) -> None:
        """From now on every request goes wrong in this way."""

    async def mend(self) -> None:
        """All is well again."""

    async def cut_after_next_change(self) -> None:
        """The next request that changes something is carried out, and the line goes dead before its answer."""

    async def forget_tokens(self) -> None:
        """No token given out so far is good any longer."""


@dataclass(frozen=True, slots=True)
class Case:
    """A calendar under test, signed in as OWNER and in Europe/London, and the hand at its other side.

    ``impatient``: the same account with a limit so short that a silent server is found out at once.
    ``secrets``: what must not reach a log or an error: passwords, tokens.
    """

    calendar: Calendar
    impatient: Calendar
    hand: Hand
    secrets: tuple[str, ...] = ()
