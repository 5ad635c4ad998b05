"""Meetings: purposes, states, attendance and quorum. What to send for a change is ``itip``'s to say."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from coord_service.domain.people import Sector


class Purpose(StrEnum):
    """Why people meet; a review brings its notice rule and its invitees (SEND Regs 2014 reg 20)."""

    TAC = "tac"
    REVIEW = "review"
    HOME_VISIT = "home_visit"
    OTHER = "other"


PURPOSE_NAMES = {
    Purpose.TAC: "Team Around the Child meeting",
    Purpose.REVIEW: "Annual review",
    Purpose.HOME_VISIT: "Home visit",
    Purpose.OTHER: "Other meeting",
}

# What a calendar shows to anybody who looks over a shoulder: neutral words (DOMAIN §6).
NEUTRAL_TITLES = {
    Purpose.TAC: "Team meeting",
    Purpose.REVIEW: "Review meeting",
    Purpose.HOME_VISIT: "Visit",
    Purpose.OTHER: "Meeting",
}


class MeetingStatus(StrEnum):
    """A meeting's life: undone within a minute of booking leaves no trace outside; held once attendance is taken."""

    BOOKED = "booked"
    UNDONE = "undone"
    CANCELLED = "cancelled"
    HELD = "held"


class MeetingMode(StrEnum):
    """How people meet."""

    PLACE = "place"
    ONLINE = "online"
    BOTH = "both"


class Answer(StrEnum):
    """An attendee's answer, in the words of RFC 5545 PARTSTAT."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"
    DELEGATED = "DELEGATED"


ANSWER_NAMES = {
    Answer.NEEDS_ACTION: "No answer",
    Answer.ACCEPTED: "Coming",
    Answer.DECLINED: "Not coming",
    Answer.TENTATIVE: "Not sure yet",
    Answer.DELEGATED: "Sent somebody else",
}


class AnsweredBy(StrEnum):
    """How an answer reached us."""

    MAIL = "mail"
    LINK = "link"
    PHONE = "phone"


class Attendance(StrEnum):
    """What happened on the day, one tap each; apologies with an update count differently from silence (DOMAIN §5)."""

    CAME = "came"
    PART = "part"
    PHONE = "phone"
    SUBSTITUTE = "substitute"
    UPDATE = "update"
    ABSENT = "absent"


ATTENDANCE_NAMES = {
    Attendance.CAME: "Came",
    Attendance.PART: "Came for part",
    Attendance.PHONE: "By phone or online",
    Attendance.SUBSTITUTE: "Sent a substitute",
    Attendance.UPDATE: "Sent an update",
    Attendance.ABSENT: "Did not come",
}


@dataclass(frozen=True, slots=True)
class QuorumRule:
    """At least ``at_least`` people of these sectors; ``words`` say it to a lead worker."""

    sectors: frozenset[Sector]
    at_least: int
    words: str


# A rule set per purpose, never a head count alone (DOMAIN §5).
QUORUM: dict[Purpose, tuple[QuorumRule, ...]] = {
    Purpose.TAC: (
        QuorumRule(frozenset({Sector.FAMILY}), 1, "somebody of the family"),
        QuorumRule(
            frozenset({Sector.EDUCATION, Sector.HEALTH, Sector.SOCIAL_CARE, Sector.VOLUNTARY}),
            1,
            "at least one professional",
        ),
    ),
    # reg 20(2): parent or young person; head, principal or provider; SEN officer; health; social services.
    Purpose.REVIEW: (
        QuorumRule(frozenset({Sector.FAMILY}), 1, "a parent or the young person"),
        QuorumRule(frozenset({Sector.EDUCATION}), 1, "the school, college or early years provider"),
    ),
    Purpose.HOME_VISIT: (QuorumRule(frozenset({Sector.FAMILY}), 1, "somebody of the family"),),
    Purpose.OTHER: (),
}


@dataclass(frozen=True, slots=True)
class Seat:
    """One attendee as the quorum sees them."""

    sector: Sector
    is_required: bool
    answer: Answer


def missing_for_quorum(purpose: Purpose, seats: Iterable[Seat]) -> list[str]:
    """What the quorum still lacks among those who have not declined, in words; an empty list means it can be met."""
    present = [seat.sector for seat in seats if seat.answer is not Answer.DECLINED]
    return [rule.words for rule in QUORUM[purpose] if sum(s in rule.sectors for s in present) < rule.at_least]


def quorum_is_confirmed(purpose: Purpose, seats: Iterable[Seat]) -> bool:
    """Whether those who have accepted are enough by themselves."""
    yes = [seat.sector for seat in seats if seat.answer is Answer.ACCEPTED]
    return all(sum(s in rule.sectors for s in yes) >= rule.at_least for rule in QUORUM[purpose])
