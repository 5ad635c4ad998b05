"""The cases of the chase report as a CSV file that a spreadsheet opens safely: references, never names of people."""

import csv
import io
from collections.abc import Iterable
from datetime import date

from coord_service.clock import day_in_london
from coord_service.domain.advice import ADVICE_KIND_NAMES
from coord_service.domain.figures import days_late
from coord_service.domain.report_tables import Cell
from coord_service.storage.report_cases import Case

COLUMNS = (
    "reference",
    "regulation 6(1)",
    "agency",
    "service",
    "held by",
    "their reference",
    "asked on",
    "due on",
    "days late",
    "promised on",
    "came on",
    "chases",
    "last chased on",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet calculate instead of show


def write_cases(cases: Iterable[Case], as_of: date) -> bytes:
    """UTF-8 with the mark that Excel looks for; a row a case, days as 2026-03-03."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([harmless(cell) for cell in case_row(case, as_of)] for case in cases)
    return sheet.getvalue().encode("utf-8-sig")


def harmless(cell: object) -> object:
    """A text that would be taken for a formula, with an apostrophe before it; anything else as it is."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def came_on(case: Case) -> date | None:
    """The day the advice came: as it was noted, else the day it was received here."""
    if case.came_on:
        return date.fromisoformat(case.came_on)
    return day_in_london(case.ended_at) if case.ended_at else None


def case_row(case: Case, as_of: date) -> tuple[Cell, ...]:
    """A case as COLUMNS say."""
    came = came_on(case)
    return (
        case.reference,
        ADVICE_KIND_NAMES[case.kind],
        case.agency,
        case.service,
        "a person" if case.person else "the service",
        case.their_reference,
        day_in_london(case.asked_at),
        case.due_on,
        max(0, days_late(case.due_on, came or as_of)),
        case.promised_on,
        came,
        case.chases,
        day_in_london(case.last_chased_at) if case.last_chased_at else None,
    )
