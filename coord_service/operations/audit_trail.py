"""Reading the audit: who changed what, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, may, require
from coord_service.domain.people import Actor
from coord_service.domain.wall_time import midnight_in_london
from coord_service.operations.tools import Tools
from coord_service.storage.accounts import list_users
from coord_service.storage.audit import AuditFilter, count_entries, list_entries, list_record_types
from coord_service.storage.cases import find_reference
from coord_service.storage.tables import AuditEntry

NO_CHILD = 0


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What the audit is narrowed to: a child's reference, an account, a kind of actor (user, link, job), a type of
    record, and how many days back (1 is today)."""

    reference: str = ""
    user_id: int | None = None
    actor_kind: str | None = None
    record_type: str | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """A page of entries, each with the name of the member of staff behind it, and what can be chosen."""

    entries: Sequence[tuple[AuditEntry, str | None]]
    total: int
    record_types: Sequence[str]
    users: Sequence[tuple[int, str]]


async def view_trail(tools: Tools, actor: Actor, chosen: TrailFilter, window: tuple[int, int]) -> Trail:
    """Entries, the newest first. Only who may see cases can ask for one child's: others' wish is not heard."""
    require(actor, Permission.SEE_AUDIT)
    limit, offset = window
    wanted = AuditFilter(user_id=chosen.user_id, actor_kind=chosen.actor_kind, record_type=chosen.record_type)
    if chosen.days is not None:
        today = day_in_london(tools.clock.now())
        wanted = replace(wanted, since=midnight_in_london(today - timedelta(days=chosen.days - 1)))
    async with tools.database.read() as db:
        if chosen.reference and may(actor, Permission.SEE_CASES):
            child_id = await find_reference(db, chosen.reference.strip().upper())
            wanted = replace(wanted, child_id=child_id or NO_CHILD)
        return Trail(
            entries=await list_entries(db, wanted, limit=limit, offset=offset),
            total=await count_entries(db, wanted),
            record_types=await list_record_types(db),
            users=[(user.id, user.person.name) for user in await list_users(db)],
        )
