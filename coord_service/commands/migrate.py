"""Bring the database to the newest revision of its tables, or with --to to an older one."""

import argparse
import asyncio

from sqlalchemy.exc import DBAPIError

from coord_service.commands.installation import load_settings
from coord_service.commands.terminal import BadInput
from coord_service.errors import Refused
from coord_service.settings import Settings
from coord_service.storage import schema
from coord_service.storage.database import Database


def register(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--to",
        default=schema.HEAD,
        metavar="REVISION",
        help="a revision such as 0001, head (default) or base; going down drops what newer tables hold",
    )


def run(arguments: argparse.Namespace) -> int:
    """Migrate and say where the database is now."""
    settings = load_settings()
    try:
        revision = asyncio.run(migrate(settings, arguments.to))
    except Refused as error:
        raise BadInput(str(error)) from error
    except (DBAPIError, OSError) as error:
        raise BadInput(f"the database does not answer, check COORD_DATABASE_URL: {error.args[0]}") from error
    print(f"The database is at revision {revision}." if revision else "The database holds no tables now.")
    return 0


async def migrate(settings: Settings, to: str = schema.HEAD) -> str | None:
    """Bring the installation's database to a revision; the folder for SQLite is made where there is none."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        return await schema.migrate(database, to)
    finally:
        await database.close()
