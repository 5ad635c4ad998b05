"""A person's day in stretches."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from coord_service.clock import LONDON
from coord_service.domain.availability import Presence, stretches_of
from coord_service.domain.diaries import Block, BlockStatus, Diary, WorkingHours

HOURS = (WorkingHours(frozenset({0}), 9 * 60, 17 * 60),)
MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


def told(diary: Diary, start: datetime = MONDAY, hours: float = 10) -> list[tuple[float, Presence]]:
    found = stretches_of(diary, LONDON, start, start + timedelta(hours=hours))
    assert found[0].start_at == start
    assert found[-1].end_at == start + timedelta(hours=hours)
    assert all(one.end_at == other.start_at for one, other in pairwise(found))
    return [((each.start_at - start) / timedelta(hours=1), each.presence) for each in found]


def block(start: float, end: float, status: BlockStatus = BlockStatus.BUSY) -> Block:
    return Block(MONDAY + timedelta(hours=start), MONDAY + timedelta(hours=end), status)


def test_a_day_of_work_with_meetings() -> None:
    diary = Diary("1", busy=(block(2, 3), block(3, 4), block(6, 7, BlockStatus.TENTATIVE)), working_hours=HOURS)
    assert told(diary) == [
        (0, Presence.OUTSIDE),
        (1, Presence.FREE),
        (2, Presence.BUSY),
        (4, Presence.FREE),
        (6, Presence.TENTATIVE),
        (7, Presence.FREE),
        (9, Presence.OUTSIDE),
    ]


def test_whoever_has_no_calendar_is_not_said_to_be_free() -> None:
    diary = Diary("1", busy=(block(2, 3),), working_hours=HOURS, is_unseen=True)
    assert [presence for _, presence in told(diary)[1:4]] == [Presence.UNSEEN, Presence.BUSY, Presence.UNSEEN]


def test_leave_hides_what_else_is_in_the_diary_but_not_the_hours() -> None:
    diary = Diary("1", busy=(block(2, 3), block(-8, 16, BlockStatus.OOF)), working_hours=HOURS)
    assert told(diary) == [(0, Presence.OUTSIDE), (1, Presence.AWAY), (9, Presence.OUTSIDE)]


def test_unknown_is_never_free_and_known_blocks_show() -> None:
    diary = Diary("1", busy=(block(2, 3),), working_hours=HOURS, is_unknown=True)
    assert [presence for _, presence in told(diary, hours=4)] == [
        Presence.OUTSIDE,
        Presence.UNKNOWN,
        Presence.BUSY,
        Presence.UNKNOWN,
    ]


def test_no_hours_given_means_always() -> None:
    assert told(Diary("1")) == [(0, Presence.FREE)]


def test_blocks_that_begin_before_and_end_after_are_cut() -> None:
    assert told(Diary("1", busy=(block(-50, 50),))) == [(0, Presence.BUSY)]


def test_working_hours_follow_the_wall_clock_into_summer() -> None:
    sunday = (WorkingHours(frozenset({6}), 9 * 60, 10 * 60),)
    start = datetime(2026, 3, 29, 7, 0, tzinfo=UTC)  # the Sunday the clocks go forward: 8am in London
    assert told(Diary("1", working_hours=sunday), start, 4) == [
        (0, Presence.OUTSIDE),
        (1, Presence.FREE),
        (2, Presence.OUTSIDE),
    ]
