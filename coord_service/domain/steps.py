"""Possible starts as numbered steps, and the stretches of them in which nothing changes for anybody.

A search over a year has tens of thousands of starts, but its diaries change only a few times a day: whatever holds for
one start of a stretch holds for all of it, so the work grows with the blocks in the diaries, not with the starts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from coord_service.domain.diaries import DAY, Span, join


class Stretch(NamedTuple):
    """Successive steps that are alike: bit n of ``absent`` and ``tentative`` is the n-th diary."""

    first: int
    end: int
    absent: int
    tentative: int


@dataclass(frozen=True, slots=True)
class Steps:
    """The starts from step ``first`` until before ``end``; step k is at ``origin`` + k × ``length`` microseconds."""

    origin: int
    length: int
    duration: int
    first: int
    end: int

    @property
    def span(self) -> Span:
        """From the first start to the end of the last slot."""
        return self.at(self.first), self.at(max(self.first, self.end - 1)) + self.duration

    def at(self, step: int) -> int:
        """The instant of a step, in microseconds since 1970."""
        return self.origin + step * self.length

    def touching(self, spans: Iterable[Span]) -> list[Span]:
        """The steps whose slot shares time with one of the spans."""
        return join(
            self._clip((start - self.duration - self.origin) // self.length + 1, self._next_step(end))
            for start, end in spans
            if start < end
        )

    def outside(self, spans: Iterable[Span]) -> Iterator[Span]:
        """The steps whose slot does not lie wholly within one of the spans, which are in order and apart."""
        covered = self.first
        for start, end in spans:
            inside, after = self._clip(self._next_step(start), (end - self.duration - self.origin) // self.length + 1)
            if inside < after:
                yield covered, inside
                covered = after
        yield covered, self.end

    def stretches(self, absent: Iterable[list[Span]], tentative: Iterable[list[Span]]) -> Iterator[Stretch]:
        """All the steps in stretches, from the steps at which each diary is absent and tentative (joined)."""
        changes = {self.first: [0, 0], self.end: [0, 0]}
        for kind, diaries in enumerate((absent, tentative)):
            for bit, spans in enumerate(diaries):
                for edge in (edge for span in spans for edge in span):
                    changes.setdefault(edge, [0, 0])[kind] ^= 1 << bit
        edges = sorted(changes)
        absent_now = tentative_now = 0
        for edge, following in pairwise(edges):
            absent_now ^= changes[edge][0]
            tentative_now ^= changes[edge][1]
            yield Stretch(edge, following, absent_now, tentative_now)

    def days(self, first: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Cut steps where a whole day after the origin ends: (days after the origin, first, end) each."""
        while first < end:
            day = first * self.length // DAY
            cut = min(end, -(-(day + 1) * DAY // self.length))
            yield day, first, cut
            first = cut

    def _next_step(self, instant: int) -> int:
        """The first step at or after an instant."""
        return -((self.origin - instant) // self.length)

    def _clip(self, first: int, end: int) -> Span:
        return max(first, self.first), min(end, self.end)
