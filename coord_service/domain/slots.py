"""Find a time: every start a meeting could have, best first, each with sentences that say why.

Nothing is guessed: somebody whose diary can't be read is "unknown" wherever nothing else rules them out, never free
and never busy.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from itertools import islice
from typing import NamedTuple

from coord_service.domain.diaries import (
    BlockStatus,
    Diary,
    Span,
    join,
    open_spans,
)
from coord_service.domain.steps import Steps
from coord_service.domain.wall_time import say_clock
from coord_service.errors import Refused

# What people take off full marks. The same thing about a required person always weighs more, and whole days after the
# window's start weigh one each, so that an earlier day decides only between slots equally good for the people.
FULL_MARKS = 10_000
REQUIRED_UNKNOWN = 5_000
REQUIRED_TENTATIVE = 3_000
OPTIONAL_ABSENT = 2_500
OPTIONAL_UNKNOWN = 1_500
OPTIONAL_TENTATIVE = 1_000
MOST_DAYS_COUNTED = 499


@dataclass(frozen=True, slots=True)
class Quorum:
    """At least so many of these attendees must be able to come, tentative ones counted."""

    any_of: frozenset[str]
    at_least: int = 1


@dataclass(frozen=True, slots=True)
class SlotSearch:
    """What to look for. Starts are ``window_start_at`` plus whole steps; ``zone`` is where working hours are read.

    A slot lies within the window, starts at ``earliest_at`` or later and ends by ``latest_at``. ``limit`` is how many
    slots are wanted, 0 for all. ``limit_on`` is a last lawful day, for the reasons alone: pass ``latest_at`` to rule
    later times out. Raises Refused where this makes no search.
    """

    window_start_at: datetime
    window_end_at: datetime
    duration: timedelta
    step: timedelta
    zone: tzinfo
    diaries: tuple[Diary, ...]
    quorums: tuple[Quorum, ...] = ()
    earliest_at: datetime | None = None
    latest_at: datetime | None = None
    limit: int = 20
    limit_on: date | None = None

    def __post_init__(self) -> None:
        ids = [diary.id for diary in self.diaries]
        if self.window_end_at < self.window_start_at:
            raise Refused("the window ends before it starts")
        if self.duration <= timedelta() or self.step <= timedelta():
            raise Refused("a meeting, and the step from one start to the next, must be longer than nothing")
        if self.limit < 0:
            raise Refused("limit can't be below 0")
        if len(set(ids)) != len(ids):
            raise Refused("an attendee is listed twice")
        if any(not quorum.any_of <= set(ids) for quorum in self.quorums):
            raise Refused("a quorum names somebody who is not an attendee")

    @property
    def steps(self) -> Steps:
        """The starts that are possible at all."""
        origin_at, length = self.window_start_at.astimezone(UTC), self.step
        opens_at = max(origin_at, self.earliest_at or origin_at)
        closes_at = min(self.window_end_at, self.latest_at or self.window_end_at)
        first = -((origin_at - opens_at) // length)
        end = (closes_at - self.duration - origin_at) // length + 1
        return Steps(origin_at, length, self.duration, first, max(first, end))


@dataclass(frozen=True, slots=True)
class Slot:
    """A time for the meeting, in UTC; each attendee's id stands in exactly one of the four lists."""

    start_at: datetime
    end_at: datetime
    score: int
    free: tuple[str, ...]
    tentative: tuple[str, ...]
    absent: tuple[str, ...]
    unknown: tuple[str, ...]
    reasons: tuple[str, ...]


def rank(search: SlotSearch) -> list[Slot]:
    """The slots where no required person is absent and every quorum holds, by falling score, then by start.

    A required person whose diary is unknown does not rule a slot out, but costs it most.
    """
    steps = search.steps
    if steps.first == steps.end:
        return []
    people = cache(lambda standing: _People.at(search, standing))
    best = ((piece, step) for piece in _pieces(search, steps) for step in range(piece.first, piece.end))
    return [
        _slot(search, steps.at(step), FULL_MARKS - piece.cost, people(piece.standing))
        for piece, step in islice(best, search.limit or None)
    ]


class _Standing(NamedTuple):
    """Who stands where at a slot: bit n is the n-th diary, set in exactly one of the four."""

    absent: int
    unknown: int
    tentative: int
    free: int


class _Piece(NamedTuple):
    """Successive starts of one score. Pieces sort in the order in which their slots are listed."""

    cost: int
    first: int
    end: int
    standing: _Standing


def _pieces(search: SlotSearch, steps: Steps) -> list[_Piece]:
    """The steps at which people can meet, in pieces, the best first; cut where the score changes with the day."""
    pieces, judge = [], cache(_Team.of(search).judge)
    for first, end, marks in steps.stretches(_lists(search, steps)):
        if marks & RULED_OUT or (judged := judge(marks)) is None:
            continue
        standing, cost = judged
        for day, since, until in steps.days(first, end):
            pieces.append(_Piece(cost + min(day, MOST_DAYS_COUNTED), since, until, standing))
    return sorted(pieces)


