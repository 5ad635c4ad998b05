"""Which limits a case will miss unless something changes, said before it does (DOMAIN §8).

From the pace of each service: the days from the receipt of a request to its advice, of the answers of the last year.
What usually happens is the median; what happens one time in ten is the 90th percentile. Fewer than five answers tell
nothing. The final plan can't be sent before the family's time for its views on the draft is over (reg 13(1)).
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from coord_service.domain.case_clocks import CaseClock, ClockState
from coord_service.domain.clocks import ClockKind, ClockLaw, due
from coord_service.domain.figures import Lateness

FEWEST = 5  # answers in a year: of fewer nothing is said
ONE_DAY = timedelta(days=1)
WAIT_FOR_ADVICE = frozenset({"decide_no_plan", "final_plan"})


class Outlook(StrEnum):
    """What is to be expected of a limit."""

    WILL_MISS = "will_miss"
    MAY_MISS = "may_miss"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long something took in the last year, in days: as many times each."""

    counts: Mapping[int, int]

    @property
    def is_known(self) -> bool:
        """Whether there are enough answers to say anything."""
        return sum(self.counts.values()) >= FEWEST

    @property
    def usual(self) -> int:
        """The median, in whole days."""
        return math.ceil(Lateness(self.counts).median or 0)

    @property
    def slow(self) -> int:
        """The 90th percentile."""
        return Lateness(self.counts).ninetieth or 0


NO_PACE = Pace({})


@dataclass(frozen=True, slots=True)
class Owed:
    """Advice that is still to come: whose, since when and until when its clock runs, and what they promised."""

    request_id: int
    service_id: int
    service: str
    start_on: date
    due_on: date
    promised_on: date | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """One limit with what is to be expected, and the sentence that says why. ``service_id``: whose pace it is."""

    clock: str
    due_on: date
    outlook: Outlook
    why: str
    service_id: int | None = None
    request_id: int | None = None


@dataclass(frozen=True, slots=True)
class Paces:
    """The pace of each service, and of the authority's own decisions whether to assess."""

    services: Mapping[int, Pace]
    deciding: Pace = NO_PACE


@dataclass(frozen=True, slots=True)
class _Coming:
    """When advice is to be expected, and how that is known; None where nothing can be said."""

    owed: Owed
    usual_on: date | None
    slow_on: date | None
    why: str


def forecast(
    laws: Sequence[ClockLaw], clocks: Sequence[CaseClock], owed: Sequence[Owed], paces: Paces, today: date
) -> list[Forecast]:
    """The limits of one case that are forecast to be missed, or of which too little is known; the first first.

    What is past, met or lifted has no forecast.
    """
    coming = [_coming(each, paces.services.get(each.service_id, NO_PACE), today) for each in owed]
    found = [*_of_advice(clocks, coming), *_of_authority(laws, clocks, coming, paces.deciding, today)]
    return sorted(found, key=lambda each: each.due_on)


def _coming(owed: Owed, pace: Pace, today: date) -> _Coming:
    if owed.promised_on is not None and owed.promised_on >= today:
        return _Coming(owed, owed.promised_on, owed.promised_on, f"{_of(owed.service)} advice is promised for")
    if not pace.is_known:
        return _Coming(owed, None, None, f"{_of(owed.service)} advice: too few answers in the last year to tell")
    usual_on, slow_on = owed.start_on + timedelta(days=pace.usual), owed.start_on + timedelta(days=pace.slow)
    if usual_on >= today:
        why = f"{_of(owed.service)} advice usually takes {_days(pace.usual)}; at that pace it comes on"
        return _Coming(owed, usual_on, slow_on, why)
    if slow_on >= today:
        why = f"{_of(owed.service)} advice takes longer than usual; one in ten takes {_days(pace.slow)} and comes on"
        return _Coming(owed, slow_on, slow_on, why)
    why = f"{_of(owed.service)} advice has taken longer than nine in ten do; it comes at the earliest on"
    return _Coming(owed, today, today, why)


def _of_advice(clocks: Iterable[CaseClock], coming: Sequence[_Coming]) -> Iterator[Forecast]:
    due = {each.request_id for each in clocks if each.request_id is not None and each.state is ClockState.DUE}
    for each in coming:
        if each.owed.request_id in due:
            yield from _judge("advice", each.owed.due_on, each, timedelta(0))


