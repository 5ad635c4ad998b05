"""A published calendar: an address that gives iCalendar to whoever has it (RFC 5545; Outlook's, Google's, iCloud's).

It is read and never written. Whether it changed is asked by ETag and Last-Modified (RFC 9110 §8.8): what was read last
is kept for a while in this process, so that most look-ups fetch nothing.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from coord_service.clock import LONDON
from coord_service.domain import itip
from coord_service.errors import CalendarNonsense, CalendarTrouble
from coord_service.ports import Ability, Busy, CalendarAccount, CalendarCheck, CalendarNews
from integrations.calendars.entries import Question
from integrations.calendars.expansion import busy_blocks
from integrations.guard import Guard
from integrations.guarded_http import GuardedHttp, Request, raise_for, within

MOST_REMEMBERED = 64_000_000  # bytes, in all
NOT_THEIRS = "This calendar is its owner’s alone; it says nothing of anybody else."
CANNOT = "A published calendar can be read, not written."


@dataclass(frozen=True, slots=True)
class Copy:
    """What an address gave, and by what to ask whether it still does."""

    content: bytes
    conditions: Mapping[str, str]


class Copies:
    """The last copy of each address, the least used forgotten first; by a hash, since the address is a secret."""

    def __init__(self, most_bytes: int = MOST_REMEMBERED) -> None:
        self._copies: OrderedDict[bytes, Copy] = OrderedDict()
        self._most_bytes, self._bytes = most_bytes, 0

    def find(self, address: str) -> Copy | None:
        """The copy of an address, if it is still kept."""
        key = _key(address)
        if key in self._copies:
            self._copies.move_to_end(key)
        return self._copies.get(key)

    def keep(self, address: str, copy: Copy) -> None:
        """Keep a copy instead of an older one of the same address."""
        self.drop(address)
        self._copies[_key(address)] = copy
        self._bytes += len(copy.content)
        while self._bytes > self._most_bytes:
            _, oldest = self._copies.popitem(last=False)
            self._bytes -= len(oldest.content)

    def drop(self, address: str) -> None:
        """Forget an address."""
        if known := self._copies.pop(_key(address), None):
            self._bytes -= len(known.content)


def _key(address: str) -> bytes:
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).digest()


COPIES = Copies()


def open_calendar(account: CalendarAccount) -> "IcsFeed":
    """The calendar behind the account's address."""
    return IcsFeed(account, Guard(account.networks))


class IcsFeed:
    """The Calendar port over a published address."""

    def __init__(self, account: CalendarAccount, guard: Guard, copies: Copies = COPIES) -> None:
        self._account, self._guard, self._copies = account, guard, copies
        self._http = GuardedHttp(guard)

    async def check(self) -> CalendarCheck:
        """Read it once. Raises a CalendarTrouble, AddressRefused among them."""
        async with within(self._account.seconds):
            content = await self._content()
        if b"BEGIN:VCALENDAR" not in content.upper():
            raise CalendarNonsense("There is something else at this address, not a calendar.")
        return CalendarCheck("The calendar can be read. It can’t be written.", frozenset({Ability.READ_BUSY}))

    async def read_busy(self, addresses: Sequence[str], start_at: datetime, end_at: datetime) -> Mapping[str, Busy]:
        """The busy times of its owner; of anybody else nothing is known."""
        async with within(self._account.seconds):
            content = await self._content()
            question = Question(start_at, end_at, LONDON, frozenset({self._account.address} - {""}))
            blocks = await asyncio.to_thread(busy_blocks, content, question)
        return {
            address: Busy(blocks) if address == self._account.address else Busy(trouble=NOT_THEIRS)
            for address in addresses
        }

    async def put(self, event: itip.Event) -> None:  # noqa: ARG002 - the port's
        """There is no way in."""
        raise CalendarTrouble(CANNOT)

    async def remove(self, uid: str) -> None:  # noqa: ARG002 - the port's
        """There is no way in."""
        raise CalendarTrouble(CANNOT)

    async def news(self, token: str | None) -> CalendarNews:  # noqa: ARG002 - the port's
        """Nothing of ours is there."""
        raise CalendarTrouble(CANNOT)

    async def close(self) -> None:
        """Leave the server."""
        await self._http.close()

    async def _content(self) -> bytes:
        address = self._account.values.get("address", "")
        known = self._copies.find(address)
        headers = {"Accept": "text/calendar, */*;q=0.1", **(known.conditions if known else {})}
        answer = await self._http.ask(Request("GET", self._guard.check(address), headers))
        if answer.status == 304 and known:
            return known.content
        raise_for(answer)
        if answer.status != 200:
            raise CalendarNonsense(f"The calendar’s server gave an answer without a calendar ({answer.status}).")
        asked_by = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
        conditions = {ask: answer.headers[said] for ask, said in asked_by.items() if said in answer.headers}
        if conditions:
            self._copies.keep(address, Copy(answer.body, conditions))
        else:
            self._copies.drop(address)
        return answer.body
