"""The chase report as figures and tables for a file: what the page says, but never the name of a person."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.figures import BAND_NAMES, DEFINITIONS, FIGURE_NAMES, Figure, Share
from coord_service.domain.people import Actor
from coord_service.domain.report_tables import Cell, KeyFigure, ReportDocument, ReportTable
from coord_service.domain.report_tables import ReportForm as Form
from coord_service.operations.report_csv import COLUMNS, case_row
from coord_service.operations.report_lines import Line
from coord_service.operations.reports import (
    ChaseReport,
    ReportFilter,
    collect_cases,
    compute_chase_report,
    narrowing_words,
)
from coord_service.operations.tools import Tools
from coord_service.storage.report_cases import Case

MOST_ON_PAPER = 500  # cases listed in a file that is read page by page; a workbook lists all
_LINE_FIGURES = (
    Figure.OPEN,
    Figure.OVERDUE,
    Figure.MEDIAN,
    Figure.NINETIETH,
    Figure.OLDEST,
    Figure.SILENT,
    Figure.UNCHASED,
    Figure.LAST_CHASE,
    Figure.ON_TIME,
)


async def download_report(tools: Tools, actor: Actor, chosen: ReportFilter, form: Form) -> bytes:
    """The report as of today as a file."""
    require(actor, Permission.SEE_REPORTS)
    return await print_report(tools, chosen, day_in_london(tools.clock.now()), form)


async def print_report(tools: Tools, chosen: ReportFilter, as_of: date, form: Form) -> bytes:
    """The report as of a day as a file, for whoever has the right to ask."""
    report = await compute_chase_report(tools, chosen, as_of)
    cases = await collect_cases(tools, Figure.OVERDUE, chosen, as_of)
    document = document_of(report, cases, narrowing_words(report.choices, chosen), form)
    return await asyncio.to_thread(tools.printer.print_report, document, form)


def document_of(report: ChaseReport, cases: Sequence[Case], narrowed: str, form: Form) -> ReportDocument:
    """What every form of the file is made of."""
    day = _say_day(report.as_of)
    return ReportDocument(
        title="Chase report",
        subtitle=f"As of {day}, {narrowed}" if narrowed else f"As of {day}",
        figures=_key_figures(report),
        tables=(
            _lines_table("By service", "Service", report.services, has_agency=True),
            _bands_table(report),
            _lines_table("By agency", "Agency", report.agencies),
            _lines_table("By letter of regulation 6(1)", "Letter", report.kinds),
            _months_table(report),
            _actions_table(report),
            _cases_table(cases, report.as_of, None if form is Form.XLSX else MOST_ON_PAPER),
        ),
        notes=tuple((FIGURE_NAMES[each], DEFINITIONS[each]) for each in _LINE_FIGURES),
    )


def _key_figures(report: ChaseReport) -> tuple[KeyFigure, ...]:
    total = report.total
    share = total.on_time
    values = {
        Figure.OVERDUE: f"{total.overdue:,} of {total.open:,} open",
        Figure.SILENT: f"{total.silent:,} of {total.overdue:,} overdue",
        Figure.ON_TIME: f"{share.percent}% ({share.met:,} of {share.total:,})" if share.total else "Nothing fell due",
        Figure.UNCHASED: f"{total.unchased:,}",
        Figure.ACTIONS_OVERDUE: f"{report.actions_overdue:,}",
    }
    return tuple(KeyFigure(FIGURE_NAMES[each], value, DEFINITIONS[each]) for each, value in values.items())


def _lines_table(caption: str, head: str, lines: Iterable[Line], *, has_agency: bool = False) -> ReportTable:
    heads = (head, *(("Agency",) if has_agency else ()), *(FIGURE_NAMES[each] for each in _LINE_FIGURES))
    return ReportTable(
        caption, heads, tuple((each.name, *((each.within,) if has_agency else ()), *_figures(each)) for each in lines)
    )


def _figures(line: Line) -> tuple[Cell, ...]:
    """In the order of _LINE_FIGURES."""
    late = line.lateness
    return (
        line.open,
        line.overdue,
        late.median,
        late.ninetieth,
        late.oldest,
        line.silent,
        line.unchased,
        day_in_london(line.last_chased_at) if line.last_chased_at else None,
        _percent(line.on_time),
    )


def _percent(share: Share) -> Cell:
    return None if share.percent is None else f"{share.percent}%"


def _bands_table(report: ChaseReport) -> ReportTable:
    rows: list[tuple[Cell, ...]] = [
        (each.name, *each.lateness.bands.values(), each.overdue) for each in report.services if each.overdue
    ]
    if rows:
        rows.append(("All services", *report.total.lateness.bands.values(), report.total.overdue))
    return ReportTable("How late, by service", ("Service", *BAND_NAMES.values(), "All overdue"), tuple(rows))


def _months_table(report: ChaseReport) -> ReportTable:
    rows = [(f"{first:%B %Y}", share.met, share.total, _percent(share)) for first, share in report.months]
    return ReportTable(
        "On time, by the month it fell due", ("Month", "Came in time", "Fell due", "Percent"), tuple(rows)
    )


def _actions_table(report: ChaseReport) -> ReportTable:
    rows = tuple((each.agency or "No agency", each.count, each.oldest) for each in report.actions)
    return ReportTable("Overdue actions by agency", ("Agency", "Overdue", "Oldest, in days"), rows)


def _cases_table(cases: Sequence[Case], as_of: date, most: int | None) -> ReportTable:
    shown = cases[:most]
    left_out = len(cases) - len(shown)
    caption = f"Overdue advice: the {len(shown)} longest overdue of {len(cases):,}" if left_out else "Overdue advice"
    heads = tuple(each[0].upper() + each[1:] for each in COLUMNS)
    return ReportTable(caption, heads, tuple(case_row(each, as_of) for each in shown))


def _say_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
