"""What a calendar says of its owner's time, the same from every kind."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from coord_service.domain.diaries import Block, BlockStatus, join, microseconds
from coord_service.domain.itip import PartStat, Status
from coord_service.ports import Ability, Calendar
from tests.contracts.calendars.events import appointment, at, busy, own_answer, utc
from tests.contracts.calendars.hand import OWNER

ABILITY = Ability.READ_BUSY
WEEK = (utc(8, 0), utc(15, 0))


async def read(calendar: Calendar, start_at: datetime, end_at: datetime) -> list[Block]:
    """The blocks as seen between two instants. Systems may merge blocks of one status or not: here they are merged."""
    found = (await calendar.read_busy([OWNER], start_at, end_at))[OWNER]
    assert found.trouble is None
    assert list(found.blocks) == sorted(found.blocks, key=lambda block: block.start_at)
    assert all(each.tzinfo is UTC for block in found.blocks for each in (block.start_at, block.end_at))
    return [
        Block(*(datetime.fromtimestamp(edge / 1_000_000, UTC) for edge in span), status)
        for status in BlockStatus
        for span in join(
            (microseconds(block.start_at), microseconds(block.end_at))
            for block in found.blocks
            if block.status is status
        )
    ]


async def test_an_empty_diary_is_empty(calendar):
    assert await read(calendar, *WEEK) == []


async def test_an_appointment_is_busy_in_utc(calendar, hand):
    await hand.add(appointment(at(9, 10), at(9, 11, 30)))
    assert await read(calendar, *WEEK) == [busy(utc(9, 10), utc(9, 11, 30))]


async def test_an_appointment_in_summer_is_an_hour_earlier_in_utc(calendar, hand):
    await hand.add(appointment(at(6, 10, month=7), at(6, 11, month=7)))
    assert await read(calendar, utc(5, 0, month=7), utc(12, 0, month=7)) == [
        busy(utc(6, 9, month=7), utc(6, 10, month=7))
    ]


async def test_busy_is_half_open(calendar, hand):
    await hand.add(appointment(at(9, 10), at(9, 11)))
    assert await read(calendar, utc(9, 9), utc(9, 10)) == []
    assert await read(calendar, utc(9, 11), utc(9, 12)) == []


async def test_a_block_that_only_reaches_into_the_time_asked_for_is_there(calendar, hand):
    await hand.add(appointment(at(9, 10), at(9, 12)))
    [block] = await read(calendar, utc(9, 11), utc(9, 13))
    assert block.start_at <= utc(9, 11)
    assert block.end_at == utc(9, 12)


async def test_a_series_stands_on_each_of_its_days(calendar, hand):
    await hand.add(appointment(at(2, 9), at(2, 10), rrule="FREQ=WEEKLY;COUNT=3"))
    assert await read(calendar, utc(1, 0), utc(29, 0)) == [
        busy(utc(2, 9), utc(2, 10)),
        busy(utc(9, 9), utc(9, 10)),
        busy(utc(16, 9), utc(16, 10)),
    ]


async def test_a_series_that_began_years_ago_still_goes_on(calendar, hand):
    start = at(2, 9).replace(year=2021)  # a Tuesday, as in 2027
    await hand.add(appointment(start, start + timedelta(hours=1), rrule="FREQ=WEEKLY"))
    assert await read(calendar, *WEEK) == [busy(utc(9, 9), utc(9, 10))]


async def test_a_date_taken_out_of_a_series_is_free(calendar, hand):
    await hand.add(appointment(at(2, 9), at(2, 10), rrule="FREQ=WEEKLY;COUNT=3", exdates=(at(9, 9),)))
    assert await read(calendar, utc(1, 0), utc(29, 0)) == [
        busy(utc(2, 9), utc(2, 10)),
        busy(utc(16, 9), utc(16, 10)),
    ]


async def test_a_date_of_a_series_that_was_moved_stands_where_it_was_moved_to(calendar, hand):
    series = appointment(at(2, 9), at(2, 10), rrule="FREQ=WEEKLY;COUNT=2")
    moved = replace(series, start=at(10, 15), end=at(10, 16), recurrence_id=at(9, 9), rrule="")
    await hand.add(replace(series, overrides=(moved,)))
    assert await read(calendar, *WEEK) == [busy(utc(10, 15), utc(10, 16))]


async def test_a_series_keeps_its_hour_over_both_changes_of_the_clocks(calendar, hand):
    await hand.add(appointment(at(27, 9), at(27, 10), rrule="FREQ=DAILY;COUNT=2"))
    await hand.add(appointment(at(30, 9, month=10), at(30, 10, month=10), rrule="FREQ=DAILY;COUNT=2"))
    assert await read(calendar, utc(27, 0), utc(29, 0)) == [busy(utc(27, 9), utc(27, 10)), busy(utc(28, 8), utc(28, 9))]
    assert await read(calendar, utc(30, 0, month=10), utc(31, 23, month=10)) == [
        busy(utc(30, 8, month=10), utc(30, 9, month=10)),
        busy(utc(31, 9, month=10), utc(31, 10, month=10)),
    ]


async def test_an_appointment_over_the_hour_that_never_comes_is_an_hour_shorter(calendar, hand):
    await hand.add(appointment(at(28, 0, 30), at(28, 3)))
    assert await read(calendar, utc(27, 0), utc(29, 0)) == [busy(utc(28, 0, 30), utc(28, 2))]


async def test_an_appointment_over_the_hour_that_comes_twice_is_an_hour_longer(calendar, hand):
    await hand.add(appointment(at(31, 0, 30, month=10), at(31, 3, month=10)))
    assert await read(calendar, utc(30, 0, month=10), utc(31, 23, month=10)) == [
        busy(utc(30, 23, 30, month=10), utc(31, 3, month=10))
    ]


async def test_a_whole_day_is_the_day_of_the_calendars_zone(calendar, hand):
    await hand.add(appointment(date(2027, 7, 6), date(2027, 7, 7)))
    assert await read(calendar, utc(1, 0, month=7), utc(15, 0, month=7)) == [
        busy(utc(5, 23, month=7), utc(6, 23, month=7))
    ]


async def test_the_days_on_which_the_clocks_change_have_23_and_25_hours(calendar, hand):
    await hand.add(appointment(date(2027, 3, 28), date(2027, 3, 29)))
    await hand.add(appointment(date(2027, 10, 31), date(2027, 11, 1)))
    assert await read(calendar, utc(26, 0), utc(31, 0)) == [busy(utc(28, 0), utc(28, 23))]
    assert await read(calendar, utc(29, 0, month=10), utc(3, 0, month=11)) == [
        busy(utc(30, 23, month=10), utc(1, 0, month=11))
    ]


async def test_what_is_cancelled_transparent_or_declined_takes_no_time(calendar, hand):
    await hand.add(appointment(at(9, 9), at(9, 10), status=Status.CANCELLED))
    await hand.add(appointment(at(9, 11), at(9, 12), transparency="TRANSPARENT"))
    await hand.add(appointment(at(9, 13), at(9, 14), **own_answer(PartStat.DECLINED)))
    assert await read(calendar, *WEEK) == []


async def test_an_invitation_that_was_accepted_is_busy(calendar, hand):
    await hand.add(appointment(at(9, 13), at(9, 14), **own_answer(PartStat.ACCEPTED)))
    assert await read(calendar, *WEEK) == [busy(utc(9, 13), utc(9, 14))]


async def test_what_is_tentative_is_marked_so(calendar, hand):
    await hand.add(appointment(at(9, 9), at(9, 10), status=Status.TENTATIVE))
    await hand.add(appointment(at(9, 11), at(9, 12), **own_answer(PartStat.TENTATIVE)))
    assert await read(calendar, *WEEK) == [
        busy(utc(9, 9), utc(9, 10), BlockStatus.TENTATIVE),
        busy(utc(9, 11), utc(9, 12), BlockStatus.TENTATIVE),
    ]


async def test_more_than_42_days_are_read_without_a_gap(calendar, hand):
    start = at(1, 9)
    await hand.add(appointment(start, at(1, 10), rrule="FREQ=DAILY;COUNT=120"))
    found = await read(calendar, utc(1, 0), utc(1, 0) + timedelta(days=120))
    assert len(found) == 120
    steps = {(later.start_at - earlier.start_at) for earlier, later in pairwise(found)}
    assert steps == {timedelta(days=1), timedelta(hours=23)}  # the Sunday on which the clocks go forward


async def test_everybody_asked_for_is_answered_for(calendar):
    stranger = "nobody@example.net"
    found = await calendar.read_busy([OWNER, stranger], *WEEK)
    assert set(found) == {OWNER, stranger}
    assert found[stranger].trouble
    assert found[stranger].blocks == ()
    assert found[OWNER].trouble is None
