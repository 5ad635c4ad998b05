"""What becomes of a letter: sent, tried again, or put before the lead worker. Nothing is dropped in silence.

And which letters may go at all: so many to one domain, and one alone while our own mail server is away.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class LetterState(StrEnum):
    """An outbox row's life. ``sent`` means the mail server took it; a bounce may still follow."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


LEASE = timedelta(minutes=2)  # longer than a round's letters take, so that no second worker sends beside us
LEAST_LEFT = timedelta(seconds=30)  # of its lease when a letter is begun: longer than one mail's time limits
MINUTE = timedelta(minutes=1)
AWAITED_TRIES = 3  # of what goes before a letter: after so many failures the letter goes without it

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


# Seconds between two tries of a mail server that is away: soon, since letters wait; a server that refuses our password
# or whose certificate is not believed is asked less often, since that may lock the account.
PROBES = (10, 10, 20, 30)
PROBES_AFTER_REFUSAL = (30, 60, 120, 300)


def next_probe(tries: int, now: datetime, *, is_refusal: bool) -> datetime:
    """When one letter tries our own mail server again, after ``tries`` failed tries (1 for the first)."""
    waits = PROBES_AFTER_REFUSAL if is_refusal else PROBES
    return now + timedelta(seconds=waits[min(tries, len(waits)) - 1])


@dataclass(frozen=True, slots=True)
class DomainLimits:
    """How much mail one domain gets; 0 is no limit. Large receivers defer or block those who send faster."""

    per_minute: int = 0
    at_once: int = 0


@dataclass(frozen=True, slots=True)
class DomainUse:
    """What a domain has had: letters begun in the last minute, and letters on their way at this moment."""

    in_last_minute: int = 0
    on_the_way: int = 0


class Allowance:
    """What each domain may still get now: asked letter by letter, it counts those that it lets go."""

    def __init__(self, used: Mapping[str, DomainUse], limits: DomainLimits) -> None:
        self._used = used
        self._limits = limits
        self._begun: Counter[str] = Counter()
        self.full = {domain for domain in used if self._left(domain) == 0}

    def take(self, domain: str) -> bool:
        """Whether one more letter to this domain may begin now. A full domain's letters wait, and nobody for them."""
        if domain in self.full:
            return False
        self._begun[domain] += 1
        if self._left(domain) == 0:
            self.full.add(domain)
        return True

    def _left(self, domain: str) -> int | None:
        use, begun = self._used.get(domain, DomainUse()), self._begun[domain]
        pairs = ((self._limits.per_minute, use.in_last_minute), (self._limits.at_once, use.on_the_way))
        left = [most - had - begun for most, had in pairs if most]
        return max(0, min(left)) if left else None
