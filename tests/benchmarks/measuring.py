"""Two ways of doing the same, timed in turn in one process: the ratio is the figure, since machines differ."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 7
LEAST_SECONDS = 0.05  # a round shorter than this is repeated until it is long enough to be timed


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result. ``ratio`` is the median of ours / theirs, round by round; ``goal`` its bound, if any.

    ``is_met`` says whether the goal held in this run. It fails nothing: a busy machine is no defect.
    """

    name: str
    ratio: float
    goal: str
    is_met: bool
    seconds: float
    beside_seconds: float
    per_second: float | None = None


def compare(
    name: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    at_most: float | None = None,
    at_least_times_as_fast: float | None = None,
    operations: int | None = None,
    before: Callable[[], object] | None = None,
) -> Figure:
    """Time ``ours`` beside ``theirs``, a warm-up and then in turn. ``operations``: how many things one call does.

    ``before`` makes ready for one call of ``ours``, and is not timed: such a call is long enough by itself.
    """
    if before is not None:
        ready, repeats = before, [1, 1]
        ready()
        ours()
        theirs()
    else:
        ready, repeats = _nothing, [_repeats(ours), _repeats(theirs)]
    rounds = []
    for _ in range(ROUNDS):
        ready()
        rounds.append((_seconds(ours, repeats[0]), _seconds(theirs, repeats[1])))
    ratio = statistics.median(mine / other for mine, other in rounds)
    mine, other = (statistics.median(each) for each in zip(*rounds, strict=True))
    goal, is_met = "", True
    if at_most is not None:
        goal, is_met = f"at most {at_most} times as long", ratio <= at_most
    if at_least_times_as_fast is not None:
        goal, is_met = f"at least {at_least_times_as_fast} times as fast", ratio <= 1 / at_least_times_as_fast
    return Figure(name, round(ratio, 4), goal, is_met, mine, other, round(operations / mine) if operations else None)


def _nothing() -> None:
    """What most have to make ready."""


def _repeats(call: Callable[[], object]) -> int:
    call()  # warm: caches filled, modules imported
    once = _seconds(call, 1)
    return max(1, round(LEAST_SECONDS / max(once, 1e-9)))


def _seconds(call: Callable[[], object], repeats: int) -> float:
    """How long one call takes, the collector out of the way."""
    gc.collect()
    gc.disable()
    try:
        began = time.perf_counter()
        for _ in range(repeats):
            call()
        return (time.perf_counter() - began) / repeats
    finally:
        gc.enable()
