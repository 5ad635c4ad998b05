"""What the home pages show: what needs a lead worker, what a manager answers for, how the post stands."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.figures import Figure
from coord_service.domain.needs import KINDS_OF, NeedGroup, NeedKind
from coord_service.domain.people import Actor
from coord_service.domain.wall_time import midnight_in_london
from coord_service.operations import case_needs, meeting_needs
from coord_service.operations.actions import load_action_needs
from coord_service.operations.advice_page import list_calls_due, load_advice_needs
from coord_service.operations.around_child import list_handed_over
from coord_service.operations.booking import list_drafts
from coord_service.operations.case_needs import Need
from coord_service.operations.chase_guard import Hold, load_hold
from coord_service.operations.reports import ChaseReport, ReportFilter, compute_chase_report, view_cases
from coord_service.operations.tools import Tools
from coord_service.storage.home import PostHealth, Workload, list_workloads, load_post_health
from coord_service.storage.report_cases import Case

STUCK_AFTER = timedelta(minutes=15)
ESCALATIONS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Group:
    """What needs somebody, of one group, the most pressing first."""

    group: NeedGroup
    needs: Sequence[Need]


@dataclass(frozen=True, slots=True)
class Needs:
    """Everything that needs a lead worker, and their meetings of the next seven days."""

    groups: Sequence[Group]
    week: Sequence[Need]

    @property
    def total(self) -> int:
        """How much there is."""
        return sum(len(each.needs) for each in self.groups)


@dataclass(frozen=True, slots=True)
class Oversight:
    """A manager's view: the figures, what was escalated, who carries what."""

    report: ChaseReport
    escalated: Sequence[Case]
    escalated_total: int
    workloads: Sequence[Workload]
    hold: Hold | None  # chases to managers that wait after silence


async def view_needs(tools: Tools, actor: Actor) -> Needs:
    """What needs the actor as a lead worker, in the groups' order; groups without anything are left out."""
    require(actor, Permission.SEE_CASES)
    now = tools.clock.now()
    user_id = actor.user_id or 0
    advice = await load_advice_needs(tools, actor, user_id)
    calls = await list_calls_due(tools, actor, user_id)
    handed_over = await list_handed_over(tools, actor)
    drafts = await list_drafts(tools, actor)
    async with tools.database.read() as db:
        actions = await load_action_needs(db, actor, day_in_london(now))
        cases = await case_needs.list_cases(db, tools, user_id, now)
        meetings = await meeting_needs.list_meetings(db, user_id, now)
        post = await meeting_needs.list_post(db, user_id, now)
    found = [
        *meetings,
        *case_needs.calls_of(calls, actions),
        *cases,
        *post,
        *case_needs.advice_of(advice),
        *case_needs.actions_of(actions, calls),
        *case_needs.drafts_of(drafts),
        *case_needs.handed_over_of(handed_over),
    ]
    tomorrow_ends = midnight_in_london(day_in_london(now) + timedelta(days=2))
    return Needs(_grouped(found, tomorrow_ends), [each for each in meetings if _is_ahead(each, now)])


def _is_ahead(need: Need, now: datetime) -> bool:
    return need.kind is NeedKind.MEETING_SOON and need.at is not None and need.at >= now


def _grouped(found: Iterable[Need], tomorrow_ends: datetime) -> list[Group]:
    by_kind: dict[NeedKind, list[Need]] = defaultdict(list)
    for need in found:
        is_later = need.kind is NeedKind.MEETING_SOON and need.at is not None and need.at >= tomorrow_ends
        if not is_later:
            by_kind[need.kind].append(need)
    groups = [Group(group, [need for kind in kinds for need in by_kind[kind]]) for group, kinds in KINDS_OF.items()]
    return [group for group in groups if group.needs]


async def view_oversight(tools: Tools, actor: Actor) -> Oversight:
    """A manager's home."""
    require(actor, Permission.SEE_REPORTS)
    today = day_in_london(tools.clock.now())
    report = await compute_chase_report(tools, ReportFilter(), today)
    escalated, total, _ = await view_cases(tools, actor, Figure.ESCALATED, ReportFilter(), (ESCALATIONS_SHOWN, 0))
    return Oversight(report, escalated, total, await _load_workloads(tools, today), await _load_hold(tools))


async def _load_workloads(tools: Tools, today: date) -> Sequence[Workload]:
    async with tools.database.read() as db:
        return await list_workloads(db, today)


async def _load_hold(tools: Tools) -> Hold | None:
    async with tools.database.read() as db:
        return await load_hold(db, tools.clock.now())


async def view_post_health(tools: Tools, actor: Actor) -> PostHealth:
    """How the post stands, for whoever looks after the service."""
    require(actor, Permission.EDIT_USERS)
    async with tools.database.read() as db:
        return await load_post_health(db, tools.clock.now() - STUCK_AFTER)
