"""A report as figures and tables: what a workbook, a PDF and a web page are made of, so that all say the same."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

Cell = str | int | float | date | None


class ReportForm(StrEnum):
    """The kinds of file a report is written as."""

    XLSX = "xlsx"
    PDF = "pdf"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A number that stands for itself, with what it counts in words."""

    name: str
    value: str
    counts: str


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table with its caption. Each row has as many cells as there are heads; a ``date`` is a plain day."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """The whole: ``subtitle`` says as of when and what it is narrowed to, ``notes`` define what the columns count."""

    title: str
    subtitle: str
    figures: tuple[KeyFigure, ...]
    tables: tuple[ReportTable, ...]
    notes: tuple[tuple[str, str], ...]
