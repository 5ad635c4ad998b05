"""Which of many times are shown first."""

from datetime import UTC, datetime, timedelta

from coord_service.domain.choices import choose_spread
from coord_service.domain.slots import Slot

MONDAY = datetime(2026, 3, 9, tzinfo=UTC)


def slot(day: int, hour: float, score: int = 9_000) -> Slot:
    start = MONDAY + timedelta(days=day, hours=hour)
    return Slot(start, start + timedelta(hours=1), score - day, (), (), (), (), ())


def shown(slots: list[Slot]) -> list[tuple[int, int]]:
    ranked = sorted(slots, key=lambda each: (-each.score, each.start_at))
    return [((each.start_at - MONDAY).days, each.start_at.hour) for each in choose_spread(ranked, 5)]


def test_five_days_and_not_all_of_them_mornings() -> None:
    wide = [slot(day, hour) for day in range(10) for hour in (9, 9.5, 10, 13, 14)]
    found = shown(wide)
    assert [day for day, _ in found] == [0, 1, 2, 3, 4]
    assert sorted(hour for _, hour in found) == [9, 9, 9, 13, 13]


def test_only_mornings_are_better_than_nothing() -> None:
    assert shown([slot(day, 9) for day in range(6)]) == [(day, 9) for day in range(5)]


def test_few_days_are_filled_with_times_hours_apart() -> None:
    assert shown([slot(0, 9 + half / 2) for half in range(16)]) == [(0, 9), (0, 11), (0, 13), (0, 15)]


def test_a_much_better_time_comes_first_wherever_it_lies() -> None:
    assert shown([slot(0, 9, 5_000), slot(7, 14)]) == [(7, 14), (0, 9)]


def test_nothing_to_choose_from_is_nothing() -> None:
    assert choose_spread([], 5) == []
