"""Without whom a family can't take part: an interpreter, an advocate. Whoever is one counts as required."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol


class NeededRole(StrEnum):
    """A role that a record asks for, by the word that a role in the team has in it."""

    INTERPRETER = "interpreter"
    ADVOCATE = "advocate"


class AsksForRoles(Protocol):
    """What a child's record says."""

    @property
    def interpreter(self) -> str | None:
        """The language and other needs; empty where there are none."""

    @property
    def needs_advocate(self) -> bool:
        """Whether the child or the young person wants somebody to speak for them."""


def roles_needed(records: Iterable[AsksForRoles]) -> frozenset[NeededRole]:
    """The roles that a meeting about these children wants."""
    table = list(records)
    wanted = {NeededRole.INTERPRETER: any(each.interpreter for each in table)}
    wanted[NeededRole.ADVOCATE] = any(each.needs_advocate for each in table)
    return frozenset(role for role, is_wanted in wanted.items() if is_wanted)


def fills(role: str, needed: Iterable[NeededRole]) -> bool:
    """Whether a role in the team is one of those needed."""
    return any(each.value in role.casefold() for each in needed)


def say_missing(needed: Iterable[NeededRole], roles: Iterable[str]) -> list[str]:
    """A sentence for each role that nobody of these has."""
    present = list(roles)
    return [
        f"The record asks for an {each.value}, and nobody invited is one: add one to the team, or ask whether they are "
        "needed this time."
        for each in NeededRole
        if each in needed and not any(fills(role, [each]) for role in present)
    ]
