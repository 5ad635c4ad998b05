"""Twelve diaries of 500 entries, cold, from a Radicale on this machine: beside the bare downloads of the same data."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from coord_service.ports import CalendarAccount
from integrations.calendars.caldav.calendar import CalDavCalendar
from integrations.calendars.caldav.xml import calendar_query
from integrations.guard import HERE, Guard
from integrations.itip.moments import utc_text
from tests.benchmarks.bench_expansion import END, START, calendar_of, diary
from tests.benchmarks.measuring import Figure, compare
from tests.servers.radicale import Radicale, start_radicale

DIARIES = 12
USERS = {f"user{number}": f"password-{number}" for number in range(DIARIES)}
PROPERTIES = '{"tag": "VCALENDAR", "C:supported-calendar-component-set": "VEVENT"}'


def fill(radicale: Radicale) -> None:
    """A calendar for each user, in the form in which Radicale keeps it: a file an entry."""
    for seed, user in enumerate(USERS):
        folder = radicale.calendar(user)
        folder.mkdir(parents=True)
        (folder / ".Radicale.props").write_text(PROPERTIES)
        for number, entry in enumerate(diary(seed=seed)):
            (folder / f"{number}.ics").write_bytes(calendar_of([entry]))


async def download_all(radicale: Radicale) -> int:
    """All at once: the request that a calendar programme makes, its answer read to the end and thrown away."""

    async def download(user: str, password: str) -> int:
        login = {"Authorization": aiohttp.encode_basic_auth(user, password), "Depth": "1"}
        body = calendar_query(utc_text(START), utc_text(END))
        async with (
            aiohttp.ClientSession(headers=login) as session,
            session.request("REPORT", f"{radicale.url}/{user}/work/", data=body) as answer,
        ):
            assert answer.status == 207
            return len(await answer.read())

    return sum(await asyncio.gather(*(download(*each) for each in USERS.items())))


async def read_all(radicale: Radicale) -> int:
    """All at once through the adapter, each connection new: discovery, download, expansion."""

    async def read(user: str, password: str) -> int:
        values = {"server": f"{radicale.url}/{user}/work/", "user": user, "password": password}
        calendar = CalDavCalendar(CalendarAccount(f"{user}@example.org", values, seconds=600), Guard(HERE))
        found = await calendar.read_busy([f"{user}@example.org"], START, END)
        await calendar.close()
        return len(found[f"{user}@example.org"].blocks)

    return sum(await asyncio.gather(*(read(*each) for each in USERS.items())))


def figures() -> Iterator[Figure]:
    """A few minutes, nearly all of them Radicale's; its own cache of what it parsed is warm for both.

    In memory where the machine lets us: Radicale waits for the disk at each of 6,000 entries.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    parent = memory if memory.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="coord-", dir=parent, ignore_cleanup_errors=True) as folder,
        start_radicale(Path(folder), USERS) as radicale,
    ):
        fill(radicale)
        assert asyncio.run(read_all(radicale)) > DIARIES * 1_000
        yield compare(
            "12 diaries of 500 entries, all at once",
            lambda: asyncio.run(read_all(radicale)),
            lambda: asyncio.run(download_all(radicale)),
            at_most=1.2,
        )
