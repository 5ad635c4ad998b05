"""Possible starts as numbered steps, and the stretches of them in which nothing changes for anybody.

A search over a year has tens of thousands of starts, but its diaries change only a few times a day: whatever holds for
one start of a stretch holds for all of it, so the work grows with the blocks in the diaries, not with the starts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from coord_service.domain.diaries import DAY, MICROSECOND, Block, BlockStatus, Span, join, microseconds

# The first and the end of steps that follow one another, and a bit for each list of steps that they are in.
Stretch = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Steps:
    """The starts from step ``first`` until before ``end``; step k is at ``origin_at`` + k × ``length``.

    ``origin_at`` must be in UTC.
    """

    origin_at: datetime
    length: timedelta
    duration: timedelta
    first: int
    end: int

    @property
    def span(self) -> Span:
        """From the first start to the end of the last slot, in microseconds since 1970."""
        last = max(self.first, self.end - 1)
        start = microseconds(self.origin_at)
        length = self.length // MICROSECOND
        return start + self.first * length, start + last * length + self.duration // MICROSECOND

    def at(self, step: int) -> datetime:
        """The instant of a step, in UTC."""
        return self.origin_at + step * self.length

    def touching(self, blocks: Iterable[Block], travel: timedelta) -> dict[BlockStatus, list[Span]]:
        """By status, the steps whose slot shares time with a block that travel widens; in the blocks' order."""
        # The innermost loop of a search: one pass, as few subtractions as there can be, nothing called.
        origin_at, length, first, end = self.origin_at, self.length, self.first, self.end
        before, after = self.duration + travel, -travel
        found: dict[BlockStatus, list[Span]] = defaultdict(list)
        for start_at, end_at, status in blocks:
            # Subtracting an instant in UTC is right in any zone; comparing two that share a zone is not.
            begins, ends = start_at - origin_at, end_at - origin_at
            if begins < ends or travel:
                touched, until = (begins - before) // length + 1, -((after - ends) // length)
                if touched < end and until > first:
                    found[status].append((max(first, touched), min(end, until)))
        return found

    def overlapping(self, spans: Iterable[Span]) -> list[Span]:
        """The steps whose slot shares time with one of the spans, in microseconds since 1970; joined."""
        origin, length = microseconds(self.origin_at), self.length // MICROSECOND
        before = self.duration // MICROSECOND
        found = (
            (max((start - before - origin) // length + 1, self.first), min(-((origin - end) // length), self.end))
            for start, end in spans
        )
        return join(found)

    def outside(self, spans: Iterable[Span]) -> list[Span]:
        """The steps whose slot does not lie wholly within one of the spans, which are in order and apart."""
        origin, length = microseconds(self.origin_at), self.length // MICROSECOND
        duration = self.duration // MICROSECOND
        covered, found = self.first, []
        for start, end in spans:
            inside, after = max(-((origin - start) // length), self.first), (end - duration - origin) // length + 1
            if inside < (after := min(after, self.end)):
                found.append((covered, inside))
                covered = after
        return [*found, (covered, self.end)]

    def stretches(self, lists: Sequence[Iterable[Span]]) -> Iterator[Stretch]:
        """All the steps in stretches: bit n is set in those of the n-th list. Spans are joined and within the steps."""
        changes: dict[int, int] = defaultdict(int, {self.first: 0, self.end: 0})
        for number, spans in enumerate(lists):
            bit = 1 << number
            for first, end in spans:
                changes[first] ^= bit
                changes[end] ^= bit
        now = 0
        for edge, following in pairwise(sorted(changes)):
            now ^= changes[edge]
            yield edge, following, now

    def days(self, first: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Cut steps where a whole day after the origin ends: (days after the origin, first, end) each."""
        length = self.length // MICROSECOND
        while first < end:
            day = first * length // DAY
            cut = min(end, -(-(day + 1) * DAY // length))
            yield day, first, cut
            first = cut