def _lists(search: SlotSearch, steps: Steps) -> list[list[Span]]:
    """The steps that somebody required rules out; then for each diary those where it is absent, and tentative."""
    # Most people of a team keep the same hours, so each pattern is looked up once.
    outside_hours = cache(lambda hours: steps.outside(open_spans(hours, search.zone, steps.span)) if hours else [])
    ruled_out: list[Span] = []
    absent: list[list[Span]] = []
    tentative: list[list[Span]] = []
    for diary in search.diaries:
        touched = steps.touching(diary.busy, diary.travel)
        away = [*touched[BlockStatus.BUSY], *touched[BlockStatus.OOF], *outside_hours(diary.working_hours)]
        tentative.append(join(touched[BlockStatus.TENTATIVE]))
        if diary.is_required:
            ruled_out += away
        absent.append([] if diary.is_required else join(away))
    return [join(ruled_out), *absent, *tentative]


RULED_OUT = 1  # the bit of the first list


@dataclass(frozen=True, slots=True)
class _Team:
    """The attendees as bits, and what the meeting needs of them."""

    count: int
    everybody: int
    required: int
    unknown: int
    quorums: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, search: SlotSearch) -> "_Team":
        diaries = search.diaries
        return cls(
            count=len(diaries),
            everybody=_bits(True for _ in diaries),
            required=_bits(diary.is_required for diary in diaries),
            unknown=_bits(diary.is_unknown for diary in diaries),
            quorums=tuple((_bits(diary.id in q.any_of for diary in diaries), q.at_least) for q in search.quorums),
        )

    def judge(self, marks: int) -> tuple[_Standing, int] | None:
        """Who stands where and what it costs, at steps that nobody required rules out; None where a quorum fails."""
        standing = self._standing(marks >> 1)
        coming = standing.free | standing.tentative
        if any((coming & people).bit_count() < at_least for people, at_least in self.quorums):
            return None
        return standing, self._cost(standing)

    def _standing(self, marks: int) -> _Standing:
        """The first that fits of absent, unknown, tentative, free."""
        absent = marks & self.everybody
        unknown = self.unknown & ~absent
        tentative = marks >> self.count & ~(absent | unknown)
        return _Standing(absent, unknown, tentative, self.everybody & ~(absent | unknown | tentative))

    def _cost(self, standing: _Standing) -> int:
        """What the people take off full marks."""
        required, optional = self.required, ~self.required
        return (
            REQUIRED_UNKNOWN * (standing.unknown & required).bit_count()
            + REQUIRED_TENTATIVE * (standing.tentative & required).bit_count()
            + OPTIONAL_ABSENT * (standing.absent & optional).bit_count()
            + OPTIONAL_UNKNOWN * (standing.unknown & optional).bit_count()
            + OPTIONAL_TENTATIVE * (standing.tentative & optional).bit_count()
        )


class _People(NamedTuple):
    """A standing as slots show it: ids, and the sentences that are about people."""

    free: tuple[str, ...]
    tentative: tuple[str, ...]
    absent: tuple[str, ...]
    unknown: tuple[str, ...]
    reasons: tuple[str, ...]

    @classmethod
    def at(cls, search: SlotSearch, standing: _Standing) -> "_People":
        free, tentative, absent, unknown = (
            [diary for bit, diary in enumerate(search.diaries) if bits >> bit & 1]
            for bits in (standing.free, standing.tentative, standing.absent, standing.unknown)
        )
        reasons = (
            *_who_is_free(search.diaries, free),
            *(f"{_name(diary)} tentative" for diary in tentative),
            *(f"{_name(diary)} not known{_since(diary, search.zone)}" for diary in unknown),
            *(f"{_name(diary)} would miss it" for diary in absent),
        )
        return cls(_ids(free), _ids(tentative), _ids(absent), _ids(unknown), reasons)


def _since(diary: Diary, zone: tzinfo) -> str:
    if diary.known_at is None:
        return ""
    local = diary.known_at.astimezone(zone)
    return f" since {say_clock(local.time())} on {local.day} {local:%B}"


def _who_is_free(diaries: Sequence[Diary], free: Sequence[Diary]) -> Iterator[str]:
    required = sum(diary.is_required for diary in diaries)
    required_free = sum(diary.is_required for diary in free)
    if len(free) == len(diaries):
        yield "Everyone free"
    elif required and required_free == required:
        yield "All required people free"
    elif required:
        yield f"{required_free} of {required} required people free"


def _slot(search: SlotSearch, start_at: datetime, score: int, people: _People) -> Slot:
    end_at = start_at + search.duration
    reasons = (*people.reasons, *_about_limit(search, end_at))
    return Slot(start_at, end_at, score, people.free, people.tentative, people.absent, people.unknown, reasons)


def _about_limit(search: SlotSearch, end_at: datetime) -> Iterator[str]:
    if search.limit_on is None:
        return
    days = (search.limit_on - end_at.astimezone(search.zone).date()).days
    counted = "1 day" if abs(days) == 1 else f"{abs(days)} days"
    if days:
        yield f"{counted} {'before' if days > 0 else 'after'} the limit"
    else:
        yield "On the last day of the limit"


def _bits(values: Iterable[bool]) -> int:
    return sum(1 << bit for bit, value in enumerate(values) if value)


def _ids(diaries: Iterable[Diary]) -> tuple[str, ...]:
    return tuple(diary.id for diary in diaries)


def _name(diary: Diary) -> str:
    return diary.name or diary.id
