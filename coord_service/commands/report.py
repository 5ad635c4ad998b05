"""The chase report as of a day, for a script: all figures as JSON or as a file, or the overdue cases as CSV."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.exc import DBAPIError

from coord_service.bootstrap import build
from coord_service.clock import day_in_london
from coord_service.commands.clocks import plain_day
from coord_service.commands.installation import load_settings
from coord_service.commands.terminal import BadInput, write_json
from coord_service.domain.figures import DEFINITIONS, Figure, Share
from coord_service.domain.report_tables import ReportForm
from coord_service.errors import Refused
from coord_service.operations.report_csv import write_cases
from coord_service.operations.report_document import print_report
from coord_service.operations.report_lines import Line
from coord_service.operations.reports import ChaseReport, ReportFilter, collect_cases, compute_chase_report
from coord_service.operations.tools import Tools

FORMATS = ("json", "csv", *ReportForm)


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``coord report``."""
    reports = parser.add_subparsers(dest="report", required=True, metavar="chase")
    chase = reports.add_parser("chase", help="what is overdue, whose it is, how long, and what nobody has chased")
    chase.add_argument("--as-of", type=plain_day, metavar="DATE", help="the end of this day; today if not given")
    chase.add_argument("--format", choices=FORMATS, default="json", help="json if not given")


def run(arguments: argparse.Namespace) -> int:
    """Write the report. A database that does not answer is bad input."""
    tools = build(load_settings())
    try:
        content = asyncio.run(_write(tools, arguments.as_of, arguments.format))
    except Refused as error:
        raise BadInput(str(error)) from error
    except (DBAPIError, OSError) as error:
        raise BadInput("the database does not answer or has no tables yet: run coord migrate") from error
    if isinstance(content, bytes):
        sys.stdout.buffer.write(content)
    else:
        write_json(content)
    return 0


async def _write(tools: Tools, as_of: date | None, form: str) -> bytes | dict[str, Any]:
    day = as_of or day_in_london(tools.clock.now())
    if not 2014 <= day.year <= 2060:
        raise Refused(f"{day} is outside the years this service knows the working days of: 2014 to 2060")
    try:
        if form == "csv":
            return write_cases(await collect_cases(tools, Figure.OVERDUE, ReportFilter(), day), day)
        if form != "json":
            return await print_report(tools, ReportFilter(), day, ReportForm(form))
        return show_report(await compute_chase_report(tools, ReportFilter(), day))
    finally:
        await tools.database.close()


def show_report(report: ChaseReport) -> dict[str, Any]:
    """The report as JSON: the same figures as the page, each with its definition; people by id, never by name."""
    return {
        "as_of": report.as_of.isoformat(),
        "quarter_from": report.quarter_on.isoformat(),
        "total": _figures(report.total) | {"actions_overdue": report.actions_overdue},
        "services": _lines(report.services),
        "agencies": _lines(report.agencies),
        "people": [{"person_id": line.key or None, "service": line.within, **_figures(line)} for line in report.people],
        "advice_kinds": _lines(report.kinds),
        "on_time_by_month": [{"month": f"{first:%Y-%m}", **_share(share)} for first, share in report.months],
        "actions_by_agency": [
            {"agency": each.agency, "overdue": each.count, "oldest_days": each.oldest} for each in report.actions
        ],
        "definitions": {figure.value: words for figure, words in DEFINITIONS.items()},
    }


def _lines(lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [{"id": line.key, "name": line.name, "within": line.within or None, **_figures(line)} for line in lines]


def _figures(line: Line) -> dict[str, Any]:
    return {
        "open": line.open,
        "overdue": line.overdue,
        "silent": line.silent,
        "unchased": line.unchased,
        "median_days_late": line.lateness.median,
        "ninetieth_days_late": line.lateness.ninetieth,
        "oldest_days_late": line.lateness.oldest,
        "days_late": {band.value: count for band, count in line.lateness.bands.items()},
        "last_chased_at": line.last_chased_at.isoformat() if line.last_chased_at else None,
        "on_time": _share(line.on_time),
    }


def _share(share: Share) -> dict[str, Any]:
    return {"met": share.met, "of": share.total, "percent": share.percent}
