"""A child's clocks in the browser: each with its law and how it stands, and recording what happened."""

from datetime import date

import pytest

from coord_service.domain.children import PlanStatus
from coord_service.domain.people import Actor, Role
from tests.case_files import County
from tests.report_world import a_request
from tests.statements import count_statements

DECIDED = {"what": "assessment_decided", "on-day": "16", "on-month": "2", "on-year": "2026"}


@pytest.fixture
async def browse(sign_in):
    return await sign_in(Role.LEAD_WORKER)


@pytest.fixture
def me(browse):
    return Actor(label="user:1", user_id=1, person_id=1, role=Role.LEAD_WORKER)


@pytest.fixture
async def child(tools, me):
    facts = {"plan_status": PlanStatus.ASSESSMENT, "assessment_requested_on": date(2026, 1, 5)}
    return await County(tools).child(me, **facts)


def rows(page) -> dict[str, str]:
    return {row.one("th").text: row.text for row in page.root.one("main").all("table")[0].all("tr") if row.all("td")}


async def test_each_clock_says_its_law_its_day_and_how_it_stands(browse, child):
    page = await browse.get("child_clocks", child_id=child.id)
    found = next(text for name, text in rows(page).items() if name.startswith("Decide whether to assess"))
    assert "SEND Regulations 2014 reg 5(1)" in found
    assert "16 February 2026" in found
    assert "Late 15 days after the limit" in found
    assert "reg 5(4)(a), reg 5(4)(b), reg 5(4)(c), reg 5(4)(d)" in found


async def test_what_happened_is_recorded_and_leaves_home(browse, child):
    assert "Decide whether to assess" in (await browse.get("home")).text
    page = await browse.post("record_step", DECIDED, child_id=child.id)
    assert page.banner == "Recorded: Family told that there will be an assessment"
    found = next(text for name, text in rows(page).items() if name.startswith("Decide whether to assess"))
    assert "Done 16 February 2026: Family told that there will be an assessment" in found
    assert "Decide whether to assess" not in (await browse.get("home")).text
    history = await browse.get("child_history", child_id=child.id, kind="clocks")
    assert "Recorded what happened: Family told that there will be an assessment, 16 February 2026" in history.text


async def test_a_step_can_be_taken_back(browse, child):
    page = await browse.post("record_step", DECIDED, child_id=child.id)
    link = next(href for words, href in page.links().items() if words.startswith("Take back"))
    page = await browse.post(link, {"reason": ""}, status=422)
    assert page.errors == {"#reason": "Say why it was a mistake"}
    page = await browse.post(link, {"reason": "It was her brother"})
    assert page.banner == "Taken back. Its clocks run again"
    assert "It was her brother" in page.text
    assert "Late 15 days after the limit" in page.text


async def test_a_form_sent_empty_says_what_is_missing(browse, child):
    page = await browse.post("record_step", {"what": ""}, status=422, child_id=child.id)
    assert page.errors == {"#what": "Choose what happened", "#on-day": "Enter the day on which it happened"}


async def test_a_case_without_clocks_says_what_starts_one(browse, tools, me):
    child = await County(tools).child(me)
    assert "No clock runs" in (await browse.get("child_clocks", child_id=child.id)).text


async def test_the_page_takes_as_many_statements_for_many_steps_as_for_one(browse, tools, child):
    await browse.get("child_clocks", child_id=child.id)  # the first request of a session notes that it is in use
    with count_statements(tools.database) as one:
        await browse.get("child_clocks", child_id=child.id)
    for day in range(1, 20):
        await browse.post("record_step", DECIDED | {"on-day": str(day)}, child_id=child.id)
    await browse.get("child_clocks", child_id=child.id)
    with count_statements(tools.database) as many:
        await browse.get("child_clocks", child_id=child.id)
    assert many.number == one.number


EXCEPTION = {
    "paragraph": "reg 5(4)(c)",
    "from_on": "2026-01-20",
    "evidence": "A letter from the hospital",
    "decided_by": "Helen Trialwick",
    "decided_on": "2026-03-02",
}
ONE = {"clock": "decide_assess", "start": "2026-01-05", "of_request": 0}


