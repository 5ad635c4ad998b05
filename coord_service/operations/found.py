"""What a search for a time found, as the page shows it: offers, days, what would have to give."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby

from coord_service.clock import LONDON, day_in_london
from coord_service.domain.availability import DiaryStretch, stretches_of
from coord_service.domain.bookings import Need
from coord_service.domain.choices import choose_spread
from coord_service.domain.diaries import Diary
from coord_service.domain.giving import find_gives, say_better
from coord_service.domain.lawful import LawfulDays
from coord_service.domain.reasons import say_since
from coord_service.domain.slots import Slot, SlotSearch, rank, touch
from coord_service.domain.wall_time import instant_in_london
from coord_service.operations.calendar_states import CalendarState
from coord_service.operations.guests import Guest

SHIFT = timedelta(weeks=2)  # how far "earlier" and "later" go
FARTHEST = timedelta(weeks=100)
BEST = 5
GIVES_SHOWN = 3
DAYS_SHOWN = 10  # with further times
SHOWN_FROM, SHOWN_UNTIL = time(8), time(18)  # the part of the day in the picture


@dataclass(frozen=True, slots=True)
class Offer:
    """A time on offer; people by name; ``reasons`` are sentences without a full stop. ``unlawful``: why it is;
    ``better``: what would have to give for a better one, where that is worth asking for.

    ``rooms``: those that are free then and would do, the smallest first: (id, name).
    """

    start_at: datetime
    end_at: datetime
    free: tuple[str, ...]
    absent: tuple[str, ...]
    reasons: tuple[str, ...]
    unlawful: str = ""
    better: str = ""
    rooms: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """What would have to give: without needing this person there are so many times, with a quorum or not."""

    person_id: int
    name: str
    count: int
    has_quorum: bool


@dataclass(frozen=True, slots=True)
class PersonShown:
    """One person's day in the picture. ``note``: why what is shown is not all, and since when; empty where it is."""

    name: str
    stretches: tuple[DiaryStretch, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class DayShown:
    """A day of the picture: what is known of each person, and where the offers lie."""

    day: date
    start_at: datetime
    end_at: datetime
    people: tuple[PersonShown, ...]
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and how to look elsewhere: ``earlier_on`` and ``later_on`` are other first days.

    Where nothing was found: what would have to give (``gives``), ``ways`` out, who ``never`` can in these weeks.
    ``is_beyond``: times that the law does not allow were asked for. ``room_lack``: why no room is offered, where one
    was wanted; ``room_words``: what each room has, by its id.
    """

    first_on: date
    last_on: date
    minutes: int
    total: int
    best: tuple[Offer, ...]
    more: tuple[tuple[date, tuple[Offer, ...]], ...]
    days: tuple[DayShown, ...]
    ways: tuple[Way, ...]
    never: tuple[str, ...]
    gives: tuple[str, ...]
    earlier_on: date | None
    later_on: date | None
    lawful: LawfulDays
    is_beyond: bool
    required: tuple[Guest, ...]
    without: tuple[Guest, ...]
    calendars: tuple[CalendarState, ...] = ()
    room_lack: str = ""
    room_words: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asked for: the guests, whom to do without, the law's days, and the present time of a meeting."""

    guests: tuple[Guest, ...]
    without: frozenset[int]
    lawful: LawfulDays
    is_beyond: bool
    earliest_on: date
    now_at: datetime | None


def show_found(search: SlotSearch, asked: Asked) -> Found:
    """The search carried out, and everything the page says about it."""
    touched = touch(search)
    slots = [slot for slot in rank(search, touched) if slot.start_at != asked.now_at]
    best = choose_spread(slots, BEST)
    first_on, last_on = day_in_london(search.window_start_at), day_in_london(search.window_end_at) - timedelta(days=1)
    offers = tuple(
        replace(_offer(slot, search, asked.lawful), better=better)
        for slot, better in zip(best, say_better(search, best, touched), strict=True)
    )
    required = [guest for guest in asked.guests if guest.need is Need.REQUIRED]
    return Found(
        first_on=first_on,
        last_on=last_on,
        minutes=search.duration // timedelta(minutes=1),
        total=len(slots),
        best=offers,
        more=tuple(_more(slots, best, search, asked.lawful)),
        days=tuple(_days_shown(search, offers, first_on)),
        ways=() if slots else tuple(_ways(search, required)),
        never=() if slots else tuple(_who_never_can(search)),
        gives=() if slots else tuple(find_gives(search, touched).best(GIVES_SHOWN)),
        earlier_on=max(asked.earliest_on, first_on - SHIFT) if first_on > asked.earliest_on else None,
        later_on=_later(first_on, asked),
        room_lack="" if slots else _rooms_in_the_way(search),
        lawful=asked.lawful,
        is_beyond=asked.is_beyond,
        required=tuple(guest for guest in required if guest.person_id not in asked.without and not guest.is_convenor),
        without=tuple(guest for guest in required if guest.person_id in asked.without),
    )


def _rooms_in_the_way(search: SlotSearch) -> str:
    if search.rooms and rank(replace(search, rooms=(), limit=1)):
        return "Whenever people can come, every room that would do is taken."
    return ""


def _later(first_on: date, asked: Asked) -> date | None:
    latest_on = asked.earliest_on + FARTHEST
    if asked.lawful.latest_on and not asked.is_beyond:
        latest_on = asked.lawful.latest_on
    return first_on + SHIFT if first_on + SHIFT <= latest_on else None


def without_people(search: SlotSearch, person_ids: Iterable[int]) -> SlotSearch:
    """The same search, needing these people no longer: neither themselves nor a quorum that hangs on them alone."""
    spared = {str(person_id) for person_id in person_ids}
    diaries = (replace(diary, is_required=diary.is_required and diary.id not in spared) for diary in search.diaries)
    quorums = (quorum for quorum in search.quorums if len(quorum.any_of - spared) >= quorum.at_least)
    return replace(search, diaries=tuple(diaries), quorums=tuple(quorums))


def _offer(slot: Slot, search: SlotSearch, lawful: LawfulDays) -> Offer:
    names = {diary.id: diary.name for diary in search.diaries}
    free, absent = (tuple(names[each] for each in ids) for ids in (slot.free, slot.absent))
    return Offer(
        start_at=slot.start_at,
        end_at=slot.end_at,
        free=free,
        absent=absent,
        reasons=slot.reasons,
        unlawful=lawful.against(day_in_london(slot.start_at)),
        rooms=tuple((int(room.id), room.name) for room in search.rooms if room.id in slot.rooms),
    )


def _more(
    slots: Sequence[Slot], best: Sequence[Slot], search: SlotSearch, lawful: LawfulDays
) -> Iterator[tuple[date, tuple[Offer, ...]]]:
    rest = sorted((slot for slot in slots if slot not in best), key=lambda slot: slot.start_at)
    for count, (day, group) in enumerate(groupby(rest, key=lambda slot: day_in_london(slot.start_at))):
        if count == DAYS_SHOWN:
            return
        yield day, tuple(_offer(slot, search, lawful) for slot in group)


def _days_shown(search: SlotSearch, offers: Sequence[Offer], first_on: date) -> Iterator[DayShown]:
    """The days of the best offers; where there are none, the first five, to see what is in the way."""
    offered = sorted({day_in_london(offer.start_at) for offer in offers})
    for day in offered or [
        first_on + timedelta(days=n) for n in range(7) if (first_on + timedelta(days=n)).weekday() < 5
    ]:
        start_at, end_at = instant_in_london(day, SHOWN_FROM), instant_in_london(day, SHOWN_UNTIL)
        yield DayShown(
            day=day,
            start_at=start_at,
            end_at=end_at,
            people=tuple(
                PersonShown(diary.name, stretches_of(diary, LONDON, start_at, end_at), _note(diary))
                for diary in search.diaries
            ),
            offers=tuple(offer for offer in offers if day_in_london(offer.start_at) == day),
        )


def _note(diary: Diary) -> str:
    if diary.is_unknown:
        return f"not known{say_since(diary, LONDON)}" if diary.known_at else "never read yet"
    return "no calendar to look in" if diary.is_unseen else ""


def _ways(search: SlotSearch, required: Iterable[Guest]) -> list[Way]:
    """Whom to do without, one person at a time, the most helpful first."""
    ways = []
    for guest in required:
        if not guest.is_convenor:
            spared = without_people(search, [guest.person_id])
            has_quorum = len(spared.quorums) == len(search.quorums)
            ways.append(Way(guest.person_id, guest.name, len(rank(spared)), has_quorum))
    return sorted((way for way in ways if way.count), key=lambda way: (not way.has_quorum, -way.count))


def _who_never_can(search: SlotSearch) -> Iterator[str]:
    """The required people who have no time in the whole window, even for a meeting with nobody else."""
    for diary in search.diaries:
        if diary.is_required and not rank(replace(search, diaries=(diary,), quorums=(), rooms=(), limit=1)):
            yield diary.name
