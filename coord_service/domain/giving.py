"""What would have to give for a better time: one thing that one person, a room or a quorum stands in the way with.

Nobody is asked to give up leave, to come outside their hours, or to move what takes half a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from coord_service.domain.diaries import DAY, Block, BlockStatus, Diary, Span, join, open_spans
from coord_service.domain.reasons import MOST_NAMED, name_of
from coord_service.domain.slots import Slot, SlotSearch, Touched, burdened, taken, touch
from coord_service.domain.standings import (
    FULL_MARKS,
    MOST_DAYS_COUNTED,
    OPTIONAL_TENTATIVE,
    Standing,
    Team,
)
from coord_service.domain.steps import Steps
from coord_service.domain.wall_time import say_clock

MOVABLE = timedelta(hours=4)  # what takes longer is a course or a day out, and is not moved
WORTH_ASKING = OPTIONAL_TENTATIVE  # what a better time must at least be better by


class GiveKind(IntEnum):
    """What gives, the easiest to ask for first."""

    ASK = 1
    SETTLE = 2
    ROOM = 3
    MOVE = 4
    QUORUM = 5


class Give(NamedTuple):
    """Successive steps at which one thing stands in the way, what it is, and what people would then cost.

    ``which``: the bit of the person, or the number of the quorum.
    """

    cost: int
    kind: GiveKind
    which: int
    first: int
    end: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class Gives:
    """Everything that could give in a search, the best first."""

    search: SlotSearch
    gives: tuple[Give, ...]

    def better_than(self, slot: Slot) -> str:
        """What would have to give for a better time than this, in a sentence; empty where nothing would be worth it."""
        most = _loses(self.search, slot) - WORTH_ASKING
        if not self.gives or self.gives[0].cost > most:
            return ""
        here = (slot.start_at - self.search.steps.origin_at) // self.search.step
        best = self.gives[0]
        equal = (each for each in self.gives if (each.cost, each.kind) == (best.cost, best.kind))
        nearest = min(equal, key=lambda each: abs(_nearest(each, here) - here))
        return self._say(nearest, _nearest(nearest, here), slot.start_at)

    def best(self, count: int) -> list[str]:
        """The sentences for the most helpful, each about something else."""
        seen: dict[tuple[GiveKind, int], Give] = {}
        for each in self.gives:
            seen.setdefault((each.kind, each.which), each)
        return [self._say(each, each.first, None) for each in list(seen.values())[:count]]

    def _say(self, give: Give, step: int, here: datetime | None) -> str:
        start_at = self.search.steps.at(step)
        when = "then" if start_at == here else f"on {_say_when(start_at, self.search.zone)}"
        coming = _say_coming(self.search.diaries, give.standing)
        hedge = ", as far as we can see" if _is_unsure(self.search.diaries, give.standing) else ""
        return f"If {_say_give(self.search, give, start_at)}, {coming} could come {when}{hedge}"


def say_better(search: SlotSearch, slots: Sequence[Slot], touched: Touched) -> list[str]:
    """For each of these slots what :meth:`Gives.better_than` says; quick where none of them could be much better."""
    if all(_loses(search, slot) < WORTH_ASKING for slot in slots):
        return ["" for _ in slots]
    gives = find_gives(search, touched)
    return [gives.better_than(slot) for slot in slots]


def find_gives(search: SlotSearch, touched: Touched | None = None) -> Gives:
    """What could give for a time that nothing else stands against; ``touched`` as in ``rank``."""
    steps = search.steps
    if steps.first == steps.end:
        return Gives(search, ())
    giver = cache(_Giver(search).find)
    found = (
        Give(cost, kind, which, first, end, standing)
        for first, end, marks in steps.stretches(_lists(search, steps, touched or touch(search)))
        if (given := giver(marks)) is not None
        for kind, which, standing, cost in [given]
    )
    return Gives(search, tuple(sorted(found)))


def _lists(search: SlotSearch, steps: Steps, known: Touched) -> list[list[Span]]:
    """The steps of each person's fixed absence and of what they could move; the rest as ``Team.judge`` wants it."""
    outside = cache(lambda hours: steps.outside(open_spans(hours, search.zone, steps.span)) if hours else [])
    fixed, movable, tentative, elsewhere = [], [], [], []
    for diary, as_known in zip(search.diaries, known, strict=True):
        has_long = any(map(_is_long, diary.busy))
        touched = steps.touching(map(_weigh, diary.busy), diary.travel) if has_long else as_known
        fixed.append(join([*touched[BlockStatus.OOF], *outside(diary.working_hours)]))
        movable.append(join(touched[BlockStatus.BUSY]))
        tentative.append(join(touched[BlockStatus.TENTATIVE]))
        elsewhere.append(join(touched[BlockStatus.ELSEWHERE]) if search.weighs_elsewhere else [])
    return [*fixed, *movable, *tentative, *elsewhere, *taken(search, steps), *burdened(search, steps)]


def _weigh(block: Block) -> Block:
    return block._replace(status=BlockStatus.OOF) if _is_long(block) else block


def _is_long(block: Block) -> bool:
    return block.end_at - block.start_at > MOVABLE and block.status is BlockStatus.BUSY


