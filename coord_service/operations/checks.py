"""Whether an installation can work."""

from coord_service.operations.tools import Tools
from coord_service.storage.leasing import count_due_letters, load_mail_out
from coord_service.storage.schema import current_revision, newest_revision


async def check_schema(tools: Tools) -> bool:
    """Whether the database has the tables of this version. Raises the driver's errors when it can't be reached."""
    return await current_revision(tools.database) == newest_revision()


async def describe_waiting_letters(tools: Tools) -> str:
    """Since when our mail server takes nothing, why, and how many letters wait for it; "" when it takes mail."""
    async with tools.database.read() as db:
        server = await load_mail_out(db)
        waiting = await count_due_letters(db, tools.clock.now())
    if server is None or server.away_since is None:
        return ""
    return f"{waiting} letters have waited since {server.away_since:%d %B %Y %H:%M} UTC: {server.error}"
