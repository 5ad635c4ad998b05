"""What a day can take of somebody: so many meetings, and time between two of them. It costs, and rules nothing out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from coord_service.clock import day_in_london
from coord_service.domain.diaries import MICROSECOND, Block, Diary, Span, microseconds
from coord_service.domain.wall_time import day_span

ONE_TOO_MANY = (400, 350)  # for somebody who is required, for others
BACK_TO_BACK = (150, 120)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True, slots=True)
class DayLoad:
    """At most so many meetings a day (None: any number), and minutes between two of them (0: none are needed)."""

    most_meetings: int | None = 3
    minutes_between: int = 15


class Strain(NamedTuple):
    """Times that would be a burden to somebody: whose diary it is, when, what it costs, and the sentence."""

    who: str
    spans: tuple[Span, ...]
    cost: int
    words: str


def strains_of(diary: Diary, meetings: Sequence[Block], load: DayLoad) -> Iterator[Strain]:
    """What more meetings would be to somebody who has these already; days are those of London."""
    others = 0 if diary.is_required else 1
    for count, spans in sorted(_full_days(meetings, load).items()):
        words = f"Would be {diary.name}’s {say_ordinal(count + 1)} meeting that day"
        yield Strain(diary.id, tuple(spans), ONE_TOO_MANY[others], words)
    if load.minutes_between and meetings:
        pause = timedelta(minutes=load.minutes_between) // MICROSECOND
        spans = [span for each in meetings for span in _around(each, pause)]
        words = f"Leaves {diary.name} less than {load.minutes_between} minutes between meetings"
        yield Strain(diary.id, tuple(sorted(spans)), BACK_TO_BACK[others], words)


def say_ordinal(number: int) -> str:
    """first, second ... tenth, 11th."""
    if number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    last = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in {11, 12, 13} else "th"
    return f"{number}{last}"


def _full_days(meetings: Iterable[Block], load: DayLoad) -> dict[int, list[Span]]:
    """By how many meetings they have already, the days that take no more."""
    full: dict[int, list[Span]] = defaultdict(list)
    for day, count in sorted(Counter(day_in_london(each.start_at) for each in meetings).items()):
        if load.most_meetings is not None and count >= load.most_meetings:
            since, until = day_span(day)
            full[count].append((microseconds(since), microseconds(until)))
    return full


def _around(meeting: Block, pause: int) -> Iterator[Span]:
    start, end = microseconds(meeting.start_at), microseconds(meeting.end_at)
    yield start - pause, start
    yield end, end + pause
