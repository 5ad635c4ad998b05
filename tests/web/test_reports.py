"""The chase report in the browser: figures, filters, cases, the download; who sees it."""

import csv
import io
import zipfile
from datetime import timedelta

import pypdf
import pytest

from coord_service.domain.advice import AdviceKind
from coord_service.domain.figures import DEFINITIONS, Figure, LateBand
from coord_service.domain.people import Role
from coord_service.operations.reports import ReportFilter, compute_chase_report
from coord_service.storage.tables import AdviceRequest
from tests.builders import a_child, a_person, a_service, a_user
from tests.report_world import a_chase, a_plain_meeting, a_request, an_action, came, day, keep
from tests.statements import count_statements


@pytest.fixture
async def county(tools):
    """Two services, four late requests of different ages, one on time, two overdue actions."""
    worker = await a_user(tools, name="Lena Lead")
    child = await a_child(tools, worker, given_name="Juniper", family_name="Testwood")
    speech, physio = await a_service(tools, "Speech therapy"), await a_service(tools, "Physiotherapy")
    shah = await a_person(tools, "Dr Shah", service_id=speech.id)
    chased = await a_request(tools, child, speech, -3, person_id=shah.id)
    await a_chase(tools, chased, -1)
    await a_request(tools, child, speech, -10, person_id=shah.id, kind=AdviceKind.OTHER)
    await a_request(tools, child, speech, -40)
    await a_request(tools, child, physio, -100)
    in_time = await a_request(tools, child, physio, -5)
    await came(tools, in_time, -6)
    meeting = await a_plain_meeting(tools, worker, child, -30)
    for due in (-3, -9):
        await an_action(tools, meeting, child, shah, due, agency="Rivermead & Sons")
    return {"worker": worker, "child": child, "speech": speech, "physio": physio, "shah": shah, "chased": chased}


def cards(page) -> dict[str, str]:
    """The four figures: their names and numbers."""
    found = {}
    for card in page.root.all("li", class_="coord-figure"):
        number = card.one("span", class_="coord-figure__number").text
        found[card.all("a")[0].text.removeprefix(number).strip()] = number
    return found


def rows_of(page, caption: str) -> list[list[str]]:
    table = next(each for each in page.root.all("table") if each.one("caption").text == caption)
    return [[cell.text for cell in row.all("th", "td")] for row in table.one("tbody").all("tr")]


async def test_before_there_is_anything_the_report_says_what_will_be_here(sign_in):
    page = await (await sign_in(Role.MANAGER)).get("chase_report")
    assert "No advice has been asked for yet" in page.text
    assert list(cards(page).values()) == ["0", "0", "–", "0", "0"]
    assert "As it must be" in page.text


async def test_the_four_figures_come_first_each_with_its_definition(sign_in, county):
    page = await (await sign_in(Role.MANAGER)).get("chase_report")
    assert cards(page) == {
        "Overdue": "4",
        "Late, and no human contact for 10 working days": "4",
        "On time this quarter": "25%",
        "Overdue, and nobody has chased": "3",
        "Forecast to miss a limit": "0",
    }
    for figure in Figure:
        if figure is not Figure.ESCALATED:
            assert DEFINITIONS[figure] in page.text


async def test_page_file_and_command_have_the_same_numbers(sign_in, tools, county):
    browse = await sign_in(Role.MANAGER)
    page = await browse.get("chase_report")
    report = await compute_chase_report(tools, ReportFilter(), day(tools))
    assert cards(page)["Overdue"] == str(report.total.overdue)
    names = {line.name: line for line in report.services}
    for row in rows_of(page, "By service"):
        line = next(line for name, line in names.items() if row[0].startswith(name))
        assert [int(row[1].split()[0]), int(row[2].split()[0])] == [line.open, line.overdue]
    async with browse.client.get(browse.url("chase_report_csv")) as response:
        assert response.headers["Content-Type"].startswith("text/csv")
        assert response.headers["Content-Disposition"] == 'attachment; filename="chase-report-overdue-2026-03-03.csv"'
        content = (await response.read()).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert len(rows) == report.total.overdue
    assert "Juniper" not in content
    assert {row["reference"] for row in rows} == {county["child"].reference}


async def test_every_link_of_the_report_opens_and_a_figure_opens_to_as_many_cases(sign_in, county):
    browse = await sign_in(Role.MANAGER)
    page = await browse.get("chase_report")
    cells = [link for table in page.root.all("table") for link in table.all("a")]
    assert len(cells) >= 30
    for link in cells:
        opened = await browse.get(link["href"])
        if "figure=" in link["href"]:
            assert len(opened.root.one("main").one("tbody").all("tr")) == int(link.text.split()[0]), link["href"]


