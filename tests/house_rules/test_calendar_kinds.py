"""A kind of calendar is a line in the registry, a case of the contract, and a row in README and guide: all or none."""

import re
from importlib import import_module

from coord_service.ports import Ability
from integrations.registry import LINES, Registry
from tests.contracts.calendars.cases import CASES
from tests.house_rules.tracked import ROOT

KINDS = {line.kind.kind for line in LINES}


def rows_under_calendars(page: str) -> set[str]:
    """The kinds in the table under the heading "Calendars"."""
    section = (ROOT / page).read_text().split("\n## Calendars\n")[1].split("\n## ")[0]
    return set(re.findall(r"(?m)^\| `(\w+)` \|", section))


def test_every_kind_is_held_to_the_contract():
    assert set(CASES) == KINDS


def test_every_kind_has_a_row_in_the_readme():
    assert rows_under_calendars("README.md") == KINDS


def test_every_kind_has_a_row_in_the_guide_for_council_it():
    assert rows_under_calendars("docs/guide/it.md") == KINDS


def test_every_factory_is_there():
    for line in LINES:
        module, function = line.factory.split(":")
        assert callable(getattr(import_module(module), function)), line.factory


def test_no_two_lines_are_of_one_kind():
    assert len(KINDS) == len(LINES)


def test_every_kind_reads_busy_times_and_whoever_follows_also_writes():
    for line in LINES:
        assert Ability.READ_BUSY in line.kind.abilities
        assert Ability.FOLLOW not in line.kind.abilities or Ability.WRITE in line.kind.abilities


def test_the_demos_calendars_are_offered_in_the_demo_alone():
    assert "memory" not in {kind.kind for kind in Registry().all()}
    assert "memory" in {kind.kind for kind in Registry(is_demo=True).all()}
