"""Ranking against a slow, plain oracle that looks at every minute of every slot, and at nothing but the contract."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.day_load import Strain
from coord_service.domain.diaries import Block, BlockStatus, Diary, WorkingHours, microseconds
from coord_service.domain.slots import SlotSearch, rank
from coord_service.domain.standings import Quorum
from coord_service.domain.wishes import Wish, WishKind
from tests.examples import examples

MINUTE = timedelta(minutes=1)
LOSES = {"good": 600, "if_need_be": 900, "not": 2_700}

# Clock changes by an hour both ways, by half an hour, and at half past the hour; and a day with none.
DAYS = [
    ("Europe/London", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("America/St_Johns", datetime(2026, 3, 8, 5, 30, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 6, 1, 12, tzinfo=UTC)),
]


def is_open(diary, minute, zone):
    local = minute.astimezone(zone)
    passed = local.hour * 60 + local.minute
    return not diary.working_hours or any(
        local.weekday() in hours.weekdays
        and hours.opens <= passed < hours.closes
        and hours.week in (None, (local.date() - date(1969, 12, 29)).days // 7 % 2)
        for hours in diary.working_hours
    )


def blocked(diary, minute, *statuses):
    return any(
        block.status in statuses and block.start_at - diary.travel <= minute < block.end_at + diary.travel
        for block in diary.busy
    )


def presence_by_minute(diary, instants, zone):
    away = {minute for minute in instants if not is_open(diary, minute, zone) or blocked(diary, minute, "busy", "oof")}
    return away, {minute for minute in instants if blocked(diary, minute, "tentative")}


def state(diary, slot_minutes, presence):
    away, tentative = presence
    if away.intersection(slot_minutes):
        return "absent"
    if diary.is_unknown:
        return "unknown"
    return "tentative" if tentative.intersection(slot_minutes) else "free"


def oracle(wanted):
    total = (wanted.window_end_at - wanted.window_start_at) // MINUTE
    instants = [wanted.window_start_at + n * MINUTE for n in range(total)]
    presence = {diary.id: presence_by_minute(diary, instants, wanted.zone) for diary in wanted.diaries}
    found = {}
    for first in range(0, total + 1, wanted.step // MINUTE):
        start = wanted.window_start_at + first * MINUTE
        end = start + wanted.duration
        if end > min(wanted.window_end_at, wanted.latest_at or end) or start < (wanted.earliest_at or start):
            continue
        inside = instants[first : first + wanted.duration // MINUTE]
        states = {diary.id: state(diary, inside, presence[diary.id]) for diary in wanted.diaries}
        coming = {who for who, how in states.items() if how in {"free", "tentative"}}
        if any(states[diary.id] == "absent" for diary in wanted.diaries if diary.is_required):
            continue
        rooms = tuple(each.id for each in wanted.rooms if not blocked_within(each, inside))
        if wanted.rooms and not rooms:
            continue
        if all(len(coming & quorum.any_of) >= quorum.at_least for quorum in wanted.quorums):
            found[start] = (states, rooms, price(wanted, inside, states, presence))
    return found


def blocked_within(diary, instants):
    return any(blocked(diary, minute, *BlockStatus) for minute in instants)


def price(wanted, inside, states, presence):
    """What people, wishes and the day take off full marks, counted one by one."""
    costs = {
        ("unknown", True): 5_000,
        ("tentative", True): 3_000,
        ("absent", False): 2_500,
        ("unknown", False): 1_500,
        ("tentative", False): 1_000,
    }
    total = sum(costs.get((states[diary.id], diary.is_required), 0) for diary in wanted.diaries)
    for diary in wanted.diaries:
        if wanted.weighs_elsewhere and states[diary.id] == "free" and blocked_for(diary, inside, "elsewhere"):
            total += 550 if diary.is_required else 500
    for each in wanted.wishes:
        if states.get(each.who) == "absent":
            continue
        within = [is_open(Diary("", working_hours=each.hours), minute, wanted.zone) for minute in inside]
        is_against = not all(within) if each.kind is WishKind.GOOD else any(within)
        total += LOSES[each.kind] // (1 if each.is_family else 3) if is_against else 0
    for each in wanted.strains:
        touched = any(since <= microseconds(minute) < until for since, until in each.spans for minute in inside)
        total += each.cost if touched and states.get(each.who) != "absent" else 0
    return total + min((inside[0] - wanted.window_start_at).days, 499)


def blocked_for(diary, instants, status):
    return any(blocked(diary, minute, status) for minute in instants)


def minutes(least, most):
    return st.integers(least, most).map(lambda count: timedelta(minutes=count))


def diaries(start):
    block = st.builds(
        lambda after, length, status: Block(start + after, start + after + length, status),
        minutes(-100, 2000),
        minutes(0, 200),
        st.sampled_from(BlockStatus),
    )
    hours = st.builds(
        lambda days, opens, length, week: WorkingHours(days, opens, min(1440, opens + length), week),
        st.just(frozenset(range(7))) | st.frozensets(st.integers(0, 6), min_size=3),
        st.sampled_from([0, 30, 75, 90, 110, 120, 150, 540]),
        st.sampled_from([30, 60, 500, 1440]),
        st.sampled_from([None, None, 0, 1]),
    )
    return st.builds(
        Diary,
        st.just(""),
        st.sampled_from([True, False, False]),
        st.lists(block, max_size=5).map(tuple),
        st.lists(hours, max_size=3).map(tuple),
        st.sampled_from([True, False, False]),
        st.sampled_from([timedelta(), timedelta(minutes=15)]),
    )


@st.composite
def searches(draw):
    zone, changes_at = draw(st.sampled_from(DAYS))
    start = changes_at - draw(minutes(0, 500))
    end = start + draw(minutes(0, 240) | minutes(600, 2000))
    people = draw(st.lists(diaries(start), min_size=1, max_size=4))
    ids = "abcd"[: len(people)]
    quorum = st.builds(Quorum, st.frozensets(st.sampled_from(ids)), st.integers(0, 2))
    return SlotSearch(
        start,
        end,
        draw(minutes(1, 120)),
        draw(minutes(7, 90)),
        ZoneInfo(zone),
        tuple(replace(diary, id=each) for each, diary in zip(ids, people, strict=True)),
        tuple(draw(st.sampled_from([[], [], [draw(quorum)], [draw(quorum), draw(quorum)]]))),
        draw(st.none() | minutes(-60, 300).map(lambda after: start + after)),
        draw(st.none() | minutes(-60, 300).map(lambda before: end - before)),
        limit=0,
        rooms=tuple(draw(st.sampled_from([(), rooms_near(draw, start)]))),
        wishes=tuple(draw(st.sampled_from([[], [draw(wishes())], [draw(wishes()), draw(wishes())]]))),
        weighs_elsewhere=draw(st.booleans()),
        strains=tuple(draw(st.sampled_from([[], [draw(strains(start))]]))),
    )


def rooms_near(draw, start):
    found = draw(st.lists(diaries(start), min_size=1, max_size=2))
    return [replace(diary, id=f"room-{n}", travel=timedelta(), working_hours=()) for n, diary in enumerate(found)]


def strains(start):
    spans = st.lists(st.tuples(minutes(-100, 1500), minutes(1, 300)), max_size=3).map(
        lambda each: tuple(
            (microseconds(start + after), microseconds(start + after + length)) for after, length in each
        )
    )
    return st.builds(Strain, st.sampled_from("ab"), spans, st.integers(1, 400), st.just("a strain"))


def wishes():
    hours = st.builds(
        lambda days, opens, length: WorkingHours(days, opens, min(1440, opens + length)),
        st.frozensets(st.integers(0, 6), min_size=3),
        st.sampled_from([0, 60, 90, 540]),
        st.sampled_from([30, 500, 1440]),
    )
    who = st.sampled_from(["", "a", "b"])
    return st.builds(Wish, st.sampled_from("pq"), st.sampled_from(WishKind), st.tuples(hours), who, st.booleans())


@examples(120)
@given(searches())
def test_the_slots_are_those_a_plain_look_at_every_minute_finds(wanted):
    found = rank(wanted)
    assert {slot.start_at: (states_of(slot), slot.rooms, 10_000 - slot.score) for slot in found} == oracle(wanted)
    assert found == sorted(found, key=lambda slot: (-slot.score, slot.start_at))
    assert all(slot.end_at - slot.start_at == wanted.duration and slot.reasons for slot in found)


def states_of(slot):
    kinds = ("free", "tentative", "absent", "unknown")
    return {who: kind for kind in kinds for who in getattr(slot, kind)}


@examples(30)
@given(searches())
def test_a_limit_takes_the_first_of_all(wanted):
    assert rank(replace(wanted, limit=3)) == rank(wanted)[:3]
