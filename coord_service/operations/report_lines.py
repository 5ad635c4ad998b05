"""The lines of the chase report: what was counted, sorted by whose it is."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from coord_service.domain.figures import FallenDue, Lateness, Share, days_late, share_on_time
from coord_service.storage.reports import OpenAdvice

Key = int | str
NOBODY_NAMED = "Nobody named yet"


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one service, agency, person or letter of reg 6(1).

    ``key`` is what a filter calls it; ``within`` is the agency of a service, or the service of a person.
    """

    key: Key
    name: str
    within: str
    open: int
    lateness: Lateness
    silent: int
    unchased: int
    last_chased_at: datetime | None
    on_time: Share

    @property
    def overdue(self) -> int:
        """How much of it is late."""
        return self.lateness.count


@dataclass(frozen=True, slots=True)
class Counted:
    """What the lines are made of: everything open, and what fell due this quarter."""

    as_of: date
    open_advice: Sequence[OpenAdvice]
    fallen: Sequence[FallenDue]


Names = Mapping[Key, tuple[str, str]]


def total_line(counted: Counted) -> Line:
    """The figures over everything."""
    return _line(counted, 0, ("All", ""))


def lines_by(
    counted: Counted,
    key_of: Callable[[OpenAdvice], Key],
    key_of_fallen: Callable[[FallenDue], Key | None],
    names: Names,
) -> list[Line]:
    """A line for every key that occurs, the most overdue first, then by name."""
    open_by, fallen_by = defaultdict(list), defaultdict(list)
    for advice in counted.open_advice:
        open_by[key_of(advice)].append(advice)
    for fallen in counted.fallen:
        if (key := key_of_fallen(fallen)) is not None:
            fallen_by[key].append(fallen)
    lines = [
        _line(Counted(counted.as_of, open_by[key], fallen_by[key]), key, names[key]) for key in {*open_by, *fallen_by}
    ]
    return sorted(lines, key=lambda line: (-line.overdue, line.name.lower(), str(line.key)))


def lines_by_person(counted: Counted, service_names: Mapping[int, str]) -> list[Line]:
    """A line for everybody who holds something overdue; one, with key 0, for what no person is named for."""
    names: dict[Key, tuple[str, str]] = {0: (NOBODY_NAMED, "")}
    for advice in counted.open_advice:
        if advice.person_id is not None:
            names[advice.person_id] = (advice.person or "", service_names[advice.service_id])
    lines = lines_by(counted, lambda advice: advice.person_id or 0, lambda _: None, names)
    return [line for line in lines if line.overdue]


def _line(counted: Counted, key: Key, names: tuple[str, str]) -> Line:
    advice = counted.open_advice
    chased = [each.last_chased_at for each in advice if each.last_chased_at is not None]
    return Line(
        key=key,
        name=names[0],
        within=names[1],
        open=sum(each.count for each in advice),
        lateness=_lateness(advice, counted.as_of),
        silent=sum(each.count for each in advice if each.is_silent),
        unchased=sum(each.count for each in advice if each.is_unchased),
        last_chased_at=max(chased, default=None),
        on_time=share_on_time(counted.fallen),
    )


def _lateness(advice: Iterable[OpenAdvice], as_of: date) -> Lateness:
    counts: Counter[int] = Counter()
    for each in advice:
        if each.due_on is not None:
            counts[days_late(each.due_on, as_of)] += each.count
    return Lateness(counts)
