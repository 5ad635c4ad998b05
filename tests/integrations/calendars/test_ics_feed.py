"""What only a published calendar has: conditions, compression, and publishers of every quality."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from coord_service.errors import (
    CalendarNonsense,
    CalendarTimedOut,
    CalendarTrouble,
    ConnectionLost,
    SignInRefused,
    Throttled,
)
from coord_service.ports import CalendarAccount
from integrations.calendars.ics_feed import Copies, Copy, IcsFeed
from integrations.guard import HERE, Guard
from tests.integrations.calendars.diaries import OWNER, at, calendar, utc
from tests.servers.faulty import FaultyServer, serve_faulty

NINE = calendar("DTSTART:20270309T090000Z\nDTEND:20270309T100000Z")
TEN = calendar("DTSTART:20270309T100000Z\nDTEND:20270309T110000Z")
AT_NINE, AT_TEN = (utc(9, 9), utc(9, 10)), (utc(9, 10), utc(9, 11))


@dataclass
class Publisher:
    """Gives ``body``; ``marks`` are its ETag or Last-Modified, which it answers for with 304."""

    body: bytes = NINE
    marks: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(dict(request.headers))
        known = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
        same = self.marks and all(request.headers.get(known[name]) == value for name, value in self.marks.items())
        self.sent.append(304 if same else self.status)
        if same:
            return web.Response(status=304, headers=self.marks)
        return web.Response(body=self.body, status=self.status, headers={**self.marks, **self.headers})


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
async def server(publisher: Publisher) -> AsyncIterator[FaultyServer]:
    async with serve_faulty(publisher.answer) as server:
        yield server


@pytest.fixture
async def open_feed(server: FaultyServer) -> AsyncIterator[Callable[..., IcsFeed]]:
    opened: list[IcsFeed] = []
    copies = Copies()

    def open_feed(path: str = "/a.ics", seconds: float = 5) -> IcsFeed:
        account = CalendarAccount(OWNER, {"address": f"{server.url}{path}"}, seconds)
        opened.append(IcsFeed(account, Guard(HERE), copies))
        return opened[-1]

    yield open_feed
    for each in opened:
        await each.close()


async def spans(feed: IcsFeed) -> list[tuple[object, object]]:
    found = await feed.read_busy([OWNER], at(1), at(20))
    return [(block.start_at, block.end_at) for block in found[OWNER].blocks]


@pytest.mark.parametrize("marks", [{"ETag": '"one"'}, {"Last-Modified": "Mon, 01 Mar 2027 09:00:00 GMT"},
                                   {"ETag": 'W/"one"', "Last-Modified": "Mon, 01 Mar 2027 09:00:00 GMT"}])  # fmt: skip
async def test_what_has_not_changed_is_not_fetched_again(publisher, open_feed, marks):
    publisher.marks = marks
    assert await spans(open_feed()) == [AT_NINE]
    assert await spans(open_feed()) == [AT_NINE]
    assert publisher.sent == [200, 304]
    publisher.body, publisher.marks = TEN, {"ETag": '"two"'}
    assert await spans(open_feed()) == [AT_TEN]


async def test_a_copy_is_kept_for_its_own_address_alone(publisher, open_feed):
    publisher.marks = {"ETag": '"one"'}
    assert await spans(open_feed()) == [AT_NINE]
    publisher.body = TEN
    assert await spans(open_feed("/b.ics")) == [AT_TEN]


async def test_without_a_mark_it_is_fetched_each_time(publisher, open_feed):
    assert await spans(open_feed()) == [AT_NINE]
    publisher.body = TEN
    assert await spans(open_feed()) == [AT_TEN]


async def test_a_304_that_nobody_asked_for_is_nonsense(publisher, open_feed):
    publisher.status = 304
    with pytest.raises(CalendarNonsense):
        await spans(open_feed())


async def test_a_packed_calendar_is_unpacked(publisher, open_feed):
    publisher.body, publisher.headers = gzip.compress(NINE), {"Content-Encoding": "gzip"}
    assert await spans(open_feed()) == [AT_NINE]


async def test_a_packed_bomb_is_refused(publisher, open_feed):
    """100 MB in 100 kB: no more than 16 MB of it are ever unpacked."""
    publisher.body, publisher.headers = gzip.compress(bytes(100_000_000)), {"Content-Encoding": "gzip"}
    with pytest.raises(CalendarNonsense, match="larger than 16 MB"):
        await spans(open_feed())


async def test_what_is_packed_wrongly_is_nonsense(publisher, open_feed):
    publisher.body, publisher.headers = b"no gzip at all", {"Content-Encoding": "gzip"}
    with pytest.raises(CalendarNonsense, match="unpacked"):
        await spans(open_feed())


async def test_an_endless_answer_is_refused(open_feed):
    async def endless(request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"X" * 1_000_000)

    async with serve_faulty(endless) as server:
        feed = IcsFeed(CalendarAccount(OWNER, {"address": server.url}, 30), Guard(HERE))
        with pytest.raises(CalendarNonsense, match="larger than 16 MB"):
            await spans(feed)
        await feed.close()


async def test_a_publisher_that_drips_is_given_up(open_feed):
    async def dripping(request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"X")
            await asyncio.sleep(0.01)  # it is the publisher that is slow

    async with serve_faulty(dripping) as server:
        feed = IcsFeed(CalendarAccount(OWNER, {"address": server.url}, 0.1), Guard(HERE))
        with pytest.raises(CalendarTimedOut):
            await spans(feed)
        await feed.close()


async def test_a_calendar_that_breaks_off_is_never_a_short_one(publisher, open_feed):
    publisher.body = NINE[: NINE.index(b"END:VEVENT") + 12]
    with pytest.raises(CalendarNonsense, match="breaks off"):
        await spans(open_feed())


TROUBLES: list[tuple[int, type[CalendarTrouble]]] = [
    (401, SignInRefused), (403, SignInRefused), (404, SignInRefused), (410, SignInRefused), (429, Throttled),
    (500, ConnectionLost), (502, ConnectionLost), (503, Throttled), (204, CalendarNonsense), (418, CalendarNonsense),
]  # fmt: skip


@pytest.mark.parametrize(("status", "trouble"), TROUBLES)
async def test_each_status_is_told_in_its_own_words(publisher, open_feed, status, trouble):
    publisher.status, publisher.body = status, b""
    with pytest.raises(CalendarTrouble) as caught:
        await spans(open_feed())
    assert type(caught.value) is trouble


@pytest.mark.parametrize(("header", "seconds"), [("30", 30), ("Mon, 01 Mar 2027 09:01:00 GMT", 60), ("soon", None),
                                                 ("-5", None), ("99999999999", 86_400)])  # fmt: skip
async def test_whoever_is_busy_says_when_to_come_back(publisher, open_feed, header, seconds):
    publisher.status, publisher.headers = 503, {"Retry-After": header, "Date": "Mon, 01 Mar 2027 09:00:00 GMT"}
    with pytest.raises(Throttled) as caught:
        await spans(open_feed())
    wait = caught.value.retry_after
    assert (wait and wait.total_seconds()) == seconds


async def test_nothing_is_ever_written_there(open_feed):
    with pytest.raises(CalendarTrouble, match="not written"):
        await open_feed().remove("a@b")


def test_the_least_used_copies_are_forgotten_first():
    copies = Copies(most_bytes=10)
    for address in ("a", "b"):
        copies.keep(address, Copy(b"12345", {}))
    assert copies.find("a")
    copies.keep("c", Copy(b"12345", {}))
    assert [bool(copies.find(each)) for each in "abc"] == [True, False, True]
    copies.keep("d", Copy(b"x" * 11, {}))
    assert [bool(copies.find(each)) for each in "abcd"] == [False] * 4
