"""Connecting a calendar: tested before it is kept, its password sealed, its end the end of the password."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from coord_service.commands.serving import require_secrets
from coord_service.commands.terminal import BadInput
from coord_service.domain.diaries import Block
from coord_service.domain.people import Actor, PersonKind, Role
from coord_service.errors import InvalidForm, NotAllowed, NotFound, Refused, SecretsUnreadable, ServiceClosed
from coord_service.operations import connections
from coord_service.operations.connections import TryCalendar
from coord_service.operations.gathering import Wanted, gather_busy, load_outside
from coord_service.operations.reaching import way_of
from coord_service.operations.tools import Tools
from coord_service.storage.tables import AuditEntry, CalendarConnection
from integrations.vault import AesGcmVault
from tests.builders import a_person, a_user, actor_for
from tests.outside_calendars import PASSWORD, connect, server, values
from tests.servers.faulty import serve_faulty
from tests.servers.small_dav import SmallDav

__all__ = ["server"]


@pytest.fixture
async def worker(tools: Tools) -> Actor:
    return actor_for(await a_user(tools, name="Amy Leadworth"))


@pytest.fixture
async def administrator(tools: Tools) -> Actor:
    return actor_for(await a_user(tools, Role.ADMINISTRATOR))


async def rows(tools: Tools) -> list[CalendarConnection]:
    async with tools.database.read() as db:
        return list(await db.scalars(sa.select(CalendarConnection).order_by(CalendarConnection.id)))


def own(actor: Actor, **changes: object) -> TryCalendar:
    return replace(TryCalendar(actor.person_id, "memory", values()), **changes)  # type: ignore[arg-type]


async def test_a_calendar_is_tested_then_connected(tools, worker, server):
    connection_id = await connections.test_calendar(tools, worker, own(worker))
    assert (await connections.list_connections(tools, worker, worker.person_id)).connections == ()
    await connections.connect_calendar(tools, worker, connection_id)
    [connection] = (await connections.list_connections(tools, worker, worker.person_id)).connections
    assert connection.id == connection_id
    assert set(connection.abilities) == {"read_busy", "read_others", "write", "follow"}
    assert connection.worked_at == tools.clock.now()


async def test_the_password_is_nowhere_in_the_database_and_opens_for_its_own_row_alone(tools, worker, server):
    first, second = await connect(tools, worker), await connections.test_calendar(tools, worker, own(worker))
    [one, two] = await rows(tools)
    assert (one.id, two.id) == (first, second)
    async with tools.database.engine.connect() as connection:
        everything = str((await connection.execute(sa.text("select * from calendar_connection"))).all())
        entries = str((await connection.execute(sa.text("select * from audit_entry"))).all())
    assert PASSWORD not in everything + entries
    assert json.dumps(one.settings) == '{"server": "outside"}'
    assert way_of(tools, one, "").values["password"] == PASSWORD
    one.secrets = two.secrets
    with pytest.raises(SecretsUnreadable):
        way_of(tools, one, "")


async def test_a_calendar_that_refuses_is_not_kept_and_it_is_said_what_to_do(tools, worker, server):
    with capture_logs() as lines, pytest.raises(InvalidForm) as caught:
        await connections.test_calendar(tools, worker, own(worker, values=values("wrong-password-1")))
    told = "The calendar does not accept the password. Has it changed? Enter it again."
    assert caught.value.fields["test"] == told  # one cure, not two
    assert await rows(tools) == []
    assert "wrong-password-1" not in f"{lines}{caught.value}{caught.value.__cause__!r}"


async def test_a_way_that_was_closed_for_good_names_the_other_one(tools, worker, server):
    server.trouble = ServiceClosed("Exchange Online has closed EWS. Use Microsoft 365 instead.")
    with pytest.raises(InvalidForm, match="Use Microsoft 365 instead"):
        await connections.test_calendar(tools, worker, own(worker))


async def test_everything_missing_is_named_at_once(tools, administrator, server):
    with pytest.raises(InvalidForm) as caught:
        await connections.test_calendar(tools, administrator, TryCalendar(None, "memory", {}))
    assert set(caught.value.fields) == {"server", "domains"}


async def test_what_is_no_mail_domain_is_refused(tools, administrator, server):
    with pytest.raises(InvalidForm, match="a@b is not a mail domain"):
        await connections.test_calendar(tools, administrator, TryCalendar(None, "memory", values(), ("a@b",)))


async def test_a_test_is_good_for_an_hour(tools, worker, server, clock):
    connection_id = await connections.test_calendar(tools, worker, own(worker))
    clock.move(minutes=61)
    with pytest.raises(Refused, match="Test it again"):
        await connections.connect_calendar(tools, worker, connection_id)
    other = await connections.test_calendar(tools, worker, own(worker))
    assert [row.id for row in await rows(tools)] == [other]


async def test_a_new_calendar_takes_the_place_of_the_former_whose_password_is_erased(tools, worker, server):
    first = await connect(tools, worker)
    second = await connect(tools, worker)
    former, present = await rows(tools)
    assert (former.id, present.id) == (first, second)
    assert former.disconnected_at is not None
    assert former.secrets is None
    assert former.settings == {}
    assert present.disconnected_at is None


async def test_disconnecting_erases_the_password_and_hides_the_connection(tools, worker, server):
    connection_id = await connect(tools, worker)
    await connections.disconnect_calendar(tools, worker, connection_id)
    [row] = await rows(tools)
    assert row.secrets is None
    with pytest.raises(NotFound):
        await connections.load_connection(tools, worker, connection_id)
    with pytest.raises(NotFound):
        await connections.disconnect_calendar(tools, worker, connection_id)


async def test_two_calendars_connected_at_once_leave_one(tools, worker, server):
    ids = [await connections.test_calendar(tools, worker, own(worker)) for _ in range(4)]
    outcomes = await asyncio.gather(
        *(connections.connect_calendar(tools, worker, each) for each in ids), return_exceptions=True
    )
    assert [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, NotFound)] == []
    connected = [row for row in await rows(tools) if row.connected_at and not row.disconnected_at]
    assert len(connected) == 1


async def test_connecting_twice_is_connecting_once(tools, worker, server):
    connection_id = await connect(tools, worker)
    again = await connections.connect_calendar(tools, worker, connection_id)
    assert (again.id, again.disconnected_at) == (connection_id, None)


async def test_a_changed_password_shows_as_trouble_until_it_is_entered_again(tools, worker, server, clock):
    connection_id = await connect(tools, worker)
    server.password = "another one"
    clock.move(minutes=5)
    connection = await connections.check_connection(tools, worker, connection_id)
    assert connection.trouble_kind == "SignInRefused"
    assert connection.worked_at < tools.clock.now()
    server.password = PASSWORD
    connection = await connections.check_connection(tools, worker, connection_id)
    assert connection.trouble is None
    assert connection.worked_at == tools.clock.now()


async def test_somebody_elses_calendar_is_not_to_be_seen_tested_or_ended(tools, worker, server):
    connection_id = await connect(tools, worker)
    other = actor_for(await a_user(tools))
    for attempt in (connections.load_connection, connections.check_connection, connections.disconnect_calendar):
        with pytest.raises(NotAllowed):
            await attempt(tools, other, connection_id)
    with pytest.raises(NotFound):  # nobody types in somebody else's password
        await connections.test_calendar(tools, other, own(worker))


async def test_the_whole_councils_calendar_is_an_administrators_affair(tools, worker, administrator, server):
    connection_id = await connect(tools, administrator, "council.example")
    with pytest.raises(NotFound):
        await connections.load_connection(tools, worker, connection_id)
    with pytest.raises(NotAllowed):
        await connections.list_connections(tools, worker, None)
    [connection] = (await connections.list_connections(tools, administrator, None)).connections
    assert connection.domains == ["council.example"]


async def test_no_calendar_of_a_family_is_connected(tools, worker, server):
    mother = await a_person(tools, "Mrs Ana Testwood", kind=PersonKind.FAMILY)
    with pytest.raises(NotFound):
        await connections.list_connections(tools, worker, mother.id)


async def test_without_a_key_nothing_with_a_password_is_connected_and_nothing_is_sent(tools, worker, server):
    keyless = replace(tools, vault=AesGcmVault([]))
    server.trouble = AssertionError("the calendar must not be reached")  # type: ignore[assignment]
    with pytest.raises(Refused, match="COORD_SECRETS_KEY"):
        await connections.test_calendar(keyless, worker, own(worker))


async def test_a_new_key_seals_everything_again_and_the_old_one_can_go(tools, worker, server):
    await connect(tools, worker)
    old, new = tools.settings.secrets_keys[0], bytes(32)
    both = replace(tools, vault=AesGcmVault([new, old]))
    assert await connections.reseal_secrets(both) == 1
    assert await connections.reseal_secrets(both) == 0
    [row] = await rows(tools)
    assert way_of(replace(tools, vault=AesGcmVault([new])), row, "").values["password"] == PASSWORD


async def test_the_start_is_refused_where_a_password_is_kept_that_no_key_opens(tools, worker, server):
    keyless, other = replace(tools, vault=AesGcmVault([])), replace(tools, vault=AesGcmVault([bytes(32)]))
    await require_secrets(keyless)  # nothing is kept yet
    await connect(tools, worker)
    for wrong in (keyless, other):
        with pytest.raises(BadInput, match="set COORD_SECRETS_KEY"):
            await require_secrets(wrong)
    await require_secrets(tools)


async def test_who_connected_and_disconnected_what_is_on_record(tools, worker, server):
    connection_id = await connect(tools, worker)
    await connections.disconnect_calendar(tools, worker, connection_id)
    async with tools.database.read() as db:
        entries = list(await db.scalars(sa.select(AuditEntry).where(AuditEntry.record_type == "calendar_connection")))
    assert [each.verb for each in entries] == ["test_calendar", "connect_calendar", "disconnect_calendar"]
    assert {each.record_id for each in entries} == {connection_id}


@pytest.fixture
async def dav() -> AsyncIterator[tuple[SmallDav, dict[str, str]]]:
    """A calendar server with scheduling, and what is typed to connect it."""
    dav = SmallDav()
    async with serve_faulty(dav.answer) as there:
        yield dav, {"server": there.url, "user": "jo", "password": "secret"}


async def test_one_account_on_a_server_with_scheduling_serves_the_whole_council(tools, administrator, dav):
    small, typed = dav
    small.busy["psychologist@example.org"] = (
        "BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nFREEBUSY:20260305T090000Z/PT1H\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    )
    asked = TryCalendar(None, "caldav", typed, ("example.org",))
    connection_id = await connections.test_calendar(tools, administrator, asked)
    await connections.connect_calendar(tools, administrator, connection_id)
    colleague = await a_person(tools, email="psychologist@example.org")
    span = datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC)
    addresses = {colleague.id: "psychologist@example.org"}
    await gather_busy(tools, Wanted(addresses, *span), patience=60)
    async with tools.database.read() as db:
        outside = (await load_outside(db, addresses, span, tools.clock.now()))[colleague.id]
    nine = datetime(2026, 3, 5, 9, tzinfo=UTC)
    assert outside.blocks == (Block(nine, nine + timedelta(hours=1)),)


async def test_an_account_that_tells_of_its_owner_alone_is_not_the_councils(tools, administrator, dav):
    small, typed = dav
    small.has_scheduling = False
    with pytest.raises(InvalidForm, match="does not tell when others are busy"):
        await connections.test_calendar(tools, administrator, TryCalendar(None, "caldav", typed, ("example.org",)))
