"""Busy times by getSchedule: 20 addresses and 42 days a request, subjects and places dropped where they come in.

Microsoft's page on free/busy says "up to 20 entities at once" and a period of "less than 62 days". It said 42 before,
as Exchange on premises does: pages of 42 days are within both.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from coord_service.domain.diaries import Block, BlockStatus
from coord_service.errors import CalendarNonsense
from coord_service.ports import Busy
from integrations.calendars.microsoft.conversation import NONSENSE, Conversation, Json, Question, items_of, together
from integrations.calendars.microsoft.moments import read_when, write_utc

MOST_ADDRESSES = 20
LONGEST = timedelta(days=42)
SLOT = timedelta(minutes=15)  # of the availabilityView, where nothing finer is shown to us
Span = tuple[datetime, datetime]

# freeBusyStatus; "free" says nothing of somebody's time. Something of unknown status is there all the same.
STATUSES = {
    "tentative": BlockStatus.TENTATIVE,
    "busy": BlockStatus.BUSY,
    "oof": BlockStatus.OOF,
    "workingelsewhere": BlockStatus.ELSEWHERE,
    "unknown": BlockStatus.BUSY,
}
VIEW = {"1": BlockStatus.TENTATIVE, "2": BlockStatus.BUSY, "3": BlockStatus.OOF, "4": BlockStatus.ELSEWHERE}
NOT_FOUND = "Microsoft 365 knows no mailbox with this address."
NOT_OPEN = "Microsoft 365 does not show us this calendar: its owner, or their organisation, does not share it."
TROUBLES = {
    "errormailrecipientnotfound": NOT_FOUND,
    "errornofreebusyaccess": NOT_OPEN,
    "erroraccessdenied": NOT_OPEN,
    "errorfreebusydllimitreached": "This is the address of a list of more than 20 people: ask for each of them.",
}


async def read_schedules(graph: Conversation, addresses: Sequence[str], span: Span) -> dict[str, Busy]:
    """A Busy for each address, of the blocks that reach into the span. Raises a CalendarTrouble."""
    wanted = list(dict.fromkeys(addresses))
    batches = [wanted[first : first + MOST_ADDRESSES] for first in range(0, len(wanted), MOST_ADDRESSES)]
    found: dict[str, list[Busy]] = {address: [] for address in wanted}
    for answer in await together(_ask(graph, batch, page) for batch in batches for page in _pages(span)):
        for address, busy in answer.items():
            found[address].append(busy)
    return {address: _join(parts, span) for address, parts in found.items()}


def _pages(span: Span) -> Iterator[Span]:
    start, end = span
    while start < end:
        yield start, min(start + LONGEST, end)
        start += LONGEST


async def _ask(graph: Conversation, addresses: Sequence[str], page: Span) -> Mapping[str, Busy]:
    body: Json = {
        "schedules": list(addresses),
        "startTime": write_utc(page[0]),
        "endTime": write_utc(page[1]),
        "availabilityViewInterval": SLOT // timedelta(minutes=1),
    }
    answer = await graph.ask(Question("POST", "/calendar/getSchedule", body=body))
    told = {str(item.get("scheduleId", "")).lower(): item for item in items_of(answer)}
    return {address: _read(told.get(address.lower()), page) for address in addresses}


def _read(item: Json | None, page: Span) -> Busy:
    """What Graph says of one person, without its words."""
    if item is None:
        return Busy(trouble="Microsoft 365 says nothing of this address.")
    if error := item.get("error"):
        return Busy(trouble=_trouble(error))
    view, items = item.get("availabilityView") or "", item.get("scheduleItems") or []
    if not isinstance(view, str) or not isinstance(items, list):
        raise CalendarNonsense(NONSENSE)
    return Busy(tuple(_blocks(items)) or tuple(_slots(view, page)))


def _blocks(items: Iterable[Any]) -> Iterator[Block]:
    for each in items:
        if not isinstance(each, dict):
            raise CalendarNonsense(NONSENSE)
        status = STATUSES.get(str(each.get("status", "")).lower())
        if status:
            yield Block(read_when(each.get("start")), read_when(each.get("end")), status)


def _slots(view: str, page: Span) -> Iterator[Block]:
    """The blocks of an availabilityView: all that is shown where somebody's details are withheld."""
    position = 0
    for digit, run in groupby(view):
        start, position = page[0] + position * SLOT, position + len(list(run))
        if digit in VIEW and start < page[1]:
            yield Block(start, min(page[0] + position * SLOT, page[1]), VIEW[digit])


def _join(parts: Sequence[Busy], span: Span) -> Busy:
    """The pages of one person as one: unknown where one of them is."""
    if trouble := next((part.trouble for part in parts if part.trouble), None):
        return Busy(trouble=trouble)
    blocks = {block for part in parts for block in part.blocks}
    within = (each for each in blocks if each.start_at < span[1] and span[0] < each.end_at > each.start_at)
    return Busy(tuple(sorted(within, key=lambda block: (block.start_at, block.end_at))))


def _trouble(error: Any) -> str:
    code = str(error.get("responseCode", "")) if isinstance(error, dict) else ""
    plain = f" ({code})" if re.fullmatch(r"[A-Za-z]{1,60}", code) else ""
    return TROUBLES.get(code.lower(), f"Microsoft 365 can’t read this calendar{plain}.")
