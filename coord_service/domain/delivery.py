"""What becomes of a letter: sent, tried again, or put before the lead worker. Nothing is dropped in silence."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class LetterState(StrEnum):
    """An outbox row's life. ``sent`` means the mail server took it; a bounce may still follow."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


LEASE = timedelta(minutes=2)  # longer than one mail's time limit, so that no second worker sends beside us

# Minutes to wait after the 1st, 2nd, ... failed try: quick at first, then patient for about three days.
BACK_OFF = (1, 5, 15, 60, 120, 240, 480, 720, 720, 720, 720)


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The letter waits until ``at``."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Somebody has to look at it; ``why`` is what they read."""

    why: str


def after_failure(attempts: int, now: datetime, error: str, *, passes_by_itself: bool) -> TryAgain | GiveUp:
    """What to do after the ``attempts``-th failed try (1 for the first)."""
    if not passes_by_itself:
        return GiveUp(error)
    if attempts > len(BACK_OFF):
        return GiveUp(f"Tried {attempts} times over three days without success. Last answer: {error}")
    return TryAgain(now + timedelta(minutes=BACK_OFF[attempts - 1]))
