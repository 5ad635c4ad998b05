"""Where each member of a team stands: who is coming, who owes something, whom we can't write to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from coord_service.domain.meetings import Answer


class Standing(StrEnum):
    """One thing that is true of a member of the team, the most urgent first."""

    OVERDUE = "overdue"
    NO_ADDRESS = "no_address"
    NOT_COMING = "not_coming"
    SILENT = "silent"
    UNSURE = "unsure"
    OWES = "owes"
    COMING = "coming"
    CLEAR = "clear"


STANDING_NAMES = {
    Standing.OVERDUE: "Advice overdue",
    Standing.NO_ADDRESS: "No e-mail address",
    Standing.NOT_COMING: "Not coming",
    Standing.SILENT: "No answer to the invitation",
    Standing.UNSURE: "Not sure yet",
    Standing.OWES: "Owes advice",
    Standing.COMING: "Coming",
    Standing.CLEAR: "Nothing outstanding",
}

_STANDING_OF_ANSWER = {
    Answer.NEEDS_ACTION: Standing.SILENT,
    Answer.ACCEPTED: Standing.COMING,
    Answer.DECLINED: Standing.NOT_COMING,
    Answer.TENTATIVE: Standing.UNSURE,
    Answer.DELEGATED: Standing.COMING,  # somebody comes in their place
}


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What we know of a member. No ``answer``: not invited to the next meeting. ``advice_due_on``: of what they owe."""

    has_address: bool
    answer: Answer | None = None
    advice_due_on: Sequence[date] = ()


def standings(facts: MemberFacts, today: date) -> tuple[Standing, ...]:
    """Everything that is true of a member, the most urgent first; CLEAR alone when nothing is outstanding."""
    found = set()
    if facts.advice_due_on:
        found.add(Standing.OVERDUE if min(facts.advice_due_on) < today else Standing.OWES)
    if not facts.has_address:
        found.add(Standing.NO_ADDRESS)
    if facts.answer is not None:
        found.add(_STANDING_OF_ANSWER[facts.answer])
    return tuple(each for each in Standing if each in found) or (Standing.CLEAR,)
