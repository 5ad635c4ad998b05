"""The report as a tagged PDF (PDF/UA-1): read aloud in the right order, its tables as tables."""

import json
import re
from pathlib import Path
from typing import Any

import typst

from coord_service.domain.report_tables import Cell, ReportDocument
from integrations.reports.cells import say_cell

# What stays when a sign could not be set: Latin with its accents, Greek, Cyrillic, and the signs of ordinary text.
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\u024f\u0370-\u03ff\u0400-\u045f\u2010-\u2026\u20ac]")
NO_SIGN = "?"
SHEET = Path(__file__).parent / "report.typ"


def write_pdf(document: ReportDocument) -> bytes:
    """A .pdf file. What the report says is passed as data and never read as markup."""
    data = _data(document)
    try:
        return _set(data)
    except typst.TypstError:  # PDF/UA refuses a sign that no font has: an emoji, a script of which none is at hand
        return _set(_printable(data))


def _printable(data: Any) -> Any:
    match data:
        case str():
            return _UNPRINTABLE.sub(NO_SIGN, data)
        case dict():
            return {key: _printable(value) for key, value in data.items()}
        case list() | tuple():
            return [_printable(each) for each in data]
    return data


def _set(data: dict[str, Any]) -> bytes:
    made = typst.compile(
        SHEET.read_bytes(),
        format="pdf",
        sys_inputs={"report": json.dumps(data)},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        timestamp=0,
    )
    assert isinstance(made, bytes)  # one file for a PDF, whatever its pages
    return made


def _data(document: ReportDocument) -> dict[str, Any]:
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "figures": [[each.name, each.value, each.counts] for each in document.figures],
        "tables": [
            {
                "caption": table.caption,
                "heads": table.heads,
                "is_number": [_is_number(table.rows, column) for column in range(len(table.heads))],
                "rows": [[say_cell(cell) for cell in row] for row in table.rows],
            }
            for table in document.tables
        ],
        "notes": document.notes,
    }


def _is_number(rows: tuple[tuple[Cell, ...], ...], column: int) -> bool:
    cells = [row[column] for row in rows if row[column] is not None]
    return bool(cells) and all(isinstance(cell, int | float) for cell in cells)
