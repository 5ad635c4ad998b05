"""The Calendar port over Microsoft Graph."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from coord_service.clock import Clock, SystemClock
from coord_service.domain import itip
from coord_service.errors import CalendarNonsense, SignInRefused
from coord_service.ports import Ability, Busy, CalendarAccount, CalendarCheck, CalendarNews
from integrations.calendars.microsoft.account import GraphAccount, read_account
from integrations.calendars.microsoft.conversation import Conversation, Graph, Question
from integrations.calendars.microsoft.events import put_event, remove_event
from integrations.calendars.microsoft.following import tell_news
from integrations.calendars.microsoft.refusals import PERMISSION
from integrations.calendars.microsoft.schedule import read_schedules

READING = frozenset({Ability.READ_BUSY, Ability.READ_OTHERS})
WRITING = frozenset({Ability.WRITE, Ability.FOLLOW})
NO_EVENT = "/events/AAMkAGI1AAAt9AHjAAA="  # the id of Microsoft's own examples: in nobody's mailbox
CAN_ALL = "Microsoft 365 answers: we can read busy times, and keep meetings in this mailbox’s calendar."
CAN_READ = (
    "Microsoft 365 answers: we can read busy times, but may not keep meetings in this mailbox’s calendar. For that, "
    "grant the app the application permission Calendars.ReadWrite, and let its access policy include this mailbox."
)


def open_calendar(account: CalendarAccount) -> "GraphCalendar":
    """The calendar of a connection; where its form can't be right, every call says so (SignInRefused)."""
    return GraphCalendar(read_account(account))


class GraphCalendar:
    """One mailbox in Microsoft 365: everybody's busy times are asked for in its name, and our meetings kept in it."""

    def __init__(
        self,
        account: GraphAccount,
        clock: Clock | None = None,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._mailbox, self._clock = account.mailbox, clock or SystemClock()
        self._graph = Graph(account, pause)

    async def check(self) -> CalendarCheck:
        """Sign in, look at the calendar, and find out whether we may write: by changing an event that is not there.

        The roles in the token would not tell: permissions can also be given within Exchange.
        """
        async with self._graph.conversation() as graph:
            await graph.ask(Question("GET", "/calendar", {"$select": "id"}))
            now = self._clock.now()
            await read_schedules(graph, [self._mailbox], (now, now + timedelta(hours=1)))
            if await _may_write(graph):
                return CalendarCheck(CAN_ALL, READING | WRITING)
            return CalendarCheck(CAN_READ, READING)

    async def read_busy(self, addresses: Sequence[str], start_at: datetime, end_at: datetime) -> Mapping[str, Busy]:
        """The busy times of each address, as its owner shares them with this mailbox."""
        async with self._graph.conversation() as graph:
            return await read_schedules(graph, addresses, (start_at, end_at))

    async def put(self, event: itip.Event) -> None:
        """Keep the event in the mailbox's calendar. Microsoft 365 invites its people; none of them sees the others."""
        async with self._graph.conversation() as graph, self._graph.turn:
            await put_event(graph, event, self._mailbox, self._clock.now())

    async def remove(self, uid: str) -> None:
        """Cancel the event; Microsoft 365 tells its people."""
        async with self._graph.conversation() as graph, self._graph.turn:
            await remove_event(graph, uid)

    async def news(self, token: str | None) -> CalendarNews:
        """What became of our events. Keep the token as text of any length: it grows with the number of events."""
        async with self._graph.conversation() as graph:
            return await tell_news(graph, token, self._mailbox, self._clock.now())

    async def close(self) -> None:
        """Leave."""
        await self._graph.close()


async def _may_write(graph: Conversation) -> bool:
    try:
        await graph.ask(Question("PATCH", NO_EVENT, body={"categories": []}))
    except SignInRefused as refused:
        if str(refused) == PERMISSION:
            return False
        raise
    except CalendarNonsense:
        return True
    return True
