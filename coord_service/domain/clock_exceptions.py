"""Exceptions to one statutory clock: what each ground demands before it can lift the duty to meet a limit.

Regs 5(4), 8(2), 10(4), 13(3) and 27(3) of the SEND Regulations 2014. Shortage of staff, a waiting list or no answer is
no ground, and none adds a day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from coord_service.domain.clocks import Ground

GROUND_NAMES = {
    Ground.SCHOOL_CLOSED: "The school or college was closed for 4 weeks or more, and its advice was asked for then",
    Ground.EARLY_YEARS_CLOSED: "The early years provider was closed for 4 weeks or more, and was asked then",
    Ground.EXCEPTIONAL: "Exceptional personal circumstances of the child, a parent or the young person",
    Ground.ABSENT: "The child, a parent or the young person was away from the area for 4 weeks or more",
    Ground.MISSED_APPOINTMENT: "The child or young person missed an appointment with the body that advises",
}
CLOSED = frozenset({Ground.SCHOOL_CLOSED, Ground.EARLY_YEARS_CLOSED})
FOUR_WEEKS = timedelta(weeks=4)
ONE_WEEK = timedelta(weeks=1)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is said to have happened: from its first to its last day (none while it lasts).

    ``asked_on``: when a school or provider that was closed was asked for its advice.
    """

    ground: Ground
    from_on: date
    until_on: date | None = None
    asked_on: date | None = None


def faults_of(said: Circumstances, period: tuple[date, date], today: date) -> dict[str, str]:
    """Why these circumstances can't lift a limit whose clock ran for a period; a sentence a field, nothing if they can.

    ``period`` is the start of the clock and its last lawful day.
    """
    if said.until_on is not None and said.until_on < said.from_on:
        return {"until_on": "The last day can’t be before the first"}
    faults = dict(_of_ground(said, today))
    if said.from_on > period[1] or (said.until_on or today) < period[0]:
        faults.setdefault("from_on", f"This was not between {_day(period[0])} and {_day(period[1])}, while it counted")
    return faults


def _of_ground(said: Circumstances, today: date) -> Iterator[tuple[str, str]]:
    if said.ground in CLOSED:
        yield from _of_closing(said)
    elif said.ground is Ground.ABSENT:
        if (said.until_on or today) - said.from_on + ONE_DAY < FOUR_WEEKS:
            yield "until_on", "The law asks for 4 weeks or more without a break"
    elif said.from_on > today:
        yield "from_on", "Give today or an earlier day: it has not happened yet"


def _of_closing(said: Circumstances) -> Iterator[tuple[str, str]]:
    """Regs 5(4), 10(4), 27(3), (a) and (b): asked from a week before it closed until a week before it opened again."""
    if said.until_on is None:
        yield "until_on", "Enter the last day on which it was closed"
        return
    if said.until_on - said.from_on + ONE_DAY < FOUR_WEEKS:
        yield "until_on", "The law asks for 4 weeks or more without a break"
    first, last = said.from_on - ONE_WEEK, said.until_on + ONE_DAY - ONE_WEEK
    if said.asked_on is None:
        yield "asked_on", "Enter the day on which it was asked for its advice"
    elif not first <= said.asked_on <= last:
        yield "asked_on", f"It must have been asked between {_day(first)} and {_day(last)} for this to count"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
