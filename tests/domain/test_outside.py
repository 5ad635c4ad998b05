"""How much a reading of somebody's calendar is worth, and a meeting that must not block its own move."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coord_service.domain.diaries import Block, BlockStatus
from coord_service.domain.outside import Knowledge, Reading, judge, needs_asking, without_meeting

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
WEEK = (NOW, NOW + timedelta(days=7))


def at(hour: int) -> datetime:
    return NOW.replace(hour=hour)


DENTIST = Block(at(14), at(15))
READ = Reading(NOW, NOW + timedelta(weeks=12), NOW, (DENTIST,))


def test_what_was_read_a_moment_ago_is_known():
    outside = judge(READ, *WEEK, NOW + timedelta(minutes=5))
    assert (outside.knowledge, outside.blocks, outside.known_at) == (Knowledge.KNOWN, (DENTIST,), NOW)
    assert not outside.is_unknown


def test_what_was_read_this_morning_is_shown_with_its_age():
    outside = judge(READ, *WEEK, NOW + timedelta(hours=5))
    assert (outside.knowledge, outside.blocks, outside.known_at) == (Knowledge.OLD, (DENTIST,), NOW)
    assert not outside.is_unknown


def test_what_was_read_before_yesterday_is_shown_no_more():
    outside = judge(READ, *WEEK, NOW + timedelta(hours=25))
    assert (outside.knowledge, outside.blocks) == (Knowledge.NOT_YET, ())
    assert outside.is_unknown


def test_what_can_not_be_read_now_is_unknown_since_and_stays_busy_where_it_was():
    failed = replace(READ, failed_at=at(11), trouble="It hung up.")
    outside = judge(failed, *WEEK, at(12))
    assert (outside.knowledge, outside.blocks, outside.known_at) == (Knowledge.LOST, (DENTIST,), NOW)
    assert outside.is_unknown
    assert outside.trouble == "It hung up."


def test_what_was_never_read_is_unknown():
    assert judge(None, *WEEK, NOW).is_unknown
    assert judge(Reading(failed_at=NOW, trouble="No."), *WEEK, NOW).knowledge is Knowledge.LOST


def test_weeks_that_were_not_read_are_unknown():
    later = (NOW + timedelta(weeks=11), NOW + timedelta(weeks=13))
    assert judge(READ, *later, NOW).knowledge is Knowledge.NOT_YET


def test_blocks_outside_the_time_asked_for_are_left_out():
    assert judge(READ, at(15), at(16), NOW).blocks == ()
    assert judge(READ, at(14), at(15), NOW).blocks == (DENTIST,)


@pytest.mark.parametrize(
    ("reading", "age", "expected"),
    [
        (None, timedelta(), True),
        (READ, timedelta(minutes=10), False),
        (READ, timedelta(minutes=11), True),
        (replace(READ, failed_at=NOW), timedelta(seconds=59), False),
        (replace(READ, failed_at=NOW), timedelta(seconds=60), True),
        (replace(READ, end_at=NOW + timedelta(days=6)), timedelta(), True),
    ],
)
def test_a_calendar_is_asked_when_what_is_known_is_old_or_short_and_left_alone_after_a_failure(reading, age, expected):
    assert needs_asking(reading, *WEEK, NOW + age) is expected


@pytest.mark.parametrize(
    ("block", "left"),
    [
        (Block(at(14), at(15)), ()),
        (Block(at(14), at(15), BlockStatus.TENTATIVE), ()),
        (Block(at(14), at(16)), (Block(at(15), at(16)),)),
        (Block(at(13), at(15)), (Block(at(13), at(14)),)),
        (Block(at(13), at(16)), (Block(at(13), at(16)),)),
        (Block(at(15), at(16)), (Block(at(15), at(16)),)),
        (Block(at(12), at(13)), (Block(at(12), at(13)),)),
    ],
)
def test_a_meeting_does_not_stand_in_the_way_of_its_own_move(block, left):
    assert without_meeting((block,), at(14), at(15)) == left
