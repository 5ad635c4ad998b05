"""A county of open requests in PostgreSQL, filled by set-based SQL: most not due, some chased, some due today."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from coord_service.bootstrap import build
from coord_service.clock import StandingClock
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from coord_service.storage.database import Database
from coord_service.storage.schema import migrate
from tests.servers.postgres import PostgresServer

NOW = datetime(2026, 4, 28, 9, 0, tzinfo=UTC)  # a Tuesday: what was due on Monday is due to be chased
SERVICES, CHILDREN = 500, 50_000

_PEOPLE = """
INSERT INTO agency (id, name, sector) VALUES (1, 'Trust', 'health');
INSERT INTO person (id, kind, name, email, version) VALUES (1, 'staff', 'Worker', 'worker@council.example', 1);
INSERT INTO "user" (id, person_id, email, role, is_active, created_at)
  VALUES (1, 1, 'worker@council.example', 'lead_worker', true, now());
INSERT INTO service (id, agency_id, name, mailbox, manager_name, manager_email)
  SELECT n, 1, 'Service ' || n, 'service' || n || '@nhs.example', 'Manager', 'manager' || n || '@nhs.example'
  FROM generate_series(1, :services) n;
INSERT INTO person (id, kind, name, email, service_id, version)
  SELECT n + 1, 'professional', 'Person ' || n, 'person' || n || '@nhs.example', n % :services + 1, 1
  FROM generate_series(1, :people) n;
INSERT INTO child (id, reference, given_name, family_name, born_on, plan_status, needs_advocate, access_needs,
    is_shielded, lead_worker_id, created_at, version)
  SELECT n, 'KD-' || n, 'J', 'T', '2016-05-04', 'assessment', false, '[]', false, 1, now(), 1
  FROM generate_series(1, :children) n
"""

# Every request is with somebody in a service, and hangs from one of three due dates.
_REQUESTS = """
INSERT INTO advice_request (child_id, service_id, person_id, kind, question, status, asked_at, due_on, version)
  SELECT n % :children + 1, n % :services + 1, n % :people + 2, 'd', 'What would help?', 'open',
    CAST(:due_on AS date) - 42 + time '09:00', CAST(:due_on AS date) + CAST(n % :spread AS integer), 1
  FROM generate_series(1, :count) n
"""

_CHASED = """
INSERT INTO chase (subject, subject_id, step, anchor_on, address, audience, chased_at)
  SELECT 'advice', r.id, '+5', r.due_on, reader.address, reader.audience, CAST('2026-04-27 09:00+00' AS timestamptz)
  FROM advice_request r JOIN person p ON p.id = r.person_id JOIN service s ON s.id = r.service_id
  CROSS JOIN LATERAL (VALUES (p.email, 'holder'), (s.manager_email, 'service_manager')) AS reader (address, audience)
  WHERE r.due_on = '2026-04-20'
"""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many are not due (their dates lie four weeks ahead), were chased yesterday, and are due now, of how many
    people."""

    not_due: int
    chased: int
    due: int
    people: int


@asynccontextmanager
async def full_ledger(postgres: PostgresServer, amounts: Amounts, folder: Path) -> AsyncIterator[Tools]:
    """An installation over so many requests, at an instant at which some are due."""
    async with postgres.database() as url:
        database = Database(url)
        await migrate(database)
        await _fill(database, amounts)
        await database.close()
        settings = Settings(data_dir=folder, database_url=url, demo=True, mail_from="send.team@example.org")
        tools = build(settings, clock=StandingClock(NOW))
        yield tools
        await tools.close()


async def _fill(database: Database, amounts: Amounts) -> None:
    counts = {"services": SERVICES, "children": CHILDREN, "people": amounts.people}
    async with database.begin() as db:
        for statement in _PEOPLE.split(";"):
            wanted = {name: value for name, value in counts.items() if f":{name}" in statement}
            await db.execute(sa.text(statement), wanted)
        for due_on, spread, count in (
            ("2026-05-26", 28, amounts.not_due),
            ("2026-04-20", 1, amounts.chased),
            ("2026-04-27", 1, amounts.due),
        ):
            day = datetime.fromisoformat(due_on).date()
            await db.execute(sa.text(_REQUESTS), counts | {"due_on": day, "spread": spread, "count": count})
        await db.execute(sa.text(_CHASED))
    async with database.engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(sa.text("ANALYZE"))
