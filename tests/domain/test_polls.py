"""What answers about times say: each rule by example."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coord_service.clock import LONDON
from coord_service.domain.diaries import Block, Diary, WorkingHours
from coord_service.domain.polls import (
    AskedTime,
    Ballot,
    PollAnswer,
    check_times,
    closing_instant,
    rank_times,
    reminding_instant,
    usual_closing,
    with_ballots,
)
from coord_service.domain.slots import SlotSearch
from coord_service.domain.standings import Quorum
from coord_service.domain.working_days import WorkingDays
from coord_service.errors import Refused

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAYS = WorkingDays(frozenset({date(2026, 4, 3), date(2026, 4, 6)}))  # Easter
YES, IF_NEED_BE, NO = PollAnswer.YES, PollAnswer.IF_NEED_BE, PollAnswer.NO


def times(*hours: int) -> list[AskedTime]:
    starts = [NOW.replace(day=10, hour=hour) for hour in hours]
    return [AskedTime(number, start, start + HOUR) for number, start in enumerate(starts, 1)]


def search(*diaries: Diary, quorums: tuple[Quorum, ...] = ()) -> SlotSearch:
    return SlotSearch(NOW, NOW, HOUR, HOUR, LONDON, diaries, quorums)


def order(asked: list[AskedTime], diaries: list[Diary], *ballots: Ballot) -> list[int]:
    return [each.time.id for each in rank_times(search(*diaries), asked, ballots)]


def test_yes_comes_before_if_need_be_before_no_answer_before_a_no_of_somebody_needed() -> None:
    asked = times(9, 11, 13, 15)
    ballot = Ballot("a", {1: NO, 2: IF_NEED_BE, 4: YES})
    assert order(asked, [Diary("a")], ballot) == [4, 2, 3, 1]


def test_whoever_says_yes_can_come_whatever_their_calendar_and_hours_say() -> None:
    asked = times(19)
    busy = Diary(
        "a", busy=(Block(asked[0].start_at, asked[0].end_at),), working_hours=(WorkingHours(frozenset(), 0, 1),)
    )
    (standing,) = rank_times(search(busy), asked, [Ballot("a", {1: YES})])
    assert (standing.is_possible, standing.free) == (True, ("a",))


def test_whoever_was_asked_and_says_nothing_is_not_known() -> None:
    (standing,) = rank_times(search(Diary("a")), times(9), [Ballot("a", {})])
    assert (standing.unknown, standing.is_possible) == (("a",), True)


def test_whoever_was_not_asked_counts_as_their_calendar_says() -> None:
    asked = times(9)
    busy = Diary("b", is_required=False, busy=(Block(asked[0].start_at, asked[0].end_at),))
    (standing,) = rank_times(search(Diary("a"), busy), asked, [Ballot("a", {1: YES})])
    assert (standing.free, standing.absent) == (("a",), ("b",))


def test_a_time_without_quorum_is_not_possible_and_still_shown() -> None:
    asked, team = times(9), search(Diary("a", is_required=False), quorums=(Quorum(frozenset({"a"})),))
    (standing,) = rank_times(team, asked, [Ballot("a", {1: NO})])
    assert (standing.is_possible, standing.absent) == (False, ("a",))


def test_of_times_equally_good_the_earlier_comes_first() -> None:
    assert order(list(reversed(times(9, 11))), [Diary("a")], Ballot("a", {1: YES, 2: YES})) == [1, 2]


@given(st.lists(st.sampled_from([None, YES, IF_NEED_BE, NO]), min_size=4, max_size=4), st.booleans())
def test_everybody_stands_in_one_list_and_a_no_of_somebody_needed_rules_a_time_out(answers, is_required) -> None:
    ballots = [Ballot(str(n), {} if answer is None else {1: answer}) for n, answer in enumerate(answers)]
    diaries = [Diary(str(n), is_required=is_required) for n in range(len(answers))]
    (standing,) = rank_times(search(*diaries), times(9), ballots)
    everybody = [*standing.free, *standing.tentative, *standing.absent, *standing.unknown]
    assert sorted(everybody) == ["0", "1", "2", "3"]
    assert standing.is_possible == (not is_required or NO not in answers)


def test_answers_count_in_a_search_for_other_times_too() -> None:
    asked = times(9, 11)
    (diary,) = with_ballots([Diary("a")], [Ballot("a", {1: NO, 2: YES})], asked)
    assert diary.busy == (Block(asked[0].start_at, asked[0].end_at),)


def test_answers_are_wanted_within_five_working_days_and_before_the_first_time() -> None:
    assert usual_closing(date(2026, 3, 3), date(2026, 3, 30), DAYS) == date(2026, 3, 10)
    assert usual_closing(date(2026, 3, 3), date(2026, 3, 6), DAYS) == date(2026, 3, 5)
    assert usual_closing(date(2026, 4, 1), date(2026, 5, 1), DAYS) == date(2026, 4, 10)  # round Easter
    assert usual_closing(date(2026, 3, 3), date(2026, 3, 3), DAYS) == date(2026, 3, 3)


def test_closing_is_six_in_the_evening_in_london_on_both_sides_of_a_clock_change() -> None:
    assert closing_instant(date(2026, 3, 27)).astimezone(UTC).hour == 18
    assert closing_instant(date(2026, 3, 30)).astimezone(UTC).hour == 17


def test_the_reminder_comes_on_the_working_day_before() -> None:
    assert reminding_instant(date(2026, 3, 9), DAYS) == datetime(2026, 3, 6, 9, tzinfo=LONDON)
    assert reminding_instant(date(2026, 4, 7), DAYS) == datetime(2026, 4, 2, 9, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("starts", "closes_on", "words"),
    [
        ([9], date(2026, 3, 5), "at least two"),
        ([9, 9], date(2026, 3, 5), "at least two"),
        (range(8, 19), date(2026, 3, 5), "at most 10"),
        ([9, 11], date(2026, 3, 2), "later closing day"),
        ([9, 11], date(2026, 3, 10), "before the first time, Tuesday 10 March 2026"),
    ],
)
def test_a_poll_that_makes_no_sense_is_refused_in_words(starts, closes_on, words) -> None:
    with pytest.raises(Refused, match=words):
        check_times([each.start_at for each in times(*starts)], closes_on, NOW)


def test_the_day_of_closing_may_be_today_until_the_evening() -> None:
    starts = [each.start_at for each in times(9, 11)]
    check_times(starts, NOW.date(), NOW)
    with pytest.raises(Refused, match="later"):
        check_times(starts, NOW.date(), NOW.replace(hour=18))


def test_a_diary_is_left_alone_by_other_peoples_answers() -> None:
    diary = Diary("a")
    assert with_ballots([diary], [Ballot("b", {1: NO})], times(9)) == (diary,)
