"""A calendar system inside this process: the demo's, and the one that tests of ours put at the other side.

It answers as the contract asks of every kind (``tests/contracts/calendars``) and is no looser than a real one: it goes
by UID, keeps no older SEQUENCE, expands recurrences, and can be refused, silent, cut off, throttled or mad.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import icalendar
import recurring_ical_events

from coord_service.clock import LONDON
from coord_service.domain import itip
from coord_service.domain.diaries import Block, BlockStatus
from coord_service.errors import CalendarTimedOut, CalendarTrouble, ConnectionLost, SignInRefused
from coord_service.ports import (
    Ability,
    Busy,
    CalendarAccount,
    CalendarCheck,
    CalendarNews,
    EventAnswer,
    FollowedEvent,
)
from integrations.itip.writer import write_copy

ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Kept:
    """An organizer's event as the server has it; ``changed`` is the server's count of changes when it last changed."""

    event: itip.Event
    changed: int
    answers: dict[str, EventAnswer] = field(default_factory=dict)
    is_deleted: bool = False


@dataclass(slots=True)
class MemoryServer:
    """Mailboxes by address, and how the server behaves; the methods are what its own users and misfortunes do.

    ``trouble`` is raised instead of an answer; ``silence``: no answer comes before it is set; ``cuts_after_change``:
    the next change is made, and the line goes dead before its answer. ``asked``: the address lists of busy look-ups;
    ``written``: every state that was ever put, in order.
    """

    zone: tzinfo = LONDON
    password: str = ""
    diaries: dict[str, list[itip.Event]] = field(default_factory=dict)
    kept: dict[tuple[str, str], Kept] = field(default_factory=dict)
    trouble: CalendarTrouble | None = None
    silence: asyncio.Event | None = None
    cuts_after_change: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)
    written: list[itip.Event] = field(default_factory=list)
    _changes: int = 0
    _age: int = 0

    def add(self, address: str, event: itip.Event) -> None:
        """Somebody's own appointment, which is none of ours."""
        self.diaries.setdefault(address, []).append(event)

    def answer(self, owner: str, uid: str, answer: EventAnswer) -> None:
        """An attendee answers in their calendar."""
        kept = self.kept[owner, uid]
        kept.answers[answer.address] = answer
        kept.changed = self.count_change()

    def move(self, owner: str, uid: str, start: datetime, end: datetime) -> None:
        """The owner drags the event to another time."""
        kept = self.kept[owner, uid]
        kept.event = replace(kept.event, start=start, end=end)
        kept.changed = self.count_change()

    def delete(self, owner: str, uid: str) -> None:
        """The owner deletes the event."""
        self.kept[owner, uid].is_deleted = True
        self.kept[owner, uid].changed = self.count_change()

    def forget_tokens(self) -> None:
        """What was given out as a token is good no longer."""
        self._age += 1

    def count_change(self) -> int:
        """The number of the change that is being made."""
        self._changes += 1
        return self._changes

    @property
    def token(self) -> str:
        """Where the server stands: its age and its count of changes."""
        return f"{self._age}.{self._changes}"

    def changes_before(self, token: str | None) -> int | None:
        """The count that a token stands for; None when it isn't good any more."""
        age, dot, count = (token or "").partition(".")
        return int(count) if dot and age == str(self._age) and count.isdecimal() else None


SERVERS: dict[str, MemoryServer] = {}


def open_calendar(account: CalendarAccount) -> "MemoryCalendar":
    """The account's calendar on the server that its values name."""
    return MemoryCalendar(account, SERVERS.get(account.values.get("server", "")))


