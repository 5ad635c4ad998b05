"""Busy times from many calendars at once: kept with their age, and one bad calendar spoils nothing for the others."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from coord_service.domain.diaries import Block, BlockStatus
from coord_service.domain.outside import Knowledge, Outside
from coord_service.domain.people import Actor, PersonKind, Role
from coord_service.errors import ConnectionLost, Throttled
from coord_service.operations import connections
from coord_service.operations.asking import Asking
from coord_service.operations.gathering import Wanted, gather_busy, load_outside
from coord_service.operations.tools import Tools
from coord_service.storage.tables import BusyReading, Person
from integrations.calendars.memory import SERVERS, MemoryServer
from tests.builders import a_person, a_user, actor_for
from tests.outside_calendars import appointment, connect, server
from tests.statements import count_statements

__all__ = ["server"]

START, END = datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 4, 15, tzinfo=UTC)
DENTIST = Block(datetime(2026, 3, 5, 14, tzinfo=UTC), datetime(2026, 3, 5, 15, tzinfo=UTC))
ALL_ANSWERED = 60.0  # more patience than any test needs


@pytest.fixture
async def worker(tools: Tools, server: MemoryServer) -> Actor:
    """A lead worker with a calendar, and a dentist's appointment in it."""
    user = await a_user(tools, name="Amy Leadworth", email="amy@council.example")
    server.add("amy@council.example", appointment(DENTIST.start_at, DENTIST.end_at))
    await connect(tools, actor_for(user))
    return actor_for(user)


def want(*people: tuple[int, str], **changes: object) -> Wanted:
    return Wanted(dict(people), START, END, **changes)  # type: ignore[arg-type]


def amys(worker: Actor) -> tuple[int, str]:
    assert worker.person_id
    return worker.person_id, "amy@council.example"


async def known(tools: Tools, wanted: Wanted) -> dict[int, Outside]:
    async with tools.database.read() as db:
        return await load_outside(db, wanted.addresses, (START, END), tools.clock.now())


async def amys_time(tools: Tools, worker: Actor) -> Outside:
    [outside] = (await known(tools, want(amys(worker)))).values()
    return outside


async def council_of(tools: Tools, server: MemoryServer, count: int) -> list[Person]:
    """So many professionals on the council's system, each with an appointment of their own."""
    people = [await a_person(tools, f"Person {n}", email=f"p{n}@trust.example") for n in range(count)]
    for n in range(count):
        start = DENTIST.start_at + timedelta(days=n)
        server.add(f"p{n}@trust.example", appointment(start, start + timedelta(hours=1)))
    administrator = actor_for(await a_user(tools, Role.ADMINISTRATOR))
    await connect(tools, administrator, "trust.example")
    return people


async def test_what_a_calendar_says_is_kept_with_its_age(tools, worker, clock):
    assert (await amys_time(tools, worker)).knowledge is Knowledge.NOT_YET
    assert await gather_busy(tools, want(amys(worker)), ALL_ANSWERED) == frozenset()
    read_at = tools.clock.now()
    assert await amys_time(tools, worker) == Outside(Knowledge.KNOWN, (DENTIST,), read_at)
    clock.move(hours=2)
    assert await amys_time(tools, worker) == Outside(Knowledge.OLD, (DENTIST,), read_at)


async def test_the_same_time_twice_is_kept_once(tools, worker, server):
    server.add("amy@council.example", appointment(DENTIST.start_at, DENTIST.end_at, sequence=1))
    await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
    async with tools.database.read() as db:
        [kept] = (await db.scalars(sa.select(BusyReading.blocks))).all()
    assert kept == [["2026-03-05T14:00:00+00:00", "2026-03-05T15:00:00+00:00", "busy"]]


