"""Invitations out by the outbox, on PostgreSQL, beside a bare aiosmtplib loop: the same bytes to the same sink.

The sink takes everything and is a process of its own. Both use as many connections, kept open; the outbox leases,
counts each domain's letters and records every one, so that a worker may be killed at any moment.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiosmtplib
import sqlalchemy as sa
from sqlalchemy.orm import undefer

from coord_service.bootstrap import build
from coord_service.domain.delivery import LetterState
from coord_service.logs import configure_logs
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from coord_service.storage.schema import migrate
from coord_service.storage.tables import OutboxLetter
from tests.benchmarks.measuring import Figure, compare
from tests.builders import a_child, a_meeting, a_person, a_user
from tests.installation import StandingClock
from tests.servers.postgres import start_postgres
from tests.servers.processes import free_port, running

LETTERS = 400
DOMAINS = 100
CONNECTIONS = 4  # of each worker, as they are set without a word


@dataclass(frozen=True, slots=True)
class World:
    """Workers on one database, and the letters that wait in it."""

    workers: Sequence[Tools]
    port: int
    content: bytes


@contextmanager
def sink() -> Iterator[int]:
    """A mail server that takes everything and keeps nothing."""
    with tempfile.TemporaryDirectory(prefix="coord-") as folder:
        port = free_port()
        command = [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", f"127.0.0.1:{port}"]
        with running(command, port, Path(folder) / "sink.log"):
            yield port


async def prepare(url: str, port: int) -> World:
    """One real invitation, and as many copies of it to other people as are to be sent."""
    clock = StandingClock()
    facts = {"data_dir": Path("unused"), "database_url": url, "smtp_port": port, "smtp_tls": "none"}
    workers = [build(Settings(**facts), clock=clock) for _ in range(2)]
    tools = workers[0]
    await migrate(tools.database)
    worker = await a_user(tools)
    await a_meeting(tools, worker, await a_child(tools, worker), await a_person(tools))
    async with tools.database.begin() as db:
        letter = (await db.scalars(sa.select(OutboxLetter).options(undefer(OutboxLetter.content)))).first()
        assert letter is not None
        content = letter.content
        await db.execute(sa.delete(OutboxLetter))
        db.add_all(copy_of(content, number, clock) for number in range(LETTERS))
    return World(workers, port, content)


def copy_of(content: bytes, number: int, clock: StandingClock) -> OutboxLetter:
    """A letter to somebody else; four people share a domain."""
    return OutboxLetter(
        key=f"bench:{number}",
        letter="invite",
        subject="Meeting",
        recipient=f"person{number}@trust{number % DOMAINS}.example",
        envelope_from=f"bounces+{number}@example.org",
        message_id=f"<{number}@example.org>",
        content=content,
        created_at=clock.now(),
        not_before=clock.now(),
    )


async def put_back(world: World) -> None:
    """Every letter waits again, as if it had never been begun."""
    waiting = {"state": LetterState.WAITING, "leased_until": None, "leased_at": None, "attempts": 0}
    async with world.workers[0].database.begin() as db:
        await db.execute(sa.update(OutboxLetter).values(waiting))


async def deliver(world: World, workers: int) -> None:
    """Every letter by the outbox."""
    done = await asyncio.gather(*(deliver_outbox(tools) for tools in world.workers[:workers]))
    assert sum(each.sent for each in done) == LETTERS


async def send_bare(world: World, connections: int) -> None:
    """The same bytes to the same people."""
    numbers = iter(range(LETTERS))

    async def send() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=world.port, start_tls=False, use_tls=False) as client:
            for number in numbers:
                to = [f"person{number}@trust{number % DOMAINS}.example"]
                await client.sendmail(f"bounces+{number}@example.org", to, world.content)

    await asyncio.gather(*(send() for _ in range(connections)))


async def close(world: World) -> None:
    """Leave the database and the sink."""
    for tools in world.workers:
        await tools.close()


def figures() -> Iterator[Figure]:
    """About a minute."""
    with ExitStack() as stack:
        configure_logs(
            stream=stack.enter_context(Path(os.devnull).open("w"))
        )  # a line a letter, written and thrown away
        postgres, port = stack.enter_context(start_postgres()), stack.enter_context(sink())
        runner = stack.enter_context(asyncio.Runner())
        database = postgres.database()
        url = runner.run(database.__aenter__())
        world = runner.run(prepare(url, port))
        for workers in (1, 2):
            yield compare(
                f"{LETTERS} invitations out, {workers} worker{'s' * (workers > 1)} of {CONNECTIONS} connections",
                lambda workers=workers: runner.run(deliver(world, workers)),
                lambda workers=workers: runner.run(send_bare(world, workers * CONNECTIONS)),
                at_most=1.43,  # 70 % of its rate
                operations=LETTERS,
                before=lambda: runner.run(put_back(world)),
            )
        runner.run(close(world))
        runner.run(database.__aexit__(None, None, None))
