"""The chase report: what is overdue, whose it is, how long, and what nobody has chased (DOMAIN §8).

Every figure is computed as of the end of a day in London from what is on record now: dates that were corrected since
count as corrected.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.advice import ADVICE_KIND_NAMES, AdviceKind
from coord_service.domain.figures import (
    BAND_NAMES,
    FallenDue,
    Figure,
    LateBand,
    Share,
    days_late,
    due_span,
    months_until,
    on_time_by_month,
    quarter_start,
)
from coord_service.domain.people import Actor
from coord_service.domain.wall_time import midnight_in_london
from coord_service.operations.report_lines import Counted, Key, Line, lines_by, lines_by_person, total_line
from coord_service.operations.tools import Tools
from coord_service.storage.advice import list_services
from coord_service.storage.cases import list_lead_workers
from coord_service.storage.database import Session
from coord_service.storage.report_cases import ActionCase, Case, list_cases, list_overdue_actions
from coord_service.storage.report_conditions import Moment, Narrowing
from coord_service.storage.reports import count_open_advice, count_overdue_actions, list_fallen_due
from coord_service.storage.tables import Service, User

ONE_DAY = timedelta(days=1)
SILENT_AFTER = 10  # working days without human contact (DOMAIN §7)
MONTHS_OF_TREND = 6


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """What the report is narrowed to; None does not narrow.

    ``person_id`` 0 is what no person is named for. ``band`` narrows what is overdue and leaves the figure on time
    alone: what came in time was never late.
    """

    agency_id: int | None = None
    service_id: int | None = None
    person_id: int | None = None
    lead_worker_id: int | None = None
    kind: AdviceKind | None = None
    band: LateBand | None = None


@dataclass(frozen=True, slots=True)
class OverdueActions:
    """The overdue actions of one agency; ``oldest`` in days."""

    agency: str
    count: int
    oldest: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be filtered by: (id, name) each."""

    agencies: Sequence[tuple[int, str]]
    services: Sequence[tuple[int, str]]
    lead_workers: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class ChaseReport:
    """All of the report: ``total`` has the figures over everything, the lines say whose they are."""

    as_of: date
    quarter_on: date
    total: Line
    services: Sequence[Line]
    agencies: Sequence[Line]
    people: Sequence[Line]
    kinds: Sequence[Line]
    months: Sequence[tuple[date, Share]]
    actions: Sequence[OverdueActions]
    choices: Choices

    @property
    def actions_overdue(self) -> int:
        """How many actions are overdue in all."""
        return sum(each.count for each in self.actions)


async def view_chase_report(tools: Tools, actor: Actor, chosen: ReportFilter) -> ChaseReport:
    """The report as of today, with what it can be filtered by."""
    require(actor, Permission.SEE_REPORTS)
    return await compute_chase_report(tools, chosen, day_in_london(tools.clock.now()))


async def compute_chase_report(tools: Tools, chosen: ReportFilter, as_of: date) -> ChaseReport:
    """The report as of a day, for whoever has the right to ask (a page has checked it; the command line holds it)."""
    moment = moment_of(tools, as_of)
    since = min(moment.quarter_on, months_until(as_of, MONTHS_OF_TREND)[0])
    async with tools.database.read() as db:
        services = await list_services(db)
        workers = await list_lead_workers(db)
        open_advice = await count_open_advice(db, moment, _narrowing(chosen, as_of))
        noted = await list_fallen_due(db, moment, _narrowing(replace(chosen, band=None), as_of), since)
        actions = await _count_actions(db, moment, chosen, services)
    fallen = [_with_day(each, ended_at) for each, ended_at in noted]
    counted = Counted(as_of, open_advice, [each for each in fallen if each.due_on >= moment.quarter_on])
    agency_of = {service.id: service.agency_id for service in services}
    return ChaseReport(
        as_of=as_of,
        quarter_on=moment.quarter_on,
        total=total_line(counted),
        services=lines_by(counted, lambda a: a.service_id, lambda f: f.service_id, _service_names(services)),
        agencies=lines_by(
            counted, lambda a: agency_of[a.service_id], lambda f: agency_of[f.service_id], _agency_names(services)
        ),
        people=lines_by_person(counted, {service.id: service.name for service in services}),
        kinds=lines_by(counted, lambda a: a.kind, lambda f: f.kind, _KIND_NAMES),
        months=on_time_by_month(fallen, as_of, MONTHS_OF_TREND),
        actions=actions,
        choices=_choices(services, workers),
    )


def moment_of(tools: Tools, day: date) -> Moment:
    """The end of a day, and the days that are counted back from it."""
    silent_on = tools.rulebook.working_days.add(day, -SILENT_AFTER)
    return Moment(
        day=day,
        ends_at=midnight_in_london(day + ONE_DAY),
        silent_since=midnight_in_london(silent_on + ONE_DAY),
        quarter_on=quarter_start(day),
    )


