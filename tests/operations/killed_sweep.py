"""A sweep that is killed while it writes a letter: run as a script by test_chase_faults.

    python -m tests.operations.killed_sweep DATABASE_URL NOW LETTERS_BEFORE

The letter after LETTERS_BEFORE is being written, inside its transaction, when SIGKILL comes.
"""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from datetime import datetime

from coord_service.bootstrap import build
from coord_service.clock import StandingClock
from coord_service.operations.chasing import send_due_chases
from coord_service.ports import LetterOrder, Letters, WrittenLetter
from coord_service.settings import Settings


class KilledLetters:
    """The real letters, until the moment has come."""

    def __init__(self, inner: Letters, letters_before: int) -> None:
        self._inner = inner
        self._left = letters_before

    def write(self, order: LetterOrder, now: datetime) -> WrittenLetter:
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1
        return self._inner.write(order, now)


async def sweep(database_url: str, now: datetime, letters_before: int) -> None:
    tools = build(Settings(database_url=database_url, demo=True), clock=StandingClock(now))
    await send_due_chases(replace(tools, letters=KilledLetters(tools.letters, letters_before)))


if __name__ == "__main__":
    asyncio.run(sweep(sys.argv[1], datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])))
