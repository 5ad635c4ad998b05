"""What would have to give: by hand, and against searches in which that one thing has given. Monday 2 March 2026."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings

from coord_service.clock import LONDON
from coord_service.domain.day_load import Strain
from coord_service.domain.diaries import Block, BlockStatus, Diary, WorkingHours, microseconds
from coord_service.domain.giving import MOVABLE, Give, GiveKind, find_gives, say_better
from coord_service.domain.slots import SlotSearch, rank, touch
from coord_service.domain.standings import FULL_MARKS, Quorum
from tests.domain.test_slots_oracle import searches


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=UTC)


def busy(since: datetime, until: datetime, status: BlockStatus = BlockStatus.BUSY) -> tuple[Block, ...]:
    return (Block(since, until, status),)


def search(*diaries: Diary, **changes: object) -> SlotSearch:
    facts: dict[str, object] = {
        "window_start_at": at(9),
        "window_end_at": at(12),
        "duration": timedelta(hours=1),
        "step": timedelta(hours=1),
        "zone": LONDON,
        "diaries": diaries,
        "limit": 0,
    }
    return SlotSearch(**(facts | changes))


def shah(*blocks: Block, **changes: object) -> Diary:
    return Diary("s", name="Dr Shah", busy=blocks, **changes)


def test_who_could_move_something_is_named_with_what_and_for_which_time() -> None:
    okoro = Diary("o", False, busy(at(9), at(10)) + busy(at(11), at(12)), name="Ms Okoro")
    wanted = search(shah(*busy(at(10), at(10, 30))), okoro)
    slots = rank(wanted)
    assert [slot.start_at for slot in slots] == [at(9), at(11)]
    assert find_gives(wanted).better_than(slots[0]) == (
        "If Ms Okoro could move what they have between 9am and 10am, everybody could come then"
    )
    without_okoro = replace(wanted, diaries=(wanted.diaries[0], replace(okoro, busy=busy(at(9), at(15)))))
    assert find_gives(without_okoro).better_than(rank(without_okoro)[0]) == ""  # six hours are not moved


def test_when_nothing_fits_one_thing_that_would_be_enough_is_said() -> None:
    khan = Diary("k", name="Mrs Khan", busy=busy(at(10), at(12)))
    wanted = search(shah(*busy(at(9), at(10)), *busy(at(11), at(12), BlockStatus.OOF)), khan)
    assert rank(wanted) == []
    assert find_gives(wanted).best(3) == [
        "If Dr Shah could move what they have between 9am and 10am, everybody could come on Monday 2 March at 9am",
        "If Mrs Khan could move what they have between 10am and 12pm, everybody could come on Monday 2 March at 10am",
    ]


def test_whoever_can_not_be_read_is_to_be_asked_before_anybody_moves_anything() -> None:
    khan = Diary("k", name="Mrs Khan", is_unknown=True)
    wanted = search(shah(*busy(at(9), at(10))), khan)
    slots = rank(wanted)
    assert find_gives(wanted).better_than(slots[0]) == (
        "If Mrs Khan, whose calendar can’t be read, is free, everybody could come then"
    )


def test_a_maybe_can_be_given_up() -> None:
    wanted = search(shah(*busy(at(9), at(9, 30), BlockStatus.TENTATIVE)), window_end_at=at(10))
    assert find_gives(wanted).better_than(rank(wanted)[0]) == (
        "If Dr Shah could give up what is only tentative between 9am and 9:30am, everybody could come then"
    )


def test_leave_and_other_hours_are_never_asked_for() -> None:
    away = shah(*busy(at(9), at(10), BlockStatus.OOF))
    late = Diary("k", working_hours=(WorkingHours(frozenset(range(7)), 600, 1440),))
    for diary in (away, late):
        assert find_gives(search(diary, window_end_at=at(10))).best(3) == []


def test_two_who_can_not_come_are_too_many_to_ask() -> None:
    wanted = search(shah(*busy(at(9), at(12))), Diary("k", busy=busy(at(9), at(12))))
    assert find_gives(wanted).best(3) == []


def test_a_room_can_be_found_elsewhere() -> None:
    wanted = search(shah(), rooms=(Diary("r", busy=busy(at(9), at(12))),))
    assert find_gives(wanted).best(3) == [
        "If a room were found elsewhere, everybody could come on Monday 2 March at 9am"
    ]


def test_a_quorum_could_be_done_without_and_its_words_are_said() -> None:
    okoro = Diary("o", False, busy(at(9), at(12), BlockStatus.OOF), name="Ms Okoro")
    wanted = search(shah(), okoro, quorums=(Quorum(frozenset("o"), 1, "one of education"),))
    assert find_gives(wanted).best(3) == [
        "If the quorum did without one of education, everybody but Ms Okoro could come on Monday 2 March at 9am"
    ]


def test_many_who_would_still_be_missing_are_counted() -> None:
    others = [Diary(f"o{n}", False, busy(at(9), at(12), BlockStatus.OOF)) for n in range(3)]
    wanted = search(shah(*busy(at(9), at(12))), *others)
    assert find_gives(wanted).best(1)[0].endswith("1 of 4 could come on Monday 2 March at 9am")


def test_the_nearest_of_equally_good_times_is_taken() -> None:
    okoro = Diary("o", False, busy(at(9), at(12)), name="Ms Okoro")
    wanted = search(okoro, Diary("k", busy=busy(at(10), at(11))))
    last = next(slot for slot in rank(wanted) if slot.start_at == at(11))
    assert find_gives(wanted).better_than(last).endswith("everybody could come then")


def test_nothing_is_asked_of_anybody_for_what_would_hardly_be_better() -> None:
    strain = Strain("s", ((microseconds(at(9)), microseconds(at(10))),), 400, "a strain")
    wanted = search(shah(*busy(at(10), at(12))), strains=(strain,))
    assert find_gives(wanted).better_than(rank(wanted)[0]) == ""


def test_what_a_page_says_of_its_slots_is_what_each_of_them_says() -> None:
    okoro = Diary("o", False, busy(at(9), at(10)))
    wanted = search(shah(), okoro)
    slots = rank(wanted)
    assert say_better(wanted, slots, touch(wanted)) == [find_gives(wanted).better_than(slot) for slot in slots]
    assert [bool(sentence) for sentence in say_better(wanted, slots, touch(wanted))] == [False, False, True]
    assert say_better(wanted, slots[:2], touch(wanted)) == ["", ""]


def given_in(wanted: SlotSearch, give: Give, step: int) -> SlotSearch:
    """The search at one step alone, with the one thing out of the way."""
    start_at = wanted.steps.at(step)
    here = replace(wanted, earliest_at=start_at, latest_at=start_at + wanted.duration)
    if give.kind is GiveKind.ROOM:
        return replace(here, rooms=())
    if give.kind is GiveKind.QUORUM:
        return replace(here, quorums=tuple(q for n, q in enumerate(wanted.quorums) if n != give.which))
    diary = wanted.diaries[give.which]
    status = {GiveKind.MOVE: BlockStatus.BUSY, GiveKind.SETTLE: BlockStatus.TENTATIVE}.get(give.kind)
    kept = tuple(block for block in diary.busy if block.status is not status)
    changed = replace(diary, busy=kept, is_unknown=diary.is_unknown and give.kind is not GiveKind.ASK)
    return replace(here, diaries=tuple(changed if each is diary else each for each in wanted.diaries))


@settings(max_examples=60, deadline=None)
@given(searches())
def test_with_that_one_thing_out_of_the_way_there_is_a_slot_of_that_price(wanted: SlotSearch) -> None:
    before = {each.start_at: each.score for each in rank(wanted)}
    for give in find_gives(wanted).gives[:12]:
        for step in {give.first, give.end - 1}:
            [slot] = rank(given_in(wanted, give, step))
            day = min((slot.start_at - wanted.window_start_at).days, 499)
            assert FULL_MARKS - slot.score - day == give.cost
            assert slot.score > before.get(slot.start_at, -(10**6))


@settings(max_examples=40, deadline=None)
@given(searches())
def test_where_a_required_person_could_move_something_it_is_found(wanted: SlotSearch) -> None:
    covered = {step for give in find_gives(wanted).gives for step in range(give.first, give.end)}
    listed = {slot.start_at for slot in rank(wanted)}
    first, end = wanted.steps.first, wanted.steps.end
    for step in range(first, end, max(1, (end - first) // 8)):
        for which, diary in enumerate(wanted.diaries):
            give = Give(0, GiveKind.MOVE, which, step, step + 1, None)  # type: ignore[arg-type]
            is_free_to = not diary.is_unknown and all(b.end_at - b.start_at <= MOVABLE for b in diary.busy)
            if is_free_to and wanted.steps.at(step) not in listed and rank(given_in(wanted, give, step)):
                assert step in covered


@pytest.mark.parametrize("kind", list(GiveKind))
def test_every_kind_of_give_occurs_in_the_searches_above(kind: GiveKind) -> None:
    """So that the two tests before this one are about all of them: each has an example by hand."""
    okoro = Diary("o", False, busy(at(9), at(12), BlockStatus.OOF))
    examples = {
        GiveKind.ASK: search(shah(is_unknown=True)),
        GiveKind.SETTLE: search(shah(*busy(at(9), at(12), BlockStatus.TENTATIVE))),
        GiveKind.ROOM: search(shah(), rooms=(Diary("r", busy=busy(at(9), at(12))),)),
        GiveKind.MOVE: search(shah(*busy(at(9), at(12)))),
        GiveKind.QUORUM: search(shah(), okoro, quorums=(Quorum(frozenset("o")),)),
    }
    assert {give.kind for give in find_gives(examples[kind]).gives} == {kind}