async def test_an_exception_is_recorded_told_and_taken_back_in_the_browser(browse, child):
    page = await browse.post("record_exception", EXCEPTION, child_id=child.id, **ONE)
    assert page.banner == "Exception recorded. The limit stays where it is"
    assert "Lifted by an exception" in page.text
    assert "Family not told yet" in page.text
    assert "3 March 2026, after the limit" in page.text
    assert "The family has not been told" in (await browse.get("child_clocks", child_id=child.id)).text
    assert "Decide whether to assess" not in (await browse.get("home")).text
    told = {"told_on": "2026-03-03", "told_how": "By telephone"}
    page = await browse.post("note_family_told", told, exception_id=1)
    assert "3 March 2026, By telephone" in page.text
    page = await browse.post("withdraw_exception", {"reason": ""}, 422, exception_id=1, seen="/clock-exceptions/1")
    assert page.errors == {"#reason": "Say why it is taken back"}
    back = {"reason": "Another child’s letter"}
    page = await browse.post("withdraw_exception", back, exception_id=1, seen="/clock-exceptions/1")
    assert "Taken back on 3 March 2026" in page.text
    assert "Late" in page.text


async def test_the_page_of_a_clock_offers_its_own_paragraphs_and_says_what_is_missing(browse, child):
    page = await browse.get("show_clock", child_id=child.id, **ONE)
    assert [box["value"] for box in page.root.all("input") if box.get("name") == "paragraph"] == [
        "reg 5(4)(a)",
        "reg 5(4)(b)",
        "reg 5(4)(c)",
        "reg 5(4)(d)",
    ]
    page = await browse.post("record_exception", {}, status=422, child_id=child.id, **ONE)
    assert set(page.errors) == {"#paragraph", "#from_on-day", "#evidence", "#decided_by", "#decided_on-day"}
    await browse.get("show_clock", status=404, child_id=child.id, **ONE | {"start": "2026-02-30"})


async def test_a_reason_for_delay_is_recorded_beside_and_lifts_nothing(browse, child):
    seen = browse.url("show_clock", child_id=child.id, **ONE)
    page = await browse.post("record_delay", {"delay": "Nobody to write it"}, child_id=child.id, seen=seen, **ONE)
    assert page.banner == "Reason recorded. It lifts nothing"
    assert "Nobody to write it" in page.text
    assert "Late" in page.text


async def test_a_wrong_start_is_corrected_with_a_reason_and_the_page_says_what_it_was(browse, child):
    page = await browse.get("child_clocks", child_id=child.id)
    link = next(href for words, href in page.links().items() if words.startswith("Correct the date"))
    form = await browse.get(link)
    assert "Decide whether to assess (6 weeks) 16 February 2026" in form.text
    page = await browse.post(link, {"is_on": "2026-01-05", "reason": ""}, status=422)
    assert set(page.errors) == {"#reason"}
    page = await browse.post(link, {"is_on": "2026-01-26", "reason": "Opened three weeks late"})
    assert page.banner == "Date corrected. Every limit that is counted from it was counted again"
    assert "9 March 2026" in page.text
    assert "was 5 January 2026 until corrected on 3 March 2026: Opened three weeks late" in page.text
    history = await browse.get("child_history", child_id=child.id)
    assert "Corrected a date: Assessment requested, 26 January 2026, was 5 January 2026" in history.text
    await browse.get(link.replace("2026-01-05", "2026-02-30"), status=404)


async def test_the_form_of_the_record_leads_to_the_correction_of_a_date(browse, child):
    page = await browse.get("correct_child_form", child_id=child.id)
    assert "it is corrected with a reason" in page.links()
    assert "assessment_requested_on-day" not in page.body
    assert "last_review_on-day" in page.body


async def test_a_promise_beyond_the_limit_is_forecast_on_the_page_on_home_and_in_the_report(browse, tools, child):
    county = County(tools)
    service = await county.service("Educational psychology")
    await a_request(tools, child, service, due=5, promised_on=date(2026, 3, 20))
    said = "Educational psychology’s advice is promised for 20 March 2026, 12 days after the limit."
    assert said in (await browse.get("child_clocks", child_id=child.id)).text
    assert said in (await browse.get("home")).text
    report = await browse.get("chase_report")
    card = next(words for words in report.links() if "Forecast to miss a limit" in words)
    assert card == "1 Forecast to miss a limit"
    page = await browse.get(report.links()[card])
    assert said in page.text
    assert "Educational psychology 1" in page.text


async def test_no_forecast_says_so(browse):
    assert "No assessment is forecast to miss a limit" in (await browse.get("forecast_report")).text
