"""Advice requests: whom the law names, what an answer can be, and when a request is over."""

from datetime import date, timedelta
from enum import StrEnum


class AdviceKind(StrEnum):
    """The letter of SEND Regs 2014 reg 6(1) under which advice is asked for."""

    PARENT = "a"
    EDUCATION = "b"
    HEALTH = "c"
    PSYCHOLOGY = "d"
    SOCIAL_CARE = "e"
    OTHER = "f"
    ADULTHOOD = "g"
    FAMILY_ASKED = "h"


ADVICE_KIND_NAMES = {
    AdviceKind.PARENT: "(a) parent or young person",
    AdviceKind.EDUCATION: "(b) education",
    AdviceKind.HEALTH: "(c) health care",
    AdviceKind.PSYCHOLOGY: "(d) educational psychologist",
    AdviceKind.SOCIAL_CARE: "(e) social care",
    AdviceKind.OTHER: "(f) anyone else we think appropriate",
    AdviceKind.ADULTHOOD: "(g) preparing for adulthood (year 9 and over)",
    AdviceKind.FAMILY_ASKED: "(h) anyone the family reasonably asks for",
}


class AdviceStatus(StrEnum):
    """A request is open until the advice is received, it is replaced by another, or it is withdrawn."""

    OPEN = "open"
    RECEIVED = "received"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class ReceiptBasis(StrEnum):
    """How we know when the request was received, which starts the six weeks (reg 8(1))."""

    ACCEPTED_BY_SERVER = "accepted_by_server"
    ACKNOWLEDGED = "acknowledged"
    CORRECTED = "corrected"


RECEIPT_BASIS_NAMES = {
    ReceiptBasis.ACCEPTED_BY_SERVER: "their mail server accepted it",
    ReceiptBasis.ACKNOWLEDGED: "they acknowledged it",
    ReceiptBasis.CORRECTED: "corrected by the lead worker",
}


class AdviceAnswer(StrEnum):
    """The four buttons of a personal link."""

    HERE_IT_IS = "here_it_is"
    ON_ITS_WAY = "on_its_way"
    CANNOT = "cannot"
    WRONG_PERSON = "wrong_person"


ADVICE_ANSWER_NAMES = {
    AdviceAnswer.HERE_IT_IS: "Here it is",
    AdviceAnswer.ON_ITS_WAY: "It is on its way",
    AdviceAnswer.CANNOT: "I can't, because",
    AdviceAnswer.WRONG_PERSON: "Wrong person",
}


class CannotReason(StrEnum):
    """Why advice can't come in time. The first three are reg 8(2)'s; none of them ends the request."""

    EXCEPTIONAL = "exceptional"
    ABSENT = "absent"
    MISSED_APPOINTMENT = "missed_appointment"
    NOT_KNOWN = "not_known"
    OTHER = "other"


CANNOT_REASON_NAMES = {
    CannotReason.EXCEPTIONAL: "Exceptional personal circumstances (reg 8(2)(a))",
    CannotReason.ABSENT: "The child was away from the area for 4 weeks or more (reg 8(2)(b))",
    CannotReason.MISSED_APPOINTMENT: "An appointment was missed (reg 8(2)(c))",
    CannotReason.NOT_KNOWN: "The child is not known to us",
    CannotReason.OTHER: "Something else",
}


class Happening(StrEnum):
    """What can happen to a request: the lines of its history."""

    ASKED = "asked"
    SENT_AGAIN = "sent_again"
    RECEIPT_CORRECTED = "receipt_corrected"
    CHILD_NAMED = "child_named"
    PROMISED = "promised"
    CANNOT = "cannot"
    WRONG_PERSON = "wrong_person"
    PHONED = "phoned"
    SETTLED = "settled"
    RECEIVED = "received"
    CHECKED = "checked"
    NOT_ENOUGH = "not_enough"
    PAUSED = "paused"
    RESUMED = "resumed"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


HAPPENING_NAMES = {
    Happening.ASKED: "Asked",
    Happening.SENT_AGAIN: "Sent again",
    Happening.RECEIPT_CORRECTED: "Date of receipt corrected",
    Happening.CHILD_NAMED: "Asked on the link whom it is about",
    Happening.PROMISED: "On its way",
    Happening.CANNOT: "Said they can’t",
    Happening.WRONG_PERSON: "Said it is for somebody else",
    Happening.PHONED: "Answered by phone",
    Happening.SETTLED: "Answer dealt with",
    Happening.RECEIVED: "Advice received",
    Happening.CHECKED: "Checked: enough",
    Happening.NOT_ENOUGH: "Checked: not enough",
    Happening.PAUSED: "Reminders paused",
    Happening.RESUMED: "Reminders go on",
    Happening.REPLACED: "Replaced by another request",
    Happening.WITHDRAWN: "Withdrawn",
}

_AS_THE_LAW_WANTS = (
    "Please describe the needs you see, the provision that would meet them (what, how often, how long and by whom) "
    "and the outcomes it should lead to."
)

# What is asked unless the lead worker writes something else; advice speaks of needs, provision and outcomes (reg 6).
USUAL_QUESTIONS = {
    AdviceKind.PARENT: "Please tell us what matters to you and your child, what helps, and what you hope for.",
    AdviceKind.EDUCATION: f"{_AS_THE_LAW_WANTS} Please add the support given so far and what it has achieved.",
    AdviceKind.HEALTH: f"{_AS_THE_LAW_WANTS} Please say which health care is needed to learn.",
    AdviceKind.PSYCHOLOGY: f"{_AS_THE_LAW_WANTS} Please name whom you consulted and which reports you drew on.",
    AdviceKind.SOCIAL_CARE: f"{_AS_THE_LAW_WANTS} Please say also if nobody in your service knows the family.",
    AdviceKind.OTHER: _AS_THE_LAW_WANTS,
    AdviceKind.ADULTHOOD: (
        f"{_AS_THE_LAW_WANTS} Please look ahead to adult life: work or study, home, friends and community, and health."
    ),
    AdviceKind.FAMILY_ASKED: _AS_THE_LAW_WANTS,
}


class AdvicePart(StrEnum):
    """What advice must speak of, looked for on receipt."""

    NEEDS = "needs"
    PROVISION = "provision"
    OUTCOMES = "outcomes"


ADVICE_PART_NAMES = {
    AdvicePart.NEEDS: "The needs",
    AdvicePart.PROVISION: "The provision that meets them, specific enough to check",
    AdvicePart.OUTCOMES: "The outcomes it leads to",
}

LONGEST_PROMISE = timedelta(days=183)  # later than half a year is a slip of the pen, or no promise


LONGEST_PAUSE = timedelta(days=42)  # as long as the advice itself may take: a longer silence is neglect


def fault_of_pause(until_on: date, today: date) -> str | None:
    """What is wrong with the last day of a pause, as a sentence; None when nothing is."""
    if until_on < today:
        return "Give today or a later day: this one has passed"
    if until_on > today + LONGEST_PAUSE:
        return "Give a day within the next six weeks: you can pause again"
    return None


def fault_of_promise(promised_on: date, today: date) -> str | None:
    """What is wrong with a promised day, as a sentence for whoever promises; None when nothing is."""
    if promised_on < today:
        return "Give today or a later day: this one has passed"
    if promised_on > today + LONGEST_PROMISE:
        return "Give a day within the next six months"
    return None
