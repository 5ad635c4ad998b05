"""The report as an Excel workbook: figures on the first sheet, a sheet a table, numbers as numbers, days as days."""

import io
import re
from datetime import date, datetime

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from coord_service.domain.report_tables import Cell, ReportDocument, ReportTable

LONGEST_SHEET_NAME = 31  # what Excel takes
WIDEST, NARROWEST = 60, 10
# Nothing that somebody typed is ever calculated, followed or turned into a number.
AS_TYPED = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
CREATED = datetime(2020, 1, 1)  # noqa: DTZ001 - the file's own date: the same report gives the same bytes


def write_workbook(document: ReportDocument) -> bytes:
    """An .xlsx file."""
    file = io.BytesIO()
    with Workbook(file, AS_TYPED) as book:
        book.set_properties({"title": document.title, "subject": document.subtitle, "created": CREATED})
        looks = _Looks(book)
        _write_figures(book.add_worksheet("Figures"), document, looks)
        names = {"Figures"}
        for table in document.tables:
            name = _sheet_name(table.caption, names)
            names.add(name)
            _write_table(book.add_worksheet(name), table, looks)
    return file.getvalue()


class _Looks:
    """How cells look."""

    def __init__(self, book: Workbook) -> None:
        self.title: Format = book.add_format({"bold": True, "font_size": 16})
        self.head: Format = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.words: Format = book.add_format({"text_wrap": True, "valign": "top"})
        self.day: Format = book.add_format({"num_format": "d mmm yyyy", "align": "left", "valign": "top"})
        self.number: Format = book.add_format({"num_format": "#,##0", "valign": "top"})


def _write_figures(sheet: Worksheet, document: ReportDocument, looks: _Looks) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 2, 90)
    sheet.write_string(0, 0, document.title, looks.title)
    sheet.write_string(1, 0, document.subtitle)
    for column, head in enumerate(("Figure", "Value", "What it counts")):
        sheet.write_string(3, column, head, looks.head)
    lines = [(each.name, each.value, each.counts) for each in document.figures]
    lines += [(name, "", counts) for name, counts in document.notes]
    for row, line in enumerate(lines, start=4):
        for column, words in enumerate(line):
            sheet.write_string(row, column, words, looks.words)


def _write_table(sheet: Worksheet, table: ReportTable, looks: _Looks) -> None:
    sheet.freeze_panes(1, 1)
    for column, head in enumerate(table.heads):
        cells = [head, *(_shown(row[column]) for row in table.rows)]
        sheet.set_column(column, column, min(WIDEST, max(NARROWEST, *(len(each) + 2 for each in cells))))
        sheet.write_string(0, column, head, looks.head)
    for number, row in enumerate(table.rows, start=1):
        for column, cell in enumerate(row):
            _write_cell(sheet, number, column, cell, looks)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.heads) - 1)


def _write_cell(sheet: Worksheet, row: int, column: int, cell: Cell, looks: _Looks) -> None:
    match cell:
        case None:
            return
        case date():
            sheet.write_datetime(row, column, cell, looks.day)
        case int():
            sheet.write_number(row, column, cell, looks.number)
        case float():
            sheet.write_number(row, column, cell, looks.words)
        case _:
            sheet.write_string(row, column, cell, looks.words)


def _shown(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _sheet_name(caption: str, taken: set[str]) -> str:
    """A name that Excel takes: short, without its forbidden signs, and no other sheet's."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", caption)[:LONGEST_SHEET_NAME].strip() or "Table"
    name, number = plain, 2
    while name.casefold() in {each.casefold() for each in taken}:
        name = f"{plain[: LONGEST_SHEET_NAME - 4]} ({number})"
        number += 1
    return name
