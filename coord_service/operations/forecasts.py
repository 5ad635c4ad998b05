"""Forecasts from what is on record: of one child, of a lead worker's children, of every assessment of the county."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.case_clocks import case_clocks
from coord_service.domain.clocks import ClockLaw
from coord_service.domain.forecasts import Forecast, Outlook, Owed, Pace, Paces, forecast
from coord_service.domain.people import Actor
from coord_service.domain.wall_time import midnight_in_london
from coord_service.operations.case_clocks import OnRecord, advice_clock, load_on_record, start_of
from coord_service.operations.tools import Tools
from coord_service.storage.case_events import AdviceLine, CaseRecord, Whose, list_advice, list_records
from coord_service.storage.database import Session
from coord_service.storage.forecasts import count_answer_days, count_decision_days

A_YEAR = timedelta(days=365)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CaseForecast:
    """A case of which a limit is forecast to be missed, with all its forecasts, the first first."""

    record: CaseRecord
    forecasts: Sequence[Forecast]


@dataclass(frozen=True, slots=True)
class Forecasts:
    """The cases that will miss a limit unless something changes; how many by limit; the services that cause it."""

    cases: Sequence[CaseForecast]
    by_clock: Mapping[str, int]
    by_service: Mapping[str, int]
    today: date


async def load_paces(db: Session, advice: Sequence[AdviceLine], today: date) -> Paces:
    """The pace of the services that owe something, and of the decisions, over the last year."""
    since = today - A_YEAR
    services = {line.service_id for line in advice}
    ends = (midnight_in_london(since), midnight_in_london(today + ONE_DAY))
    counted = await count_answer_days(db, services, *ends)
    return Paces({key: Pace(days) for key, days in counted.items()}, Pace(await count_decision_days(db, since)))


async def forecast_cases(
    db: Session, tools: Tools, whose: Whose, on_record: OnRecord | None = None
) -> list[CaseForecast]:
    """Every case with a forecast: in as many statements for a thousand as for one."""
    today = day_in_london(tools.clock.now())
    records, on_record = await list_records(db, whose), on_record or await load_on_record(db, whose)
    owed: dict[int, list[AdviceLine]] = {}
    advice = await list_advice(db, whose, only_open=True)
    for line in advice:
        owed.setdefault(line.child_id, []).append(line)
    paces = await load_paces(db, advice, today)
    laws, found = tools.rulebook.clock_laws, []
    for record in records:
        lines = owed.get(record.child_id, [])
        facts = on_record.facts(record.child_id, record, tuple(advice_clock(laws, line) for line in lines))
        clocks = case_clocks(laws, facts, today)
        said = forecast(laws, clocks, [_owed(laws, line) for line in lines], paces, today)
        if said:
            found.append(CaseForecast(record, said))
    return found


def _owed(laws: Sequence[ClockLaw], line: AdviceLine) -> Owed:
    return Owed(line.request_id, line.service_id, line.service, start_of(laws, line), line.due_on, line.promised_on)


async def view_forecasts(tools: Tools, actor: Actor) -> Forecasts:
    """Every assessment that will miss a limit unless something changes, the first limit first."""
    require(actor, Permission.SEE_REPORTS)
    today = day_in_london(tools.clock.now())
    whose = Whose(is_assessed=True)
    async with tools.database.read() as db:
        found = await forecast_cases(db, tools, whose)
        names = {line.service_id: line.service for line in await list_advice(db, whose, only_open=True)}
    cases = [CaseForecast(each.record, misses) for each in found if (misses := will_miss(each.forecasts))]
    by_clock: dict[str, int] = {}
    by_service: dict[str, int] = {}
    for each in cases:
        for clock in dict.fromkeys(miss.clock for miss in each.forecasts):
            by_clock[clock] = by_clock.get(clock, 0) + 1
        for name in dict.fromkeys(names[miss.service_id] for miss in each.forecasts if miss.service_id):
            by_service[name] = by_service.get(name, 0) + 1
    cases.sort(key=lambda each: (each.forecasts[0].due_on, each.record.reference))
    return Forecasts(cases, by_clock, dict(sorted(by_service.items(), key=lambda pair: (-pair[1], pair[0]))), today)


def will_miss(found: Sequence[Forecast]) -> list[Forecast]:
    """Those that will be missed unless something changes."""
    return [each for each in found if each.outlook is Outlook.WILL_MISS]


async def view_child_forecasts(tools: Tools, actor: Actor, child_id: int) -> Sequence[Forecast]:
    """What is forecast for one child, the first limit first."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        found = await forecast_cases(db, tools, Whose(child_id=child_id))
    return found[0].forecasts if found else ()
