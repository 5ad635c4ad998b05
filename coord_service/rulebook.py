"""The rules that are data: bank holidays, statutory clocks, chase ladders."""

from dataclasses import dataclass

import holidays

from coord_service.domain.working_days import WorkingDays

FIRST_YEAR, LAST_YEAR = 2014, 2045


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything the rules are given."""

    working_days: WorkingDays


def load_rulebook() -> Rulebook:
    """Read it all, once, at start-up."""
    england = holidays.country_holidays("GB", subdiv="ENG", years=range(FIRST_YEAR, LAST_YEAR))
    return Rulebook(working_days=WorkingDays(frozenset(england)))
