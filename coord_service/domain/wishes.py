"""Which times somebody likes, takes if need be, or would rather not have: they order the times on offer, no more.

A family is asked first (DOMAIN §5), and what it wants weighs most.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from coord_service.domain.diaries import WorkingHours
from coord_service.errors import Refused

MOST_SPANS = 5


class WishKind(StrEnum):
    """How somebody likes a time."""

    GOOD = "good"
    IF_NEED_BE = "if_need_be"
    NOT = "not"


WISH_NAMES = {WishKind.GOOD: "Good", WishKind.IF_NEED_BE: "Only if need be", WishKind.NOT: "Rather not"}

# A time that the family does not want costs nearly what a required person's maybe does; one that is merely not among
# the good ones costs little. What anybody else would like costs a third of it.
WISH_COSTS = {WishKind.GOOD: 600, WishKind.IF_NEED_BE: 900, WishKind.NOT: 2_700}
OTHERS_SHARE = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """Hours of the week that somebody likes, takes if need be, or does not want.

    ``name`` is what the reasons call them, ``who`` the id of their diary: where they can't come, it counts for nothing.
    """

    name: str
    kind: WishKind
    hours: tuple[WorkingHours, ...]
    who: str = ""
    is_family: bool = True

    @property
    def cost(self) -> int:
        """What a time against it loses."""
        return WISH_COSTS[self.kind] // (1 if self.is_family else OTHERS_SHARE)


@dataclass(frozen=True, slots=True)
class WishedTimes:
    """Days of the week (Monday is 0) and hours of them, minutes after midnight; no hours are the whole day."""

    kind: WishKind
    weekdays: frozenset[int] = frozenset(range(7))
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def hours(self) -> tuple[WorkingHours, ...]:
        """The same as hours of the week."""
        return tuple(WorkingHours(self.weekdays, since, until) for since, until in self.spans or ((0, 1440),))


def check_wishes(wishes: Iterable[WishedTimes]) -> None:
    """Refuse wishes that say nothing or contradict themselves. Raises Refused."""
    seen: set[WishKind] = set()
    for each in wishes:
        if each.kind in seen or not each.weekdays or len(each.spans) > MOST_SPANS:
            raise Refused(f"Each kind of time is said once, on at least one day, in at most {MOST_SPANS} stretches.")
        if any(not 0 <= since < until <= 1440 for since, until in each.spans):
            raise Refused("Each stretch of a day must end after it begins.")
        seen.add(each.kind)


def as_data(wishes: Iterable[WishedTimes]) -> list[dict[str, Any]]:
    """Wishes as they are kept."""
    return [
        {"kind": each.kind.value, "weekdays": sorted(each.weekdays), "spans": [list(span) for span in each.spans]}
        for each in wishes
    ]


def from_data(data: Iterable[Mapping[str, Any]]) -> Iterator[WishedTimes]:
    """The wishes that :func:`as_data` kept."""
    for each in data:
        spans = tuple((since, until) for since, until in each["spans"])
        yield WishedTimes(WishKind(each["kind"]), frozenset(each["weekdays"]), spans)
