"""Find a time: every start a meeting could have, best first, each with sentences that say why.

Nothing is guessed: somebody whose diary can't be read is "unknown" wherever nothing else rules them out, never free
and never busy.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache, partial
from itertools import islice
from typing import NamedTuple

from coord_service.domain.day_load import Strain
from coord_service.domain.diaries import BlockStatus, Diary, Span, join, open_spans
from coord_service.domain.reasons import People, say_limit
from coord_service.domain.standings import (
    FULL_MARKS,
    MOST_DAYS_COUNTED,
    RULED_OUT,
    Quorum,
    Standing,
    Team,
)
from coord_service.domain.steps import Steps
from coord_service.domain.wishes import Wish, WishKind
from coord_service.errors import Refused


@dataclass(frozen=True, slots=True)
class SlotSearch:
    """What to look for. Starts are ``window_start_at`` plus whole steps; ``zone`` is where working hours are read.

    A slot lies within the window, starts at ``earliest_at`` or later and ends by ``latest_at``. ``limit`` is how many
    slots are wanted, 0 for all. ``limit_on`` is a last lawful day, for the reasons alone: pass ``latest_at`` to rule
    later times out. With ``rooms`` at least one of them must be free. ``wishes`` and ``strains`` only cost,
    and so does somebody who works elsewhere where that is weighed. Raises Refused where this makes no search.
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
    rooms: tuple[Diary, ...] = ()
    wishes: tuple[Wish, ...] = ()
    strains: tuple[Strain, ...] = ()
    weighs_elsewhere: bool = False

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
    def burdens(self) -> tuple[Wish | Strain, ...]:
        """Everything that only costs, in the order of its bits."""
        return (*self.wishes, *self.strains)

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
    """A time for the meeting, in UTC; each attendee's id stands in exactly one of the four lists.

    ``rooms``: the ids of those that are free then.
    """

    start_at: datetime
    end_at: datetime
    score: int
    free: tuple[str, ...]
    tentative: tuple[str, ...]
    absent: tuple[str, ...]
    unknown: tuple[str, ...]
    reasons: tuple[str, ...]
    rooms: tuple[str, ...] = ()


Touched = Sequence[Mapping[BlockStatus, list[Span]]]


def touch(search: SlotSearch) -> Touched:
    """For each diary and status the steps that its blocks touch: the dear part of a search, for who asks more of it."""
    steps = search.steps
    return [steps.touching(diary.busy, diary.travel) for diary in search.diaries]


def rank(search: SlotSearch, touched: Touched | None = None) -> list[Slot]:
    """The slots where no required person is absent and every quorum holds, by falling score, then by start.

    A required person whose diary is unknown does not rule a slot out, but costs it most. ``touched``: what
    :func:`touch` says of the search, where it is known already.
    """
    steps = search.steps
    if steps.first == steps.end:
        return []
    people = cache(partial(People.at, search.diaries, search.burdens, search.zone))
    best = (
        (piece, step)
        for piece in _pieces(search, steps, touched or touch(search))
        for step in range(piece.first, piece.end)
    )
    return [
        _slot(search, steps.at(step), piece, people(piece.standing))
        for piece, step in islice(best, search.limit or None)
    ]


class _Piece(NamedTuple):
    """Successive starts of one score. Pieces sort in the order in which their slots are listed."""

    cost: int
    first: int
    end: int
    standing: Standing


def _pieces(search: SlotSearch, steps: Steps, touched: Touched) -> list[_Piece]:
    """The steps at which people can meet, in pieces, the best first; cut where the score changes with the day."""
    pieces, judge = [], cache(Team.of(search.diaries, search.quorums, len(search.rooms), search.burdens).judge)
    for first, end, marks in steps.stretches(_lists(search, steps, touched)):
        if marks & RULED_OUT or (judged := judge(marks)) is None:
            continue
        standing, cost = judged
        for day, since, until in steps.days(first, end):
            pieces.append(_Piece(cost + min(day, MOST_DAYS_COUNTED), since, until, standing))
    return sorted(pieces)


def _lists(search: SlotSearch, steps: Steps, touched: Touched) -> list[list[Span]]:
    """The lists of steps that :meth:`Team.judge` tells apart by their bits."""
    # Most people of a team keep the same hours, so each pattern is looked up once.
    outside_hours = cache(lambda hours: steps.outside(open_spans(hours, search.zone, steps.span)) if hours else [])
    ruled_out: list[Span] = []
    absent: list[list[Span]] = []
    tentative: list[list[Span]] = []
    elsewhere: list[list[Span]] = []
    for diary, found in zip(search.diaries, touched, strict=True):
        away = [*found[BlockStatus.BUSY], *found[BlockStatus.OOF], *outside_hours(diary.working_hours)]
        tentative.append(join(found[BlockStatus.TENTATIVE]))
        elsewhere.append(join(found[BlockStatus.ELSEWHERE]) if search.weighs_elsewhere else [])
        if diary.is_required:
            ruled_out += away
        absent.append([] if diary.is_required else join(away))
    return [join(ruled_out), *absent, *tentative, *elsewhere, *taken(search, steps), *burdened(search, steps)]


def taken(search: SlotSearch, steps: Steps) -> Iterator[list[Span]]:
    """The steps at which each room is not free, whatever the status of its blocks."""
    for room in search.rooms:
        touched = steps.touching(room.busy, room.travel)
        yield join(span for spans in touched.values() for span in spans)


def burdened(search: SlotSearch, steps: Steps) -> Iterator[list[Span]]:
    """The steps that each wish is against, outside what is good or touching what is not; and those of each strain."""
    for wish in search.wishes:
        spans = open_spans(wish.hours, search.zone, steps.span)
        yield steps.outside(spans) if wish.kind is WishKind.GOOD else steps.overlapping(spans)
    for strain in search.strains:
        yield steps.overlapping(strain.spans)


def _slot(search: SlotSearch, start_at: datetime, piece: _Piece, people: People) -> Slot:
    end_at = start_at + search.duration
    reasons = (*people.reasons, *say_limit(search.limit_on, end_at, search.zone))
    rooms = tuple(room.id for bit, room in enumerate(search.rooms) if not piece.standing.taken >> bit & 1)
    score = FULL_MARKS - piece.cost
    return Slot(start_at, end_at, score, people.free, people.tentative, people.absent, people.unknown, reasons, rooms)
