"""The chase ladders: as they hold, tried out for tomorrow, and changed by whoever may set them for the council."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from coord_service.clock import LONDON, day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.ladder_changes import as_data, say_ladder
from coord_service.domain.ladders import Ladder
from coord_service.domain.people import Actor
from coord_service.errors import NotFound
from coord_service.operations.audit import record
from coord_service.operations.cases import refuse_stale
from coord_service.operations.chase_rules import LADDERS, ladder_of
from coord_service.operations.chasing import Rehearsal, rehearse_chases
from coord_service.operations.tools import Tools
from coord_service.storage.council import list_ladder_settings, load_ladder_setting
from coord_service.storage.database import Session
from coord_service.storage.tables import LadderSetting

TRIED_AT = time(9)  # the first sweep of the day, as a rehearsal has it


@dataclass(frozen=True, slots=True)
class LadderInForce:
    """The ladder for one kind of waiting, and who changed it last. ``is_default``: it is as it came."""

    setting_id: int
    ladder: Ladder
    is_default: bool
    version: int
    changed_at: datetime | None
    changed_by: str


@dataclass(frozen=True, slots=True)
class Trial:
    """Who would be written to on a day under a ladder, and how many letters there would be under the one in force."""

    on: date
    would_be: Rehearsal
    letters_now: int


async def list_ladders_in_force(tools: Tools, actor: Actor) -> Sequence[LadderInForce]:
    """The ladders that anything is chased by."""
    require(actor, Permission.SET_RULES)
    async with tools.database.read() as db:
        settings = await list_ladder_settings(db)
    return [_in_force(tools, each) for each in settings if each.kind in LADDERS.values()]


async def view_ladder(tools: Tools, actor: Actor, setting_id: int) -> LadderInForce:
    """One ladder. Raises NotFound."""
    require(actor, Permission.SET_RULES)
    async with tools.database.read() as db:
        return _in_force(tools, await _load(db, setting_id))


async def try_ladder(tools: Tools, actor: Actor, ladder: Ladder) -> Trial:
    """What the next working day would bring under this ladder. Nothing is written."""
    require(actor, Permission.SET_RULES)
    today = day_in_london(tools.clock.now())
    on = tools.rulebook.working_days.add(today, 1)
    now = datetime.combine(on, TRIED_AT, LONDON)
    tried = replace(ladder, since_on=today + timedelta(days=1))
    would_be = await rehearse_chases(tools, now, tried)
    return Trial(on, would_be, len((await rehearse_chases(tools, now)).digests))


async def change_ladder(tools: Tools, actor: Actor, setting_id: int, version: int, ladder: Ladder | None) -> None:
    """Set a ladder from tomorrow on; None puts back the one that came with the service.

    What fell until today under the new steps is not sent; what was sent stays sent. Raises NotFound, ChangedMeanwhile.
    """
    require(actor, Permission.SET_RULES)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        setting = await _load(db, setting_id)
        refuse_stale(setting.version, version)
        before = _in_force(tools, setting)
        setting.ladder = None if ladder is None else as_data(ladder)
        setting.changed_at, setting.changed_by_id = now, actor.user_id
        after = _in_force(tools, setting)
        said = {"before": say_ladder(before.ladder), "after": say_ladder(after.ladder)}
        record(db, actor, "change_ladder", ("ladder", setting.id), now, kind=setting.kind.value, **said)


async def _load(db: Session, setting_id: int) -> LadderSetting:
    setting = await load_ladder_setting(db, setting_id)
    if setting is None:
        raise NotFound("There is no chase ladder at this address.")
    return setting


def _in_force(tools: Tools, setting: LadderSetting) -> LadderInForce:
    return LadderInForce(
        setting_id=setting.id,
        ladder=ladder_of(setting, tools.rulebook.ladders),
        is_default=setting.ladder is None,
        version=setting.version,
        changed_at=setting.changed_at,
        changed_by=setting.changed_by.person.name if setting.changed_by else "",
    )
