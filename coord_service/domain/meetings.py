"""Meetings: purposes, states, answers, attendance. What to send for a change is ``itip``'s to say."""

from enum import StrEnum


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

    CALENDAR = "calendar"  # their calendar program's own answer, which came by mail
    MAIL = "mail"  # words, which somebody read
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
