"""What a day can take of somebody. Monday 2 March 2026 and the days after it."""

from datetime import UTC, datetime, timedelta

import pytest

from coord_service.clock import LONDON
from coord_service.domain.day_load import DayLoad, say_ordinal, strains_of
from coord_service.domain.diaries import Block, Diary
from coord_service.domain.slots import Slot, SlotSearch, rank


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def meetings(*starts: datetime) -> tuple[Block, ...]:
    return tuple(Block(start, start + timedelta(hours=1)) for start in starts)


def found(load: DayLoad, *starts: datetime, is_required: bool = True) -> dict[datetime, Slot]:
    taken = meetings(*starts)
    shah = Diary("s", is_required, taken, name="Dr Shah")
    search = SlotSearch(
        window_start_at=at(2, 9),
        window_end_at=at(4, 17),
        duration=timedelta(hours=1),
        step=timedelta(minutes=15),
        zone=LONDON,
        diaries=(shah,),
        limit=0,
        strains=tuple(strains_of(shah, taken, load)),
    )
    return {slot.start_at: slot for slot in rank(search)}


def test_a_day_that_takes_no_more_comes_after_the_others_and_the_sentence_counts() -> None:
    slots = found(DayLoad(2, 0), at(2, 9), at(2, 11), at(3, 9))
    assert next(iter(slots)).day == 3
    assert slots[at(2, 14)].reasons == ("Everyone free", "Would be Dr Shah’s third meeting that day")
    assert slots[at(3, 14)].reasons == ("Everyone free",)
    assert slots[at(2, 14)].score == 10_000 - 400


def test_a_fuller_day_says_its_own_number() -> None:
    slots = found(DayLoad(1, 0), at(2, 9), at(3, 9), at(3, 11))
    assert "Would be Dr Shah’s second meeting that day" in slots[at(2, 14)].reasons
    assert "Would be Dr Shah’s third meeting that day" in slots[at(3, 14)].reasons


def test_a_time_right_after_another_meeting_says_how_little_it_leaves() -> None:
    slots = found(DayLoad(None, 15), at(2, 10))
    tight = {start for start, slot in slots.items() if slot.score % 1000 == 850}
    assert tight == {at(2, 9), at(2, 11)}
    assert "Leaves Dr Shah less than 15 minutes between meetings" in slots[at(2, 11)].reasons
    assert slots[at(2, 11, 15)].reasons == ("Everyone free",)


def test_whoever_would_miss_it_anyway_is_under_no_strain() -> None:
    slots = found(DayLoad(1, 15), at(2, 10), is_required=False)
    assert slots[at(2, 10)].reasons == ("Dr Shah would miss it",)
    assert slots[at(2, 10)].score == 7_500


def test_days_are_those_of_london() -> None:
    late = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)  # half past midnight on 2 June
    [strain] = strains_of(Diary("s", name="Dr Shah"), meetings(late), DayLoad(1, 0))
    begins, ends = strain.spans[0]
    assert (ends - begins, begins % (24 * 3600 * 10**6)) == (24 * 3600 * 10**6, 23 * 3600 * 10**6)


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "first"), (10, "tenth"), (11, "11th"), (12, "12th"), (21, "21st"), (23, "23rd"), (112, "112th")],
)
def test_numbers_are_said_in_order(number: int, words: str) -> None:
    assert say_ordinal(number) == words


def test_without_limits_nothing_is_a_strain() -> None:
    assert list(strains_of(Diary("s"), meetings(at(2, 9), at(2, 10)), DayLoad(None, 0))) == []
