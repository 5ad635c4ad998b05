"""Out of all possible times, the few worth showing first."""

from collections.abc import Callable, Sequence
from itertools import chain

from coord_service.clock import LONDON
from coord_service.domain.slots import Slot

LUNCH_ENDS = 13
APART = 2 * 3600  # seconds: two starts nearer than this are the same offer


def choose_spread(slots: Sequence[Slot], count: int) -> list[Slot]:
    """The best ``count`` slots (they come ranked) that differ: other days, and not all of them mornings.

    First one a day with mornings and afternoons in balance, then one a day, then others of a day already shown, hours
    apart. The answer keeps the rank.
    """
    chosen: list[Slot] = []
    rules: tuple[Callable[[Slot], bool], ...] = (
        lambda slot: _is_new_day(slot, chosen) and _same_half(slot, chosen) < -(-count // 2),
        lambda slot: _is_new_day(slot, chosen),
        lambda slot: all(abs((slot.start_at - other.start_at).total_seconds()) >= APART for other in chosen),
    )
    for slot, is_wanted in chain.from_iterable(((slot, rule) for slot in slots) for rule in rules):
        if len(chosen) < count and is_wanted(slot):
            chosen.append(slot)
    return sorted(chosen, key=lambda slot: (-slot.score, slot.start_at))


def _is_new_day(slot: Slot, chosen: Sequence[Slot]) -> bool:
    return all(_day(slot) != _day(other) for other in chosen)


def _same_half(slot: Slot, chosen: Sequence[Slot]) -> int:
    return sum(_is_morning(slot) == _is_morning(other) for other in chosen)


def _day(slot: Slot) -> object:
    return slot.start_at.astimezone(LONDON).date()


def _is_morning(slot: Slot) -> bool:
    return slot.start_at.astimezone(LONDON).hour < LUNCH_ENDS
