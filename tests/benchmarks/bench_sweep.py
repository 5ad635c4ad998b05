"""The sweep over 1,000,000 open requests with 20,000 due: beside the bare SQL that finds them, and beside twice as many
that are not due; and digests for 5,000 people, beside writing as many letters without a database."""

import asyncio
import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa
import structlog

from coord_service.operations.chase_plan import plan_chases
from coord_service.operations.chase_rules import load_chase_rules
from coord_service.operations.chasing import send_due_chases
from coord_service.operations.tools import Tools
from coord_service.storage.tables import OutboxLetter
from tests.benchmarks.full_ledger import NOW, Amounts, full_ledger
from tests.benchmarks.measuring import Figure, compare
from tests.servers.postgres import start_postgres

COUNTY = Amounts(not_due=900_000, chased=80_000, due=20_000, people=5_000)
TWICE = Amounts(not_due=1_800_000, chased=80_000, due=20_000, people=5_000)
DIGESTS = Amounts(not_due=0, chased=0, due=20_000, people=5_000)

# What a person would type who knew the answer: late by a day, open, and not chased since.
BARE = sa.text(
    "SELECT r.id, r.due_on, coalesce(p.email, s.mailbox) FROM advice_request r JOIN child c ON c.id = r.child_id "
    "JOIN service s ON s.id = r.service_id LEFT JOIN person p ON p.id = r.person_id "
    "WHERE r.status = 'open' AND c.closed_at IS NULL AND r.due_on BETWEEN '2026-01-01' AND '2026-05-13' AND NOT EXISTS "
    "(SELECT 1 FROM chase l WHERE l.subject = 'advice' AND l.subject_id = r.id AND l.audience = 'holder' "
    "AND l.chased_at >= '2026-04-27 00:00+01')"
)


async def plan(tools: Tools) -> int:
    """Everything that is due, decided."""
    async with tools.database.read() as db:
        return len(await plan_chases(db, await load_chase_rules(db, tools, NOW), NOW))


async def ask_bare(tools: Tools) -> int:
    """The same requests, found by one statement."""
    async with tools.database.read() as db:
        return len((await db.execute(BARE)).all())


def figures() -> Iterator[Figure]:
    """Some minutes, most of them filling."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with start_postgres() as postgres, asyncio.Runner() as runner, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coord-")))

        def enter(amounts: Amounts) -> Tools:
            ledger = full_ledger(postgres, amounts, folder)
            stack.callback(lambda: runner.run(ledger.__aexit__(None, None, None)))
            return runner.run(ledger.__aenter__())

        county, twice = enter(COUNTY), enter(TWICE)
        assert runner.run(plan(county)) == runner.run(ask_bare(county)) == COUNTY.due
        yield compare(
            "a sweep's plan over 1,000,000 open, 20,000 due, beside bare SQL",
            lambda: runner.run(plan(county)),
            lambda: runner.run(ask_bare(county)),
            operations=COUNTY.due,
        )
        yield compare(
            "the same with twice as many not due, beside once as many",
            lambda: runner.run(plan(twice)),
            lambda: runner.run(plan(county)),
            at_most=1.3,
        )
        yield runner.run(_digests(enter(DIGESTS)))


async def _digests(tools: Tools) -> Figure:
    """Once, from an empty ledger: a sweep can't be repeated. Beside it a write of as many rows of as many bytes."""
    began = time.perf_counter()
    swept = await send_due_chases(tools)
    seconds = time.perf_counter() - began
    assert (swept.letters, swept.chases) == (DIGESTS.people, DIGESTS.due)
    began = time.perf_counter()
    async with tools.database.begin() as db:
        copied = sa.select(OutboxLetter.id, OutboxLetter.content)
        letters = (await db.execute(copied)).all()
        await db.execute(sa.text("CREATE TABLE copied (id bigint, content bytea)"))
        await db.execute(
            sa.text("INSERT INTO copied VALUES (:id, :content)"), [{"id": n, "content": words} for n, words in letters]
        )
    beside = time.perf_counter() - began
    name = "digests for 5,000 people with 20,000 lines, beside storing their bytes bare"
    return Figure(name, round(seconds / beside, 1), "", True, seconds, beside, round(swept.letters / seconds))
