"""What the audit says about the demo's data: whether it was made, and wholly."""

from coord_service.domain.people import Actor
from coord_service.errors import Refused
from coord_service.operations.tools import Tools
from coord_service.storage.accounts import count_users
from coord_service.storage.audit import has_entry

FILL = Actor.job("fill_demo")
BEGUN, DONE = "begin_demo", "fill_demo"


async def is_to_be_filled(tools: Tools) -> bool:
    """Whether the database waits for its county. Raises Refused when it holds anything else."""
    async with tools.database.read() as db:
        if await has_entry(db, FILL.label, DONE):
            return False
        if await count_users(db):
            raise Refused("This database holds records that are not the demo's: the demo needs one of its own.")
    return True


async def is_half_made(tools: Tools) -> bool:
    """Whether somebody stopped the demo while its county was made: nothing in it is worth keeping."""
    async with tools.database.read() as db:
        return await has_entry(db, FILL.label, BEGUN) and not await has_entry(db, FILL.label, DONE)
