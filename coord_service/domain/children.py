"""The child's record: plan, sharing, and references that carry a check letter."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"  # 23 letters: no I, O or S, which are misread


class PlanStatus(StrEnum):
    """Where the child stands between support and statute (DOMAIN: plans)."""

    SUPPORT = "support"
    ASSESSMENT = "assessment"
    PLAN = "plan"


PLAN_STATUS_NAMES = {
    PlanStatus.SUPPORT: "My Support Plan",
    PlanStatus.ASSESSMENT: "EHC needs assessment",
    PlanStatus.PLAN: "EHC plan",
}


class Sharing(StrEnum):
    """Whether the family has agreed that this member of the team is told about the child."""

    NOT_ASKED = "not_asked"
    AGREED = "agreed"
    REFUSED = "refused"


SHARING_NAMES = {Sharing.NOT_ASKED: "Not asked yet", Sharing.AGREED: "Agreed", Sharing.REFUSED: "Not agreed"}


def check_letter(body: str) -> str:
    """The check letter of a reference's body such as ``KD-4827``: catches one wrong character and two swapped ones.

    Weights 2, 3, 4 ... over each character's value, modulo 23 (prime), onto 23 letters, as the UPN does.
    """
    values = [LETTERS.index(mark) if mark.isalpha() else int(mark) for mark in body if mark.isalnum()]
    return LETTERS[sum(weight * value for weight, value in enumerate(values, start=2)) % 23]


def new_reference(pick: Callable[[int], int]) -> str:
    """A case reference such as ``KD-4827M``; ``pick(n)`` gives a random number below n, so twins are not neighbours."""
    body = f"{LETTERS[pick(23)]}{LETTERS[pick(23)]}-{pick(10_000):04d}"
    return body + check_letter(body)


def is_reference(text: str) -> bool:
    """Whether the text is a reference with its right check letter."""
    body, check = text[:-1], text[-1:]
    parts = body.split("-")
    right_shape = (
        len(body) == 7 and len(parts) == 2 and parts[1].isdecimal() and parts[1].isascii() and len(parts[1]) == 4
    )
    return right_shape and set(parts[0] + check) <= set(LETTERS) and check == check_letter(body)


def school_year(born_on: date, on: date) -> int:
    """The national curriculum year (Reception = 0, Nursery below) a child of this birthday is in on a day.

    The school year starts on 1 September; a child turns five in Reception (Education Act 1996 s8).
    """
    start = on.year if on.month >= 9 else on.year - 1
    age_at_start = start - born_on.year - (0 if (born_on.month, born_on.day) < (9, 1) else 1)
    return age_at_start - 4


def age_on(born_on: date, on: date) -> int:
    """Whole years of age on a day."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def birthday(born_on: date, age: int) -> date:
    """The day on which somebody is this old; 1 March for a 29 February that the year does not have."""
    try:
        return born_on.replace(year=born_on.year + age)
    except ValueError:
        return date(born_on.year + age, 3, 1)