def _narrowing(chosen: ReportFilter, as_of: date) -> Narrowing:
    return Narrowing(
        agency_id=chosen.agency_id,
        service_id=chosen.service_id,
        person_id=chosen.person_id,
        lead_worker_id=chosen.lead_worker_id,
        kind=chosen.kind,
        due=due_span(chosen.band, as_of) if chosen.band else None,
    )


def _with_day(fallen: FallenDue, ended_at: datetime | None) -> FallenDue:
    return replace(fallen, came_on=fallen.came_on or (day_in_london(ended_at) if ended_at else None))


_KIND_NAMES: dict[Key, tuple[str, str]] = {kind.value: (name, "") for kind, name in ADVICE_KIND_NAMES.items()}


def _service_names(services: Sequence[Service]) -> dict[Key, tuple[str, str]]:
    return {each.id: (each.name, each.agency.name) for each in services}


def _agency_names(services: Sequence[Service]) -> dict[Key, tuple[str, str]]:
    return {each.agency_id: (each.agency.name, "") for each in services}


def _choices(services: Sequence[Service], workers: Sequence[User]) -> Choices:
    agencies = {(each.agency_id, each.agency.name) for each in services}
    return Choices(
        agencies=sorted(agencies, key=lambda pair: pair[1].lower()),
        services=[(each.id, each.name) for each in services],
        lead_workers=[(each.id, each.person.name) for each in workers],
    )


async def _count_actions(
    db: Session, moment: Moment, chosen: ReportFilter, services: Sequence[Service]
) -> list[OverdueActions]:
    """Nothing where the report is narrowed to a letter of reg 6(1): actions have none."""
    if chosen.kind is not None:
        return []
    agency = _agency_name(services, chosen.agency_id)
    rows = await count_overdue_actions(db, moment, _narrowing(chosen, moment.day), agency)
    return [OverdueActions(name, count, days_late(oldest, moment.day)) for name, count, oldest in rows]


def _agency_name(services: Sequence[Service], agency_id: int | None) -> str | None:
    """The name that actions know an agency by."""
    if agency_id is None:
        return None
    return next((each.agency.name for each in services if each.agency_id == agency_id), "")


async def list_choices(tools: Tools, actor: Actor) -> Choices:
    """What reports can be filtered by."""
    require(actor, Permission.SEE_REPORTS)
    async with tools.database.read() as db:
        return _choices(await list_services(db), await list_lead_workers(db))


async def view_cases(
    tools: Tools, actor: Actor, figure: Figure, chosen: ReportFilter, window: tuple[int, int]
) -> tuple[Sequence[Case], int, Choices]:
    """A page of the cases behind a figure, the longest due first; how many there are; what can be filtered by."""
    require(actor, Permission.SEE_REPORTS)
    moment = moment_of(tools, day_in_london(tools.clock.now()))
    async with tools.database.read() as db:
        rows, total = await list_cases(db, figure, moment, _case_narrowing(figure, chosen, moment.day), window)
        return rows, total, _choices(await list_services(db), await list_lead_workers(db))


async def download_cases(tools: Tools, actor: Actor, figure: Figure, chosen: ReportFilter) -> Sequence[Case]:
    """All cases behind a figure as of today."""
    require(actor, Permission.SEE_REPORTS)
    return await collect_cases(tools, figure, chosen, day_in_london(tools.clock.now()))


async def collect_cases(tools: Tools, figure: Figure, chosen: ReportFilter, as_of: date) -> Sequence[Case]:
    """All cases behind a figure as of a day, for whoever has the right to ask."""
    async with tools.database.read() as db:
        narrowing = _case_narrowing(figure, chosen, as_of)
        return (await list_cases(db, figure, moment_of(tools, as_of), narrowing, None))[0]


def narrowing_words(choices: Choices, chosen: ReportFilter) -> str:
    """What the report is narrowed to, in words that name no person; nothing where it is not."""
    words = [
        dict(choices.agencies).get(chosen.agency_id or 0),
        dict(choices.services).get(chosen.service_id or 0),
        None if chosen.person_id is None else "held by one person" if chosen.person_id else "held by nobody named yet",
        chosen.lead_worker_id and "cases of one lead worker",
        chosen.kind and ADVICE_KIND_NAMES[chosen.kind],
        chosen.band and f"{BAND_NAMES[chosen.band]} late",
    ]
    return ", ".join(each for each in words if each)


def _case_narrowing(figure: Figure, chosen: ReportFilter, as_of: date) -> Narrowing:
    return _narrowing(replace(chosen, band=None) if figure is Figure.ON_TIME else chosen, as_of)


async def view_overdue_actions(
    tools: Tools, actor: Actor, chosen: ReportFilter, agency: str | None, window: tuple[int, int]
) -> tuple[Sequence[ActionCase], int]:
    """A page of overdue actions, the longest due first, and how many there are; ``agency`` is a name."""
    require(actor, Permission.SEE_REPORTS)
    moment = moment_of(tools, day_in_london(tools.clock.now()))
    async with tools.database.read() as db:
        if agency is None:
            agency = _agency_name(await list_services(db), chosen.agency_id)
        return await list_overdue_actions(db, moment, _narrowing(chosen, moment.day), agency, window)
