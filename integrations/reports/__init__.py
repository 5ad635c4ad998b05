"""Reports as files: Excel, PDF, a page of their own. All are made of the same figures and tables."""

from collections.abc import Callable, Mapping

from coord_service.domain.report_tables import ReportDocument, ReportForm
from integrations.reports.page import write_page
from integrations.reports.pdf import write_pdf
from integrations.reports.workbook import write_workbook

_WRITERS: Mapping[ReportForm, Callable[[ReportDocument], bytes]] = {
    ReportForm.XLSX: write_workbook,
    ReportForm.PDF: write_pdf,
    ReportForm.HTML: write_page,
}


class ReportPress:
    """The ``ReportPrinter`` port."""

    def print_report(self, document: ReportDocument, form: ReportForm) -> bytes:
        """The document as a file of this form."""
        return _WRITERS[form](document)