async def test_a_row_opens_to_its_cases_and_a_case_to_its_request(sign_in, county):
    browse = await sign_in(Role.LEAD_WORKER)
    page = await browse.get("chase_cases", figure="overdue", service=county["physio"].id)
    assert page.heading == "Chase report Overdue"
    assert "100 days late" in page.text
    links = [link["href"] for link in page.root.one("main").one("tbody").all("a")]
    assert await browse.get(links[0])
    assert (await browse.get(links[1])).text


async def test_filters_combine_in_the_address_and_every_link_keeps_them(sign_in, county):
    browse = await sign_in(Role.MANAGER)
    chosen = {
        "agency": county["speech"].agency_id,
        "service": county["speech"].id,
        "lead_worker": county["worker"].id,
        "kind": "f",
        "late": LateBand.FORTNIGHT.value,
    }
    page = await browse.get("chase_report", **chosen)
    assert cards(page)["Overdue"] == "1"
    for name, value in chosen.items():
        select = page.root.one("select", id=name)
        assert [option["value"] for option in select.all("option") if "selected" in option.attributes] == [str(value)]
    href = page.root.all("li", class_="coord-figure")[0].all("a")[0]["href"]
    assert all(f"{name}={value}" in href for name, value in chosen.items())
    assert "1 piece of advice" in (await browse.get(href)).text


@pytest.mark.parametrize(
    "nonsense",
    [{"service": "x"}, {"service": "99999999999"}, {"kind": "z"}, {"late": "soon"}, {"figure": "?"}, {"person": "-1"}],
)
async def test_a_filter_that_makes_no_sense_does_not_narrow(sign_in, county, nonsense):
    browse = await sign_in(Role.MANAGER)
    assert "4 pieces of advice" in (await browse.get("chase_cases", **nonsense)).text
    await browse.get("chase_report", **nonsense)


@pytest.mark.parametrize("figure", ["overdue", "open", "silent", "unchased", "escalated", "on_time", "actions_overdue"])
async def test_each_list_when_empty_says_so(sign_in, figure):
    page = await (await sign_in(Role.MANAGER)).get("chase_cases", figure=figure)
    assert page.root.all("div", class_="coord-empty")


async def test_on_time_opens_to_all_that_fell_due_with_the_day_each_came(sign_in, county):
    page = await (await sign_in(Role.MANAGER)).get("chase_cases", figure="on_time")
    assert "4 pieces of advice" in page.text  # the one due 100 days ago fell due in an earlier quarter
    assert "Not yet" in page.text
    assert "Wednesday 25 February" in page.text


async def test_overdue_actions_open_to_their_list(sign_in, county):
    browse = await sign_in(Role.MANAGER)
    page = await browse.get("chase_cases", figure="actions_overdue", actions_of="Rivermead & Sons")
    assert "2 actions" in page.text
    assert "9 days late" in page.text
    assert (await browse.get("chase_cases", figure="actions_overdue", actions_of="Nobody")).status == 200


async def test_fifty_cases_a_page(sign_in, tools, county):
    await keep(
        tools,
        *(
            AdviceRequest(
                child_id=county["child"].id,
                service_id=county["physio"].id,
                kind=AdviceKind.HEALTH,
                question="?",
                asked_at=tools.clock.now() - timedelta(days=60),
                due_on=day(tools, -2),
            )
            for _ in range(60)
        ),
    )
    browse = await sign_in(Role.MANAGER)
    first, second = [await browse.get("chase_cases", page=number) for number in (1, 2)]
    assert [len(page.root.one("tbody").all("tr")) for page in (first, second)] == [50, 14]
    assert "64 pieces of advice" in second.text
    await browse.get("chase_cases", page=9)


async def test_the_charts_name_themselves_and_carry_no_fact_that_a_table_lacks(sign_in, county):
    page = await (await sign_in(Role.MANAGER)).get("chase_report")
    pictures = page.root.all("svg", role="img")
    assert [picture["aria-label"] for picture in pictures] == [
        "Overdue advice by service and by how late it is",
        "Percent of advice on time, by the month in which it fell due",
    ]
    captions = [caption.text for caption in page.root.all("caption")]
    assert {"How late, by service", "On time, by the month it fell due"} <= set(captions)


