"""The report as a web page of its own: one file, nothing fetched, printed as it is read."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from coord_service.domain.report_tables import ReportDocument
from integrations.reports.cells import say_cell

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_PAGES.filters["cell"] = say_cell


def write_page(document: ReportDocument) -> bytes:
    """An .html file."""
    return _PAGES.get_template("report.html").render(document=document).encode()
