"""The Calendar port over CalDAV: Nextcloud, SOGo, Cyrus, iCloud, Google by CalDAV, Radicale, and their kin."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from coord_service.clock import Clock, SystemClock
from coord_service.domain import itip
from coord_service.ports import Ability, Busy, CalendarAccount, CalendarCheck, CalendarNews
from integrations.calendars.caldav.busy import Outbox, ask_outbox, read_calendars
from integrations.calendars.caldav.discovery import Layout, find_layout
from integrations.calendars.caldav.events import put_event, remove_event
from integrations.calendars.caldav.following import tell_news
from integrations.calendars.caldav.server import DavServer, SignIn
from integrations.guard import Guard
from integrations.guarded_http import within

CAN_ALL = "The calendar server answers: we can read busy times, also colleagues', and keep meetings in “{calendar}”."
CAN_READ = (
    "The calendar server answers: we can read busy times. It sends no invitations itself, so meetings go out by mail "
    "and are not kept there."
)
NO_OTHERS = "This calendar server tells nothing of other people."


def open_calendar(account: CalendarAccount) -> "CalDavCalendar":
    """The calendars of an account; nothing is asked until it is first used."""
    return CalDavCalendar(account, Guard(account.networks))


class CalDavCalendar:
    """One person's calendars on a server: all that take their time are read, and our meetings kept in one of them."""

    def __init__(self, account: CalendarAccount, guard: Guard, clock: Clock | None = None) -> None:
        self._account, self._clock = account, clock or SystemClock()
        self._server = DavServer(guard, SignIn.of(account), account.values.get("server", ""))
        self._layout: Layout | None = None
        self._turn = asyncio.Lock()  # one change after the other

    async def check(self) -> CalendarCheck:
        """Sign in and look at everything afresh. Only a server that invites people itself can keep our meetings."""
        self._layout = None
        async with self._reached() as layout:
            if layout.outbox is None:
                return CalendarCheck(CAN_READ, frozenset({Ability.READ_BUSY}))
            return CalendarCheck(CAN_ALL.format(calendar=layout.main.name), frozenset(Ability))

    async def read_busy(self, addresses: Sequence[str], start_at: datetime, end_at: datetime) -> Mapping[str, Busy]:
        """The account's own times from its events, those of others as the server tells them."""
        span = (start_at, end_at)
        async with self._reached() as layout:
            own = self._own_addresses(layout)
            others = [each for each in addresses if each not in own]
            mine, theirs = await asyncio.gather(
                read_calendars(self._server, layout.counted, span, own) if len(others) < len(addresses) else _nothing(),
                self._others(layout, others, span),
            )
        return {address: theirs[address] if address in theirs else Busy(mine) for address in addresses}

    async def put(self, event: itip.Event) -> None:
        """Keep the event in the main calendar, in the account's own name: it is who the server invites people for."""
        async with self._turn, self._reached() as layout:
            organizer = replace(event.organizer, address=self._organizer(layout), sent_by="")
            await put_event(self._server, layout.main.url, replace(event, organizer=organizer))

    async def remove(self, uid: str) -> None:
        """Take the event out of the main calendar; the server tells whom it invited."""
        async with self._turn, self._reached() as layout:
            await remove_event(self._server, layout.main.url, uid)

    async def news(self, token: str | None) -> CalendarNews:
        """What became of our events there."""
        async with self._reached() as layout:
            return await tell_news(self._server, layout.main.url, token)

    async def close(self) -> None:
        """Leave the server."""
        await self._server.close()

    @asynccontextmanager
    async def _reached(self) -> AsyncIterator[Layout]:
        """The account's layout, found once a connection; everything in the block within the account's time limit."""
        async with within(self._account.seconds):
            if self._layout is None:
                self._layout = await find_layout(self._server, self._account.values.get("calendar", ""))
            yield self._layout

    async def _others(
        self, layout: Layout, addresses: Sequence[str], span: tuple[datetime, datetime]
    ) -> Mapping[str, Busy]:
        if not addresses:
            return {}
        if layout.outbox is None:
            return {address: Busy(trouble=NO_OTHERS) for address in addresses}
        outbox = Outbox(layout.outbox, self._organizer(layout))
        return await ask_outbox(self._server, outbox, addresses, span, self._clock.now())

    def _own_addresses(self, layout: Layout) -> frozenset[str]:
        return layout.addresses | ({self._account.address} if self._account.address else set())

    def _organizer(self, layout: Layout) -> str:
        """The account's address as the server knows it: for another it would send nothing (RFC 6638 §3.1)."""
        known = layout.addresses
        return self._account.address if self._account.address in known or not known else min(known)


async def _nothing() -> tuple[()]:
    return ()