def _of_authority(
    laws: Sequence[ClockLaw],
    clocks: Sequence[CaseClock],
    coming: Sequence[_Coming],
    deciding: Pace,
    today: date,
) -> Iterator[Forecast]:
    for clock in clocks:
        if clock.state is not ClockState.DUE or clock.request_id is not None:
            continue
        if clock.limit.id == "decide_assess":
            yield from _of_deciding(clock, deciding, today)
        elif clock.limit.id in WAIT_FOR_ADVICE:
            is_waiting = clock.limit.id == "final_plan" and not _is_drafted(clock, clocks)
            wait = _views(laws, today) if is_waiting else timedelta(0)
            found = [*_last(clock, coming, wait)] if coming else []
            is_said = any(each.outlook is Outlook.WILL_MISS for each in found)
            yield from found if is_said else [*_without_draft(clock, wait, today)] or found


def _is_drafted(clock: CaseClock, clocks: Iterable[CaseClock]) -> bool:
    """Whether the draft of this assessment has been served: the family's time for its views has started since."""
    return any(each.limit.id == "draft_views" and each.start_on >= clock.start_on for each in clocks)


def _without_draft(clock: CaseClock, wait: timedelta, today: date) -> Iterator[Forecast]:
    """Where no draft has been served, the time for views alone may be longer than what is left, whatever is open."""
    limit = clock.limit
    if wait and today + wait > limit.due_on:
        why = (
            "No draft has been served: were it served today, the family’s time for its views would let the final plan "
            f"go on {_day(today + wait)}, {_days((today + wait - limit.due_on).days)} after the limit."
        )
        yield Forecast(limit.id, limit.due_on, Outlook.WILL_MISS, why)


def _last(clock: CaseClock, coming: Sequence[_Coming], wait: timedelta) -> Iterator[Forecast]:
    """The limit waits for the last advice: what is said is said of the one that comes last."""
    known = [each for each in coming if each.usual_on is not None]
    judged = [found for each in known for found in _judge(clock.limit.id, clock.limit.due_on, each, wait)]
    misses = [each for each in judged if each.outlook is Outlook.WILL_MISS]
    if misses or (judged and len(known) == len(coming)):
        worst = max(known, key=lambda each: (each.usual_on or date.min, each.slow_on or date.min))
        of_worst = [*_judge(clock.limit.id, clock.limit.due_on, worst, wait)]
        yield (of_worst or judged)[0]
        return
    for each in coming:
        if each.usual_on is None:
            yield Forecast(clock.limit.id, clock.limit.due_on, Outlook.TOO_FEW, f"{each.why}.", each.owed.service_id)
            return


def _judge(clock: str, due_on: date, coming: _Coming, wait: timedelta) -> Iterator[Forecast]:
    """Against one limit; ``wait`` is what has to pass between the advice and what the limit is for."""
    facts = (coming.owed.service_id, coming.owed.request_id)
    if coming.usual_on is None or coming.slow_on is None:
        yield Forecast(clock, due_on, Outlook.TOO_FEW, f"{coming.why}.", *facts)
    elif coming.usual_on + wait > due_on:
        yield Forecast(clock, due_on, Outlook.WILL_MISS, _sentence(coming.why, coming.usual_on, due_on, wait), *facts)
    elif coming.slow_on + wait > due_on:
        slow = _days((coming.slow_on - coming.owed.start_on).days)
        why = f"One time in ten {coming.owed.service} takes {slow}; then it comes on"
        yield Forecast(clock, due_on, Outlook.MAY_MISS, _sentence(why, coming.slow_on, due_on, wait), *facts)


def _sentence(why: str, on: date, due_on: date, wait: timedelta) -> str:
    then = f", and with the family’s time for its views the final plan goes on {_day(on + wait)}" if wait else ""
    return f"{why} {_day(on)}{then}, {_days((on + wait - due_on).days)} after the limit."


def _of_deciding(clock: CaseClock, pace: Pace, today: date) -> Iterator[Forecast]:
    if not pace.is_known:
        return
    usual_on, slow_on = clock.start_on + timedelta(days=pace.usual), clock.start_on + timedelta(days=pace.slow)
    due_on = clock.limit.due_on
    if max(usual_on, today) > due_on:
        why = f"Decisions whether to assess usually take {_days(pace.usual)} here; at that pace this one comes on"
        yield Forecast(clock.limit.id, due_on, Outlook.WILL_MISS, _sentence(why, usual_on, due_on, timedelta(0)))
    elif slow_on > due_on:
        why = f"One decision in ten whether to assess takes {_days(pace.slow)} here; then it comes on"
        yield Forecast(clock.limit.id, due_on, Outlook.MAY_MISS, _sentence(why, slow_on, due_on, timedelta(0)))


def _views(laws: Sequence[ClockLaw], today: date) -> timedelta:
    """From the day a draft is served to the first day on which the final plan may be sent (reg 13(1))."""
    limits = due(laws, ClockKind.DRAFT, today)
    last = max((limit.due_on for limit in limits), default=today - ONE_DAY)
    return last + ONE_DAY - today


def _of(service: str) -> str:
    return f"{service}’" if service.endswith("s") else f"{service}’s"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