class _Giver:
    """Finds what has to give at steps of the same marks."""

    def __init__(self, search: SlotSearch) -> None:
        self._team = Team.of(search.diaries, search.quorums, len(search.rooms), search.burdens)

    def find(self, marks: int) -> tuple[GiveKind, int, Standing, int] | None:
        """The kind of give, which, and the standing and its cost thereafter; None where no one thing helps."""
        team = self._team
        fixed, movable = marks & team.everybody, marks >> team.count & team.everybody
        rest = marks >> 2 * team.count
        absent = fixed | movable
        required = absent & team.required
        if required.bit_count() > 1 or required & (fixed | team.unknown):
            return None
        movable &= ~(fixed | team.unknown)
        if required:
            return self._given(team, absent & ~required, rest, GiveKind.MOVE, required.bit_length() - 1)
        judged = team.judge((absent | rest << team.count) << 1)
        if judged is None:
            return self._made_possible(absent, movable, rest)
        better = self._made_better(absent, movable, rest)
        return better if better and better[3] < judged[1] else None

    def _made_better(self, absent: int, movable: int, rest: int) -> tuple[GiveKind, int, Standing, int] | None:
        """Where people can meet already: the one whose coming would help most."""
        team, unknown = self._team, self._team.unknown & ~absent
        tentative = rest & team.everybody & ~(absent | unknown)
        for whose, kind in (
            (unknown & team.required, GiveKind.ASK),
            (tentative & team.required, GiveKind.SETTLE),
            (movable, GiveKind.MOVE),
            (unknown, GiveKind.ASK),
            (tentative, GiveKind.SETTLE),
        ):
            if whose:
                return self._freed(absent, rest, kind, whose.bit_length() - 1)
        return None

    def _made_possible(self, absent: int, movable: int, rest: int) -> tuple[GiveKind, int, Standing, int] | None:
        """Where a quorum or every room is in the way: a person first, then the room, then the quorum itself."""
        team = self._team
        for kind, whose in ((GiveKind.ASK, team.unknown & ~absent), (GiveKind.MOVE, movable)):
            for which in range(team.count):
                if whose >> which & 1 and (found := self._freed(absent, rest, kind, which)):
                    return found
        if found := self._given(replace(team, needs_room=False), absent, rest, GiveKind.ROOM, 0):
            return found
        for number in range(len(team.quorums)):
            fewer = replace(team, quorums=(*team.quorums[:number], *team.quorums[number + 1 :]))
            if found := self._given(fewer, absent, rest, GiveKind.QUORUM, number):
                return found
        return None

    def _freed(self, absent: int, rest: int, kind: GiveKind, which: int) -> tuple[GiveKind, int, Standing, int] | None:
        """With that one thing about one person out of the way."""
        bit = 1 << which
        team = replace(self._team, unknown=self._team.unknown & ~bit) if kind is GiveKind.ASK else self._team
        settled = rest & ~bit if kind is GiveKind.SETTLE else rest
        return self._given(team, absent & ~bit, settled, kind, which)

    @staticmethod
    def _given(
        team: Team, absent: int, rest: int, kind: GiveKind, which: int
    ) -> tuple[GiveKind, int, Standing, int] | None:
        judged = team.judge((absent | rest << team.count) << 1)
        return (kind, which, *judged) if judged else None


def _loses(search: SlotSearch, slot: Slot) -> int:
    """What people take off this slot, the day not counted."""
    days = (slot.start_at - search.window_start_at) // timedelta(microseconds=DAY)
    return FULL_MARKS - slot.score - min(days, MOST_DAYS_COUNTED)


def _nearest(give: Give, here: int) -> int:
    return min(max(here, give.first), give.end - 1)


def _say_give(search: SlotSearch, give: Give, start_at: datetime) -> str:
    if give.kind is GiveKind.ROOM:
        return "a room were found elsewhere"
    if give.kind is GiveKind.QUORUM:
        return f"the quorum did without {search.quorums[give.which].words or 'one of its rules'}"
    diary = search.diaries[give.which]
    name = name_of(diary)
    if give.kind is GiveKind.ASK:
        return f"{name}, whose calendar can’t be read, is free"
    if give.kind is GiveKind.SETTLE:
        span = _say_blocks(search, diary, start_at, BlockStatus.TENTATIVE)
        return f"{name} could give up what is only tentative {span}"
    return f"{name} could move what they have {_say_blocks(search, diary, start_at, BlockStatus.BUSY)}"


def _say_blocks(search: SlotSearch, diary: Diary, start_at: datetime, status: BlockStatus) -> str:
    """“between 10am and 11am”: from when until when whatever is in the way of a slot takes."""
    since, until = start_at - diary.travel, start_at + search.duration + diary.travel
    blocks = [each for each in diary.busy if each.status is status and each.start_at < until and since < each.end_at]
    edges = (min(each.start_at for each in blocks), max(each.end_at for each in blocks))
    first, last = (say_clock(each.astimezone(search.zone).time()) for each in edges)
    return f"between {first} and {last}"


def _say_coming(diaries: Sequence[Diary], standing: Standing) -> str:
    """Who could come then: “everybody but Ms Okoro”."""
    away = standing.absent | standing.unknown
    missing = [name_of(diary) for bit, diary in enumerate(diaries) if away >> bit & 1]
    if not missing:
        return "everybody"
    if len(missing) <= MOST_NAMED:
        return f"everybody but {' and '.join(missing)}"
    return f"{len(diaries) - len(missing)} of {len(diaries)}"


def _is_unsure(diaries: Sequence[Diary], standing: Standing) -> bool:
    return any(diary.is_unseen and standing.free >> bit & 1 for bit, diary in enumerate(diaries))


def _say_when(start_at: datetime, zone: tzinfo) -> str:
    local = start_at.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B} at {say_clock(local.time())}"
