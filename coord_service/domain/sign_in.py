"""Passwords that won't do, and how long a guesser waits."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

LEAST_LENGTH = 12
COUNTED_FOR = timedelta(hours=1)  # failures older than this are forgotten

_COMMON = re.compile(
    r"(my ?)?(passw[o0]rd)+|letmein|welcome|admin(istrator)?|changeme|secret|trustno|(qwerty|asdfgh|zxcvb)\w*|"
    r"abcdefghi\w*|iloveyou|sunshine|princess|football|liverpool|arsenal|chelsea|manchester( united)?|monkey|dragon|"
    r"superman|batman|correct ?horse ?battery ?staple"
)


def password_problem(password: str, email: str) -> str | None:
    """Why a password won't do, as a sentence; None when it will."""
    if len(password) < LEAST_LENGTH:
        return f"Use {LEAST_LENGTH} characters or more. Three words that have nothing in common are easy to keep"
    words = password.casefold()
    if words.strip() in {email, email.partition("@")[0]}:
        return "Use something else than your e-mail address"
    core = words.strip("0123456789!?.,-_*#@£$ ")
    if not core or len(set(words)) < 5 or _COMMON.fullmatch(core):
        return "This is one of the first passwords a guesser tries. Choose another"
    return None


def wait_until(account: Sequence[datetime], client: Sequence[datetime]) -> datetime | None:
    """When the next try is heard, given the failures of the last hour, oldest first; None for at once.

    ``account`` are those of this address from this client: a guesser elsewhere never makes a colleague wait. ``client``
    are those from this client for any address: a whole office may share it, so many are free and the wait stays short.
    """
    waits = [
        _next_try(account, free=4, longest=timedelta(minutes=5)),
        _next_try(client, free=40, longest=timedelta(minutes=1)),
    ]
    return max((wait for wait in waits if wait), default=None)


def _next_try(failures: Sequence[datetime], *, free: int, longest: timedelta) -> datetime | None:
    over = len(failures) - free
    if over < 0:
        return None
    return failures[-1] + min(longest, timedelta(seconds=2 ** min(over + 1, 12)))
