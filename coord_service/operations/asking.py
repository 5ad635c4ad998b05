"""Questions to calendars that are on their way: begun by one page, waited for by others, ended with the process."""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any


class Asking:
    """One question at a time about each person, in this process."""

    def __init__(self) -> None:
        self._questions: dict[int, asyncio.Task[None]] = {}

    def ask(self, person_ids: Collection[int], question: Coroutine[Any, Any, None]) -> None:
        """Begin a question about these people. It runs on when whoever asked has gone."""
        task = asyncio.create_task(question)
        for person_id in person_ids:
            self._questions[person_id] = task
        task.add_done_callback(self._forget)

    def still_asked(self, person_ids: Collection[int]) -> frozenset[int]:
        """Those of these people whose answer has not come."""
        return frozenset(each for each in person_ids if each in self._questions)

    async def wait(self, person_ids: Collection[int], seconds: float) -> None:
        """Return when every answer about these people is there, at the latest after so many seconds."""
        tasks = {self._questions[each] for each in self.still_asked(person_ids)}
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    async def close(self) -> None:
        """Give up whatever is on its way."""
        tasks = set(self._questions.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._questions = {person: asked for person, asked in self._questions.items() if asked is not task}
