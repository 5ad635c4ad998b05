"""Quorum: who counts for a rule, and which rules make sense."""

from dataclasses import dataclass

import pytest

from coord_service.domain.meetings import Purpose
from coord_service.domain.people import Sector
from coord_service.domain.quorum import DEFAULT_QUORUM, MOST_RULES, QuorumRule, as_data, check_rules, from_data, unmet
from coord_service.errors import Refused


@dataclass
class Somebody:
    sector: Sector
    role: str = ""
    is_convenor: bool = False
    is_lead_worker: bool = False


HEALTH = QuorumRule(frozenset({Sector.HEALTH}), 2, "two of health")
THERAPIST = QuorumRule(frozenset(), 1, "a therapist", roles=("Therapist", "designated clinical officer"))
CONVENOR = QuorumRule(frozenset(), 1, "the lead worker", counts_convenor=True)

LEAD_WORKER = QuorumRule(frozenset(), 1, "the child’s lead worker", counts_lead_worker=True)


def test_a_rule_counts_people_of_its_sectors() -> None:
    assert unmet([HEALTH], [Somebody(Sector.HEALTH), Somebody(Sector.FAMILY)]) == ["two of health (at least 2)"]
    assert unmet([HEALTH], [Somebody(Sector.HEALTH), Somebody(Sector.HEALTH)]) == []


@pytest.mark.parametrize("role", ["Speech and language therapist", "THERAPIST", "Designated Clinical Officer"])
def test_a_role_is_met_by_any_that_has_its_words(role: str) -> None:
    assert THERAPIST.counts(Somebody(Sector.EDUCATION, role))
    assert not THERAPIST.counts(Somebody(Sector.EDUCATION, "Head teacher"))


def test_whoever_convenes_counts_where_the_rule_says_so() -> None:
    assert CONVENOR.counts(Somebody(Sector.COUNCIL, is_convenor=True))
    assert not HEALTH.counts(Somebody(Sector.COUNCIL, is_convenor=True))


def test_the_childs_lead_worker_counts_as_a_person_whoever_convenes() -> None:
    assert LEAD_WORKER.counts(Somebody(Sector.COUNCIL, is_lead_worker=True))
    assert not LEAD_WORKER.counts(Somebody(Sector.COUNCIL, is_convenor=True))
    check_rules([LEAD_WORKER])


def test_rules_that_were_kept_before_lead_workers_counted_are_read_still() -> None:
    kept = [{name: value for name, value in each.items() if name != "lead_worker"} for each in as_data([CONVENOR])]
    assert from_data(kept) == (CONVENOR,)


def test_rules_are_kept_and_read_as_they_were() -> None:
    for rules in [*DEFAULT_QUORUM.values(), (HEALTH, THERAPIST, CONVENOR, LEAD_WORKER)]:
        assert from_data(as_data(rules)) == rules


def test_every_purpose_has_rules_that_make_sense() -> None:
    assert set(DEFAULT_QUORUM) == set(Purpose)
    for rules in DEFAULT_QUORUM.values():
        check_rules(rules)


@pytest.mark.parametrize(
    "rules",
    [
        [QuorumRule(frozenset(), 1, "nobody")],
        [QuorumRule(frozenset({Sector.HEALTH}), 0, "none")],
        [QuorumRule(frozenset({Sector.HEALTH}), 21, "too many")],
        [QuorumRule(frozenset({Sector.HEALTH}), 1, "")],
        [HEALTH] * (MOST_RULES + 1),
    ],
)
def test_rules_that_nobody_can_meet_are_refused(rules: list[QuorumRule]) -> None:
    with pytest.raises(Refused):
        check_rules(rules)
