"""What a council sets for finding a time; until it sets anything, what the service came with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coord_service.domain.day_load import DayLoad
from coord_service.errors import Refused

MOST_MEETINGS, LONGEST_PAUSE = 20, 120


@dataclass(frozen=True, slots=True)
class FindingRules:
    """What a day can take of anybody who has said nothing else."""

    load: DayLoad = field(default_factory=DayLoad)

    @property
    def said(self) -> list[str]:
        """The rules in words."""
        most = self.load.most_meetings
        counted = "any number of meetings" if most is None else f"at most {most} meeting{'s' if most != 1 else ''}"
        return [f"{counted} a day", f"{self.load.minutes_between} minutes between two"]


def check_load(most_meetings: int | None, minutes_between: int | None) -> None:
    """Refuse what nobody can mean. Raises Refused."""
    if most_meetings is not None and not 1 <= most_meetings <= MOST_MEETINGS:
        raise Refused(f"Enter from 1 to {MOST_MEETINGS} meetings a day.")
    if minutes_between is not None and not 0 <= minutes_between <= LONGEST_PAUSE:
        raise Refused(f"Enter from 0 to {LONGEST_PAUSE} minutes between two meetings.")


def as_data(rules: FindingRules) -> dict[str, Any]:
    """Rules as they are kept."""
    return {"most_meetings": rules.load.most_meetings, "minutes_between": rules.load.minutes_between}


def from_data(data: Mapping[str, Any] | None) -> FindingRules:
    """The rules that :func:`as_data` kept; those that came with the service for None."""
    if data is None:
        return FindingRules()
    return FindingRules(DayLoad(data["most_meetings"], data["minutes_between"]))
