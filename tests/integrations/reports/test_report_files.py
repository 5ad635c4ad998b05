"""The chase report as a file: the same cells in each form, and nothing that somebody typed is ever more than text."""

import io
import zipfile
from datetime import date

import pypdf
import pytest
from lxml import etree

from coord_service.domain.report_tables import KeyFigure, ReportDocument, ReportForm, ReportTable
from integrations.reports import ReportPress

HOSTILE = (
    '=HYPERLINK("http://evil.example","x")',
    "+44 1632 960000",
    "@SUM(1)",
    "http://evil.example",
    "#strong[x] $x$ *y* `z`",
    "<script>alert(1)</script> & \u201cquotes\u201d",
    "0012",
)
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def document(*tables: ReportTable) -> ReportDocument:
    return ReportDocument(
        title="Chase report",
        subtitle="As of 3 March 2026",
        figures=(KeyFigure("Overdue", "1,204 of 3,000 open", "Whose last lawful day has passed."),),
        tables=tables,
        notes=(("Oldest", "Days since the last lawful day."),),
    )


TABLE = ReportTable(
    "By service",
    ("Service", "Open", "Median", "Last chase"),
    (("Speech & language", 1204, 3.5, date(2026, 3, 3)), ("Nobody\u2019s", 0, None, None)),
)


def printed(form: ReportForm, *tables: ReportTable) -> bytes:
    return ReportPress().print_report(document(*tables), form)


def cells_of(workbook: bytes, sheet: int) -> list[list[str]]:
    """What a sheet holds, each cell as its type and its text."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        texts = [
            "".join(each.itertext()) for each in etree.fromstring(parts.read("xl/sharedStrings.xml")).iter(f"{SHEET}si")
        ]
        rows = etree.fromstring(parts.read(f"xl/worksheets/sheet{sheet}.xml")).iter(f"{SHEET}row")
        return [[_cell(each, texts) for each in row.iter(f"{SHEET}c")] for row in rows]


def _cell(cell: etree._Element, texts: list[str]) -> str:
    assert cell.find(f"{SHEET}f") is None, "a formula"
    value = cell.findtext(f"{SHEET}v") or ""
    return texts[int(value)] if cell.get("t") == "s" else f"n:{value}"


def text_of(pdf: bytes) -> str:
    return "\n".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_a_workbook_has_numbers_as_numbers_and_days_as_days():
    rows = cells_of(printed(ReportForm.XLSX, TABLE), 2)
    assert rows[0] == ["Service", "Open", "Median", "Last chase"]
    assert rows[1] == ["Speech & language", "n:1204", "n:3.5", "n:46084"]  # Excel's number of 3 March 2026
    assert rows[2] == ["Nobody\u2019s", "n:0"]


def test_a_workbook_begins_with_the_figures_and_what_they_count():
    rows = cells_of(printed(ReportForm.XLSX, TABLE), 1)
    assert ["Overdue", "1,204 of 3,000 open", "Whose last lawful day has passed."] in rows
    assert ["Oldest", "", "Days since the last lawful day."] in rows


def test_nothing_typed_is_calculated_followed_or_turned_into_a_number():
    table = ReportTable("Notes", ("Note",), tuple((each,) for each in HOSTILE))
    assert cells_of(printed(ReportForm.XLSX, table), 2)[1:] == [[each] for each in HOSTILE]
    with zipfile.ZipFile(io.BytesIO(printed(ReportForm.XLSX, table))) as parts:
        assert not [each for each in parts.namelist() if "rels" in each and b"evil" in parts.read(each)]


@pytest.mark.parametrize("caption", ["[a]:b*c?d/e\\f'", "", "x" * 80, "Figures", "figures"])
def test_every_caption_makes_a_name_that_excel_takes(caption):
    table = ReportTable(caption, ("A",), (("1",),))
    with zipfile.ZipFile(io.BytesIO(printed(ReportForm.XLSX, table, table))) as parts:
        sheets = etree.fromstring(parts.read("xl/workbook.xml")).iter(f"{SHEET}sheet")
        names = [each.get("name") or "" for each in sheets]
    assert len({each.casefold() for each in names}) == 3
    assert all(0 < len(each) <= 31 and not set(each) & set("[]:*?/\\'") for each in names)


def test_a_pdf_is_tagged_in_english_and_says_what_it_is():
    read = pypdf.PdfReader(io.BytesIO(printed(ReportForm.PDF, TABLE)))
    root = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"].startswith("en")
    assert read.metadata is not None
    assert read.metadata.title == "Chase report"


def test_a_pdf_says_what_the_other_forms_say():
    text = text_of(printed(ReportForm.PDF, TABLE))
    for words in ("As of 3 March 2026", "1,204 of 3,000 open", "Speech & language", "3.5", "3 Mar 2026", "Oldest"):
        assert words in text


def test_markup_in_a_pdf_is_shown_and_never_obeyed():
    table = ReportTable("Notes", ("Note",), tuple((each,) for each in HOSTILE))
    text = text_of(printed(ReportForm.PDF, table))
    for each in HOSTILE:
        assert each in text


def test_a_page_shows_markup_as_it_was_typed_and_fetches_nothing():
    table = ReportTable("Notes", ("Note",), tuple((each,) for each in HOSTILE))
    page = printed(ReportForm.HTML, table).decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in page
    assert "<script" not in page
    assert "src=" not in page
    assert "href=" not in page


@pytest.mark.parametrize("form", ReportForm)
def test_an_empty_table_is_no_trouble(form):
    assert printed(form, ReportTable("By service", ("Service",), ()))


@pytest.mark.parametrize("form", [ReportForm.PDF, ReportForm.HTML])
def test_an_empty_table_says_so(form):
    made = printed(form, ReportTable("By service", ("Service",), ()))
    assert "Nothing to show." in (text_of(made) if form is ReportForm.PDF else made.decode())


@pytest.mark.parametrize("form", ReportForm)
def test_the_same_report_gives_the_same_bytes(form):
    assert printed(form, TABLE) == printed(form, TABLE)


@pytest.mark.parametrize(
    "words",
    ["thanks \U0001f44d", "\u4f60\u597d", "\u0a2a\u0a70\u0a1c\u0a3e\u0a2c\u0a40", "a\x07b", "a\u200fb\ufeff", "\ue000"],
)
def test_a_sign_that_no_font_has_spoils_no_report(words):
    text = text_of(printed(ReportForm.PDF, ReportTable("Notes", ("Note",), ((f"Zo\u00eb \u0141ukasz: {words}",),))))
    assert "Zo\u00eb \u0141ukasz:" in text


@pytest.mark.parametrize("form", [ReportForm.XLSX, ReportForm.HTML])
def test_control_characters_spoil_no_other_file(form):
    assert printed(form, ReportTable("Notes", ("Note",), (("a\x07b \U0001f44d",),)))
