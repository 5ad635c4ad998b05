"""Migrations, on both databases."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from coord_service.domain.people import PersonKind
from coord_service.errors import Refused
from coord_service.storage import schema
from coord_service.storage.database import Database, Row
from coord_service.storage.tables import Leave, Person


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def look(database: Database, question: Any) -> Any:
    async with database.engine.connect() as connection:
        return await connection.run_sync(question)


def tables(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


def differences(connection: sa.Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), Row.metadata))


async def test_a_migrated_database_is_what_the_tables_say(database: Database):
    await schema.migrate(database)
    assert await look(database, differences) == []
    assert await look(database, tables) == set(Row.metadata.tables)


async def test_a_table_that_no_revision_knows_is_noticed(database: Database):
    await schema.migrate(database)
    async with database.engine.begin() as connection:
        await connection.execute(sa.text("ALTER TABLE leave ADD COLUMN why VARCHAR"))
    assert len(await look(database, differences)) == 1


async def test_migrating_down_leaves_nothing_and_up_again_everything(database: Database):
    await schema.migrate(database)
    assert await schema.migrate(database, schema.BASE) is None
    assert await look(database, tables) == set()
    assert await schema.migrate(database) == schema.newest_revision()
    assert await look(database, tables) == set(Row.metadata.tables)


async def test_a_table_that_rows_refer_to_is_changed_and_they_stay(database: Database):
    await schema.migrate(database)
    async with database.begin() as db:
        person = Person(kind=PersonKind.PROFESSIONAL, name="Dr Asha Shah")
        db.add(person)
        await db.flush()
        db.add(Leave(person_id=person.id, starts_on=date(2026, 3, 3), ends_on=date(2026, 3, 4)))
    await schema.migrate(database, "0015")  # before people had a place that they work from
    await schema.migrate(database)
    async with database.begin() as db:
        assert (await db.scalars(sa.select(Leave.person_id))).all() == [person.id]
        db.add(Leave(person_id=person.id + 1, starts_on=date(2026, 3, 3), ends_on=date(2026, 3, 4)))
        with pytest.raises(sa.exc.IntegrityError):  # and references are held to again
            await db.flush()
        await db.rollback()


async def test_migrating_twice_changes_nothing(database: Database):
    first = await schema.migrate(database)
    assert await schema.migrate(database) == first == await schema.current_revision(database)


async def test_an_empty_database_is_at_no_revision(database: Database):
    assert await schema.current_revision(database) is None


async def test_a_revision_that_does_not_exist_is_refused_and_nothing_changes(database: Database):
    with pytest.raises(Refused, match="9999"):
        await schema.migrate(database, "9999")
    assert await look(database, tables) == set()


async def test_a_migration_that_fails_halfway_leaves_nothing_behind(database: Database):
    async with database.engine.begin() as connection:
        await connection.execute(sa.text("CREATE TABLE inbound_mail (id INTEGER)"))  # in the way of the last one made
    with pytest.raises(sa.exc.DBAPIError):
        await schema.migrate(database)
    assert await look(database, tables) == {"inbound_mail"}
    assert await schema.current_revision(database) is None


def test_the_revisions_follow_one_another_and_the_newest_is_the_head():
    scripts = ScriptDirectory(str(schema.FOLDER))
    numbers = [script.revision for script in scripts.walk_revisions()]
    assert numbers == sorted(numbers, reverse=True)
    assert scripts.get_heads() == [schema.newest_revision()]