async def test_as_many_statements_for_ten_rows_as_for_a_thousand(sign_in, tools):
    browse = await sign_in(Role.MANAGER)
    worker = await a_user(tools)
    numbers = {}
    for many in (10, 1000):
        child = await a_child(tools, worker)
        services = [await a_service(tools) for _ in range(5)]
        await keep(
            tools,
            *(
                AdviceRequest(
                    child_id=child.id,
                    service_id=services[number % 5].id,
                    kind=list(AdviceKind)[number % 8],
                    question="?",
                    asked_at=tools.clock.now() - timedelta(days=60),
                    due_on=day(tools, -1 - number % 90),
                )
                for number in range(many)
            ),
        )
        for where in ("chase_report", "chase_cases", "chase_report_csv"):
            with count_statements(tools.database) as counted:
                async with browse.client.get(browse.url(where)) as response:
                    assert response.status == 200
            numbers.setdefault(where, set()).add(counted.number)
    assert all(len(found) == 1 for found in numbers.values()), numbers


async def test_an_administrator_sees_no_report(sign_in):
    browse = await sign_in(Role.ADMINISTRATOR)
    for where in ("chase_report", "chase_cases", "chase_report_csv"):
        await browse.get(where, status=404)


async def test_the_report_as_a_file_has_the_numbers_of_the_page_and_nobodys_name(sign_in, county):
    browser = await sign_in(Role.MANAGER)
    numbers = list(cards(await browser.get("chase_report")).values())
    response = await browser.client.get("/reports/chase.pdf")
    assert response.headers["Content-Disposition"].endswith('.pdf"')
    text = "\n".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(await response.read())).pages)
    assert f"{numbers[0]} of 4 open" in text
    assert county["child"].reference in text
    workbook = await browser.client.get("/reports/chase.xlsx")
    with zipfile.ZipFile(io.BytesIO(await workbook.read())) as parts:
        words = parts.read("xl/sharedStrings.xml").decode()
    assert county["child"].reference in words
    assert f"{numbers[0]} of 4 open" in words
    for name in ("Juniper", "Testwood", "Shah", "Lena"):
        assert name not in text + words


async def test_a_file_is_narrowed_as_the_page_is_and_says_so(sign_in, county):
    browser = await sign_in(Role.MANAGER)
    chosen = f"?service={county['physio'].id}&lead_worker={county['worker'].id}&person=0&late=longer"
    response = await browser.client.get(f"/reports/chase.pdf{chosen}")
    text = "\n".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(await response.read())).pages)
    assert "Physiotherapy, held by nobody named yet, cases of one lead worker, 57 days or more late" in " ".join(
        text.split()
    )
    assert "Speech therapy" not in text


async def test_the_report_is_ordered_by_mail_and_ended_on_its_page(sign_in):
    browser = await sign_in(Role.MANAGER)
    page = await browser.post("order_report", {"every": "week"})
    assert "You get this report by mail from the next time on" in page.text
    chosen = [each.text for each in page.root.all("option") if "selected" in each.attributes]
    assert "Every Monday (or the next working day)" in chosen
    page = await browser.post("order_report", {"every": "never mind"})
    assert "no more" in page.text


async def test_a_commissioner_learns_counts_by_service_and_no_small_ones(sign_in, tools, county):
    for number in range(6):
        await a_request(tools, county["child"], county["speech"], -(20 + number))
    browser = await sign_in(Role.MANAGER)
    page = await browser.get("commissioner_report")
    rows = {row[0]: row[2:] for row in rows_of(page, "By service")}
    assert rows == {
        "Speech therapy": ["9", "9", "fewer than 5", "0%"],
        "Physiotherapy": ["fewer than 5", "fewer than 5", "fewer than 5", "too few to say"],
    }
    assert "All services" not in page.text
    for name in ("Juniper", "Testwood", "Shah", "Lena", county["child"].reference):
        assert name not in page.text


async def test_the_commissioners_version_is_narrowed_and_taken_away(sign_in, tools, county):
    elsewhere = await a_service(tools, "Occupational therapy")
    await a_request(tools, county["child"], elsewhere, 5)
    browser = await sign_in(Role.MANAGER)
    page = await browser.get("commissioner_report", agency=elsewhere.agency_id)
    assert [row[0] for row in rows_of(page, "By service")] == ["Occupational therapy"]
    response = await browser.client.get(f"/reports/commissioner.pdf?agency={elsewhere.agency_id}")
    text = "\n".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(await response.read())).pages)
    assert "Occupational therapy" in text
    assert "fewer than 5" in " ".join(text.split())
    assert "Physiotherapy" not in text
    workbook = await browser.client.get("/reports/commissioner.xlsx")
    assert (await workbook.read()).startswith(b"PK")


async def test_where_nobody_was_asked_the_commissioners_version_says_so(sign_in):
    page = await (await sign_in(Role.MANAGER)).get("commissioner_report")
    assert "No advice has been asked of these services" in page.text
