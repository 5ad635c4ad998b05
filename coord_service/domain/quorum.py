"""Quorum: who must be at a meeting for it to count. A set of rules per purpose, never a head count alone (DOMAIN §5).

A council can change the rules; :data:`DEFAULT_QUORUM` is what it starts with. Whom the law wants invited to a review
(reg 20(2)) is no quorum: ``bookings.REVIEW_INVITEES`` stays whatever a council says here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from coord_service.domain.meetings import Purpose
from coord_service.domain.people import Sector
from coord_service.errors import Refused

MOST_RULES = 6
MOST_PEOPLE = 20


class AtTable(Protocol):
    """Somebody as a rule sees them."""

    @property
    def sector(self) -> Sector:
        """The part of the world they stand in."""

    @property
    def role(self) -> str:
        """Their role in the team, in words."""

    @property
    def is_convenor(self) -> bool:
        """Whether they convene the meeting: the lead worker, mostly."""

    @property
    def is_lead_worker(self) -> bool:
        """Whether they are the lead worker of a child that the meeting is about, whoever convenes it."""


@dataclass(frozen=True, slots=True)
class QuorumRule:
    """At least ``at_least`` people who are of one of the sectors, have one of the roles, or convene the meeting.

    The child's lead worker can count too, whoever convenes.
    A role is met by any that has its words in it, in any case: “therapist” by “Speech and language therapist”.
    ``words`` say the rule to a lead worker.
    """

    sectors: frozenset[Sector]
    at_least: int
    words: str
    roles: tuple[str, ...] = ()
    counts_convenor: bool = False
    counts_lead_worker: bool = False

    @property
    def said(self) -> str:
        """The rule in words, with its number where that is more than one."""
        return self.words if self.at_least == 1 else f"{self.words} (at least {self.at_least})"

    @property
    def names_somebody(self) -> bool:
        """Whether anybody at all could meet it."""
        return bool(self.sectors or self.roles or self.counts_convenor or self.counts_lead_worker)

    def counts(self, somebody: AtTable) -> bool:
        """Whether this person helps to meet the rule."""
        role = somebody.role.casefold()
        return (
            somebody.sector in self.sectors
            or any(each.casefold() in role for each in self.roles)
            or (self.counts_convenor and somebody.is_convenor)
            or (self.counts_lead_worker and somebody.is_lead_worker)
        )

    def is_met_by(self, people: Iterable[AtTable]) -> bool:
        """Whether these are enough."""
        return sum(map(self.counts, people)) >= self.at_least


_PROFESSIONALS = frozenset({Sector.EDUCATION, Sector.HEALTH, Sector.SOCIAL_CARE, Sector.VOLUNTARY})
_FAMILY = frozenset({Sector.FAMILY})

DEFAULT_QUORUM: Mapping[Purpose, tuple[QuorumRule, ...]] = {
    Purpose.TAC: (
        QuorumRule(_FAMILY, 1, "somebody of the family"),
        QuorumRule(_PROFESSIONALS, 1, "at least one professional"),
    ),
    Purpose.REVIEW: (
        QuorumRule(_FAMILY, 1, "a parent or the young person"),
        QuorumRule(frozenset({Sector.EDUCATION}), 1, "the school, college or early years provider"),
    ),
    Purpose.HOME_VISIT: (QuorumRule(_FAMILY, 1, "somebody of the family"),),
    Purpose.OTHER: (),
}


def unmet(rules: Iterable[QuorumRule], people: Iterable[AtTable]) -> list[str]:
    """What these people lack for the rules, in words; an empty list means that they are enough."""
    table = list(people)
    return [rule.said for rule in rules if not rule.is_met_by(table)]


def check_rules(rules: Sequence[QuorumRule]) -> None:
    """Refuse rules that nobody could meet, or that say nothing. Raises Refused."""
    if len(rules) > MOST_RULES:
        raise Refused(f"A meeting has at most {MOST_RULES} rules of quorum.")
    for rule in rules:
        if not rule.names_somebody:
            raise Refused("A rule must say who counts for it.")
        if not 1 <= rule.at_least <= MOST_PEOPLE or not rule.words:
            raise Refused(f"A rule needs words, and from 1 to {MOST_PEOPLE} people.")


def as_data(rules: Iterable[QuorumRule]) -> list[dict[str, Any]]:
    """Rules as they are kept."""
    return [
        {
            "at_least": rule.at_least,
            "sectors": [sector.value for sector in Sector if sector in rule.sectors],
            "roles": list(rule.roles),
            "convenor": rule.counts_convenor,
            "lead_worker": rule.counts_lead_worker,
            "words": rule.words,
        }
        for rule in rules
    ]


def from_data(data: Iterable[Mapping[str, Any]]) -> tuple[QuorumRule, ...]:
    """The rules that :func:`as_data` kept."""
    return tuple(
        QuorumRule(
            sectors=frozenset(map(Sector, each["sectors"])),
            at_least=each["at_least"],
            words=each["words"],
            roles=tuple(each["roles"]),
            counts_convenor=each["convenor"],
            counts_lead_worker=each.get("lead_worker", False),  # rules that were set before there was any have none
        )
        for each in data
    )
