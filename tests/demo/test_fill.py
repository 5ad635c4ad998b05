"""The invented county: every list of the service has something in it, and nothing in it exists."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from coord_service.bootstrap import build
from coord_service.clock import StandingClock
from coord_service.demo.county import AGENCIES, PASSWORD, STAFF
from coord_service.demo.fill import fill
from coord_service.demo.ledger import BEGUN, FILL, is_half_made, is_to_be_filled
from coord_service.domain.advice import AdviceStatus
from coord_service.domain.children import is_reference
from coord_service.domain.meetings import Answer, MeetingStatus
from coord_service.domain.outside import Knowledge
from coord_service.domain.people import PersonKind, Role
from coord_service.errors import Refused
from coord_service.operations.accounts import SignIn, sign_in
from coord_service.operations.audit import record
from coord_service.operations.gathering import Wanted, gather_busy, load_outside
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from coord_service.storage.database import Row
from coord_service.storage.schema import migrate
from coord_service.storage.tables import (
    Action,
    AdviceRequest,
    Agency,
    Attendee,
    CaseEvent,
    Chase,
    Child,
    ClockException,
    DateCorrection,
    InboundMail,
    Leave,
    Meeting,
    OutboxLetter,
    Person,
    Service,
    User,
)
from integrations.mail.demo_maildirs import AUTHSERV_ID, folder_in, list_piles
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.asyncio(loop_scope="module")
RESERVED = re.compile(r"(\.example|@example\.org)$")
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@asynccontextmanager
async def filled(folder: Path, database_url: str) -> AsyncIterator[Tools]:
    """A filled installation, on a Wednesday."""
    settings = Settings(
        demo=True, hashing="quick", data_dir=folder, database_url=database_url, mail_authserv_id=AUTHSERV_ID
    )
    tools = build(settings, clock=StandingClock(NOON))
    await migrate(tools.database)
    await fill(tools, folder_in(folder))
    yield tools
    await tools.database.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("county")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(folder: Path) -> AsyncIterator[Tools]:
    """On SQLite, filled once for all of this module."""
    async with filled(folder, "") as tools:
        yield tools


async def count(tools: Tools, query: sa.Select[tuple[int]]) -> int:
    async with tools.database.read() as db:
        return await db.scalar(query) or 0


def number_of(table: type, *conditions: sa.ColumnElement[bool]) -> sa.Select[tuple[int]]:
    return sa.select(sa.func.count()).select_from(table).where(*conditions)


async def test_the_county_has_something_for_every_list(county: Tools):
    now = county.clock.now()
    today = now.date()
    sizes = {table: await count(county, number_of(table)) for table in (Agency, Service, Child, User)}
    assert sizes == {Agency: 8, Service: 12, Child: 40, User: 5}
    assert await count(county, number_of(Person, Person.kind == PersonKind.PROFESSIONAL)) == 60
    full = {
        "meetings today and tomorrow": number_of(
            Meeting, Meeting.starts_at > now, Meeting.starts_at < now + timedelta(hours=36)
        ),
        "to be put on record": number_of(Meeting, Meeting.status == MeetingStatus.BOOKED, Meeting.ends_at < now),
        "held": number_of(Meeting, Meeting.status == MeetingStatus.HELD),
        "refused by a required person": number_of(
            Attendee, Attendee.answer == Answer.DECLINED, Attendee.is_required.is_(True)
        ),
        "another time proposed": number_of(Attendee, Attendee.proposed_start.is_not(None)),
        "tentative": number_of(Attendee, Attendee.answer == Answer.TENTATIVE),
        "no answer": number_of(Attendee, Attendee.answer == Answer.NEEDS_ACTION),
        "in words": number_of(InboundMail, InboundMail.kind == "other", InboundMail.needs_decision.is_(True)),
        "bounced": number_of(OutboxLetter, OutboxLetter.bounced_at.is_not(None)),
        "not delivered": number_of(OutboxLetter, OutboxLetter.state == "failed"),
        "advice overdue": number_of(
            AdviceRequest, AdviceRequest.status == AdviceStatus.OPEN, AdviceRequest.due_on < today
        ),
        "advice received": number_of(AdviceRequest, AdviceRequest.status == AdviceStatus.RECEIVED),
        "promised for today": number_of(AdviceRequest, AdviceRequest.promised_on == today),
        "can't, wrong person": number_of(AdviceRequest, AdviceRequest.problem.is_not(None)),
        "escalated": number_of(Chase, Chase.audience != "holder"),
        "actions overdue": number_of(Action, Action.due_on < today, Action.status == "open"),
        "limits near": number_of(Child, Child.assessment_requested_on > today - timedelta(days=42)),
        "reviews due": number_of(Child, Child.last_review_on < today - timedelta(days=330)),
        "steps on record": number_of(CaseEvent),
        "exceptions": number_of(ClockException),
        "corrected dates": number_of(DateCorrection),
        "on leave": number_of(Leave),
    }
    empty = [name for name, query in full.items() if not await count(county, query)]
    assert empty == []


async def test_nothing_in_the_county_exists(county: Tools):
    async with county.database.read() as db:
        addresses = {*await db.scalars(sa.select(Person.email).where(Person.email.is_not(None)))}
        addresses |= {*await db.scalars(sa.select(OutboxLetter.recipient))}
        references = list(await db.scalars(sa.select(Child.reference)))
        names = list(await db.scalars(sa.select(Person.name).where(Person.kind == PersonKind.PROFESSIONAL)))
    assert [address for address in addresses if not RESERVED.search(address)] == []
    assert all(is_reference(reference) for reference in references)
    assert len(set(names)) == 60


async def test_every_letter_of_the_story_lies_in_its_readers_maildir(county: Tools, folder: Path):
    sent = await count(county, number_of(OutboxLetter, OutboxLetter.state == "sent"))
    assert sum(pile.count for pile in list_piles(folder_in(folder))) == sent


async def test_everybody_on_the_list_can_sign_in(county: Tools):
    for _, short, _ in STAFF:
        assert await sign_in(county, SignIn(f"{short}@example.org", PASSWORD, "here"))


async def test_the_county_is_made_once(county: Tools):
    assert not await is_to_be_filled(county)


async def test_a_database_with_records_of_its_own_is_never_filled(tmp_path: Path):
    tools = build(Settings(data_dir=tmp_path), clock=StandingClock(NOON))
    await migrate(tools.database)
    assert await is_to_be_filled(tools)
    async with tools.database.begin() as db:
        person = Person(kind=PersonKind.STAFF, name="Somebody Real")
        db.add(User(person=person, email="real@example.org", role=Role.MANAGER, is_active=True, created_at=NOON))
    with pytest.raises(Refused, match="not the demo's"):
        await is_to_be_filled(tools)
    await tools.database.close()


async def test_a_county_that_was_stopped_half_way_is_known_as_such(tmp_path: Path):
    tools = build(Settings(data_dir=tmp_path), clock=StandingClock(NOON))
    await migrate(tools.database)
    assert not await is_half_made(tools)
    async with tools.database.begin() as db:
        record(db, FILL, BEGUN, ("demo", 0), NOON)
    assert await is_half_made(tools)
    await tools.database.close()


async def test_the_county_is_the_same_on_postgresql(county: Tools, postgres: PostgresServer, tmp_path: Path):
    async with postgres.database() as url, filled(tmp_path, url) as other:
        made = [table for table in Row.metadata.sorted_tables if table.name != "user_session"]  # by signing in, above
        for table in made:
            query = sa.select(sa.func.count()).select_from(table)
            assert await count(other, query) == await count(county, query), table.name


async def test_eight_agencies_have_twelve_services():
    assert (len(AGENCIES), sum(len(agency.services) for agency in AGENCIES)) == (8, 12)


async def test_some_of_the_county_have_calendars_and_one_of_them_can_not_be_read(county: Tools):
    async with county.database.read() as db:
        trust = Person.email.endswith("@rivermead-health.example") & (Person.kind == PersonKind.PROFESSIONAL)
        people = list(await db.scalars(sa.select(Person).where(trust)))
    wanted = Wanted({person.id: person.email or "" for person in people}, NOON, NOON + timedelta(weeks=6))
    await gather_busy(county, wanted, patience=60)
    async with county.database.read() as db:
        outside = await load_outside(db, wanted.addresses, (wanted.start_at, wanted.end_at), NOON)
    found = [each.knowledge for each in outside.values()]
    assert found.count(Knowledge.KNOWN) > 10
    assert 1 <= found.count(Knowledge.LOST) <= 3
    assert all(each.blocks for each in outside.values() if each.knowledge is Knowledge.KNOWN)
