"""How a cell reads on paper and on a page."""

from datetime import date

from coord_service.domain.report_tables import Cell


def say_cell(cell: Cell) -> str:
    """3 Mar 2026; 1,234; a dash where there is nothing."""
    match cell:
        case None:
            return "–"
        case date():
            return f"{cell.day} {cell:%b %Y}"
        case int() | float():
            return f"{cell:,g}" if cell % 1 else f"{int(cell):,}"
    return cell
