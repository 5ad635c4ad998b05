"""The servers that other tests stand on."""

import asyncpg
from redis.asyncio import Redis

from tests.servers.postgres import PostgresServer


def plain(url: str) -> str:
    return url.replace("postgresql+asyncpg", "postgresql")


async def make_table(url: str) -> None:
    connection = await asyncpg.connect(plain(url))
    await connection.execute("CREATE TABLE promises (kept int)")
    await connection.close()


async def tables(url: str) -> int:
    connection = await asyncpg.connect(plain(url))
    try:
        return int(await connection.fetchval("SELECT count(*) FROM pg_tables WHERE tablename = 'promises'"))
    finally:
        await connection.close()


async def test_each_database_starts_empty_or_as_its_template(postgres: PostgresServer, postgres_url: str):
    template = await postgres.template("promises", make_table)
    async with postgres.database(template) as copied:
        assert await tables(copied) == 1
    assert await tables(postgres_url) == 0


async def test_redis_keeps_what_it_is_given_during_a_test(redis_url: str):
    async with Redis.from_url(redis_url) as redis:
        assert await redis.keys() == []
        await redis.set("kept", "yes")
        assert await redis.get("kept") == b"yes"


async def test_redis_starts_empty_again(redis_url: str):
    async with Redis.from_url(redis_url) as redis:
        assert await redis.keys() == []
