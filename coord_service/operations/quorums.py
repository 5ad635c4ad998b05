"""The rules of quorum: as they hold for a meeting, and changed by whoever may set them for the council."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from coord_service.domain.access import Permission, require
from coord_service.domain.meetings import Purpose
from coord_service.domain.people import Actor, Sector
from coord_service.domain.quorum import DEFAULT_QUORUM, QuorumRule, as_data, check_rules, from_data
from coord_service.errors import NotFound
from coord_service.operations.audit import record
from coord_service.operations.cases import refuse_stale
from coord_service.operations.tools import Tools
from coord_service.storage.council import find_quorum_rules, list_quorum_settings, load_quorum_setting
from coord_service.storage.database import Session
from coord_service.storage.tables import Attendee, Child, Meeting, QuorumSetting


@dataclass(frozen=True, slots=True)
class Quorum:
    """The rules for one purpose, and who changed them last. ``is_default``: they are as they came."""

    setting_id: int
    purpose: Purpose
    rules: tuple[QuorumRule, ...]
    is_default: bool
    version: int
    changed_at: datetime | None
    changed_by: str


@dataclass(frozen=True, slots=True)
class Seat:
    """An attendee as the rules of quorum see them."""

    sector: Sector
    role: str
    is_convenor: bool
    is_lead_worker: bool


async def load_quorum(db: Session, purpose: Purpose) -> tuple[QuorumRule, ...]:
    """The rules that hold for meetings of this purpose."""
    rules = await find_quorum_rules(db, purpose)
    return DEFAULT_QUORUM[purpose] if rules is None else from_data(rules)


def seat_of(meeting: Meeting, attendee: Attendee) -> Seat:
    """Somebody invited, as the rules see them."""
    person_id = attendee.person_id
    is_lead_worker = person_id in leads_of(meeting.children)
    return Seat(attendee.sector, attendee.role, person_id == meeting.convenor.person_id, is_lead_worker)


def leads_of(children: Iterable[Child]) -> frozenset[int]:
    """The lead workers of these children, as people."""
    return frozenset(child.lead_person_id for child in children)


async def list_quorums(tools: Tools, actor: Actor) -> Sequence[Quorum]:
    """The rules for every purpose."""
    require(actor, Permission.SET_RULES)
    async with tools.database.read() as db:
        return [_quorum(each) for each in await list_quorum_settings(db)]


async def view_quorum(tools: Tools, actor: Actor, setting_id: int) -> Quorum:
    """The rules for one purpose. Raises NotFound."""
    require(actor, Permission.SET_RULES)
    async with tools.database.read() as db:
        return _quorum(await _load(db, setting_id))


async def change_quorum(
    tools: Tools, actor: Actor, setting_id: int, version: int, rules: Sequence[QuorumRule] | None
) -> None:
    """Set the rules for a purpose from now on; None puts back those that came with the service.

    Meetings that are booked are counted by the new rules too. Raises NotFound, ChangedMeanwhile, Refused.
    """
    require(actor, Permission.SET_RULES)
    check_rules(rules or ())
    now = tools.clock.now()
    async with tools.database.begin() as db:
        setting = await _load(db, setting_id)
        refuse_stale(setting.version, version)
        before = _quorum(setting)
        setting.rules = None if rules is None else as_data(rules)
        setting.changed_at, setting.changed_by_id = now, actor.user_id
        after = _quorum(setting)
        details = {"purpose": setting.purpose.value, "before": _said(before), "after": _said(after)}
        record(db, actor, "change_quorum", ("quorum", setting.id), now, **details)


def _said(quorum: Quorum) -> list[str]:
    return [rule.said for rule in quorum.rules]


async def _load(db: Session, setting_id: int) -> QuorumSetting:
    setting = await load_quorum_setting(db, setting_id)
    if setting is None:
        raise NotFound("There are no rules of quorum at this address.")
    return setting


def _quorum(setting: QuorumSetting) -> Quorum:
    return Quorum(
        setting_id=setting.id,
        purpose=setting.purpose,
        rules=DEFAULT_QUORUM[setting.purpose] if setting.rules is None else from_data(setting.rules),
        is_default=setting.rules is None,
        version=setting.version,
        changed_at=setting.changed_at,
        changed_by=setting.changed_by.person.name if setting.changed_by else "",
    )
