"""Who stands where at a slot, whether they can meet so, and what it costs: on bits, since a search asks it often."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from coord_service.domain.diaries import Diary

# What people take off full marks. The same thing about a required person always weighs more, and whole days after the
# window's start weigh one each, so that an earlier day decides only between slots equally good for the people.
FULL_MARKS = 10_000
REQUIRED_UNKNOWN = 5_000
REQUIRED_TENTATIVE = 3_000
OPTIONAL_ABSENT = 2_500
OPTIONAL_UNKNOWN = 1_500
OPTIONAL_TENTATIVE = 1_000
REQUIRED_ELSEWHERE = 550
OPTIONAL_ELSEWHERE = 500
MOST_DAYS_COUNTED = 499

RULED_OUT = 1  # the bit of the steps that somebody required rules out


@dataclass(frozen=True, slots=True)
class Quorum:
    """At least so many of these attendees must be able to come, tentative ones counted. ``words`` say whom it wants."""

    any_of: frozenset[str]
    at_least: int = 1
    words: str = ""


class Burden(Protocol):
    """What a time costs because of somebody, wherever they can come: a wish, or a strain."""

    @property
    def who(self) -> str:
        """The id of their diary."""

    @property
    def cost(self) -> int:
        """What it takes off full marks."""


class Standing(NamedTuple):
    """Bit n is the n-th diary, set in exactly one of the first four; those elsewhere are free as well.

    ``taken``: the n-th room is not free. ``burdens``: the n-th holds: a wish is against it, a strain on it.
    """

    absent: int
    unknown: int
    tentative: int
    free: int
    elsewhere: int
    taken: int
    burdens: int


@dataclass(frozen=True, slots=True)
class Team:
    """The attendees as bits, and what the meeting needs of them, of rooms and of times."""

    count: int
    everybody: int
    required: int
    unknown: int
    quorums: tuple[tuple[int, int], ...]
    rooms: int
    burdens: tuple[tuple[int, int], ...]
    needs_room: bool = True

    @classmethod
    def of(
        cls, diaries: Sequence[Diary], quorums: Iterable[Quorum], room_count: int, burdens: Iterable[Burden]
    ) -> "Team":
        """The bits of these people."""
        return cls(
            count=len(diaries),
            everybody=bits(True for _ in diaries),
            required=bits(diary.is_required for diary in diaries),
            unknown=bits(diary.is_unknown for diary in diaries),
            quorums=tuple((bits(diary.id in q.any_of for diary in diaries), q.at_least) for q in quorums),
            rooms=room_count,
            burdens=tuple((bits(diary.id == each.who for diary in diaries), each.cost) for each in burdens),
        )

    def judge(self, marks: int) -> tuple[Standing, int] | None:
        """Who stands where and what it costs; None where a quorum fails or every room is taken.

        ``marks`` are, from the lowest bit: ruled out; who is absent, tentative, elsewhere; which rooms are taken; which
        burdens there are.
        """
        standing = self._standing(marks >> 1)
        coming = standing.free | standing.tentative
        if any((coming & people).bit_count() < at_least for people, at_least in self.quorums):
            return None
        if self.rooms and self.needs_room and standing.taken.bit_count() == self.rooms:
            return None
        return standing, self._cost(standing)

    def _standing(self, marks: int) -> Standing:
        """The first that fits of absent, unknown, tentative, free."""
        absent = marks & self.everybody
        unknown = self.unknown & ~absent
        tentative = marks >> self.count & self.everybody & ~(absent | unknown)
        free = self.everybody & ~(absent | unknown | tentative)
        elsewhere = marks >> 2 * self.count & free
        rest = marks >> 3 * self.count
        return Standing(absent, unknown, tentative, free, elsewhere, rest & ((1 << self.rooms) - 1), rest >> self.rooms)

    def _cost(self, standing: Standing) -> int:
        """What the people and the time take off full marks."""
        required, optional = self.required, ~self.required
        return (
            REQUIRED_UNKNOWN * (standing.unknown & required).bit_count()
            + REQUIRED_TENTATIVE * (standing.tentative & required).bit_count()
            + OPTIONAL_ABSENT * (standing.absent & optional).bit_count()
            + OPTIONAL_UNKNOWN * (standing.unknown & optional).bit_count()
            + OPTIONAL_TENTATIVE * (standing.tentative & optional).bit_count()
            + REQUIRED_ELSEWHERE * (standing.elsewhere & required).bit_count()
            + OPTIONAL_ELSEWHERE * (standing.elsewhere & optional).bit_count()
            + sum(
                cost
                for bit, (whose, cost) in enumerate(self.burdens)
                if standing.burdens >> bit & 1 and not whose & standing.absent
            )
        )


def bits(values: Iterable[bool]) -> int:
    """Bit n is the n-th value."""
    return sum(1 << bit for bit, value in enumerate(values) if value)
