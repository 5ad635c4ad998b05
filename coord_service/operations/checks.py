"""Whether an installation can work."""

from coord_service.operations.tools import Tools
from coord_service.storage.schema import current_revision, newest_revision


async def check_schema(tools: Tools) -> bool:
    """Whether the database has the tables of this version. Raises the driver's errors when it can't be reached."""
    return await current_revision(tools.database) == newest_revision()
