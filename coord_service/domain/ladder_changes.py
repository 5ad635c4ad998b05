"""A ladder as a council sets it: what is refused, and how it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from coord_service.domain.ladders import Audience, Ladder, LadderKind, Step
from coord_service.errors import Refused

LADDER_NAMES = {
    LadderKind.ADVICE: "Advice",
    LadderKind.REVIEW_PAPERS: "Papers for a review",
    LadderKind.ACTION: "Actions",
}
LETTERS = {
    "chase_due_soon": "It is due soon: is anything in the way?",
    "chase_not_reached_us": "It has not reached us: is it finished and not sent?",
    "chase_overdue": "It has not reached us",
}
# The first working day on which a step can fall, before the due date: advice is due six weeks after it was asked for.
EARLIEST = {LadderKind.ADVICE: -29, LadderKind.REVIEW_PAPERS: -29, LadderKind.ACTION: -29}
LATEST = 100
MOST_STEPS = 10
LONGEST_REPEAT = 20


@dataclass(frozen=True, slots=True)
class StepChange:
    """A step as somebody sets it; the holder is always written to, ``besides`` them whoever is named."""

    days: int
    letter: str
    besides: frozenset[Audience] = frozenset()
    before_limit: int | None = None
    is_reported: bool = False


def make_ladder(kind: LadderKind, steps: Sequence[StepChange], repeat_every: int, promise_letter: str) -> Ladder:
    """The ladder, its steps in the order of their days. Raises Refused, in a sentence, for one that makes no sense."""
    ordered = sorted(steps, key=lambda step: step.days)
    _refuse_nonsense(kind, ordered, repeat_every)
    return Ladder(kind, tuple(map(_step, ordered)), repeat_every, promise_letter)


def _step(change: StepChange) -> Step:
    audience = tuple(each for each in Audience if each is Audience.HOLDER or each in change.besides)
    name = f"{change.days:+d}" if change.days else "0"
    return Step(name, change.days, audience, change.letter, change.before_limit, change.is_reported)


def _refuse_nonsense(kind: LadderKind, steps: Sequence[StepChange], repeat_every: int) -> None:
    if not steps or steps[-1].days < 1:
        raise Refused(
            "The ladder has no end: its last step must fall after the due date, and is repeated from then on."
        )
    if not 1 <= repeat_every <= LONGEST_REPEAT:
        raise Refused(f"The ladder has no end: repeat its last step after 1 to {LONGEST_REPEAT} working days.")
    if len(steps) > MOST_STEPS:
        raise Refused(f"A ladder has at most {MOST_STEPS} steps.")
    if steps[0].days < EARLIEST[kind]:
        raise Refused(
            f"A step {-steps[0].days} working days before the due date would fall before anybody was asked: "
            f"{-EARLIEST[kind]} is the earliest."
        )
    if any(earlier.days == later.days for earlier, later in pairwise(steps)):
        raise Refused("Two steps fall on the same working day: give each a day of its own.")
    if any(not earlier.besides <= later.besides for earlier, later in pairwise(steps)):
        raise Refused("A step leaves out somebody whom the step before it wrote to: they would think it is over.")


def as_data(ladder: Ladder) -> dict[str, Any]:
    """A ladder as it is kept."""
    steps = [
        {
            "days": step.days,
            "letter": step.letter,
            "audience": [each.value for each in step.audience],
            "before_limit": step.before_limit,
            "reported": step.is_reported,
        }
        for step in ladder.steps
    ]
    return {"steps": steps, "repeat_every": ladder.repeat_every, "promise_letter": ladder.promise_letter}


def from_data(kind: LadderKind, data: Mapping[str, Any]) -> Ladder:
    """The ladder that :func:`as_data` kept."""
    steps = tuple(
        Step(
            name=f"{each['days']:+d}" if each["days"] else "0",
            days=each["days"],
            audience=tuple(map(Audience, each["audience"])),
            letter=each["letter"],
            before_limit=each["before_limit"],
            is_reported=each["reported"],
        )
        for each in data["steps"]
    )
    return Ladder(kind, steps, data["repeat_every"], data["promise_letter"])


def say_ladder(ladder: Ladder) -> str:
    """A ladder in one line: for the audit, and for the list of settings."""
    steps = ", ".join(
        f"{step.name} ({len(step.audience)})" if len(step.audience) > 1 else step.name for step in ladder.steps
    )
    return f"{steps}, then every {ladder.repeat_every}"
