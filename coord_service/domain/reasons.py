"""Why a slot is good, and who would miss it: sentences without a full stop."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, tzinfo
from typing import NamedTuple

from coord_service.domain.day_load import Strain
from coord_service.domain.diaries import Diary
from coord_service.domain.standings import Standing
from coord_service.domain.wall_time import say_clock
from coord_service.domain.wishes import Wish, WishKind

MOST_NAMED = 2
_RATHER_NOT = "{} would rather not"


class People(NamedTuple):
    """A standing as slots show it: ids, and the sentences that are about people."""

    free: tuple[str, ...]
    tentative: tuple[str, ...]
    absent: tuple[str, ...]
    unknown: tuple[str, ...]
    reasons: tuple[str, ...]

    @classmethod
    def at(
        cls, diaries: Sequence[Diary], burdens: Sequence[Wish | Strain], zone: tzinfo, standing: Standing
    ) -> "People":
        """The people who stand so; the age of what is known is told in ``zone``."""
        free, tentative, absent, unknown, elsewhere = (
            [diary for bit, diary in enumerate(diaries) if bits >> bit & 1]
            for bits in (standing.free, standing.tentative, standing.absent, standing.unknown, standing.elsewhere)
        )
        reasons = (
            *_who_is_free(diaries, free),
            *_who_is_unseen(diaries, free),
            *_what_is_wished(held := list(_held(burdens, standing.burdens, _ids(absent)))),
            *(each.words for each, holds in held if holds and isinstance(each, Strain)),
            *(f"{name_of(diary)} tentative" for diary in tentative),
            *(f"{name_of(diary)} works elsewhere then" for diary in elsewhere),
            *(f"{name_of(diary)} not known{say_since(diary, zone)}" for diary in unknown),
            *(f"{name_of(diary)} would miss it" for diary in absent),
        )
        return cls(_ids(free), _ids(tentative), _ids(absent), _ids(unknown), reasons)


def say_since(diary: Diary, zone: tzinfo) -> str:
    """“ since 10:40am on 3 March” for a diary that was read once; empty for one that never was."""
    if diary.known_at is None:
        return ""
    local = diary.known_at.astimezone(zone)
    return f" since {say_clock(local.time())} on {local.day} {local:%B}"


def say_limit(limit_on: date | None, end_at: datetime, zone: tzinfo) -> Iterator[str]:
    """How far the end of a slot is from the last lawful day."""
    if limit_on is None:
        return
    days = (limit_on - end_at.astimezone(zone).date()).days
    counted = "1 day" if abs(days) == 1 else f"{abs(days)} days"
    if days:
        yield f"{counted} {'before' if days > 0 else 'after'} the limit"
    else:
        yield "On the last day of the limit"


def name_of(diary: Diary) -> str:
    """What the sentences call somebody."""
    return diary.name or diary.id


def _who_is_free(diaries: Sequence[Diary], free: Sequence[Diary]) -> Iterator[str]:
    required = sum(diary.is_required for diary in diaries)
    required_free = sum(diary.is_required for diary in free)
    hedge = ", as far as we can see" if any(diary.is_unseen for diary in free) else ""
    if all(diary.is_unseen for diary in diaries):
        yield "Nothing known against it" if len(free) == len(diaries) else "Possible, as far as we can see"
    elif len(free) == len(diaries):
        yield "Everyone we can see is free" if hedge else "Everyone free"
    elif required and required_free == required:
        yield f"All required people free{hedge}"
    elif required:
        yield f"{required_free} of {required} required people free{hedge}"


def _who_is_unseen(diaries: Sequence[Diary], free: Sequence[Diary]) -> Iterator[str]:
    """Of whom only what is known here speaks for the time."""
    unseen = [name_of(diary) for diary in free if diary.is_unseen]
    if not unseen:
        return
    if all(diary.is_unseen for diary in diaries):
        yield "We can see nobody’s calendar"
    elif len(unseen) <= MOST_NAMED:
        yield f"We can’t see a calendar of {' or '.join(unseen)}"
    else:
        yield f"We can’t see {len(unseen)} people’s calendars"


def _held(burdens: Sequence[Wish | Strain], bits: int, absent: Sequence[str]) -> Iterator[tuple[Wish | Strain, bool]]:
    """The burdens of whoever can come, and whether each holds."""
    return ((each, bool(bits >> bit & 1)) for bit, each in enumerate(burdens) if each.who not in absent)


def _what_is_wished(burdens: Iterable[tuple[Wish | Strain, bool]]) -> Iterator[str]:
    """What each one thinks of the time, the worst alone; people who think the same are named together."""
    said: dict[str, str] = {}
    for wish, is_against in burdens:
        if not isinstance(wish, Wish):
            continue
        if wish.kind is WishKind.GOOD:
            said.setdefault(wish.name, "Not one of the good times of {}" if is_against else "A good time for {}")
        elif is_against and said.get(wish.name) != _RATHER_NOT:
            said[wish.name] = "{} only if need be" if wish.kind is WishKind.IF_NEED_BE else _RATHER_NOT
    for sentence in dict.fromkeys(said.values()):
        yield sentence.format(" and ".join(name for name, each in said.items() if each == sentence))


def _ids(diaries: Iterable[Diary]) -> tuple[str, ...]:
    return tuple(diary.id for diary in diaries)
