"""What a council sets for finding a time: as it holds, and changed by whoever may set rules."""

from dataclasses import dataclass
from datetime import datetime

from coord_service.domain.access import Permission, require
from coord_service.domain.finding_rules import FindingRules, as_data, check_load, check_notice, from_data
from coord_service.domain.people import Actor
from coord_service.operations.audit import record
from coord_service.operations.cases import refuse_stale
from coord_service.operations.tools import Tools
from coord_service.storage.council import load_finding_setting
from coord_service.storage.database import Session


@dataclass(frozen=True, slots=True)
class FindingSetting:
    """The rules as they hold, and who changed them last; nobody did, they are as they came."""

    rules: FindingRules
    version: int
    changed_at: datetime | None
    changed_by: str


async def load_finding_rules(db: Session) -> FindingRules:
    """The rules that hold now."""
    return from_data((await load_finding_setting(db)).rules)


async def view_finding_rules(tools: Tools, actor: Actor) -> FindingSetting:
    """The rules, to be changed."""
    require(actor, Permission.SET_RULES)
    async with tools.database.read() as db:
        row = await load_finding_setting(db)
        by = row.changed_by.person.name if row.changed_by else ""
        return FindingSetting(from_data(row.rules), row.version, row.changed_at, by)


async def set_finding_rules(tools: Tools, actor: Actor, version: int, rules: FindingRules) -> None:
    """Let these hold from now on. Raises Refused, ChangedMeanwhile."""
    require(actor, Permission.SET_RULES)
    check_load(rules.load.most_meetings, rules.load.minutes_between)
    check_notice(rules.notice)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        row = await load_finding_setting(db)
        refuse_stale(row.version, version)
        before = from_data(row.rules).said
        row.rules, row.changed_at, row.changed_by_id = as_data(rules), now, actor.user_id
        record(db, actor, "set_finding_rules", ("finding", row.id), now, before=before, after=rules.said)
