"""Finding a time for twelve people with 500 entries each on a Radicale: beside bare downloads, and an ordinary page."""

import asyncio
import logging
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import structlog
from aiohttp.test_utils import TestClient

from coord_service.domain.outside import Knowledge
from coord_service.operations.finding import View, find_slots
from coord_service.operations.gathering import Wanted, gather_busy
from coord_service.web.keys import TABLE
from integrations.calendars.caldav.xml import calendar_query
from integrations.itip.moments import utc_text
from tests.benchmarks.full_diaries import USERS, Searcher, download, full_radicale, make_searcher, open_pages
from tests.benchmarks.measuring import Figure, compare
from tests.builders import actor_for
from tests.servers.radicale import Radicale

ALL_ANSWERED = 60.0


async def download_all(radicale: Radicale, report: bytes | None = None) -> int:
    """All at once, each on a connection of its own."""
    return sum(await asyncio.gather(*(download(radicale, user, report) for user in USERS)))


async def find_cold(searcher: Searcher) -> int:
    """Whatever is known is old: each calendar is signed in to, read and kept, and then the times are ranked."""
    searcher.clock.move(minutes=11)
    wanted = Wanted(searcher.addresses, *searcher.span)
    assert not await gather_busy(searcher.tools, wanted, ALL_ANSWERED)
    return await find_warm(searcher)


async def find_warm(searcher: Searcher) -> int:
    """How many times are on offer, from what was read a moment ago."""
    found = await find_slots(searcher.tools, actor_for(searcher.user), searcher.draft_id, View())
    assert all(each.knowledge is Knowledge.KNOWN for each in found.calendars)
    return found.total


def figures() -> Iterator[Figure]:
    """Two minutes or so, most of them Radicale's."""
    # what the pages log is no figure
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with (
        full_radicale() as radicale,
        tempfile.TemporaryDirectory(prefix="coord-") as folder,
        asyncio.Runner() as runner,
    ):
        searcher = runner.run(make_searcher(radicale, Path(folder)))
        yield from _cold(runner, radicale, searcher)
        yield from _warm(runner, searcher)
        runner.run(searcher.tools.close())


def _cold(runner: asyncio.Runner, radicale: Radicale, searcher: Searcher) -> Iterator[Figure]:
    """Beside the diaries as whole files, and beside no more than the very answers that the service asks for."""
    report = calendar_query(utc_text(searcher.clock.now()))
    for name, body in (("whole files", None), ("the same reports", report)):
        yield compare(
            f"a time for 12 diaries of 500 entries, cold: beside {name}",
            lambda: runner.run(find_cold(searcher)),
            partial(_run_download, runner, radicale, body),
            at_most=1.2,
        )


def _run_download(runner: asyncio.Runner, radicale: Radicale, report: bytes | None) -> int:
    return runner.run(download_all(radicale, report))


def _warm(runner: asyncio.Runner, searcher: Searcher) -> Iterator[Figure]:
    client = runner.run(open_pages(searcher))

    def get(name: str, **facts: int) -> bytes:
        return runner.run(_get(client, client.app[TABLE].url(name, **facts)))

    yield compare(
        "the page of times, warm: beside a child's page",
        partial(get, "booking_when", draft_id=searcher.draft_id),
        partial(get, "show_child", child_id=searcher.child_id),
        at_most=3,
    )
    runner.run(client.close())


async def _get(client: TestClient, address: str) -> bytes:
    async with client.get(address) as answer:
        assert answer.status == 200
        return await answer.read()
