"""``coord report``: JSON, CSV or a file on standard output; what it can't do ends with one line."""

import asyncio
import csv
import io
import json

import pytest

from coord_service.__main__ import main
from coord_service.bootstrap import build
from coord_service.commands.report import show_report
from coord_service.domain.figures import Figure
from coord_service.operations.report_csv import COLUMNS
from coord_service.operations.reports import ReportFilter, compute_chase_report
from coord_service.settings import Settings
from coord_service.storage.schema import migrate
from tests.builders import a_child, a_service, a_user
from tests.report_world import a_chase, a_request, day


@pytest.fixture
def installation(tmp_path, monkeypatch):
    """A migrated database in a folder of its own, with two late requests; what the report of today says."""
    monkeypatch.setenv("COORD_DATA_DIR", str(tmp_path))

    async def prepare():
        tools = build(Settings(data_dir=tmp_path))
        await migrate(tools.database)
        worker = await a_user(tools)
        child, service = await a_child(tools, worker), await a_service(tools)
        await a_chase(tools, await a_request(tools, child, service, -9), -1)
        await a_request(tools, child, service, -2)
        report = show_report(await compute_chase_report(tools, ReportFilter(), day(tools)))
        await tools.close()
        return report, day(tools), child.reference

    return asyncio.run(prepare())


def test_json_is_the_report_that_the_page_shows(installation, capfd):
    report, today, _ = installation
    assert main(["report", "chase", "--as-of", today.isoformat()]) == 0
    shown = json.loads(capfd.readouterr().out)
    assert shown == json.loads(json.dumps(report))
    assert (shown["total"]["overdue"], shown["total"]["unchased"]) == (2, 1)
    assert set(shown["definitions"]) == set(Figure)


def test_without_a_day_it_is_todays(installation, capfd):
    assert main(["report", "chase"]) == 0
    assert json.loads(capfd.readouterr().out)["as_of"] == installation[1].isoformat()


def test_csv_has_a_row_for_each_overdue_case_and_nobodys_name(installation, capfdbinary):
    assert main(["report", "chase", "--format", "csv"]) == 0
    content = capfdbinary.readouterr().out
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert tuple(rows[0]) == COLUMNS
    assert {row["reference"] for row in rows} == {installation[2]}
    assert [row["days late"] for row in rows] == ["9", "2"]
    assert b"Juniper" not in content


@pytest.mark.parametrize(("form", "begins"), [("xlsx", b"PK"), ("pdf", b"%PDF-"), ("html", b"<!DOCTYPE html>")])
def test_every_form_of_file_is_written_for_a_script(installation, capfdbinary, form, begins):
    assert main(["report", "chase", "--format", form]) == 0
    assert capfdbinary.readouterr().out.startswith(begins)


def test_an_earlier_day_is_computed_as_of_then(installation, capfd):
    _, today, _ = installation
    earlier = today.replace(year=today.year - 1, day=1)
    assert main(["report", "chase", "--as-of", earlier.isoformat()]) == 0
    assert json.loads(capfd.readouterr().out)["total"]["open"] == 0


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["minutes"],
        ["chase", "--format", "pdf"],
        ["chase", "--format", "doc"],
        ["chase", "--as-of", "yesterday"],
        ["chase", "--as-of", "2026-02-29"],
        ["chase", "--as-of", "1970-01-01"],
        ["chase", "--as-of", "9999-12-31"],
        ["chase"],  # no database in this folder
    ],
)
def test_what_it_can_not_do_ends_with_one_line(tmp_path, monkeypatch, capfd, words):
    monkeypatch.setenv("COORD_DATA_DIR", str(tmp_path / "nothing here"))
    try:
        code = main(["report", *words])
    except SystemExit as ended:
        code = ended.code
    out, err = capfd.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1), err
