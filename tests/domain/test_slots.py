"""Finding a time: each rule by example, and all of them against a slow, plain oracle."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from coord_service.domain.diaries import Block, BlockStatus, Diary, WorkingHours, week_of
from coord_service.domain.slots import SlotSearch, rank
from coord_service.domain.standings import Quorum
from coord_service.domain.wishes import Wish, WishKind
from coord_service.errors import Refused

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEKDAYS_9_TO_5 = (WorkingHours(frozenset(range(5)), 9 * 60, 17 * 60),)
MINUTE = timedelta(minutes=1)


def at(hour, minute=0, day=MONDAY):
    return day + timedelta(hours=hour, minutes=minute)


NINE, NOON = at(9), at(12)


def search(*diaries, start=NINE, end=NOON, minutes=60, step=60, **more):
    lengths = {"duration": timedelta(minutes=minutes), "step": timedelta(minutes=step)}
    return SlotSearch(start, end, zone=more.pop("zone", LONDON), diaries=diaries, **lengths, **more)


def starts(*args, **more):
    return sorted(slot.start_at for slot in rank(search(*args, **more)))


def busy(start, end, status=BlockStatus.BUSY):
    return (Block(start, end, status),)


def test_every_start_in_the_window_is_listed_when_everyone_is_free():
    assert starts(Diary("a")) == [at(9), at(10), at(11)]


def test_starts_count_from_the_window_and_a_slot_ends_within_it():
    assert starts(Diary("a"), start=at(9, 5), end=at(11, 35), step=30) == [at(9, 5), at(9, 35), at(10, 5), at(10, 35)]


def test_earliest_and_latest_keep_the_steps_of_the_window():
    assert starts(Diary("a"), earliest_at=at(9, 1), latest_at=at(11)) == [at(10)]


def test_a_window_shorter_than_the_meeting_has_no_slots():
    assert rank(search(Diary("a", working_hours=WEEKDAYS_9_TO_5), end=at(9, 30))) == []


def test_an_earliest_after_the_end_of_time_has_no_slots():
    far = datetime(9999, 12, 31, tzinfo=UTC)
    assert rank(search(Diary("a", working_hours=WEEKDAYS_9_TO_5), earliest_at=far)) == []


@pytest.mark.parametrize("status", ["busy", "oof"])
def test_a_required_person_who_is_away_rules_the_slot_out(status):
    assert starts(Diary("a", busy=busy(at(9, 30), at(10), BlockStatus(status)))) == [at(10), at(11)]


@pytest.mark.parametrize("status", ["elsewhere", "free"])
def test_working_elsewhere_counts_as_free(status):
    [slot, *_] = rank(search(Diary("a", busy=busy(at(9), at(12), BlockStatus(status)), travel=timedelta(hours=1))))
    assert slot.free == ("a",)


def test_a_block_that_ends_as_the_meeting_starts_is_no_clash():
    assert at(10) in starts(Diary("a", busy=busy(at(9), at(10))))


def test_a_block_of_no_length_takes_no_time_but_its_travel_does():
    moment = busy(at(9, 30), at(9, 30))
    assert at(9) in starts(Diary("a", busy=moment))
    assert at(9) not in starts(Diary("a", busy=moment, travel=MINUTE))


def test_travel_widens_blocks_before_and_after():
    diary = Diary("a", busy=busy(at(10), at(11)), travel=timedelta(minutes=30))
    assert starts(diary, start=at(8), end=at(13), step=30) == [at(8), at(8, 30), at(11, 30), at(12)]


def test_an_unknown_person_is_in_no_other_list_and_rules_nothing_out():
    [slot, *_] = rank(search(Diary("a", is_unknown=True, busy=busy(at(9), at(12), BlockStatus.TENTATIVE))))
    assert (slot.unknown, slot.free, slot.tentative, slot.absent) == (("a",), (), (), ())


def test_what_is_known_of_an_unknown_person_still_makes_them_absent():
    assert starts(Diary("a", is_unknown=True, busy=busy(at(9), at(10)))) == [at(10), at(11)]


def test_an_unknown_person_does_not_fill_a_quorum():
    people = (Diary("a", is_required=False, is_unknown=True), Diary("b"))
    assert rank(search(*people, quorums=(Quorum(frozenset({"a"})),))) == []


def test_a_tentative_person_fills_a_quorum():
    diary = Diary("a", is_required=False, busy=busy(at(9), at(12), BlockStatus.TENTATIVE))
    assert len(rank(search(diary, quorums=(Quorum(frozenset({"a"})),)))) == 3


def test_a_quorum_that_can_never_hold_leaves_no_slots():
    assert rank(search(Diary("a"), quorums=(Quorum(frozenset({"a"}), 2),))) == []


def test_outside_working_hours_a_person_is_absent():
    assert starts(Diary("a", working_hours=WEEKDAYS_9_TO_5), start=at(7), end=at(19), step=60) == [
        at(hour) for hour in range(9, 17)
    ]


def test_working_hours_that_touch_are_one():
    hours = (WorkingHours(frozenset({0}), 540, 600), WorkingHours(frozenset({0}), 600, 660))
    assert at(9, 30) in starts(Diary("a", working_hours=hours), step=30)


def test_hours_of_every_second_week_are_open_in_those_weeks_alone():
    this_week = week_of(MONDAY.date())
    hours = (WorkingHours(frozenset({0}), 540, 600, this_week), WorkingHours(frozenset({1}), 540, 600, 1 - this_week))
    weeks = [at(0, day=MONDAY + timedelta(weeks=n)) for n in range(4)]
    found = starts(Diary("a", working_hours=hours), start=MONDAY, end=MONDAY + timedelta(weeks=4))
    assert found == [at(9, day=weeks[0]), at(33, day=weeks[1]), at(9, day=weeks[2]), at(33, day=weeks[3])]


def test_working_hours_run_on_over_midnight():
    always = (WorkingHours(frozenset(range(7)), 0, 1440),)
    assert starts(Diary("a", working_hours=always), start=at(23, 30), end=at(24, 30)) == [at(23, 30)]


@pytest.mark.parametrize(
    ("sunday", "nine_in_utc"), [(datetime(2026, 3, 29, tzinfo=UTC), 8), (datetime(2026, 10, 25, tzinfo=UTC), 9)]
)
def test_nine_to_five_follows_the_clock_on_the_wall_when_it_changes(sunday, nine_in_utc):
    hours = (WorkingHours(frozenset({6}), 9 * 60, 17 * 60),)
    found = starts(Diary("a", working_hours=hours), start=sunday, end=sunday + timedelta(days=1))
    assert (found[0], len(found)) == (at(nine_in_utc, day=sunday), 8)


def test_the_hour_that_comes_twice_is_open_twice():
    sunday = datetime(2026, 10, 25, tzinfo=UTC)
    hours = (WorkingHours(frozenset({6}), 60, 120),)
    assert starts(Diary("a", working_hours=hours), start=sunday, end=at(4, day=sunday)) == [sunday, at(1, day=sunday)]


def test_the_hour_that_never_comes_is_never_open():
    sunday = datetime(2026, 3, 29, tzinfo=UTC)
    hours = (WorkingHours(frozenset({6}), 60, 120),)
    assert starts(Diary("a", working_hours=hours), start=sunday, end=at(4, day=sunday), minutes=1, step=1) == []


def test_slots_stand_by_falling_score_then_by_start():
    optional = Diary("b", is_required=False, busy=busy(at(9), at(10)))
    assert [slot.start_at for slot in rank(search(Diary("a"), optional))] == [at(10), at(11), at(9)]


def test_an_earlier_day_is_better_but_never_at_the_cost_of_a_person():
    away_on_monday = Diary("b", is_required=False, busy=busy(at(0), at(24), BlockStatus.TENTATIVE))
    found = rank(search(Diary("a"), away_on_monday, end=at(12, day=MONDAY + timedelta(days=400)), step=1440, limit=0))
    assert [found[0].start_at, found[-1].start_at] == [at(9, day=MONDAY + timedelta(days=1)), at(9)]


def test_the_limit_is_twenty_unless_it_is_said_and_nought_is_all():
    wide = {"end": at(12, day=MONDAY + timedelta(days=9))}
    assert [len(rank(search(Diary("a"), **wide, **more))) for more in ({}, {"limit": 3}, {"limit": 0})] == [20, 3, 219]


def test_reasons_name_people_and_count_the_days_to_the_limit():
    team = (
        Diary("1", name="Ms Khan"),
        Diary("2", name="Dr Shah", is_required=False, busy=busy(at(9), at(10), BlockStatus.TENTATIVE)),
        Diary("3", name="Ms Okoro", is_required=False, busy=busy(at(9), at(10))),
        Diary("4", is_required=False, is_unknown=True),
    )
    [slot] = rank(search(*team, end=at(10), limit_on=date(2026, 3, 14)))
    assert slot.reasons == (
        "All required people free",
        "Dr Shah tentative",
        "4 not known",
        "Ms Okoro would miss it",
        "12 days before the limit",
    )


def test_what_is_not_known_says_since_when():
    read_at = datetime(2026, 7, 1, 9, 40, tzinfo=UTC)
    [slot, *_] = rank(search(Diary("a", name="Dr Shah", is_unknown=True, known_at=read_at)))
    assert "Dr Shah not known since 10:40am on 1 July" in slot.reasons


@pytest.mark.parametrize(
    ("limit_on", "words"),
    [
        (date(2026, 3, 1), "1 day after the limit"),
        (date(2026, 3, 2), "On the last day of the limit"),
        (date(2026, 3, 3), "1 day before the limit"),
    ],
)
def test_the_day_of_the_limit_is_still_within_it(limit_on, words):
    assert rank(search(Diary("a"), limit_on=limit_on))[0].reasons == ("Everyone free", words)


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": 0},
        {"step": 0},
        {"limit": -1},
        {"end": at(8)},
        {"quorums": (Quorum(frozenset({"nobody"})),)},
    ],
)
def test_what_makes_no_search_is_refused(wrong):
    with pytest.raises(Refused):
        search(Diary("a"), **wrong)


def test_two_attendees_of_one_id_are_refused():
    with pytest.raises(Refused, match="twice"):
        search(Diary("a"), Diary("a"))


def test_whose_calendar_nobody_can_see_is_never_said_to_be_free():
    unseen = [Diary(each, name=each.upper(), is_unseen=True) for each in "xyz"]
    said = [
        rank(search(*diaries, end=at(10)))[0].reasons
        for diaries in ([Diary("a"), unseen[0]], [Diary("a"), *unseen], [*unseen])
    ]
    assert said == [
        ("Everyone we can see is free", "We can’t see a calendar of X"),
        ("Everyone we can see is free", "We can’t see 3 people’s calendars"),
        ("Nothing known against it", "We can see nobody’s calendar"),
    ]


def test_required_people_are_free_only_as_far_as_we_can_see():
    misses = Diary("m", False, busy(at(9), at(10)))
    [slot] = rank(search(Diary("a"), Diary("x", is_unseen=True), misses, end=at(10)))
    assert slot.reasons[0] == "All required people free, as far as we can see"
    [slot] = rank(search(Diary("x", is_unseen=True), Diary("m", False, misses.busy, is_unseen=True), end=at(10)))
    assert slot.reasons[0] == "Possible, as far as we can see"


def room(number, *blocks):
    return Diary(f"room-{number}", busy=blocks)


def test_with_rooms_at_least_one_of_them_is_free_and_those_that_are_stand_in_the_slot():
    rooms = (room(1, Block(at(9), at(11))), room(2, Block(at(10), at(12), BlockStatus.TENTATIVE)))
    found = rank(search(Diary("a"), rooms=rooms))
    assert {slot.start_at: slot.rooms for slot in found} == {at(9): ("room-2",), at(11): ("room-1",)}


def test_a_room_is_no_person():
    [slot] = rank(search(Diary("a"), rooms=(room(1),), end=at(10)))
    assert (slot.free, slot.score, slot.reasons) == (("a",), 10_000, ("Everyone free",))


ALWAYS = (WorkingHours(frozenset(range(7)), 0, 1440),)


def wish(kind, opens, closes, name="Mrs Khan"):
    return Wish(name, kind, (WorkingHours(frozenset({0}), opens * 60, closes * 60),))


def test_wishes_order_the_slots_and_are_told():
    wishes = (wish(WishKind.GOOD, 10, 13), wish(WishKind.IF_NEED_BE, 11, 12), wish(WishKind.NOT, 12, 13))
    found = rank(search(Diary("a"), end=at(13), wishes=wishes))
    assert [(slot.start_at.hour, slot.reasons[1]) for slot in found] == [
        (10, "A good time for Mrs Khan"),
        (9, "Not one of the good times of Mrs Khan"),
        (11, "Mrs Khan only if need be"),
        (12, "Mrs Khan would rather not"),
    ]
    assert found[0].score == 10_000


def test_people_who_think_the_same_of_a_time_are_named_together():
    wishes = [wish(WishKind.GOOD, 9, 10, name) for name in ("Mrs Khan", "Mr Khan")]
    [slot] = rank(search(Diary("a"), end=at(10), wishes=(*wishes, wish(WishKind.NOT, 9, 10, "Dr Shah"))))
    assert slot.reasons[1:] == ("A good time for Mrs Khan and Mr Khan", "Dr Shah would rather not")


def test_a_wish_never_outweighs_that_somebody_required_may_not_come():
    busy_at_ten = Diary("a", busy=busy(at(10), at(11), BlockStatus.TENTATIVE))
    found = rank(search(busy_at_ten, start=at(9), end=at(11), wishes=(wish(WishKind.NOT, 9, 10),)))
    assert [slot.start_at for slot in found] == [at(9), at(10)]


def test_what_somebody_likes_who_would_miss_it_counts_for_nothing():
    mother = Diary("m", False, name="Mrs Khan", busy=busy(at(9), at(10)))
    [slot] = rank(search(mother, Diary("a"), end=at(10), wishes=(Wish("Mrs Khan", WishKind.NOT, ALWAYS, "m"),)))
    assert (slot.score, slot.reasons) == (7_500, ("All required people free", "Mrs Khan would miss it"))


def test_what_others_would_like_costs_a_third_of_what_a_family_would():
    scores = [
        rank(search(Diary("a"), end=at(10), wishes=(Wish("Dr Shah", WishKind.NOT, ALWAYS, "a", is_family),)))[0].score
        for is_family in (True, False)
    ]
    assert scores == [7_300, 9_100]


def test_working_elsewhere_costs_where_it_is_weighed_and_only_there():
    diary = Diary("a", name="Dr Shah", busy=busy(at(9), at(10), BlockStatus.ELSEWHERE))
    assert rank(search(diary))[0].start_at == at(9)
    weighed = rank(search(diary, weighs_elsewhere=True))
    assert [slot.start_at for slot in weighed] == [at(10), at(11), at(9)]
    assert weighed[2].reasons == ("Everyone free", "Dr Shah works elsewhere then")


def test_the_same_thing_about_a_required_person_weighs_more():
    for status, unknown in product([BlockStatus.TENTATIVE, BlockStatus.FREE], [True, False]):
        if status is BlockStatus.FREE and not unknown:
            continue
        blocks = busy(at(9), at(10), status)
        [required] = rank(search(Diary("a", busy=blocks, is_unknown=unknown), end=at(10)))
        [optional] = rank(search(Diary("a", is_required=False, busy=blocks, is_unknown=unknown), end=at(10)))
        assert required.score < optional.score < 10_000


def test_blocks_in_one_zone_are_told_apart_in_the_hour_that_comes_twice():
    sunday = datetime(2026, 10, 25, tzinfo=UTC)
    # 1:30 in summer time until 1:30 in winter time: an hour, though the wall clock says none.
    twice = busy(datetime(2026, 10, 25, 1, 30, tzinfo=LONDON), datetime(2026, 10, 25, 1, 30, fold=1, tzinfo=LONDON))
    assert starts(Diary("a", busy=twice), start=sunday, end=at(3, day=sunday), step=30, minutes=30) == [
        sunday,
        at(1, 30, day=sunday),
        at(2, day=sunday),
        at(2, 30, day=sunday),
    ]