@pytest.mark.parametrize(("since", "is_told"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
async def test_of_a_long_reading_the_hour_that_is_looked_at_is_told(tools, worker, since, is_told):
    await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
    first = (DENTIST.start_at + timedelta(minutes=since)).astimezone(timezone(timedelta(hours=5)))
    async with tools.database.read() as db:
        found = await load_outside(db, dict([amys(worker)]), (first, first + timedelta(hours=1)), tools.clock.now())
    assert bool(found[worker.person_id].blocks) is is_told


async def test_somebody_without_a_calendar_is_not_unknown(tools, worker):
    other = await a_person(tools, "Dr Asha Shah", email="a.shah@nhs.example")
    outside = (await known(tools, want((other.id, "a.shah@nhs.example"))))[other.id]
    assert outside == Outside(Knowledge.NO_CALENDAR)
    assert not outside.is_unknown


async def test_a_fresh_reading_is_not_asked_for_again_until_it_is_old(tools, worker, server, clock):
    for minutes, expected in ((0, 1), (5, 1), (6, 2)):
        clock.move(minutes=minutes)
        await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
        assert len(server.asked) == expected


async def test_looking_again_asks_although_it_is_fresh(tools, worker, server):
    await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
    server.diaries["amy@council.example"].clear()
    await gather_busy(tools, want(amys(worker), again=frozenset({worker.person_id})), ALL_ANSWERED)
    assert (await amys_time(tools, worker)).blocks == ()


async def test_a_calendar_that_fails_is_unknown_since_it_was_last_read(tools, worker, server, clock):
    await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
    read_at = tools.clock.now()
    server.trouble = ConnectionLost("The calendar hung up.")
    clock.move(minutes=20)
    await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
    assert await amys_time(tools, worker) == Outside(Knowledge.LOST, (DENTIST,), read_at, "The calendar hung up.")
    server.trouble = None
    clock.move(minutes=1)
    await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
    assert (await amys_time(tools, worker)).knowledge is Knowledge.KNOWN


async def test_a_calendar_that_throttles_is_left_alone_until_it_says(tools, worker, server, clock):
    server.trouble = Throttled("Not so often.", timedelta(minutes=7))
    await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
    server.trouble = None
    again = want(amys(worker), again=frozenset({worker.person_id}))
    clock.move(minutes=6)
    await gather_busy(tools, again, ALL_ANSWERED)
    assert server.asked == []
    clock.move(minutes=1)
    await gather_busy(tools, again, ALL_ANSWERED)
    assert len(server.asked) == 1


async def test_one_connection_is_called_once_for_all_its_people(tools, server):
    people = await council_of(tools, server, 5)
    wanted = want(*((each.id, each.email) for each in people))
    await gather_busy(tools, wanted, ALL_ANSWERED)
    assert [sorted(asked) for asked in server.asked] == [sorted(each.email for each in people)]
    outside = await known(tools, wanted)
    assert [len(outside[each.id].blocks) for each in people] == [1] * 5


async def test_somebody_whom_the_council_can_not_read_spoils_nothing_for_the_others(tools, server):
    people = await council_of(tools, server, 2)
    stranger = await a_person(tools, "No Mailbox", email="none@trust.example")
    wanted = want(*((each.id, each.email) for each in [*people, stranger]))
    await gather_busy(tools, wanted, ALL_ANSWERED)
    outside = await known(tools, wanted)
    assert [outside[each.id].knowledge for each in people] == [Knowledge.KNOWN] * 2
    assert outside[stranger.id].knowledge is Knowledge.LOST
    assert outside[stranger.id].trouble


async def test_ones_own_calendar_is_asked_rather_than_the_councils(tools, worker, server):
    administrator = actor_for(await a_user(tools, Role.ADMINISTRATOR))
    SERVERS["outside"].password = ""
    await connect_other(tools, administrator)
    SERVERS["outside"].password = "open sesame in march"
    await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
    assert server.asked == [("amy@council.example",)]


async def connect_other(tools: Tools, administrator: Actor) -> None:
    """The whole council's calendars, on a system of their own."""
    SERVERS["other"] = MemoryServer()
    asked = connections.TryCalendar(None, "memory", {"server": "other"}, ("council.example",))
    connection_id = await connections.test_calendar(tools, administrator, asked)
    await connections.connect_calendar(tools, administrator, connection_id)


async def test_a_calendar_that_never_answers_keeps_nobody_waiting(tools, worker, server):
    """Event-driven: the silent calendar is silent still when the others are known."""
    await connect_other(tools, actor_for(await a_user(tools, Role.ADMINISTRATOR)))
    colleague = await a_person(tools, "Bo", kind=PersonKind.STAFF, email="bo@council.example")
    SERVERS["other"].add("bo@council.example", appointment(DENTIST.start_at, DENTIST.end_at))
    server.silence = asyncio.Event()
    wanted = want(amys(worker), (colleague.id, "bo@council.example"))
    assert await gather_busy(tools, wanted, patience=0) == {worker.person_id, colleague.id}
    await tools.asking.wait([colleague.id], ALL_ANSWERED)
    assert tools.asking.still_asked(wanted.addresses) == {worker.person_id}
    outside = await known(tools, wanted)
    assert outside[colleague.id].blocks == (DENTIST,)
    assert outside[worker.person_id].knowledge is Knowledge.NOT_YET
    del SERVERS["other"]


async def test_a_question_on_its_way_is_not_asked_twice(tools, worker, server):
    server.silence = asyncio.Event()
    await gather_busy(tools, want(amys(worker)), patience=0)
    await gather_busy(tools, want(amys(worker)), patience=0)
    on_their_way = [task for task in asyncio.all_tasks() if task.get_coro().__name__ == "_ask"]
    assert len(on_their_way) == 1


async def test_what_a_calendar_says_after_it_was_disconnected_is_not_kept(tools, worker, server):
    held = asyncio.Event()
    await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
    [connection] = (await connections.list_connections(tools, worker, worker.person_id)).connections
    server.silence = held
    await gather_busy(tools, want(amys(worker), again=frozenset({worker.person_id})), patience=0)
    await connections.disconnect_calendar(tools, worker, connection.id)
    held.set()
    await tools.asking.wait([worker.person_id], ALL_ANSWERED)
    async with tools.database.read() as db:
        assert list(await db.scalars(sa.select(BusyReading))) == []


async def test_two_pages_at_once_keep_one_reading(tools, worker, server):
    """As two processes would: each has questions of its own on their way."""
    both = [replace(tools, asking=Asking()) for _ in range(2)]
    await asyncio.gather(*(gather_busy(each, want(amys(worker)), ALL_ANSWERED) for each in both))
    assert (await amys_time(tools, worker)).blocks == (DENTIST,)
    async with tools.database.read() as db:
        assert len(list(await db.scalars(sa.select(BusyReading)))) == 1


async def test_an_adapter_that_breaks_is_a_calendar_that_can_not_be_understood(tools, worker, server):
    server.trouble = RuntimeError("an adapter's own fault")
    await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
    outside = await amys_time(tools, worker)
    assert outside.knowledge is Knowledge.LOST
    assert "can’t understand" in (outside.trouble or "")


async def test_nothing_personal_is_kept_of_what_a_calendar_says(tools, worker):
    await gather_busy(tools, want(amys(worker)), ALL_ANSWERED)
    async with tools.database.engine.connect() as connection:
        kept = (await connection.execute(sa.text("select blocks from busy_reading"))).scalar()
    assert "Private" not in str(kept)
    assert (await amys_time(tools, worker)).blocks[0].status is BlockStatus.BUSY


async def test_a_cold_and_a_warm_look_take_the_same_statements_for_two_people_as_for_twenty(tools, server):
    people = await council_of(tools, server, 20)
    wanted = want(*((each.id, each.email) for each in people))
    await gather_busy(tools, wanted, ALL_ANSWERED)
    numbers = []
    for count in (2, 20):
        some = want(*((each.id, each.email) for each in people[:count]))
        with count_statements(tools.database) as counted:
            await gather_busy(tools, some, ALL_ANSWERED)
            await known(tools, some)
        numbers.append(counted.number)
    assert numbers == [4, 4]
