"""A case for every kind of calendar: how to get one, with a hand at its other side. One line a kind."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from coord_service.ports import Ability
from tests.contracts.calendars.caldav_case import caldav_case
from tests.contracts.calendars.exchange_case import exchange_case
from tests.contracts.calendars.hand import Case
from tests.contracts.calendars.ics_feed_case import ics_feed_case
from tests.contracts.calendars.memory_case import memory_case
from tests.contracts.calendars.microsoft_case import microsoft_case

# Each makes a system with a mailbox for OWNER (and for COLLEAGUE where the kind reads others'), in a folder of its own.
CASES: dict[str, Callable[[Path], AbstractAsyncContextManager[Case]]] = {
    "caldav": caldav_case,
    "exchange": exchange_case,
    "ics_feed": ics_feed_case,
    "memory": memory_case,
    "microsoft": microsoft_case,
}

# What a kind can do and its server here can't: tried on a small one (``tests/servers/small_dav.py``), and on Cyrus.
ELSEWHERE: dict[str, frozenset[Ability]] = {"caldav": frozenset({Ability.READ_OTHERS})}
