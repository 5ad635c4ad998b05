"""Chase ladders: who is written to, how many working days from a due date, and with which letter.

A ladder is data that a council can change (`coord_service/data/ladders.toml`); `domain.chasing` climbs it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from coord_service.domain.working_days import WorkingDays
from coord_service.errors import Refused


class LadderKind(StrEnum):
    """What is being waited for."""

    ADVICE = "advice"
    REVIEW_PAPERS = "review_papers"
    ACTION = "action"


class Audience(StrEnum):
    """Who a letter goes to. ``holder`` is the service's mailbox until somebody is allocated, then that person."""

    HOLDER = "holder"
    SERVICE_MANAGER = "service_manager"
    COORDINATOR = "coordinator"
    SEND_MANAGER = "send_manager"
    HEAD_OF_SERVICE = "head_of_service"


@dataclass(frozen=True, slots=True)
class Anchors:
    """The dates that a ladder hangs from: ``next_limit_on`` is the next statutory limit that lateness endangers.

    ``limit_known_on``: the day on which that limit was corrected last; before it, it made no step fall.
    """

    asked_on: date
    due_on: date
    next_limit_on: date | None = None
    limit_known_on: date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: ``days`` working days after the due date (before it, if negative).

    With ``before_limit``, that many working days before the next statutory limit if that is sooner. ``is_reported``
    marks what is late enough for the commissioner's report.
    """

    name: str
    days: int
    audience: tuple[Audience, ...]
    letter: str
    before_limit: int | None = None
    is_reported: bool = False

    def on(self, anchors: Anchors, working_days: WorkingDays) -> date:
        """The working day of this step. A day counted back from a limit counts only if it comes after the asking,
        and after the day on which that limit was found to have been another."""
        day = (
            working_days.add(anchors.due_on, self.days) if self.days else working_days.next_working_day(anchors.due_on)
        )
        if self.before_limit is None or anchors.next_limit_on is None:
            return day
        before_limit = working_days.add(anchors.next_limit_on, -self.before_limit)
        known_on = max(anchors.asked_on, anchors.limit_known_on or date.min)
        return min(day, before_limit) if before_limit > known_on else day


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps in order, and every how many working days the last is repeated until the waiting ends.

    ``promise_letter`` goes to whoever the last step reached when a promised date has passed. Raises Refused for a
    ladder that stands still: no steps, steps out of order or of one name, or no repeat.
    """

    kind: LadderKind
    steps: tuple[Step, ...]
    repeat_every: int
    promise_letter: str
    since_on: date = date.min  # in force since: what fell before that day under it is not sent

    def __post_init__(self) -> None:
        if not self.steps:
            raise Refused(f"the {self.kind} ladder has no steps")
        if self.repeat_every < 1:
            raise Refused(f"the {self.kind} ladder must repeat after 1 working day or more, not {self.repeat_every}")
        if any(later.days <= earlier.days for earlier, later in pairwise(self.steps)):
            raise Refused(f"the {self.kind} ladder has a step that is no later than the one before it")
        if len({step.name for step in self.steps}) < len(self.steps):
            raise Refused(f"the {self.kind} ladder has two steps of one name")

    @property
    def nearest(self) -> frozenset[str]:
        """The last step before the due date and the first after it: whoever has a weekly list gets these besides."""
        before = [step.name for step in self.steps if step.days < 0]
        after = [step.name for step in self.steps if step.days >= 0]
        return frozenset(before[-1:] + after[:1])

    def letters(self) -> Iterator[str]:
        """Every letter the ladder can send."""
        yield from dict.fromkeys([*(step.letter for step in self.steps), self.promise_letter])


@dataclass(frozen=True, slots=True)
class Rung:
    """A step on its working day; ``name`` tells the repeats of the last step apart, by their own working days from the
    due date: however often they come, and whatever a council sets meanwhile, no two days share a name."""

    on: date
    height: int
    step: Step
    name: str


@dataclass(frozen=True, slots=True)
class Climb:
    """A ladder hung from the dates of one request."""

    ladder: Ladder
    anchors: Anchors
    working_days: WorkingDays

    def latest(self, today: date) -> Rung | None:
        """The last rung that has fallen by today; None while there is none. Nothing falls on the day of the asking."""
        fallen = (rung for rung in self._rungs(today) if self.anchors.asked_on < rung.on <= today)
        return max(fallen, default=None, key=_by_day)

    def following(self, day: date) -> Rung:
        """The first rung after a day: there always is one."""
        return min((rung for rung in self._rungs(day) if rung.on > day), key=_by_day)

    def _rungs(self, day: date) -> list[Rung]:
        """The steps, and the repeats of the last around a day: the one that has fallen and the one to come."""
        steps = self.ladder.steps
        rungs = [
            Rung(step.on(self.anchors, self.working_days), height, step, step.name) for height, step in enumerate(steps)
        ]
        last = max(rungs, key=_by_day)
        fallen = max(0, self.working_days.between(last.on, day) // self.ladder.repeat_every)
        last_days = self._days_after_due(last.on)
        for days in (fallen * self.ladder.repeat_every, (fallen + 1) * self.ladder.repeat_every):
            if days:
                name = f"{steps[-1].name} repeat {last_days + days:+d}"
                rungs.append(Rung(self.working_days.add(last.on, days), len(steps), steps[-1], name))
        return rungs

    def _days_after_due(self, day: date) -> int:
        """Working days from the last that is not after the due date, so that they add up wherever one starts."""
        return self.working_days.between(self.working_days.add(self.anchors.due_on + timedelta(days=1), -1), day)


def _by_day(rung: Rung) -> tuple[date, int]:
    """In the order they fall; of two on one day the higher comes last."""
    return rung.on, rung.height
