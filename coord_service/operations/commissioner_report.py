"""The commissioner's version of the chase report: counts by service, small ones hidden, no child to be found."""

import asyncio

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.figures import (
    DEFINITIONS,
    FIGURE_NAMES,
    SMALL,
    Figure,
    LateBand,
    hide_small,
    hide_small_share,
)
from coord_service.domain.people import Actor
from coord_service.domain.report_tables import Cell, ReportDocument, ReportForm, ReportTable
from coord_service.operations.report_lines import Line
from coord_service.operations.reports import ReportFilter, compute_chase_report, narrowing_words
from coord_service.operations.tools import Tools

_LONG = (LateBand.EIGHT_WEEKS, LateBand.LONGER)
LONG_LATE = "Overdue by more than four weeks"
_NOTES = (
    *((FIGURE_NAMES[each], DEFINITIONS[each]) for each in (Figure.OPEN, Figure.OVERDUE)),
    (LONG_LATE, "The part of it whose last lawful day is 29 days past or more."),
    (FIGURE_NAMES[Figure.ON_TIME], DEFINITIONS[Figure.ON_TIME]),
    (
        "Small numbers",
        f"A number from 1 to {SMALL - 1} is hidden, and so is a share or a total that would tell one.",
    ),
)


async def view_commissioner_report(tools: Tools, actor: Actor, agency_id: int | None) -> ReportDocument:
    """The report as of today, over everything or one agency's services."""
    require(actor, Permission.SEE_REPORTS)
    today = day_in_london(tools.clock.now())
    chosen = ReportFilter(agency_id=agency_id)
    report = await compute_chase_report(tools, chosen, today)
    narrowed = narrowing_words(report.choices, chosen)
    return ReportDocument(
        title="Statutory advice by service",
        subtitle=f"As of {today.day} {today:%B %Y}{f', {narrowed}' if narrowed else ''}",
        figures=(),
        tables=(_table([each for each in report.services if each.open or each.on_time.total]),),
        notes=_NOTES,
    )


async def download_commissioner_report(tools: Tools, actor: Actor, agency_id: int | None, form: ReportForm) -> bytes:
    """The same as a file."""
    document = await view_commissioner_report(tools, actor, agency_id)
    return await asyncio.to_thread(tools.printer.print_report, document, form)


def _table(lines: list[Line]) -> ReportTable:
    """By agency and name: an order by numbers would tell the hidden ones."""
    heads = ("Service", "Agency", FIGURE_NAMES[Figure.OPEN], FIGURE_NAMES[Figure.OVERDUE], LONG_LATE)
    rows = (_row(each) for each in sorted(lines, key=lambda line: (line.within.lower(), line.name.lower())))
    return ReportTable("By service", (*heads, FIGURE_NAMES[Figure.ON_TIME]), tuple(rows))


def _row(line: Line) -> tuple[Cell, ...]:
    long_late = sum(line.lateness.bands[band] for band in _LONG)
    shown = (hide_small(each) for each in (line.open, line.overdue, long_late))
    return (line.name, line.within, *shown, hide_small_share(line.on_time))
