"""Asking for advice in the browser, and answering it with nothing but a link."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from aiohttp import FormData

from coord_service.domain.advice import AdviceStatus
from coord_service.domain.people import Role, Sector
from coord_service.operations.tools import Tools
from coord_service.storage.tables import (
    AdviceRequest,
    Child,
    Document,
    OutboxLetter,
    Person,
    PersonalLink,
    Service,
    User,
)
from tests.advice_requests import PDF, a_docx
from tests.builders import a_child, a_person, a_service
from tests.web.browsing import Browser, Page
from tests.web.conftest import KeptLetters, StandingClock


@dataclass
class Case:
    """A lead worker's browser and one of nobody's; a child; Dr Shah of a service who can be asked."""

    worker: Browser
    browse: Browser
    tools: Tools
    clock: StandingClock
    letters: KeptLetters
    child: Child
    service: Service
    shah: Person

    async def ask(self, person: Person | None = None) -> Page:
        form = {"kind": "d", "service_id": str(self.service.id), "person_id": str(person.id) if person else ""}
        return await self.worker.post("ask_for_advice", form, child_id=self.child.id)

    def link(self, letter: str = "ask_advice") -> str:
        """The address behind the newest link of a letter."""
        order = [order for order in self.letters.orders if order.letter == letter][-1]
        return str(order.facts["link"]).partition("8080")[2]

    async def request(self) -> AdviceRequest:
        async with self.tools.database.read() as db:
            found = await db.scalar(sa.select(AdviceRequest))
        assert found is not None
        return found


@pytest.fixture
async def case(sign_in, browse, tools, clock, letters) -> Case:
    worker = await sign_in(Role.LEAD_WORKER)
    async with tools.database.read() as db:
        user = await db.scalar(sa.select(User))
    child, service = await a_child(tools, user), await a_service(tools, "Educational Psychology")
    shah = await a_person(tools, "Dr Priya Shah", service_id=service.id)
    return Case(worker, browse, tools, clock, letters, child, service, shah)


def a_form(token: str, name: str, content: bytes, filename: str, **fields: str) -> FormData:
    form = FormData()
    form.add_field("csrf_token", token)
    form.add_field(name, content, filename=filename, content_type="application/octet-stream")
    for field, value in fields.items():
        form.add_field(field, value)
    return form


async def test_asking_shows_the_request_with_a_minute_to_undo(case):
    page = await case.ask(case.shah)
    assert page.heading.endswith("Advice from Dr Priya Shah")
    assert "Nothing has been sent yet" in page.text
    assert (await case.request()).due_on == date(2026, 4, 14)
    page = await case.worker.post("undo_request", {}, seen=page.address, request_id=1)
    assert page.banner == "Undone: nobody was sent anything"
    async with case.tools.database.read() as db:
        assert list(await db.scalars(sa.select(OutboxLetter.state))) == ["withdrawn"]


async def test_everything_wrong_with_a_request_is_said_at_once(case):
    page = await case.worker.post("ask_for_advice", {}, status=422, child_id=case.child.id)
    assert page.errors == {
        "#kind": "Choose the letter of regulation 6(1)",
        "#service_id": "Choose the service to ask",
    }


async def test_a_question_that_names_the_child_is_refused_and_kept(case):
    form = {"kind": "d", "service_id": str(case.service.id), "question": "How does Juniper read?"}
    page = await case.worker.post("ask_for_advice", form, status=422, child_id=case.child.id)
    assert page.errors == {"#question": "This goes by mail: leave out “Juniper”. The reference says who it is about."}
    assert page.value("question") == "How does Juniper read?"


async def test_a_second_request_like_an_open_one_needs_a_tick(case):
    await case.ask(case.shah)
    form = {"kind": "d", "service_id": str(case.service.id)}
    page = await case.worker.post("ask_for_advice", form, status=422, child_id=case.child.id)
    assert page.errors == {
        "#is_another": "Educational Psychology has an open request like this. Tick to ask once more."
    }
    page = await case.worker.post("ask_for_advice", {**form, "is_another": "yes"}, child_id=case.child.id)
    assert page.banner == "The request is ready to go"


async def test_somebody_of_another_service_cant_be_asked_for_this_one(case):
    stranger = await a_person(case.tools, "Somebody else")
    form = {"kind": "d", "service_id": str(case.service.id), "person_id": str(stranger.id)}
    page = await case.worker.post("ask_for_advice", form, status=422, child_id=case.child.id)
    assert list(page.errors) == ["#person_id"]


async def test_opening_a_link_changes_nothing_but_that_it_was_opened(case):
    await case.ask(case.shah)
    before = (await case.request()).version
    for _ in range(3):
        page = await case.browse.get(case.link())
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert "Juniper" not in page.body
    assert list(page.links())[:5] == [
        "Whom is it about?",
        "Here it is",
        "It is on its way",
        "I can’t, because …",
        "Wrong person",
    ]
    for answer in ("here_it_is", "on_its_way", "cannot", "wrong_person"):
        await case.browse.get(f"{case.link()}/advice/{answer}")
    assert (await case.request()).version == before
    async with case.tools.database.read() as db:
        link = await db.scalar(sa.select(PersonalLink))
    assert link.opened_at is not None
    assert link.used_at is None


async def test_the_advice_is_sent_kept_neutrally_confirmed_and_checked(case):
    await case.ask(case.shah)
    address = f"{case.link()}/advice/here_it_is"
    token = await case.browse.token(address)
    form = a_form(token, "document", a_docx(), "Juniper Testwood EP report.docx", their_reference="EP/44")
    page = await case.browse.post(address, form)
    assert "We have this advice" in page.text
    assert page.banner.startswith("Thank you")
    async with case.tools.database.read() as db:
        document = await db.scalar(sa.select(Document))
    assert document.name == f"{case.child.reference}-advice-d-1-1.docx"
    assert [order.letter for order in case.letters.orders] == ["ask_advice", "advice_receipt"]
    page = await case.worker.get("show_advice_request", request_id=1)
    assert "The advice is here: will it do?" in page.text
    assert "EP/44" in page.root.one("aside").text
    page = await case.worker.post(
        "check_advice", {"parts": "needs", "missing": ""}, status=422, seen=page.address, request_id=1
    )
    assert page.errors == {"#missing": "Say what is missing, or tick all three parts"}
    page = await case.worker.post("check_advice", {"missing": "What will be provided"}, seen="/advice/1", request_id=1)
    assert page.banner == "Sent back with what is missing"
    request = await case.request()
    assert (request.status, request.due_on) == (AdviceStatus.OPEN, date(2026, 4, 14))
    assert case.letters.orders[-1].letter == "advice_not_enough"


async def test_a_document_is_given_out_as_a_download_only(case):
    await case.ask(case.shah)
    address = f"{case.link()}/advice/here_it_is"
    await case.browse.post(address, a_form(await case.browse.token(address), "document", PDF, "report.html"))
    response = await case.worker.client.get("/advice/documents/1")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{case.child.reference}-advice-d-1-1.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.content_type == "application/pdf"
    assert await response.read() == PDF
    assert (await case.browse.client.get("/advice/documents/1", allow_redirects=False)).status == 303


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"MZ\x90\x00" + bytes(200), "We can’t read this kind of file"),
        (b"<html><script>alert(1)</script>", "We can’t read this kind of file"),
        (b"%PDF-1.7\ntrailer<</Encrypt 5 0 R>>\n%%EOF", "This PDF has a password"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "This is an old Word document"),
        (b"PK\x03\x04" + bytes(50), "The file is damaged"),
    ],
)
async def test_a_file_that_cant_be_kept_is_refused_with_what_to_do(case, content, sentence):
    await case.ask(case.shah)
    address = f"{case.link()}/advice/here_it_is"
    form = a_form(await case.browse.token(address), "document", content, "report.pdf", their_reference="EP/44")
    page = await case.browse.post(address, form, status=422)
    assert page.errors["#document"].startswith(sentence)
    assert page.value("their_reference") == "EP/44"
    assert (await case.request()).status is AdviceStatus.OPEN


async def test_on_its_way_takes_a_day_that_is_neither_past_nor_absurd(case):
    await case.ask(case.shah)
    address = f"{case.link()}/advice/on_its_way"
    for day, sentence in (
        ({}, "Enter"),
        ({"promised_on-day": "2", "promised_on-month": "3", "promised_on-year": "2026"}, "Give today or a later day"),
        ({"promised_on-day": "2", "promised_on-month": "3", "promised_on-year": "2036"}, "Give a day within"),
        ({"promised_on-day": "31", "promised_on-month": "2", "promised_on-year": "2026"}, ""),
    ):
        page = await case.browse.post(address, day, status=422)
        assert page.errors["#promised_on-day"].startswith(sentence)
    day = {"promised_on-day": "20", "promised_on-month": "3", "promised_on-year": "2026"}
    page = await case.browse.post(address, day)
    assert "Your answer so far: on its way by Friday 20 March" in page.text
    request = await case.request()
    assert (request.promised_on, request.due_on) == (date(2026, 3, 20), date(2026, 4, 14))


async def test_cant_goes_to_the_lead_worker_and_keeps_the_request_open(case):
    await case.ask(case.shah)
    address = f"{case.link()}/advice/cannot"
    page = await case.browse.post(address, {"reason": "other"}, status=422)
    assert list(page.errors) == ["#words"]
    await case.browse.post(address, {"reason": "not_known"})
    request = await case.request()
    assert (request.status, request.problem) == (AdviceStatus.OPEN, "cannot")
    page = await case.worker.get("show_advice_request", request_id=1)
    assert "Dr Priya Shah: The child is not known to us." in page.text
    page = await case.worker.post("settle_answer", {"settled": "They will look again"}, seen=page.address, request_id=1)
    assert (await case.request()).problem is None


async def test_the_wrong_person_is_replaced_and_their_link_closes(case):
    await case.ask(case.shah)
    first = case.link()
    await case.browse.post(f"{first}/advice/wrong_person", {"instead": "Dr Okoro"})
    okoro = await a_person(case.tools, "Dr Okoro", service_id=case.service.id)
    form = {"service_id": str(case.service.id), "person_id": str(okoro.id), "reason": "Moved"}
    page = await case.worker.post("replace_request", form, request_id=1)
    assert page.heading.endswith("Advice from Dr Okoro")
    page = await case.browse.get(first, status=410)
    assert page.heading == "This link has been withdrawn"
    await case.browse.post(f"{first}/advice/cannot", {"reason": "not_known", "csrf_token": ""}, status=403)


async def test_who_answers_from_a_mailbox_says_who_they_are(case):
    await case.ask()
    address = f"{case.link()}/advice/cannot"
    page = await case.browse.post(address, {"reason": "not_known"}, status=422)
    assert page.errors == {"#who": "Enter your name: this link went to a mailbox that several people read"}
    await case.browse.post(address, {"reason": "not_known", "who": "Sam Secretary"})
    page = await case.worker.get("show_advice_request", request_id=1)
    assert "Sam Secretary" in page.text


async def test_the_name_is_shown_to_whoever_asks_with_a_form_and_put_on_record(case):
    await case.ask(case.shah)
    address = f"{case.link()}/advice/whom"
    assert "Juniper" not in (await case.browse.get(address)).body
    page = await case.browse.post(address, {})
    assert "Juniper Testwood" in page.text
    page = await case.worker.get("show_advice_request", request_id=1)
    assert "Asked on the link whom it is about" in page.text


async def test_an_expired_link_sends_a_fresh_one_to_the_address_on_file_once(case):
    await case.ask(case.shah)
    old = case.link()
    case.clock.move(days=181)
    page = await case.browse.get(old, status=410)
    assert page.heading == "This link has expired"
    for _ in range(2):
        page = await case.browse.post(f"{old}/fresh", {"csrf_token": await token_of(page)})
        page = await case.browse.get(old, status=410)
    fresh = [order for order in case.letters.orders if order.letter == "fresh_link"]
    assert [order.to_address for order in fresh] == [case.shah.email]
    page = await case.browse.get(case.link("fresh_link"))
    assert page.heading.endswith("Advice asked for")


async def token_of(page: Page) -> str:
    return page.value("csrf_token")


@pytest.mark.parametrize("token", ["x", "nobody-was-ever-given-this-one-0123456789", "a" * 500])
async def test_a_garbled_or_foreign_token_tells_nothing(case, token):
    page = await case.browse.get(f"/a/{token}", status=404)
    assert "advice" not in page.text.lower()


async def test_there_are_four_answers_and_no_fifth(case):
    await case.ask(case.shah)
    await case.browse.get(f"{case.link()}/advice/parts", status=404)


async def test_a_link_for_one_thing_answers_no_other(case):
    await case.ask(case.shah)
    async with case.tools.database.begin() as db:
        link = await db.scalar(sa.select(PersonalLink))
        link.purpose = "meeting"
    await case.browse.get(f"{case.link()}/advice/cannot", status=410)
    assert (await case.request()).problem is None


async def test_a_call_is_logged_with_its_promise_and_an_error_keeps_what_was_typed(case):
    await case.ask(case.shah)
    call = {"who": "Dr Shah", "words": "Report is with the typist", "promised_on-day": "99"}
    page = await case.worker.post("log_phone_answer", call, status=422, seen="/advice/1", request_id=1)
    assert page.value("words") == "Report is with the typist"
    call |= {"promised_on-day": "10", "promised_on-month": "3", "promised_on-year": "2026"}
    page = await case.worker.post("log_phone_answer", call, seen="/advice/1", request_id=1)
    assert "Dr Shah: Report is with the typist (promised by 10 March 2026)" in page.text
    assert (await case.request()).promised_on == date(2026, 3, 10)


async def test_the_date_of_receipt_is_corrected_and_the_due_date_follows(case):
    await case.ask(case.shah)
    async with case.tools.database.begin() as db:
        request = await db.get(AdviceRequest, 1)
        request.asked_at = datetime(2026, 2, 24, 10, tzinfo=UTC)
    form = {"basis": "acknowledged", "reason": "Their server held it back", "version": "2"}
    right, tomorrow, before = (
        {"received_on-day": day, "received_on-month": month, "received_on-year": "2026"}
        for day, month in (("26", "2"), ("4", "3"), ("23", "2"))
    )
    for wrong in (tomorrow, before):
        page = await case.worker.post("correct_receipt", form | wrong, status=422, request_id=1)
        assert list(page.errors) == ["#received_on-day"]
    page = await case.worker.post("correct_receipt", form | right, request_id=1)
    assert "so due on 9 April 2026 (was 14 April 2026)" in page.text
    assert (await case.request()).due_on == date(2026, 4, 9)
    await case.worker.post("correct_receipt", form | right, status=409, request_id=1)


async def test_a_councils_own_service_has_six_weeks_from_sending_whenever_it_was_received(case):
    """Code of Practice 9.41."""
    await case.ask(case.shah)
    async with case.tools.database.begin() as db:
        request = await db.get(AdviceRequest, 1)
        request.asked_at, request.due_on = datetime(2026, 2, 24, 10, tzinfo=UTC), date(2026, 4, 7)
        service = await db.get(Service, case.service.id, options=[sa.orm.joinedload(Service.agency)])
        service.agency.sector = Sector.EDUCATION
    assert "from sending (Code of Practice 9.41)" in (await case.worker.get("correct_receipt_form", request_id=1)).text
    right = {"received_on": "2026-02-26", "basis": "acknowledged", "reason": "Half term", "version": "2"}
    await case.worker.post("correct_receipt", right, request_id=1)
    assert (await case.request()).due_on == date(2026, 4, 7)
    clocks = await case.worker.get("child_clocks", child_id=case.child.id)
    assert "24 February 2026" in clocks.text
    assert "26 February 2026" not in clocks.text


async def test_advice_by_post_is_received_with_its_paper(case):
    await case.ask(case.shah)
    token = await case.worker.token("/advice/1/by-hand")
    day = {"came_on-day": "3", "came_on-month": "3", "came_on-year": "2026", "how": "By post"}
    page = await case.worker.post("/advice/1/by-hand", a_form(token, "document", PDF, "scan.pdf", **day))
    assert page.banner == "Advice received"
    assert (await case.request()).status is AdviceStatus.RECEIVED


async def test_a_withdrawn_request_can_be_changed_no_more(case):
    await case.ask(case.shah)
    await case.worker.post("withdraw_request", {"reason": "Asked by mistake"}, request_id=1)
    page = await case.worker.post("withdraw_request", {"reason": "Again"}, status=422, request_id=1)
    assert "withdrawn already" in page.text


async def test_an_administrator_sees_no_request(case, sign_in):
    await case.ask(case.shah)
    administrator = await sign_in(Role.ADMINISTRATOR)
    await administrator.get("show_advice_request", status=404, request_id=1)
    await administrator.get("/advice/documents/1", status=404)