class MemoryCalendar:
    """The Calendar port over a MemoryServer; None is a server that can't be reached."""

    def __init__(self, account: CalendarAccount, server: MemoryServer | None) -> None:
        self._account, self._server = account, server

    async def check(self) -> CalendarCheck:
        """All that can be done: everything."""
        async with self._reached():
            return CalendarCheck("The invented calendars answer.", frozenset(Ability))

    async def read_busy(self, addresses: Sequence[str], start_at: datetime, end_at: datetime) -> Mapping[str, Busy]:
        """The busy times of each address that has a mailbox here."""
        async with self._reached() as server:
            server.asked.append(tuple(addresses))
            return {address: _busy(server, address, start_at, end_at) for address in addresses}

    async def put(self, event: itip.Event) -> None:
        """Keep the event in the account's calendar."""
        async with self._reached() as server:
            server.written.append(event)
            kept = server.kept.get((self._account.address, event.uid))
            if kept and (event.sequence < kept.event.sequence or (event == kept.event and not kept.is_deleted)):
                return
            is_same_time = kept is not None and kept.event.sequence == event.sequence
            answers = kept.answers if kept and is_same_time else {}
            server.kept[self._account.address, event.uid] = Kept(event, server.count_change(), answers)
            _cut(server)

    async def remove(self, uid: str) -> None:
        """Take the event out of the account's calendar."""
        async with self._reached() as server:
            if server.kept.pop((self._account.address, uid), None):
                _cut(server)

    async def news(self, token: str | None) -> CalendarNews:
        """What became of the events that were put here."""
        async with self._reached() as server:
            since = server.changes_before(token)
            own = [kept for (owner, _), kept in server.kept.items() if owner == self._account.address]
            told = [kept for kept in own if (not kept.is_deleted if since is None else kept.changed > since)]
            events = tuple(_followed(kept) for kept in told)
            return CalendarNews(server.token, events, is_whole=since is None)

    async def close(self) -> None:
        """There is nothing to leave."""

    @asynccontextmanager
    async def _reached(self) -> AsyncIterator[MemoryServer]:
        if self._server is None:
            raise ConnectionLost("There is no such calendar server.")
        try:
            async with asyncio.timeout(self._account.seconds):
                # A real server is never reached without waiting; whoever forgets to await is found out.
                await (self._server.silence.wait() if self._server.silence else asyncio.sleep(0))
        except TimeoutError as error:
            raise CalendarTimedOut("The calendar did not answer in time.") from error
        if self._server.trouble:
            raise self._server.trouble
        if self._account.values.get("password", "") != self._server.password:
            raise SignInRefused("The calendar does not accept the password. Has it changed? Enter it again.")
        yield self._server


def _cut(server: MemoryServer) -> None:
    if server.cuts_after_change:
        server.cuts_after_change = False
        raise ConnectionLost("The calendar hung up in the middle of its answer.")


def _followed(kept: Kept) -> FollowedEvent:
    if kept.is_deleted:
        return FollowedEvent(kept.event.uid, None, None)
    start, end = (_instant(when, UTC) for when in (kept.event.start, kept.event.end))
    join_url = f"https://meet.example/{kept.event.uid}" if kept.event.is_online else ""
    return FollowedEvent(kept.event.uid, start, end, tuple(kept.answers.values()), join_url)


def _busy(server: MemoryServer, address: str, start_at: datetime, end_at: datetime) -> Busy:
    own = [kept.event for (owner, _), kept in server.kept.items() if owner == address and not kept.is_deleted]
    if address not in server.diaries and not own:
        return Busy(trouble="The calendar server knows no mailbox with this address.")
    events = [*server.diaries.get(address, ()), *own]
    blocks = (block for event in events for block in _blocks(event, server.zone, address, (start_at, end_at)))
    return Busy(tuple(sorted(blocks, key=lambda block: (block.start_at, block.end_at))))


def _blocks(event: itip.Event, zone: tzinfo, address: str, span: tuple[datetime, datetime]) -> Iterator[Block]:
    calendar = icalendar.Calendar.from_ical(write_copy(event))
    # A day more on either side: whole days begin and end with the calendar's zone, not with the question's.
    for found in recurring_ical_events.of(calendar).between(span[0] - ONE_DAY, span[1] + ONE_DAY):
        start, end = (_instant(found[name].dt, zone) for name in ("DTSTART", "DTEND"))
        status = _status(found, address)
        if status and start < end and start < span[1] and span[0] < end:
            yield Block(start, end, status)


def _status(found: icalendar.Event, address: str) -> BlockStatus | None:
    """What the event says of its time; None: nothing."""
    people = found.get("ATTENDEE", [])
    people = people if isinstance(people, list) else [people]
    own = {str(each.params.get("PARTSTAT", "")) for each in people if str(each).lower() == f"mailto:{address}"}
    if found.get("STATUS") == "CANCELLED" or found.get("TRANSP") == "TRANSPARENT" or "DECLINED" in own:
        return None
    if found.get("STATUS") == "TENTATIVE" or own & {"TENTATIVE", "NEEDS-ACTION"}:
        return BlockStatus.TENTATIVE
    return BlockStatus.BUSY


def _instant(when: date, zone: tzinfo) -> datetime:
    if isinstance(when, datetime):
        return when.astimezone(UTC)
    return datetime.combine(when, time(), zone).astimezone(UTC)
