"""What a council sets for finding a time; until it sets anything, what the service came with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coord_service.domain.day_load import DayLoad
from coord_service.domain.lawful import say_notice
from coord_service.domain.meetings import PURPOSE_NAMES, Purpose
from coord_service.errors import Refused

MOST_MEETINGS, LONGEST_PAUSE, LONGEST_NOTICE = 20, 120, 60
NOTICED = (Purpose.TAC, Purpose.HOME_VISIT, Purpose.OTHER)


@dataclass(frozen=True, slots=True)
class FindingRules:
    """What a day can take of anybody who has said nothing else, and the days of notice that meetings are given.

    A review has no notice here: the law's holds (reg 20(3)), whatever a council says.
    """

    load: DayLoad = field(default_factory=DayLoad)
    notice: Mapping[Purpose, int] = field(default_factory=dict)

    def notice_of(self, purpose: Purpose) -> int:
        """The days of notice that this council gives; 0 where it has no rule, and for a review."""
        return 0 if purpose is Purpose.REVIEW else self.notice.get(purpose, 0)

    @property
    def said(self) -> list[str]:
        """The rules in words."""
        most = self.load.most_meetings
        counted = "any number of meetings" if most is None else f"at most {most} meeting{'s' if most != 1 else ''}"
        notices = [
            f"{say_notice(days)} of: {PURPOSE_NAMES[purpose]}"
            for purpose in NOTICED
            if (days := self.notice_of(purpose))
        ]
        return [f"{counted} a day", f"{self.load.minutes_between} minutes between two", *notices]


def check_load(most_meetings: int | None, minutes_between: int | None) -> None:
    """Refuse what nobody can mean. Raises Refused."""
    if most_meetings is not None and not 1 <= most_meetings <= MOST_MEETINGS:
        raise Refused(f"Enter from 1 to {MOST_MEETINGS} meetings a day.")
    if minutes_between is not None and not 0 <= minutes_between <= LONGEST_PAUSE:
        raise Refused(f"Enter from 0 to {LONGEST_PAUSE} minutes between two meetings.")


def check_notice(notice: Mapping[Purpose, int]) -> None:
    """Refuse notice for a review, which is the law's, and more than anybody can plan. Raises Refused."""
    if not set(notice) <= set(NOTICED) or not all(0 <= days <= LONGEST_NOTICE for days in notice.values()):
        raise Refused(f"Enter from 0 to {LONGEST_NOTICE} days of notice. A review has the law’s.")


def as_data(rules: FindingRules) -> dict[str, Any]:
    """Rules as they are kept."""
    notice = {purpose.value: days for purpose, days in rules.notice.items() if days}
    return {"most_meetings": rules.load.most_meetings, "minutes_between": rules.load.minutes_between, "notice": notice}


def from_data(data: Mapping[str, Any] | None) -> FindingRules:
    """The rules that :func:`as_data` kept; those that came with the service for None."""
    if data is None:
        return FindingRules()
    notice = {Purpose(purpose): days for purpose, days in data.get("notice", {}).items()}  # set before there was any
    return FindingRules(DayLoad(data["most_meetings"], data["minutes_between"]), notice)
