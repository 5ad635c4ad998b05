"""Busy times: of one's own calendars by their events, of colleagues through the scheduling outbox (RFC 6638 §5).

Events come first and free-busy-query (RFC 4791 §7.10) only where events may not be read: servers differ in what they
call busy (Radicale counts what was declined, and takes whole days in UTC), while an event is expanded by us, for every
kind of calendar alike. A server is never asked to expand: not all do it rightly.
"""

import asyncio
import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from yarl import URL

from coord_service.domain.diaries import Block
from coord_service.domain.itip.addresses import bare_address
from coord_service.errors import CalendarTrouble
from coord_service.ports import Busy
from integrations.calendars.caldav.discovery import Collection
from integrations.calendars.caldav.free_busy import read_free_busy, write_request
from integrations.calendars.caldav.server import XML, DavServer
from integrations.calendars.caldav.xml import C, calendar_query, free_busy_query, read_texts, read_xml
from integrations.calendars.entries import Question
from integrations.calendars.expansion import busy_blocks
from integrations.guarded_http import raise_for
from integrations.itip.moments import utc_text

ONE_DAY = timedelta(days=1)
DATA = f"{C}calendar-data"
EMPTY = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
ZONE_BEGINS, ZONE_ENDS = "\nBEGIN:VTIMEZONE", "\nEND:VTIMEZONE"
# Few: Python works at one thing at a time, and whoever reads the next answer has to wait for as many as there are.
EXPANDING = ThreadPoolExecutor(2, "expanding")
MOST_AT_ONCE = 50  # colleagues in one request
NOT_KNOWN = "The calendar server knows nobody of this address, or may not tell."
Span = tuple[datetime, datetime]


async def read_calendars(
    server: DavServer, calendars: Sequence[Collection], span: Span, owners: frozenset[str]
) -> tuple[Block, ...]:
    """The blocks of all calendars together, by start. Raises the first CalendarTrouble: a part is not the whole."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_read_calendar(server, each, span, owners)) for each in calendars]
    except* CalendarTrouble as troubles:
        raise troubles.exceptions[0] from None
    found = [task.result() for task in tasks]  # each by start
    return found[0] if len(found) == 1 else tuple(heapq.merge(*found, key=attrgetter("start_at")))


async def _read_calendar(
    server: DavServer, calendar: Collection, span: Span, owners: frozenset[str]
) -> tuple[Block, ...]:
    query = calendar_query(utc_text(span[0] - ONE_DAY))  # a day more: servers differ in where whole days begin
    answer = await server.ask("REPORT", calendar.url, query, {**XML, "Depth": "1"})
    if answer.status == 403:
        return await _by_free_busy_query(server, calendar.url, span)
    raise_for(answer)
    question = Question(*span, calendar.zone, owners)
    return await asyncio.get_running_loop().run_in_executor(EXPANDING, _expand, answer.body, question)


def _expand(body: bytes, question: Question) -> tuple[Block, ...]:
    """What a whole answer comes to; in a thread, since it may be large."""
    content = "\n".join(_with_zones_once(read_texts(body, DATA))).encode()
    return busy_blocks(content or EMPTY, question)


def _with_zones_once(calendars: Iterable[str]) -> Iterator[str]:
    """The same calendars, each definition of a time zone told once: every event brings its own, often most of it."""
    known: set[str] = set()
    for text in calendars:
        begins = text.find(ZONE_BEGINS)
        ends = text.find(ZONE_ENDS, begins)
        zone = text[begins:ends] if 0 <= begins < ends else ""
        yield text[:begins] + text[ends + len(ZONE_ENDS) :] if zone in known else text
        if zone:
            known.add(zone)


async def _by_free_busy_query(server: DavServer, url: URL, span: Span) -> tuple[Block, ...]:
    """For calendars that are shared as busy times alone (the privilege read-free-busy)."""
    query = free_busy_query(*(utc_text(each) for each in span))
    answer = await server.ask("REPORT", url, query, {**XML, "Depth": "1"})
    raise_for(answer)
    return read_free_busy(answer.body, *span)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where a server answers for others, and in whose name it is asked."""

    url: URL
    organizer: str


async def ask_outbox(
    server: DavServer, outbox: Outbox, addresses: Sequence[str], span: Span, now: datetime
) -> Mapping[str, Busy]:
    """What the server tells of each address; one that it doesn't tell of has a trouble of its own."""
    known: dict[str, Busy] = {}
    for first in range(0, len(addresses), MOST_AT_ONCE):
        body = write_request(outbox.organizer, addresses[first : first + MOST_AT_ONCE], span, now)
        answer = await server.ask("POST", outbox.url, body, {"Content-Type": "text/calendar; charset=utf-8"})
        raise_for(answer)
        known |= dict(_answers(answer.body, span))
    return {address: known.get(address, Busy(trouble=NOT_KNOWN)) for address in addresses}


def _answers(body: bytes, span: Span) -> Iterator[tuple[str, Busy]]:
    """The responses of a schedule-response (RFC 6638 §10.2 and §10.5), whose request-status 2.x is success."""
    for response in read_xml(body).iterfind(f"{C}response"):
        recipient = response.find(f"{C}recipient")
        address = bare_address("" if recipient is None else "".join(recipient.itertext()))
        status = (response.findtext(f"{C}request-status") or "").strip()
        data = response.findtext(f"{C}calendar-data") or ""
        if status.startswith("2.") and data.strip():
            yield address, Busy(read_free_busy(data.encode(), *span))
        else:
            yield address, Busy(trouble=NOT_KNOWN)
